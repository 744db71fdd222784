use super::*;

pub const TABLE: Table = one(&[made(
    "aws_vpc_endpoint",
    &[
        known("arn", "arn:${partition}:ec2:${region}:${account}:vpc-endpoint/${id}"),
        ID,
        REGION,
        of("route_table_ids", "route_tables"),
        of("service_name", "service"),
        TAGS,
        TAGS_ALL,
        is("vpc_endpoint_type", Word::Text("Gateway")),
        of("vpc_id", "vpc"),
    ],
)]);
