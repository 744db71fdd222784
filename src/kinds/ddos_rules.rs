//! How readily attacks on the HTTP layer are seen.
use super::phase::{Action, Written, phase, text};
use super::*;
use serde_json::json;

phase! {
    /// Overrides of the DDoS protection, which is always on.
    DdosRules of Override in "ddos_l7" by "HTTP DDoS Managed Ruleset"
}

/// `execute` of the managed ruleset with `overrides`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Override {
    /// `sensitivity_level`: `default`, `medium`, `low` or `eoff` (essentially off).
    pub sensitivity: String,
    /// `action` instead of the ruleset's own: `block`, `managed_challenge`, `log`; `None` leaves it.
    pub action: Option<String>,
}

/// Cloudflare's HTTP DDoS attack protection.
pub(crate) const RULESET: &str = "4d21379b4f9f4bb088e0729962c8b3cf";

impl Action for Override {
    fn write(&self) -> Written {
        let mut overrides = json!({ "sensitivity_level": self.sensitivity });
        if let Some(action) = &self.action {
            overrides["action"] = json!(action);
        }
        Written { action: "execute".into(), parameters: Some(json!({ "id": RULESET, "overrides": overrides })), ratelimit: None }
    }

    fn read(_: &str, parameters: &Value, _: &Value) -> Self {
        let action = Some(text(parameters, "/overrides/action")).filter(|a| !a.is_empty());
        Override { sensitivity: text(parameters, "/overrides/sensitivity_level"), action }
    }

    fn example() -> Self {
        Override { sensitivity: "medium".into(), action: Some("managed_challenge".into()) }
    }
}
