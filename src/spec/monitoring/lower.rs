//! `monitoring`: a topic for those who are told, and the alarms.
use std::collections::BTreeSet;

use super::alarm::{Alarm, all};
use super::watch::At;
use super::{Monitoring, Severity, dashboard, groups, silences};
use crate::kinds::metric_alarm::Number;
use crate::kinds::metrics_workspace::by_rule;
use crate::kinds::{EventSubscription, MetricAlarm, Ref, Topic};
use crate::model::Computed;
use crate::model::partition::principal;
use crate::spec::lower::Lower;
use crate::spec::units::Name;

/// What tells: alarms, events of databases, and Managed Prometheus.
const PUBLISHERS: &[&str] = &[principal!("aps"), principal!("cloudwatch"), principal!("events.rds")];

pub fn lower(entry: &Monitoring, l: &mut Lower<'_>) {
    let by_severity = entry.notify.topics().into_iter().map(|(name, contacts)| (name.to_owned(), "monitoring.notify".to_owned(), contacts));
    let by_name =
        entry.told_apart().map(|(name, contacts)| (by_rule(name.as_str()), format!("monitoring.alerting.rules.{name}"), contacts));
    for (name, origin, contacts) in by_severity.chain(by_name) {
        let topic = Topic {
            display_name: format!("{} {name}", l.spec.stack),
            publishers: PUBLISHERS.iter().map(|service| (*service).to_owned()).collect(),
            // An encrypted topic silences alarms.
            kms_key: None,
            subscribers: contacts.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
            tags: l.tags(&name),
            pending: Computed::default(),
        };
        l.add(name, origin, topic);
    }
    events(entry, l);
    let alarms = all(l.spec, entry, &|template| l.text(template));
    let made: Vec<(&Alarm, Vec<String>)> = alarms.iter().map(|alarm| (alarm, add(entry, alarm, l))).collect();
    let composites = groups::lower(entry, &made, l);
    silences::lower(entry, &made, &composites, l);
    let names = made.into_iter().flat_map(|(_, names)| names).collect();
    dashboard::lower(&entry.dashboard, &alarms, names, l);
}

/// An object for each part that the alarm looks at; their names.
fn add(entry: &Monitoring, alarm: &Alarm, l: &mut Lower<'_>) -> Vec<String> {
    let mut names = vec![];
    // What tells in a group tells nobody by itself.
    let alone = groups::of(&entry.alerting, &alarm.name).is_none();
    let told = |severity: Severity| entry.told(&alarm.name, severity).filter(|_| alone).map(Ref::to).into_iter().collect::<BTreeSet<_>>();
    for (look, name) in alarm.looks.iter().zip(alarm.objects()) {
        let (metric, math) = match &look.at {
            At::Metric(metric) => (Some(metric.clone()), None),
            At::Math(math) => (None, Some(math.clone())),
        };
        let object = MetricAlarm {
            description: format!("{}: {} {}", alarm.severity.text(), alarm.means, alarm.advice).trim_end().to_owned(),
            metric,
            math,
            comparison: alarm.side.sign().into(),
            threshold: Number(alarm.threshold * alarm.scale),
            datapoints: alarm.points.0,
            evaluation_periods: alarm.points.1,
            missing_data: alarm.silence.text().into(),
            actions_enabled: true,
            alarm_actions: told(alarm.severity),
            // Or nobody hears the end.
            ok_actions: told(alarm.severity),
            // A host may have what no tag takes.
            tags: l.tags(&alarm.name),
        };
        names.push(name.clone());
        l.add(name, &alarm.origin, object);
    }
    names
}

/// What RDS tells of instances beside what it measures.
const EVENTS: &[&str] = &["failover", "failure", "low storage"];

/// How the events of a database are called among the default alarms.
pub const EVENTS_NAME: &str = "events";

/// A subscription to the events of all databases but those that are turned off. What happened can't be as grave as its alarms alone: whoever hears of critical alarms is told.
fn events(entry: &Monitoring, l: &mut Lower<'_>) {
    let off = |name: &Name| entry.alerting.defaults.off.iter().any(|off| off.as_str() == format!("database.{name}.{EVENTS_NAME}"));
    let instances: BTreeSet<Ref<_>> = l.spec.database.keys().filter(|name| !off(name)).map(|name| Ref::to(name.as_str())).collect();
    let topic = entry.notify.topic(Severity::Critical).or_else(|| entry.notify.topic(Severity::Warning));
    if let (Some(topic), false) = (topic, instances.is_empty()) {
        let categories = EVENTS.iter().map(|event| (*event).to_owned()).collect();
        let object = EventSubscription { topic: Ref::to(topic), instances, categories, tags: l.tags("databases") };
        l.add("databases", "monitoring.notify", object);
    }
}
