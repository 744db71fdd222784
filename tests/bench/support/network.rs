//! Networks of any size.
use std::collections::BTreeSet;

use infra::kinds::security_group::{Peer, Rule};
use infra::kinds::{Address, Kind, Object, Ref, RouteTable, SecurityGroup, Subnet, Vpc};
use infra::model::Tags;
use infra::stack::Stack;

/// How many objects one VPC has around it.
#[derive(Clone, Copy)]
pub struct Size {
    pub subnets: usize,
    pub route_tables: usize,
    pub security_groups: usize,
}

impl Size {
    /// What grows in the benchmark of the engine: 300 objects.
    pub const MIXED: Size = Size { subnets: 249, route_tables: 20, security_groups: 30 };
    /// What other tools were measured with.
    pub const WIDE: Size = Size { subnets: 500, route_tables: 50, security_groups: 50 };
}

/// Networks of one size, one after the other, until there are `n` objects.
pub fn networks(name: &str, size: Size, n: usize) -> Stack {
    let nodes = (0..).flat_map(|v| network(&format!("n{v:04}"), size)).take(n).collect();
    Stack { name: name.into(), nodes, ..Stack::default() }
}

/// One VPC and all that is in it; whatever is named comes before what names it.
pub fn network(vpc: &str, size: Size) -> Vec<(Address, Object)> {
    let subnet = |i: usize| format!("{vpc}-s{i:03}");
    let mut all = vec![(Address::new(Kind::Vpc, vpc), Object::from(main(vpc)))];
    all.extend((0..size.subnets).map(|i| (Address::new(Kind::Subnet, subnet(i)), block(vpc, &subnet(i), i).into())));
    for t in 0..size.route_tables {
        let name = format!("{vpc}-t{t:02}");
        let subnets = (t..size.subnets).step_by(size.route_tables).map(|i| Ref::to(subnet(i))).collect();
        let table = RouteTable { vpc: Ref::to(vpc), subnets, routes: Default::default(), tags: named(&name) };
        all.push((Address::new(Kind::RouteTable, name), table.into()));
    }
    for g in 0..size.security_groups {
        let name = format!("{vpc}-g{g:02}");
        let other = (g > 0).then(|| format!("{vpc}-g{:02}", (g - 1) / 5));
        all.push((Address::new(Kind::SecurityGroup, &name), group(vpc, &name, other).into()));
    }
    all
}

fn main(name: &str) -> Vpc {
    Vpc { cidr: "10.0.0.0/16".parse().unwrap(), dns_hostnames: false, tags: named(name) }
}

/// The `i`th block of 128 addresses.
fn block(vpc: &str, name: &str, i: usize) -> Subnet {
    Subnet {
        vpc: Ref::to(vpc),
        availability_zone: format!("us-east-1{}", ['a', 'b', 'c'][i % 3]),
        cidr: format!("10.0.{}.{}/25", i / 2, i % 2 * 128).parse().unwrap(),
        map_public_ip_on_launch: false,
        tags: named(name),
    }
}

/// Three rules: two for an address block or, where there is an `other` group, one for that; and the one outwards that AWS makes.
fn group(vpc: &str, name: &str, other: Option<String>) -> SecurityGroup {
    let rule = |port: i32, peer: Peer| Rule { protocol: "tcp".into(), from_port: port, to_port: port, peer, description: "bench".into() };
    let inside = || Peer::Cidr("10.0.0.0/16".into());
    let second = other.map_or_else(inside, |o| Peer::Group(Ref::to(o)));
    let all = Rule { protocol: "all".into(), description: String::new(), ..rule(-1, Peer::Cidr("0.0.0.0/0".into())) };
    SecurityGroup {
        reached_by: Default::default(),
        vpc: Ref::to(vpc),
        description: name.into(),
        ingress: BTreeSet::from([rule(443, inside()), rule(8080, second)]),
        egress: BTreeSet::from([all]),
        tags: named(name),
    }
}

fn named(name: &str) -> Tags {
    Tags::from([("Name".into(), name.into())])
}
