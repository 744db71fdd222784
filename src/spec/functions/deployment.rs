//! `functions.X.deployment`: how a new version takes over from the old one.
use super::Function as Entry;
use crate::diag::Code;
use crate::kinds::gate::Rollout;
use crate::kinds::{Address, Function, Resource};
use crate::spec::check::Check;
use crate::spec::compute::{Probe, asked, probed};
use crate::spec::deployment::{Errors, Latency, Shape, Shifts, there};
use crate::spec::load_balancer::forwards;
use crate::spec::lower::Lower;
use crate::spec::units::{Alarm, Duration, Name, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How new code, or another setting of a version, takes over. The alias shares calls out among the old version and the new one (AWS: weights of the
/// alias); the old version stays as it is, so the way back is one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionDeployment {
    /// In which way.
    pub strategy: FunctionStrategy,
    /// The shares of calls that the new version gets, one after the other; the last one is 100%. For `canary` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20), extend("x-default" = "[10%, 50%, 100%]"))]
    pub steps: Option<Vec<Percent>>,
    /// How many good minutes each share but the last needs, from 1m to 24h.
    pub interval: Duration,
    /// How many good minutes all calls of the new version need before its word is final, from 1m to 24h. With `all_at_once` it is so long looked whether
    /// it answers the probes of `validate`, and whether alarms fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "15m; 1m with `all_at_once`"))]
    pub bake: Option<Duration>,
    /// Which share of failed calls is bad: those that the code ends with an error, or never ends (AWS: `Errors` of `Invocations`).
    pub errors: Errors,
    /// How slow is bad (AWS: `Duration`).
    pub latency: Latency,
    /// Minutes are judged together until they have so many calls.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub min_requests: u32,
    /// Alarms; one that fires is bad, also with `all_at_once` and on a first apply. One of the stack by its own name (`functions.thumbnails.errors`, a rule
    /// of `monitoring.alerting`), or any of CloudWatch by its name there.
    #[schemars(length(max = 100))]
    pub alarms: Vec<Alarm>,
    /// Requests that must be answered rightly once all calls go to the new version; the machine that applies sends them.
    #[schemars(length(max = 20))]
    pub validate: Vec<Probe>,
    /// Shares of `steps` behind which the run waits for somebody's word (`infra approve`), once their minutes are good.
    #[schemars(length(max = 20))]
    pub approve: Vec<Percent>,
    /// How long it waits for that; then all calls go back to the old version. From 1m to 24h.
    pub approve_within: Duration,
}

/// The way in which a new version takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunctionStrategy {
    /// All calls go to the new version for good, and nobody looks at what each version does.
    AllAtOnce,
    /// All calls turn to the new version at once, and back when it fares badly.
    BlueGreen,
    /// Calls turn to the new version step by step, and back when it fares badly.
    Canary,
}

impl Default for FunctionDeployment {
    fn default() -> Self {
        FunctionDeployment {
            strategy: FunctionStrategy::AllAtOnce,
            steps: None,
            interval: Duration::seconds(300),
            bake: None,
            errors: Errors::default(),
            latency: Latency::default(),
            min_requests: 50,
            alarms: vec![],
            validate: vec![],
            approve: vec![],
            approve_within: Duration::seconds(3600),
        }
    }
}

/// What it has in common with the deployments of other sections.
fn shifts<'a>(name: &'a str, d: &'a FunctionDeployment) -> Shifts<'a> {
    Shifts {
        section: "functions",
        name,
        shape: match d.strategy {
            FunctionStrategy::AllAtOnce => Shape::Stays,
            FunctionStrategy::BlueGreen => Shape::AtOnce,
            FunctionStrategy::Canary => Shape::Steps,
        },
        words: ("calls", "the new version", "all at once"),
        steps: d.steps.as_deref(),
        interval: d.interval,
        bake: d.bake,
        errors: &d.errors,
        latency: &d.latency,
        min_requests: d.min_requests,
        alarms: &d.alarms,
        approve: &d.approve,
        approve_within: d.approve_within,
    }
}

pub(super) fn check(name: &str, entry: &Entry, cx: &mut Check<'_>) {
    let Some(deployment) = &entry.deployment else { return };
    shifts(name, deployment).check(cx);
    for (index, probe) in deployment.validate.iter().enumerate() {
        probed(cx, ("functions", name), ("validate", &index.to_string()), probe);
    }
    // What leads to nothing may have been meant to lead here.
    let leads = |to: &Name| to.as_str() == name || !there(cx.spec, to);
    let reached = forwards(cx.spec).any(|(_, to)| leads(to)) || !cx.knows(&["load_balancer"]);
    for (index, _) in deployment.validate.iter().enumerate().filter(|(_, probe)| probe.path.is_some() && !reached) {
        let message = format!("no listener forwards to `functions.{name}`, so this path leads nowhere");
        let at = ["functions", name, "deployment", "validate", &index.to_string(), "path"];
        let help = "write a whole `url`, such as one that begins with the function's own, or let a listener forward to the entry";
        cx.error(Code::Deployment, &at, "this path", message, help);
    }
    // `PutProvisionedConcurrencyConfig`: "Alias with weights can not be used with Provisioned Concurrency".
    if deployment.strategy != FunctionStrategy::AllAtOnce && entry.provisioned_concurrency.is_some() {
        let message = format!("Lambda keeps no instances of `functions.{name}` ready while its calls are shared out");
        let places = [
            (&["functions", name, "provisioned_concurrency"][..], "these instances"),
            (&["functions", name, "deployment", "strategy"][..], "and this strategy"),
        ];
        cx.both(Code::Deployment, places, message, "leave `provisioned_concurrency` out, or write `strategy: all_at_once`");
    }
}

pub(super) fn lower(name: &Name, entry: &Entry, l: &mut Lower<'_>) {
    let Some(deployment) = &entry.deployment else { return };
    let shifts = shifts(name.as_str(), deployment);
    if shifts.shares().is_empty() && deployment.validate.is_empty() && deployment.alarms.is_empty() {
        return;
    }
    // A version is code and its instances in one, and its alias is where calls reach it.
    let function = Address::new(Function::KIND, name.as_str());
    l.stack.rollouts.push(Rollout {
        entry: format!("functions.{name}"),
        template: function.clone(),
        fleet: function.clone(),
        target_group: function,
        minutes: shifts.minutes(),
        stages: shifts.stages(),
        limits: shifts.limits(),
        previews: vec![],
        smoke: vec![],
        probes: deployment.validate.iter().map(|probe| asked(l, name, probe, None)).collect(),
    });
}
