//! The kind in Terraform's words.
use serde_json::Value;

use super::body::said;
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_cloudwatch_dashboard",
        &[
            known("dashboard_arn", "arn:${partition}:cloudwatch::${account}:dashboard/${id}"),
            via("dashboard_body", "widgets", body),
            known("dashboard_name", "${id}"),
            ID,
            REGION,
        ],
    )],
    left_out: &[("alarms", "they stand within the body, by their ARNs")],
};

fn body(widgets: &Value) -> Value {
    said(widgets).map(|body| body.to_string()).into()
}
