//! `deployment`: how a new version takes over from the old one.
use super::Compute;
use super::probe::{Probe, asked, probed};
use crate::diag::Code;
use crate::kinds::gate::Rollout;
use crate::kinds::listener::Action;
use crate::kinds::listener_rule::{Conditions, priority};
use crate::kinds::{Address, AutoScalingGroup, Kind, LaunchTemplate, ListenerRule, Ref, Resource, TargetGroup};
use crate::spec::check::Check;
use crate::spec::deployment::{Errors, Latency, Shape, Shifts, there};
use crate::spec::load_balancer::routes::{conditions, rule};
use crate::spec::load_balancer::{behind, forwards};
use crate::spec::lower::Lower;
use crate::spec::units::{Alarm, Duration, HeaderName, Name, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// How many good minutes all requests on the new instances need before the old ones go, which stand by at full size until then; from 1m to 24h. With
    /// `rolling` there are no old ones any more: so long it is looked whether the new ones fare well, and they are replaced one by one again when they don't.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "15m; 1m with `rolling`"))]
    pub bake: Option<Duration>,
    /// Which share of failed requests is bad: answers with a status from 500 on, and connections that fail.
    pub errors: Errors,
    /// How slow is bad.
    pub latency: Latency,
    /// Minutes are judged together until they have so many requests.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub min_requests: u32,
    /// Alarms; one that fires is bad, also with `rolling` and on a first apply. One of the stack by its own name (`compute.app.none_healthy`, a rule of `monitoring.alerting`), or any of
    /// CloudWatch by its name there.
    #[schemars(length(max = 100))]
    pub alarms: Vec<Alarm>,
    /// A header by which requests reach the new instances before any others do; whoever knows it may use it. It stays: between two deployments it leads
    /// to the instances that there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// Requests with the header of `preview` that the new instances must answer rightly before any others go there.
    #[schemars(length(max = 20))]
    pub smoke: Vec<Probe>,
    /// Requests that the new instances must answer rightly once all others go to them; the machine that applies sends them.
    #[schemars(length(max = 20))]
    pub validate: Vec<Probe>,
    /// Shares of `steps` behind which the run waits for somebody's word (`infra approve`), once their minutes are good; `[100%]` before the old instances go.
    #[schemars(length(max = 20))]
    pub approve: Vec<Percent>,
    /// How long it waits for that; then all requests go back to the old instances. From 1m to 24h.
    pub approve_within: Duration,
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

/// A header, and the value by which requests reach the new instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The header's name, such as `X-Preview`; 40 characters at most (Elastic Load Balancing: `http-header`).
    #[schemars(length(max = 40))]
    pub header: HeaderName,
    /// Its value, 128 characters at most, without `*` and `?`.
    #[schemars(length(min = 1, max = 128))]
    pub value: String,
}

impl Default for Deployment {
    fn default() -> Self {
        Deployment {
            strategy: Strategy::Rolling,
            steps: None,
            interval: Duration::seconds(300),
            bake: None,
            errors: Errors::default(),
            latency: Latency::default(),
            min_requests: 50,
            alarms: vec![],
            preview: None,
            smoke: vec![],
            validate: vec![],
            approve: vec![],
            approve_within: Duration::seconds(3600),
        }
    }
}

pub fn check(cx: &mut Check<'_>, name: &str, entry: &Compute) {
    let Some(deployment) = &entry.deployment else { return };
    let shifts = shifts(name, deployment);
    shifts.check(cx);
    reached(cx, name, deployment);
    for (field, probes) in [("smoke", &deployment.smoke), ("validate", &deployment.validate)] {
        probes.iter().enumerate().for_each(|(index, probe)| probed(cx, ("compute", name), (field, &index.to_string()), probe));
    }
    previewed(cx, name, deployment);
    let looks = deployment.strategy != Strategy::Rolling || !deployment.validate.is_empty() || !deployment.alarms.is_empty();
    if looks && entry.instances.min == 0 && cx.knows(&["compute", name, "instances"]) {
        let message = format!("`compute.{name}` may have no instance at all, and its deployment looks at them");
        let help = "write `min: 1` or more, or leave `strategy`, `validate` and `alarms` out";
        cx.error(Code::Deployment, &["compute", name, "instances", "min"], "this number", message, help);
    }
}

/// A preview leads to new instances beside old ones, and by what it can be told apart.
fn previewed(cx: &mut Check<'_>, name: &str, deployment: &Deployment) {
    let path = |field| ["compute", name, "deployment", field];
    if !cx.knows(&path("strategy")) {
        return;
    }
    if !deployment.smoke.is_empty() && deployment.preview.is_none() && cx.knows(&path("preview")) {
        let message = format!("nothing leads the probes of `smoke` to the new instances of `compute.{name}`");
        let help = "add `preview: { header: X-Preview, value: next }`, or move them to `validate`";
        cx.error(Code::Deployment, &path("smoke"), "these probes", message, help);
    }
    let Some(preview) = &deployment.preview else { return };
    if deployment.strategy == Strategy::Rolling {
        let message = format!("`compute.{name}` has a preview, and no new instances beside the old ones");
        let help = "write `strategy: canary` or `blue_green`: instance by instance there is nothing to look at before";
        cx.error(Code::Deployment, &path("preview"), "this preview", message, help);
    }
    let at = |field| ["compute", name, "deployment", "preview", field];
    if preview.header.to_string().contains('*') || preview.header.to_string().len() > 40 {
        let message = format!("`{}` is no header that a rule of the load balancer can look at", preview.header);
        cx.error(Code::Deployment, &at("header"), "this name", message, "write a name of 40 characters at most, without `*`");
    }
    let plain = preview.value.chars().all(|c| (' '..='~').contains(&c) && !"*?\\\"".contains(c));
    if !plain || !(1..=128).contains(&preview.value.len()) {
        let message = "this value matches more than itself, or nothing".into();
        cx.error(Code::Deployment, &at("value"), "this value", message, "write 1 to 128 plain characters, without `*`, `?`, `\"` and `\\`");
    }
}

/// What it has in common with the deployments of other sections.
fn shifts<'a>(name: &'a str, d: &'a Deployment) -> Shifts<'a> {
    Shifts {
        section: "compute",
        name,
        shape: match d.strategy {
            Strategy::Rolling => Shape::Stays,
            Strategy::BlueGreen => Shape::AtOnce,
            Strategy::Canary => Shape::Steps,
        },
        words: ("requests", "the new instances", "instance by instance"),
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

/// Requests are shared out by the load balancer.
fn reached(cx: &mut Check<'_>, name: &str, deployment: &Deployment) {
    // What leads to nothing may have been meant to lead here.
    let leads = |to: &Name| to.as_str() == name || !there(cx.spec, to);
    if forwards(cx.spec).any(|(_, to)| leads(to)) || !cx.knows(&["load_balancer"]) {
        return;
    }
    if deployment.strategy != Strategy::Rolling {
        let message = format!("no listener forwards to `compute.{name}`, so there are no requests to share out");
        let help = "let a listener or a route of `load_balancer` forward to it, or write `strategy: rolling`";
        cx.error(Code::Deployment, &["compute", name, "deployment", "strategy"], "this strategy", message, help);
    }
    for (field, probes) in [("smoke", &deployment.smoke), ("validate", &deployment.validate)] {
        for (index, _) in probes.iter().enumerate().filter(|(_, probe)| probe.path.is_some()) {
            let message = format!("no listener forwards to `compute.{name}`, so this path leads nowhere");
            let at = ["compute", name, "deployment", field, &index.to_string(), "path"];
            cx.error(Code::Deployment, &at, "this path", message, "write a whole `url`, or let a listener forward to the entry");
        }
    }
}

pub fn lower(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    let Some(deployment) = compute.deployment.as_ref() else { return };
    let shifts = shifts(name.as_str(), deployment);
    if shifts.shares().is_empty() && deployment.validate.is_empty() && deployment.alarms.is_empty() {
        return;
    }
    let probes = deployment.validate.iter().map(|probe| asked(l, name, probe, None)).collect();
    let previews = deployment.preview.as_ref().map(|preview| rules(l, name, preview)).unwrap_or_default();
    let smoke = deployment.smoke.iter().map(|probe| asked(l, name, probe, deployment.preview.as_ref())).collect();
    let at = |kind: Kind| Address::new(kind, name.as_str());
    l.stack.rollouts.push(Rollout {
        entry: format!("compute.{name}"),
        template: at(LaunchTemplate::KIND),
        fleet: at(AutoScalingGroup::KIND),
        target_group: at(TargetGroup::KIND),
        minutes: shifts.minutes(),
        stages: shifts.stages(),
        limits: shifts.limits(),
        previews,
        smoke,
        probes,
    });
}

/// The rules of a preview: one for each listener that forwards to the entry, and one for each of its routes that does.
fn rules(l: &mut Lower<'_>, name: &Name, preview: &Preview) -> Vec<Address> {
    let mut made = vec![];
    let header = || (preview.header.to_string(), BTreeSet::from([preview.value.clone()]));
    for (listener, it) in l.spec.load_balancer.iter().flat_map(|balancer| &balancer.listeners) {
        let mut add = |at: String, mut conditions: Conditions| {
            conditions.header.extend([header()]);
            let (priority, range) = priority::of(&conditions, name.as_str());
            let at = format!("{at}.{name}.preview");
            let rule = ListenerRule {
                listener: Ref::to(listener.as_str()),
                priority,
                range,
                conditions,
                action: Action::Forward(Ref::to(name.as_str())),
                waits_for: behind(l.spec, Some(name)).into_iter().collect(),
                tags: l.tags(&at.replace('.', "-")),
            };
            l.add(at.clone(), format!("compute.{name}.deployment.preview"), rule);
            made.push(Address::new(Kind::ListenerRule, at));
        };
        if it.forward.as_ref() == Some(name) {
            add(listener.to_string(), Conditions::default());
        }
        for (route, it) in it.routes.iter().filter(|(_, it)| it.forward.as_ref() == Some(name)) {
            add(rule(listener, route), conditions(it));
        }
    }
    made
}
