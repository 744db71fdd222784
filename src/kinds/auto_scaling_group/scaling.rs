//! What changes a group's size by itself: policies that aim at a value, and schedules.
use super::*;
use crate::canon::Open;
use aws_sdk_autoscaling::types::{
    MetricType, PredefinedMetricSpecification, ScalingPolicy, ScheduledUpdateGroupAction, TargetTrackingConfiguration,
};

/// Requests that target tracking aims at (`ALBRequestCountPerTarget`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TargetRequests {
    /// The balancer that counts them.
    pub load_balancer: Ref<LoadBalancer>,
    /// The target group among whose targets they are divided; the group must be registered in it.
    pub target_group: Ref<TargetGroup>,
    /// How many come to each target in a minute (`TargetValue`).
    pub per_minute: i32,
}

/// A size that comes at certain moments (`PutScheduledUpdateGroupAction`). What it doesn't say stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Schedule {
    /// `Recurrence`: when, in five fields as in a crontab: `0 8 * * MON-FRI`.
    pub recurrence: String,
    /// `TimeZone`: what these are meant in, by its name in the time zone database: `Europe/Berlin`.
    pub time_zone: String,
    /// `MinSize`.
    pub min: Option<i32>,
    /// `MaxSize`.
    pub max: Option<i32>,
    /// `DesiredCapacity`.
    pub desired: Option<i32>,
}

impl Schedule {
    /// Whether one request makes the other of it.
    fn becomes(&self, other: &Schedule) -> bool {
        let counts = |s: &Schedule| [s.min, s.max, s.desired];
        let kept = counts(self).into_iter().zip(counts(other)).all(|(old, new)| old.is_none() || new.is_some());
        kept && (&self.recurrence, &self.time_zone) == (&other.recurrence, &other.time_zone)
    }
}

/// The time zone of a schedule that names none.
const UTC: &str = "Etc/UTC";

/// Policies that may be asked for by name in one call.
const POLICIES: usize = 50;

/// All that changes the size of one group, as AWS shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scaling {
    pub cpu: Option<i32>,
    /// The label of what is counted, and how many.
    requests: Option<(String, i32)>,
    /// Whether policies only add instances (`DisableScaleIn`).
    pub held: bool,
    pub schedules: Open<Schedule>,
}

impl Scaling {
    /// What a group asks for whose references hold physical ids.
    pub fn of(group: &AutoScalingGroup) -> Self {
        let requests = group.target_requests.as_ref().map(|r| (r.label(), r.per_minute));
        let held = !group.scale_in && (group.target_cpu.is_some() || requests.is_some());
        Scaling { cpu: group.target_cpu, requests, held, schedules: group.schedules.clone() }
    }

    /// What is counted, of a group that is registered in these target groups. What its label names beside them is none of ours, and is shown as it is.
    pub fn requests(&self, targets: &[String]) -> Option<TargetRequests> {
        let (label, per_minute) = self.requests.clone()?;
        let known = targets.iter().find_map(|target| {
            let (before, group) = target.rsplit_once(':')?;
            let balancer = label.strip_suffix(group)?.strip_suffix('/')?;
            Some((format!("{before}:loadbalancer/{balancer}"), target.clone()))
        });
        let (balancer, target) = known.unwrap_or_else(|| (label.clone(), label));
        Some(TargetRequests { load_balancer: Ref::to(balancer), target_group: Ref::to(target), per_minute })
    }
}

impl TargetRequests {
    /// Itself with physical ids in place of addresses.
    pub(super) fn physical(&self, links: &Links) -> Result<Self, CloudError> {
        let (balancer, group) = (links.to(&self.load_balancer)?, links.to(&self.target_group)?);
        Ok(TargetRequests { load_balancer: Ref::to(balancer), target_group: Ref::to(group), per_minute: self.per_minute })
    }

    /// `ResourceLabel`: how the two ARNs end.
    fn label(&self) -> String {
        label(&self.load_balancer.0, &self.target_group.0)
    }
}

/// `app/NAME/ID/targetgroup/NAME/ID`.
pub(super) fn label(balancer: &str, group: &str) -> String {
    let balancer = balancer.split_once(":loadbalancer/").map_or(balancer, |(_, end)| end);
    format!("{balancer}/{}", group.rsplit(':').next().unwrap_or(group))
}

/// The name of the policy that counts requests. The one for CPU has its group's name; others are not ours.
fn counting(group: &str) -> String {
    format!("{group}-requests")
}

/// The name of a schedule's action. Others on the group are not ours.
fn action(group: &str, schedule: &str) -> String {
    format!("{group}-{schedule}")
}

/// What changes the size of each of these groups. Policies are asked for by name; actions can be asked for of one group or of the whole account, in pages
/// that don't grow with the stack.
pub(super) async fn list(cx: &Clients, groups: &[String]) -> Result<BTreeMap<String, Scaling>, CloudError> {
    let mut all = policies(cx, groups).await?;
    if groups.is_empty() {
        return Ok(all);
    }
    let request = cx.autoscaling().describe_scheduled_actions().max_records(100);
    for action in actions(cx, request).await? {
        let group = action.auto_scaling_group_name.clone().filter(|name| groups.contains(name));
        if let Some((group, (name, schedule))) = group.and_then(|group| Some((group.clone(), schedule(&group, action)?))) {
            all.entry(group).or_default().schedules.insert(name, schedule);
        }
    }
    Ok(all)
}

/// What changes the size of one group.
pub(super) async fn one(cx: &Clients, group: &str) -> Result<Scaling, CloudError> {
    let mut scaling = policies(cx, &[group.to_owned()]).await?.remove(group).unwrap_or_default();
    let request = cx.autoscaling().describe_scheduled_actions().auto_scaling_group_name(group).max_records(100);
    scaling.schedules = actions(cx, request).await?.into_iter().filter_map(|action| schedule(group, action)).collect();
    Ok(scaling)
}

async fn policies(cx: &Clients, groups: &[String]) -> Result<BTreeMap<String, Scaling>, CloudError> {
    let mut all: BTreeMap<String, Scaling> = BTreeMap::new();
    for groups in groups.chunks(POLICIES / 2) {
        let names = groups.iter().flat_map(|group| [group.clone(), counting(group)]).collect();
        let request = cx.autoscaling().describe_policies().set_policy_names(Some(names)).max_records(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::AutoScaling, "DescribePolicies", send, |page| (page.scaling_policies, page.next_token)).await?;
        for policy in found {
            let Some(group) = policy.auto_scaling_group_name.clone() else { continue };
            aims(policy, &group, all.entry(group.clone()).or_default());
        }
    }
    Ok(all)
}

/// Notes what a policy aims at, when that is a policy as we write it.
fn aims(policy: ScalingPolicy, group: &str, scaling: &mut Scaling) -> Option<()> {
    let tracking = policy.target_tracking_configuration?;
    let metric = tracking.predefined_metric_specification?;
    let value = tracking.target_value? as i32;
    let whole = tracking.target_value == Some(f64::from(value)) && policy.enabled != Some(false);
    let name = policy.policy_name?;
    scaling.held |= tracking.disable_scale_in == Some(true) && whole && (name == group || name == counting(group));
    match metric.predefined_metric_type? {
        MetricType::AsgAverageCpuUtilization if whole && name == group => scaling.cpu = Some(value),
        MetricType::AlbRequestCountPerTarget if whole && name == counting(group) => {
            scaling.requests = Some((metric.resource_label?, value))
        }
        _ => {}
    }
    Some(())
}

async fn actions(
    cx: &Clients,
    request: aws_sdk_autoscaling::operation::describe_scheduled_actions::builders::DescribeScheduledActionsFluentBuilder,
) -> Result<Vec<ScheduledUpdateGroupAction>, CloudError> {
    let send = async |token| request.clone().set_next_token(token).send().await;
    let split = |page: aws_sdk_autoscaling::operation::describe_scheduled_actions::DescribeScheduledActionsOutput| {
        (page.scheduled_update_group_actions, page.next_token)
    };
    cx.pages(Service::AutoScaling, "DescribeScheduledActions", send, split).await
}

/// A schedule of ours, by its name.
fn schedule(group: &str, action: ScheduledUpdateGroupAction) -> Option<(String, Schedule)> {
    let name = action.scheduled_action_name?.strip_prefix(group)?.strip_prefix('-')?.to_owned();
    let schedule = Schedule {
        recurrence: action.recurrence.unwrap_or_default(),
        time_zone: action.time_zone.unwrap_or_else(|| UTC.into()),
        min: action.min_size,
        max: action.max_size,
        desired: action.desired_capacity,
    };
    Some((name, schedule))
}

/// Brings what changes a group's size from what it is to what it should be. Two actions never have the same moment, so what leaves one goes first; so does
/// what is to say less than before, since a count that isn't sent stays as it was.
pub(super) async fn settle(cx: &Clients, group: &str, old: &Scaling, new: &Scaling) -> Result<(), CloudError> {
    let cpu = new.cpu.map(|percent| (MetricType::AsgAverageCpuUtilization, None, percent));
    let turned = |aims: bool| aims && old.held != new.held;
    if old.cpu != new.cpu || turned(new.cpu.is_some()) {
        policy(cx, (group, group), cpu, new.held).await?;
    }
    if old.requests != new.requests || turned(new.requests.is_some()) {
        let requests = new.requests.clone().map(|(label, count)| (MetricType::AlbRequestCountPerTarget, Some(label), count));
        policy(cx, (group, &counting(group)), requests, new.held).await?;
    }
    for (name, _) in old.schedules.iter().filter(|(name, old)| !new.schedules.get(*name).is_some_and(|new| old.becomes(new))) {
        let request = cx.autoscaling().delete_scheduled_action().auto_scaling_group_name(group).scheduled_action_name(action(group, name));
        cx.safe(Service::AutoScaling, "DeleteScheduledAction", async || request.clone().send().await).await?;
    }
    for (name, schedule) in new.schedules.iter().filter(|(name, schedule)| old.schedules.get(*name) != Some(*schedule)) {
        let request = cx
            .autoscaling()
            .put_scheduled_update_group_action()
            .auto_scaling_group_name(group)
            .scheduled_action_name(action(group, name))
            .recurrence(&schedule.recurrence)
            .time_zone(&schedule.time_zone)
            .set_min_size(schedule.min)
            .set_max_size(schedule.max)
            .set_desired_capacity(schedule.desired);
        cx.safe(Service::AutoScaling, "PutScheduledUpdateGroupAction", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// Writes a policy that aims at a value, or deletes it.
async fn policy(
    cx: &Clients,
    (group, name): (&str, &str),
    aim: Option<(MetricType, Option<String>, i32)>,
    held: bool,
) -> Result<(), CloudError> {
    let Some((metric, label, value)) = aim else {
        let request = cx.autoscaling().delete_policy().auto_scaling_group_name(group).policy_name(name);
        return cx.safe(Service::AutoScaling, "DeletePolicy", async || request.clone().send().await).await.map(drop);
    };
    let metric = PredefinedMetricSpecification::builder().predefined_metric_type(metric).set_resource_label(label).build();
    let tracking = TargetTrackingConfiguration::builder().predefined_metric_specification(metric).target_value(value.into());
    let tracking = tracking.set_disable_scale_in(held.then_some(true)).build();
    let request = cx
        .autoscaling()
        .put_scaling_policy()
        .auto_scaling_group_name(group)
        .policy_name(name)
        .policy_type("TargetTrackingScaling")
        .target_tracking_configuration(tracking)
        .enabled(true);
    cx.safe(Service::AutoScaling, "PutScalingPolicy", async || request.clone().send().await).await.map(drop)
}
