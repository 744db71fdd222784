use infra::kinds::{AutoScalingGroup, LaunchTemplate, Ref};

use super::Case;
use super::launch_template::launch_template;
use super::security_group::security_group;
use super::subnet::subnet;
use super::vpc::vpc;

/// A group in the world of [`case`].
pub fn auto_scaling_group() -> AutoScalingGroup {
    AutoScalingGroup {
        launch_template: Ref::to("shop"),
        subnets: [Ref::to("a"), Ref::to("b")].into(),
        target_groups: [].into(),
        min: 2,
        max: 4,
        desired: 2,
        health_check_type: "EC2".into(),
        health_check_grace: 120,
        target_cpu: Some(60),
        min_healthy_percent: 90,
        default_instance_warmup: 120,
        tags: [("Name".into(), "shop".into())].into(),
    }
}

/// The emulator keeps neither the maintenance policy nor the warm-up of a group, so both have what AWS takes in their absence (90, and the
/// grace period). Its instances have whatever template their group has, so no refresh is needed. Both are in `replay_auto_scaling_group`.
pub fn case() -> Case {
    let base = auto_scaling_group();
    let world = vec![
        ("vpc.main", vpc().into()),
        ("subnet.a", subnet("us-east-1a", "10.0.1.0/24").into()),
        ("subnet.b", subnet("us-east-1b", "10.0.2.0/24").into()),
        ("security_group.app", security_group().into()),
        ("launch_template.shop", launch_template().into()),
        ("launch_template.next", LaunchTemplate { instance_type: "t3.large".into(), ..launch_template() }.into()),
        ("auto_scaling_group.shop", base.clone().into()),
    ];
    let with = |change: &dyn Fn(&mut AutoScalingGroup)| {
        let mut other = base.clone();
        change(&mut other);
        other.into()
    };
    let variants = vec![
        ("launch_template", with(&|g| g.launch_template = Ref::to("next"))),
        ("subnets", with(&|g| drop(g.subnets.remove(&Ref::to("b"))))),
        ("min", with(&|g| g.min = 3)),
        ("max", with(&|g| g.max = 9)),
        ("health_check_type", with(&|g| g.health_check_type = "ELB".into())),
        ("health_check_grace", with(&|g| (g.health_check_grace, g.default_instance_warmup) = (300, 300))),
        ("target_cpu", with(&|g| g.target_cpu = Some(75))),
        ("no target_cpu", with(&|g| g.target_cpu = None)),
        ("tags", with(&|g| g.tags = [("team".into(), "a b".into())].into())),
    ];
    Case { address: "auto_scaling_group.shop", world, variants }
}
