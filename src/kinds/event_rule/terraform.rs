//! The kind in Terraform's words.
use serde_json::Value;

use crate::kinds::terraform::*;
use crate::model::partition::principal;

pub const TABLE: Table = one(&[
    made(
        "aws_cloudwatch_event_rule",
        &[
            known("arn", "arn:${partition}:events:${region}:${account}:rule/${id}"),
            is("event_bus_name", Word::Text("default")),
            is("force_destroy", Word::No),
            ID,
            NAME,
            REGION,
            of("schedule_expression", "schedule"),
            via("state", "enabled", |v| if *v == Value::Bool(true) { "ENABLED" } else { "DISABLED" }.into()),
            TAGS,
            TAGS_ALL,
        ],
    ),
    made_if(
        "aws_cloudwatch_event_target",
        "function",
        &[
            link("arn", "function", "arn"),
            is("event_bus_name", Word::Text("default")),
            is("force_destroy", Word::No),
            REGION,
            own("rule", "name"),
            is("target_id", Word::Text(super::TARGET)),
        ],
    ),
    made_if(
        "aws_lambda_permission",
        "function",
        &[
            is("action", Word::Text("lambda:InvokeFunction")),
            of("function_name", "function"),
            is("principal", Word::Text(principal!("events"))),
            is("qualifier", Word::Text(crate::kinds::function::LIVE)),
            REGION,
            known("source_account", "${account}"),
            own("source_arn", "arn"),
            own("statement_id", "name"),
        ],
    ),
]);
