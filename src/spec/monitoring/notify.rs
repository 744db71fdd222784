//! Who is told: all of everything, or each of what is as grave as that.
use super::Monitoring;
use crate::kinds::metrics_workspace::by_rule;
use crate::kinds::{Ref, Topic};
use crate::spec::Spec;
use crate::spec::units::{Contact, Name};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// How grave it is when an alarm fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Users are hurt now: somebody gets up at night.
    Critical,
    /// It will hurt if nobody looks: it waits for the morning.
    Warning,
}

impl Severity {
    pub const ALL: &[Severity] = &[Severity::Critical, Severity::Warning];

    pub const fn text(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
        }
    }
}

/// Who is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notify {
    All(BTreeSet<Contact>),
    Each(BySeverity),
}

/// The longer form of a [`Notify`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BySeverity {
    /// Who is told of what hurts users now; nobody when left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub critical: BTreeSet<Contact>,
    /// Who is told of what will hurt if nobody looks; nobody when left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub warning: BTreeSet<Contact>,
}

impl Default for Notify {
    fn default() -> Self {
        Notify::All(BTreeSet::new())
    }
}

impl Notify {
    /// The topics, by name: one for all, or one for each severity of which somebody is told. Whoever is named twice confirms twice, so that a plain list is
    /// one topic.
    pub fn topics(&self) -> Vec<(&'static str, &BTreeSet<Contact>)> {
        let all = match self {
            Notify::All(contacts) => vec![("alerts", contacts)],
            Notify::Each(each) => vec![("critical", &each.critical), ("warning", &each.warning)],
        };
        all.into_iter().filter(|(_, contacts)| !contacts.is_empty()).collect()
    }

    /// The topic for a severity; `None` where nobody is told.
    pub fn topic(&self, severity: Severity) -> Option<&'static str> {
        self.topics().into_iter().map(|(name, _)| name).find(|name| *name == "alerts" || *name == severity.text())
    }
}

/// The topic that is told of what happens by itself and most often heals by itself: a cache fails over, an instance can't be started. Whoever hears of warnings is
/// told, or else of critical alarms; `None` where nobody is.
pub fn notices(spec: &Spec) -> Option<Ref<Topic>> {
    let notify = &spec.monitoring.as_ref()?.notify;
    notify.topic(Severity::Warning).or_else(|| notify.topic(Severity::Critical)).map(Ref::to)
}

impl Monitoring {
    /// The rules of which others are told than of what is as grave.
    pub fn told_apart(&self) -> impl Iterator<Item = (&Name, &BTreeSet<Contact>)> {
        self.alerting.rules.iter().map(|(name, rule)| (name, &rule.notify)).filter(|(_, contacts)| !contacts.is_empty())
    }

    /// The topic for an alarm, or for a rule (`rule.NAME`); `None` where nobody is told.
    pub fn told(&self, alarm: &str, severity: Severity) -> Option<String> {
        let apart = self.told_apart().map(|(name, _)| by_rule(name.as_str())).find(|topic| topic == alarm);
        apart.or_else(|| self.notify.topic(severity).map(String::from))
    }
}

impl Serialize for Notify {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Notify::All(contacts) => contacts.serialize(s),
            Notify::Each(each) => each.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Notify {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Notify;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or a map with `critical` and `warning`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Notify, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Notify::All)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Notify, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Notify::Each)
    }
}

impl JsonSchema for Notify {
    fn schema_name() -> Cow<'static, str> {
        "Contacts".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<BTreeSet<Contact>>();
        let each = generator.subschema_for::<BySeverity>();
        json_schema!({
            "description": "Who is told: `[ops@example.com]`, or `{ critical: […], warning: […] }`.",
            "anyOf": [list, each],
        })
    }
}
