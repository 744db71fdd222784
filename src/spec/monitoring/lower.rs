//! `monitoring`: a topic for those who are told.
use std::collections::BTreeSet;

use super::Monitoring;
use crate::kinds::Topic;
use crate::model::Computed;
use crate::spec::lower::Lower;

/// What tells: alarms, events of databases, and Managed Prometheus.
const PUBLISHERS: &[&str] = &["aps.amazonaws.com", "cloudwatch.amazonaws.com", "events.rds.amazonaws.com"];

pub fn lower(entry: &Monitoring, l: &mut Lower<'_>) {
    for (name, contacts) in entry.notify.topics() {
        let topic = Topic {
            display_name: format!("{} {name}", l.spec.stack),
            publishers: PUBLISHERS.iter().map(|service| (*service).to_owned()).collect(),
            // An encrypted topic silences alarms.
            kms_key: None,
            subscribers: contacts.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
            tags: l.tags(name),
            pending: Computed::default(),
        };
        l.add(name, "monitoring.notify", topic);
    }
}
