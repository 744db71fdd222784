//! `cdn`: the Cloudflare zone that stands before the stack.
mod check;
mod fields;
mod lower;
pub mod records;
pub mod rules;
pub mod tls;
pub mod waf;

use super::check::Check;
use super::lower::Lower;
use super::node::{Entry, Node, Val};
use super::section::{Attributes, Fields, Section};
use super::sections::Spec;
use super::units::{Domain, Name};
use crate::kinds::{Address, Kind, Part};
use records::Record;
pub use records::lower::{more, validations};
use rules::{CacheRule, HeaderRule, Redirect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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

/// The records that lead to the load balancer.
pub fn leading(spec: &Spec) -> BTreeSet<Address> {
    let records = spec.cdn.iter().flat_map(Cdn::leading);
    records.map(|(key, ..)| Address::new(Kind::DnsRecord, key.as_str())).collect()
}

impl Section for Cdn {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "cdn: { zone: example.com }";
    const ATTRIBUTES: Attributes = &[("zone", |spec, _| spec.cdn.iter().map(|cdn| Part::Literal(cdn.zone.to_string())).collect())];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let allowed = spec.get("load_balancer").and_then(|balancer| balancer.get("allow_from")).map(|peers| &peers.value);
        let closed =
            matches!(allowed, Some(Val::List(peers)) if !peers.is_empty() && peers.iter().all(|peer| peer.as_text() == Some("cdn")));
        node.fill("origin", Node::map);
        if let Some(origin) = node.get_mut("origin") {
            origin.fill("locked_to_cloudflare", |at| Node::bool(closed, at));
        }
        if let Some(Node { value: Val::Map(records), .. }) = node.get_mut("records") {
            for Entry { key, node: record, .. } in records.iter_mut() {
                let leads = record.get("to").is_some();
                record.fill("name", |at| Node::text(key.as_str(), at));
                record.fill("proxied", |at| Node::bool(leads, at));
                if leads {
                    record.fill("type", |at| Node::text("cname", at));
                }
            }
        }
        for (list, path) in [("static_assets", "match"), ("redirects", "from")] {
            node.each_item(list, |rule| {
                if let Some(name) = rule.get(path).and_then(Node::as_text).map(rules::slug) {
                    rule.fill("name", |at| Node::text(name, at));
                }
            });
        }
        node.each_item("rate_limits", |rule| {
            let passes = ["", "block", "log"].contains(&rule.text_of("action"));
            let timeout = if passes { rule.text_of("per").to_string() } else { "0s".into() };
            rule.fill("timeout", |at| Node::text(timeout, at));
        });
    }

    fn check(&self, cx: &mut Check<'_>) {
        check::check(self, cx);
        records::check::check(self, cx);
        rules::check::check(self, cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
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
