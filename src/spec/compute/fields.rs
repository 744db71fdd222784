//! Which fields of `compute` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Gib, Other, Same, Seconds};

pub const FIELDS: Fields = &[
    (
        Kind::AutoScalingGroup,
        &[
            ("default_instance_warmup", "compute.{}.update.warmup", Seconds),
            ("desired", "compute.{}.instances.desired", Same),
            ("desired", "compute.{}.instances.min", Other),
            ("health_check_grace", "compute.{}.health_check.grace", Seconds),
            ("health_check_type", "load_balancer.listeners.*.forward", Other),
            ("launch_template.instance_type", "compute.{}.instance_type", Other),
            ("max", "compute.{}.instances.max", Same),
            ("max", "compute.{}.instances.min", Other),
            ("min", "compute.{}.instances.min", Same),
            ("min_healthy_percent", "compute.{}.update.min_healthy", Same),
            ("subnets", "compute.{}.subnets", Other),
            ("subnets", "vpc.availability_zones", Other),
            ("target_cpu", "compute.{}.instances.target_cpu", Same),
            ("target_groups", "load_balancer.listeners.*.forward", Other),
        ],
    ),
    (
        Kind::IamRole,
        &[
            ("managed_policies", "compute.{}.policies", Other),
            ("managed_policies", "compute.{}.image", Other),
            ("managed_policies", "region", Other),
            ("permissions_boundary", "permissions_boundary", Same),
            ("readable", "compute.{}.env", Other),
            ("readable", "account", Other),
            ("readable", "database", Other),
            ("readable", "region", Other),
        ],
    ),
    (
        Kind::LaunchTemplate,
        &[
            ("boot", "compute.{}.user_data", Other),
            ("boot", "compute.{}.image", Other),
            ("boot.container.env.*.from_secrets_manager", "compute.{}.env.*", Other),
            ("boot.container.env.*.plain", "compute.{}.env.*", Same),
            ("boot.container.env.*", "compute.{}.env.*", Other),
            ("boot.container.env.*", "database", Other),
            ("boot.container.image", "compute.{}.image", Same),
            ("boot.container.port", "compute.{}.port", Same),
            ("disk.size_gib", "compute.{}.disk.size", Gib),
            ("disk.volume_type", "compute.{}.disk.type", Same),
            ("metadata.hop_limit", "compute.{}.env", Other),
            ("image", "compute.{}.ami", Same),
            ("image", "compute.{}.instance_type", Other),
            ("instance_type", "compute.{}.instance_type", Same),
            ("metadata", "compute.{}.image", Other),
            ("public_ip", "compute.{}.subnets", Other),
            ("public_ip", "vpc.subnets.*.tier", Other),
        ],
    ),
    (
        Kind::SecurityGroup,
        &[
            ("description", "stack", Other),
            ("ingress", "compute.{}.allow_from", Other),
            ("ingress", "compute.{}.port", Other),
            ("ingress", "load_balancer.listeners.*.forward", Other),
            ("ingress", "vpc.security_groups.*", Other),
            ("ingress", "vpc.subnets.*", Other),
            ("ingress", "vpc.cidr", Other),
            ("ingress", "vpc.availability_zones", Other),
            ("egress", "vpc.security_groups.*", Other),
        ],
    ),
    (
        Kind::TargetGroup,
        &[
            ("deregistration_delay", "compute.{}.deregistration_delay", Seconds),
            ("health_check.healthy", "compute.{}.health_check.healthy", Same),
            ("health_check.interval", "compute.{}.health_check.interval", Seconds),
            ("health_check.matcher", "compute.{}.health_check.matcher", Same),
            ("health_check.path", "compute.{}.health_check.path", Same),
            ("health_check.timeout", "compute.{}.health_check.timeout", Seconds),
            ("health_check.unhealthy", "compute.{}.health_check.unhealthy", Same),
            ("port", "compute.{}.port", Same),
            ("stickiness", "compute.{}.stickiness", Seconds),
        ],
    ),
];
