//! The kind in Terraform's words.
use serde_json::Value;

use crate::kinds::terraform::*;
use crate::model::partition::principal;

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
    made_if("aws_s3_bucket_cors_configuration", "cors", &[own("bucket", "id"), each("cors_rule", "cors", CORS), REGION]),
    made_any(
        "aws_s3_bucket_lifecycle_configuration",
        &["abort_uploads_days", "archive", "expiration_days", "old_versions_days"],
        &[own("bucket", "id"), REGION, block("rule", LIFECYCLE)],
    ),
    made("aws_s3_bucket_ownership_controls", &[own("bucket", "id"), REGION, block("rule", &[of("object_ownership", "ownership")])]),
    made_if("aws_s3_bucket_policy", "purpose.load_balancer_logs", &[own("bucket", "id"), known("policy", LOGS), REGION]),
    made_if("aws_s3_bucket_policy", "purpose.storage", &[own("bucket", "id"), known("policy", TLS), REGION]),
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
    made(
        "aws_s3_bucket_versioning",
        &[own("bucket", "id"), REGION, block("versioning_configuration", &[via("status", "versioning", status)])],
    ),
]);

/// Whether older versions are kept, in the provider's words.
fn status(on: &Value) -> Value {
    if *on == true { "Enabled" } else { "Disabled" }.into()
}

const CORS: &[Line] = &[
    of("allowed_headers", "@.headers"),
    of("allowed_methods", "@.methods"),
    of("allowed_origins", "@.origins"),
    of("expose_headers", "@.expose"),
    of("max_age_seconds", "@.max_age"),
];

const LIFECYCLE: &[Line] = &[
    given("abort_incomplete_multipart_upload", "abort_uploads_days", &[of("days_after_initiation", "abort_uploads_days")]),
    given("expiration", "expiration_days", &[of("days", "expiration_days")]),
    block("filter", &[is("prefix", Word::Text(""))]),
    is("id", Word::Text("infra-expiration")),
    given("noncurrent_version_expiration", "old_versions_days", &[of("noncurrent_days", "old_versions_days")]),
    is("status", Word::Text("Enabled")),
    given("transition", "archive", &[of("days", "archive.days"), of("storage_class", "archive.class")]),
];

const ENCRYPTION: &[Line] = &[
    block("apply_server_side_encryption_by_default", &[of("kms_master_key_id", "kms_key"), of("sse_algorithm", "encryption")]),
    of("bucket_key_enabled", "bucket_key"),
];

/// What `policies.rs` writes for logs.
const LOGS: &str = concat!(
    r#"{"Statement":[{"Action":"s3:PutObject","Effect":"Allow","Principal":{"Service":""#,
    principal!("logdelivery.elasticloadbalancing"),
    r#""},"#,
    r#""Resource":"arn:${partition}:s3:::${id}/AWSLogs/${account}/*"}],"Version":"2012-10-17"}"#
);

/// What `policies.rs` writes for storage.
const TLS: &str = concat!(
    r#"{"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","#,
    r#""Resource":["arn:${partition}:s3:::${id}","arn:${partition}:s3:::${id}/*"]}],"Version":"2012-10-17"}"#
);
