//! The kind in Terraform's words.
use std::collections::BTreeMap;

use serde_json::Value;

use super::{AlertRule, rules_file};
use crate::canon::Open;
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made("aws_prometheus_workspace", &[same("arn"), ID, REGION, TAGS, TAGS_ALL]),
        made(
            "aws_prometheus_workspace_configuration",
            &[REGION, of("retention_period_in_days", "retention_days"), own("workspace_id", "id")],
        ),
        made_if(
            "aws_prometheus_rule_group_namespace",
            "rules",
            &[via("data", "rules", file), is("name", Word::Text("infra")), REGION, own("workspace_id", "id")],
        ),
        made_if(
            "aws_prometheus_alert_manager_definition",
            "topics",
            &[ids("definition", "topics", routes), REGION, own("workspace_id", "id")],
        ),
    ],
    left_out: &[],
};

/// The rules as their file.
fn file(rules: &Value) -> Value {
    serde_json::from_value::<Open<AlertRule>>(rules.clone()).map(|rules| rules_file::render(&rules)).ok().into()
}

/// The topics' ARNs as the definition.
fn routes(topics: &Value) -> Value {
    serde_json::from_value::<BTreeMap<String, String>>(topics.clone()).map(|topics| super::definition::render(&topics)).ok().into()
}
