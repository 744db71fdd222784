use infra::kinds::route_table::Target;
use infra::kinds::{Kind, Object, Ref, RouteTable, Vpc};

use super::nat_gateway::{nat_gateway, network};
use super::subnet::subnet;
use super::vpc::vpc;
use super::{Case, Sends};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};
use infra::run::Outcome;

pub fn route_table() -> RouteTable {
    RouteTable {
        vpc: Ref::to("main"),
        subnets: [Ref::to("a")].into(),
        routes: [("0.0.0.0/0".into(), Target::InternetGateway(Ref::to("main")))].into(),
        tags: [("Name".into(), "public".into())].into(),
    }
}

pub fn case() -> Case {
    let base = route_table();
    let nat = Target::NatGateway(Ref::to("a"));
    let mut world: Vec<(&'static str, Object)> = network();
    let rival = RouteTable { subnets: [Ref::to("c")].into(), routes: [].into(), ..base.clone() };
    let second = infra::kinds::NatGateway { subnet: Ref::to("b"), elastic_ip: Ref::to("b"), ..nat_gateway() };
    world.extend([
        ("vpc.other", Vpc { cidr: "10.9.0.0/16".parse().unwrap(), ..vpc() }.into()),
        ("subnet.c", subnet("us-east-1c", "10.0.3.0/24").into()),
        ("nat_gateway.b", second.into()),
        ("route_table.rival", rival.into()),
        ("route_table.a", base.clone().into()),
    ]);
    let variants = vec![
        ("vpc", RouteTable { vpc: Ref::to("other"), subnets: [].into(), routes: [].into(), ..base.clone() }.into()),
        ("one subnet more", RouteTable { subnets: [Ref::to("a"), Ref::to("b")].into(), ..base.clone() }.into()),
        ("another subnet", RouteTable { subnets: [Ref::to("b")].into(), ..base.clone() }.into()),
        ("no subnet", RouteTable { subnets: [].into(), ..base.clone() }.into()),
        ("a route's target", RouteTable { routes: [("0.0.0.0/0".into(), nat.clone())].into(), ..base.clone() }.into()),
        (
            "another NAT gateway",
            RouteTable { routes: [("0.0.0.0/0".into(), Target::NatGateway(Ref::to("b")))].into(), ..base.clone() }.into(),
        ),
        ("another destination", RouteTable { routes: [("198.51.100.0/24".into(), nat)].into(), ..base.clone() }.into()),
        ("no route", RouteTable { routes: [].into(), ..base.clone() }.into()),
        ("tags", RouteTable { tags: [("team".into(), "a b".into())].into(), ..base }.into()),
    ];
    Case { address: "route_table.a", world, variants }
}

/// Two tables change places, then a third takes all: nothing is refused, whichever request comes first.
#[tokio::test]
async fn subnets_move_between_tables() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let table = |subnets: &[&str]| RouteTable { subnets: subnets.iter().map(|s| Ref::to(*s)).collect(), ..route_table() };
    let states: [&[(&str, RouteTable)]; 3] = [
        &[("route_table.x", table(&["a"])), ("route_table.y", table(&["b"]))],
        &[("route_table.x", table(&["b"])), ("route_table.y", table(&["a"]))],
        &[("route_table.z", table(&["a", "b"]))],
    ];
    for (i, tables) in states.iter().enumerate() {
        let tables = tables.iter().map(|(a, t)| (*a, Object::from(t.clone())));
        let want = stack("moving", network().into_iter().chain(tables));
        let plan = plan_for(&cloud, &want).await.unwrap();
        assert_eq!(apply(&cloud, &plan, &format!("r{i}")).await.0, Outcome::Applied);
        let again = plan_for(&cloud, &want).await.unwrap();
        assert!(again.is_empty(), "{:#?}", again.changes);
    }
}

pub const SENDS: Sends = Sends {
    kind: Kind::RouteTable,
    lists: &["DescribeRouteTables"],
    // Four tables have a way out; nine subnets follow the five tables.
    creates: &[("CreateRouteTable", 5), ("CreateRoute", 4), ("AssociateRouteTable", 9)],
    unseen: &[],
};
