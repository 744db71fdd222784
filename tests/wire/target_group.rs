use infra::kinds::target_group::HealthCheck;
use infra::kinds::{Kind, Ref, TargetGroup};

use super::load_balancer::{load_balancer, network};
use super::{Case, Sends};

pub fn target_group() -> TargetGroup {
    TargetGroup {
        load_balancer: Ref::to("main"),
        vpc: Ref::to("main"),
        port: 8080,
        protocol: "HTTP".into(),
        health_check: HealthCheck { path: "/healthz".into(), interval: 15, timeout: 5, healthy: 3, unhealthy: 2, matcher: "200".into() },
        deregistration_delay: 300,
        stickiness: 0,
        tags: [("Name".into(), "wire".into())].into(),
    }
}

pub fn case() -> Case {
    let base = target_group();
    let check = |health_check| TargetGroup { health_check, ..base.clone() }.into();
    let now = || base.health_check.clone();
    let variants = vec![
        ("deregistration_delay", TargetGroup { deregistration_delay: 30, ..base.clone() }.into()),
        ("health_check.healthy", check(HealthCheck { healthy: 10, ..now() })),
        ("health_check.interval", check(HealthCheck { interval: 300, ..now() })),
        ("health_check.matcher", check(HealthCheck { matcher: "200-299".into(), ..now() })),
        ("health_check.path", check(HealthCheck { path: "/".into(), ..now() })),
        ("health_check.timeout", check(HealthCheck { timeout: 14, ..now() })),
        ("health_check.unhealthy", check(HealthCheck { unhealthy: 10, ..now() })),
        ("load_balancer", TargetGroup { load_balancer: Ref::to("other"), ..base.clone() }.into()),
        ("port", TargetGroup { port: 8081, ..base.clone() }.into()),
        ("protocol", TargetGroup { protocol: "HTTPS".into(), ..base.clone() }.into()),
        ("stickiness", TargetGroup { stickiness: 600, ..base.clone() }.into()),
        ("tags", TargetGroup { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
        ("vpc", TargetGroup { vpc: Ref::to("other"), ..base.clone() }.into()),
    ];
    let mut world = network();
    world.extend([
        ("load_balancer.main", load_balancer().into()),
        ("load_balancer.other", load_balancer().into()),
        ("vpc.other", super::vpc::vpc().into()),
        ("target_group.app", base.into()),
    ]);
    Case { address: "target_group.app", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::TargetGroup,
    lists: &["DescribeTargetGroups"],
    creates: &[("CreateTargetGroup", 1), ("ModifyTargetGroupAttributes", 1)],
    unseen: &[],
};
