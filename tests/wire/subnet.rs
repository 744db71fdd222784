use infra::kinds::{Kind, Ref, Subnet};

use super::vpc::vpc;
use super::{Case, Sends};

pub fn subnet(zone: &str, cidr: &str) -> Subnet {
    Subnet {
        vpc: Ref::to("main"),
        availability_zone: zone.into(),
        cidr: cidr.parse().unwrap(),
        map_public_ip_on_launch: false,
        tags: [("Name".into(), zone.into())].into(),
    }
}

pub fn case() -> Case {
    let base = subnet("us-east-1a", "10.0.1.0/24");
    let variants = vec![
        ("zone, so that the old one must leave first", subnet("us-east-1b", "10.0.1.0/24").into()),
        ("cidr", Subnet { cidr: "10.0.2.0/24".parse().unwrap(), ..base.clone() }.into()),
        ("map_public_ip_on_launch", Subnet { map_public_ip_on_launch: true, ..base.clone() }.into()),
        ("tags", Subnet { tags: [("Name".into(), "x".into()), ("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    Case { address: "subnet.a", world: vec![("vpc.main", vpc().into()), ("subnet.a", base.into())], variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Subnet, lists: &["DescribeSubnets"], creates: &[("CreateSubnet", 9)], unseen: &[] };
