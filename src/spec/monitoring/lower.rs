//! `monitoring`: a topic for those who are told, and the alarms.
use std::collections::BTreeSet;

use super::alarm::{Alarm, all};
use super::watch::At;
use super::{Monitoring, Severity};
use crate::kinds::metric_alarm::Number;
use crate::kinds::metrics_workspace::by_rule;
use crate::kinds::{MetricAlarm, Ref, Topic};
use crate::model::Computed;
use crate::model::partition::principal;
use crate::spec::lower::Lower;

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
    let alarms = all(l.spec, entry, &|template| l.text(template));
    alarms.iter().for_each(|alarm| add(entry, alarm, l));
}

/// An object for each part that the alarm looks at.
fn add(entry: &Monitoring, alarm: &Alarm, l: &mut Lower<'_>) {
    let told = |severity: Severity| entry.told(&alarm.name, severity).map(Ref::to).into_iter().collect::<BTreeSet<_>>();
    for look in &alarm.looks {
        let name = look.part.as_ref().map_or_else(|| alarm.name.clone(), |part| format!("{}.{part}", alarm.name));
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
        l.add(name, &alarm.origin, object);
    }
}
