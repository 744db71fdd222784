//! What a workspace tells by Prometheus's own API: how its rules stand (`ListRules`), and when something was measured last (`QueryMetrics`). Whoever may not ask is
//! told what is known without.
use serde_json::Value;

use super::parts::NAMESPACE;
use super::*;
use crate::kinds::metric_alarm::{Standing, State};
use crate::model::Moment;

/// How many seconds ago something was measured last: whatever an agent asks writes `up`. A series is forgotten five minutes after its last sample ("Staleness").
const NEWEST: &str = "time() - max(timestamp(up))";

/// How many seconds ago that was in the sandbox.
const USUAL: f64 = 15.0;

/// The word by which the sandbox bends it: so many seconds, or more than `NEWEST` tells of.
const SAMPLE: &str = "sample";
const FORGOTTEN: f64 = 300.0;

/// How many alerts of a rule are told of.
const TOLD: usize = 3;

/// How a workspace fares, by its state (`WorkspaceStatusCode`).
fn state(status: &str) -> Sign {
    Sign::state(status, &["ACTIVE", "UPDATING"], &["CREATING"])
}

/// How what is measured fares.
fn sample(age: Option<f64>) -> Sign {
    match age.filter(|age| *age < FORGOTTEN) {
        Some(age) => Sign::new(Level::Ok, format!("last sample {:.0} s ago", age.max(0.0))),
        None => Sign::new(Level::Warning, "no sample in the last five minutes"),
    }
}

pub(super) fn fares(bent: &Bent) -> Vec<Sign> {
    let age = bent.get(SAMPLE).map_or(Some(USUAL), |text| text.trim_end_matches('s').trim_end().parse().ok());
    vec![state(health::bent_state(bent, "ACTIVE")), sample(age)]
}

pub(super) async fn health(cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
    let request = cx.amp().list_workspaces().alias(NAMES.start(&live.stamp.stack)).max_results(1000);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::Amp, "ListWorkspaces", send, |page| (Some(page.workspaces), page.next_token)).await?;
    let own = found.into_iter().find(|seen| seen.workspace_id == live.id);
    let Some(status) = own.and_then(|seen| seen.status) else { return Ok(vec![]) };
    let mut signs = vec![state(status.status_code.as_str())];
    match cx.prometheus(Service::Amp, "QueryMetrics", &live.id, "query", Some(NEWEST)).await {
        Err(e) if e.class == Class::Denied => {}
        told => signs.push(sample(number(&told?))),
    }
    Ok(signs)
}

/// The one number of a vector: `{ "result": [{ "value": [1796040000, "12.5"] }] }`.
fn number(told: &Value) -> Option<f64> {
    told.pointer("/result/0/value/1")?.as_str()?.parse().ok()
}

/// The rules of a stack's workspaces as they stand.
pub(crate) async fn standing(cx: &Clients, stack: &str) -> Result<Vec<Standing>, CloudError> {
    let each = MetricsWorkspace::list(cx, stack).await?.into_iter().map(async |live| {
        let rules = live.of::<MetricsWorkspace>()?.rules;
        if rules.is_empty() {
            return Ok(vec![]);
        }
        let told = match cx.prometheus(Service::Amp, "ListRules", &live.id, "rules", None).await {
            Err(e) if e.class == Class::Denied => Err("whoever asks may not see it: it needs aps:ListRules"),
            told => Ok(told?),
        };
        let one = |name: &String| {
            let (state, since, judged, why) = match &told {
                Ok(told) => judged(told, name).unwrap_or((State::Unknown, None, None, "it was not looked at yet".into())),
                Err(why) => (State::Unknown, None, None, (*why).to_owned()),
            };
            Standing { live: live.clone(), rule: Some(name.clone()), state, since, judged, why }
        };
        Ok::<_, CloudError>(rules.keys().map(one).collect())
    });
    Ok(try_join_all(each).await?.concat())
}

/// How the rule of a name stands: its state, since when, when that was judged, and why. `file` is the namespace that the rule is of.
fn judged(told: &Value, name: &str) -> Option<(State, Option<Moment>, Option<Moment>, String)> {
    let own = told["groups"].as_array()?.iter().filter(|group| group["file"] == NAMESPACE);
    let rule = own.flat_map(|group| group["rules"].as_array()).flatten().find(|rule| rule["name"] == name)?;
    let at = |said: &Value| said.as_str().and_then(|text| humantime::parse_rfc3339(text).ok()).map(Moment);
    let judged = at(&rule["lastEvaluation"]);
    if rule["health"] == "err" {
        return Some((State::Unknown, None, judged, rule["lastError"].as_str().unwrap_or_default().to_owned()));
    }
    let (state, word) = match rule["state"].as_str() {
        Some("firing") => (State::Firing, "firing"),
        Some("pending") => (State::Pending, "pending"),
        Some("inactive") => (State::Quiet, ""),
        _ => return None,
    };
    let alerts: Vec<&Value> = rule["alerts"].as_array().into_iter().flatten().filter(|alert| alert["state"] == word).collect();
    let since = alerts.iter().filter_map(|alert| at(&alert["activeAt"])).min();
    let more = alerts.len().saturating_sub(TOLD);
    let mut why: Vec<String> = alerts.iter().take(TOLD).map(|alert| value(alert)).collect();
    why.extend((more > 0).then(|| format!("and {more} more")));
    Some((state, since, judged, why.join("; ")))
}

/// What an alert is of, and its value: `job=app: 0.73`.
fn value(alert: &Value) -> String {
    let labels = alert["labels"].as_object().into_iter().flatten().filter(|(name, _)| !matches!(name.as_str(), "alertname" | "severity"));
    let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    let value = alert["value"].as_str().unwrap_or_default();
    if labels.is_empty() { value.to_owned() } else { format!("{}: {value}", labels.join(", ")) }
}
