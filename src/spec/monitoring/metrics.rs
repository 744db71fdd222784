//! `monitoring.metrics`: what applications measure themselves. An agent beside each container asks it, and a workspace keeps the answers.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Monitoring, Severity};
use crate::diag::Code;
use crate::kinds::launch_template::{Agent, LISTENS, Target};
use crate::kinds::metrics_workspace::{AlertRule, KEPT, by_rule};
use crate::kinds::{Address, Kind, MetricsWorkspace, Part, Ref, Text};
use crate::model::Computed;
use crate::spec::Spec;
use crate::spec::check::Check;
use crate::spec::compute::Compute;
use crate::spec::lower::{Lower, allow, int};
use crate::spec::units::{Duration, HttpPath, Name, fixed};

/// What applications measure themselves, in Prometheus's form (AWS: Managed Prometheus). A small container beside the application asks for it, on each
/// instance of the compute entries that `custom` names; turning that on replaces their instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// How often it is asked for, 5s to 2m.
    pub scrape_interval: Duration,
    /// How long it is kept: 1d to 1095d, whole days. A shorter time deletes what is older.
    pub retention_period: Duration,
    /// What is asked for, by name, which is the label `job` of what is measured.
    pub custom: BTreeMap<Name, Custom>,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { scrape_interval: Duration::seconds(15), retention_period: Duration::days(150), custom: BTreeMap::new() }
    }
}

/// A place at which an application tells what it measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Whose containers are asked, an entry of `compute`.
    pub from: Name,
    /// The path that is asked for.
    #[serde(default = "path")]
    pub path: HttpPath,
    /// The port that is asked, if not the application's; nobody but the instance itself may connect to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
}

fn path() -> HttpPath {
    fixed("/metrics")
}

/// The one workspace of a stack.
const WORKSPACE: &str = "main";

/// Prometheus forgets a series five minutes after its last sample, so that one may be missed; often enough, and no load ("Staleness").
const ASKED: (Duration, Duration) = (Duration::seconds(5), Duration::seconds(120));

pub fn check(metrics: &Metrics, cx: &mut Check<'_>) {
    cx.within(&["monitoring", "metrics", "scrape_interval"], metrics.scrape_interval, ASKED.0, ASKED.1);
    let period = metrics.retention_period;
    if !period.as_days().is_some_and(|days| i32::try_from(days).is_ok_and(|days| KEPT.contains(&days))) {
        let message = format!("Managed Prometheus does not keep metrics for {period}");
        let path = ["monitoring", "metrics", "retention_period"];
        cx.error(Code::OutOfRange, &path, "this duration", message, "write whole days from 1d to 1095d");
    }
    let spec = cx.spec;
    let containers = spec.compute.iter().filter(|(_, entry)| entry.image.is_some()).map(|(name, _)| name.as_str());
    for (name, custom) in &metrics.custom {
        let at = |field| ["monitoring", "metrics", "custom", name.as_str(), field];
        match spec.compute.get(&custom.from).filter(|entry| entry.image.is_some()) {
            None => cx.unknown(&at("from"), &[&["compute"]], "compute entry with a container", custom.from.as_str(), containers.clone()),
            Some(entry) => of_entry(name, custom, entry, cx),
        }
        let twin = metrics.custom.range::<Name, _>(..name).find(|(_, other)| place(spec, other) == place(spec, custom));
        if let Some((other, _)) = twin.filter(|_| place(spec, custom).is_some()) {
            let (this, that) = (at("from"), ["monitoring", "metrics", "custom", other.as_str(), "from"]);
            let places = [(&this[..], "this one"), (&that[..], "and this one")];
            let message = format!("`{name}` and `{other}` ask for the same at the same place: everything would be there twice");
            cx.both(Code::Duplicate, places, message, "leave one of them out, or give it another `path` or `port`");
        }
    }
}

/// Where it is asked.
fn place<'c>(spec: &Spec, custom: &'c Custom) -> Option<(&'c Name, u16, &'c HttpPath)> {
    Some((&custom.from, custom.port.or(spec.compute.get(&custom.from)?.port)?, &custom.path))
}

/// There is a port to ask at, and the agent's own is free.
fn of_entry(name: &Name, custom: &Custom, entry: &Compute, cx: &mut Check<'_>) {
    let at = |field| ["monitoring", "metrics", "custom", name.as_str(), field];
    let from = &custom.from;
    if custom.port.is_none() && entry.port.is_none() && cx.knows(&["compute", from.as_str(), "port"]) {
        let message = format!("`compute.{from}` has no port at which it could be asked what it measures");
        cx.error(Code::Missing, &at("from"), "of this entry", message, "add `port` here, or to the entry");
    }
    let port = at("port");
    let entry_port = ["compute", from.as_str(), "port"];
    let health_port = ["compute", from.as_str(), "health_check", "port"];
    let ports = [(custom.port, &port[..]), (entry.port, &entry_port[..]), (entry.health_check.port, &health_port[..])];
    for (_, path) in ports.into_iter().filter(|(port, _)| *port == Some(LISTENS)) {
        let message = format!("the agent that asks `compute.{from}` listens on port {LISTENS} of the instance itself");
        cx.error(Code::Refused, path, "this port", message, "let the application listen on another one");
    }
}

/// The agent beside an entry's containers; `None` where nothing is asked.
pub fn agent(spec: &Spec, name: &Name, entry: &Compute) -> Option<Agent> {
    let metrics = spec.monitoring.as_ref()?.metrics.as_ref().filter(|_| entry.image.is_some())?;
    let asked = metrics.custom.iter().filter(|(_, custom)| custom.from == *name);
    let target = |(job, custom): (&Name, &Custom)| {
        let port = custom.port.or(entry.port)?;
        Some((job.to_string(), Target { port: int(port), path: custom.path.to_string() }))
    };
    let targets: BTreeMap<String, Target> = asked.filter_map(target).collect();
    (!targets.is_empty()).then(|| Agent {
        workspace: Text(vec![Part::Output { r#ref: Address::new(Kind::MetricsWorkspace, WORKSPACE), attr: "id".into() }]),
        region: spec.region.to_string(),
        interval: int(metrics.scrape_interval.as_seconds()),
        targets: targets.into(),
    })
}

/// What an agent may do: write to the stack's workspace, which only its tags tell from others.
pub fn write(l: &Lower<'_>) -> serde_json::Value {
    let workspaces = format!("arn:{}:aps:{}:{}:workspace/*", l.partition(), l.spec.region, l.account());
    let mut policy = allow(&["aps:RemoteWrite"], &[workspaces]);
    policy["Statement"][0]["Condition"] = serde_json::json!({ "StringEquals": { "aws:ResourceTag/infra:stack": l.spec.stack.as_str() } });
    policy
}

/// Adds the workspace, with the rules on what is measured.
pub fn lower(entry: &Monitoring, metrics: &Metrics, l: &mut Lower<'_>) {
    let rules: BTreeMap<String, AlertRule> = entry.expressions().map(|(name, rule)| (name.to_string(), rule)).collect();
    let by_severity =
        Severity::ALL.iter().filter_map(|severity| Some((severity.text().to_owned(), entry.notify.topic(*severity)?.to_owned())));
    let by_name = entry
        .told_apart()
        .filter(|(name, _)| rules.contains_key(name.as_str()))
        .map(|(name, _)| (by_rule(name.as_str()), by_rule(name.as_str())));
    let topics = by_severity.chain(by_name).filter(|_| !rules.is_empty()).map(|(told, topic)| (told, Ref::to(topic)));
    let workspace = MetricsWorkspace {
        retention_days: int(metrics.retention_period.as_days().unwrap_or_default()),
        topics: topics.collect(),
        rules: rules.into(),
        tags: l.tags("metrics"),
        arn: Computed::default(),
    };
    l.add(WORKSPACE, "monitoring.metrics", workspace);
}
