//! `deployment`: how a new version takes over from the old one.
use super::Compute;
use crate::diag::Code;
use crate::kinds::gate::{self, Limits, Rollout, Stage};
use crate::kinds::{Address, AutoScalingGroup, Kind, LaunchTemplate, Part, Resource, TargetGroup, Text};
use crate::spec::check::Check;
use crate::spec::load_balancer::{forwards, url_of};
use crate::spec::lower::Lower;
use crate::spec::units::{Alarm, Duration, HttpMethod, HttpPath, Name, Percent, Template, fixed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a new image or template takes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deployment {
    /// In which way.
    pub strategy: Strategy,
    /// The shares of requests that the new instances get, one after the other; the last one is 100%. For `canary` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20), extend("x-default" = "[10%, 50%, 100%]"))]
    pub steps: Option<Vec<Percent>>,
    /// How many good minutes each share but the last needs, from 1m to 24h.
    pub interval: Duration,
    /// How many good minutes all requests on the new instances need before the old ones go, which stand by at full size until then; from 1m to 24h.
    pub bake: Duration,
    /// Which share of failed requests is bad: answers with a status from 500 on, and connections that fail.
    pub errors: Errors,
    /// How slow is bad.
    pub latency: Latency,
    /// Minutes are judged together until they have so many requests.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub min_requests: u32,
    /// Alarms; one that fires is bad. One of the stack by its own name (`compute.app.none_healthy`, a rule of `monitoring.alerting`), or any of
    /// CloudWatch by its name there.
    #[schemars(length(max = 100))]
    pub alarms: Vec<Alarm>,
    /// Requests that the new instances must answer rightly once all others go to them; the machine that applies sends them.
    #[schemars(length(max = 20))]
    pub validate: Vec<Probe>,
}

/// The way in which a new version takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// New instances beside the old ones; all requests turn to them at once, and back when they fare badly.
    BlueGreen,
    /// New instances beside the old ones; requests turn to them step by step, and back when they fare badly.
    Canary,
    /// Instance by instance, as `update` says.
    Rolling,
}

/// Failed requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Errors {
    /// A larger share is bad,
    pub max: Percent,
    /// unless the old instances' share is larger than this part of it: `2` for one half.
    #[schemars(range(min = 1, max = 100))]
    pub ratio: u32,
    /// So many bad minutes in a row, and all requests go back to the old instances.
    #[schemars(range(min = 1, max = 60))]
    pub failures: u32,
}

/// Slow requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Latency {
    /// It is bad when 1 of 100 requests takes longer,
    pub p99: Duration,
    /// unless the old instances take more than this part of it: `2` for one half.
    #[schemars(range(min = 1, max = 100))]
    pub ratio: u32,
    /// So many bad minutes in a row, and all requests go back to the old instances.
    #[schemars(range(min = 1, max = 60))]
    pub failures: u32,
}

/// A request to the environment itself, and what a right answer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// A path behind the load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPath>,
    /// A whole URL in place of a path; it may refer to the environment: `${cdn.records.www.url}/version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Template>,
    /// The method of the request.
    #[serde(default = "get")]
    pub method: HttpMethod,
    /// The status of a right answer.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// What a right answer has in its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// How long an answer may take, up to 1m.
    #[serde(default = "second")]
    pub within: Duration,
    /// So many requests in all, instead of one: what the new instances can bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100_000))]
    pub requests: Option<u32>,
    /// How many of them at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200), extend("x-default" = "10 with `requests`"))]
    pub concurrency: Option<u32>,
    /// The largest share of them that may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "1% with `requests`"))]
    pub max_errors: Option<Percent>,
}

impl Default for Deployment {
    fn default() -> Self {
        Deployment {
            strategy: Strategy::Rolling,
            steps: None,
            interval: Duration::seconds(300),
            bake: Duration::seconds(900),
            errors: Errors::default(),
            latency: Latency::default(),
            min_requests: 50,
            alarms: vec![],
            validate: vec![],
        }
    }
}

impl Default for Errors {
    fn default() -> Self {
        Errors { max: fixed("1%"), ratio: 2, failures: 2 }
    }
}

impl Default for Latency {
    fn default() -> Self {
        Latency { p99: Duration::seconds(2), ratio: 2, failures: 3 }
    }
}

fn get() -> HttpMethod {
    fixed("GET")
}

fn ok() -> u16 {
    200
}

fn second() -> Duration {
    Duration::seconds(1)
}

const DAY: Duration = Duration::days(1);
const MINUTE: Duration = Duration::seconds(60);

pub fn check(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    let Some(deployment) = &entry.deployment else { return };
    let path = |field| ["compute", name, "deployment", field];
    cx.within(&path("interval"), deployment.interval, MINUTE, DAY);
    cx.within(&path("bake"), deployment.bake, MINUTE, DAY);
    let latency = ["compute", name, "deployment", "latency", "p99"];
    cx.within(&latency, deployment.latency.p99, Duration::seconds(1), MINUTE);
    steps(cx, name, deployment);
    reached(cx, name, deployment);
    for (index, probe) in deployment.validate.iter().enumerate() {
        probed(cx, name, &index.to_string(), probe);
    }
}

/// Shares rise to all of the requests, and are a canary's.
fn steps(cx: &mut Check<'_>, name: &str, deployment: &Deployment) {
    let path = ["compute", name, "deployment", "steps"];
    let Some(steps) = &deployment.steps else { return };
    if deployment.strategy != Strategy::Canary && cx.knows(&["compute", name, "deployment", "strategy"]) {
        let message = format!("`compute.{name}` has steps, and its strategy takes none");
        return cx.error(Code::Deployment, &path, "these steps", message, "write `strategy: canary`, or leave them out");
    }
    let whole = steps.iter().all(|step| step.whole().is_some());
    let rises = steps.windows(2).all(|pair| pair[0] < pair[1]);
    let ends = steps.last().and_then(Percent::whole) == Some(100);
    let starts = steps.first().and_then(Percent::whole).is_some_and(|share| share > 0);
    if !(whole && rises && ends && starts) {
        let message = format!("the steps of `compute.{name}` don't rise to 100%");
        let help = "write whole percents, each larger than the one before, the last one 100%: `[10%, 50%, 100%]`";
        cx.error(Code::Deployment, &path, "these steps", message, help);
    }
}

/// Requests are shared out by the load balancer.
fn reached(cx: &mut Check<'_>, name: &str, deployment: &Deployment) {
    if forwards(cx.spec).any(|(_, to)| to.as_str() == name) || !cx.knows(&["load_balancer"]) {
        return;
    }
    if deployment.strategy != Strategy::Rolling {
        let message = format!("no listener forwards to `compute.{name}`, so there are no requests to share out");
        let help = "let a listener or a route of `load_balancer` forward to it, or write `strategy: rolling`";
        cx.error(Code::Deployment, &["compute", name, "deployment", "strategy"], "this strategy", message, help);
    }
    for (index, _) in deployment.validate.iter().enumerate().filter(|(_, probe)| probe.path.is_some()) {
        let message = format!("no listener forwards to `compute.{name}`, so this path leads nowhere");
        let at = ["compute", name, "deployment", "validate", &index.to_string(), "path"];
        cx.error(Code::Deployment, &at, "this path", message, "write a whole `url`, or let a listener forward to the entry");
    }
}

fn probed(cx: &mut Check<'_>, name: &str, index: &str, probe: &Probe) {
    let path = |field| ["compute", name, "deployment", "validate", index, field];
    cx.within(&path("within"), probe.within, Duration::seconds(1), MINUTE);
    let whole = ["compute", name, "deployment", "validate", index];
    match (&probe.path, &probe.url) {
        (Some(_), Some(_)) => {
            let message = "a probe has a `path` or a `url`, not both".into();
            cx.error(Code::Deployment, &path("url"), "this URL", message, "leave one of them out");
        }
        (None, None) => {
            let message = "this probe says neither a `path` nor a `url`".into();
            cx.error(Code::Missing, &whole, "this probe", message, "write `path: /healthz`, or a whole `url`");
        }
        _ => {}
    }
    for (field, written) in [("concurrency", probe.concurrency.is_some()), ("max_errors", probe.max_errors.is_some())] {
        if written && probe.requests.is_none() {
            let message = format!("`{field}` is of many requests, and this probe is one");
            cx.error(Code::Deployment, &path(field), "this field", message, "add `requests:`, or leave it out");
        }
    }
}

pub fn lower(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    let Some(deployment) = compute.deployment.as_ref() else { return };
    let minutes = |d: Duration| u32::try_from(d.as_seconds().div_ceil(60)).unwrap_or(u32::MAX);
    let shares: Vec<u8> = match (deployment.strategy, &deployment.steps) {
        (Strategy::Rolling, _) => vec![],
        (Strategy::BlueGreen, _) => vec![100],
        (Strategy::Canary, Some(steps)) => steps.iter().filter_map(Percent::whole).collect(),
        (Strategy::Canary, None) => vec![10, 50, 100],
    };
    if shares.is_empty() && deployment.validate.is_empty() {
        return;
    }
    let stage = |share: u8| Stage { share, minutes: minutes(if share == 100 { deployment.bake } else { deployment.interval }) };
    let (errors, latency) = (&deployment.errors, &deployment.latency);
    let limits = Limits {
        errors: errors.max.hundredths(),
        errors_ratio: errors.ratio,
        errors_failures: errors.failures,
        latency: u32::try_from(latency.p99.as_seconds() * 1000).unwrap_or(u32::MAX),
        latency_ratio: latency.ratio,
        latency_failures: latency.failures,
        min_requests: deployment.min_requests,
        alarms: deployment.alarms.iter().map(ToString::to_string).collect(),
    };
    let probes = deployment.validate.iter().map(|probe| asked(l, name, probe)).collect();
    let at = |kind: Kind| Address::new(kind, name.as_str());
    l.stack.rollouts.push(Rollout {
        entry: format!("compute.{name}"),
        template: at(LaunchTemplate::KIND),
        fleet: at(AutoScalingGroup::KIND),
        target_group: at(TargetGroup::KIND),
        stages: shares.into_iter().map(stage).collect(),
        limits,
        probes,
    });
}

fn asked(l: &Lower<'_>, name: &Name, probe: &Probe) -> gate::Probe {
    let (url, any_name, place) = match (&probe.url, &probe.path) {
        (Some(url), _) => (l.text(url), false, url.to_string()),
        (None, path) => {
            let path = path.as_ref().map_or("/", |path| path.as_str());
            let mut parts = url_of(l.spec, name);
            parts.push(Part::Literal(path.into()));
            (Text(parts), true, path.to_owned())
        }
    };
    gate::Probe {
        name: format!("{} {place}", probe.method),
        url,
        method: probe.method.to_string(),
        status: probe.status,
        contains: probe.contains.clone(),
        within: u32::try_from(probe.within.as_seconds() * 1000).unwrap_or(u32::MAX),
        any_name,
        load: probe.requests.map(|requests| gate::Load {
            requests,
            concurrency: probe.concurrency.unwrap_or(10),
            errors: probe.max_errors.as_ref().map_or(100, Percent::hundredths),
        }),
    }
}
