use infra::kinds::{Kind, NatGateway, Object, Ref};

use super::elastic_ip::elastic_ip;
use super::internet_gateway::internet_gateway;
use super::subnet::subnet;
use super::vpc::vpc;
use super::{Case, Sends};

pub fn nat_gateway() -> NatGateway {
    NatGateway {
        subnet: Ref::to("a"),
        elastic_ip: Ref::to("a"),
        internet_gateway: Ref::to("main"),
        tags: [("Name".into(), "way out".into())].into(),
    }
}

/// A VPC with two subnets, its gateway, two addresses and a NAT gateway at `a`.
pub fn network() -> Vec<(&'static str, Object)> {
    vec![
        ("vpc.main", vpc().into()),
        ("subnet.a", subnet("us-east-1a", "10.0.1.0/24").into()),
        ("subnet.b", subnet("us-east-1b", "10.0.2.0/24").into()),
        ("internet_gateway.main", internet_gateway().into()),
        ("elastic_ip.a", elastic_ip().into()),
        ("elastic_ip.b", elastic_ip().into()),
        ("nat_gateway.a", nat_gateway().into()),
    ]
}

/// Replacements are in `replay_nat_gateway`: the emulator never lets the address of a deleted gateway go.
pub fn case() -> Case {
    let variants = vec![("tags", NatGateway { tags: [("team".into(), "a b".into())].into(), ..nat_gateway() }.into())];
    Case { address: "nat_gateway.a", world: network(), variants }
}

pub const SENDS: Sends =
    Sends { kind: Kind::NatGateway, lists: &["DescribeNatGateways"], creates: &[("CreateNatGateway", 3)], unseen: &[] };
