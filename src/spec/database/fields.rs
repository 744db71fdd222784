//! Which fields of `database` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Days, Gib, Other, Same};

pub const FIELDS: Fields = &[
    (
        Kind::DbInstance,
        &[
            ("admin_user", "database.{}.admin_user", Same),
            ("allocated_storage", "database.{}.storage.size", Gib),
            ("apply_immediately", "database.{}.apply_immediately", Same),
            ("auto_minor_version_upgrade", "database.{}.version", Other),
            ("auto_minor_version_upgrade", "database.{}.engine", Other),
            ("backup_retention", "database.{}.backups.retention", Days),
            ("backup_window", "database.{}.backups.window", Same),
            ("database_name", "database.{}.database_name", Same),
            ("deletion_protection", "database.{}.deletion_protection", Same),
            ("engine", "database.{}.engine", Same),
            ("engine_version", "database.{}.version", Same),
            ("engine_version", "database.{}.engine", Other),
            ("instance_class", "database.{}.instance_class", Same),
            ("iops", "database.{}.storage.iops", Same),
            ("log_exports", "database.{}.log_exports", Other),
            ("log_exports", "database.{}.engine", Other),
            ("maintenance_window", "database.{}.maintenance_window", Same),
            ("max_allocated_storage", "database.{}.storage.max", Gib),
            ("multi_az", "database.{}.multi_az", Same),
            ("performance_insights", "database.{}.performance_insights", Same),
            ("port", "database.{}.port", Same),
            ("port", "database.{}.engine", Other),
            ("storage_type", "database.{}.storage.type", Same),
            ("subnet_group", "database.{}.subnets", Other),
            ("throughput", "database.{}.storage.throughput", Same),
        ],
    ),
    (
        Kind::DbParameterGroup,
        &[
            ("family", "database.{}.version", Other),
            ("family", "database.{}.engine", Other),
            ("parameters.*", "database.{}.parameters.*", Same),
        ],
    ),
    (
        Kind::DbReplica,
        &[
            ("apply_immediately", "database.{}.apply_immediately", Same),
            ("auto_minor_version_upgrade", "database.{}.version", Other),
            ("auto_minor_version_upgrade", "database.{}.engine", Other),
            ("deletion_protection", "database.{}.deletion_protection", Same),
            ("instance_class", "database.{}.instance_class", Same),
            ("maintenance_window", "database.{}.maintenance_window", Same),
            ("performance_insights", "database.{}.performance_insights", Same),
            ("port", "database.{}.port", Same),
            ("port", "database.{}.engine", Other),
            ("storage_type", "database.{}.storage.type", Same),
        ],
    ),
    (
        Kind::SecurityGroup,
        &[
            ("description", "stack", Other),
            ("ingress", "database.{}.allow_from", Other),
            ("ingress", "database.{}.port", Other),
            ("ingress", "database.{}.engine", Other),
            ("ingress", "vpc.security_groups.*", Other),
            ("ingress", "vpc.subnets.*", Other),
            ("ingress", "vpc.cidr", Other),
            ("ingress", "vpc.availability_zones", Other),
            ("egress", "vpc.security_groups.*", Other),
        ],
    ),
];
