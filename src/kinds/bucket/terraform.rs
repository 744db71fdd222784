//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = one(&[
    made(
        "aws_s3_bucket",
        &[
            known("arn", "arn:${partition}:s3:::${id}"),
            known("bucket", "${id}"),
            is("force_destroy", Word::No),
            ID,
            is("object_lock_enabled", Word::No),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    ),
    made_if("aws_s3_bucket_lifecycle_configuration", "expiration_days", &[own("bucket", "id"), REGION, block("rule", EXPIRATION)]),
    made_if("aws_s3_bucket_policy", "purpose.load_balancer_logs", &[own("bucket", "id"), known("policy", LOGS), REGION]),
    made_if("aws_s3_bucket_policy", "purpose.other", &[own("bucket", "id"), of("policy", "purpose.other"), REGION]),
    made(
        "aws_s3_bucket_public_access_block",
        &[
            of("block_public_acls", "public_access_blocked"),
            of("block_public_policy", "public_access_blocked"),
            own("bucket", "id"),
            of("ignore_public_acls", "public_access_blocked"),
            REGION,
            of("restrict_public_buckets", "public_access_blocked"),
        ],
    ),
    made("aws_s3_bucket_server_side_encryption_configuration", &[own("bucket", "id"), REGION, block("rule", ENCRYPTION)]),
]);

const EXPIRATION: &[Line] = &[
    block("expiration", &[of("days", "expiration_days")]),
    block("filter", &[is("prefix", Word::Text(""))]),
    is("id", Word::Text("infra-expiration")),
    is("status", Word::Text("Enabled")),
];

const ENCRYPTION: &[Line] = &[block("apply_server_side_encryption_by_default", &[of("sse_algorithm", "encryption")])];

/// What `bucket.rs` writes for this purpose.
const LOGS: &str = concat!(
    r#"{"Statement":[{"Action":"s3:PutObject","Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"#,
    r#""Resource":"arn:${partition}:s3:::${id}/AWSLogs/${account}/*"}],"Version":"2012-10-17"}"#
);
