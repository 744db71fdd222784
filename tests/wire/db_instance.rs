use infra::kinds::{DbInstance, DbParameterGroup, Kind, Object, Ref};
use infra::model::Computed;

use super::db_parameter_group::db_parameter_group;
use super::db_subnet_group::{db_subnet_group, network};
use super::secret::secret;
use super::security_group::security_group;
use super::{Case, Sends, Why};

/// All that a database stands on.
pub fn ground() -> Vec<(&'static str, Object)> {
    let mut world = network();
    world.push(("db_parameter_group.main", db_parameter_group().into()));
    world.push(("db_parameter_group.other", db_parameter_group().into()));
    world.push(("db_subnet_group.data", db_subnet_group().into()));
    world.push(("db_subnet_group.more", db_subnet_group().into()));
    world.push(("secret.main", secret().into()));
    world.push(("security_group.data", security_group().into()));
    world.push(("security_group.other", security_group().into()));
    world
}

pub fn db_instance() -> DbInstance {
    DbInstance {
        engine: "postgres".into(),
        engine_version: "16.11".into(),
        instance_class: "db.r7g.large".into(),
        allocated_storage: 100,
        max_allocated_storage: Some(500),
        storage_type: "gp3".into(),
        iops: None,
        throughput: None,
        storage_encrypted: true,
        multi_az: true,
        subnet_group: Ref::to("data"),
        security_groups: [Ref::to("data")].into(),
        parameter_group: Ref::to("main"),
        port: 5432,
        backup_retention: 14,
        backup_window: "03:00-04:00".into(),
        maintenance_window: "sun:05:00-sun:06:00".into(),
        deletion_protection: false,
        performance_insights: false,
        log_exports: ["postgresql".into()].into(),
        log_retention_days: Some(30),
        auto_minor_version_upgrade: true,
        database_name: Some("shop".into()),
        admin_user: "shop".into(),
        password: None,
        publicly_accessible: false,
        apply_immediately: true,
        endpoint: Computed(None),
        running_version: Computed(None),
        secret_arn: Computed(None),
        storage_state: Computed(None),
        tags: [("Name".into(), "main".into())].into(),
    }
}

/// No variants of `port` (the emulator keeps the old one) and `performance_insights` (never shown); see `replay_db_instance`.
pub fn case() -> Case {
    let base = db_instance;
    let mut world = ground();
    let mariadb = DbParameterGroup { family: "mariadb10.11".into(), parameters: [].into(), ..db_parameter_group() };
    world.push(("db_parameter_group.mariadb", mariadb.into()));
    world.push(("db_instance.main", base().into()));
    let mariadb = || Ref::to("mariadb");
    let variants: Vec<(&'static str, DbInstance)> = vec![
        ("engine", DbInstance { engine: "mariadb".into(), engine_version: "10.11".into(), parameter_group: mariadb(), ..base() }),
        ("engine_version", DbInstance { engine_version: "16.13".into(), ..base() }),
        ("instance_class", DbInstance { instance_class: "db.r7g.xlarge".into(), ..base() }),
        ("allocated_storage", DbInstance { allocated_storage: 200, ..base() }),
        ("max_allocated_storage", DbInstance { max_allocated_storage: None, ..base() }),
        ("storage_type", DbInstance { storage_type: "gp2".into(), ..base() }),
        ("iops", DbInstance { iops: Some(13_000), allocated_storage: 400, ..base() }),
        ("throughput", DbInstance { throughput: Some(600), allocated_storage: 400, ..base() }),
        ("storage_encrypted", DbInstance { storage_encrypted: false, ..base() }),
        ("multi_az", DbInstance { multi_az: false, ..base() }),
        ("subnet_group", DbInstance { subnet_group: Ref::to("more"), ..base() }),
        ("security_groups", DbInstance { security_groups: [Ref::to("other")].into(), ..base() }),
        ("parameter_group", DbInstance { parameter_group: Ref::to("other"), ..base() }),
        ("backup_retention", DbInstance { backup_retention: 7, ..base() }),
        ("backup_window", DbInstance { backup_window: "01:00-02:00".into(), ..base() }),
        ("maintenance_window", DbInstance { maintenance_window: "mon:05:00-mon:06:00".into(), ..base() }),
        ("deletion_protection", DbInstance { deletion_protection: true, ..base() }),
        ("log_exports", DbInstance { log_exports: ["upgrade".into()].into(), ..base() }),
        ("log_retention_days", DbInstance { log_retention_days: Some(7), ..base() }),
        ("log_retention_days: forever", DbInstance { log_retention_days: None, ..base() }),
        ("auto_minor_version_upgrade", DbInstance { auto_minor_version_upgrade: false, ..base() }),
        ("database_name", DbInstance { database_name: None, ..base() }),
        ("admin_user", DbInstance { admin_user: "root".into(), ..base() }),
        ("password", DbInstance { password: Some(Ref::to("main")), ..base() }),
        ("publicly_accessible", DbInstance { publicly_accessible: true, ..base() }),
        ("tags", DbInstance { tags: [("team".into(), "a b".into())].into(), ..base() }),
    ];
    let variants = variants.into_iter().map(|(what, object)| (what, object.into())).collect();
    Case { address: "db_instance.main", world, variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::DbInstance,
    lists: &["DescribeDBInstances", "DescribeLogGroups"],
    creates: &[("CreateDBInstance", 1), ("CreateLogGroup", 1), ("PutRetentionPolicy", 1)],
    unseen: &[
        ("DescribeEvents", Why::Replay("replay_db_instance")),
        ("GetMetricData", Why::Rare("`infra status` asks it, no verb does; the laws of the kind ask how it fares")),
    ],
};
