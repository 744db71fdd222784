//! Whatever judges and tells of an environment and how it stands, by the parts of the spec: alarms, groups of them, rules on what applications measure.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::health::{part, word};
use super::style::{Label, Style};
use super::values::{count, seconds};
use crate::kinds::metric_alarm::{Standing, State};
use crate::kinds::metrics_workspace::by_rule;
use crate::kinds::{AlarmMuteRule, CompositeAlarm, Level, Live, Member as _, MetricAlarm, MetricsWorkspace, Sign};
use crate::model::Moment;
use crate::visible::visible;

/// Which alarms tell nobody now, by their ids: until when, and why.
#[derive(Default)]
pub struct Silenced(BTreeMap<String, (Moment, String)>);

impl Silenced {
    /// What `rules` silence at a moment. An alarm of a group is silenced where all that tell for it are: its own actions are none.
    pub fn at(now: Moment, rules: &[Live], all: &[Standing]) -> Silenced {
        let mut silenced = BTreeMap::new();
        for rule in rules.iter().filter_map(|live| AlarmMuteRule::of(&live.object)) {
            let (Some(begins), Some(ends)) = (rule.begins(), rule.ends()) else { continue };
            if !(begins..ends).contains(&now) {
                continue;
            }
            let groups = all.iter().filter(|one| rule.composites.iter().any(|r| r.0 == one.live.id));
            let behind = groups.filter_map(|one| CompositeAlarm::of(&one.live.object)).flat_map(|group| &group.alarms);
            let alarms = rule.alarms.iter().chain(behind).map(|alarm| &alarm.0);
            for alarm in alarms.chain(rule.composites.iter().map(|group| &group.0)) {
                let entry = silenced.entry(alarm.clone()).or_insert_with(|| (ends, rule.description.clone()));
                if entry.0 < ends {
                    *entry = (ends, rule.description.clone());
                }
            }
        }
        Silenced(silenced)
    }

    /// Until when an alarm is silenced. Nothing silences a rule of a workspace.
    fn until(&self, alarm: &Standing) -> Option<&(Moment, String)> {
        self.0.get(&alarm.live.id).filter(|_| alarm.rule.is_none())
    }

    fn text(&self, alarm: &Standing) -> String {
        self.until(alarm).map_or_else(String::new, |(until, why)| {
            let why = if why.is_empty() { String::new() } else { format!(" ({})", visible(why)) };
            format!(", silenced until {}{why}", minute(*until))
        })
    }
}

/// What is told of one, whatever it is.
struct Row<'a> {
    /// `compute.app.cpu`, `group.front.critical`, `rule.slow`.
    name: String,
    /// How bad it is when it fires.
    level: Level,
    condition: String,
    /// What it means and what to do, without how bad it is.
    meaning: &'a str,
}

fn row(alarm: &Standing) -> Option<Row<'_>> {
    let (name, object) = (alarm.live.stamp.address.name.clone(), &alarm.live.object);
    let meaning = |text: &'_ str| text.find(": ").map_or(0, |at| at + 2);
    if let Some(alarm) = MetricAlarm::of(object) {
        let meaning = &alarm.description[meaning(&alarm.description)..];
        return Some(Row { name, level: alarm.level(), condition: condition(alarm), meaning });
    }
    if let Some(group) = CompositeAlarm::of(object) {
        let condition = format!("one of {}", count(group.alarms.len(), "alarm"));
        let meaning = &group.description[meaning(&group.description)..];
        return Some(Row { name, level: group.level(), condition, meaning });
    }
    let (rule, named) = MetricsWorkspace::of(object)?.rules.get_key_value(alarm.rule.as_ref()?).map(|(name, rule)| (rule, name))?;
    let level = if rule.severity == "critical" { Level::Critical } else { Level::Warning };
    let lasting = u64::try_from(rule.lasting).ok().filter(|time| *time > 0).map(|time| format!(" for {}", seconds(time)));
    let condition = format!("{}{}", visible(rule.expr.trim()), lasting.unwrap_or_default());
    Some(Row { name: by_rule(named), level, condition, meaning: &rule.means })
}

/// The part of the spec that one looks at, and its place among the parts.
pub(super) fn of(alarm: &Standing) -> (usize, String) {
    alarm.rule.as_ref().map_or_else(|| part(&alarm.live.stamp.address.name), |name| part(&by_rule(name)))
}

/// What an alarm, a group of them or a rule tells when it fires: since when, what it means, and why; nothing of one that doesn't.
pub(super) fn sign(alarm: &Standing) -> Option<Sign> {
    let row = row(alarm).filter(|_| alarm.state == State::Firing)?;
    let since = alarm.since.map_or_else(String::new, |at| format!(", since {at}"));
    let whose = alarm.rule.as_ref().map_or_else(String::new, |name| format!("{name} "));
    let why = if alarm.why.is_empty() { String::new() } else { format!(" ({})", alarm.why.trim_end_matches('.')) };
    Some(Sign::new(row.level, format!("{whose}fires{since}: {}{why}", row.meaning)))
}

/// The worst of those that fire.
pub fn level(alarms: &[Standing]) -> Level {
    alarms.iter().filter_map(sign).map(|sign| sign.level).max().unwrap_or(Level::Ok)
}

/// For people; `wanted`: how many the spec asks for.
pub fn text(stack: &str, alarms: &[Standing], silenced: &Silenced, wanted: usize, now: Moment, style: Style) -> String {
    let mut parts: BTreeMap<(usize, String), Vec<(&Standing, Row<'_>)>> = BTreeMap::new();
    for alarm in alarms {
        parts.entry(of(alarm)).or_default().extend(row(alarm).map(|row| (alarm, row)));
    }
    let width = parts.values().flatten().map(|(_, row)| row.name.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for ((_, name), alarms) in &parts {
        out += &format!("{}\n", style.paint(Label::Heading, name));
        for (alarm, row) in alarms {
            let state = match alarm.state {
                State::Quiet => word(Level::Ok, style),
                State::Firing => word(row.level, style),
                State::Pending => "pending ".to_owned(),
                State::Unknown => "no data ".to_owned(),
            };
            let (changed, silent) = (changed(alarm, now), silenced.text(alarm));
            out += &format!("  {state}  {:width$}  {}{changed}{silent}\n", row.name, row.condition);
            let more = match alarm.state {
                State::Quiet => ["", ""],
                State::Firing | State::Pending => [alarm.why.as_str(), row.meaning],
                State::Unknown => [alarm.why.as_str(), ""],
            };
            more.iter().filter(|text| !text.is_empty()).for_each(|text| out += &format!("            {}\n", visible(text)));
        }
    }
    let group = |alarm: &&Standing| CompositeAlarm::of(&alarm.live.object).is_some();
    let (groups, single): (Vec<&Standing>, Vec<&Standing>) = alarms.iter().partition(group);
    let many = |all: &[&Standing], state| all.iter().filter(|alarm| alarm.state == state).count();
    if single.is_empty() {
        out += &format!("{} has no alarms.\n", visible(stack));
    } else {
        out += &format!("{} of {} fire", many(&single, State::Firing), count(single.len(), "alarm"));
        let unknown = many(&single, State::Unknown);
        out += &if unknown > 0 { format!(", {unknown} without data") } else { String::new() };
        let grouped = || format!(", and {} of {}", many(&groups, State::Firing), count(groups.len(), "group"));
        out += &if groups.is_empty() { ".\n".to_owned() } else { grouped() + ".\n" };
    }
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
        let row = row(alarm)?;
        let (_, part) = of(alarm);
        Some(json!({
            "part": part,
            "address": alarm.live.stamp.address,
            "id": alarm.rule.as_ref().unwrap_or(&alarm.live.id),
            "state": alarm.state,
            "severity": row.level,
            "condition": row.condition,
            "since": alarm.since,
            "judged": alarm.judged,
            "silenced_until": silenced.until(alarm).map(|(until, _)| until),
            "why": alarm.why,
            "means": row.meaning,
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

/// `, since 2026-12-01T12:04Z (3 min ago)`; nothing of one that never changed.
fn changed(alarm: &Standing, now: Moment) -> String {
    let ago = |at: Moment| seconds(at.age(now.0).as_secs());
    alarm.since.map_or_else(String::new, |at| format!(", since {} ({} ago)", minute(at), ago(at)))
}

/// `2026-12-01T12:04Z`
fn minute(at: Moment) -> String {
    format!("{}Z", &at.to_string()[..16])
}
