use infra::kinds::{Kind, Ref, RouteTable, Vpc, VpcEndpoint};

use super::route_table::route_table;
use super::vpc::vpc;
use super::{Case, Sends};

pub fn vpc_endpoint() -> VpcEndpoint {
    VpcEndpoint {
        vpc: Ref::to("main"),
        service: "com.amazonaws.us-east-1.s3".into(),
        route_tables: [Ref::to("a")].into(),
        tags: [("Name".into(), "s3".into())].into(),
    }
}

pub fn case() -> Case {
    let base = vpc_endpoint();
    let table = RouteTable { subnets: [].into(), routes: [].into(), ..route_table() };
    let world = vec![
        ("vpc.main", vpc().into()),
        ("vpc.other", Vpc { cidr: "10.9.0.0/16".parse().unwrap(), ..vpc() }.into()),
        ("route_table.a", table.clone().into()),
        ("route_table.b", table.into()),
        ("vpc_endpoint.s3", base.clone().into()),
    ];
    let variants = vec![
        ("vpc", VpcEndpoint { vpc: Ref::to("other"), route_tables: [].into(), ..base.clone() }.into()),
        ("service", VpcEndpoint { service: "com.amazonaws.us-east-1.dynamodb".into(), ..base.clone() }.into()),
        ("one table more", VpcEndpoint { route_tables: [Ref::to("a"), Ref::to("b")].into(), ..base.clone() }.into()),
        ("another table", VpcEndpoint { route_tables: [Ref::to("b")].into(), ..base.clone() }.into()),
        ("no table", VpcEndpoint { route_tables: [].into(), ..base.clone() }.into()),
        ("tags", VpcEndpoint { tags: [("team".into(), "a b".into())].into(), ..base }.into()),
    ];
    Case { address: "vpc_endpoint.s3", world, variants }
}

pub const SENDS: Sends =
    Sends { kind: Kind::VpcEndpoint, lists: &["DescribeVpcEndpoints"], creates: &[("CreateVpcEndpoint", 1)], unseen: &[] };
