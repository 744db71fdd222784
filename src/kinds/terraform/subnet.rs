use super::*;

pub const TABLE: Table = one(&[made(
    "aws_subnet",
    &[
        known("arn", "arn:${partition}:ec2:${region}:${account}:subnet/${id}"),
        same("availability_zone"),
        of("cidr_block", "cidr"),
        ID,
        same("map_public_ip_on_launch"),
        REGION,
        TAGS,
        TAGS_ALL,
        of("vpc_id", "vpc"),
    ],
)]);
