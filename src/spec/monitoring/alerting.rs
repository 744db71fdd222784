//! `monitoring.alerting`: what is changed of the default alarms, and rules of one's own.
use super::Severity;
use super::silences::Silence;
use crate::spec::units::{AlarmName, Contact, Duration, MetricName, MetricNamespace, MetricStatistic, Name, Template, Watched, fixed};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Alarms: those that follow by themselves, and one's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alerting {
    /// Default alarms that are turned off (`off: [cache.main.evictions]`) or changed by name (`database.main.cpu: { above: 80 }`);
    /// `infra explain monitoring --defaults` shows all.
    #[serde(default, skip_serializing_if = "Defaults::is_empty")]
    pub defaults: Defaults,
    /// Entries whose default alarms tell once together, by a name for each group: `front: [load_balancer, compute.app]`. What breaks together is told as one alarm
    /// for each severity. A group's alarm costs 0.50 USD a month.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<Name, Vec<Watched>>,
    /// Alarms of one's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<Name, Rule>,
    /// Times in which alarms tell nobody, by a name for each. They begin and end by themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub silences: BTreeMap<Name, Silence>,
}

impl Alerting {
    pub fn is_empty(&self) -> bool {
        *self == Alerting::default()
    }
}

/// What is otherwise with default alarms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    pub off: BTreeSet<AlarmName>,
    pub changed: BTreeMap<AlarmName, Changed>,
}

impl Defaults {
    pub fn is_empty(&self) -> bool {
        *self == Defaults::default()
    }
}

/// What is otherwise with one default alarm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// It fires above this number, in its own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// It fires below this number, in its own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// How long it must last, in whole minutes.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Duration>,
    /// How grave it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// An alarm on a metric: of an object of the spec by one word, of anything by CloudWatch's own names, of how often something stands in logs, or of what
/// applications measure themselves, by an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whose metric it is: `load_balancer`, or an entry such as `compute.app`; left out where `namespace` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Watched>,
    /// Which metric: a word of its section, such as `cpu` or `errors`; with `namespace` CloudWatch's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricName>,
    /// Whose logs it looks through, an entry of `compute` or `functions`: it counts the events of a minute that `match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<Name>,
    /// What an event must match, as CloudWatch Logs writes patterns: `ERROR`, `{ $.level = "error" }`.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub pattern: Option<String>,
    /// An expression of PromQL on what `metrics` keeps: the rule fires for each of the series that it answers, such as
    /// `sum(rate(http_errors_total[5m])) > 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8192))]
    pub expr: Option<String>,
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
    /// It fires above this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// It fires below this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// How long it must last, in whole minutes.
    #[serde(default = "five_minutes", rename = "for")]
    pub lasting: Duration,
    /// How grave it is, and so who is told.
    #[serde(default = "warning")]
    pub severity: Severity,
    /// Who is told of this rule, in place of those who are told of what is as grave.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub notify: BTreeSet<Contact>,
    /// What it says when nothing is measured.
    #[serde(default)]
    pub no_data: NoData,
    /// What it means and what to do, for those who are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub means: Option<String>,
}

/// What an alarm says when nothing is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// It fires: what is measured is gone.
    Bad,
    /// It doesn't: nothing has happened.
    #[default]
    Fine,
}

fn five_minutes() -> Duration {
    fixed("5m")
}

fn warning() -> Severity {
    Severity::Warning
}

impl Serialize for Defaults {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        if !self.off.is_empty() {
            map.serialize_entry("off", &self.off)?;
        }
        self.changed.iter().try_for_each(|(name, changed)| map.serialize_entry(name, changed))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Defaults {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(ByName)
    }
}

struct ByName;

impl<'de> Visitor<'de> for ByName {
    type Value = Defaults;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with `off` and names of default alarms")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Defaults, A::Error> {
        let mut defaults = Defaults::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "off" {
                defaults.off = map.next_value()?;
            } else {
                let name = AlarmName::deserialize(StrDeserializer::<A::Error>::new(&key))?;
                defaults.changed.insert(name, map.next_value()?);
            }
        }
        Ok(defaults)
    }
}

impl JsonSchema for Defaults {
    fn schema_name() -> Cow<'static, str> {
        "AlarmDefaults".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let off = generator.subschema_for::<BTreeSet<AlarmName>>();
        let changed = generator.subschema_for::<BTreeMap<AlarmName, Changed>>();
        let mut schema = changed.to_value();
        schema["properties"] = serde_json::json!({
            "off": { "description": "Those that are turned off.", "type": off.as_value()["type"], "items": off.as_value()["items"], "uniqueItems": true },
        });
        schema["description"] = "Default alarms that are turned off or changed, by name.".into();
        Schema::try_from(schema).unwrap_or_default()
    }
}
