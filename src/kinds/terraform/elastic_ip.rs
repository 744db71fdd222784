use super::*;

pub const TABLE: Table = one(&[made(
    "aws_eip",
    &[
        known("allocation_id", "${id}"),
        known("arn", "arn:${partition}:ec2:${region}:${account}:elastic-ip/${id}"),
        is("domain", Word::Text("vpc")),
        ID,
        same("public_ip"),
        REGION,
        TAGS,
        TAGS_ALL,
    ],
)]);
