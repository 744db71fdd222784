//! The roll of a group over to another template.
use super::*;
use aws_sdk_autoscaling::types::{InstanceRefresh, InstanceRefreshStatus as Status, RefreshPreferences};

/// What is refused while a refresh goes on has this code.
pub(super) const IN_PROGRESS: &str = "InstanceRefreshInProgress";
/// The code of a refresh that ended otherwise than well.
pub(super) const FAILED: &str = "InstanceRefreshFailed";

/// Replaces every instance that hasn't the group's template, and waits until that is done. Nothing is begun when all have it.
///
/// A refresh that is already under way is taken up; but when the template has only just `moved`, that refresh was for another one,
/// and is cancelled. Errors: [`FAILED`] with AWS's reason, or a failed request.
pub(super) async fn roll(cx: &Clients, name: &str, group: &AutoScalingGroup, moved: bool) -> Result<(), CloudError> {
    let template = (group.launch_template.0.as_str(), launch_template::VERSION);
    let strangers = view::one(cx, name).await?.map_or(0, |g| view::strangers(&g, Some(template)));
    if strangers == 0 {
        return Ok(());
    }
    let id = match (start(cx, name, group).await?, moved) {
        (Some(id), _) => Some(id),
        (None, false) => match running(cx, name).await? {
            Some(refresh) => refresh.instance_refresh_id,
            None => start(cx, name, group).await?,
        },
        (None, true) => {
            cancel(cx, name).await?;
            start(cx, name, group).await?
        }
    };
    let id = id.ok_or_else(|| refused(format!("{name} has a refresh that neither goes on nor makes room for another")))?;
    // The larger the group the longer it takes; usual times are those of a small one.
    let deadline = deadline(AutoScalingGroup::TYPICAL.update) + AutoScalingGroup::TYPICAL.update * strangers as u32;
    let (what, why) = (format!("the instance refresh {id} of {name}"), async || progress(cx, name).await);
    cx.policy.wait_saying(&what, deadline, async || ended(cx, name, &id).await, why).await
}

/// Begins a refresh; `None`: one is under way already, which is also what a repeated request hears.
async fn start(cx: &Clients, name: &str, group: &AutoScalingGroup) -> Result<Option<String>, CloudError> {
    let preferences = RefreshPreferences::builder()
        .min_healthy_percentage(group.min_healthy_percent)
        .max_healthy_percentage(write::max_healthy(group.min_healthy_percent))
        .instance_warmup(group.default_instance_warmup)
        .skip_matching(true)
        .auto_rollback(false)
        .build();
    let request = cx.autoscaling().start_instance_refresh().auto_scaling_group_name(name).preferences(preferences);
    match cx.safe(Service::AutoScaling, "StartInstanceRefresh", async || request.clone().send().await).await {
        Err(e) if e.code == IN_PROGRESS => Ok(None),
        answer => match answer?.instance_refresh_id {
            Some(id) => Ok(Some(id)),
            None => Err(CloudError::incomplete("StartInstanceRefresh", "InstanceRefreshId")),
        },
    }
}

/// Cancels what is under way and waits until it is no more.
pub(super) async fn cancel(cx: &Clients, name: &str) -> Result<(), CloudError> {
    let request = cx.autoscaling().cancel_instance_refresh().auto_scaling_group_name(name);
    match cx.safe(Service::AutoScaling, "CancelInstanceRefresh", async || request.clone().send().await).await {
        Err(e) if e.code == "ActiveInstanceRefreshNotFound" => return Ok(()),
        answer => drop(answer?),
    }
    let look = async || Ok(running(cx, name).await?.is_none().then_some(()));
    let (what, why) = (format!("the earlier instance refresh of {name} to be cancelled"), async || progress(cx, name).await);
    cx.policy.wait_saying(&what, deadline(AutoScalingGroup::TYPICAL.update), look, why).await
}

/// What AWS says of a refresh that takes too long.
async fn progress(cx: &Clients, name: &str) -> Option<String> {
    let refresh = running(cx, name).await.ok()??;
    let why = refresh.status_reason.map_or(String::new(), |r| format!(": {r}"));
    Some(format!("it is {} at {} %{why}", refresh.status?.as_str(), refresh.percentage_complete.unwrap_or(0)))
}

/// The refresh under way, of which a group has one at most; the latest is shown first.
async fn running(cx: &Clients, name: &str) -> Result<Option<InstanceRefresh>, CloudError> {
    let request = cx.autoscaling().describe_instance_refreshes().auto_scaling_group_name(name).max_records(1);
    let found = cx.safe(Service::AutoScaling, "DescribeInstanceRefreshes", async || request.clone().send().await).await?;
    let over = |s: &Status| {
        matches!(s, Status::Successful | Status::Failed | Status::Cancelled | Status::RollbackFailed | Status::RollbackSuccessful)
    };
    Ok(found.instance_refreshes.into_iter().flatten().find(|r| r.status.as_ref().is_some_and(|s| !over(s))))
}

/// Whether a refresh has done its work; an error when it ended otherwise.
async fn ended(cx: &Clients, name: &str, id: &str) -> Result<Option<()>, CloudError> {
    let request = cx.autoscaling().describe_instance_refreshes().auto_scaling_group_name(name).instance_refresh_ids(id);
    let found = cx.safe(Service::AutoScaling, "DescribeInstanceRefreshes", async || request.clone().send().await).await?;
    let Some(refresh) = found.instance_refreshes.into_iter().flatten().next() else { return Ok(None) };
    match refresh.status {
        Some(Status::Successful) => Ok(Some(())),
        Some(s @ (Status::Failed | Status::Cancelled | Status::RollbackFailed | Status::RollbackSuccessful)) => {
            let why = refresh.status_reason.unwrap_or_default();
            let done = refresh.percentage_complete.unwrap_or(0);
            Err(refused(format!("the instance refresh {id} is {} at {done} %: {why}", s.as_str())))
        }
        _ => Ok(None),
    }
}

fn refused(message: String) -> CloudError {
    failed(Class::Invalid, FAILED, message)
}
