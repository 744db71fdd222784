//! The kind in Terraform's words.
use serde_json::Value;

use super::wire::operator;
use crate::kinds::terraform::*;

pub const TABLE: Table = one(&[made(
    "aws_cloudwatch_metric_alarm",
    &[
        of("actions_enabled", "actions_enabled"),
        of("alarm_actions", "alarm_actions"),
        of("alarm_description", "description"),
        known("alarm_name", "${id}"),
        known("arn", "arn:${partition}:cloudwatch:${region}:${account}:alarm:${id}"),
        via("comparison_operator", "comparison", compared),
        of("datapoints_to_alarm", "datapoints"),
        of("dimensions", "metric.dimensions"),
        same("evaluation_periods"),
        via("extended_statistic", "metric.statistic", percentile),
        ID,
        of("metric_name", "metric.name"),
        given("metric_query", "math", RESULT),
        each("metric_query", "math.metrics", QUERY),
        of("namespace", "metric.namespace"),
        same("ok_actions"),
        of("period", "metric.period"),
        REGION,
        via("statistic", "metric.statistic", plain),
        TAGS,
        TAGS_ALL,
        same("threshold"),
        of("treat_missing_data", "missing_data"),
    ],
)]);

const RESULT: &[Line] = &[of("expression", "math.expression"), is("id", Word::Text("result")), is("return_data", Word::Yes)];

const QUERY: &[Line] = &[
    of("id", "@key"),
    block(
        "metric",
        &[
            of("dimensions", "@.dimensions"),
            of("metric_name", "@.name"),
            of("namespace", "@.namespace"),
            of("period", "@.period"),
            of("stat", "@.statistic"),
        ],
    ),
    is("return_data", Word::No),
];

fn compared(sign: &Value) -> Value {
    sign.as_str().map(|sign| operator(sign).as_str().to_owned()).into()
}

/// A statistic that is a percentile.
fn percentile(statistic: &Value) -> Value {
    statistic.as_str().filter(|s| s.starts_with('p')).into()
}

fn plain(statistic: &Value) -> Value {
    statistic.as_str().filter(|s| !s.starts_with('p')).into()
}
