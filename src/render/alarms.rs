//! The alarms of an environment and how they stand, by the parts of the spec that they look at.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::health::{part, word};
use super::style::{Label, Style};
use super::values::count;
use crate::kinds::metric_alarm::{Standing, State};
use crate::kinds::metrics_workspace::AlertRule;
use crate::kinds::{Address, AlarmMuteRule, CompositeAlarm, Level, Live, Member as _, MetricAlarm, Sign};
use crate::model::Moment;
use crate::visible::visible;

/// Which alarms tell nobody now, by their ids: until when, and why.
#[derive(Default)]
pub struct Silenced(BTreeMap<String, (Moment, String)>);

impl Silenced {
    /// What `rules` silence at a moment. An alarm of a group is silenced where all that tell for it are: its own actions are none.
    pub fn at(now: Moment, rules: &[Live], groups: &[Live]) -> Silenced {
        let mut all = BTreeMap::new();
        for rule in rules.iter().filter_map(|live| AlarmMuteRule::of(&live.object)) {
            let (Some(begins), Some(ends)) = (rule.begins(), rule.ends()) else { continue };
            if !(begins..ends).contains(&now) {
                continue;
            }
            let behind = groups.iter().filter(|live| rule.composites.iter().any(|r| r.0 == live.id));
            let behind = behind.filter_map(|live| CompositeAlarm::of(&live.object)).flat_map(|group| &group.alarms);
            for alarm in rule.alarms.iter().chain(behind) {
                let entry = all.entry(alarm.0.clone()).or_insert_with(|| (ends, rule.description.clone()));
                if entry.0 < ends {
                    *entry = (ends, rule.description.clone());
                }
            }
        }
        Silenced(all)
    }

    /// Until when an alarm is silenced.
    fn until(&self, alarm: &Standing) -> Option<&(Moment, String)> {
        self.0.get(&alarm.live.id)
    }

    fn text(&self, alarm: &Standing) -> String {
        self.until(alarm).map_or_else(String::new, |(until, why)| {
            let why = if why.is_empty() { String::new() } else { format!(" ({})", visible(why)) };
            format!(", silenced until {}Z{why}", &until.to_string()[..16])
        })
    }
}

/// What a firing alarm tells of what it looks at; nothing of one that doesn't fire.
pub(super) fn sign(alarm: &Standing) -> Option<Sign> {
    let object = MetricAlarm::of(&alarm.live.object).filter(|_| alarm.state == State::Firing)?;
    Some(Sign::new(object.level(), format!("fires{}: {}", since(alarm), meaning(object))))
}

/// The worst of those that fire.
pub fn level(alarms: &[Standing]) -> Level {
    alarms.iter().filter_map(sign).map(|sign| sign.level).max().unwrap_or(Level::Ok)
}

/// What infra can't tell of rules on what applications measure.
const UNTOLD: &str = "Managed Prometheus tells nobody here whether a rule fires: those who are told hear it.";

/// The rules on what applications measure, for people; nothing where there are none.
pub fn rules(rules: &BTreeMap<String, AlertRule>) -> String {
    let width = rules.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    let line = |(name, rule): (&String, &AlertRule)| format!("  unknown   rule.{name:width$}  {}\n", visible(rule.expr.trim()));
    let lines: String = rules.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("{lines}{}, state unknown. {UNTOLD}\n", count(rules.len(), "rule")) }
}

/// The same for programs.
pub fn rules_json(address: &Address, rules: &BTreeMap<String, AlertRule>) -> Vec<Value> {
    let one = |(name, rule): (&String, &AlertRule)| {
        json!({
            "part": "rule", "address": address, "id": name, "state": "unknown", "severity": rule.severity, "condition": rule.expr, "since": null,
            "why": UNTOLD, "means": rule.means,
        })
    };
    rules.iter().map(one).collect()
}

/// For people; `wanted`: how many the spec asks for.
pub fn text(stack: &str, alarms: &[Standing], silenced: &Silenced, wanted: usize, style: Style) -> String {
    let mut parts: BTreeMap<(usize, String), Vec<(&Standing, &MetricAlarm)>> = BTreeMap::new();
    for alarm in alarms {
        let object = MetricAlarm::of(&alarm.live.object);
        parts.entry(part(&alarm.live.stamp.address.name)).or_default().extend(object.map(|object| (alarm, object)));
    }
    let width = alarms.iter().map(|alarm| alarm.live.stamp.address.name.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for ((_, name), alarms) in &parts {
        out += &format!("{}\n", style.paint(Label::Heading, name));
        for (alarm, object) in alarms {
            let state = match alarm.state {
                State::Quiet => word(Level::Ok, style),
                State::Firing => word(object.level(), style),
                State::Unknown => "no data ".to_owned(),
            };
            out += &format!(
                "  {state}  {:width$}  {}{}{}\n",
                alarm.live.stamp.address.name,
                condition(object),
                since(alarm),
                silenced.text(alarm)
            );
            if alarm.state == State::Firing {
                out += &format!("            {}\n            {}\n", visible(&alarm.why), visible(meaning(object)));
            }
        }
    }
    let many = |state| alarms.iter().filter(|alarm| alarm.state == state).count();
    out += &match (alarms.len(), many(State::Firing), many(State::Unknown)) {
        (0, ..) => format!("{} has no alarms.\n", visible(stack)),
        (all, firing, 0) => format!("{firing} of {} fire.\n", count(all, "alarm")),
        (all, firing, unknown) => format!("{firing} of {} fire, {unknown} without data.\n", count(all, "alarm")),
    };
    let quiet = alarms.iter().filter(|alarm| silenced.until(alarm).is_some()).count();
    if quiet > 0 {
        out += &format!("{} tell{} nobody now.\n", count(quiet, "alarm"), if quiet == 1 { "s" } else { "" });
    }
    if wanted > alarms.len() {
        out += &format!("{} of the spec are not made yet: infra apply\n", wanted - alarms.len());
    }
    out
}

/// For programs.
pub fn json(alarms: &[Standing], silenced: &Silenced) -> Value {
    let one = |alarm: &Standing| {
        let object = MetricAlarm::of(&alarm.live.object)?;
        let (_, part) = part(&alarm.live.stamp.address.name);
        Some(json!({
            "part": part,
            "address": alarm.live.stamp.address,
            "id": alarm.live.id,
            "state": alarm.state,
            "severity": object.level(),
            "condition": condition(object),
            "since": alarm.since,
            "silenced_until": silenced.until(alarm).map(|(until, _)| until),
            "why": alarm.why,
            "means": meaning(object),
        }))
    };
    alarms.iter().filter_map(one).collect()
}

/// `CPUUtilization > 85 in 10 of 10 minutes`
fn condition(alarm: &MetricAlarm) -> String {
    let seconds = alarm.math.iter().flat_map(|math| math.metrics.values()).chain(&alarm.metric).map(|metric| metric.period).max();
    let (minutes, what) = match seconds.unwrap_or(60) / 60 {
        1440 => (1, "days"),
        minutes => (minutes.max(1), "minutes"),
    };
    let (least, of) = (alarm.datapoints * minutes, alarm.evaluation_periods * minutes);
    format!("{} {} {} in {least} of {of} {what}", alarm.looks_at(), alarm.comparison, alarm.threshold.0)
}

/// What it means and what to do, without how bad it is.
fn meaning(alarm: &MetricAlarm) -> &str {
    alarm.description.split_once(": ").map_or(alarm.description.as_str(), |(_, meaning)| meaning)
}

fn since(alarm: &Standing) -> String {
    alarm.since.map_or_else(String::new, |at| format!(", since {at}"))
}
