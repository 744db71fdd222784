//! Rulesets that Cloudflare keeps against known attacks.
use super::phase::{Action, Written, number, phase, text};
use super::*;
use serde_json::json;

phase! {
    /// Managed rulesets of the web application firewall that the stack turns on.
    ManagedRules of Managed in "http_request_firewall_managed" by "Zone WAF"
}

/// `execute` of a managed ruleset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Managed {
    /// `cloudflare`, `owasp` or `free`; otherwise the id of another one.
    pub ruleset: String,
    /// `score_threshold` of the OWASP ruleset, from which a request is acted upon: 60, 40 or 25, the lower the stricter.
    pub score_threshold: Option<i64>,
    /// `action` instead of the rules' own; `None` leaves it.
    pub action: Option<String>,
}

const RULESETS: &[(&str, &str)] = &[
    ("cloudflare", "efb7b8c949ac4650a09736fc376e9aee"),
    ("free", "77454fe2d30c4220b5701f6fdfb893ba"),
    ("owasp", "4814384a9e5d4991b9815dcfc25d2f1f"),
];

/// The rule of the OWASP ruleset that acts upon the sum of the others' scores (949110, Inbound Anomaly Score Exceeded).
const SCORE: &str = "6179ae15870a4bb7b2d480d4843b323c";

impl Action for Managed {
    fn write(&self) -> Written {
        let id = RULESETS.iter().find(|(name, _)| *name == self.ruleset).map_or(self.ruleset.as_str(), |(_, id)| id);
        let mut parameters = json!({ "id": id });
        match (self.score_threshold, &self.action) {
            (Some(score), action) => {
                let mut rule = json!({ "id": SCORE, "score_threshold": score });
                if let Some(action) = action {
                    rule["action"] = json!(action);
                }
                parameters["overrides"] = json!({ "rules": [rule] });
            }
            (None, Some(action)) => parameters["overrides"] = json!({ "action": action }),
            (None, None) => {}
        }
        Written { action: "execute".into(), parameters: Some(parameters), ratelimit: None }
    }

    fn read(_: &str, parameters: &Value, _: &Value) -> Self {
        let id = text(parameters, "/id");
        let ruleset = RULESETS.iter().find(|(_, known)| *known == id).map_or(id.clone(), |(name, _)| (*name).to_owned());
        let action = [text(parameters, "/overrides/action"), text(parameters, "/overrides/rules/0/action")];
        Managed {
            ruleset,
            score_threshold: number(parameters, "/overrides/rules/0/score_threshold"),
            action: action.into_iter().find(|a| !a.is_empty()),
        }
    }

    fn limit(&self, name: &str, plan: ZonePlan) -> Option<Limit> {
        (plan == ZonePlan::Free && self.ruleset != "free").then(|| Limit {
            message: format!("the managed ruleset `{name}` comes with the plan pro, and the zone is on {plan}"),
            help: "write `managed: free`, or move the zone to the plan pro".into(),
        })
    }

    fn example() -> Self {
        Managed { ruleset: "owasp".into(), score_threshold: Some(25), action: Some("block".into()) }
    }
}
