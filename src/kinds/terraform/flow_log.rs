use super::*;

pub const TABLE: Table = one(&[made(
    "aws_flow_log",
    &[
        known("arn", "arn:${partition}:ec2:${region}:${account}:vpc-flow-log/${id}"),
        link("iam_role_arn", "role", "arn"),
        ID,
        link("log_destination", "log_group", "arn"),
        is("log_destination_type", Word::Text("cloud-watch-logs")),
        same("max_aggregation_interval"),
        REGION,
        TAGS,
        TAGS_ALL,
        same("traffic_type"),
        of("vpc_id", "vpc"),
    ],
)]);
