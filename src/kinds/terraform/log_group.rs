use super::*;

pub const TABLE: Table = one(&[made(
    "aws_cloudwatch_log_group",
    &[
        known("arn", "arn:${partition}:logs:${region}:${account}:log-group:${id}"),
        ID,
        is("log_group_class", Word::Text("STANDARD")),
        NAME,
        REGION,
        of("retention_in_days", "retention_days"),
        is("skip_destroy", Word::No),
        TAGS,
        TAGS_ALL,
    ],
)]);
