//! Which fields of `load_balancer` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Other, Same, Seconds};

pub const FIELDS: Fields = &[
    (
        Kind::Certificate,
        &[
            ("domain", "load_balancer.listeners.{}.certificate", Same),
            ("names", "load_balancer.listeners.{}.certificate", Other),
            ("names", "cdn.records.*", Other),
            ("names", "cdn.zone", Other),
        ],
    ),
    (
        Kind::DnsRecord,
        &[
            ("content", "load_balancer.listeners.{}.certificate", Other),
            ("name", "load_balancer.listeners.{}.certificate", Other),
            ("zone", "cdn.zone", Same),
        ],
    ),
    (
        Kind::Listener,
        &[
            ("action", "load_balancer.listeners.{}.forward", Other),
            ("action", "load_balancer.listeners.{}.redirect", Other),
            ("action", "load_balancer.listeners.{}.respond", Other),
            ("action.respond.body", "load_balancer.listeners.{}.respond.body", Same),
            ("action.respond.content_type", "load_balancer.listeners.{}.respond.content_type", Same),
            ("action.respond.status", "load_balancer.listeners.{}.respond.status", Same),
            ("action", "load_balancer.listeners.*.port", Other),
            ("action", "load_balancer.listeners.*.protocol", Other),
            ("action", "load_balancer.listeners.*.certificate", Other),
            ("certificate", "load_balancer.listeners.{}.certificate", Other),
            ("port", "load_balancer.listeners.{}.port", Same),
            ("protocol", "load_balancer.listeners.{}.protocol", Other),
            ("protocol", "load_balancer.listeners.{}.certificate", Other),
            ("ssl_policy", "load_balancer.listeners.{}.ssl_policy", Same),
            ("ssl_policy", "load_balancer.listeners.{}.protocol", Other),
            ("ssl_policy", "load_balancer.listeners.{}.certificate", Other),
        ],
    ),
    (
        Kind::ListenerRule,
        &[
            ("action", "load_balancer.listeners.{}.routes.{}.forward", Other),
            ("action", "load_balancer.listeners.{}.routes.{}.redirect", Other),
            ("action", "load_balancer.listeners.{}.routes.{}.respond", Other),
            ("action", "load_balancer.listeners.*.port", Other),
            ("action", "load_balancer.listeners.*.protocol", Other),
            ("action", "load_balancer.listeners.*.certificate", Other),
            ("action.respond.body", "load_balancer.listeners.{}.routes.{}.respond.body", Same),
            ("action.respond.content_type", "load_balancer.listeners.{}.routes.{}.respond.content_type", Same),
            ("action.respond.status", "load_balancer.listeners.{}.routes.{}.respond.status", Same),
            ("conditions", "load_balancer.listeners.{}.routes.{}", Other),
            ("conditions.header.*", "load_balancer.listeners.{}.routes.{}.header.*", Other),
            ("conditions.host", "load_balancer.listeners.{}.routes.{}.host", Other),
            ("conditions.method", "load_balancer.listeners.{}.routes.{}.method", Other),
            ("conditions.path", "load_balancer.listeners.{}.routes.{}.path", Other),
            ("conditions.query.*", "load_balancer.listeners.{}.routes.{}.query.*", Other),
            ("conditions.source", "load_balancer.listeners.{}.routes.{}.source", Other),
            ("priority", "load_balancer.listeners.{}.routes.{}.path", Other),
            ("priority", "load_balancer.listeners.{}.routes.{}.host", Other),
            ("priority", "load_balancer.listeners.{}.routes.{}", Other),
        ],
    ),
    (
        Kind::LoadBalancer,
        &[
            ("access_logs", "load_balancer.access_logs", Other),
            ("deletion_protection", "load_balancer.deletion_protection", Same),
            ("drop_invalid_header_fields", "load_balancer.drop_invalid_headers", Same),
            ("http2", "load_balancer.http2", Same),
            ("idle_timeout", "load_balancer.idle_timeout", Seconds),
            ("internet_gateway", "load_balancer.scheme", Other),
            ("scheme", "load_balancer.scheme", Other),
            ("subnets", "load_balancer.subnets", Other),
            ("subnets", "load_balancer.scheme", Other),
            ("subnets", "vpc.availability_zones", Other),
        ],
    ),
    (
        Kind::SecurityGroup,
        &[
            ("description", "stack", Other),
            ("ingress", "load_balancer.allow_from", Other),
            ("ingress", "load_balancer.listeners.*.port", Other),
            ("ingress", "load_balancer.scheme", Other),
            ("ingress", "cdn.origin.locked_to_cloudflare", Other),
            ("ingress", "vpc.security_groups.*", Other),
            ("ingress", "vpc.subnets.*", Other),
            ("ingress", "vpc.cidr", Other),
            ("ingress", "vpc.availability_zones", Other),
            ("egress", "vpc.security_groups.*", Other),
        ],
    ),
];
