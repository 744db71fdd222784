//! A group as AWS shows it.
use super::*;
use crate::kinds::identity::TAG_STACK;
use crate::kinds::launch_template;
pub(super) use aws_sdk_autoscaling::types::AutoScalingGroup as Shown;
use aws_sdk_autoscaling::types::{Filter, Instance, LaunchTemplateSpecification, MetricType, ScalingPolicy};

/// AWS's default for the least healthy share while instances are replaced, in percent.
const MIN_HEALTHY: i32 = 90;

/// Policies that may be asked for by name in one call.
const POLICIES: usize = 50;

pub(super) async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
    let filter = Filter::builder().name(format!("tag:{TAG_STACK}")).values(stack).build();
    let request = cx.autoscaling().describe_auto_scaling_groups().filters(filter).max_records(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let split = |page: aws_sdk_autoscaling::operation::describe_auto_scaling_groups::DescribeAutoScalingGroupsOutput| {
        (page.auto_scaling_groups, page.next_token)
    };
    let mut found = cx.pages(Service::AutoScaling, "DescribeAutoScalingGroups", send, split).await?;
    found.retain(|g| !going(g));
    let names: Vec<String> = found.iter().filter_map(|g| g.auto_scaling_group_name.clone()).collect();
    let targets = policies(cx, &names).await?;
    let live = found.into_iter().filter_map(|g| {
        let name = g.auto_scaling_group_name.clone()?;
        let (stamp, _) = Stamp::read(stack, tags(&g))?;
        let mut live = Live::found(&name, group(&g, stack, targets.get(&name).copied()), stamp);
        live.points.extend(templates(&g).map(|(id, _)| id.to_owned()));
        Some(live)
    });
    Ok(live.collect())
}

/// The group of a name; `None` when it is gone. One that is going is still shown.
pub(super) async fn one(cx: &Clients, name: &str) -> Result<Option<Shown>, CloudError> {
    let request = cx.autoscaling().describe_auto_scaling_groups().auto_scaling_group_names(name);
    let found = cx.safe(Service::AutoScaling, "DescribeAutoScalingGroups", async || request.clone().send().await).await?;
    Ok(found.auto_scaling_groups.into_iter().flatten().next())
}

/// Whether a group is being deleted: only then it has a status.
pub(super) fn going(group: &Shown) -> bool {
    group.status.is_some()
}

/// What the groups of these names aim at, in percent of CPU. Our policy has its group's name; others are not ours.
pub(super) async fn policies(cx: &Clients, groups: &[String]) -> Result<BTreeMap<String, i32>, CloudError> {
    let mut all = BTreeMap::new();
    for names in groups.chunks(POLICIES) {
        let request = cx.autoscaling().describe_policies().set_policy_names(Some(names.to_vec())).max_records(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::AutoScaling, "DescribePolicies", send, |page| (page.scaling_policies, page.next_token)).await?;
        all.extend(found.into_iter().filter(|p| p.policy_name == p.auto_scaling_group_name).filter_map(target_cpu));
    }
    Ok(all)
}

/// The group and what its policy aims at, when that is a policy as we write it.
fn target_cpu(policy: ScalingPolicy) -> Option<(String, i32)> {
    let tracking = policy.target_tracking_configuration?;
    let metric = tracking.predefined_metric_specification?.predefined_metric_type?;
    let value = tracking.target_value? as i32;
    let whole = tracking.target_value == Some(f64::from(value));
    let ours = metric == MetricType::AsgAverageCpuUtilization && whole && policy.enabled != Some(false);
    ours.then_some((policy.auto_scaling_group_name?, value))
}

/// The object that a group is; its references hold physical ids.
pub(super) fn group(g: &Shown, stack: &str, target_cpu: Option<i32>) -> AutoScalingGroup {
    let subnets = g.vpc_zone_identifier.as_deref().unwrap_or_default().split(',').filter(|s| !s.is_empty());
    let grace = g.health_check_grace_period.unwrap_or(0);
    let policy = g.instance_maintenance_policy.as_ref();
    AutoScalingGroup {
        launch_template: Ref::to(template(g)),
        subnets: subnets.map(Ref::to).collect(),
        target_groups: g.target_group_arns.iter().flatten().map(Ref::to).collect(),
        min: g.min_size.unwrap_or(0),
        max: g.max_size.unwrap_or(0),
        desired: g.desired_capacity.unwrap_or(0),
        health_check_type: g.health_check_type.clone().unwrap_or_default(),
        health_check_grace: grace,
        target_cpu,
        min_healthy_percent: policy.and_then(|p| p.min_healthy_percentage).filter(|p| *p >= 0).unwrap_or(MIN_HEALTHY),
        default_instance_warmup: g.default_instance_warmup.filter(|w| *w >= 0).unwrap_or(grace),
        tags: Stamp::read(stack, tags(g)).map(|(_, user)| user).unwrap_or_default(),
    }
}

/// The template that the group and all its instances have. While they differ there is no such template, and what is said instead is
/// neither the old nor the new one, so that a roll that stopped half way is seen.
fn template(g: &Shown) -> String {
    let asked = g.launch_template.as_ref().map(named);
    let id = asked.map_or_else(String::new, |(id, version)| match version {
        launch_template::VERSION => id.to_owned(),
        other => format!("{id} version {other}"),
    });
    match (strangers(g, asked), staying(g).count()) {
        (0, _) => id,
        (n, all) => format!("{id}, but not on {n} of {all} instances"),
    }
}

/// How many instances have another template than this one.
pub(super) fn strangers(g: &Shown, asked: Option<(&str, &str)>) -> usize {
    staying(g).filter(|i| i.launch_template.as_ref().map(named) != asked).count()
}

/// The instances that are not on their way out.
fn staying(g: &Shown) -> impl Iterator<Item = &Instance> {
    let leaving =
        |i: &Instance| i.lifecycle_state.as_ref().is_some_and(|s| ["Terminat", "Detach"].iter().any(|w| s.as_str().starts_with(w)));
    g.instances.iter().flatten().filter(move |i| !leaving(i))
}

/// Templates and versions in use, by the group and by its instances.
fn templates(g: &Shown) -> impl Iterator<Item = (&str, &str)> {
    g.launch_template.iter().chain(staying(g).filter_map(|i| i.launch_template.as_ref())).map(named)
}

/// A template's id and version.
pub(super) fn named(t: &LaunchTemplateSpecification) -> (&str, &str) {
    (t.launch_template_id.as_deref().unwrap_or_default(), t.version.as_deref().unwrap_or_default())
}

pub(super) fn tags(g: &Shown) -> Tags {
    g.tags.iter().flatten().filter_map(|t| Some((t.key.clone()?, t.value.clone().unwrap_or_default()))).collect()
}
