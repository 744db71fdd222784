//! The kind in Terraform's words.
use serde_json::Value;

use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_cloudwatch_alarm_mute_rule",
        &[
            known("arn", "arn:${partition}:cloudwatch:${region}:${account}:alarm-mute-rule:${id}"),
            same("description"),
            block("mute_targets", &[of("alarm_names", "alarms")]),
            known("name", "${id}"),
            REGION,
            block(
                "rule",
                &[block(
                    "schedule",
                    &[via("duration", "minutes", lasts), via("expression", "from", begins), is("timezone", Word::Text("UTC"))],
                )],
            ),
            TAGS,
        ],
    )],
    left_out: &[("composites", "they stand among the names of alarms, which one pointer leads to")],
};

fn lasts(minutes: &Value) -> Value {
    minutes.as_i64().map(|minutes| format!("PT{minutes}M")).into()
}

fn begins(minute: &Value) -> Value {
    minute.as_str().map(|minute| format!("at({minute})")).into()
}
