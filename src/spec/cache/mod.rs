//! `cache`: Redis or Valkey with replicas.
mod check;
mod fields;
pub mod logs;
mod lower;

use super::check::Check;
use super::derive::tier;
use super::lower::{Lower, output};
use super::node::Node;
use super::section::{Attributes, Fields, Section, SectionGroup, peers};
use super::sections::Spec;
use super::timeouts::Timeouts;
use super::units::{DailyWindow, Duration, Name, NodeType, Peer, Target, Version, WeeklyWindow, fixed};
use crate::kinds::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A cache: one primary and its replicas, encrypted at rest and in transit (AWS: an ElastiCache replication group).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The engine. Changing it is a replacement.
    #[serde(default = "engine")]
    pub engine: CacheEngine,
    /// The engine's version, such as `"7.1"`: from 6 on major and minor. It only rises.
    #[schemars(extend("x-default" = "\"7.1\" for redis, \"8.0\" for valkey"))]
    pub version: Version,
    /// The ElastiCache node type.
    #[serde(default = "node_type")]
    pub node_type: NodeType,
    /// The subnet tier it stands in.
    #[schemars(extend("x-default" = "the first isolated tier"))]
    pub subnets: Name,
    /// How many copies beside the primary.
    #[serde(default = "replicas")]
    #[schemars(range(min = 0, max = 5))]
    pub replicas: u32,
    /// Whether a replica takes over by itself; needs a replica.
    #[serde(default = "yes")]
    pub automatic_failover: bool,
    /// Whether the nodes stand in different zones; needs automatic failover.
    #[schemars(extend("x-default" = "as automatic_failover"))]
    pub multi_az: bool,
    /// The port.
    #[serde(default = "port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// How long daily snapshots are kept, in whole days up to 35d; `0d` for none.
    #[serde(default = "snapshot_retention")]
    pub snapshot_retention: Duration,
    /// When daily snapshots are taken, at least 60 minutes in UTC.
    #[serde(default)]
    pub snapshot_window: DailyWindow,
    /// When AWS may maintain it, at least 60 minutes in UTC.
    #[serde(default)]
    pub maintenance_window: WeeklyWindow,
    /// The engine's own parameters, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Who may connect.
    #[serde(default)]
    pub allow_from: Vec<Peer>,
    /// Whether its slow log and its engine log go to a log group, where the spec has `monitoring`. Redis writes the slow log from 6.0 on, and the engine log from 6.2 on.
    #[serde(default = "yes")]
    pub log_exports: bool,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
    /// The entry's key before it was renamed; all but its log group, which has the key in its name, is re-stamped, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

impl Section for BTreeMap<Name, Cache> {
    const NAMED: bool = true;
    const MINIMAL: &'static str = "cache: { main: {} }";
    const ATTRIBUTES: Attributes = &[
        ("endpoint", |_, name| output(Kind::ReplicationGroup, name, "endpoint")),
        ("port", |_, name| output(Kind::ReplicationGroup, name, "port")),
        ("reader_endpoint", |_, name| output(Kind::ReplicationGroup, name, "reader_endpoint")),
        ("url", |_, name| output(Kind::ReplicationGroup, name, "url")),
    ];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let subnets = tier(spec, &["isolated", "private"]);
        node.each_entry(|entry| {
            let version = if entry.text_of("engine") == "valkey" { "8.0" } else { "7.1" };
            let failover = entry.get("automatic_failover").and_then(Node::as_bool).unwrap_or(true);
            entry.fill("version", |at| Node::text(version, at));
            entry.fill("subnets", |at| Node::text(subnets.as_str(), at));
            entry.fill("multi_az", |at| Node::bool(failover, at));
        });
    }

    fn groups(&self, _: &Spec) -> Vec<SectionGroup> {
        let follows = |(name, entry): (&Name, &Cache)| SectionGroup {
            target: Target::entry("cache", name),
            name: group(name),
            renamed_from: entry.renamed_from.as_ref().map(group),
            ports: vec![entry.port],
            peers: peers(&entry.allow_from, &["cache", name.as_str(), "allow_from"]),
            alone: vec![],
            connects: false,
            reached_by: BTreeSet::new(),
        };
        self.iter().map(follows).collect()
    }

    fn check(&self, cx: &mut Check<'_>) {
        self.iter().for_each(|(name, entry)| check::check(name.as_str(), entry, cx));
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
        self.iter().for_each(|(name, entry)| entry.timeouts.lower(l, &format!("cache.{name}")));
    }
}

/// The name of an entry's security group.
fn group(name: &Name) -> String {
    format!("cache.{name}")
}

/// A cache's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheEngine {
    /// Redis OSS.
    Redis,
    /// Valkey.
    Valkey,
}

fn engine() -> CacheEngine {
    CacheEngine::Redis
}

fn node_type() -> NodeType {
    fixed("cache.t4g.small")
}

fn replicas() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn port() -> u16 {
    6379
}

fn snapshot_retention() -> Duration {
    Duration::days(7)
}
