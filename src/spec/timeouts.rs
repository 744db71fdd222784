//! How long changes of an entry may take.
use super::check::Check;
use super::lower::Lower;
use super::units::Duration;
use crate::model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a change of one object may take, from 1m to 24h, before it counts as failed and is taken back; four times the usual when left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until a new object can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<Duration>,
    /// Until a change has taken effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<Duration>,
    /// Until it is gone. What is no longer in the spec has the usual time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<Duration>,
}

impl Timeouts {
    /// Whether nothing is said.
    pub fn usual(&self) -> bool {
        *self == Timeouts::default()
    }

    /// Says what is out of bounds; `entry` is the path of what they are of.
    pub fn check(&self, cx: &mut Check<'_>, entry: &[&str]) {
        for (field, value) in [("create", self.create), ("update", self.update), ("delete", self.delete)] {
            if let Some(value) = value {
                cx.within(&[entry, &["timeouts", field]].concat(), value, Duration::seconds(60), Duration::seconds(86_400));
            }
        }
    }

    /// Notes them for all objects that come from the part of the spec.
    pub fn lower(&self, l: &mut Lower<'_>, origin: &str) {
        if !self.usual() {
            let time = |d: Option<Duration>| d.map(|d| std::time::Duration::from_secs(d.as_seconds()));
            let timeouts = model::Timeouts { create: time(self.create), update: time(self.update), delete: time(self.delete) };
            l.stack.timeouts.insert(origin.into(), timeouts);
        }
    }
}
