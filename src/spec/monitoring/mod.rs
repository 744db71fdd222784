//! `monitoring`: what is watched, and who is told.
mod fields;
pub mod logging;
mod lower;
mod notify;

use super::check::Check;
use super::lower::Lower;
use super::section::{Fields, Section};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use logging::Logging;
pub use notify::{Notify, Severity};

/// What is kept of what applications write, and a topic of those who are told when something is wrong (AWS: CloudWatch Logs, SNS). Alarms that tell
/// them are not made yet; one's own may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Who is told: mail addresses and https URLs, or a map with `critical` and `warning` for different people. Whoever is named gets a message with a
    /// link first, and is told nothing until the link was followed.
    #[serde(default)]
    pub notify: Notify,
    /// Where what applications write goes (AWS: CloudWatch Logs).
    #[serde(default)]
    pub logging: Logging,
}

impl Section for Monitoring {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "monitoring: { notify: [ops@example.com] }";
    const FIELDS: Fields = fields::FIELDS;

    fn check(&self, cx: &mut Check<'_>) {
        logging::check(&self.logging, cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
    }
}
