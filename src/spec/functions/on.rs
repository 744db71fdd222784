//! `functions.X.on`: what calls a function by itself.
use std::collections::BTreeMap;

use super::Function;
use crate::diag::Code;
use crate::kinds::bucket_notification::{CREATED, REMOVED, Told};
use crate::kinds::{BucketNotification, EventRule, Ref};
use crate::spec::check::Check;
use crate::spec::lower::Lower;
use crate::spec::units::{Name, ScheduleExpression};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What calls a function by itself, beside those who are allowed to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct On {
    /// Times at which it is called, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schedule: BTreeMap<Name, OnSchedule>,
    /// Buckets of `storage`, by name, and what of them calls it. What else the bucket tells others stays.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<Name, OnStorage>,
}

impl On {
    pub fn is_empty(&self) -> bool {
        self.schedule.is_empty() && self.storage.is_empty()
    }
}

/// When a function is called again and again (AWS: a rule of EventBridge).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnSchedule {
    /// When, in UTC: rules have no time zone, and so none of them follows daylight saving time (AWS: `ScheduleExpression`).
    pub expression: ScheduleExpression,
    /// Whether it calls; `false` keeps the rule.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// Which objects of a bucket call a function, each once (AWS: a `LambdaFunctionConfiguration` of the bucket). No two functions are called for one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnStorage {
    /// What happens to them.
    #[serde(default)]
    pub events: StorageEvents,
    /// What their keys begin with; all when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub prefix: String,
    /// What their keys end with; all when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub suffix: String,
}

/// What happens to objects of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageEvents {
    /// They come and go.
    Both,
    /// They are written, anew or over others (AWS: `s3:ObjectCreated:*`).
    #[default]
    Created,
    /// They are deleted (AWS: `s3:ObjectRemoved:*`).
    Removed,
}

/// The buckets are there.
pub(super) fn check(name: &str, on: &On, cx: &mut Check<'_>) {
    let spec = cx.spec;
    for (bucket, it) in &on.storage {
        let path = ["functions", name, "on", "storage", bucket.as_str()];
        let Some(entry) = spec.storage.get(bucket) else {
            cx.unknown(&path, &[&["storage"]], "bucket", bucket.as_str(), spec.storage.keys().map(Name::as_str));
            continue;
        };
        // Without a prefix or a suffix whatever it writes there calls it again.
        let writes = entry.allow_from.iter().any(|g| g.name.as_str() == name && g.access.unwrap_or(entry.access).writes());
        if writes && it.events != StorageEvents::Removed && it.prefix.is_empty() && it.suffix.is_empty() {
            let grants = ["storage", bucket.as_str(), "allow_from"];
            let places = [(&path[..], "calls it for every object"), (&grants[..], "lets it write objects")];
            let message = format!("what `functions.{name}` writes into `storage.{bucket}` would call it again, without end");
            let help = "add `prefix:` or `suffix:`, let it write into another bucket, or give it `access: read` there";
            cx.both(Code::Refused, places, message, help);
        }
    }
}

/// The rules that call a function at certain times.
pub(super) fn scheduled(name: &Name, entry: &Function, l: &mut Lower<'_>) {
    for (schedule, on) in &entry.on.schedule {
        let own = |function: &Name| format!("{function}.{schedule}");
        l.renamed::<EventRule>(own(name), entry.renamed_from.as_ref().map(own));
        let rule = EventRule {
            schedule: on.expression.to_string(),
            enabled: on.enabled,
            function: Some(Ref::to(name.as_str())),
            tags: l.tags(&own(name)),
        };
        l.add(own(name), format!("functions.{name}.on.schedule.{schedule}"), rule);
    }
}

/// What each bucket tells functions of; it comes from the first of them.
pub(super) fn told(l: &mut Lower<'_>) {
    let mut all: BTreeMap<&Name, (&Name, BucketNotification)> = BTreeMap::new();
    for (name, function) in &l.spec.functions {
        for (bucket, on) in &function.on.storage {
            let events: &[&str] = match on.events {
                StorageEvents::Both => &[CREATED, REMOVED],
                StorageEvents::Created => &[CREATED],
                StorageEvents::Removed => &[REMOVED],
            };
            let told = Told {
                function: Ref::to(name.as_str()),
                events: events.iter().map(|e| (*e).to_owned()).collect(),
                prefix: on.prefix.clone(),
                suffix: on.suffix.clone(),
            };
            let none = || BucketNotification { bucket: Ref::to(bucket.as_str()), functions: Default::default() };
            let (_, made) = all.entry(bucket).or_insert_with(|| (name, none()));
            made.functions.insert(name.to_string(), told);
        }
    }
    for (bucket, (first, made)) in all {
        let old = l.spec.storage.get(bucket).and_then(|entry| entry.renamed_from.as_ref()).map(Name::to_string);
        l.renamed::<BucketNotification>(bucket.as_str(), old);
        l.add(bucket.as_str(), format!("functions.{first}.on.storage.{bucket}"), made);
    }
}
