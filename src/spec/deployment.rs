//! What the deployments of several sections say with the same words: shares of requests, how long each must go well, and what is bad.
use super::Spec;
use super::check::Check;
use super::units::{Alarm, Duration, Name, Percent, fixed};
use crate::diag::Code;
use crate::kinds::gate::{Limits, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Failed requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Errors {
    /// A larger share is bad,
    pub max: Percent,
    /// unless the old ones' share is larger than this part of it: `2` for one half.
    #[schemars(range(min = 1, max = 100))]
    pub ratio: u32,
    /// So many bad minutes in a row, and all requests go back to the old ones.
    #[schemars(range(min = 1, max = 60))]
    pub failures: u32,
}

/// Slow requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Latency {
    /// It is bad when 1 of 100 requests takes longer,
    pub p99: Duration,
    /// unless the old ones take more than this part of it: `2` for one half.
    #[schemars(range(min = 1, max = 100))]
    pub ratio: u32,
    /// So many bad minutes in a row, and all requests go back to the old ones.
    #[schemars(range(min = 1, max = 60))]
    pub failures: u32,
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

/// For how long the old ones stand by, unless the spec says so.
const BAKE: Duration = Duration::seconds(900);
const DAY: Duration = Duration::days(1);
pub const MINUTE: Duration = Duration::seconds(60);

/// How requests turn to what is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No share of them does: nothing old stands beside it.
    Stays,
    /// All at once.
    AtOnce,
    /// Step by step.
    Steps,
}

/// The deployment of an entry, as far as sections have it in common.
pub struct Shifts<'a> {
    pub section: &'static str,
    /// The entry's.
    pub name: &'a str,
    pub shape: Shape,
    /// What is shared out, what it goes to, and how that comes otherwise.
    pub words: (&'static str, &'static str, &'static str),
    pub steps: Option<&'a [Percent]>,
    pub interval: Duration,
    pub bake: Option<Duration>,
    pub errors: &'a Errors,
    pub latency: &'a Latency,
    pub min_requests: u32,
    pub alarms: &'a [Alarm],
    pub approve: &'a [Percent],
    pub approve_within: Duration,
}

impl Shifts<'_> {
    fn path<'p>(&'p self, field: &'p str) -> [&'p str; 4] {
        [self.section, self.name, "deployment", field]
    }

    /// Says what is wrong with it.
    pub fn check(&self, cx: &mut Check<'_>) {
        cx.within(&self.path("interval"), self.interval, MINUTE, DAY);
        if let Some(bake) = self.bake {
            cx.within(&self.path("bake"), bake, MINUTE, DAY);
        }
        let latency = [self.section, self.name, "deployment", "latency", "p99"];
        cx.within(&latency, self.latency.p99, Duration::seconds(1), MINUTE);
        cx.within(&self.path("approve_within"), self.approve_within, MINUTE, DAY);
        self.rises(cx);
        self.approved(cx);
    }

    /// Shares rise to all of the requests, and are a canary's.
    fn rises(&self, cx: &mut Check<'_>) {
        let (path, entry) = (self.path("steps"), format!("{}.{}", self.section, self.name));
        let Some(steps) = self.steps else { return };
        if self.shape != Shape::Steps && cx.knows(&self.path("strategy")) {
            let message = format!("`{entry}` has steps, and its strategy takes none");
            return cx.error(Code::Deployment, &path, "these steps", message, "write `strategy: canary`, or leave them out");
        }
        let whole = steps.iter().all(|step| step.whole().is_some());
        let rises = steps.windows(2).all(|pair| pair[0] < pair[1]);
        let ends = steps.last().and_then(Percent::whole) == Some(100);
        let starts = steps.first().and_then(Percent::whole).is_some_and(|share| share > 0);
        if !(whole && rises && ends && starts) {
            let message = format!("the steps of `{entry}` don't rise to 100%");
            let help = "write whole percents, each larger than the one before, the last one 100%: `[10%, 50%, 100%]`";
            cx.error(Code::Deployment, &path, "these steps", message, help);
        }
    }

    /// Who is asked behind a share is asked behind one that there is.
    fn approved(&self, cx: &mut Check<'_>) {
        let (shares, (what, new, otherwise)) = (self.shares(), self.words);
        let known = cx.knows(&self.path("strategy")) && cx.knows(&self.path("steps"));
        for (index, share) in self.approve.iter().enumerate().filter(|_| known) {
            if share.whole().is_none_or(|share| !shares.contains(&share)) {
                let message = format!("`{}.{}` has no step at which {share} of the {what} go to {new}", self.section, self.name);
                let help = match shares.is_empty() {
                    true => format!("write `strategy: canary` or `blue_green`: {otherwise} there is no step to wait behind"),
                    false => format!("write one of its steps: {}", shares.iter().map(|s| format!("{s}%")).collect::<Vec<_>>().join(", ")),
                };
                let at = [self.section, self.name, "deployment", "approve", &index.to_string()];
                cx.error(Code::Deployment, &at, "this share", message, help);
            }
        }
    }

    /// The shares of requests, one after the other; none of a strategy that shifts none.
    pub fn shares(&self) -> Vec<u8> {
        match (self.shape, self.steps) {
            (Shape::Stays, _) => vec![],
            (Shape::AtOnce, _) => vec![100],
            (Shape::Steps, Some(steps)) => steps.iter().filter_map(Percent::whole).collect(),
            (Shape::Steps, None) => vec![10, 50, 100],
        }
    }

    fn bakes(&self) -> Duration {
        self.bake.unwrap_or(if self.shape == Shape::Stays { MINUTE } else { BAKE })
    }

    /// Good minutes at the end of one that shifts no shares.
    pub fn minutes(&self) -> u32 {
        if self.shares().is_empty() { minutes(self.bakes()) } else { 1 }
    }

    pub fn stages(&self) -> Vec<Stage> {
        let stage = |share: u8| Stage {
            share,
            minutes: minutes(if share == 100 { self.bakes() } else { self.interval }),
            approve: self.approve.iter().any(|asked| asked.whole() == Some(share)).then(|| minutes(self.approve_within)),
        };
        self.shares().into_iter().map(stage).collect()
    }

    pub fn limits(&self) -> Limits {
        Limits {
            errors: self.errors.max.hundredths(),
            errors_ratio: self.errors.ratio,
            errors_failures: self.errors.failures,
            latency: u32::try_from(self.latency.p99.as_seconds() * 1000).unwrap_or(u32::MAX),
            latency_ratio: self.latency.ratio,
            latency_failures: self.latency.failures,
            min_requests: self.min_requests,
            alarms: self.alarms.iter().map(ToString::to_string).collect(),
        }
    }
}

fn minutes(d: Duration) -> u32 {
    u32::try_from(d.as_seconds().div_ceil(60)).unwrap_or(u32::MAX)
}

/// Whether something has this name that requests can be forwarded to.
pub fn there(spec: &Spec, to: &Name) -> bool {
    spec.compute.contains_key(to)
        || spec.functions.contains_key(to)
        || spec.kubernetes.iter().any(|kubernetes| kubernetes.workloads.contains_key(to))
}
