//! Which fields of `vpc` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Days, Other, Same};

pub const FIELDS: Fields = &[
    (Kind::CacheSubnetGroup, &[("subnets", "vpc.availability_zones", Other)]),
    (Kind::DbSubnetGroup, &[("subnets", "vpc.availability_zones", Other)]),
    (Kind::ElasticIp, &[("public_ip", "vpc.nat", Other)]),
    (
        Kind::IamRole,
        &[
            ("inline_policies", "stack", Other),
            ("inline_policies", "account", Other),
            ("inline_policies", "region", Other),
            ("permissions_boundary", "permissions_boundary", Same),
        ],
    ),
    (Kind::LogGroup, &[("retention_days", "vpc.flow_log_retention", Days)]),
    (Kind::NatGateway, &[("subnet", "vpc.subnets.*.tier", Other)]),
    (
        Kind::RouteTable,
        &[
            ("routes", "vpc.nat", Other),
            ("routes", "vpc.subnets.*.tier", Other),
            ("routes", "vpc.availability_zones", Other),
            ("subnets", "vpc.availability_zones", Other),
        ],
    ),
    (
        Kind::SecurityGroup,
        &[
            ("description", "vpc.security_groups.{}.description", Same),
            ("egress", "vpc.security_groups.{}.egress", Other),
            ("egress", "vpc.subnets.*", Other),
            ("egress", "vpc.cidr", Other),
            ("ingress", "vpc.security_groups.{}.ingress", Other),
            ("ingress", "vpc.security_groups.*", Other),
            ("ingress", "vpc.subnets.*", Other),
            ("ingress", "vpc.cidr", Other),
        ],
    ),
    (
        Kind::Subnet,
        &[
            ("availability_zone", "vpc.availability_zones", Other),
            ("cidr", "vpc.subnets.{}.prefix", Other),
            ("cidr", "vpc.subnets.{}.cidrs", Other),
            ("cidr", "vpc.cidr", Other),
            ("cidr", "vpc.subnets.*.prefix", Other),
            ("cidr", "vpc.subnets.*.cidrs", Other),
        ],
    ),
    (Kind::Vpc, &[("cidr", "vpc.cidr", Same), ("dns_hostnames", "vpc.dns_hostnames", Same)]),
    (
        Kind::VpcEndpoint,
        &[("route_tables", "vpc.subnets.*", Other), ("route_tables", "vpc.availability_zones", Other), ("service", "region", Other)],
    ),
];
