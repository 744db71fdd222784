use super::*;

pub const TABLE: Table = one(&[made(
    "aws_ec2_managed_prefix_list",
    &[
        is("address_family", Word::Text("IPv4")),
        known("arn", "arn:${partition}:ec2:${region}:${account}:prefix-list/${id}"),
        each("entry", "entries", &[of("cidr", "@key"), of("description", "@")]),
        ID,
        same("max_entries"),
        NAME,
        REGION,
        TAGS,
        TAGS_ALL,
    ],
)]);
