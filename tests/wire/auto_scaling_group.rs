use infra::cloud::Observe as _;
use infra::kinds::auto_scaling_group::{Mixed, Schedule, TargetRequests};
use infra::kinds::{AutoScalingGroup, Kind, LaunchTemplate, Ref};
use infra::run::Outcome;

use super::launch_template::{launch_template, surroundings};
use super::load_balancer::{load_balancer, network};
use super::target_group::target_group;
use super::{Case, Sends, Why, topic};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

fn schedule(recurrence: &str, min: Option<i32>, desired: Option<i32>) -> Schedule {
    Schedule { recurrence: recurrence.into(), time_zone: "Europe/Berlin".into(), min, max: None, desired }
}

/// Half of the group from spare capacity, of these types.
pub fn mixed(types: &[&str]) -> Mixed {
    Mixed {
        types: types.iter().map(|name| (*name).into()).collect(),
        on_demand_base: 1,
        on_demand_percent: 50,
        on_demand_strategy: "prioritized".into(),
        spot_strategy: "price-capacity-optimized".into(),
    }
}

/// Requests to a target group.
fn requests(group: &str, per_minute: i32) -> Option<TargetRequests> {
    Some(TargetRequests { load_balancer: Ref::to("main"), target_group: Ref::to(group), per_minute })
}

/// A group in the world of [`case`].
pub fn auto_scaling_group() -> AutoScalingGroup {
    AutoScalingGroup {
        launch_template: Ref::to("shop"),
        mixed: None,
        subnets: [Ref::to("a"), Ref::to("b")].into(),
        target_groups: [Ref::to("app")].into(),
        min: 2,
        max: 4,
        desired: 2,
        health_check_type: "EC2".into(),
        health_check_grace: 120,
        target_cpu: Some(60),
        scale_in: true,
        target_requests: None,
        schedules: [("night".into(), schedule("0 22 * * *", Some(0), None))].into(),
        min_healthy_percent: 90,
        default_instance_warmup: 120,
        metrics: [].into(),
        notification_topics: [].into(),
        tags: [("Name".into(), "shop".into())].into(),
    }
}

/// The emulator keeps neither the maintenance policy nor the warm-up of a group, so both have what AWS takes in their absence (90, and the
/// grace period). Its instances have whatever template their group has, so no refresh is needed. Both are in `replay_auto_scaling_group`.
pub fn case() -> Case {
    let base = auto_scaling_group();
    let mut world = network();
    world.extend(surroundings());
    world.extend([
        ("load_balancer.main", load_balancer().into()),
        ("topic.alerts", topic::topic().into()),
        ("topic.other", topic::topic().into()),
        ("target_group.app", target_group().into()),
        ("target_group.next", target_group().into()),
        ("launch_template.shop", launch_template().into()),
        ("launch_template.next", LaunchTemplate { instance_type: "t3.large".into(), ..launch_template() }.into()),
        ("auto_scaling_group.shop", base.clone().into()),
    ]);
    let with = |change: &dyn Fn(&mut AutoScalingGroup)| {
        let mut other = base.clone();
        change(&mut other);
        other.into()
    };
    let variants = vec![
        ("launch_template", with(&|g| g.launch_template = Ref::to("next"))),
        ("subnets", with(&|g| assert!(g.subnets.remove(&Ref::to("b"))))),
        ("target_groups", with(&|g| g.target_groups = [Ref::to("next")].into())),
        ("no target_groups", with(&|g| g.target_groups.clear())),
        ("min", with(&|g| g.min = 3)),
        ("max", with(&|g| g.max = 9)),
        ("health_check_type", with(&|g| g.health_check_type = "ELB".into())),
        ("health_check_grace", with(&|g| (g.health_check_grace, g.default_instance_warmup) = (300, 300))),
        ("target_cpu", with(&|g| g.target_cpu = Some(75))),
        ("scale_in", with(&|g| g.scale_in = false)),
        ("no target_cpu", with(&|g| g.target_cpu = None)),
        ("target_requests", with(&|g| g.target_requests = requests("app", 600))),
        (
            "requests in place of the CPU, at another target group",
            with(&|g| {
                (g.target_cpu, g.target_requests) = (None, requests("next", 9000));
                g.target_groups = [Ref::to("next")].into();
            }),
        ),
        // What comes has the moment of what goes, and a size less.
        (
            "schedules",
            with(&|g| {
                g.schedules =
                    [("late".into(), schedule("0 22 * * *", None, Some(2))), ("night".into(), schedule("0 23 * * *", Some(1), Some(2)))]
                        .into()
            }),
        ),
        ("a schedule's size", with(&|g| g.schedules = [("night".into(), schedule("0 22 * * *", None, Some(3)))].into())),
        ("mixed", with(&|g| g.mixed = Some(mixed(&["t3.medium", "t3a.medium"])))),
        ("mixed, with another template", with(&|g| (g.mixed, g.launch_template) = (Some(mixed(&["t3.large"])), Ref::to("next")))),
        ("metrics", with(&|g| g.metrics = ["GroupInServiceInstances".into(), "GroupMaxSize".into()].into())),
        ("a topic is told", with(&|g| g.notification_topics = [Ref::to("alerts")].into())),
        ("two are", with(&|g| g.notification_topics = [Ref::to("alerts"), Ref::to("other")].into())),
        ("no schedules", with(&|g| g.schedules.clear())),
        ("tags", with(&|g| g.tags = [("team".into(), "a b".into())].into())),
    ];
    Case { address: "auto_scaling_group.shop", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::AutoScalingGroup,
    lists: &["DescribeAutoScalingGroups"],
    creates: &[
        ("CreateAutoScalingGroup", 1),
        ("PutScalingPolicy", 1),
        ("PutScheduledUpdateGroupAction", 1),
        ("EnableMetricsCollection", 1),
        ("PutNotificationConfiguration", 1),
    ],
    unseen: &[
        ("CancelInstanceRefresh", Why::Replay("replay_auto_scaling_group/refresh")),
        ("DescribeInstanceRefreshes", Why::Replay("replay_auto_scaling_group/refresh")),
        ("DescribeScalingActivities", Why::Replay("replay_auto_scaling_group/life")),
        ("StartInstanceRefresh", Why::Replay("replay_auto_scaling_group/refresh")),
    ],
};

/// A topic that somebody has had told of more is told of failures alone again, one that somebody took away comes back; and what another topic is told of stays.
#[tokio::test]
async fn who_is_told_is_mended_and_others_stay() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let mut case = case();
    let group = AutoScalingGroup { notification_topics: [Ref::to("alerts")].into(), ..auto_scaling_group() };
    case.world.retain(|(name, _)| *name != case.address);
    case.world.push((case.address, group.into()));
    let want = stack("wire-notices", case.world);
    let mut run = 0;
    let mut go = async || {
        run += 1;
        let plan = plan_for(&cloud, &want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, &want).await.unwrap().is_empty(), "{run}");
        plan.changes.iter().map(|change| change.address.to_string()).collect::<Vec<_>>()
    };
    go().await;
    let live = cloud.list(Kind::AutoScalingGroup, "wire-notices").await.unwrap().remove(0);
    let topic = |name: &str| {
        let all = cloud.list(Kind::Topic, "wire-notices");
        let name = name.to_owned();
        async move { all.await.unwrap().into_iter().find(|live| live.stamp.address.name == name).unwrap().id }
    };
    let (alerts, other) = (topic("alerts").await, topic("other").await);
    let put = async |topic: &str, types: &[&str]| {
        let request = cloud.autoscaling().put_notification_configuration().auto_scaling_group_name(&live.id).topic_arn(topic);
        request.set_notification_types(Some(types.iter().map(|of| (*of).to_owned()).collect())).send().await.unwrap();
    };
    put(&other, &["autoscaling:EC2_INSTANCE_LAUNCH"]).await;
    assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
    put(&alerts, &["autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_LAUNCH_ERROR", "autoscaling:EC2_INSTANCE_TERMINATE_ERROR"])
        .await;
    assert_eq!(go().await, ["auto_scaling_group.shop"]);
    let request = cloud.autoscaling().delete_notification_configuration().auto_scaling_group_name(&live.id).topic_arn(&alerts);
    request.send().await.unwrap();
    assert_eq!(go().await, ["auto_scaling_group.shop"]);
    let seen = cloud.autoscaling().describe_notification_configurations().auto_scaling_group_names(&live.id).send().await.unwrap();
    let mut seen: Vec<(String, String)> =
        seen.notification_configurations.unwrap().into_iter().filter_map(|one| Some((one.topic_arn?, one.notification_type?))).collect();
    seen.sort();
    let of = |topic: &str, event: &str| (topic.to_owned(), format!("autoscaling:EC2_INSTANCE_{event}"));
    let mut wanted = [of(&alerts, "LAUNCH_ERROR"), of(&alerts, "TERMINATE_ERROR"), of(&other, "LAUNCH")];
    wanted.sort();
    assert_eq!(seen, wanted);
}
