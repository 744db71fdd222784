use super::*;

pub const TABLE: Table = one(&[made(
    "aws_db_subnet_group",
    &[
        known("arn", "arn:${partition}:rds:${region}:${account}:subgrp:${id}"),
        ID,
        NAME,
        REGION,
        of("subnet_ids", "subnets"),
        TAGS,
        TAGS_ALL,
    ],
)]);
