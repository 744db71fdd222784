//! Words that every layer shares. Nothing here knows a cloud, a kind or a terminal.
mod attribute;
pub mod partition;
pub mod secret;
mod written;

use std::fmt;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::canon::{self, Open, marked};

pub use attribute::{AttrChange, Attribute, Attributes, FieldName, Mode, Reversal, Spelling};
pub use partition::{PARTITIONS, Partition, partition};
pub use secret::{Secret, sealed};
pub use written::{digest, to_json};

/// Decided by the cloud; unknown until observed. Never compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed<T>(pub Option<T>);

impl<T> Default for Computed<T> {
    fn default() -> Self {
        Computed(None)
    }
}

impl<T> From<T> for Computed<T> {
    fn from(value: T) -> Self {
        Computed(Some(value))
    }
}

impl<T: Serialize> Serialize for Computed<T> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        marked(s, canon::COMPUTED, &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Computed<T> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tagged<T> {
            #[serde(rename = "$computed")]
            computed: Option<T>,
        }
        Tagged::deserialize(d).map(|t| Computed(t.computed))
    }
}

impl<T: JsonSchema> JsonSchema for Computed<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Computed_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let inner = generator.subschema_for::<Option<T>>();
        schemars::json_schema!({
            "type": "object", "readOnly": true, "required": [canon::COMPUTED],
            "properties": { canon::COMPUTED: inner }, "additionalProperties": false,
        })
    }
}

/// Entries whose order means something, each with a name of its own: compared name by name, and one that moves has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked<T>(pub Vec<(String, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Ranked(vec![])
    }
}

impl<T: Serialize> Serialize for Ranked<T> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        marked(s, canon::RANKED, &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ranked<T> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tagged<T> {
            #[serde(rename = "$ranked")]
            ranked: Vec<(String, T)>,
        }
        Tagged::deserialize(d).map(|t| Ranked(t.ranked))
    }
}

impl<T: JsonSchema> JsonSchema for Ranked<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Ranked_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let inner = generator.subschema_for::<Vec<(String, T)>>();
        schemars::json_schema!({
            "type": "object", "required": [canon::RANKED], "properties": { canon::RANKED: inner }, "additionalProperties": false,
        })
    }
}

/// A point in time, written in RFC 3339 with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub SystemTime);

impl Moment {
    pub fn now() -> Self {
        Moment(SystemTime::now())
    }

    /// How long ago it was; nothing when it lies ahead.
    pub fn age(self, now: SystemTime) -> Duration {
        now.duration_since(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_millis(self.0).fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        humantime::parse_rfc3339(&text).map(Moment).map_err(serde::de::Error::custom)
    }
}

/// User tags: `Name` and what the spec says. The stamp's own tags (`infra:…`) and the cloud's (`aws:…`) are not among them.
pub type Tags = Open<String>;

/// How long calls on an object may take, where its part of the spec says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    pub create: Option<Duration>,
    pub update: Option<Duration>,
    pub delete: Option<Duration>,
}

impl Timeouts {
    /// Whether nothing is said.
    pub fn usual(&self) -> bool {
        *self == Timeouts::default()
    }
}

/// Whether a successor may stand beside its predecessor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    CreateFirst,
    DeleteFirst,
}

/// What is lost with an object for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    None,
    /// What users stored in it.
    Data,
    /// An address that others have noted (in allow-lists of partners): it matters as long as the stack goes on.
    Address,
}
