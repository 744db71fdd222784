//! `monitoring.dashboard`: charts of all that is measured, in the order of the picture, or one's own.
use super::alarm::Alarm;
use super::check::measured;
use super::watch::{At, Look, SECTIONS, Section, Word, section};
use crate::canon::Open;
use crate::diag::Code;
use crate::kinds::dashboard::{ALARMS, Line, Widget};
use crate::kinds::metric_alarm::{Metric, Number};
use crate::kinds::{Dashboard as Object, Ref};
use crate::model::Ranked;
use crate::spec::Spec;
use crate::spec::check::Check;
use crate::spec::lower::Lower;
use crate::spec::units::{MetricName, MetricNamespace, MetricStatistic, Name, Template, Watched};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What is drawn by itself of an entry of each section, by the words of rules.
const DRAWN: &[(&str, &[&str])] = &[
    ("load_balancer", &["requests", "errors", "latency"]),
    ("compute", &["requests", "errors", "latency", "cpu", "instances", "healthy"]),
    ("kubernetes.workloads", &["requests", "errors", "latency", "healthy"]),
    ("functions", &["calls", "errors", "duration", "concurrency"]),
    ("cache", &["cpu", "memory", "connections", "evictions", "lag"]),
    ("database", &["cpu", "connections", "memory", "storage", "lag", "credits"]),
];

/// The charts of a stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Dashboard {
    /// Those that follow from the spec.
    #[default]
    Generated,
    /// None.
    Off,
    Own(OwnDashboard),
}

/// Charts of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnDashboard {
    /// The charts, in the order in which they are read.
    pub widgets: Vec<Chart>,
}

/// One chart, or all that are drawn by themselves of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// What stands above it; the entry and the metric when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub title: Option<String>,
    /// Whose metric it is: `load_balancer`, or an entry such as `compute.app`; left out where `namespace` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Watched>,
    /// Which metric: a word of its section, such as `cpu` or `errors`, all of them when left out; with `namespace` CloudWatch's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricName>,
    /// The namespace of a metric by CloudWatch's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<MetricNamespace>,
    /// Whose metric it is, by CloudWatch's own names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 30))]
    pub dimensions: BTreeMap<String, Template>,
    /// How the values of a minute become one; `Average` when left out, and fixed for a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<MetricStatistic>,
}

impl Chart {
    /// What stands above it, where that is known before it is drawn.
    fn title(&self) -> Option<String> {
        let own = || match (&self.of, &self.metric) {
            (None, Some(metric)) => Some(metric.to_string()),
            _ => None,
        };
        self.title.clone().or_else(own)
    }
}

pub fn check(dashboard: &Dashboard, cx: &mut Check<'_>) {
    let Dashboard::Own(own) = dashboard else { return };
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (index, chart) in own.widgets.iter().enumerate() {
        let number = index.to_string();
        let path = ["monitoring", "dashboard", "widgets", &number];
        let at = |field| [&path[..], &[field]].concat();
        match (&chart.of, &chart.namespace, &chart.metric) {
            (Some(of), None, metric) => drop(measured(of, metric.as_ref(), &at("of"), &at("metric"), cx)),
            (None, Some(_), Some(_)) => {}
            (None, Some(_), None) => {
                cx.error(Code::Missing, &path, "this chart", "the chart doesn't say which metric it draws".into(), "add `metric`")
            }
            (Some(_), Some(_), _) => {
                let (of, namespace) = (at("of"), at("namespace"));
                let places = [(&namespace[..], "one by its own name"), (&of[..], "one of the spec")];
                let message = "the chart is of a metric of the spec, or of one by CloudWatch's own name".into();
                cx.both(Code::Refused, places, message, "write one of `of` and `namespace`");
            }
            (None, None, _) => {
                let message = "the chart doesn't say whose metric it draws".into();
                cx.error(
                    Code::Missing,
                    &path,
                    "this chart",
                    message,
                    "add `of: compute.NAME`, or the `namespace` of a metric of CloudWatch",
                );
            }
        }
        for (field, given) in [("dimensions", !chart.dimensions.is_empty()), ("statistic", chart.statistic.is_some())] {
            if given && chart.of.is_some() {
                cx.error(Code::Refused, &at(field), "this field", format!("`{field}` is known for a metric of the spec"), "leave it out");
            }
        }
        if let Some(first) = chart.title().and_then(|title| known.insert(title, index)) {
            let first = first.to_string();
            let places = [(&path[..], "this one"), (&["monitoring", "dashboard", "widgets", first.as_str()][..], "and this one")];
            cx.both(Code::Duplicate, places, "two charts have one title".into(), "write a `title` for one of them");
        }
    }
}

/// The dashboard, where there is something to be drawn. `names`: the alarms as objects.
pub fn lower(dashboard: &Dashboard, alarms: &[Alarm], names: Vec<String>, l: &mut Lower<'_>) {
    let spec = l.spec;
    let mut charts = vec![];
    match dashboard {
        Dashboard::Off => return,
        Dashboard::Generated => {
            for section in SECTIONS {
                (section.entries)(spec).into_iter().for_each(|name| charts.extend(entry(spec, section, name)));
            }
        }
        Dashboard::Own(own) => own.widgets.iter().for_each(|chart| charts.extend(drawn(chart, l))),
    }
    let mut widgets: Vec<(String, Widget)> = vec![];
    for (title, looks) in charts {
        // Whoever draws a chart twice sees it once.
        if !widgets.iter().any(|(known, _)| *known == title) {
            widgets.push((title, widget(&looks, alarms)));
        }
    }
    if !widgets.is_empty() {
        let alarms = names.into_iter().take(ALARMS).map(Ref::to).collect();
        l.add("main", "monitoring.dashboard", Object { widgets: Ranked(widgets), alarms });
    }
}

/// A chart before it is drawn: its title, and what it looks at, by what the line is called.
type Charted = (String, Vec<(String, At)>);

/// All charts that follow by themselves of an entry.
fn entry(spec: &Spec, section: &Section, name: Option<&Name>) -> Vec<Charted> {
    let words = DRAWN.iter().find(|(known, _)| *known == section.name).map_or(&[][..], |(_, words)| words);
    let words = words.iter().filter_map(|word| section.word(word));
    words.flat_map(|word| of_word(spec, section, name, word)).collect()
}

/// The chart of a word of an entry. An expression has a chart of its own.
fn of_word(spec: &Spec, section: &Section, name: Option<&Name>, word: &Word) -> Vec<Charted> {
    let key = name.map_or("", Name::as_str);
    let unit = if word.unit.is_empty() || (word.scale)(spec, key) != 1.0 { String::new() } else { format!(", {}", word.unit) };
    let entry = section.entry(name);
    let label = |look: &Look| look.part.clone().unwrap_or_else(|| word.word.to_owned());
    let looks = (word.looks)(spec, key);
    let (math, plain): (Vec<Look>, Vec<Look>) = looks.into_iter().partition(|look| matches!(look.at, At::Math(_)));
    let titled = |part: &Option<String>| {
        let part = part.as_ref().map_or_else(String::new, |part| format!(" {part}"));
        format!("{entry} {}{part}{unit}", word.word)
    };
    let together = (!plain.is_empty()).then(|| (titled(&None), plain.iter().map(|look| (label(look), look.at.clone())).collect()));
    let alone = math.iter().map(|look| (titled(&look.part), vec![(label(look), look.at.clone())]));
    together.into_iter().chain(alone).collect()
}

/// What one chart of one's own becomes; nothing of one that is refused.
fn drawn(chart: &Chart, l: &mut Lower<'_>) -> Vec<Charted> {
    let titled = |mut charts: Vec<Charted>| {
        if let (Some(title), [only]) = (chart.title(), &mut charts[..]) {
            only.0 = title;
        }
        charts
    };
    if let Some(of) = &chart.of {
        let spec = l.spec;
        let Some(section) = section(of.section()) else { return vec![] };
        let entries = (section.entries)(spec);
        let Some(name) = entries.into_iter().find(|known| known.map_or("", Name::as_str) == of.name().unwrap_or_default()) else {
            return vec![];
        };
        let Some(metric) = &chart.metric else { return entry(spec, section, name) };
        return section.word(metric.as_str()).map_or_else(Vec::new, |word| titled(of_word(spec, section, name, word)));
    }
    let (Some(namespace), Some(metric)) = (&chart.namespace, &chart.metric) else { return vec![] };
    let at = Metric {
        namespace: namespace.to_string(),
        name: metric.to_string(),
        dimensions: chart.dimensions.iter().map(|(name, value)| (name.clone(), l.text(value))).collect(),
        period: 60,
        statistic: chart.statistic.as_ref().map_or_else(|| "Average".into(), ToString::to_string),
    };
    titled(vec![(metric.to_string(), vec![(metric.to_string(), At::Metric(at))])])
}

/// The chart with a line for each alarm that looks at the same.
fn widget(looks: &[(String, At)], alarms: &[Alarm]) -> Widget {
    let line = |at: &At| match at {
        At::Metric(metric) => Line { metric: Some(metric.clone()), math: None },
        At::Math(math) => Line { metric: None, math: Some(math.clone()) },
    };
    let same = |alarm: &&Alarm| alarm.looks.iter().any(|look| looks.iter().any(|(_, at)| *at == look.at));
    let marks: Open<Number> = alarms.iter().filter(same).map(|alarm| (alarm.name.clone(), Number(alarm.threshold * alarm.scale))).collect();
    Widget { lines: looks.iter().map(|(label, at)| (label.clone(), line(at))).collect(), marks }
}

impl Serialize for Dashboard {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Dashboard::Generated => true.serialize(s),
            Dashboard::Off => false.serialize(s),
            Dashboard::Own(own) => own.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Dashboard {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Dashboard;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a map with `widgets`")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Dashboard, E> {
                Ok(if on { Dashboard::Generated } else { Dashboard::Off })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dashboard, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Dashboard::Own)
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Dashboard {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Dashboard".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let own = generator.subschema_for::<OwnDashboard>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, own] })
    }
}
