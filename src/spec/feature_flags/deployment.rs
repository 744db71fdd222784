//! `feature_flags.deployment`: how a change of flags comes to those who ask for them.
use crate::diag::Code;
use crate::kinds::Address;
use crate::kinds::flag_set::Strategy as Pace;
use crate::spec::check::Check;
use crate::spec::deployment::MINUTE;
use crate::spec::lower::int;
use crate::spec::units::{Alarm, AlarmName, Duration, Percent, Unit};
use crate::spec::{Spec, monitoring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a change of flags comes to those who ask for them (AWS: a deployment strategy of AppConfig, and monitors of the environment).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FlagDeployment {
    /// In which way.
    pub strategy: FlagStrategy,
    /// The shares of those who ask that are told of the change, one after the other; the last one is 100%. AppConfig knows steps of one size
    /// (`[25%, 50%, 75%, 100%]`) and steps that double (`[10%, 20%, 40%, 80%, 100%]`), from 1% on. For `canary` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), extend("x-default" = "[10%, 20%, 40%, 80%, 100%]"))]
    pub steps: Option<Vec<Percent>>,
    /// How long each share stands, from 1m on; all of them together 24h at most. For `canary` alone.
    pub interval: Duration,
    /// How long AppConfig still looks at the alarms once all are told, in whole minutes, 24h at most; the run waits until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "15m; 0s with `all_at_once` and no alarms"))]
    pub bake: Option<Duration>,
    /// Alarms, 5 at most; one that fires, or has no data, takes the change back. One of the stack by its own name (`compute.app.none_healthy`, `rule.NAME`,
    /// `group.NAME.critical`), or any of CloudWatch by its name there.
    #[schemars(length(max = 5))]
    pub alarms: Vec<Alarm>,
}

/// The way in which a change of flags comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagStrategy {
    /// All who ask are told of it at once.
    AllAtOnce,
    /// Those who ask are told of it step by step.
    Canary,
}

impl Default for FlagDeployment {
    fn default() -> Self {
        FlagDeployment { strategy: FlagStrategy::AllAtOnce, steps: None, interval: Duration::seconds(300), bake: None, alarms: vec![] }
    }
}

/// For how long alarms are looked at afterwards, unless the spec says so.
const BAKE: Duration = Duration::seconds(900);
const DAY: Duration = Duration::days(1);
/// The whole, in hundredths of a percent.
const ALL: u32 = 10_000;
/// The first of the steps that double, unless the spec says so.
const FIRST: u32 = 1_000;

/// Steps as AppConfig takes them: the first, in hundredths of a percent, and whether each is twice the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Growth {
    first: u32,
    doubles: bool,
}

impl Growth {
    /// The shares, one after the other (`GrowthType`: n times the first, or the first times 2 to the power of n).
    fn shares(self) -> Vec<u32> {
        let after = |(n, share): &(u32, u32)| {
            let next = if self.doubles { share.saturating_mul(2) } else { self.first.saturating_mul(n + 1) };
            (*share < ALL).then_some((n + 1, next))
        };
        std::iter::successors(Some((1, self.first)), after).map(|(_, share)| share.min(ALL)).collect()
    }

    /// The growth whose shares these are.
    fn of(steps: &[Percent]) -> Option<Self> {
        let steps: Vec<u32> = steps.iter().map(Percent::hundredths).collect();
        let first = steps.first().copied().filter(|first| *first >= 100)?;
        [false, true].map(|doubles| Growth { first, doubles }).into_iter().find(|growth| growth.shares() == steps)
    }
}

fn minutes(seconds: u64) -> i32 {
    int(seconds.div_ceil(MINUTE.as_seconds()))
}

impl FlagDeployment {
    /// The steps; `None` for all at once, and for what AppConfig doesn't know.
    fn growth(&self) -> Option<Growth> {
        match (self.strategy, &self.steps) {
            (FlagStrategy::AllAtOnce, _) => None,
            (FlagStrategy::Canary, Some(steps)) => Growth::of(steps),
            (FlagStrategy::Canary, None) => Some(Growth { first: FIRST, doubles: true }),
        }
    }

    fn bakes(&self) -> Duration {
        let looks = self.strategy == FlagStrategy::Canary || !self.alarms.is_empty();
        self.bake.unwrap_or(if looks { BAKE } else { Duration::seconds(0) })
    }

    /// How long it takes until all are told, in seconds.
    fn lasts(&self) -> u64 {
        self.growth().map_or(0, |growth| growth.shares().len() as u64 * self.interval.as_seconds())
    }

    /// How AppConfig deploys; `None`: at once, and nothing is looked at afterwards.
    pub(super) fn pace(&self) -> Option<Pace> {
        let bake = minutes(self.bakes().as_seconds());
        let (step, doubles) = self.growth().map_or((ALL, false), |growth| (growth.first, growth.doubles));
        let pace = Pace { minutes: minutes(self.lasts()), bake, step: int(step), doubles };
        (pace.minutes > 0 || pace.bake > 0).then_some(pace)
    }
}

const PATH: [&str; 2] = ["feature_flags", "deployment"];

pub(super) fn check(deployment: &FlagDeployment, cx: &mut Check<'_>) {
    let path = |field| [PATH[0], PATH[1], field];
    let known = cx.knows(&path("strategy"));
    if deployment.strategy == FlagStrategy::Canary {
        cx.within(&path("interval"), deployment.interval, MINUTE, DAY);
        steps(deployment, cx);
    } else if deployment.steps.is_some() && known {
        let message = "`feature_flags.deployment` has steps, and its strategy takes none".into();
        cx.error(Code::Deployment, &path("steps"), "these steps", message, "write `strategy: canary`, or leave them out");
    }
    if let Some(bake) = deployment.bake {
        cx.within(&path("bake"), bake, Duration::seconds(0), DAY);
        let looked_at = deployment.strategy == FlagStrategy::Canary || bake > Duration::seconds(0);
        if !looked_at && !deployment.alarms.is_empty() && known {
            let message =
                "nobody looks at the alarms of `feature_flags.deployment`: all are told at once, and no time is left afterwards".into();
            let (time, alarms) = (path("bake"), path("alarms"));
            let places = [(&time[..], "this time"), (&alarms[..], "and these alarms")];
            cx.both(Code::Deployment, places, message, "write a `bake` of some minutes, or leave the alarms out");
        }
    }
    if deployment.alarms.is_empty() || !cx.knows(&path("alarms")) {
        return;
    }
    let all = monitoring::named(cx.spec);
    for (index, alarm) in deployment.alarms.iter().map(ToString::to_string).enumerate() {
        // What is called otherwise is somebody else's.
        if like_ours(&alarm) && !all.contains_key(&alarm) {
            let at = [PATH[0], PATH[1], "alarms", &index.to_string()];
            let maps: [&[&str]; 6] =
                [&["cache"], &["compute"], &["database"], &["functions"], &["load_balancer"], &["monitoring", "alerting", "rules"]];
            cx.unknown(&at, &maps, "alarm", &alarm, all.keys().map(String::as_str));
        }
    }
}

/// Steps that AppConfig knows, and not too many of them.
fn steps(deployment: &FlagDeployment, cx: &mut Check<'_>) {
    let path = |field| [PATH[0], PATH[1], field];
    if deployment.growth().is_none() {
        let message = "AppConfig takes no such steps".into();
        let help = "write steps of one size, `[25%, 50%, 75%, 100%]`, or such as double, `[10%, 20%, 40%, 80%, 100%]`, from 1% to 100%";
        return cx.error(Code::Deployment, &path("steps"), "these steps", message, help);
    }
    let lasts = Duration::seconds(deployment.lasts());
    if lasts > DAY && deployment.interval <= DAY {
        let message = format!("the steps of `feature_flags.deployment` take {lasts} together, and AppConfig takes {DAY} at most");
        let (each, many) = (path("interval"), path("steps"));
        let places = [(&each[..], "so long each"), (&many[..], "and so many")];
        cx.both(Code::OutOfRange, places, message, "write a shorter interval, or fewer steps");
    }
}

/// Whether an alarm is called as those of a stack are.
fn like_ours(alarm: &str) -> bool {
    AlarmName::read(alarm).is_ok() || ["rule.", "group."].iter().any(|start| alarm.starts_with(start))
}

/// The alarms of the stack that are named, by their addresses, and the names of all others.
pub(super) fn alarms(deployment: &FlagDeployment, spec: &Spec) -> (BTreeSet<Address>, BTreeSet<String>) {
    let (all, mut own, mut others) = (monitoring::named(spec), BTreeSet::new(), BTreeSet::new());
    for alarm in deployment.alarms.iter().map(ToString::to_string) {
        match all.get(&alarm) {
            Some(addresses) => own.extend(addresses.iter().cloned()),
            None => drop(others.insert(alarm)),
        }
    }
    (own, others)
}

/// Nothing is deployed of a set without flags.
pub(super) fn idle(cx: &mut Check<'_>) {
    cx.error(Code::Missing, &PATH, "this deployment", "there is no flag to deploy".into(), "add a flag, or leave `deployment` out");
}
