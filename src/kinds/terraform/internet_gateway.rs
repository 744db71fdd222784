use super::*;

pub const TABLE: Table = one(&[made(
    "aws_internet_gateway",
    &[known("arn", "arn:${partition}:ec2:${region}:${account}:internet-gateway/${id}"), ID, REGION, TAGS, TAGS_ALL, of("vpc_id", "vpc")],
)]);
