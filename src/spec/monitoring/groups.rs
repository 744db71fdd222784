//! `monitoring.alerting.groups`: default alarms of several entries that tell once together.
use std::collections::BTreeSet;

use super::alarm::{Alarm, presets};
use super::check::UNSEEN;
use super::watch::SECTIONS;
use super::{Alerting, Monitoring, Severity};
use crate::diag::Code;
use crate::kinds::alarm_mute_rule::GROUP;
use crate::kinds::{CompositeAlarm, Ref};
use crate::spec::check::Check;
use crate::spec::lower::Lower;
use crate::spec::suggest::list;
use crate::spec::units::Name;

/// The group that tells for an alarm.
pub fn of<'a>(alerting: &'a Alerting, alarm: &str) -> Option<&'a Name> {
    let entry = alarm.rsplit_once('.').map_or("", |(entry, _)| entry);
    alerting.groups.iter().find(|(_, entries)| entries.iter().any(|known| known.as_str() == entry)).map(|(name, _)| name)
}

/// What is grouped is there, once.
pub fn check(entry: &Monitoring, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let all: Vec<String> = SECTIONS.iter().flat_map(|s| (s.entries)(spec).into_iter().map(|name| s.entry(name))).collect();
    let watched: BTreeSet<String> = presets(spec).iter().filter_map(|alarm| Some(alarm.name.rsplit_once('.')?.0.to_owned())).collect();
    let mut known: Vec<(&str, [String; 5])> = vec![];
    for (name, entries) in &entry.alerting.groups {
        for (index, grouped) in entries.iter().enumerate() {
            let path = ["monitoring", "alerting", "groups", name.as_str(), &index.to_string()].map(str::to_owned);
            let at = path.each_ref().map(String::as_str);
            if !all.iter().any(|known| known == grouped.as_str()) {
                let map: Vec<&str> = grouped.section().split('.').collect();
                cx.unknown(&at, &[&map[..]], "part of the spec", grouped.as_str(), all.iter().map(String::as_str));
            } else if !watched.contains(grouped.as_str()) && cx.knows(&["load_balancer"]) {
                let message = format!("`{grouped}` has no default alarms: {UNSEEN}");
                cx.error(Code::Refused, &at, "this entry", message, "leave it out, or forward to it");
            }
            if let Some((_, first)) = known.iter().find(|(known, _)| *known == grouped.as_str()) {
                let first = first.each_ref().map(String::as_str);
                let message = format!("the alarms of `{grouped}` tell with two groups");
                cx.both(Code::Duplicate, [(&at[..], "here"), (&first[..], "and here")], message, "keep one of both");
            }
            known.push((grouped.as_str(), path));
        }
        if entries.is_empty() {
            let path = ["monitoring", "alerting", "groups", name.as_str()];
            cx.error(
                Code::Count,
                &path,
                "this group",
                format!("the group `{name}` has no alarms"),
                "name `load_balancer`, or entries such as `compute.app`",
            );
        }
    }
}

/// An alarm over the default alarms of each group, for each severity that they have. `made`: all alarms with the names of their objects. Answers the names of the
/// composites.
pub fn lower(entry: &Monitoring, made: &[(&Alarm, Vec<String>)], l: &mut Lower<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, entries) in &entry.alerting.groups {
        for severity in Severity::ALL {
            let grouped = made.iter().filter(|(alarm, _)| alarm.severity == *severity && of(&entry.alerting, &alarm.name) == Some(name));
            let alarms: BTreeSet<Ref<_>> = grouped.flat_map(|(_, names)| names).map(Ref::to).collect();
            if alarms.is_empty() {
                continue;
            }
            let own = format!("{GROUP}{name}.{}", severity.text());
            let told: BTreeSet<Ref<_>> = entry.notify.topic(*severity).map(Ref::to).into_iter().collect();
            let object = CompositeAlarm {
                description: format!(
                    "{}: Alarms of {} fire. See which: infra alerts.",
                    severity.text(),
                    list(entries.iter().map(|e| e.as_str()))
                ),
                alarms,
                actions_enabled: true,
                alarm_actions: told.clone(),
                ok_actions: told,
                tags: l.tags(&own),
            };
            l.add(&own, format!("monitoring.alerting.groups.{name}"), object);
            names.insert(own);
        }
    }
    names
}
