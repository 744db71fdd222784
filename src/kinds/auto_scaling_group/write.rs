//! The requests that change a group. References hold physical ids here.
use super::*;
use aws_sdk_autoscaling::types::{InstanceMaintenancePolicy, LaunchTemplateSpecification, Tag};

/// Target groups that one call may attach or detach.
const TARGETS: usize = 10;

/// What AWS says while EC2 has not yet heard of a new instance profile. It has no code of its own.
pub(super) const NO_PROFILE: &str = "Invalid IAM Instance Profile";

/// Creates the group under its name; one that is there already must be this step's.
pub(super) async fn create(group: &AutoScalingGroup, cx: &Clients, stamp: &Stamp, name: &str) -> Result<(), CloudError> {
    let request = cx
        .autoscaling()
        .create_auto_scaling_group()
        .auto_scaling_group_name(name)
        .set_launch_template(group.mixed.is_none().then(|| template(group)))
        .set_mixed_instances_policy(group.mixed.as_ref().map(|mixed| mixed.write(template(group))))
        .vpc_zone_identifier(subnets(group))
        .set_target_group_arns(Some(group.target_groups.iter().map(|t| t.0.clone()).collect()))
        .min_size(group.min)
        .max_size(group.max)
        .desired_capacity(group.desired)
        .health_check_type(&group.health_check_type)
        .health_check_grace_period(group.health_check_grace)
        .default_instance_warmup(group.default_instance_warmup)
        .instance_maintenance_policy(maintenance(group))
        .set_tags(Some(view::all_tags(group, stamp).iter().map(|(k, v)| tag(name, k, Some(v))).collect()));
    let send = async || match cx.safe(Service::AutoScaling, "CreateAutoScalingGroup", async || request.clone().send().await).await {
        Err(e) if e.code == "AlreadyExists" => {
            let there = view::one(cx, name).await?.ok_or(e)?;
            ours(name, Stamp::read(&stamp.stack, view::tags(&there)), stamp)
        }
        answer => answer.map(drop),
    };
    let look = async || match send().await {
        Err(e) if e.message.contains(NO_PROFILE) => Ok(None),
        answer => answer.map(Some),
    };
    match cx.policy.wait("the instance profile to be known to EC2", deadline(InstanceProfile::TYPICAL.create), look).await {
        Err(e) if e.code == "WaitTimeout" => send().await,
        answer => answer,
    }
}

/// Says all settings again; what is the same changes nothing. Sizes are said where they differ from those before alone: a schedule may have given others.
pub(super) async fn settings(group: &AutoScalingGroup, old: &AutoScalingGroup, cx: &Clients, name: &str) -> Result<(), CloudError> {
    let request = cx
        .autoscaling()
        .update_auto_scaling_group()
        .auto_scaling_group_name(name)
        .set_launch_template(group.mixed.is_none().then(|| template(group)))
        .set_mixed_instances_policy(group.mixed.as_ref().map(|mixed| mixed.write(template(group))))
        .vpc_zone_identifier(subnets(group))
        .set_min_size(Some(group.min).filter(|min| *min != old.min))
        .set_max_size(Some(group.max).filter(|max| *max != old.max))
        .health_check_type(&group.health_check_type)
        .health_check_grace_period(group.health_check_grace)
        .default_instance_warmup(group.default_instance_warmup)
        .instance_maintenance_policy(maintenance(group));
    cx.safe(Service::AutoScaling, "UpdateAutoScalingGroup", async || request.clone().send().await).await.map(drop)
}

/// Deletes the group with its instances, and returns when it is gone. AWS has no code for a group that isn't there, so it is looked for.
pub(super) async fn delete(cx: &Clients, name: &str) -> Result<(), CloudError> {
    match view::one(cx, name).await? {
        None => return Ok(()),
        Some(group) if view::going(&group) => {}
        Some(_) => {
            let request = cx.autoscaling().delete_auto_scaling_group().auto_scaling_group_name(name).force_delete(true);
            let answer = cx.safe(Service::AutoScaling, "DeleteAutoScalingGroup", async || request.clone().send().await).await;
            if let Err(e) = answer
                && !view::one(cx, name).await?.as_ref().is_none_or(view::going)
            {
                return Err(e);
            }
        }
    }
    let look = async || Ok(view::one(cx, name).await?.is_none().then_some(()));
    let (what, why) = (format!("the scaling group {name} to be gone"), async || ready::activity(cx, name).await);
    cx.policy.wait_saying(&what, deadline(AutoScalingGroup::TYPICAL.delete), look, why).await
}

/// Registers the group in target groups. None can be while a refresh goes on (`AttachLoadBalancerTargetGroups`: `InstanceRefreshInProgress`): that is
/// cancelled, and the roll that comes after begins another for the instances that still need one.
pub(super) async fn attach(cx: &Clients, name: &str, targets: &BTreeSet<String>) -> Result<(), CloudError> {
    for some in Vec::from_iter(targets).chunks(TARGETS) {
        let arns = some.iter().map(|t| (*t).clone()).collect();
        let request = cx.autoscaling().attach_load_balancer_target_groups().auto_scaling_group_name(name).set_target_group_arns(Some(arns));
        let send = async || cx.safe(Service::AutoScaling, "AttachLoadBalancerTargetGroups", async || request.clone().send().await).await;
        match send().await {
            Err(e) if e.code == refresh::IN_PROGRESS => {
                refresh::cancel(cx, name).await?;
                send().await?
            }
            answer => answer?,
        };
    }
    Ok(())
}

pub(super) async fn detach(cx: &Clients, name: &str, targets: &BTreeSet<String>) -> Result<(), CloudError> {
    for some in Vec::from_iter(targets).chunks(TARGETS) {
        let arns = some.iter().map(|t| (*t).clone()).collect();
        let request = cx.autoscaling().detach_load_balancer_target_groups().auto_scaling_group_name(name).set_target_group_arns(Some(arns));
        cx.safe(Service::AutoScaling, "DetachLoadBalancerTargetGroups", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// Lets the group send these metrics of itself, and no others.
pub(super) async fn measure(cx: &Clients, name: &str, before: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Result<(), CloudError> {
    let list = |metrics: BTreeSet<String>| Some(metrics.into_iter().collect());
    let (gone, new) = (before - wanted, wanted - before);
    if !gone.is_empty() {
        let request = cx.autoscaling().disable_metrics_collection().auto_scaling_group_name(name).set_metrics(list(gone));
        cx.safe(Service::AutoScaling, "DisableMetricsCollection", async || request.clone().send().await).await?;
    }
    if !new.is_empty() {
        let request = cx.autoscaling().enable_metrics_collection().auto_scaling_group_name(name).granularity("1Minute");
        let request = request.set_metrics(list(new));
        cx.safe(Service::AutoScaling, "EnableMetricsCollection", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// Brings the group's tags, stamp included, from what they are to what they should be.
pub(super) async fn retag(cx: &Clients, name: &str, before: &Tags, after: &Tags) -> Result<(), CloudError> {
    let (set, unset) = crate::wire::tags::retag(before, after);
    if !set.is_empty() {
        let tags: Vec<Tag> = set.iter().map(|(k, v)| tag(name, k, Some(v))).collect();
        let request = cx.autoscaling().create_or_update_tags().set_tags(Some(tags));
        cx.safe(Service::AutoScaling, "CreateOrUpdateTags", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let tags: Vec<Tag> = unset.iter().map(|k| tag(name, k, None)).collect();
        let request = cx.autoscaling().delete_tags().set_tags(Some(tags));
        cx.safe(Service::AutoScaling, "DeleteTags", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// The user's tags go on to instances; the stamp stays, since an instance is not an object of its own.
fn tag(name: &str, key: &str, value: Option<&String>) -> Tag {
    let stamp = key.starts_with("infra:");
    let tag = Tag::builder().resource_id(name).resource_type("auto-scaling-group").key(key).set_value(value.cloned());
    tag.propagate_at_launch(!stamp).build()
}

fn template(group: &AutoScalingGroup) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder().launch_template_id(&group.launch_template.0).version(launch_template::VERSION).build()
}

fn subnets(group: &AutoScalingGroup) -> String {
    group.subnets.iter().map(|s| s.0.as_str()).collect::<Vec<_>>().join(",")
}

fn maintenance(group: &AutoScalingGroup) -> InstanceMaintenancePolicy {
    let (least, most) = (group.min_healthy_percent, max_healthy(group.min_healthy_percent));
    InstanceMaintenancePolicy::builder().min_healthy_percentage(least).max_healthy_percentage(most).build()
}

/// How far a group may grow while instances are replaced, in percent: a tenth more, as AWS proposes where availability counts, but no
/// more than 100 above the least healthy share.
pub(super) fn max_healthy(min_healthy: i32) -> i32 {
    (min_healthy + 100).min(110)
}
