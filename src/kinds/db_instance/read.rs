//! How `DescribeDBInstances` reads: what RDS does by itself is told apart from what was asked.
use aws_sdk_rds::types::DbInstance as Seen;

use super::super::rds;
use super::*;
use crate::kinds::rds::OPTIMIZING;

/// What an instance is, with physical ids for references and without its tags; `asked` and `secret` as in the tags of those names.
pub(super) fn read(seen: &Seen, asked: &str, secret: Option<&str>) -> DbInstance {
    let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
    let (asked_version, asked_storage) = asked.split_once(' ').unwrap_or_default();
    let asked_storage = asked_storage.parse().unwrap_or(i32::MAX);
    let (engine, storage_type) = (text(seen.engine()), text(seen.storage_type()));
    let allocated = seen.allocated_storage.unwrap_or_default();
    let (iops, throughput) = rds::included(&engine, &storage_type, allocated);
    let auto_minor_version_upgrade = seen.auto_minor_version_upgrade.unwrap_or(false);
    DbInstance {
        engine_version: rds::shown_version(asked_version, &text(seen.engine_version()), auto_minor_version_upgrade),
        instance_class: text(seen.db_instance_class()),
        allocated_storage: allocated.min(asked_storage),
        max_allocated_storage: seen.max_allocated_storage,
        iops: seen.iops.filter(|i| Some(*i) != iops),
        throughput: seen.storage_throughput.filter(|t| Some(*t) != throughput),
        storage_encrypted: seen.storage_encrypted.unwrap_or(false),
        multi_az: seen.multi_az.unwrap_or(false),
        subnet_group: Ref::to(text(seen.db_subnet_group().and_then(|g| g.db_subnet_group_name()))),
        security_groups: rds::security_groups(seen),
        parameter_group: rds::parameter_group(seen),
        port: rds::port(seen),
        backup_retention: seen.backup_retention_period.unwrap_or_default(),
        backup_window: text(seen.preferred_backup_window()),
        maintenance_window: text(seen.preferred_maintenance_window()),
        deletion_protection: seen.deletion_protection.unwrap_or(false),
        performance_insights: seen.performance_insights_enabled.unwrap_or(false),
        log_exports: seen.enabled_cloudwatch_logs_exports().iter().cloned().collect(),
        log_retention_days: None,
        auto_minor_version_upgrade,
        database_name: seen.db_name.clone(),
        admin_user: text(seen.master_username()),
        password: password(seen, secret),
        publicly_accessible: seen.publicly_accessible.unwrap_or(false),
        apply_immediately: true,
        endpoint: Computed(rds::host(seen)),
        running_version: Computed(seen.engine_version.clone()),
        secret_arn: Computed(secret_arn(seen)),
        storage_state: Computed(seen.db_instance_status().filter(|state| *state == OPTIMIZING).map(String::from)),
        tags: Tags::new(),
        engine,
        storage_type,
    }
}

pub(super) fn secret_arn(seen: &Seen) -> Option<String> {
    seen.master_user_secret()?.secret_arn.clone()
}

/// Where the password is from: RDS's own secret, the stack's, or one that somebody set by hand, which is nobody's.
fn password(seen: &Seen, secret: Option<&str>) -> Option<Ref<Secret>> {
    let own = secret.or((seen.db_instance_status() == Some("available")).then_some("")).map(Ref::to);
    own.filter(|_| secret_arn(seen).is_none())
}
