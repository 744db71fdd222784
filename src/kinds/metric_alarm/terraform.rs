//! The kind in Terraform's words.
use serde_json::{Value, json};

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
        via("metric_query", "math", queries),
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

/// The expression, and then its metrics.
fn queries(math: &Value) -> Value {
    let Some(metrics) = math["metrics"].as_object() else { return json!([]) };
    let result = json!({ "expression": math["expression"], "id": "result", "return_data": true });
    let one = |(id, metric): (&String, &Value)| {
        let metric = json!({
            "dimensions": metric["dimensions"],
            "metric_name": metric["name"],
            "namespace": metric["namespace"],
            "period": metric["period"],
            "stat": metric["statistic"],
        });
        json!({ "id": id, "metric": [metric], "return_data": false })
    };
    [result].into_iter().chain(metrics.iter().map(one)).collect()
}

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
