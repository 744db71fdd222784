//! `load_balancer`: the application load balancer that clients reach.
mod check;
mod fields;
mod lower;
pub mod routes;

pub use lower::behind;

use super::cdn::Cdn;
use super::check::Check;
use super::derive::tier;
use super::lower::{Lower, output};
use super::node::{Node, Val};
use super::section::{Attributes, Fields, Section, SectionGroup, peers};
use super::sections::Spec;
use super::timeouts::Timeouts;
use super::units::{Duration, Name, Peer, SslPolicy, Target, fixed, host_pattern};
use crate::kinds::{Kind, Part};
use routes::{Action, Redirect, Respond, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An application load balancer over several zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// Whether clients reach it from the internet or only from the VPC. Changing it is a replacement.
    #[serde(default = "scheme")]
    pub scheme: Scheme,
    /// The subnet tier it stands in.
    #[schemars(extend("x-default" = "the first public tier; the first private tier for an internal one"))]
    pub subnets: Name,
    /// Who may connect to its listeners.
    #[schemars(extend("x-default" = "[anywhere]; [vpc] for an internal one; [cdn] with cdn.origin.locked_to_cloudflare"))]
    pub allow_from: Vec<Peer>,
    /// What it listens on, by name.
    #[schemars(extend("minProperties" = 1))]
    pub listeners: BTreeMap<Name, Listener>,
    /// How long a silent connection stays open, 1s to 4000s (AWS: `idle_timeout.timeout_seconds`).
    #[serde(default = "idle_timeout")]
    pub idle_timeout: Duration,
    /// Whether requests are logged to a bucket (AWS: `access_logs.s3.enabled`).
    #[serde(default = "yes")]
    pub access_logs: bool,
    /// Whether AWS refuses to delete it (AWS: `deletion_protection.enabled`).
    #[serde(default = "yes")]
    pub deletion_protection: bool,
    /// Whether headers with invalid names are dropped (AWS: `routing.http.drop_invalid_header_fields.enabled`).
    #[serde(default = "yes")]
    pub drop_invalid_headers: bool,
    /// Whether clients may speak HTTP/2 (AWS: `routing.http2.enabled`).
    #[serde(default = "yes")]
    pub http2: bool,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
}

impl Section for LoadBalancer {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "load_balancer: { listeners: { http: { port: 80, forward: app } } }\ncompute: { app: { port: 80 } }";
    const ATTRIBUTES: Attributes = &[
        ("dns_name", |_, _| output(Kind::LoadBalancer, "main", "dns_name")),
        ("url", |spec, _| public_url(spec)),
        ("zone_id", |_, _| output(Kind::LoadBalancer, "main", "zone_id")),
    ];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let internal = node.text_of("scheme") == "internal";
        let (kinds, peer) = if internal { (&["private", "isolated"][..], "vpc") } else { (&["public"][..], "anywhere") };
        node.fill("subnets", |at| Node::text(tier(spec, kinds), at));
        let locked = spec.get("cdn").and_then(|cdn| cdn.get("origin")?.get("locked_to_cloudflare")?.as_bool());
        let peer = if locked == Some(true) { "cdn" } else { peer };
        node.fill("allow_from", |at| Node { value: Val::List(vec![Node::text(peer, at)]), at });
        if let Some(listeners) = node.get_mut("listeners") {
            listeners.each_entry(|listener| {
                let protocol = if listener.get("certificate").is_some() { "https" } else { "http" };
                listener.fill("protocol", |at| Node::text(protocol, at));
            });
        }
    }

    fn groups(&self, spec: &Spec) -> Vec<SectionGroup> {
        vec![SectionGroup {
            target: Target::one("load_balancer"),
            name: GROUP.into(),
            renamed_from: None,
            ports: self.listeners.values().map(|listener| listener.port).collect(),
            peers: peers(&self.allow_from, &["load_balancer", "allow_from"]),
            alone: vec![],
            connects: true,
            reached_by: super::cdn::leading(spec),
        }]
    }

    fn check(&self, cx: &mut Check<'_>) {
        check::check(self, cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
        self.timeouts.lower(l, "load_balancer");
    }
}

/// The name of the load balancer's security group.
pub const GROUP: &str = "load_balancer";

/// The address that clients use: the name of a record that leads through Cloudflare, first one that a listener has a certificate for; without such
/// records the load balancer's own name.
fn public_url(spec: &Spec) -> Vec<Part> {
    let listeners = || spec.load_balancer.iter().flat_map(|balancer| balancer.listeners.values());
    let names: Vec<String> =
        spec.cdn.iter().flat_map(Cdn::leading).filter(|(_, record, _)| record.proxied).map(|(.., name)| name).collect();
    let certified = |name: &&String| listeners().any(|listener| listener.certificate.as_ref() == Some(*name));
    if let Some(name) = names.iter().find(certified).or(names.first()) {
        return vec![Part::Literal(format!("https://{name}"))];
    }
    let scheme = if listeners().any(|listener| listener.certificate.is_some()) { "https://" } else { "http://" };
    [vec![Part::Literal(scheme.into())], output(Kind::LoadBalancer, "main", "dns_name")].concat()
}

/// Where the load balancer answers for an entry: its own name, behind the first listener that leads there.
pub fn url_of(spec: &Spec, entry: &Name) -> Vec<Part> {
    let leads = |listener: &&Listener| {
        listener.forward.as_ref() == Some(entry) || listener.routes.values().any(|route| route.forward.as_ref() == Some(entry))
    };
    let listener = spec.load_balancer.iter().flat_map(|balancer| balancer.listeners.values()).find(leads);
    let https = listener.is_some_and(|listener| listener.certificate.is_some());
    let (scheme, usual) = if https { ("https://", 443) } else { ("http://", 80) };
    let port = listener.map(|listener| listener.port).filter(|port| *port != usual).map(|port| Part::Literal(format!(":{port}")));
    let host = output(Kind::LoadBalancer, "main", "dns_name");
    [Part::Literal(scheme.into())].into_iter().chain(host).chain(port).collect()
}

/// Every entry that requests are forwarded to, by listeners and by their routes, with the path of the field that says so.
pub fn forwards(spec: &Spec) -> impl Iterator<Item = (Vec<&str>, &Name)> {
    let listeners = spec.load_balancer.iter().flat_map(|balancer| &balancer.listeners);
    listeners.flat_map(|(name, listener)| {
        let at = ["load_balancer", "listeners", name.as_str()];
        let own = listener.forward.as_ref().map(|entry| ([&at[..], &["forward"]].concat(), entry));
        let routes = listener.routes.iter().filter_map(move |(route, it)| {
            it.forward.as_ref().map(|entry| ([&at[..], &["routes", route.as_str(), "forward"]].concat(), entry))
        });
        own.into_iter().chain(routes)
    })
}

/// The paths of the fields that forward to an entry.
pub fn forwarding<'a>(spec: &'a Spec, entry: &'a Name) -> impl Iterator<Item = Vec<&'a str>> {
    forwards(spec).filter(move |(_, to)| *to == entry).map(|(path, _)| path)
}

/// Where a load balancer is reached from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// From the VPC.
    Internal,
    /// From the internet.
    InternetFacing,
}

/// One port and what happens to requests on it that no route takes: `forward`, `redirect` or `respond`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// What clients speak.
    #[schemars(extend("x-default" = "https with a certificate, else http"))]
    pub protocol: ListenerProtocol,
    /// Its certificate: a host name of the CDN's zone, for which one is requested and validated, or the ARN of one of AWS Certificate Manager in the
    /// stack's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Which versions and ciphers of TLS are spoken (AWS: `SslPolicy`); of no effect with http.
    #[serde(default = "ssl_policy")]
    pub ssl_policy: SslPolicy,
    /// The compute entry, function or workload that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Name>,
    /// Where clients are sent: another listener's name (for good, 301), or the parts of the address that change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// What the load balancer itself answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond: Option<Respond>,
    /// Which requests go elsewhere, by name; their order follows from what they ask for (AWS: `ListenerRule`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routes: BTreeMap<Name, Route>,
}

impl Listener {
    fn action(&self) -> Action<'_> {
        Action { forward: self.forward.as_ref(), redirect: self.redirect.as_ref(), respond: self.respond.as_ref() }
    }

    /// The host that a certificate is requested for, in its one form; nothing for an ARN.
    pub fn host(&self) -> Option<String> {
        let written = self.certificate.as_deref().filter(|written| !written.starts_with("arn:"));
        written.and_then(host_pattern)
    }
}

/// What clients speak to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListenerProtocol {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

fn scheme() -> Scheme {
    Scheme::InternetFacing
}

fn idle_timeout() -> Duration {
    Duration::seconds(60)
}

fn yes() -> bool {
    true
}

fn ssl_policy() -> SslPolicy {
    fixed("ELBSecurityPolicy-TLS13-1-2-2021-06")
}
