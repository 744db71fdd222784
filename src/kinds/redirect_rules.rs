//! Where clients are sent on.
use super::phase::{Action, Written, number, phase, text};
use super::*;
use serde_json::json;

phase! {
    /// Single redirects.
    RedirectRules of Redirect in "http_request_dynamic_redirect" by "Dynamic URL Redirects" with room for [10, 25, 50, 300]
}

/// `redirect` with `from_value`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Redirect {
    /// `target_url`.
    pub to: Target,
    /// `status_code`: 301, 302, 303, 307 or 308.
    pub status: i64,
    /// `preserve_query_string`.
    pub preserve_query: bool,
}

/// A URL, or an expression that gives one for each request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Expression(String),
    Value(String),
}

impl Action for Redirect {
    fn write(&self) -> Written {
        let from = json!({ "status_code": self.status, "target_url": self.to, "preserve_query_string": self.preserve_query });
        Written { action: "redirect".into(), parameters: Some(json!({ "from_value": from })), ratelimit: None }
    }

    fn read(_: &str, parameters: &Value, _: &Value) -> Self {
        let expression = text(parameters, "/from_value/target_url/expression");
        let value = text(parameters, "/from_value/target_url/value");
        Redirect {
            to: if expression.is_empty() { Target::Value(value) } else { Target::Expression(expression) },
            status: number(parameters, "/from_value/status_code").unwrap_or(0),
            preserve_query: parameters.pointer("/from_value/preserve_query_string").and_then(Value::as_bool).unwrap_or(false),
        }
    }

    fn example() -> Self {
        Redirect { to: Target::Value("https://www.example.com/new".into()), status: 301, preserve_query: true }
    }
}
