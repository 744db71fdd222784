use infra::kinds::{DbSubnetGroup, Kind, Object, Ref};

use super::subnet::subnet;
use super::vpc::vpc;
use super::{Case, Sends, Why};

/// A network of two zones.
pub fn network() -> Vec<(&'static str, Object)> {
    vec![
        ("vpc.main", vpc().into()),
        ("subnet.a", subnet("us-east-1a", "10.0.1.0/24").into()),
        ("subnet.b", subnet("us-east-1b", "10.0.2.0/24").into()),
    ]
}

pub fn db_subnet_group() -> DbSubnetGroup {
    DbSubnetGroup { vpc: Ref::to("main"), subnets: [Ref::to("a"), Ref::to("b")].into(), tags: [("Name".into(), "data".into())].into() }
}

/// No variant of `subnets`: the emulator loses a group that it modifies; see `replay_db_groups`.
pub fn case() -> Case {
    let mut world = network();
    world.push(("db_subnet_group.data", db_subnet_group().into()));
    Case { address: "db_subnet_group.data", world, variants: vec![] }
}

pub const SENDS: Sends = Sends {
    kind: Kind::DbSubnetGroup,
    lists: &["DescribeDBSubnetGroups"],
    creates: &[("CreateDBSubnetGroup", 1)],
    unseen: &[("ModifyDBSubnetGroup", Why::Replay("replay_db_groups"))],
};
