use super::*;

pub const TABLE: Table = one(&[made(
    "aws_elasticache_parameter_group",
    &[
        known("arn", "arn:${partition}:elasticache:${region}:${account}:parametergroup:${id}"),
        same("family"),
        ID,
        NAME,
        each("parameter", "parameters", &[of("name", "@key"), of("value", "@")]),
        REGION,
        TAGS,
        TAGS_ALL,
    ],
)]);
