//! Alarms: what is changed is there, and what is looked at is measured.
use super::alarm::presets;
use super::alerting::{Changed, Rule};
use super::lower::EVENTS_NAME;
use super::watch::{SECTIONS, Section, Side, section};
use super::{Monitoring, Severity};
use crate::diag::{Code, Risk};
use crate::kinds::metrics_workspace::by_rule;
use crate::spec::check::Check;
use crate::spec::suggest::list;
use crate::spec::units::{Duration, MetricName, Watched};

/// Why nothing is measured of an entry.
pub const UNSEEN: &str = "the load balancer doesn't forward to it";

const DEFAULTS: [&str; 3] = ["monitoring", "alerting", "defaults"];

pub fn check(entry: &Monitoring, cx: &mut Check<'_>) {
    defaults(entry, cx);
    for (name, rule) in &entry.alerting.rules {
        check_rule(name.as_str(), rule, entry, cx);
    }
    told(entry, cx);
}

/// Those that are named follow from the spec, and are changed on their own side.
fn defaults(entry: &Monitoring, cx: &mut Check<'_>) {
    let known = presets(cx.spec);
    let events: Vec<String> = cx.spec.database.keys().map(|name| format!("database.{name}.{EVENTS_NAME}")).collect();
    let names: Vec<&str> = known.iter().map(|alarm| alarm.name.as_str()).chain(events.iter().map(String::as_str)).collect();
    let off = entry.alerting.defaults.off.iter().enumerate();
    let sections: Vec<Vec<&str>> = SECTIONS.iter().map(Section::path).collect();
    let maps: Vec<&[&str]> = sections.iter().map(|path| &path[..]).collect();
    for (index, name) in off {
        let index = index.to_string();
        let path = [&DEFAULTS[..], &["off", &index]].concat();
        if !names.contains(&name.as_str()) {
            cx.unknown(&path, &maps, "default alarm", name.as_str(), names.iter().copied());
        } else if entry.alerting.defaults.changed.contains_key(name) {
            let changed = [&DEFAULTS[..], &[name.as_str()]].concat();
            let places = [(&changed[..], "changed here"), (&path[..], "turned off here")];
            cx.both(Code::Duplicate, places, format!("`{name}` is turned off, and changed"), "keep one of both");
        }
    }
    for (name, changed) in &entry.alerting.defaults.changed {
        let path = [&DEFAULTS[..], &[name.as_str()]].concat();
        match known.iter().find(|alarm| alarm.name == name.as_str()) {
            None if events.iter().any(|event| event == name.as_str()) => {
                let message = format!("`{name}` are told as they happen: there is nothing to change");
                cx.error(Code::Refused, &path, "this alarm", message, "turn it off (`off`), or leave it as it is");
            }
            None => cx.unknown(&path, &maps, "default alarm", name.as_str(), names.iter().copied()),
            Some(alarm) => check_changed(&path, alarm.side, changed, alarm.period, cx),
        }
    }
}

fn check_changed(path: &[&str], side: Side, changed: &Changed, period: i32, cx: &mut Check<'_>) {
    let (wrong, given) = match side {
        Side::Above => ("below", changed.below),
        Side::Below => ("above", changed.above),
    };
    if let Some(given) = given {
        let message = format!("`{}` doesn't fire {wrong} a number", path[3..].join("."));
        cx.error(Code::Refused, &[path, &[wrong]].concat(), "this number", message, format!("write `{}: {given}`", side.text()));
    }
    lasts(path, changed.lasting, period, cx);
}

/// As long as CloudWatch looks back: a day of minutes.
fn lasts(path: &[&str], lasting: Option<Duration>, period: i32, cx: &mut Check<'_>) {
    let Some(lasting) = lasting else { return };
    let period = u64::try_from(period).unwrap_or(60);
    let path = [path, &["for"]].concat();
    if lasting.as_seconds() % period != 0 {
        let message = format!("`{}` does not take {lasting}", path.join("."));
        let help = format!("it is measured once in {0}: write a multiple of {0}", Duration::seconds(period));
        cx.error(Code::OutOfRange, &path, "this duration", message, help);
    } else {
        cx.within(&path, lasting, Duration::seconds(period), Duration::seconds(period.max(86_400)));
    }
}

fn check_rule(name: &str, rule: &Rule, entry: &Monitoring, cx: &mut Check<'_>) {
    if let Some(text) = &rule.expr {
        return super::expressions::check(name, rule, text, entry, cx);
    }
    let path = ["monitoring", "alerting", "rules", name];
    let at = |field| [&path[..], &[field]].concat();
    if rule.above.is_some() == rule.below.is_some() {
        let message = format!("the rule `{name}` fires above a number, or below one");
        cx.error(Code::Refused, &path, "this rule", message, "write one of `above` and `below`");
    }
    super::counted::check(name, rule, cx);
    let mut period = 60;
    if rule.metric.is_none() && rule.logs.is_none() && rule.pattern.is_none() && (rule.of.is_some() || rule.namespace.is_some()) {
        let message = format!("the rule `{name}` doesn't say which metric it is on");
        cx.error(Code::Missing, &path, "this rule", message, "add `metric`");
    }
    match (&rule.of, &rule.namespace) {
        _ if rule.logs.is_some() || rule.pattern.is_some() => {}
        (Some(of), None) => period = measured(of, rule.metric.as_ref(), &at("of"), &at("metric"), cx).unwrap_or(60),
        (None, Some(_)) => {}
        (Some(_), Some(_)) => {
            let message = format!("the rule `{name}` is on a metric of the spec, or on one by CloudWatch's own name");
            let (namespace, of) = (at("namespace"), at("of"));
            let places = [(&namespace[..], "one by its own name"), (&of[..], "one of the spec")];
            cx.both(Code::Refused, places, message, "write one of `of` and `namespace`");
        }
        (None, None) => {
            let message = format!("the rule `{name}` doesn't say whose metric it is on");
            let help = "add `of: compute.NAME`, the `namespace` of a metric of CloudWatch, `logs: NAME`, or an `expr`";
            cx.error(Code::Missing, &path, "this rule", message, help);
        }
    }
    for (field, given) in [("dimensions", !rule.dimensions.is_empty()), ("statistic", rule.statistic.is_some())] {
        if given && rule.of.is_some() && rule.logs.is_none() {
            let message = format!("`{field}` is known for a metric of the spec");
            cx.error(Code::Refused, &at(field), "this field", message, "leave it out");
        }
    }
    lasts(&path, Some(rule.lasting), period, cx);
}

/// What is named is there, and has the metric. Answers how long a data point of it is.
pub fn measured(of: &Watched, wanted: Option<&MetricName>, path: &[&str], metric: &[&str], cx: &mut Check<'_>) -> Option<i32> {
    let spec = cx.spec;
    let section: &'static Section = section(of.section())?;
    let entries: Vec<String> = (section.entries)(spec).into_iter().map(|name| section.entry(name)).collect();
    if !entries.iter().any(|entry| entry == of.as_str()) {
        let all: Vec<String> = SECTIONS.iter().flat_map(|s| (s.entries)(spec).into_iter().map(|name| s.entry(name))).collect();
        cx.unknown(path, &[&section.path()[..]], "part of the spec", of.as_str(), all.iter().map(String::as_str));
        return None;
    }
    let has: Vec<&str> =
        section.words.iter().filter(|w| !(w.looks)(spec, of.name().unwrap_or_default()).is_empty()).map(|w| w.word).collect();
    if has.is_empty() && cx.knows(&["load_balancer"]) {
        cx.error(Code::Refused, path, "this entry", format!("nothing of `{of}` is measured: {UNSEEN}"), "leave it out, or forward to it");
        return None;
    }
    let wanted = wanted?;
    let Some(word) = section.word(wanted.as_str()) else {
        let known = section.words.iter().map(|word| word.word);
        match section.lacks.filter(|_| SECTIONS.iter().any(|other| other.word(wanted.as_str()).is_some())) {
            Some(why) => {
                let message = format!("`{wanted}` isn't measured of `{}`: {why}", section.name);
                cx.error(Code::UnknownName, metric, "this metric", message, format!("there is {}", list(known)));
            }
            None => cx.unknown(metric, &[], &format!("metric of `{}`", section.name), wanted.as_str(), known),
        }
        return None;
    };
    if !has.is_empty() && !has.contains(&word.word) {
        let message = format!("`{of}` has nothing to measure for `{}`: {}", word.word, word.says);
        cx.error(Code::Refused, metric, "this metric", message, format!("it has {}", list(has.into_iter())));
    }
    Some(word.period)
}

/// Alarms that tell nobody.
fn told(entry: &Monitoring, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let alarms = super::alarm::all(spec, entry, &|_| crate::kinds::Text::literal(""));
    let alarms = alarms.iter().map(|alarm| (alarm.name.clone(), alarm.severity));
    let rules =
        entry.alerting.rules.iter().filter(|(_, rule)| rule.expr.is_some()).map(|(name, rule)| (by_rule(name.as_str()), rule.severity));
    let all: Vec<(String, Severity)> = alarms.chain(rules).collect();
    let untold = |severity: &&Severity| all.iter().any(|(name, own)| own == *severity && entry.told(name, *own).is_none());
    let severities: Vec<&str> = Severity::ALL.iter().filter(untold).map(|severity| severity.text()).collect();
    if !severities.is_empty() {
        let message = format!("nobody is told when an alarm fires that is {}", severities.join(" or "));
        cx.risk(Risk::Untold, &["monitoring", "notify"], message, "name a mail address or a URL");
    }
}
