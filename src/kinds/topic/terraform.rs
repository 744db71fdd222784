//! The kind in Terraform's words.
use serde_json::Value;

use super::protocol;
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made(
            "aws_sns_topic",
            &[
                known("arn", "${id}"),
                is("content_based_deduplication", Word::No),
                same("display_name"),
                is("fifo_topic", Word::No),
                ID,
                of("kms_master_key_id", "kms_key"),
                known("owner", "${account}"),
                REGION,
                TAGS,
                TAGS_ALL,
            ],
        ),
        made_each(
            "aws_sns_topic_subscription",
            "subscribers",
            &[of("endpoint", "@"), via("protocol", "@", by), REGION, own("topic_arn", "arn")],
        ),
    ],
    left_out: &[
        ("publishers", "they stand within the policy, which names the account and the topic itself"),
        ("pending", "people decide it"),
    ],
};

/// How an endpoint is told.
fn by(endpoint: &Value) -> Value {
    endpoint.as_str().and_then(protocol).into()
}
