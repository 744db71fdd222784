//! `monitoring`: what is watched, and who is told.
pub mod logging;

use super::check::Check;
use super::lower::Lower;
use super::section::Section;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use logging::Logging;

/// What is watched, and who is told when something is wrong (AWS: SNS, CloudWatch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Where what applications write goes (AWS: CloudWatch Logs).
    #[serde(default)]
    pub logging: Logging,
}

impl Section for Monitoring {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "monitoring: {}";

    fn check(&self, cx: &mut Check<'_>) {
        logging::check(&self.logging, cx);
    }

    fn lower(&self, _l: &mut Lower<'_>) {}
}
