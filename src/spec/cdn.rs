//! `cdn`: the Cloudflare zone that stands before the stack.
pub mod records;
pub mod rules;
pub mod tls;
pub mod waf;

use super::units::{Domain, Name};
use records::Record;
use rules::{CacheRule, HeaderRule, Redirect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tls::Tls;
use waf::{Ddos, RateLimit, Waf};

/// A Cloudflare zone, and what of it is the stack's: its own records and rules, and the settings that are written. All else in the zone stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cdn {
    /// The zone's name. It must be there; infra makes none. Changing it is a replacement of everything in it.
    pub zone: Domain,
    /// DNS records, by name.
    #[serde(default)]
    pub records: BTreeMap<Name, Record>,
    /// What Cloudflare keeps and for how long, in the order in which it is tried; a later rule wins over an earlier one.
    #[serde(default)]
    pub static_assets: Vec<CacheRule>,
    /// TLS between clients, Cloudflare and the stack.
    #[serde(default)]
    pub tls: Tls,
    /// The web application firewall.
    #[serde(default)]
    pub waf: Waf,
    /// How often a client may ask, in the order in which it is tried.
    #[serde(default)]
    pub rate_limits: Vec<RateLimit>,
    /// The protection from attacks on the HTTP layer, which is always on.
    #[serde(default)]
    pub ddos: Ddos,
    /// Where clients are sent on, in the order in which it is tried; the first one that fits is taken.
    #[serde(default)]
    pub redirects: Vec<Redirect>,
    /// Headers of answers, in the order in which they are changed.
    #[serde(default)]
    pub headers: Vec<HeaderRule>,
    /// The way from Cloudflare to the load balancer.
    #[schemars(extend("x-default" = "see its own fields"))]
    pub origin: Origin,
}

impl Cdn {
    /// The records that lead to the load balancer, and their whole names.
    pub fn leading(&self) -> impl Iterator<Item = (&Name, &Record, String)> {
        self.records.iter().filter(|(_, record)| record.leads()).map(|(key, record)| (key, record, record.name.within(&self.zone)))
    }
}

/// The way from Cloudflare to the load balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Whether only Cloudflare's published ranges reach the load balancer: the same as `allow_from: [cdn]` there.
    #[schemars(extend("x-default" = "true when load_balancer.allow_from is [cdn]"))]
    pub locked_to_cloudflare: bool,
}
