use super::*;

pub const TABLE: Table = one(&[made(
    "aws_db_parameter_group",
    &[
        known("arn", "arn:${partition}:rds:${region}:${account}:pg:${id}"),
        same("family"),
        ID,
        NAME,
        each("parameter", "parameters", &[of("name", "@key"), of("value", "@")]),
        REGION,
        TAGS,
        TAGS_ALL,
    ],
)]);
