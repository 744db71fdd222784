//! When a group serves.
use super::*;
use aws_sdk_autoscaling::types::{Activity, Instance, LifecycleState, ScalingActivityStatusCode};
use aws_sdk_elasticloadbalancingv2::types::{TargetHealthReasonEnum, TargetHealthStateEnum};
use std::cell::RefCell;

/// The code of a verdict: the group stands, but doesn't serve. No other failure is one.
pub(super) const NOT_READY: &str = "NotReady";

/// Waits until `count` instances are in service, and healthy in every one of `targets`.
///
/// A launch that failed ends the wait with AWS's own reason. Errors: [`NOT_READY`], or a failed request.
pub(super) async fn serving(cx: &Clients, name: &str, targets: &BTreeSet<String>, count: usize, grace: i32) -> Result<(), CloudError> {
    let seen = RefCell::new(String::new());
    let look = async || {
        let group = view::one(cx, name).await?.ok_or_else(|| verdict(format!("the scaling group {name} is gone")))?;
        let ids: Vec<String> = group.instances.into_iter().flatten().filter(in_service).filter_map(|i| i.instance_id).collect();
        if ids.len() < count {
            seen.replace(format!("{} of {count} are in service", ids.len()));
            return match failure(cx, name).await? {
                Some(reason) => Err(verdict(reason)),
                None => Ok(None),
            };
        }
        for arn in targets {
            if let Some(ill) = ill(cx, arn, &ids).await? {
                seen.replace(ill);
                return Ok(None);
            }
        }
        Ok(Some(()))
    };
    let deadline = deadline(AutoScalingGroup::TYPICAL.create) + Duration::from_secs(grace.max(0) as u64);
    let why = async || {
        let last = activity(cx, name).await.map_or(String::new(), |a| format!("; the last activity: {a}"));
        Some(format!("{}{last}", seen.borrow()))
    };
    match cx.policy.wait_saying(&format!("{count} instances of {name} to serve"), deadline, look, why).await {
        Err(e) if e.code == "WaitTimeout" => Err(verdict(e.message)),
        answer => answer,
    }
}

/// Whether the group counts on an instance.
pub(super) fn in_service(i: &Instance) -> bool {
    i.lifecycle_state == Some(LifecycleState::InService) && i.health_status.as_deref() == Some("Healthy")
}

fn verdict(reason: impl Into<String>) -> CloudError {
    failed(Class::Invalid, NOT_READY, reason)
}

/// What a group does or did last, in AWS's own words: why it replaces instances shows here only.
pub(super) async fn activity(cx: &Clients, name: &str) -> Option<String> {
    let last = activities(cx, name).await.ok()?.into_iter().next()?;
    let told = [last.description, last.status_message, last.cause];
    let told: Vec<String> = told.into_iter().flatten().filter(|t| !t.is_empty()).collect();
    (!told.is_empty()).then(|| told.join(": "))
}

/// The activities of a group, the latest first.
async fn activities(cx: &Clients, name: &str) -> Result<Vec<Activity>, CloudError> {
    let request = cx.autoscaling().describe_scaling_activities().auto_scaling_group_name(name).max_records(100);
    let found = cx.safe(Service::AutoScaling, "DescribeScalingActivities", async || request.clone().send().await).await?;
    Ok(found.activities.unwrap_or_default())
}

/// Why a launch failed, when one did. That EC2 had not yet heard of the instance profile is no reason: AWS launches again by itself.
async fn failure(cx: &Clients, name: &str) -> Result<Option<String>, CloudError> {
    let failed = activities(cx, name).await?.into_iter().filter(|a| a.status_code == Some(ScalingActivityStatusCode::Failed));
    let mut reasons = failed.map(|a| a.status_message.or(a.description).unwrap_or_default());
    Ok(reasons.find(|r| !r.contains(write::NO_PROFILE)))
}

/// An instance that a target group doesn't find healthy, and why. A group that nothing forwards to yet checks nobody, and has no say: the
/// listener that comes later waits for its targets.
async fn ill(cx: &Clients, arn: &str, ids: &[String]) -> Result<Option<String>, CloudError> {
    let told = elb::health(cx, arn).await?;
    Ok(ids.iter().find_map(|id| match told.get(id) {
        None => Some(format!("{id} is not registered in {arn}")),
        Some(h) if h.state == Some(TargetHealthStateEnum::Healthy) || h.reason == Some(TargetHealthReasonEnum::NotInUse) => None,
        Some(h) => {
            let state = h.state.as_ref().map_or("unknown", |s| s.as_str());
            let why = h.description.as_deref().or(h.reason.as_ref().map(|r| r.as_str())).unwrap_or("no reason given");
            Some(format!("{id} is {state} in {arn}: {why}"))
        }
    }))
}
