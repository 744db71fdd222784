use super::*;

pub const TABLE: Table = one(&[made(
    "aws_iam_instance_profile",
    &[
        known("arn", "arn:${partition}:iam::${account}:instance-profile/infra/${stack}/${region}/${id}"),
        ID,
        NAME,
        known("path", "/infra/${stack}/${region}/"),
        link("role", "role", "name"),
        TAGS,
        TAGS_ALL,
    ],
)]);
