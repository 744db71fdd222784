//! Requests that the stack turns away.
use super::phase::{Action, Written, phase};
use super::*;
use serde_json::json;

phase! {
    /// Custom rules of the web application firewall.
    CustomRules of Filter in "http_request_firewall_custom" by "Zone WAF" with room for [5, 20, 100, 1000]
}

/// `block`, `challenge`, `js_challenge`, `managed_challenge`, `log`, or `skip`: the stack's rules after this one are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Filter(pub String);

impl Action for Filter {
    fn write(&self) -> Written {
        let parameters = (self.0 == "skip").then(|| json!({ "ruleset": "current" }));
        Written { action: self.0.clone(), parameters, ratelimit: None }
    }

    fn read(action: &str, _: &Value, _: &Value) -> Self {
        Filter(action.into())
    }

    fn example() -> Self {
        Filter("block".into())
    }
}
