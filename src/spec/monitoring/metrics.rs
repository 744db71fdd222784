//! `monitoring.metrics`: what applications measure themselves. An agent beside each container asks it, on instances and in pods, and a workspace keeps the answers.
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
use crate::spec::lower::{Lower, allow, int};
use crate::spec::units::{Duration, HttpPath, Name, fixed};

/// What applications measure themselves, in Prometheus's form (AWS: Managed Prometheus). A small container beside the application asks for it, on each
/// instance of the compute entries and in each pod of the workloads that `custom` names; turning that on replaces these.
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
    /// Whose containers are asked, an entry of `compute` or of `kubernetes.workloads`.
    pub from: Name,
    /// The path that is asked for.
    #[serde(default = "path")]
    pub path: HttpPath,
    /// The port that is asked, if not the application's; nobody but the instance or the pod itself is let in there for that.
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
    let containers = containers.chain(spec.workloads().map(|(name, _)| name.as_str()));
    for (name, custom) in &metrics.custom {
        let at = |field| ["monitoring", "metrics", "custom", name.as_str(), field];
        match Source::of(spec, &custom.from) {
            None => {
                let maps: [&[&str]; 2] = [&["compute"], &["kubernetes", "workloads"]];
                cx.unknown(&at("from"), &maps, "compute entry with a container, or workload,", custom.from.as_str(), containers.clone());
            }
            Some(source) => of_source(name, custom, &source, cx),
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
    Some((&custom.from, custom.port.or(Source::of(spec, &custom.from)?.port)?, &custom.path))
}

/// An entry whose containers may be asked.
struct Source {
    /// Where it stands in the spec.
    path: Vec<String>,
    /// What its container shares the agent's network with.
    within: &'static str,
    port: Option<u16>,
    checked: Option<u16>,
}

impl Source {
    fn of(spec: &Spec, name: &Name) -> Option<Self> {
        let path = |section: &[&str]| section.iter().chain([&name.as_str()]).map(ToString::to_string).collect();
        if let Some(entry) = spec.compute.get(name).filter(|entry| entry.image.is_some()) {
            return Some(Source { path: path(&["compute"]), within: "instance", port: entry.port, checked: entry.health_check.port });
        }
        let entry = spec.workload(name)?;
        let checked = entry.health_check.as_ref().and_then(|check| check.port);
        Some(Source { path: path(&["kubernetes", "workloads"]), within: "pod", port: entry.port, checked })
    }

    fn at<'s>(&'s self, field: &[&'s str]) -> Vec<&'s str> {
        self.path.iter().map(String::as_str).chain(field.iter().copied()).collect()
    }
}

/// There is a port to ask at, and the agent's own is free.
fn of_source(name: &Name, custom: &Custom, source: &Source, cx: &mut Check<'_>) {
    let at = |field| ["monitoring", "metrics", "custom", name.as_str(), field];
    let from = source.path.join(".");
    if custom.port.is_none() && source.port.is_none() && cx.knows(&source.at(&["port"])) {
        let message = format!("`{from}` has no port at which it could be asked what it measures");
        cx.error(Code::Missing, &at("from"), "of this entry", message, "add `port` here, or to the entry");
    }
    let (port, own, health) = (at("port"), source.at(&["port"]), source.at(&["health_check", "port"]));
    let ports = [(custom.port, &port[..]), (source.port, &own[..]), (source.checked, &health[..])];
    for (_, path) in ports.into_iter().filter(|(port, _)| *port == Some(LISTENS)) {
        let message = format!("the agent that asks `{from}` listens on port {LISTENS} of the {} itself", source.within);
        cx.error(Code::Refused, path, "this port", message, "let the application listen on another one");
    }
}

/// The agent beside an entry's containers; `None` where nothing is asked.
pub fn agent(spec: &Spec, name: &Name) -> Option<Agent> {
    let metrics = spec.monitoring.as_ref()?.metrics.as_ref()?;
    let source = Source::of(spec, name)?;
    let asked = metrics.custom.iter().filter(|(_, custom)| custom.from == *name);
    let target = |(job, custom): (&Name, &Custom)| {
        let port = custom.port.or(source.port)?;
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
