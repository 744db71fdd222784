//! `monitoring.alerting.silences`: times in which alarms tell nobody.
use std::collections::BTreeSet;

use super::alarm::{Alarm, all};
use super::{Monitoring, Severity, groups};
use crate::diag::Code;
use crate::kinds::alarm_mute_rule::{GROUP, LONGEST};
use crate::kinds::{AlarmMuteRule, Ref, Text};
use crate::spec::check::Check;
use crate::spec::lower::Lower;
use crate::spec::units::{Minute, Silenced};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time in which alarms judge as ever and tell nobody (AWS: alarm mute rule). What still fires when it ends is told then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Which alarms: `compute.app.cpu`, all of an entry (`compute.app`), a rule of one's own by its name, or `group.NAME`.
    pub rules: Vec<Silenced>,
    /// When it begins; 15 days before its end when left out, which is as long as one may last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Minute>,
    /// When it ends.
    pub until: Minute,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 500))]
    pub reason: Option<String>,
}

impl Silence {
    /// How many minutes it lasts.
    fn minutes(&self) -> i64 {
        self.from.as_ref().map_or(i64::from(LONGEST), |from| self.until.number() - from.number())
    }
}

/// Whether what is silenced is this alarm, by the name that it has in the spec.
fn means(silenced: &Silenced, alarm: &str) -> bool {
    let named = |name: &str| name == silenced.as_str() || name.strip_prefix(silenced.as_str()).is_some_and(|rest| rest.starts_with('.'));
    named(alarm) || alarm.strip_prefix("rule.").is_some_and(|rule| rule == silenced.as_str())
}

/// The names of the groups' alarms.
fn grouped<'a>(entry: &'a Monitoring, alarms: &'a [Alarm]) -> impl Iterator<Item = String> + 'a {
    let one = |severity: Severity| alarms.iter().filter(move |alarm| alarm.severity == severity);
    let named = move |severity: &Severity| one(*severity).filter_map(|alarm| groups::of(&entry.alerting, &alarm.name));
    Severity::ALL.iter().flat_map(move |severity| named(severity).map(|name| format!("{GROUP}{name}.{}", severity.text())))
}

pub fn check(entry: &Monitoring, cx: &mut Check<'_>) {
    let alarms = all(cx.spec, entry, &|_| Text::literal(""));
    let groups: BTreeSet<String> = grouped(entry, &alarms).collect();
    for (name, silence) in &entry.alerting.silences {
        let path = ["monitoring", "alerting", "silences", name.as_str()];
        for (index, silenced) in silence.rules.iter().enumerate() {
            let number = index.to_string();
            let at = [&path[..], &["rules", &number]].concat();
            let hit = alarms.iter().filter(|alarm| means(silenced, &alarm.name));
            let mut tells = hit.clone().map(|alarm| groups::of(&entry.alerting, &alarm.name));
            if hit.clone().next().is_none() && !groups.iter().any(|group| means(silenced, group)) {
                let known = alarms.iter().map(|alarm| alarm.name.strip_prefix("rule.").unwrap_or(&alarm.name));
                let known: Vec<&str> = known.chain(groups.iter().map(String::as_str)).collect();
                cx.unknown(&at, &[], "alarm", silenced.as_str(), known.iter().copied());
            } else if let Some(group) = tells.find_map(|group| group) {
                let message = format!("`{silenced}` tells nobody by itself: the group `{group}` does");
                cx.error(Code::Refused, &at, "this alarm", message, format!("silence `{GROUP}{group}`"));
            }
        }
        if silence.rules.is_empty() {
            cx.error(
                Code::Count,
                &path,
                "this silence",
                format!("the silence `{name}` names no alarm"),
                "name `compute.app.cpu`, or all of `compute.app`",
            );
        }
        if !(1..=i64::from(LONGEST)).contains(&silence.minutes()) {
            let message = format!("the silence `{name}` lasts {} minutes", silence.minutes());
            let help = "CloudWatch takes a minute to 15 days: `until` comes after `from`";
            cx.error(Code::OutOfRange, &[&path[..], &["until"]].concat(), "this end", message, help);
        }
    }
}

/// A mute rule each. `made`: all alarms with the names of their objects; `composites`: those of groups.
pub fn lower(entry: &Monitoring, made: &[(&Alarm, Vec<String>)], composites: &BTreeSet<String>, l: &mut Lower<'_>) {
    for (name, silence) in &entry.alerting.silences {
        let hit = |alarm: &str| silence.rules.iter().any(|silenced| means(silenced, alarm));
        let alarms = made.iter().filter(|(alarm, _)| hit(&alarm.name) && groups::of(&entry.alerting, &alarm.name).is_none());
        let minutes = i32::try_from(silence.minutes()).unwrap_or(0);
        let object = AlarmMuteRule {
            description: silence.reason.clone().unwrap_or_default(),
            alarms: alarms.flat_map(|(_, names)| names).map(Ref::to).collect(),
            composites: composites.iter().filter(|group| hit(group)).map(Ref::to).collect(),
            from: silence.until.before(minutes),
            minutes,
            tags: l.tags(name.as_str()),
        };
        l.add(name.as_str(), format!("monitoring.alerting.silences.{name}"), object);
    }
}
