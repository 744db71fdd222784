//! When a group serves.
use super::*;
use aws_sdk_autoscaling::types::{Instance, LifecycleState, ScalingActivityStatusCode};
use aws_sdk_elasticloadbalancingv2::types::{TargetHealth, TargetHealthReasonEnum, TargetHealthStateEnum};
use std::cell::RefCell;

/// The code of a verdict: the group stands, but doesn't serve. No other failure is one.
pub(super) const NOT_READY: &str = "NotReady";

/// Waits until `count` instances are in service, and healthy in every one of `targets`.
///
/// A launch that failed ends the wait with AWS's own reason. Errors: [`NOT_READY`], or a failed request.
pub(super) async fn serving(
    cx: &Clients,
    name: &str,
    targets: &BTreeSet<String>,
    count: usize,
    grace: i32,
) -> Result<(), CloudError> {
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
    let deadline = AutoScalingGroup::TYPICAL.create * 4 + Duration::from_secs(grace.max(0) as u64);
    match cx.policy.wait(&format!("{count} instances of {name} to serve"), deadline, look).await {
        Err(e) if e.code == "WaitTimeout" => Err(verdict(format!("{}: {}", e.message, seen.borrow()))),
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

/// Why a launch failed, when one did. That EC2 had not yet heard of the instance profile is no reason: AWS launches again by itself.
async fn failure(cx: &Clients, name: &str) -> Result<Option<String>, CloudError> {
    let request = cx.autoscaling().describe_scaling_activities().auto_scaling_group_name(name).max_records(100);
    let found = cx.safe(Service::AutoScaling, "DescribeScalingActivities", async || request.clone().send().await).await?;
    let failed = found.activities.into_iter().flatten().filter(|a| a.status_code == Some(ScalingActivityStatusCode::Failed));
    let mut reasons = failed.map(|a| a.status_message.or(a.description).unwrap_or_default());
    Ok(reasons.find(|r| !r.contains(write::NO_PROFILE)))
}

/// An instance that a target group doesn't find healthy, and why. A group that nothing forwards to yet checks nobody, and has no say.
async fn ill(cx: &Clients, arn: &str, ids: &[String]) -> Result<Option<String>, CloudError> {
    let request = cx.elb().describe_target_health().target_group_arn(arn);
    let found = cx.safe(Service::Elb, "DescribeTargetHealth", async || request.clone().send().await).await?;
    let told = found.target_health_descriptions.into_iter().flatten();
    let told: BTreeMap<String, TargetHealth> = told.filter_map(|t| Some((t.target?.id?, t.target_health?))).collect();
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
