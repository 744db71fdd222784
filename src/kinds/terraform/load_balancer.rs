use super::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_lb",
        &[
            given("access_logs", "access_logs", &[of("bucket", "access_logs"), is("enabled", Word::Yes)]),
            known("arn", "${id}"),
            same("dns_name"),
            same("drop_invalid_header_fields"),
            of("enable_deletion_protection", "deletion_protection"),
            of("enable_http2", "http2"),
            ID,
            same("idle_timeout"),
            via("internal", "scheme", |v| (v == "internal").into()),
            is("ip_address_type", Word::Text("ipv4")),
            is("load_balancer_type", Word::Text("application")),
            REGION,
            same("security_groups"),
            same("subnets"),
            TAGS,
            TAGS_ALL,
            same("zone_id"),
        ],
    )],
    left_out: &[("internet_gateway", "Terraform says by `depends_on` that the gateway must be attached first")],
};
