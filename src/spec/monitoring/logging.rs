//! `monitoring.logging`: the output of containers, functions and caches, each in a log group of its own. The groups come from the entries that write.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::Code;
use crate::kinds::log_group::KEPT;
use crate::kinds::{Address, Kind, LogGroup, Part, Text};
use crate::spec::Spec;
use crate::spec::cache;
use crate::spec::check::Check;
use crate::spec::compute::Compute;
use crate::spec::functions;
use crate::spec::lower::{Lower, allow, int};
use crate::spec::monitoring::counted::filters;
use crate::spec::suggest::{list, nearest};
use crate::spec::units::{Duration, Kept, Name};

/// What applications and caches write: every container of `compute`, every function and every cache has a log group of its own; a container's output is a stream an
/// instance. `infra logs` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// How long it is kept: days that CloudWatch Logs takes, or `forever`. A shorter time deletes what is older.
    pub retention_period: Kept,
    /// Compute entries whose containers write to no log group: their output stays on the instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<Name>,
}

impl Default for Logging {
    fn default() -> Self {
        Logging { retention_period: Kept::For(Duration::days(30)), off: vec![] }
    }
}

pub fn check(logging: &Logging, cx: &mut Check<'_>) {
    if let Kept::For(period) = logging.retention_period {
        kept(cx, &["monitoring", "logging", "retention_period"], "logs", period);
    }
    let spec = cx.spec;
    let containers = spec.compute.iter().filter(|(_, entry)| entry.image.is_some()).map(|(name, _)| name.as_str());
    for (index, name) in logging.off.iter().enumerate() {
        if !containers.clone().any(|known| known == name.as_str()) {
            let path = ["monitoring", "logging", "off", &index.to_string()];
            cx.unknown(&path, &[&["compute"]], "compute entry with a container", name.as_str(), containers.clone());
        }
    }
}

/// Days that CloudWatch Logs keeps events.
pub fn kept(cx: &mut Check<'_>, path: &[&str], what: &str, period: Duration) {
    if period.as_days().is_some_and(|days| KEPT.contains(&days)) {
        return;
    }
    let days = period.as_seconds() / 86_400;
    let near = KEPT.iter().find(|known| **known >= days).copied().unwrap_or(3653);
    let message = format!("CloudWatch Logs does not keep {what} for {period}");
    let help = format!("the nearest that it takes is `{}`", Duration::days(near));
    cx.error(Code::OutOfRange, path, "this duration", message, help);
}

/// The name of the log group of a compute entry; functions' groups have theirs from `functions`.
pub fn group(name: &Name) -> String {
    format!("compute.{name}")
}

/// Whether the output of an entry's container goes to a log group.
pub fn logged(spec: &Spec, name: &Name, entry: &Compute) -> bool {
    entry.image.is_some() && spec.monitoring.as_ref().is_some_and(|monitoring| !monitoring.logging.off.contains(name))
}

/// Where what an entry writes goes.
pub enum Written {
    /// To this log group, or to the pods behind this deployment, job or cron job.
    To(Address),
    /// Nowhere that can be read from here: why, and what to do.
    Nowhere(String, String),
}

/// Where what an entry writes goes: `compute.app`, `functions.hello`, `cache.main`, `kubernetes.workloads.shop` or `kubernetes.jobs.migrate`.
pub fn written(spec: &Spec, entry: &str) -> Written {
    let group_of = |name: String| Address::new(Kind::LogGroup, name);
    let computes =
        spec.compute.iter().map(|(name, compute)| (format!("compute.{name}"), group_of(group(name)), unlogged(spec, name, compute)));
    let functions = spec.functions.keys().map(|name| (format!("functions.{name}"), group_of(functions::own(name)), None));
    let caches = spec
        .cache
        .iter()
        .map(|(name, cache)| (format!("cache.{name}"), group_of(cache::logs::group(name)), cache::logs::unlogged(spec, cache)));
    let workloads =
        spec.workloads().map(|(name, _)| (format!("kubernetes.workloads.{name}"), Address::new(Kind::Deployment, name.as_str()), None));
    let jobs = spec.jobs().map(|(name, job)| (format!("kubernetes.jobs.{name}"), Address::new(job.kind(), name.as_str()), None));
    let all: Vec<(String, Address, Option<&str>)> = computes.chain(functions).chain(caches).chain(workloads).chain(jobs).collect();
    let Some((_, address, unlogged)) = all.iter().find(|(path, ..)| path == entry) else {
        let known = || all.iter().map(|(path, ..)| path.as_str());
        let near = nearest(entry, known()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let help = if all.is_empty() {
            "the spec has no `compute`, `functions` or `cache`, and nothing that runs in a cluster".into()
        } else {
            format!("{near}there is {}", list(known()))
        };
        return Written::Nowhere(format!("there is no entry `{entry}` that writes logs"), help);
    };
    match unlogged {
        Some(help) => Written::Nowhere(format!("`{entry}` writes to no log group"), (*help).into()),
        None => Written::To(address.clone()),
    }
}

/// Why the output of an entry's container goes to no log group, as what to do about it.
fn unlogged(spec: &Spec, name: &Name, entry: &Compute) -> Option<&'static str> {
    (!logged(spec, name, entry)).then(|| match &spec.monitoring {
        _ if entry.image.is_none() => "what `user_data` starts writes where it says; a container (`image`) would write to CloudWatch Logs",
        None => "add `monitoring: {}` and apply it; what was written so far is on the instances (`journalctl -u infra-app`)",
        Some(_) => {
            "take it out of `monitoring.logging.off` and apply it; what was written so far is on the instances (`journalctl -u infra-app`)"
        }
    })
}

/// What the boot script writes to: the group's name, once it is there.
pub fn destination(spec: &Spec, name: &Name, entry: &Compute) -> Option<Text> {
    let id = || Text(vec![Part::Output { r#ref: Address::new(Kind::LogGroup, group(name)), attr: "id".into() }]);
    logged(spec, name, entry).then(id)
}

/// For how many days logs are kept; `None` for ever. Functions have a group in a stack without `monitoring`, too: that it comes later takes nothing away.
pub fn retention(spec: &Spec) -> Option<i32> {
    let period = spec.monitoring.as_ref().map_or_else(Logging::default, |monitoring| monitoring.logging.clone()).retention_period;
    period.duration().map(|period| int(period.as_days().unwrap_or_default()))
}

/// Adds the log group of an entry, which bears the name `own`.
pub fn add(l: &mut Lower<'_>, own: String, origin: &str, tags: &Name) {
    let retention_days = retention(l.spec);
    let metric_filters = filters(l.spec, l.spec.monitoring.as_ref(), tags);
    let group = LogGroup { retention_days, metric_filters, tags: l.tags(tags.as_str()) };
    l.add(own, origin, group);
}

/// What whoever writes to a log group may do there, and nowhere else: never make the group, which would bring back what was deleted. Its name has its address
/// in it, and who made it.
pub fn write(l: &Lower<'_>, own: &str) -> serde_json::Value {
    let (partition, region, account, stack) = (l.partition(), &l.spec.region, l.account(), &l.spec.stack);
    let group = format!("arn:{partition}:logs:{region}:{account}:log-group:/infra/{stack}/{own}/*");
    allow(&["logs:CreateLogStream", "logs:PutLogEvents"], &[group])
}
