//! Which fields of `cache` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Days, Other, Same};

pub const FIELDS: Fields = &[
    (
        Kind::CacheParameterGroup,
        &[("family", "cache.{}.version", Other), ("family", "cache.{}.engine", Other), ("parameters.*", "cache.{}.parameters.*", Same)],
    ),
    (Kind::LogGroup, &[("retention_days", "monitoring.logging.retention_period", Days)]),
    (
        Kind::ReplicationGroup,
        &[
            ("automatic_failover", "cache.{}.automatic_failover", Same),
            ("engine", "cache.{}.engine", Same),
            ("engine_version", "cache.{}.version", Same),
            ("engine_version", "cache.{}.engine", Other),
            ("log_delivery", "cache.{}.log_exports", Other),
            ("log_delivery", "cache.{}.engine", Other),
            ("log_delivery", "cache.{}.version", Other),
            ("log_delivery", "monitoring", Other),
            ("maintenance_window", "cache.{}.maintenance_window", Same),
            ("multi_az", "cache.{}.multi_az", Same),
            ("multi_az", "cache.{}.automatic_failover", Other),
            ("node_type", "cache.{}.node_type", Same),
            ("notification_topic", "monitoring.notify", Other),
            ("parameter_group", "cache.{}.parameters", Other),
            ("parameter_group.parameters.*", "cache.{}.parameters.*", Same),
            ("port", "cache.{}.port", Same),
            ("replicas", "cache.{}.replicas", Same),
            ("snapshot_retention", "cache.{}.snapshot_retention", Days),
            ("snapshot_window", "cache.{}.snapshot_window", Same),
            ("subnet_group", "cache.{}.subnets", Other),
        ],
    ),
    (
        Kind::SecurityGroup,
        &[
            ("description", "stack", Other),
            ("ingress", "cache.{}.allow_from", Other),
            ("ingress", "cache.{}.port", Other),
            ("ingress", "vpc.security_groups.*", Other),
            ("ingress", "vpc.subnets.*", Other),
            ("ingress", "vpc.cidr", Other),
            ("ingress", "vpc.availability_zones", Other),
            ("egress", "vpc.security_groups.*", Other),
        ],
    ),
];
