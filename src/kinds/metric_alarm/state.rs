//! How an alarm stands, as CloudWatch has judged it.
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_cloudwatch::types::{MetricAlarm as Seen, StateValue};

use super::*;
use crate::model::Moment;

/// Whether an alarm fires (`StateValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// `OK`
    Quiet,
    /// `ALARM`
    Firing,
    /// `INSUFFICIENT_DATA`: it is new, or nothing was measured.
    Unknown,
}

/// An alarm of a stack, and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub live: Live,
    pub state: State,
    /// Since when it stands so (`StateTransitionedTimestamp`).
    pub since: Option<Moment>,
    /// Why, in CloudWatch's words (`StateReason`).
    pub why: String,
}

impl MetricAlarm {
    /// How bad it is when it fires, as its description begins.
    pub fn level(&self) -> Level {
        if self.description.starts_with("critical: ") { Level::Critical } else { Level::Warning }
    }

    /// Whether a number lies beyond the threshold.
    pub fn beyond(&self, number: f64) -> bool {
        match self.comparison.as_str() {
            ">" => number > self.threshold.0,
            ">=" => number >= self.threshold.0,
            "<" => number < self.threshold.0,
            _ => number <= self.threshold.0,
        }
    }

    /// What it looks at: `CPUUtilization`, or an expression.
    pub fn looks_at(&self) -> &str {
        let math = || self.math.as_ref().map_or("", |math| &math.expression);
        self.metric.as_ref().map_or_else(math, |metric| &metric.name)
    }
}

/// All alarms of a stack as they stand, by pages of 100.
pub(crate) async fn standing(cx: &Clients, stack: &str) -> Result<Vec<Standing>, CloudError> {
    let one = |seen: Seen| {
        let at = seen.state_transitioned_timestamp.or(seen.state_updated_timestamp);
        let since = at.and_then(|at| u64::try_from(at.to_millis().ok()?).ok()).map(|ms| Moment(UNIX_EPOCH + Duration::from_millis(ms)));
        let state = match &seen.state_value {
            Some(StateValue::Ok) => State::Quiet,
            Some(StateValue::Alarm) => State::Firing,
            _ => State::Unknown,
        };
        let why = seen.state_reason.clone().unwrap_or_default();
        Some(Standing { live: wire::read(stack, seen)?, state, since, why })
    };
    Ok(wire::seen(cx, stack).await?.into_iter().filter_map(one).collect())
}
