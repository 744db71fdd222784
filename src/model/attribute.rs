//! Attributes of objects, and what a change of one is.
use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a change of one attribute costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The cloud changes it in place.
    Update,
    /// The object must be replaced.
    Replace,
    /// Set when the object is created, then left to the cloud (the desired size of a scaling group).
    Initial,
    /// Decided by the cloud; never compared.
    Computed,
}

impl Mode {
    /// Whether a plan compares the attribute at all.
    pub fn compared(self) -> bool {
        matches!(self, Mode::Update | Mode::Replace)
    }
}

/// How far a change of an attribute can be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reversal {
    /// It is set back.
    #[default]
    Full,
    /// It is set back, but what less of it has deleted is gone: how long backups, logs or objects are kept.
    Data,
    /// It only grows: less may be asked for again, but what was added stays.
    Grows,
    /// The service goes onward alone: an engine's version.
    Never,
    /// The service takes no other change for so many hours: until then it stays.
    Rests(u8),
}

impl Reversal {
    fn is_full(&self) -> bool {
        *self == Reversal::Full
    }
}

/// One attribute of an object in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: &'static str,
    pub mode: Mode,
    pub reversal: Reversal,
    pub value: Value,
}

/// An object as a list of attributes; written by `object!`.
pub trait Attributes {
    fn attributes(&self) -> Vec<Attribute>;
    /// Writes the attributes that a plan compares as entries of a map.
    fn compared<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// One difference between what is and what should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttrChange {
    /// Where: `health_check.interval`, `ingress[https]`.
    pub path: String,
    /// `None` when there is nothing yet.
    pub before: Option<Value>,
    /// `None` when it goes away.
    pub after: Option<Value>,
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Reversal::is_full")]
    pub reversal: Reversal,
    /// The value reads the same, but the object it points at is replaced.
    pub cascade: bool,
    /// It is changed at once, and in force after the next restart only, which nobody makes for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// What of it changes, where the values alone don't tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The field of the spec that decides about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldName>,
}

impl AttrChange {
    /// Whether the attribute of a changed object stays as changed when the run is taken back.
    pub fn stays(&self) -> bool {
        match self.reversal {
            Reversal::Full | Reversal::Data => false,
            Reversal::Grows | Reversal::Never | Reversal::Rests(_) => true,
        }
    }

    /// Whether less is kept than before, so that data is lost. Without a number it is kept for ever; what is turned off keeps nothing.
    pub fn shrinks(&self) -> bool {
        let kept = |v: &Option<Value>| match v {
            Some(Value::Bool(false)) => 0.0,
            other => other.as_ref().and_then(Value::as_f64).unwrap_or(f64::INFINITY),
        };
        self.reversal == Reversal::Data && kept(&self.after) < kept(&self.before)
    }
}

/// A field of the spec, as its reader finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldName {
    /// `database.main.backups.retention`.
    pub path: String,
    pub spelling: Spelling,
    /// Where it is written: `FILE:LINE:COLUMN`; nothing where a default holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// How a field spells what an attribute says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// A number of days: `7d`.
    Days,
    /// A number of GiB: `100GiB`.
    Gib,
    /// Otherwise: the field decides about the attribute, perhaps with others.
    Other,
    /// The same value.
    Same,
    /// A number of seconds: `90s`, `5m`.
    Seconds,
}
