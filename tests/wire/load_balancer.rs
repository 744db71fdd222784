use infra::kinds::{Kind, LoadBalancer, Object, Ref, Subnet};
use infra::model::Computed;

use super::bucket::bucket;
use super::internet_gateway::internet_gateway;
use super::security_group::security_group;
use super::subnet::subnet;
use super::vpc::vpc;
use super::{Case, Sends};

/// A balancer over two of the subnets of [`network`].
pub fn load_balancer() -> LoadBalancer {
    LoadBalancer {
        scheme: "internal".into(),
        internet_gateway: None,
        subnets: [Ref::to("a"), Ref::to("b")].into(),
        security_groups: [Ref::to("balancer")].into(),
        idle_timeout: 60,
        deletion_protection: false,
        drop_invalid_header_fields: true,
        http2: true,
        access_logs: None,
        dns_name: Computed::default(),
        zone_id: Computed::default(),
        tags: [("Name".into(), "wire".into())].into(),
    }
}

/// What a balancer stands on: a VPC with a way in, a subnet in each of three zones, and who may talk to it.
pub fn network() -> Vec<(&'static str, Object)> {
    let zone = |zone: &str, cidr: &str| Subnet { tags: [].into(), ..subnet(zone, cidr) }.into();
    vec![
        ("vpc.main", vpc().into()),
        ("internet_gateway.main", internet_gateway().into()),
        ("security_group.balancer", security_group().into()),
        ("security_group.office", security_group().into()),
        ("subnet.a", zone("us-east-1a", "10.0.1.0/24")),
        ("subnet.b", zone("us-east-1b", "10.0.2.0/24")),
        ("subnet.c", zone("us-east-1c", "10.0.3.0/24")),
    ]
}

pub fn case() -> Case {
    let base = load_balancer();
    let public = LoadBalancer { scheme: "internet-facing".into(), internet_gateway: Some(Ref::to("main")), ..base.clone() };
    let variants = vec![
        ("access_logs", LoadBalancer { access_logs: Some(Ref::to("logs")), ..base.clone() }.into()),
        ("access_logs, into a bucket of another stack", LoadBalancer { access_logs: Some(Ref::to("=logs")), ..base.clone() }.into()),
        ("deletion_protection", LoadBalancer { deletion_protection: true, ..base.clone() }.into()),
        ("drop_invalid_header_fields", LoadBalancer { drop_invalid_header_fields: false, ..base.clone() }.into()),
        ("http2", LoadBalancer { http2: false, ..base.clone() }.into()),
        ("idle_timeout", LoadBalancer { idle_timeout: 4000, ..base.clone() }.into()),
        ("scheme and internet_gateway", public.into()),
        ("security_groups", LoadBalancer { security_groups: [Ref::to("office")].into(), ..base.clone() }.into()),
        ("subnets", LoadBalancer { subnets: [Ref::to("b"), Ref::to("c")].into(), ..base.clone() }.into()),
        ("tags", LoadBalancer { tags: [("Name".into(), "x".into()), ("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    let mut world = network();
    world.extend([("bucket.logs", bucket().into()), ("load_balancer.main", base.into())]);
    Case { address: "load_balancer.main", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::LoadBalancer,
    lists: &["DescribeLoadBalancers"],
    creates: &[("CreateLoadBalancer", 1), ("ModifyLoadBalancerAttributes", 1)],
    unseen: &[],
};
