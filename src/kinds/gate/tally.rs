//! What the looks of a gate come to: a pure fold, so that a run that goes on in another process judges as the first would have.
use super::*;

/// So many failed looks in a row fail a gate.
const BLIND: u32 = 10;

/// A share of requests from which on some of them must come, in percent.
const SURELY: u8 = 20;

/// Fewer failed requests than this are no sign.
const FEW: u64 = 3;

/// What has been seen so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Minutes that count.
    good: u32,
    /// Bad minutes in a row, by what was bad.
    signs: u32,
    errors: u32,
    latency: u32,
    blind: u32,
    looks: u32,
    /// Minutes that have too few requests to be judged yet, and what they have.
    open: u32,
    new: Figures,
    old: Figures,
    /// All requests that the new instances have answered.
    requests: u64,
    figures: bool,
    /// Looks since the good minutes are full.
    waited: u32,
    approved: Option<String>,
    /// Why the next share can't come yet.
    short: Option<String>,
    last: String,
}

/// Whether a gate lets the run go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Open,
    Passed,
    /// The error's code, and why.
    Failed(&'static str, String),
}

/// How one minute is judged.
enum Minute {
    Good,
    Errors,
    Latency,
    /// The old instances are no better.
    Neither,
}

impl Tally {
    /// What the looks of a gate come to.
    pub fn of<'r>(gate: &Gate, readings: impl IntoIterator<Item = &'r Reading>) -> Tally {
        let mut tally = Tally::default();
        readings.into_iter().for_each(|reading| tally.note(gate, &reading.seen));
        tally
    }

    /// Takes one look in.
    pub fn note(&mut self, gate: &Gate, seen: &Seen) {
        if let Seen::Approved(by) = seen {
            self.approved.get_or_insert_with(|| by.clone());
            return;
        }
        if let Seen::Short(seen, why) = seen {
            self.note(gate, seen);
            self.short = Some(why.clone());
            return;
        }
        self.looks += 1;
        self.waited += u32::from(self.short.take().is_none() && self.full(gate.stage) == Some(true));
        self.blind = if matches!(seen, Seen::Blind(_)) { self.blind + 1 } else { 0 };
        match seen {
            Seen::Nothing => self.last = "nothing is known yet".into(),
            Seen::Mute(why) | Seen::Blind(why) => self.last.clone_from(why),
            Seen::Bad(why) => {
                self.signs += 1;
                self.last.clone_from(why);
            }
            Seen::Well => {
                (self.good, self.signs) = (self.good + 1, 0);
                self.last = "all is well".into();
            }
            Seen::Minute { new, old } => self.minute(gate, *new, *old),
            Seen::Approved(_) | Seen::Short(..) => {}
        }
    }

    fn minute(&mut self, gate: &Gate, new: Figures, old: Figures) {
        (self.figures, self.signs) = (true, 0);
        self.requests += new.requests;
        self.open += 1;
        self.new = self.new.with(new);
        self.old = self.old.with(old);
        self.last = told(self.new, self.old);
        if self.new.requests < u64::from(gate.limits.min_requests) {
            let (unit, ..) = gate.words();
            self.last = format!("{} of {} {unit}s, too few to judge", self.new.requests, gate.limits.min_requests);
            return;
        }
        let (minutes, new, old) = (self.open, std::mem::take(&mut self.new), std::mem::take(&mut self.old));
        self.open = 0;
        match judged(&gate.limits, new, old) {
            Minute::Good => (self.good, self.errors, self.latency) = (self.good + minutes, 0, 0),
            Minute::Errors => self.errors += 1,
            Minute::Latency => self.latency += 1,
            Minute::Neither => self.last = format!("{}, and {} no better", self.last, gate.words().2),
        }
    }

    /// Whether the gate is passed, has failed, or stays open.
    pub fn judgement(&self, gate: &Gate) -> Judgement {
        let (limits, stage) = (&gate.limits, gate.stage);
        let failed = |why: String| Judgement::Failed("GateFailed", why);
        let rows = [(self.signs, limits.errors_failures), (self.errors, limits.errors_failures), (self.latency, limits.latency_failures)];
        if let Some((n, _)) = rows.iter().find(|(n, most)| *n > 0 && n >= most) {
            let minutes = if *n == 1 { "a bad minute".to_owned() } else { format!("{n} bad minutes in a row") };
            return failed(format!("{}; {minutes}", self.last));
        }
        if self.blind >= BLIND {
            return Judgement::Failed("GateBlind", format!("{BLIND} looks in a row have failed; the last: {}", self.last));
        }
        let waited = self.good + self.open;
        match (self.full(stage).filter(|_| self.short.is_none()), stage.approve) {
            (Some(true), Some(most)) if self.approved.is_none() => {
                return if self.waited < most { Judgement::Open } else { Judgement::Failed("NotApproved", unheard(most)) };
            }
            (Some(true), _) => return Judgement::Passed,
            (Some(false), _) if waited >= stage.minutes * 2 => {
                let (unit, new, _) = gate.words();
                return failed(format!("no {unit} reached {new} in {waited} minutes"));
            }
            (Some(false), _) => return Judgement::Open,
            (None, _) => {}
        }
        if self.looks - self.waited >= stage.minutes * 3 + LAG {
            let good = self.good;
            let last = self.short.as_ref().unwrap_or(&self.last);
            return failed(format!("{good} of {} good minutes in three times their time; the last: {last}", stage.minutes));
        }
        Judgement::Open
    }

    /// Whether the good minutes are full; `false` where nothing speaks against it but that no request has come of those that must have.
    fn full(&self, stage: Stage) -> Option<bool> {
        // Too few requests to judge by: the targets and the probes alone have told.
        let quiet = self.good + self.open >= stage.minutes && self.signs == 0;
        match self.good >= stage.minutes {
            true => Some(true),
            false => quiet.then_some(self.requests > 0 || stage.share < SURELY),
        }
    }

    /// How the gate stands, for people: `3 of 5 good minutes; errors 0.2% (old 0.1%), p99 120ms (old 118ms)`.
    pub fn told(&self, gate: &Gate) -> String {
        let full = self.full(gate.stage) == Some(true);
        let few = self.figures && self.good < gate.stage.minutes && full;
        let well =
            if gate.new.kind == Kind::Function { "calls to judge by, its probes" } else { "requests to judge by, its targets and probes" };
        let few = if few { format!("; too few {well} are well") } else { String::new() };
        let minutes = if gate.stage.minutes == 1 { "minute" } else { "minutes" };
        let waits = match (&self.approved, gate.stage.approve) {
            _ if self.short.is_some() => self.short.iter().map(|why| format!("; {why}")).collect(),
            (Some(by), _) => format!("; approved by {by}"),
            (None, Some(most)) if full => format!("; waits for approval, {} min left", most.saturating_sub(self.waited)),
            _ => String::new(),
        };
        format!("{} of {} good {minutes}; {}{few}{waits}", self.good.min(gate.stage.minutes), gate.stage.minutes, self.last)
    }
}

impl Figures {
    /// Of several minutes together; the slowest counts.
    fn with(self, more: Figures) -> Figures {
        Figures { requests: self.requests + more.requests, errors: self.errors + more.errors, latency: self.latency.max(more.latency) }
    }

    /// Failed requests, in hundredths of a percent.
    pub fn failing(self) -> u64 {
        (self.errors * 10_000).checked_div(self.requests).unwrap_or(if self.errors > 0 { 10_000 } else { 0 })
    }
}

fn judged(limits: &Limits, new: Figures, old: Figures) -> Minute {
    let known = old.requests > 0;
    let (failing, before) = (new.failing(), old.failing());
    if failing > u64::from(limits.errors) && new.errors >= FEW {
        return if known && failing <= before * u64::from(limits.errors_ratio) { Minute::Neither } else { Minute::Errors };
    }
    if let Some(slow) = new.latency.filter(|ms| *ms > limits.latency) {
        let as_before = old.latency.is_some_and(|before| known && u64::from(slow) <= u64::from(before) * u64::from(limits.latency_ratio));
        return if as_before { Minute::Neither } else { Minute::Latency };
    }
    Minute::Good
}

fn unheard(minutes: u32) -> String {
    let time = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    format!("nobody has approved it in {time}; `infra approve` does")
}

fn told(new: Figures, old: Figures) -> String {
    let mut out = format!("errors {}", percent(new.failing()));
    if old.requests > 0 {
        out += &format!(" (old {})", percent(old.failing()));
    }
    if let Some(ms) = new.latency {
        out += &format!(", p99 {}", millis(ms));
        out += &old.latency.map(|old| format!(" (old {})", millis(old))).unwrap_or_default();
    }
    out
}
