//! A function as the target of a group. The balancer calls it by a statement of its alias' policy, which names the group: so the group's own verbs write that.
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;

use super::*;
use crate::kinds::permission::{self, Grant};
use crate::model::partition::principal;

/// The statement of a group has the group's name, `arn:…:targetgroup/NAME/ID`.
fn grant(group: &str) -> Grant<'_> {
    let name = group.split('/').nth(1).unwrap_or(group);
    Grant { id: name, service: principal!("elasticloadbalancing"), source: group, account: group.split(':').nth(4).unwrap_or_default() }
}

/// The function that answers for a group; `None` when there is none, or the balancer may not call it.
pub(super) async fn shown(cx: &Clients, group: &str) -> Result<Option<String>, CloudError> {
    let targets = elb::health(cx, group).await?;
    let Some(name) = targets.keys().next().filter(|_| targets.len() == 1).and_then(|arn| permission::called(arn)) else { return Ok(None) };
    Ok(permission::stands(cx, name, &grant(group)).await?.then(|| name.to_owned()))
}

/// The function that answers for a group that was read or made: of what a group points at, all but functions are shown by ARNs, or stand in a group of
/// instances.
pub(super) fn of(live: &Live) -> Result<Option<&String>, CloudError> {
    let function = live.of::<TargetGroup>()?.function.is_some();
    Ok(live.points.iter().find(|id| function && !id.starts_with("arn:")))
}

/// Takes back what let the balancer call the function of a group that is gone.
pub(super) async fn forget(cx: &Clients, live: &Live) -> Result<(), CloudError> {
    match of(live)? {
        Some(function) => permission::forbid(cx, function, &grant(&live.id)).await,
        None => Ok(()),
    }
}

impl TargetGroup {
    /// Lets the balancer call the function, and makes it the group's target. `before`: the one that is it by now.
    pub(super) async fn lead(&self, cx: &Clients, links: &Links, group: &str, before: Option<&str>) -> Result<(), CloudError> {
        if let Some(before) = before {
            let ids = elb::health(cx, group).await?.into_keys().map(|id| TargetDescription::builder().id(id).build()).collect();
            let request = cx.elb().deregister_targets().target_group_arn(group).set_targets(Some(ids));
            cx.safe(Service::Elb, "DeregisterTargets", async || request.clone().send().await).await?;
            half(permission::forbid(cx, before, &grant(group)).await)?;
        }
        let Some(function) = &self.function else { return Ok(()) };
        let (name, arn) = (links.to(function)?, links.output(&function.address(), "arn")?);
        half(permission::allow(cx, &name, &grant(group)).await)?;
        if let Err(e) = register(cx, group, &arn).await {
            // Nothing shows later whose the permission was.
            half(permission::forbid(cx, &name, &grant(group)).await)?;
            return Err(e);
        }
        Ok(())
    }
}

/// Registers the function. The service looks whether it may call it, and a new permission takes a moment to be known.
async fn register(cx: &Clients, group: &str, arn: &str) -> Result<(), CloudError> {
    let request = cx.elb().register_targets().target_group_arn(group).targets(TargetDescription::builder().id(arn).build());
    let send = async || cx.safe(Service::Elb, "RegisterTargets", async || request.clone().send().await).await;
    permission::known(cx, "the load balancer to be let through to the function", |e| e.code == "InvalidTarget", send).await.map(drop)
}
