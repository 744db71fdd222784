//! The logs of caches: where the environment is watched, each entry has a log group for both.
use super::{Cache, lower::engine};
use crate::canon::Open;
use crate::kinds::replication_group::{LogDelivery, writes};
use crate::kinds::{LogGroup, Ref};
use crate::spec::Spec;
use crate::spec::lower::Lower;
use crate::spec::monitoring::logging::retention;
use crate::spec::units::Name;

/// The name of an entry's log group.
pub fn group(name: &Name) -> String {
    format!("cache.{name}")
}

/// Why an entry has no log group, as what to do about it; `None` where it has one.
pub fn unlogged(spec: &Spec, entry: &Cache) -> Option<&'static str> {
    match spec.monitoring {
        _ if writes(engine(entry.engine), entry.version.as_str()).is_empty() => Some("a newer version delivers logs: Redis from 6.0 on"),
        None => Some("add `monitoring: {}` and apply it"),
        Some(_) if !entry.log_exports => Some("take out `log_exports: false` and apply it"),
        Some(_) => None,
    }
}

/// Adds the log group of an entry, and answers what is written there.
pub fn lower(l: &mut Lower<'_>, name: &Name, entry: &Cache) -> Open<LogDelivery> {
    if unlogged(l.spec, entry).is_some() {
        return Open::new();
    }
    let made = LogGroup { retention_days: retention(l.spec), metric_filters: Open::new(), tags: l.tags(name.as_str()) };
    l.add(group(name), format!("cache.{name}.log_exports"), made);
    let to = || LogDelivery { log_group: Ref::to(group(name)), format: "json".into() };
    writes(engine(entry.engine), entry.version.as_str()).into_iter().map(|log| (log.to_owned(), to())).collect()
}
