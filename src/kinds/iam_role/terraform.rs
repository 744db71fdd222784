//! The kind in Terraform's words.
use super::following::{
    READ_BUCKETS, READ_FLAGS, READ_SECRETS, USE_KEYS, WRITE_BUCKETS, reading, reading_buckets, reading_flags, using_keys, writing_buckets,
};
use super::policies::trust;
use crate::kinds::terraform::*;

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
            of("permissions_boundary", "permissions_boundary"),
            TAGS,
            TAGS_ALL,
        ],
    ),
    made_each("aws_iam_role_policy_attachment", "managed_policies", &[of("policy_arn", "@"), own("role", "name")]),
    made_each("aws_iam_role_policy", "inline_policies", &[of("name", "@key"), via("policy", "@", document), own("role", "id")]),
    made_under(
        "aws_iam_role_policy",
        READ_SECRETS,
        "readable",
        &[is("name", Word::Text(READ_SECRETS)), via("policy", "readable", |v| reading(v).to_string().into()), own("role", "id")],
    ),
    made_under(
        "aws_iam_role_policy",
        READ_BUCKETS,
        "readable_buckets",
        &[
            is("name", Word::Text(READ_BUCKETS)),
            via("policy", "readable_buckets", |v| reading_buckets(v).to_string().into()),
            own("role", "id"),
        ],
    ),
    made_under(
        "aws_iam_role_policy",
        WRITE_BUCKETS,
        "writable_buckets",
        &[
            is("name", Word::Text(WRITE_BUCKETS)),
            via("policy", "writable_buckets", |v| writing_buckets(v).to_string().into()),
            own("role", "id"),
        ],
    ),
    made_under(
        "aws_iam_role_policy",
        USE_KEYS,
        "bucket_keys",
        &[is("name", Word::Text(USE_KEYS)), via("policy", "bucket_keys", |v| using_keys(v).to_string().into()), own("role", "id")],
    ),
    made_under(
        "aws_iam_role_policy",
        READ_FLAGS,
        "readable_flags",
        &[is("name", Word::Text(READ_FLAGS)), via("policy", "readable_flags", |v| reading_flags(v).to_string().into()), own("role", "id")],
    ),
]);
