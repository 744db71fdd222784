use super::*;
use crate::kinds::iam_role::trust;

pub const TABLE: Table = one(&[
    made(
        "aws_iam_role",
        &[
            // Known as soon as the role stands: its path says whose it is.
            known("arn", "arn:${partition}:iam::${account}:role/infra/${stack}/${region}/${id}"),
            via("assume_role_policy", "service", |v| trust(v.as_str().unwrap_or_default()).into()),
            is("force_detach_policies", Word::No),
            ID,
            is("max_session_duration", Word::Number(3600)),
            NAME,
            known("path", "/infra/${stack}/${region}/"),
            TAGS,
            TAGS_ALL,
        ],
    ),
    made_each("aws_iam_role_policy_attachment", "managed_policies", &[of("policy_arn", "@"), own("role", "name")]),
    made_each("aws_iam_role_policy", "inline_policies", &[of("name", "@key"), via("policy", "@", document), own("role", "id")]),
]);
