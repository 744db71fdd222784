//! `monitoring`: what is watched, and who is told.
mod alarm;
mod alerting;
mod check;
pub mod counted;
mod dashboard;
mod expressions;
pub mod fields;
mod groups;
pub mod logging;
mod lower;
pub mod metrics;
mod notify;
mod silences;
pub mod table;
mod watch;

use super::check::Check;
use super::lower::Lower;
use super::section::{Fields, Section};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use alarm::named;
pub use alerting::{Alerting, Changed, Defaults, NoData, Rule};
pub use dashboard::{Chart, Dashboard, OwnDashboard};
pub use logging::Logging;
pub use metrics::{Custom, Metrics};
pub use notify::{Notify, Severity, notices};
pub use silences::Silence;
pub use watch::watches;

/// What is watched, and who is told when something is wrong (AWS: SNS, CloudWatch). Alarms follow by themselves from what else the spec has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Who is told: mail addresses and https URLs, or a map with `critical` and `warning` for different people. Whoever is named gets a message with a
    /// link first, and is told nothing until the link was followed.
    #[serde(default)]
    pub notify: Notify,
    /// What is changed of the alarms that follow by themselves, and alarms of one's own.
    #[serde(default, skip_serializing_if = "Alerting::is_empty")]
    pub alerting: Alerting,
    /// One page of charts of all that is measured, with the states of the alarms (AWS: CloudWatch dashboard): made from the spec, or with charts of one's own
    /// (`{ widgets: […] }`); `false` for none. AWS takes 3 USD a month for each but the first three of an account.
    #[serde(default)]
    pub dashboard: Dashboard,
    /// Where what applications write goes (AWS: CloudWatch Logs).
    #[serde(default)]
    pub logging: Logging,
    /// What applications measure themselves, and how long that is kept; nothing when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
}

impl Section for Monitoring {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "monitoring: { notify: [ops@example.com] }";
    const FIELDS: Fields = fields::FIELDS;

    fn check(&self, cx: &mut Check<'_>) {
        check::check(self, cx);
        dashboard::check(&self.dashboard, cx);
        groups::check(self, cx);
        silences::check(self, cx);
        logging::check(&self.logging, cx);
        self.metrics.iter().for_each(|metrics| metrics::check(metrics, cx));
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
        self.metrics.iter().for_each(|metrics| metrics::lower(self, metrics, l));
    }
}
