//! Headers of answers.
use super::phase::{Action, Written, phase};
use super::*;
use serde_json::json;

phase! {
    /// Response header transform rules.
    HeaderRules of Headers in "http_response_headers_transform" by "Transform Rules" with room for [10, 25, 50, 300]
}

/// `rewrite` of `headers`, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Headers(pub BTreeMap<String, Header>);

/// What becomes of one header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    Add(String),
    Remove,
    Set(String),
}

impl Action for Headers {
    fn write(&self) -> Written {
        let one = |h: &Header| match h {
            Header::Add(value) => json!({ "operation": "add", "value": value }),
            Header::Remove => json!({ "operation": "remove" }),
            Header::Set(value) => json!({ "operation": "set", "value": value }),
        };
        let headers: BTreeMap<&String, Value> = self.0.iter().map(|(name, h)| (name, one(h))).collect();
        Written { action: "rewrite".into(), parameters: Some(json!({ "headers": headers })), ratelimit: None }
    }

    fn read(_: &str, parameters: &Value, _: &Value) -> Self {
        let one = |h: &Value| {
            let value = h.get("value").or(h.get("expression")).and_then(Value::as_str).unwrap_or_default().to_owned();
            match h.get("operation").and_then(Value::as_str) {
                Some("add") => Header::Add(value),
                Some("remove") => Header::Remove,
                _ => Header::Set(value),
            }
        };
        let headers = parameters.get("headers").and_then(Value::as_object).into_iter().flatten();
        Headers(headers.map(|(name, h)| (name.clone(), one(h))).collect())
    }

    fn example() -> Self {
        Headers([("Server".into(), Header::Remove), ("X-Frame-Options".into(), Header::Set("DENY".into()))].into())
    }
}
