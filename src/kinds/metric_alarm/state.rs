//! How an alarm stands, as CloudWatch has judged it.
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_cloudwatch::types::{MetricAlarm as Seen, StateValue};
use aws_smithy_types::DateTime;

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
    /// `pending` of a rule: it is so, and hasn't been for as long as `for` says.
    Pending,
    /// `INSUFFICIENT_DATA`: it is new, or nothing was measured.
    Unknown,
}

/// Whatever judges and tells: an alarm of a stack, a group of alarms, or a rule of a workspace; and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub live: Live,
    /// Which of the workspace's rules it is; `None` of an alarm.
    pub rule: Option<String>,
    pub state: State,
    /// Since when it stands so (`StateTransitionedTimestamp`; `activeAt` of a rule's first alert).
    pub since: Option<Moment>,
    /// When it was judged last (`StateUpdatedTimestamp`, `lastEvaluation`).
    pub judged: Option<Moment>,
    /// Why, in CloudWatch's words (`StateReason`), or by the values of a rule's alerts.
    pub why: String,
}

impl Standing {
    /// One of an alarm as CloudWatch tells it, by `StateValue`, the two moments and `StateReason`.
    pub(in crate::kinds) fn of_alarm(live: Live, state: Option<&StateValue>, times: [Option<DateTime>; 2], why: Option<String>) -> Self {
        let [since, judged] = times.map(|at| at.and_then(|at| u64::try_from(at.to_millis().ok()?).ok()).map(moment));
        let state = match state {
            Some(StateValue::Ok) => State::Quiet,
            Some(StateValue::Alarm) => State::Firing,
            _ => State::Unknown,
        };
        Standing { live, rule: None, state, since: since.or(judged), judged, why: why.unwrap_or_default() }
    }
}

fn moment(millis: u64) -> Moment {
    Moment(UNIX_EPOCH + Duration::from_millis(millis))
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

/// All that tells of a stack as it stands: alarms by pages of 100, groups of them, and the rules of its workspace.
pub(crate) async fn standing(cx: &Clients, stack: &str) -> Result<Vec<Standing>, CloudError> {
    let one = |seen: Seen| {
        let times = [seen.state_transitioned_timestamp, seen.state_updated_timestamp];
        let (state, why) = (seen.state_value.clone(), seen.state_reason.clone());
        Some(Standing::of_alarm(wire::read(stack, seen)?, state.as_ref(), times, why))
    };
    let groups = super::composite_alarm::standing(cx, stack);
    let rules = super::metrics_workspace::standing(cx, stack);
    let (alarms, groups, rules) = futures_util::try_join!(wire::seen(cx, stack), groups, rules)?;
    Ok(alarms.into_iter().filter_map(one).chain(groups).chain(rules).collect())
}
