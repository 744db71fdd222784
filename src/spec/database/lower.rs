//! `database`: engines, their settings, their subnets and their copies.
use std::collections::{BTreeMap, BTreeSet};

use super::{Database, DatabaseEngine, StorageType, group};
use crate::kinds::rds::{line, replicas_first};
use crate::kinds::{DbInstance, DbParameterGroup, DbReplica, DbSubnetGroup, Ref, Secret, SecurityGroup};
use crate::spec::lower::{Lower, int};
use crate::spec::monitoring::logging::retention;
use crate::spec::stores::tier_before;
use crate::spec::units::Name;

pub fn lower(entries: &BTreeMap<Name, Database>, l: &mut Lower<'_>) {
    for tier in entries.values().map(|d| &d.subnets).collect::<BTreeSet<_>>() {
        let group = DbSubnetGroup { vpc: Ref::to("main"), subnets: l.subnets(tier), tags: l.tags(tier.as_str()) };
        l.renamed::<DbSubnetGroup>(tier.as_str(), tier_before(l, tier));
        l.add(tier.as_str(), format!("vpc.subnets.{tier}"), group);
    }
    for (name, db) in entries {
        let old = db.renamed_from.as_ref().map(Name::to_string);
        let group = DbParameterGroup { family: db_family(db), parameters: parameters(l, db).into(), tags: l.tags(name.as_str()) };
        l.renamed::<DbParameterGroup>(name.as_str(), old.clone());
        l.add(name.as_str(), format!("database.{name}.parameters"), group);
        if !db.manage_master_user_password {
            let secret = Secret {
                value: None,
                username: db.admin_user.to_string(),
                length: password_length(db.engine),
                arn: Default::default(),
                tags: l.tags(name.as_str()),
            };
            l.renamed::<Secret>(name.as_str(), old.clone());
            l.add(name.as_str(), format!("database.{name}"), secret);
        }
        l.renamed::<DbInstance>(name.as_str(), old.clone());
        l.add(name.as_str(), format!("database.{name}"), primary(l, name, db));
        for i in 1..=db.replicas {
            let replica = format!("{name}-{i}");
            l.renamed::<DbReplica>(&replica, old.as_ref().map(|old| format!("{old}-{i}")));
            l.add(&replica, format!("database.{name}.replicas"), copy(l, &replica, name, db));
        }
    }
}

fn primary(l: &Lower<'_>, name: &Name, db: &Database) -> DbInstance {
    DbInstance {
        engine: engine(db.engine).into(),
        engine_version: db.version.to_string(),
        instance_class: db.instance_class.to_string(),
        allocated_storage: int(db.storage.size.as_gib()),
        max_allocated_storage: db.storage.max.map(|s| int(s.as_gib())),
        storage_type: storage(db.storage.kind).into(),
        iops: db.storage.iops.map(int),
        throughput: db.storage.throughput.map(int),
        storage_encrypted: true,
        multi_az: db.multi_az,
        subnet_group: Ref::to(db.subnets.to_string()),
        security_groups: security_groups(name),
        parameter_group: Ref::to(name.to_string()),
        port: int(db.port),
        backup_retention: int(db.backups.retention.as_days().unwrap_or_default()),
        backup_window: db.backups.window.to_string(),
        maintenance_window: db.maintenance_window.to_string(),
        deletion_protection: db.deletion_protection,
        performance_insights: db.performance_insights,
        log_exports: if db.log_exports { logs(db.engine) } else { BTreeSet::new() },
        log_retention_days: retention(l.spec).filter(|_| db.log_exports),
        auto_minor_version_upgrade: minor_is_open(db),
        database_name: db.database_name.as_ref().map(|n| n.to_string()),
        admin_user: db.admin_user.to_string(),
        password: (!db.manage_master_user_password).then(|| Ref::to(name.to_string())),
        publicly_accessible: false,
        apply_immediately: db.apply_immediately,
        tags: l.tags(name.as_str()),
        endpoint: Default::default(),
        running_version: Default::default(),
        secret_arn: Default::default(),
        storage_state: Default::default(),
    }
}

fn copy(l: &Lower<'_>, replica: &str, name: &Name, db: &Database) -> DbReplica {
    DbReplica {
        source: Ref::to(name.to_string()),
        engine_version: replicas_first(engine(db.engine)).then(|| db.version.to_string()),
        instance_class: db.instance_class.to_string(),
        storage_type: storage(db.storage.kind).into(),
        iops: db.storage.iops.map(int),
        throughput: db.storage.throughput.map(int),
        security_groups: security_groups(name),
        parameter_group: Ref::to(name.to_string()),
        multi_az: false,
        port: int(db.port),
        deletion_protection: db.deletion_protection,
        performance_insights: db.performance_insights,
        auto_minor_version_upgrade: minor_is_open(db),
        maintenance_window: db.maintenance_window.to_string(),
        publicly_accessible: false,
        apply_immediately: db.apply_immediately,
        tags: l.tags(replica),
        endpoint: Default::default(),
    }
}

fn security_groups(database: &Name) -> BTreeSet<Ref<SecurityGroup>> {
    BTreeSet::from([Ref::to(group(database))])
}

/// A version that names only the release line leaves the minor version to RDS.
fn minor_is_open(db: &Database) -> bool {
    line(engine(db.engine), db.version.as_str()) == db.version.as_str()
}

/// The longest that the engine takes, up to 64 (`CreateDBInstance.MasterUserPassword`).
fn password_length(engine: DatabaseEngine) -> i32 {
    match engine {
        DatabaseEngine::Mariadb | DatabaseEngine::Mysql => 41,
        DatabaseEngine::Postgres => 64,
    }
}

fn engine(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Mariadb => "mariadb",
        DatabaseEngine::Mysql => "mysql",
        DatabaseEngine::Postgres => "postgres",
    }
}

fn storage(kind: StorageType) -> &'static str {
    match kind {
        StorageType::Gp2 => "gp2",
        StorageType::Gp3 => "gp3",
        StorageType::Io1 => "io1",
        StorageType::Io2 => "io2",
    }
}

fn logs(engine: DatabaseEngine) -> BTreeSet<String> {
    let names: &[&str] = match engine {
        DatabaseEngine::Mariadb | DatabaseEngine::Mysql => &["error", "slowquery"],
        DatabaseEngine::Postgres => &["postgresql", "upgrade"],
    };
    names.iter().map(|s| s.to_string()).collect()
}

/// What is asked for, and where the environment is watched what lets the exported logs hold slow queries. All of it is dynamic: it is in force at once.
fn parameters(l: &Lower<'_>, db: &Database) -> BTreeMap<String, String> {
    let slow = l.spec.monitoring.iter().filter(|_| db.log_exports).flat_map(|_| slow(db.engine));
    let slow: BTreeMap<String, String> = slow.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    slow.into_iter().chain(db.parameters.clone()).collect()
}

/// What lets an engine log queries that take a second or longer *(ours)*: `log_min_duration_statement` in milliseconds; `long_query_time` in seconds, to a file, since
/// a table isn't exported ("Publishing MySQL logs to Amazon CloudWatch Logs", and those of MariaDB and PostgreSQL).
const fn slow(engine: DatabaseEngine) -> &'static [(&'static str, &'static str)] {
    match engine {
        DatabaseEngine::Mariadb | DatabaseEngine::Mysql => &[("log_output", "FILE"), ("long_query_time", "1"), ("slow_query_log", "1")],
        DatabaseEngine::Postgres => &[("log_min_duration_statement", "1000")],
    }
}

/// The parameter group family of an engine's release line (`DBParameterGroupFamily`).
fn db_family(db: &Database) -> String {
    let engine = engine(db.engine);
    format!("{engine}{}", line(engine, db.version.as_str()))
}
