//! Instances, as many as the load asks for.
mod cron;
mod mixed;
mod notices;
mod ready;
mod refresh;
mod rules;
mod scaling;
mod sizes;
mod terraform;
mod view;
mod write;

use super::calls::{ALL, IMAGE_NAMES, On, TO_INSTANCES, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::canon::Open;
use crate::kinds::{elb, launch_template};
use crate::model::Tags;
use scaling::Scaling;

pub use cron::{Moments, zone};
pub use mixed::Mixed;
pub use scaling::{Schedule, TargetRequests};

object! {
    /// `AWS::AutoScaling::AutoScalingGroup`.
    pub struct AutoScalingGroup {
        /// `LaunchTemplate`, in the version that every template of ours has. Another one rolls through the group by instance refresh.
        update launch_template: Ref<LaunchTemplate>,
        /// `MixedInstancesPolicy`, which has the template then; `None`: instances of the template's own type, on demand.
        update mixed: Option<Mixed>,
        /// `VPCZoneIdentifier`: where instances may stand.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// `TargetGroupARNs`: where instances are registered.
        update target_groups: BTreeSet<Ref<TargetGroup>>,
        /// `MinSize`.
        update min: i32,
        /// `MaxSize`.
        update max: i32,
        /// `DesiredCapacity` at creation; then the load decides.
        initial desired: i32,
        /// `HealthCheckType`: `EC2` or `ELB`.
        update health_check_type: String,
        /// `HealthCheckGracePeriod` in seconds: for how long the health of a new instance doesn't count.
        update health_check_grace: i32,
        /// The average CPU in percent that target tracking aims at (`ASGAverageCPUUtilization`); `None`: no such policy.
        update target_cpu: Option<i32>,
        /// The requests that target tracking aims at, beside the CPU or in its place; `None`: no such policy.
        update target_requests: Option<TargetRequests>,
        /// Whether target tracking takes instances away again (`DisableScaleIn` turned round): not from the old ones while a rollout may still need them.
        /// Without target tracking nothing does, and it reads as true.
        update scale_in: bool,
        /// Other sizes at certain moments, by name.
        update schedules: Open<Schedule>,
        /// `InstanceMaintenancePolicy.MinHealthyPercentage`, from 0 to 100: how much of the group serves while instances are replaced.
        /// `MaxHealthyPercentage` follows: 110, or less where AWS allows no more than 100 between the two. A group without a policy works
        /// by AWS's default, 90.
        update min_healthy_percent: i32,
        /// `DefaultInstanceWarmup` in seconds: how long an instance in service takes to count. A group without one works by its grace
        /// period, as AWS does.
        update default_instance_warmup: i32,
        /// `EnabledMetrics`: what the group sends CloudWatch of itself every minute (`GroupInServiceInstances`).
        update metrics: BTreeSet<String>,
        /// `PutNotificationConfiguration`: the topics, 10 at most, that are told when an instance could not be started or ended.
        update notification_topics: BTreeSet<Ref<Topic>>,
        /// Tags of the group and of every instance launched from now on (`PropagateAtLaunch`).
        update tags: Tags,
    }
}

/// `AutoScalingGroupName` of `CreateAutoScalingGroup`.
///
/// Its policies and actions have its name and a word more.
pub const NAMES: NameRule = NameRule::most(150);

impl Resource for AutoScalingGroup {
    const KIND: Kind = Kind::AutoScalingGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::AutoScaling;
    const TYPICAL: Typical = Typical::secs(180, 420, 240);
    const HOURLY: Option<&'static str> = Some("group of instances");
    const HINT: &'static [&'static str] = &[
        "instances {min} to {max}",
        "of {mixed.types}",
        "{target_cpu}% CPU",
        "{target_requests.per_minute} requests a minute and instance",
        "{schedules#} schedules",
        "{health_check_type} health checks",
    ];
    /// Auto Scaling checks that its caller might launch the template's instances itself, with their role and image.
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::AutoScaling, "DescribeAutoScalingGroups"),
            reads(Service::AutoScaling, "DescribeNotificationConfigurations"),
            reads(Service::AutoScaling, "DescribePolicies"),
            reads(Service::AutoScaling, "DescribeScheduledActions"),
        ],
        write: &[
            call(Service::AutoScaling, "AttachLoadBalancerTargetGroups", GROUPS),
            call(Service::AutoScaling, "CancelInstanceRefresh", GROUPS),
            call(Service::AutoScaling, "CreateAutoScalingGroup", NEW_GROUPS),
            needs(Service::AutoScaling, "CreateAutoScalingGroup", "ec2:RunInstances", &[On::Launched, On::Own(ALL)]),
            needs(
                Service::AutoScaling,
                "CreateAutoScalingGroup",
                "iam:CreateServiceLinkedRole",
                &[On::Linked("autoscaling"), On::Linked("spot")],
            ),
            needs(Service::AutoScaling, "CreateAutoScalingGroup", "iam:PassRole", TO_INSTANCES),
            needs(Service::AutoScaling, "CreateAutoScalingGroup", "ssm:GetParameters", IMAGE_NAMES),
            call(Service::AutoScaling, "CreateOrUpdateTags", GROUPS),
            call(Service::AutoScaling, "DeleteAutoScalingGroup", GROUPS),
            call(Service::AutoScaling, "DeleteNotificationConfiguration", GROUPS),
            call(Service::AutoScaling, "DeletePolicy", GROUPS),
            call(Service::AutoScaling, "DeleteScheduledAction", GROUPS),
            call(Service::AutoScaling, "DeleteTags", GROUPS),
            reads(Service::AutoScaling, "DescribeInstanceRefreshes"),
            reads(Service::AutoScaling, "DescribeScalingActivities"),
            call(Service::AutoScaling, "DetachLoadBalancerTargetGroups", GROUPS),
            call(Service::AutoScaling, "DisableMetricsCollection", GROUPS),
            call(Service::AutoScaling, "EnableMetricsCollection", GROUPS),
            call(Service::AutoScaling, "PutNotificationConfiguration", GROUPS),
            call(Service::AutoScaling, "PutScalingPolicy", GROUPS),
            call(Service::AutoScaling, "PutScheduledUpdateGroupAction", GROUPS),
            call(Service::AutoScaling, "StartInstanceRefresh", GROUPS),
            call(Service::AutoScaling, "UpdateAutoScalingGroup", GROUPS),
            reads(Service::Elb, "DescribeTargetHealth"),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] =
        &[quota(Service::AutoScaling, "LimitExceeded", ("autoscaling", "L-CDE20ADC"), "Auto Scaling groups per region")
            .of("CreateAutoScalingGroup")];

    fn example() -> Self {
        AutoScalingGroup {
            launch_template: Ref::to(EXAMPLE),
            mixed: Some(Mixed {
                types: vec!["t3.medium".into(), "t3a.medium".into()],
                on_demand_base: 1,
                on_demand_percent: 50,
                on_demand_strategy: "prioritized".into(),
                spot_strategy: "price-capacity-optimized".into(),
            }),
            subnets: [Ref::to(EXAMPLE)].into(),
            target_groups: [Ref::to(EXAMPLE)].into(),
            min: 1,
            max: 4,
            desired: 2,
            health_check_type: "ELB".into(),
            health_check_grace: 300,
            target_cpu: Some(60),
            target_requests: Some(TargetRequests { load_balancer: Ref::to(EXAMPLE), target_group: Ref::to(EXAMPLE), per_minute: 1000 }),
            scale_in: true,
            schedules: [(
                "morning".into(),
                Schedule { recurrence: "0 8 * * MON-FRI".into(), time_zone: "Etc/UTC".into(), min: Some(2), max: None, desired: Some(3) },
            )]
            .into(),
            min_healthy_percent: 90,
            default_instance_warmup: 60,
            metrics: ["GroupInServiceInstances".into()].into(),
            notification_topics: [Ref::to(EXAMPLE)].into(),
            tags: tags(),
        }
    }

    /// It registers in new target groups, and leaves the old ones when nothing forwards to these any more.
    fn meanwhile(&self, before: &Self) -> Option<Self> {
        let both = &self.target_groups | &before.target_groups;
        let passes = both != self.target_groups && both != before.target_groups;
        passes.then(|| AutoScalingGroup { target_groups: both, ..self.clone() })
    }

    fn held(&self) -> Option<Self> {
        let tracks = self.target_cpu.is_some() || self.target_requests.is_some();
        tracks.then(|| AutoScalingGroup { scale_in: false, ..self.clone() })
    }

    /// A successor carries the load that is there.
    fn succeeds(&self, before: &Self) -> Self {
        AutoScalingGroup { desired: before.desired.clamp(self.min, self.max.max(self.min)), ..self.clone() }
    }

    /// Instances of another template need not answer where the old ones are asked: in both target groups none of them would be healthy.
    fn renewed(&self, replaced: &dyn Fn(&Address) -> bool) -> Vec<&'static str> {
        let both = replaced(&self.launch_template.address()) && self.target_groups.iter().any(|t| replaced(&t.address()));
        if both { vec!["launch_template", "target_groups"] } else { vec![] }
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, near)
            .into_iter()
            .chain(sizes::breaches(self))
            .chain(mixed::breaches(self, near))
            .chain(notices::breach(self))
            .collect()
    }

    fn doubts(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::doubts(self, near).into_iter().chain(sizes::doubts(self)).chain(mixed::doubts(self)).collect()
    }

    fn unoffered(&self, _: Option<&Self>, near: Near<'_>, facts: &Facts) -> Vec<Breach> {
        rules::unoffered(self, near, facts).into_iter().chain(rules::over(self, near, facts)).collect()
    }

    fn doubted(&self, near: Near<'_>, facts: &Facts) -> Vec<Breach> {
        rules::short(self, near, facts).into_iter().collect()
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let Some(seen) = view::one(cx, &live.id).await? else { return Ok(vec![]) };
        let (serving, wanted) =
            (seen.instances().iter().filter(|i| ready::in_service(i)).count(), seen.desired_capacity.unwrap_or(self.min));
        Ok(vec![self.serving(serving, wanted)])
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        vec![self.serving(health::bent_count(bent, "instances", self.running()), self.running() as i32)]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        view::list(cx, stack).await
    }

    /// Returns when every instance serves. A group whose instances don't come to serve is deleted again, so that the failure is
    /// definite: its description would read as if all was well.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let live = Live::made(&name, self.clone(), stamp, links)?;
        write::create(&self.physical(links)?, cx, stamp, &name).await?;
        let scaling = Scaling::of(&self.physical(links)?);
        let targets = links.all(&self.target_groups)?;
        match ready::serving(cx, &name, &targets, self.desired.max(0) as usize, self.health_check_grace).await {
            Err(e) if e.code == ready::NOT_READY => {
                half(write::delete(cx, &name).await)?;
                Err(e)
            }
            answer => {
                half(answer)?;
                half(scaling::settle(cx, &name, &Scaling::default(), &scaling).await)?;
                half(write::measure(cx, &name, &BTreeSet::new(), &self.metrics).await)?;
                half(notices::settle(cx, &name, &BTreeSet::new(), &links.all(&self.notification_topics)?).await)?;
                Ok(live)
            }
        }
    }

    /// New target groups must see healthy instances before anything else changes; those that it is no longer to be in are left last.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = live.id.as_str();
        let absent = || failed(Class::NotFound, "NotFound", format!("the scaling group {name} is gone"));
        let now = view::one(cx, name).await?.ok_or_else(absent)?;
        let scaling = scaling::one(cx, name).await?;
        let old = view::group(&now, &stamp.stack, &scaling);
        let targets = links.all(&self.target_groups)?;
        let attached: BTreeSet<String> = old.target_groups.iter().map(|t| t.0.clone()).collect();
        self.join(cx, name, &now, &targets - &attached).await?;
        let wanted = self.physical(links)?;
        if wanted.settings() != old.settings() {
            half(write::settings(&wanted, &old, cx, name).await)?;
        }
        if wanted.launch_template != old.launch_template {
            half(wanted.roll(cx, name, &now).await)?;
        }
        half(scaling::settle(cx, name, &scaling, &Scaling::of(&wanted)).await)?;
        half(write::measure(cx, name, &old.metrics, &self.metrics).await)?;
        half(notices::settle(cx, name, &notices::of(live), &links.all(&self.notification_topics)?).await)?;
        half(write::detach(cx, name, &(&attached - &targets)).await)?;
        let restamped = live.stamp.renewed(stamp);
        half(write::retag(cx, name, &view::all_tags(&old, &live.stamp), &view::all_tags(self, &restamped)).await)?;
        Live::made(name, AutoScalingGroup { desired: old.desired, ..self.clone() }, stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        write::delete(cx, &live.id).await
    }
}

const GROUP: &str = "autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{names}";
const NEW_GROUPS: &[On] = &[On::New(GROUP)];
const GROUPS: &[On] = &[On::Own(GROUP)];

impl AutoScalingGroup {
    /// Itself with physical ids in place of addresses, as a list would show it.
    /// How many instances of groups that register them in a target group run where nothing scales.
    pub(super) fn behind(target: &Address, near: Near<'_>) -> usize {
        let groups = near.all::<AutoScalingGroup>().into_iter().map(|(_, group)| group);
        groups.filter(|group| group.target_groups.iter().any(|t| t.address() == *target)).map(AutoScalingGroup::running).sum()
    }

    /// How many instances run where nothing scales.
    pub fn running(&self) -> usize {
        usize::try_from(self.desired.clamp(self.min, self.max)).unwrap_or_default()
    }

    /// So many instances in service: fewer than the least are too few.
    fn serving(&self, count: usize, wanted: i32) -> Sign {
        let of = |n: i32| usize::try_from(n).unwrap_or_default();
        Sign::share(count, of(wanted), "instances in service", of(self.min))
    }

    fn physical(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(AutoScalingGroup {
            launch_template: Ref::to(links.to(&self.launch_template)?),
            subnets: links.all(&self.subnets)?.into_iter().map(Ref::to).collect(),
            target_groups: links.all(&self.target_groups)?.into_iter().map(Ref::to).collect(),
            target_requests: self.target_requests.as_ref().map(|requests| requests.physical(links)).transpose()?,
            ..self.clone()
        })
    }

    /// What one `UpdateAutoScalingGroup` says.
    fn settings(&self) -> impl PartialEq + '_ {
        let health = (&self.health_check_type, self.health_check_grace);
        (
            &self.launch_template,
            &self.mixed,
            &self.subnets,
            (self.min, self.max),
            health,
            self.min_healthy_percent,
            self.default_instance_warmup,
        )
    }

    /// Rolls the group over to the template it has been given. When that fails the group is pointed back at once, so that no more of
    /// the failing instances are launched, and so that it doesn't read as if it had succeeded.
    async fn roll(&self, cx: &Clients, name: &str, before: &view::Shown) -> Result<(), CloudError> {
        let before = view::asked(before);
        let moved = before != Some((&self.launch_template.0, launch_template::VERSION));
        let answer = refresh::roll(cx, name, self, moved).await;
        if let (Err(e), true, Some((id, launch_template::VERSION))) = (&answer, moved, before)
            && e.code == refresh::FAILED
        {
            write::settings(&AutoScalingGroup { launch_template: Ref::to(id), ..self.clone() }, self, cx, name).await?;
        }
        answer
    }

    /// Registers the group in more target groups and waits until its instances are healthy there; else leaves them again.
    async fn join(&self, cx: &Clients, name: &str, now: &view::Shown, added: BTreeSet<String>) -> Result<(), CloudError> {
        if added.is_empty() {
            return Ok(());
        }
        half(write::attach(cx, name, &added).await)?;
        let serving = now.instances.iter().flatten().filter(|i| ready::in_service(i)).count();
        let answer = ready::serving(cx, name, &added, serving, self.health_check_grace).await;
        if answer.is_err() {
            half(write::detach(cx, name, &added).await)?;
        }
        half(answer)
    }
}

/// A failure in the service's own words.
fn failed(class: Class, code: &str, message: impl Into<String>) -> CloudError {
    CloudError { service: Some(Service::AutoScaling), ..CloudError::new(class, code, message) }
}
