//! Which fields of `kubernetes` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Days, Other, Same, Seconds};

pub const FIELDS: Fields = &[
    (
        Kind::AccessEntry,
        &[
            ("policies", "kubernetes.cluster.admins", Other),
            ("policies", "kubernetes.cluster.viewers", Other),
            ("policies", "region", Other),
            ("principal", "kubernetes.cluster.admins", Other),
            ("principal", "kubernetes.cluster.viewers", Other),
        ],
    ),
    (
        Kind::Autoscaler,
        &[
            ("max", "kubernetes.workloads.{}.replicas.max", Same),
            ("min", "kubernetes.workloads.{}.replicas.min", Same),
            ("target_cpu", "kubernetes.workloads.{}.replicas.target_cpu", Same),
            ("target_memory", "kubernetes.workloads.{}.replicas.target_memory", Same),
        ],
    ),
    (
        Kind::Deployment,
        &[
            ("cpu", "kubernetes.workloads.{}.resources.cpu", Other),
            ("deadline", "kubernetes.workloads.{}.update.deadline", Seconds),
            ("drain", "load_balancer.listeners.*.forward", Other),
            ("drain", "load_balancer.listeners.*.routes.*.forward", Other),
            ("env.*", "kubernetes.workloads.{}.env.*", Same),
            ("env.*", "region", Other),
            ("health_check", "kubernetes.workloads.{}.health_check", Other),
            ("health_check", "kubernetes.workloads.{}.port", Other),
            ("health_check.healthy", "kubernetes.workloads.{}.health_check.healthy", Same),
            ("health_check.interval", "kubernetes.workloads.{}.health_check.interval", Seconds),
            ("health_check.path", "kubernetes.workloads.{}.health_check.path", Same),
            ("health_check.port", "kubernetes.workloads.{}.health_check.port", Same),
            ("health_check.port", "kubernetes.workloads.{}.port", Other),
            ("health_check.timeout", "kubernetes.workloads.{}.health_check.timeout", Seconds),
            ("health_check.unhealthy", "kubernetes.workloads.{}.health_check.unhealthy", Same),
            ("image", "kubernetes.workloads.{}.image", Same),
            ("memory", "kubernetes.workloads.{}.resources.memory", Other),
            ("node_pool", "kubernetes.workloads.{}.node_pool", Other),
            ("port", "kubernetes.workloads.{}.port", Same),
            ("replicas", "kubernetes.workloads.{}.replicas", Same),
            ("surge", "kubernetes.workloads.{}.update.surge", Same),
            ("unavailable", "kubernetes.workloads.{}.update.unavailable", Same),
        ],
    ),
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
    (Kind::KubernetesService, &[("port", "kubernetes.workloads.{}.port", Same), ("target_port", "kubernetes.workloads.{}.port", Same)]),
    (Kind::Namespace, &[("name", "stack", Other)]),
    (
        Kind::NodePool,
        &[
            ("architecture", "kubernetes.node_pools.{}.architecture", Same),
            ("capacity", "kubernetes.node_pools.{}.capacity", Other),
            ("cpu", "kubernetes.node_pools.{}.max.cpu", Other),
            ("memory", "kubernetes.node_pools.{}.max.memory", Other),
        ],
    ),
    (
        Kind::SecurityGroupRule,
        &[
            ("from_port", "kubernetes.workloads.{}.port", Same),
            ("from_port", "kubernetes.workloads.{}.health_check.port", Same),
            ("to_port", "kubernetes.workloads.{}.port", Same),
            ("to_port", "kubernetes.workloads.{}.health_check.port", Same),
        ],
    ),
    (
        Kind::TargetGroup,
        &[
            ("health_check.healthy", "kubernetes.workloads.{}.health_check.healthy", Other),
            ("health_check.interval", "kubernetes.workloads.{}.health_check.interval", Other),
            ("health_check.matcher", "kubernetes.workloads.{}.health_check.path", Other),
            ("health_check.path", "kubernetes.workloads.{}.health_check.path", Same),
            ("health_check.port", "kubernetes.workloads.{}.health_check.port", Same),
            ("health_check.port", "kubernetes.workloads.{}.port", Other),
            ("health_check.timeout", "kubernetes.workloads.{}.health_check.timeout", Other),
            ("health_check.unhealthy", "kubernetes.workloads.{}.health_check.unhealthy", Other),
            ("port", "kubernetes.workloads.{}.port", Same),
        ],
    ),
    (Kind::TargetGroupBinding, &[("port", "kubernetes.workloads.{}.port", Same)]),
    (Kind::IamRole, &[("permissions_boundary", "permissions_boundary", Same), ("managed_policies", "region", Other)]),
];
