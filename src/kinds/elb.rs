//! What the kinds of Elastic Load Balancing share: names, tags in batches, the balancers of a stack.
use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TargetHealth, TargetHealthReasonEnum, TargetHealthStateEnum};
use futures_util::future::try_join_all;

use super::{Fact, NameRule, half, load_balancer, ours, present};
use crate::kinds::Stamp;
use crate::model::Tags;
use crate::wire::tags::{from_tags, retag, to_tags};
use crate::wire::{Class, Clients, CloudError, Service};

/// The largest `PageSize` of the Describe calls.
pub const PAGE: i32 = 400;

/// The most `ResourceArns` of one `DescribeTags`.
const ARNS: usize = 20;

/// An object of the stack as the service shows it, and what its tags say.
pub struct Own<T> {
    pub arn: String,
    pub seen: T,
    pub stamp: Stamp,
    /// The user's tags.
    pub tags: Tags,
    /// All tags, ours among them.
    pub all: Tags,
}

/// Whether [`Stamp::physical_name`] can have given the name to an object of the stack. No Describe call filters by tag, so this spares
/// asking for the tags of what is surely not ours.
pub fn named(rule: &NameRule, stack: &str, name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with(&rule.start(stack)))
}

/// Those of the objects that carry the stack's stamp.
pub async fn own<T>(cx: &Clients, stack: &str, found: Vec<(String, T)>) -> Result<Vec<Own<T>>, CloudError> {
    let arns: Vec<String> = found.iter().map(|(arn, _)| arn.clone()).collect();
    let mut tags = tags(cx, &arns).await?;
    let own = found.into_iter().filter_map(|(arn, seen)| {
        let all = tags.remove(&arn)?;
        let (stamp, tags) = Stamp::read(stack, all.clone())?;
        Some(Own { arn, seen, stamp, tags, all })
    });
    Ok(own.collect())
}

/// The load balancers of the stack: `DescribeLoadBalancers` in pages, then the tags of what may be ours.
pub async fn balancers(cx: &Clients, stack: &str) -> Result<Vec<Own<LoadBalancer>>, CloudError> {
    let request = cx.elb().describe_load_balancers().page_size(PAGE);
    let send = async |token| request.clone().set_marker(token).send().await;
    let found = cx.pages(Service::Elb, "DescribeLoadBalancers", send, |page| (page.load_balancers, page.next_marker)).await?;
    let found = found.into_iter().filter(|b| named(&load_balancer::NAMES, stack, b.load_balancer_name()));
    own(cx, stack, found.filter_map(|b| Some((b.load_balancer_arn.clone()?, b))).collect()).await
}

/// The security policies that the region has for listeners (`DescribeSSLPolicies`).
pub async fn policies(cx: &Clients) -> Result<Fact, CloudError> {
    let request = cx.elb().describe_ssl_policies().page_size(PAGE);
    let send = async |token| request.clone().set_marker(token).send().await;
    let found = cx.pages(Service::Elb, "DescribeSSLPolicies", send, |page| (page.ssl_policies, page.next_marker)).await?;
    Ok(Fact::names(found.into_iter().filter_map(|policy| policy.name)))
}

/// Refuses an object that bears a generated name, but wasn't made by this step.
pub async fn verify(cx: &Clients, name: &str, arn: Option<&str>, stamp: &Stamp) -> Result<(), CloudError> {
    let arns: Vec<String> = arn.into_iter().map(String::from).collect();
    let all = tags(cx, &arns).await?.pop_first();
    ours(name, all.and_then(|(_, all)| Stamp::read(&stamp.stack, all)), stamp)
}

/// The tags of objects by ARN, 20 objects a request, all requests at once. What has gone in the meantime is left out.
async fn tags(cx: &Clients, arns: &[String]) -> Result<BTreeMap<String, Tags>, CloudError> {
    let batch = async |arns| match describe_tags(cx, arns).await {
        // One that has gone fails the whole batch.
        Err(e) if e.class == Class::NotFound => {
            let each = try_join_all(arns.chunks(1).map(async |one| present(describe_tags(cx, one).await))).await?;
            Ok(each.into_iter().flatten().flatten().collect::<Vec<_>>())
        }
        answer => answer,
    };
    Ok(try_join_all(arns.chunks(ARNS).map(batch)).await?.into_iter().flatten().collect())
}

async fn describe_tags(cx: &Clients, arns: &[String]) -> Result<Vec<(String, Tags)>, CloudError> {
    let request = cx.elb().describe_tags().set_resource_arns(Some(arns.to_vec()));
    let seen = cx.safe(Service::Elb, "DescribeTags", async || request.clone().send().await).await?;
    Ok(seen.tag_descriptions.into_iter().flatten().filter_map(|d| Some((d.resource_arn?, from_tags(d.tags)))).collect())
}

/// Brings the tags of an object from what they are to what they should be, stamp included.
pub async fn retag_elb(cx: &Clients, arn: &str, live: (&Stamp, &Tags), want: (&Stamp, &Tags)) -> Result<(), CloudError> {
    let stamp = live.0.renewed(want.0);
    let (set, unset) = retag(&live.0.tags(live.1), &stamp.tags(want.1));
    if !set.is_empty() {
        let request = cx.elb().add_tags().resource_arns(arn).set_tags(Some(to_tags(&set)));
        cx.safe(Service::Elb, "AddTags", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let request = cx.elb().remove_tags().resource_arns(arn).set_tag_keys(Some(unset));
        half(cx.safe(Service::Elb, "RemoveTags", async || request.clone().send().await).await)?;
    }
    Ok(())
}

/// Whether the object may stand although its creation failed: the answer was lost, or its name (which only this step gives) is taken.
pub fn may_stand(e: &CloudError) -> bool {
    e.class == Class::Ambiguous || matches!(e.code.as_str(), "DuplicateLoadBalancerName" | "DuplicateTargetGroupName")
}

/// The health of a group's targets, by their ids (`DescribeTargetHealth`).
pub async fn health(cx: &Clients, group: &str) -> Result<BTreeMap<String, TargetHealth>, CloudError> {
    let request = cx.elb().describe_target_health().target_group_arn(group);
    let found = cx.safe(Service::Elb, "DescribeTargetHealth", async || request.clone().send().await).await?;
    let told = found.target_health_descriptions.into_iter().flatten();
    Ok(told.filter_map(|t| Some((t.target?.id?, t.target_health?))).collect())
}

/// Whether a target takes requests: it is healthy, or nobody asks.
pub fn takes_requests(health: &TargetHealth) -> bool {
    health.state == Some(TargetHealthStateEnum::Healthy) || health.reason == Some(TargetHealthReasonEnum::HealthCheckDisabled)
}
