//! The rulesets that Cloudflare itself keeps.
use serde_json::{Value, json};

use super::world::Plan;

pub struct Managed {
    pub id: &'static str,
    name: &'static str,
    pub phase: &'static str,
    /// The least plan that may use it.
    pub from: Plan,
}

const WAF: &str = "http_request_firewall_managed";

pub const RULESETS: [Managed; 4] = [
    Managed { id: "efb7b8c949ac4650a09736fc376e9aee", name: "Cloudflare Managed Ruleset", phase: WAF, from: Plan::Pro },
    Managed { id: "4814384a9e5d4991b9815dcfc25d2f1f", name: "Cloudflare OWASP Core Ruleset", phase: WAF, from: Plan::Pro },
    Managed { id: "77454fe2d30c4220b5701f6fdfb893ba", name: "Cloudflare Managed Free Ruleset", phase: WAF, from: Plan::Free },
    Managed { id: "4d21379b4f9f4bb088e0729962c8b3cf", name: "DDoS L7 ruleset", phase: "ddos_l7", from: Plan::Free },
];

impl Managed {
    pub fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": format!("Created by Cloudflare: {}", self.name),
            "kind": "managed",
            "version": "73",
            "last_updated": "2026-01-01T00:00:00.000000Z",
            "phase": self.phase,
        })
    }
}
