//! `monitoring`: what is watched, and who is told.
mod fields;
mod lower;
mod notify;

use super::lower::Lower;
use super::section::{Fields, Section};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use notify::{Notify, Severity};

/// What is watched, and who is told when something is wrong (AWS: SNS, CloudWatch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Who is told: mail addresses and https URLs, or a map with `critical` and `warning` for different people. Whoever is named gets a message with a
    /// link first, and is told nothing until the link was followed.
    #[serde(default)]
    pub notify: Notify,
}

impl Section for Monitoring {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "monitoring: { notify: [ops@example.com] }";
    const FIELDS: Fields = fields::FIELDS;

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
    }
}
