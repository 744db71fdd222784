//! Which fields of `functions` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::monitoring::fields::LOG_GROUP;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Other, Same, Seconds};

pub const FIELDS: Fields = &[
    (
        Kind::BucketNotification,
        &[
            ("functions.*", "functions.*.on.storage.{}", Other),
            ("functions.*.events", "functions.*.on.storage.{}.events", Other),
            ("functions.*.prefix", "functions.*.on.storage.{}.prefix", Same),
            ("functions.*.suffix", "functions.*.on.storage.{}.suffix", Same),
        ],
    ),
    (
        Kind::EventRule,
        &[
            ("enabled", "functions.{}.on.schedule.{}.enabled", Same),
            ("function", "functions.{}.on.schedule.{}", Other),
            ("schedule", "functions.{}.on.schedule.{}.expression", Same),
        ],
    ),
    (
        Kind::Function,
        &[
            ("architecture", "functions.{}.architecture", Same),
            ("code", "functions.{}.code", Other),
            ("code", "functions.{}.sha256", Other),
            ("code", "functions.{}.image", Same),
            ("env.*", "functions.{}.env.*", Other),
            ("env.*", "database", Other),
            ("env.*", "region", Other),
            ("env", "functions.{}.env", Other),
            ("handler", "functions.{}.handler", Same),
            ("handler", "functions.{}.runtime", Other),
            ("layers", "functions.{}.layers", Other),
            ("memory_mib", "functions.{}.memory", Other),
            ("package", "functions.{}.image", Other),
            ("package", "functions.{}.code", Other),
            ("provisioned_concurrency", "functions.{}.provisioned_concurrency", Same),
            ("reserved_concurrency", "functions.{}.reserved_concurrency", Same),
            ("routing", "functions.{}.deployment", Other),
            ("runtime", "functions.{}.runtime", Same),
            ("security_groups", "functions.{}.subnets", Other),
            ("source", "functions.{}.code", Other),
            ("subnets", "functions.{}.subnets", Other),
            ("subnets", "vpc.subnets.*.tier", Other),
            ("subnets", "vpc.availability_zones", Other),
            ("timeout", "functions.{}.timeout", Seconds),
            ("url.cors.*", "functions.{}.url.cors.*", Other),
            ("url.public", "functions.{}.url.auth", Other),
            ("url", "functions.{}.url", Other),
        ],
    ),
    (
        Kind::IamRole,
        &[
            ("inline_policies", "functions.{}.permissions", Other),
            ("inline_policies", "functions.{}.subnets", Other),
            ("inline_policies", "account", Other),
            ("inline_policies", "region", Other),
            ("inline_policies", "stack", Other),
            ("permissions_boundary", "permissions_boundary", Same),
            ("readable", "functions.{}.env", Other),
            ("readable", "account", Other),
            ("readable", "database", Other),
            ("readable", "region", Other),
            ("readable_buckets", "storage.*.allow_from", Other),
            ("readable_buckets", "storage.*.access", Other),
            ("readable_buckets", "region", Other),
            ("writable_buckets", "storage.*.allow_from", Other),
            ("writable_buckets", "storage.*.access", Other),
            ("writable_buckets", "region", Other),
            ("bucket_keys", "storage.*.encryption", Other),
            ("bucket_keys", "storage.*.allow_from", Other),
            ("readable_flags", "feature_flags.*.allow_from", Other),
        ],
    ),
    (Kind::LogGroup, LOG_GROUP),
    (
        Kind::SecurityGroup,
        &[
            ("description", "stack", Other),
            ("ingress", "vpc.security_groups.*", Other),
            ("ingress", "vpc.subnets.*", Other),
            ("ingress", "vpc.cidr", Other),
            ("ingress", "vpc.availability_zones", Other),
            ("egress", "vpc.security_groups.*", Other),
        ],
    ),
];
