use infra::kinds::{DbInstance, DbReplica, Kind, Ref};
use infra::model::Computed;

use super::db_instance::{db_instance, ground};
use super::{Case, Sends, Why};

pub fn db_replica() -> DbReplica {
    DbReplica {
        source: Ref::to("main"),
        engine_version: None,
        instance_class: "db.r7g.large".into(),
        storage_type: "gp3".into(),
        iops: None,
        throughput: None,
        security_groups: [Ref::to("data")].into(),
        parameter_group: Ref::to("main"),
        multi_az: false,
        port: 5433,
        deletion_protection: false,
        performance_insights: false,
        auto_minor_version_upgrade: true,
        maintenance_window: "tue:05:00-tue:06:00".into(),
        publicly_accessible: false,
        apply_immediately: true,
        endpoint: Computed(None),
        tags: [("Name".into(), "reader".into())].into(),
    }
}

/// A source's password is the stack's: RDS makes no replicas where it keeps it itself.
pub fn source() -> DbInstance {
    DbInstance { password: Some(Ref::to("main")), ..db_instance() }
}

/// No variants of `port` (the emulator keeps the old one) and `performance_insights` (never shown); see `replay_db_instance`.
pub fn case() -> Case {
    let base = db_replica;
    let mut world = ground();
    world.push(("db_instance.main", source().into()));
    world.push(("db_instance.other", source().into()));
    world.push(("db_replica.reader", base().into()));
    let variants: Vec<(&'static str, DbReplica)> = vec![
        ("source", DbReplica { source: Ref::to("other"), ..base() }),
        ("instance_class", DbReplica { instance_class: "db.r7g.xlarge".into(), ..base() }),
        ("storage_type", DbReplica { storage_type: "gp2".into(), ..base() }),
        ("security_groups", DbReplica { security_groups: [Ref::to("data"), Ref::to("other")].into(), ..base() }),
        ("parameter_group", DbReplica { parameter_group: Ref::to("other"), ..base() }),
        ("publicly_accessible", DbReplica { publicly_accessible: true, ..base() }),
        ("multi_az", DbReplica { multi_az: true, ..base() }),
        ("deletion_protection", DbReplica { deletion_protection: true, ..base() }),
        ("auto_minor_version_upgrade", DbReplica { auto_minor_version_upgrade: false, ..base() }),
        ("maintenance_window", DbReplica { maintenance_window: "wed:05:00-wed:06:00".into(), ..base() }),
        ("tags", DbReplica { tags: [("team".into(), "a b".into())].into(), ..base() }),
    ];
    let variants = variants.into_iter().map(|(what, object)| (what, object.into())).collect();
    Case { address: "db_replica.reader", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::DbReplica,
    lists: &["DescribeDBInstances"],
    creates: &[("CreateDBInstanceReadReplica", 1)],
    unseen: &[
        ("DescribeEvents", Why::Rare("the wait is an instance's, and no replica fails here")),
        ("GetMetricData", Why::Rare("`infra status` asks it, no verb does; the laws of the kind ask how it fares")),
    ],
};
