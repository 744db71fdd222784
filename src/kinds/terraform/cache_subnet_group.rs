use super::*;

pub const TABLE: Table = one(&[made(
    "aws_elasticache_subnet_group",
    &[
        known("arn", "arn:${partition}:elasticache:${region}:${account}:subnetgroup:${id}"),
        ID,
        NAME,
        REGION,
        of("subnet_ids", "subnets"),
        TAGS,
        TAGS_ALL,
    ],
)]);
