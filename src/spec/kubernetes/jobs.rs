//! `kubernetes.jobs`: what comes to an end, by the clock or once for each version.
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::workloads::{clash, secrets};
use super::{CLUSTER, Resources};
use crate::diag::{Code, Finding};
use crate::kinds::work::Work;
use crate::kinds::{CronJob, Job as OneJob, Kind, Pointer, Ref};
use crate::spec::check::Check;
use crate::spec::env::{EnvSource, SecretRef};
use crate::spec::lower::{Lower, int};
use crate::spec::timeouts::Timeouts;
use crate::spec::units::{Cron, Duration, EnvName, Image, Name, TimeZone, fixed};

/// One container that comes to an end: at the moments of its `schedule` (Kubernetes: a CronJob, of which one run at a time goes on), or, without one, once for
/// each version of it, before workloads are changed (Kubernetes: a Job). When that fails, nothing is changed; what it did stays done. Like workloads it runs
/// without root, without privileges and without a token of the cluster's API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The container image. Its user is a number other than 0.
    pub image: Image,
    /// What the container runs in place of its image's own command, word by word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// When it runs; once for each version when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Cron>,
    /// The time zone of the schedule.
    #[serde(default = "utc")]
    pub time_zone: TimeZone,
    /// What its pod is given.
    #[serde(default)]
    pub resources: Resources,
    /// Environment variables, by name; whoever may read the cluster may read them, but for what comes from the environment of this process. Another value of that
    /// is another version.
    #[serde(default)]
    pub env: BTreeMap<EnvName, EnvSource>,
    /// After so long it has failed, 10s to 1d.
    #[serde(default = "deadline")]
    pub deadline: Duration,
    /// So often it is tried again.
    #[serde(default = "retries")]
    #[schemars(range(min = 0, max = 10))]
    pub retries: u32,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
}

impl Job {
    /// The kind of what it is in the cluster.
    pub fn kind(&self) -> Kind {
        if self.schedule.is_some() { Kind::CronJob } else { Kind::Job }
    }
}

fn utc() -> TimeZone {
    fixed("Etc/UTC")
}

fn deadline() -> Duration {
    Duration::seconds(3600)
}

fn retries() -> u32 {
    2
}

pub fn check(name: &Name, entry: &Job, cx: &mut Check<'_>) {
    let this = ["kubernetes", "jobs", name.as_str()];
    entry.timeouts.check(cx, &this);
    cx.within(&[&this[..], &["deadline"]].concat(), entry.deadline, Duration::seconds(10), Duration::days(1));
    clash(cx, ("jobs", "job"), name);
    if cx.spec.workload(name).is_some() {
        let other = ["kubernetes", "workloads", name.as_str()];
        let message = format!("`{name}` is a job and a workload: requests for the one would be sent to pods of the other");
        let place = |path: &[&str], label: &str| cx.sources.place(cx.sources.key(path), label);
        let finding = Finding::error(Code::AmbiguousName, message, "give one of them another name");
        let finding = finding.at(place(&this, "this job")).at(place(&other, "and this workload"));
        cx.say(&[&this, &other], finding);
    }
    for (key, value) in &entry.env {
        if let EnvSource::Secret(SecretRef::FromSecretsManager(_)) = value {
            let message = format!("a job has no rights at AWS, so that it can't ask Secrets Manager for `{key}`");
            let help = "hand the value over: `{ from_env: NAME }`";
            cx.error(Code::Refused, &[&this[..], &["env", key.as_str()]].concat(), "this secret", message, help);
        }
    }
}

/// The jobs; those that workloads wait for.
pub fn lower(namespace: &str, all: &BTreeMap<Name, Job>, l: &mut Lower<'_>) -> BTreeSet<Pointer> {
    let mut first = BTreeSet::new();
    for (name, entry) in all {
        let origin = format!("kubernetes.jobs.{name}");
        let given = secrets::lower(name, &entry.env, &origin, l);
        let (cluster, namespace, work) = (Ref::to(CLUSTER), Ref::to(namespace), work(name, entry, given, l));
        match &entry.schedule {
            Some(schedule) => {
                let (schedule, time_zone) = (schedule.to_string(), entry.time_zone.to_string());
                let job = CronJob { cluster, namespace, name: name.to_string(), schedule, time_zone, work, uid: Default::default() };
                l.add(name.as_str(), &origin, job);
            }
            None => {
                l.add(name.as_str(), &origin, OneJob { cluster, namespace, name: name.to_string(), work, uid: Default::default() });
                first.insert(Pointer::to(Kind::Job, name.as_str()));
            }
        }
        entry.timeouts.lower(l, &origin);
    }
    first
}

fn work(name: &Name, entry: &Job, given: bool, l: &Lower<'_>) -> Work {
    let text = |value: &EnvSource| if let EnvSource::Text(text) = value { Some(l.text(text)) } else { None };
    Work {
        image: entry.image.to_string(),
        command: entry.command.clone(),
        cpu: entry.resources.cpu.canonical(),
        memory: entry.resources.memory.quantity(),
        env: entry.env.iter().filter_map(|(key, value)| Some((key.to_string(), text(value)?))).collect(),
        env_from: given.then(|| Ref::to(name.as_str())),
        deadline: int(entry.deadline.as_seconds()),
        retries: int(entry.retries),
        restricted: true,
    }
}
