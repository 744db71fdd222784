//! A gate between two steps of a rollout: what it looks at, and when it lets the run go on. A gate only reads.
mod look;
mod probe;
mod published;
mod tally;

use super::*;
use crate::model::Moment;

pub(crate) use look::look;
pub use tally::{Judgement, Tally};

/// How the requests of an entry pass to its new instances, as the spec's `deployment` says. It is no object: what it says changes nothing that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// The part of the spec that it is of: `compute.app`.
    pub entry: String,
    /// What a new one of begins a rollout. Of a function it is all three: a version of it is code, instances, and what is called.
    pub template: Address,
    /// The instances, the old ones and the new.
    pub fleet: Address,
    /// Where requests reach them.
    pub target_group: Address,
    /// The shares of requests that the new instances get, one after the other; the last one is all of them. None: the rollout shifts nothing, and ends
    /// with its probes.
    pub stages: Vec<Stage>,
    /// Good minutes that are asked for at the end of one without stages.
    pub minutes: u32,
    pub limits: Limits,
    /// Rules that lead some requests to the new instances before any others go there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previews: Vec<Address>,
    /// What is asked through these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub smoke: Vec<Probe>,
    /// What is asked once all requests go to the new instances.
    pub probes: Vec<Probe>,
}

impl Rollout {
    /// Whether anything is asked of new instances that come without a rollout. Where there are stages, its alarms are theirs.
    pub fn asks(&self) -> bool {
        !self.probes.is_empty() || (self.stages.is_empty() && !self.limits.alarms.is_empty())
    }
}

/// A share of the requests, and how long it must go well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// In percent, from 1 to 100; 0 before the first of them, where only the preview leads to the new instances.
    pub share: u8,
    /// Good minutes that it needs.
    pub minutes: u32,
    /// For how many minutes it then waits until somebody approves; nothing where nobody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<u32>,
}

/// What makes a minute a bad one. Numbers of the new instances are bad only where they are worse than those of the old ones, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// The most requests that may fail, in hundredths of a percent.
    pub errors: u32,
    /// So many times the old instances' share of failed requests is bad.
    pub errors_ratio: u32,
    /// So many bad minutes in a row fail the gate.
    pub errors_failures: u32,
    /// The time in which 99 of 100 requests are answered, at most, in milliseconds.
    pub latency: u32,
    pub latency_ratio: u32,
    pub latency_failures: u32,
    /// Minutes are put together until they have so many requests.
    pub min_requests: u32,
    /// Alarms by name: one that fires makes the minute a bad one.
    pub alarms: Vec<String>,
}

/// A request that the new instances must answer rightly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// As people name it: `GET /version`.
    pub name: String,
    pub url: Text,
    pub method: String,
    /// Headers of the request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The status of a right answer.
    pub status: u16,
    /// What a right answer has in its body.
    pub contains: Option<String>,
    /// How long an answer may take, in milliseconds.
    pub within: u32,
    /// Whether the certificate may be for another name: that of a load balancer is for the names that lead to it.
    pub any_name: bool,
    pub load: Option<Load>,
}

/// Many requests instead of one: what the new instances can bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// How many requests in all; or as many as are answered in `seconds`.
    pub requests: Option<u32>,
    #[serde(default)]
    pub seconds: Option<u32>,
    /// How many at a time.
    pub concurrency: u32,
    /// The most of them that may fail, in hundredths of a percent.
    pub errors: u32,
    /// The time in which 99 of 100 are answered, at most, in milliseconds.
    #[serde(default)]
    pub latency: Option<u32>,
}

/// What stands between two shifts of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The part of the spec that the rollout is of.
    pub entry: String,
    pub stage: Stage,
    /// Its alarms are those that aren't of the stack.
    pub limits: Limits,
    /// Alarms of the stack.
    pub own_alarms: Vec<Address>,
    pub probes: Vec<Probe>,
    /// The new instances' target group, or the function; its address is the step's.
    pub new: Address,
    /// The share that comes next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u8>,
    /// The id of the old one's, or the function's old version; none where nothing is shifted.
    pub old: Option<String>,
    /// The balancer that counts the requests.
    pub balancer: Option<Address>,
    /// Listeners and rules that share requests out; before the first share, those of the preview.
    pub splitters: Vec<Address>,
}

impl Gate {
    /// Everything whose id a look needs.
    pub fn named(&self) -> Vec<Address> {
        let texts = self.probes.iter().flat_map(|probe| &probe.url.0).filter_map(Part::target);
        let own = [&self.new].into_iter().chain(&self.balancer).chain(&self.splitters).chain(&self.own_alarms).cloned();
        let all: BTreeSet<Address> = own.chain(texts).collect();
        all.into_iter().collect()
    }

    /// What is turned, what it is turned to, and what it is turned from, for people.
    pub fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self.new.kind {
            Kind::Function => ("call", "the new version", "the old version fares"),
            _ => ("request", "the new instances", "the old instances fare"),
        }
    }

    /// Why it is bad that a splitter leads another share of the requests to what is new than the rollout has asked it to.
    pub fn astray(&self, splitter: &Address, share: i32) -> String {
        let ((unit, new, _), asked) = (self.words(), self.asked());
        format!("somebody has changed {splitter}: {share}% of the {unit}s go to {new}, not {asked}%")
    }

    /// How many percent of the requests that a splitter takes go to the new instances: all of those that a preview takes.
    pub fn asked(&self) -> i32 {
        if self.stage.share == 0 { 100 } else { self.stage.share.into() }
    }

    /// What has been seen, given how many instances are healthy: before a larger share the new ones are as many, by their share, as the old ones are.
    pub fn with_fleets(&self, seen: Seen, new: usize, old: usize) -> Seen {
        let needed = self.next.map_or(0, |share| (old * usize::from(share)).div_ceil(100));
        match (seen, self.next) {
            (seen @ (Seen::Bad(_) | Seen::Blind(_)), _) | (seen, None) => seen,
            (seen, Some(_)) if new >= needed => seen,
            (seen, Some(share)) => {
                Seen::Short(Box::new(seen), format!("{share}% of the requests need {needed} healthy new instances, and there are {new}"))
            }
        }
    }

    /// How long it usually takes: CloudWatch tells a minute after two more, and the minute of the shift doesn't count.
    pub fn typical(&self) -> Duration {
        let lag = if self.old.is_some() { LAG } else { 0 };
        Duration::from_secs(u64::from(self.stage.minutes + lag) * 60)
    }
}

/// Minutes after which CloudWatch knows a minute.
const LAG: u32 = 3;

/// What one fleet answered in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    pub requests: u64,
    /// Answers with a status from 500 on, and connections that failed.
    pub errors: u64,
    /// The time in which 99 of 100 requests were answered, in milliseconds.
    pub latency: Option<u32>,
}

/// What one look has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Nothing that counts yet.
    Nothing,
    /// A minute of both fleets; of the old one, where it has no requests any more, the last minute that had.
    Minute { new: Figures, old: Figures },
    /// A minute without figures, in which all is well.
    Well,
    /// Something that needs no figures to be bad: an ill target, a probe, an alarm.
    Bad(String),
    /// Something isn't known, so that the minute counts neither way.
    Mute(String),
    /// The look failed.
    Blind(String),
    /// What was seen, and that there are too few new instances for the share that comes next.
    Short(Box<Seen>, String),
    /// Somebody lets the run go on; it is no look.
    Approved(String),
}

/// A look, as it is journaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub at: Moment,
    pub seen: Seen,
    /// How the gate stands after it, for people.
    pub told: String,
}

/// What can be bent of what a gate sees in the sandbox: the share of failed requests (`errors=8%`), milliseconds to an answer (`latency=3000`), requests a
/// minute, healthy targets, the status that a probe is answered with (`probe=500`, and `smoke=500` of those through the preview), and whether looks fail (`look=fails`).
pub const WORDS: &[&str] = &["errors", "latency", "look", "probe", "requests", "smoke", "targets"];

/// Those of them that are numbers.
pub const COUNTED: &[&str] = &["errors", "latency", "requests", "targets"];

/// A number of hundredths of a percent, as people write it: `1.25%`.
pub fn percent(hundredths: u64) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Milliseconds, as people write them: `120ms`, `1.5s`.
pub fn millis(n: u32) -> String {
    match n {
        0..1000 => format!("{n}ms"),
        _ => {
            let text = format!("{}.{:03}", n / 1000, n % 1000);
            format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}
