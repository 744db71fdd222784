//! All that the fake knows: zones, tokens, the IP ranges, and a clock that only moves when something changes.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::dns::Record;
use super::rulesets::Ruleset;
use super::settings::{self, Setting};

/// The token that may do everything.
pub const MASTER: &str = "test-token";

const IPV4: [&str; 15] = [
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
];
const IPV6: [&str; 7] =
    ["2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32"];

/// What a zone pays for, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    Free,
    Pro,
    Business,
    Enterprise,
}

impl Plan {
    pub fn named(name: &str) -> Option<Plan> {
        [Plan::Free, Plan::Pro, Plan::Business, Plan::Enterprise].into_iter().find(|p| p.id() == name)
    }

    pub fn id(self) -> &'static str {
        self.pick(["free", "pro", "business", "enterprise"])
    }

    /// The plan's own out of what the four plans have.
    pub fn pick<T: Copy>(self, each: [T; 4]) -> T {
        each[self as usize]
    }
}

pub struct Zone {
    pub id: String,
    pub name: String,
    pub plan: Plan,
    pub created: String,
    /// By id.
    pub records: BTreeMap<String, Record>,
    /// By phase; a phase without an entry point is absent.
    pub rulesets: BTreeMap<String, Ruleset>,
    pub settings: BTreeMap<String, Setting>,
}

/// Where ids and times come from. Both depend only on what was done before, so that tests can be repeated.
#[derive(Default)]
pub struct Clock(u64);

impl Clock {
    /// An id that was never given before.
    pub fn id(&mut self) -> String {
        self.0 += 1;
        hex(&format!("object {}", self.0))
    }

    /// A time later than any before.
    pub fn now(&mut self) -> String {
        self.0 += 1;
        let s = self.0;
        let (month, day) = (1 + s / 86400 / 28 % 12, 1 + s / 86400 % 28);
        format!("2026-{month:02}-{day:02}T{:02}:{:02}:{:02}.000000Z", s / 3600 % 24, s / 60 % 60, s % 60)
    }
}

pub struct World {
    /// By id.
    pub zones: BTreeMap<String, Zone>,
    pub tokens: BTreeMap<String, BTreeSet<String>>,
    pub ipv4: Vec<String>,
    pub clock: Clock,
}

impl World {
    pub fn new() -> World {
        let ipv4 = IPV4.map(String::from).to_vec();
        World { zones: BTreeMap::new(), tokens: BTreeMap::new(), ipv4, clock: Clock::default() }
    }

    /// Adds a zone; its id depends on its name alone.
    pub fn add_zone(&mut self, name: &str, plan: Plan) -> String {
        let (id, created) = (hex(&format!("zone {name}")), self.clock.now());
        let zone = Zone {
            id: id.clone(),
            name: name.to_owned(),
            plan,
            created,
            records: BTreeMap::new(),
            rulesets: BTreeMap::new(),
            settings: settings::defaults(),
        };
        self.zones.insert(id.clone(), zone);
        id
    }

    /// Cloudflare's own addresses. The tag changes with them.
    pub fn ips(&self) -> Value {
        json!({ "ipv4_cidrs": self.ipv4, "ipv6_cidrs": IPV6, "etag": hex(&self.ipv4.join(" ")) })
    }
}

impl Zone {
    pub fn shown(&self) -> Value {
        let tier = json!({
            "id": self.plan.pick([
                "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
                "1ac039f6c29b691475c3d74fe588d1ae",
                "94f3b7b768b0458b56d2cac4fe5ec0f9",
                "94f3b7b768b0458b56d2cac4fe5ec0fa",
            ]),
            "name": self.plan.pick(["Free Website", "Pro Website", "Business Website", "Enterprise Website"]),
            "price": self.plan.pick([0, 25, 250, 5000]),
            "currency": "USD",
            "frequency": "",
            "is_subscribed": self.plan > Plan::Free,
            "can_subscribe": false,
            "legacy_id": self.plan.id(),
            "legacy_discount": false,
            "externally_managed": false,
        });
        json!({
            "id": self.id,
            "name": self.name,
            "status": "active",
            "paused": false,
            "type": "full",
            "development_mode": 0,
            "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
            "original_name_servers": null,
            "original_registrar": null,
            "original_dnshost": null,
            "created_on": self.created,
            "modified_on": self.created,
            "activated_on": self.created,
            "meta": { "step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": false },
            "owner": { "id": null, "type": "user", "email": null },
            "account": { "id": hex("account"), "name": "Test" },
            "permissions": [],
            "plan": tier,
        })
    }

    /// Everything about the zone that a person could have wished so, by key; times and versions are left out.
    pub fn photo(&self, into: &mut BTreeMap<String, String>) {
        let mut keep = |key: String, value: Value| into.insert(format!("{}/{key}", self.name), format!("{value:#}"));
        let plain = |fields: &Map<String, Value>| {
            let moving = ["version", "last_updated", "modified_on", "created_on"];
            Value::Object(fields.iter().filter(|(k, _)| !moving.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect())
        };
        self.records.iter().for_each(|(id, r)| drop(keep(format!("dns/{id}"), plain(&r.shown))));
        self.settings.iter().for_each(|(id, s)| drop(keep(format!("setting/{id}"), json!({ "value": s.value, "editable": s.editable }))));
        for (phase, ruleset) in &self.rulesets {
            let refs: Vec<&Value> = ruleset.rules.iter().map(|r| &r["ref"]).collect();
            if refs.len() > 1 {
                keep(format!("rules/{phase}"), json!(refs));
            }
            for rule in &ruleset.rules {
                keep(format!("rules/{phase}/{}", rule["ref"].as_str().unwrap_or("")), plain(rule));
            }
        }
    }
}

/// 32 digits that depend on a text.
pub fn hex(seed: &str) -> String {
    Sha256::digest(seed.as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect()
}
