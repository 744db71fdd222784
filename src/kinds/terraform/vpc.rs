use super::*;

pub const TABLE: Table = one(&[made(
    "aws_vpc",
    &[
        known("arn", "arn:${partition}:ec2:${region}:${account}:vpc/${id}"),
        of("cidr_block", "cidr"),
        of("enable_dns_hostnames", "dns_hostnames"),
        is("enable_dns_support", Word::Yes),
        ID,
        is("instance_tenancy", Word::Text("default")),
        REGION,
        TAGS,
        TAGS_ALL,
    ],
)]);
