use infra::kinds::security_group::{Peer, Rule};
use infra::kinds::{Kind, Ref, SecurityGroup, Vpc};

use super::vpc::vpc;
use super::{Case, Sends};

pub fn rule(port: i32, peer: Peer) -> Rule {
    Rule { protocol: "tcp".into(), from_port: port, to_port: port, peer, description: String::new() }
}

pub fn anywhere() -> Rule {
    Rule { protocol: "all".into(), from_port: -1, to_port: -1, ..rule(0, Peer::Cidr("0.0.0.0/0".into())) }
}

pub fn security_group() -> SecurityGroup {
    SecurityGroup {
        reached_by: [].into(),
        vpc: Ref::to("main"),
        description: "who may enter".into(),
        ingress: [rule(443, Peer::Cidr("203.0.113.0/24".into()))].into(),
        egress: [anywhere()].into(),
        tags: [("Name".into(), "app".into())].into(),
    }
}

/// Descriptions change on CIDR rules only, and never to none: the emulator keeps those of groups as they are, drops those of prefix lists,
/// and does not clear one. The requests for these are in `replay_security_group`.
pub fn case() -> Case {
    let base = SecurityGroup {
        ingress: [
            Rule { description: "office".into(), ..rule(443, Peer::Cidr("203.0.113.0/24".into())) },
            rule(8080, Peer::Group(Ref::to("peer"))),
        ]
        .into(),
        ..security_group()
    };
    let other = Rule { description: "home".into(), ..rule(443, Peer::Cidr("203.0.113.0/24".into())) };
    let many = [
        Rule { description: "office".into(), ..rule(443, Peer::Cidr("203.0.113.0/24".into())) },
        rule(443, Peer::Cidr("2001:db8::/32".into())),
        rule(443, Peer::PrefixList(Ref::to("=pl-12345678"))),
        rule(22, Peer::Itself),
        Rule { description: "from the peer".into(), ..rule(8081, Peer::Group(Ref::to("peer"))) },
        Rule { protocol: "udp".into(), to_port: 2000, ..rule(1000, Peer::Group(Ref::to("peer"))) },
        Rule { protocol: "icmp".into(), from_port: 8, to_port: -1, ..anywhere() },
        Rule { peer: Peer::Itself, ..anywhere() },
    ];
    // The emulator never revokes an IPv6 rule of egress in a VPC without IPv6.
    let v4 = many.iter().filter(|r| r.peer != Peer::Cidr("2001:db8::/32".into())).cloned().collect();
    let world = vec![
        ("vpc.main", vpc().into()),
        ("vpc.other", Vpc { cidr: "10.9.0.0/16".parse().unwrap(), ..vpc() }.into()),
        ("security_group.peer", security_group().into()),
        ("security_group.a", base.clone().into()),
    ];
    let foreign = SecurityGroup { vpc: Ref::to("other"), ingress: [].into(), ..base.clone() };
    let variants = vec![
        ("vpc", foreign.into()),
        ("description", SecurityGroup { description: "who else".into(), ..base.clone() }.into()),
        (
            "a rule's description",
            SecurityGroup { ingress: [other, rule(8080, Peer::Group(Ref::to("peer")))].into(), ..base.clone() }.into(),
        ),
        ("no ingress", SecurityGroup { ingress: [].into(), ..base.clone() }.into()),
        ("every kind of rule", SecurityGroup { ingress: many.into(), egress: v4, ..base.clone() }.into()),
        ("no egress", SecurityGroup { egress: [].into(), ..base.clone() }.into()),
        ("tags", SecurityGroup { tags: [("team".into(), "a b".into())].into(), ..base }.into()),
    ];
    Case { address: "security_group.a", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::SecurityGroup,
    lists: &["DescribeSecurityGroups"],
    // Every group has rules for what comes in; what goes out is as AWS has it.
    creates: &[("CreateSecurityGroup", 6), ("AuthorizeSecurityGroupIngress", 5)],
    unseen: &[],
};
