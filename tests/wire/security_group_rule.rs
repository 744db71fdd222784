use infra::kinds::{Kind, Ref, SecurityGroupRule};

use super::security_group::security_group;
use super::{Case, Sends, Why};

fn rule() -> SecurityGroupRule {
    SecurityGroupRule {
        security_group: Some(Ref::to("a")),
        egress: false,
        peer: Some(Ref::to("b")),
        cluster: None,
        protocol: "tcp".into(),
        from_port: 80,
        to_port: 80,
        description: String::new(),
        tags: [("Name".into(), "a-from-b".into())].into(),
    }
}

pub fn case() -> Case {
    let mut world = super::eks_cluster::ground();
    world.extend([
        ("eks_cluster.main", super::eks_cluster::cluster().into()),
        ("security_group.a", security_group().into()),
        ("security_group.b", security_group().into()),
        ("security_group_rule.a", rule().into()),
    ]);
    let variants = vec![
        (
            "the cluster's",
            SecurityGroupRule { security_group: None, cluster: Some(Ref::to("main")), description: "why".into(), ..rule() }.into(),
        ),
        ("from the cluster", SecurityGroupRule { peer: None, cluster: Some(Ref::to("main")), ..rule() }.into()),
        ("the group", SecurityGroupRule { security_group: Some(Ref::to("b")), peer: Some(Ref::to("a")), ..rule() }.into()),
        ("the way", SecurityGroupRule { egress: true, ..rule() }.into()),
        ("the protocol", SecurityGroupRule { protocol: "udp".into(), ..rule() }.into()),
        ("every port", SecurityGroupRule { protocol: "all".into(), from_port: -1, to_port: -1, ..rule() }.into()),
        ("the first port", SecurityGroupRule { from_port: 79, ..rule() }.into()),
        ("the last port", SecurityGroupRule { to_port: 81, ..rule() }.into()),
        ("tags", SecurityGroupRule { tags: [("team".into(), "a b".into())].into(), ..rule() }.into()),
    ];
    Case { address: "security_group_rule.a", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::SecurityGroupRule,
    lists: &["DescribeSecurityGroupRules"],
    creates: &[],
    unseen: &[
        ("UpdateSecurityGroupRuleDescriptionsEgress", Why::Replay("replay_security_group")),
        ("UpdateSecurityGroupRuleDescriptionsIngress", Why::Replay("replay_security_group")),
    ],
};
