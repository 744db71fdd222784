//! Which fields of `kubernetes` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Days, Other, Same};

pub const FIELDS: Fields = &[
    (
        Kind::EksCluster,
        &[
            ("deletion_protection", "kubernetes.cluster.deletion_protection", Same),
            ("log_retention_days", "monitoring.logging.retention_period", Days),
            ("logs", "kubernetes.cluster.logs", Other),
            ("public_access", "kubernetes.cluster.api.allow_from", Same),
            ("subnets", "kubernetes.cluster.subnets", Other),
            ("subnets", "vpc.availability_zones", Other),
            ("support", "kubernetes.cluster.support", Other),
            ("version", "kubernetes.cluster.version", Same),
        ],
    ),
    (Kind::IamRole, &[("permissions_boundary", "permissions_boundary", Same), ("managed_policies", "region", Other)]),
];
