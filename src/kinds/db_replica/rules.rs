//! What RDS refuses of a replica, most of it beside its source.
use super::*;
use crate::diag::Code;

pub(super) fn breaches(r: &DbReplica, near: Near<'_>) -> Vec<Breach> {
    let Some(source) = near.get(&r.source) else { return vec![] };
    let mut found = r.storage(&source.engine, source.allocated_storage).breaches();
    found.extend(rds::insights(&source.engine, &r.instance_class, r.performance_insights));
    found.extend(password(source));
    found.extend(backups(source));
    found.extend(version(r, source));
    found
}

/// "Limitations for Secrets Manager integration with Amazon RDS" in the user guide: all engines but SQL Server.
fn password(source: &DbInstance) -> Option<Breach> {
    (source.password.is_none() && !source.engine.starts_with("sqlserver")).then(|| {
        let message = "RDS makes no replicas of a database whose password it manages itself";
        let help =
            "leave `manage_master_user_password` out: the stack then keeps the password in a secret of its own; or write `replicas: 0`";
        Breach::new(Code::Refused, "source.password", message, help).with("source")
    })
}

/// `ModifyDBInstance.BackupRetentionPeriod`: not 0 for a source of replicas.
fn backups(source: &DbInstance) -> Option<Breach> {
    (source.backup_retention == 0).then(|| {
        let message = "a database with replicas needs backups, from which RDS makes them";
        let help = "write a `retention` of at least `1d`, or `replicas: 0`";
        Breach::new(Code::ReplicaWithoutBackups, "source", message, help).with("source.backup_retention")
    })
}

/// "Upgrades of the RDS for MySQL DB engine" and MariaDB's in the user guide: all replicas are upgraded before their source.
fn version(r: &DbReplica, source: &DbInstance) -> Option<Breach> {
    let own = r.engine_version.as_ref().filter(|own| rds::older(own, &source.engine_version))?;
    let message = format!("a replica at {own} can't follow a source at {}", source.engine_version);
    Some(Breach::new(Code::Refused, "engine_version", message, "upgrade the replicas first"))
}

/// `CreateDBInstanceReadReplica.DBInstanceClass`: one that RDS offers for the source's engine and version.
pub(super) fn unoffered(r: &DbReplica, before: Option<&DbReplica>, near: Near<'_>, facts: &Facts) -> Vec<Breach> {
    let ordered = |r: &DbReplica| (r.engine_version.clone(), r.instance_class.clone(), r.storage_type.clone());
    let Some(source) = near.get(&r.source).filter(|_| before.is_none_or(|b| ordered(b) != ordered(r))) else { return vec![] };
    let version = r.engine_version.as_ref().unwrap_or(&source.engine_version);
    rds::offers::class(&source.engine, version, &r.instance_class, &r.storage_type, facts).into_iter().collect()
}
