//! How often a client may ask.
use super::phase::{Action, Written, number, phase};
use super::*;
use serde_json::json;

phase! {
    /// Rate limiting rules.
    RateLimitRules of RateLimit in "http_ratelimit" by "Zone WAF" with room for [1, 2, 5, 100]
}

/// What is done with requests above the limit. Clients are told apart by their address, in each data center (`characteristics`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateLimit {
    /// `block`, `challenge`, `js_challenge`, `managed_challenge` or `log`.
    pub action: String,
    /// `requests_per_period`.
    pub requests: i64,
    /// Seconds: 10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65535 or 86400.
    pub period: i64,
    /// `mitigation_timeout` in seconds; 0 for challenges, which need none.
    pub timeout: i64,
}

impl Action for RateLimit {
    fn write(&self) -> Written {
        let ratelimit = json!({
            "characteristics": ["cf.colo.id", "ip.src"],
            "period": self.period,
            "requests_per_period": self.requests,
            "mitigation_timeout": self.timeout,
        });
        Written { action: self.action.clone(), parameters: None, ratelimit: Some(ratelimit) }
    }

    fn read(action: &str, _: &Value, ratelimit: &Value) -> Self {
        let n = |pointer| number(ratelimit, pointer).unwrap_or(0);
        let (requests, period, timeout) = (n("/requests_per_period"), n("/period"), n("/mitigation_timeout"));
        RateLimit { action: action.into(), requests, period, timeout }
    }

    fn limit(&self, name: &str, plan: ZonePlan) -> Option<Limit> {
        (plan == ZonePlan::Free && self.period != 10).then(|| Limit {
            message: format!("the rate limit `{name}` counts over {}s, but the zone's plan ({plan}) only has 10s", self.period),
            help: "write `per: 10s`, or move the zone to the plan pro".into(),
        })
    }

    fn example() -> Self {
        RateLimit { action: "block".into(), requests: 10, period: 60, timeout: 60 }
    }
}
