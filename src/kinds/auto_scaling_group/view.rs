//! A group as AWS shows it.
use super::scaling::Scaling;
use super::*;
use crate::canon::Open;
use crate::kinds::identity::TAG_STACK;
use crate::kinds::launch_template;
pub(super) use aws_sdk_autoscaling::types::AutoScalingGroup as Shown;
use aws_sdk_autoscaling::types::{Filter, Instance, LaunchTemplateSpecification};

/// AWS's default for the least healthy share while instances are replaced, in percent.
const MIN_HEALTHY: i32 = 90;

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
    let scaling = scaling::list(cx, &names).await?;
    let mut told = notices::list(cx, &names).await?;
    let live = found.into_iter().filter_map(|g| {
        let name = g.auto_scaling_group_name.clone()?;
        let (stamp, _) = Stamp::read(stack, tags(&g))?;
        let notification_topics = told.remove(&name).unwrap_or_default();
        let object = group(&g, stack, scaling.get(&name).unwrap_or(&Scaling::default()));
        let mut live = Live::found(&name, AutoScalingGroup { notification_topics, ..object }, stamp);
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

/// The object that a group is; its references hold physical ids.
pub(super) fn group(g: &Shown, stack: &str, scaling: &Scaling) -> AutoScalingGroup {
    let subnets = g.vpc_zone_identifier.as_deref().unwrap_or_default().split(',').filter(|s| !s.is_empty());
    let grace = g.health_check_grace_period.unwrap_or(0);
    let policy = g.instance_maintenance_policy.as_ref();
    let (min, max) = sizes(g, &scaling.schedules);
    AutoScalingGroup {
        launch_template: Ref::to(template(g)),
        mixed: g.mixed_instances_policy.as_ref().map(Mixed::read),
        subnets: subnets.map(Ref::to).collect(),
        target_groups: g.target_group_arns.iter().flatten().map(Ref::to).collect(),
        min,
        max,
        desired: g.desired_capacity.unwrap_or(0),
        health_check_type: g.health_check_type.clone().unwrap_or_default(),
        health_check_grace: grace,
        target_cpu: scaling.cpu,
        target_requests: scaling.requests(g.target_group_arns()),
        scale_in: !scaling.held,
        schedules: scaling.schedules.clone(),
        min_healthy_percent: policy.and_then(|p| p.min_healthy_percentage).filter(|p| *p >= 0).unwrap_or(MIN_HEALTHY),
        default_instance_warmup: g.default_instance_warmup.filter(|w| *w >= 0).unwrap_or(grace),
        notification_topics: BTreeSet::new(),
        metrics: g.enabled_metrics.iter().flatten().filter_map(|m| m.metric.clone()).collect(),
        tags: Stamp::read(stack, tags(g)).map(|(_, user)| user).unwrap_or_default(),
    }
}

/// The tag with the sizes that a group was given, where schedules give it others.
const TAG_SIZES: &str = "infra:sizes";

/// What the tag says of a group with schedules.
fn noted(group: &AutoScalingGroup) -> Option<String> {
    (!group.schedules.is_empty()).then(|| format!("{}-{}", group.min, group.max))
}

/// All tags of a group.
pub(super) fn all_tags(group: &AutoScalingGroup, stamp: &Stamp) -> Tags {
    let mut tags = stamp.tags(&group.tags);
    tags.extend(noted(group).map(|sizes| (TAG_SIZES.into(), sizes)));
    tags
}

/// The least and the most instances that the group was given. What a schedule has made of them is in force, and no difference.
fn sizes(g: &Shown, schedules: &Open<Schedule>) -> (i32, i32) {
    let (min, max) = (g.min_size.unwrap_or(0), g.max_size.unwrap_or(0));
    let note = tags(g).remove(TAG_SIZES);
    let note = note.as_deref().and_then(|note| note.split_once('-')).and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    let (noted_min, noted_max) = note.unwrap_or((min, max));
    let scheduled = |size: i32, of: fn(&Schedule) -> Option<i32>| schedules.values().any(|s| of(s) == Some(size));
    let min = if scheduled(min, |s| s.min) { noted_min } else { min };
    (min, if scheduled(max, |s| s.max) { noted_max } else { max })
}

/// The template that the group and all its instances have. While they differ there is no such template, and what is said instead is
/// neither the old nor the new one, so that a roll that stopped half way is seen.
fn template(g: &Shown) -> String {
    let asked = asked(g);
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
    asked(g).into_iter().chain(staying(g).filter_map(|i| i.launch_template.as_ref()).map(named))
}

/// The template that the group is to have: its own, or that of its policy for several types.
pub(super) fn asked(g: &Shown) -> Option<(&str, &str)> {
    let policy = g.mixed_instances_policy.as_ref().and_then(|p| p.launch_template.as_ref()?.launch_template_specification.as_ref());
    policy.or(g.launch_template.as_ref()).map(named)
}

/// A template's id and version.
pub(super) fn named(t: &LaunchTemplateSpecification) -> (&str, &str) {
    (t.launch_template_id.as_deref().unwrap_or_default(), t.version.as_deref().unwrap_or_default())
}

pub(super) fn tags(g: &Shown) -> Tags {
    g.tags.iter().flatten().filter_map(|t| Some((t.key.clone()?, t.value.clone().unwrap_or_default()))).collect()
}
