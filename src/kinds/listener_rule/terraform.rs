//! The kind in Terraform's words.
use crate::kinds::listener::terraform::ACTION;
use crate::kinds::terraform::*;
use serde_json::{Value, json};

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_lb_listener_rule",
        &[
            block("action", ACTION),
            known("arn", "${id}"),
            via("condition", "conditions", conditions),
            ID,
            link("listener_arn", "listener", "arn"),
            same("priority"),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )],
    left_out: &[
        ("range", "it only says which priorities serve as well"),
        ("waits_for", "Terraform says by `depends_on` what must serve first"),
    ],
};

/// A block for each condition.
fn conditions(v: &Value) -> Value {
    let mut out = vec![];
    for (field, block) in [("host", "host_header"), ("path", "path_pattern"), ("method", "http_request_method"), ("source", "source_ip")] {
        let values = v.get(field).and_then(Value::as_array).filter(|values| !values.is_empty());
        out.extend(values.map(|values| json!({ block: [{ "values": values }] })));
    }
    let named = |field: &str| v.get(field).and_then(Value::as_object).into_iter().flatten();
    for (name, values) in named("header") {
        out.push(json!({ "http_header": [{ "http_header_name": crate::canon::plain_key(name), "values": values }] }));
    }
    for (key, values) in named("query") {
        let key = crate::canon::plain_key(key);
        let pair = |value: &Value| if key.is_empty() { json!({ "value": value }) } else { json!({ "key": key, "value": value }) };
        let pairs: Vec<Value> = values.as_array().into_iter().flatten().map(pair).collect();
        out.push(json!({ "query_string": pairs }));
    }
    out.into()
}
