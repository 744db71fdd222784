//! The alarms of a spec: those that follow by themselves, with what is changed of them, and its rules.
use super::alerting::{Changed, NoData, Rule};
use super::watch::{At, Look, SECTIONS, Section, Side, Silence, section};
use super::{Monitoring, Severity, counted, groups};
use crate::kinds::alarm_mute_rule::GROUP;
use crate::kinds::metric_alarm::Metric;
use crate::kinds::{Address, Kind, Text};
use crate::spec::Spec;
use crate::spec::units::{Duration, Name};
use std::collections::BTreeMap;

/// An alarm before it is an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// `cache.main.memory`; a rule's is `rule.NAME`.
    pub name: String,
    /// Where it comes from in the spec: the defaults, or the rule.
    pub origin: String,
    pub severity: Severity,
    /// What it looks at.
    pub says: &'static str,
    pub means: String,
    pub advice: String,
    pub side: Side,
    /// In the word's unit.
    pub threshold: f64,
    pub unit: &'static str,
    /// What one of that is in CloudWatch's unit.
    pub scale: f64,
    pub period: i32,
    pub points: (i32, i32),
    pub silence: Silence,
    pub looks: Vec<Look>,
}

impl Alarm {
    fn change(&mut self, changed: &Changed) {
        self.threshold = changed.above.or(changed.below).unwrap_or(self.threshold);
        self.severity = changed.severity.unwrap_or(self.severity);
        if let Some(lasting) = changed.lasting {
            let points = points(lasting, self.period);
            self.points = (points, points);
        }
    }

    /// The names of the objects that it is: one for each part that it looks at.
    pub fn objects(&self) -> impl Iterator<Item = String> {
        self.looks.iter().map(|look| look.part.as_ref().map_or_else(|| self.name.clone(), |part| format!("{}.{part}", self.name)))
    }

    /// When it fires: `above 90 % for 5m`.
    pub fn condition(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let (least, of) = (self.points.0 * self.period / 60, self.points.1 * self.period / 60);
        let last = if least == of {
            format!("for {}", Duration::seconds(u64::try_from(of * 60).unwrap_or_default()))
        } else {
            format!("in {least} of {of} minutes")
        };
        format!("{} {}{unit} {last}", self.side.text(), self.threshold)
    }
}

/// How many data points a time has.
pub fn points(lasting: Duration, period: i32) -> i32 {
    let seconds = i32::try_from(lasting.as_seconds()).unwrap_or(i32::MAX);
    (seconds / period).max(1)
}

/// All that follow by themselves, unchanged, in the order of the picture.
pub fn presets(spec: &Spec) -> Vec<Alarm> {
    SECTIONS.iter().flat_map(|section| (section.entries)(spec).into_iter().flat_map(move |name| of(spec, section, name))).collect()
}

fn of(spec: &Spec, section: &'static Section, name: Option<&Name>) -> Vec<Alarm> {
    let key = name.map_or("", Name::as_str);
    let one = |preset: &super::watch::Preset| {
        let word = section.word(preset.word)?;
        let looks = (word.looks)(spec, key);
        let threshold = (preset.threshold)(spec, key).filter(|_| !looks.is_empty())?;
        Some(Alarm {
            name: format!("{}.{}", section.entry(name), preset.name),
            origin: "monitoring.alerting.defaults".into(),
            severity: preset.severity,
            says: word.says,
            means: preset.means.into(),
            advice: preset.advice.replace("NAME", key),
            side: preset.side,
            threshold,
            unit: word.unit,
            scale: (word.scale)(spec, key),
            period: word.period,
            points: preset.points,
            silence: preset.silence,
            looks,
        })
    };
    section.presets.iter().filter_map(one).collect()
}

/// All alarms of a spec: those that follow by themselves where somebody is told of them, and those of its rules. `text` makes texts of templates.
pub fn all(spec: &Spec, monitoring: &Monitoring, text: &dyn Fn(&crate::spec::units::Template) -> Text) -> Vec<Alarm> {
    let defaults = &monitoring.alerting.defaults;
    let mut alarms: Vec<Alarm> = presets(spec)
        .into_iter()
        .filter(|_| !monitoring.notify.topics().is_empty())
        .filter(|alarm| !defaults.off.iter().any(|off| off.as_str() == alarm.name))
        .collect();
    for alarm in &mut alarms {
        let changed = defaults.changed.iter().find(|(name, _)| name.as_str() == alarm.name);
        changed.into_iter().for_each(|(_, changed)| alarm.change(changed));
    }
    alarms.extend(monitoring.alerting.rules.iter().filter_map(|(name, written)| rule(spec, name, written, text)));
    alarms
}

/// The alarms and groups of a spec by the names that it may say of them, and the objects that each is.
pub fn named(spec: &Spec) -> BTreeMap<String, Vec<Address>> {
    let Some(monitoring) = &spec.monitoring else { return BTreeMap::new() };
    let (alarms, mut known) = (all(spec, monitoring, &|_| Text::literal("")), BTreeMap::new());
    for alarm in &alarms {
        let objects: Vec<Address> = alarm.objects().map(|name| Address::new(Kind::MetricAlarm, name)).collect();
        known.extend(objects.iter().map(|object| (object.name.clone(), vec![object.clone()])));
        known.insert(alarm.name.clone(), objects);
        if let Some(group) = groups::of(&monitoring.alerting, &alarm.name) {
            let name = format!("{GROUP}{group}.{}", alarm.severity.text());
            known.insert(name.clone(), vec![Address::new(Kind::CompositeAlarm, name)]);
        }
    }
    known
}

/// The alarm of a rule; `None` for one that is refused.
fn rule(spec: &Spec, name: &Name, rule: &Rule, text: &dyn Fn(&crate::spec::units::Template) -> Text) -> Option<Alarm> {
    let (side, threshold) = match (rule.above, rule.below) {
        (Some(above), _) => (Side::Above, above),
        (None, below) => (Side::Below, below?),
    };
    let (says, unit, scale, period, looks) = match (&rule.of, &rule.namespace) {
        _ if rule.logs.is_some() => ("", "", 1.0, 60, vec![Look { part: None, at: counted::look(spec, name) }]),
        (Some(of), _) => {
            let section = section(of.section())?;
            let word = section.word(rule.metric.as_ref()?.as_str())?;
            let entry = of.name().unwrap_or_default();
            (section.entries)(spec).into_iter().find(|known| known.map_or("", Name::as_str) == entry)?;
            (word.says, word.unit, (word.scale)(spec, entry), word.period, (word.looks)(spec, entry))
        }
        (None, namespace) => {
            let metric = Metric {
                namespace: namespace.as_ref()?.to_string(),
                name: rule.metric.as_ref()?.to_string(),
                dimensions: rule.dimensions.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
                period: 60,
                statistic: rule.statistic.as_ref().map_or_else(|| "Average".into(), ToString::to_string),
            };
            ("", "", 1.0, 60, vec![Look { part: None, at: At::Metric(metric) }])
        }
    };
    let metric = rule.metric.as_ref().map(ToString::to_string).unwrap_or_default();
    let of = match (&rule.logs, &rule.of) {
        (Some(logs), _) => format!("The number of events of {logs} that match {}", rule.pattern.as_deref().unwrap_or_default()),
        (None, Some(of)) => format!("{of}: {metric}"),
        (None, None) => metric,
    };
    let points = points(rule.lasting, period);
    Some(Alarm {
        name: format!("rule.{name}"),
        origin: format!("monitoring.alerting.rules.{name}"),
        severity: rule.severity,
        says,
        means: rule.means.clone().unwrap_or_else(|| format!("{of} is {} {threshold}.", side.text())),
        advice: String::new(),
        side,
        threshold,
        unit,
        scale,
        period,
        points: (points, points),
        silence: if rule.no_data == NoData::Bad { Silence::Bad } else { Silence::Fine },
        looks,
    })
}
