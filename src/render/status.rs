//! Whether a run of a stack goes on, and how the last one ended.
use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::values::seconds;
use super::words;
use crate::cloud::lease::{AtGate, Lease, Standing, Terms, Waiting, Wish, standing};
use crate::run::history::Line;
use crate::run::intent::{self, Intent};
use crate::run::journal::{Damaged, Ending};
use crate::visible::visible;

/// What the notes tell of a run that is not over.
type Noted = Result<Option<Intent>, Damaged>;

/// The status for people. `last` is the newest lease, held or not.
pub fn text(stack: &str, standing: &Standing, last: Option<&Lease>, noted: &Noted, now: SystemTime) -> String {
    let ago = |lease: &Lease| match lease.beat.0 > now {
        true => "just now, by its clock".into(),
        false => format!("{} ago", seconds(lease.beat.age(now).as_secs())),
    };
    let step = |lease: &Lease| if lease.of > 0 { format!(" after step {} of {}", lease.done, lease.of) } else { String::new() };
    let stack = visible(stack);
    let mut out = match standing {
        Standing::Alive(l) => {
            let step = if l.of > 0 { format!(", step {} of {}", l.done, l.of) } else { String::new() };
            format!("{} on {stack} by {} goes on{step}; heard of {}.\n", what(l), l.holder, ago(l))
        }
        Standing::Silent(l) if l.beat.0 > now => {
            format!(
                "{} on {stack} by {} goes on or has died{}: its last sign of life is of {}, which lies ahead.\n",
                what(l),
                l.holder,
                step(l),
                l.beat
            )
        }
        Standing::Silent(l) => format!("{} on {stack} by {} seems to have died{}: heard of {}.\n", what(l), l.holder, step(l), ago(l)),
        Standing::Dead(l) => format!("{} on {stack} by {} died{}; heard of {}.\n", what(l), l.holder, step(l), ago(l)),
        Standing::Unreadable => format!("The lease of {stack} can't be read by this version of infra.\n"),
        Standing::Free => match last {
            Some(l) => {
                let ended = visible(l.ended.as_deref().unwrap_or_default());
                format!("Nothing runs on {stack}. {} by {} ended {}: {ended}.\n", what(l), l.holder, ago(l))
            }
            None => format!("Nothing runs on {stack}.\n"),
        },
    };
    if let Some(job) = last.and_then(|l| l.holder.job.as_ref()) {
        out += &format!("  {}\n", visible(job));
    }
    if let Standing::Alive(l) | Standing::Silent(l) | Standing::Dead(l) = standing {
        l.gates.iter().for_each(|gate| out += &format!("  {}\n", at_gate(gate)));
    }
    match (standing, noted) {
        (Standing::Alive(_), _) | (_, Ok(None)) => {}
        (_, Err(e)) => out += &format!("A run may not be over, but what is noted of it can't be read: {}\n", visible(&e.to_string())),
        (_, Ok(Some(i))) => {
            let (run, command) = (visible(&i.run), visible(&i.command));
            out += &format!("Run {run} ({command}) by {} is not over: {stack} may stand in between.\n", i.holder);
            out += "  `infra recover` takes it back, from any machine; `--dry-run` shows what that does.\n";
        }
    }
    out
}

/// How a run stands at a gate: `compute.app: 10% new, 3 of 5 good minutes; errors 0.2% (old 0.1%); next 50%`.
pub fn at_gate(gate: &AtGate) -> String {
    let told = if gate.told.is_empty() { "its first minute" } else { &gate.told };
    let next = gate.next.map(|share| format!("; next {share}%")).unwrap_or_default();
    let asks = if gate.asks { "; goes on once somebody says `infra approve`" } else { "" };
    let share = if gate.share == 0 { "preview".into() } else { format!("{}% new", gate.share) };
    format!("{}: {share}, {}{next}{asks}", visible(&gate.entry), visible(told))
}

/// Whom something was asked of: `Run 6922f3a01c9e (apply) by ana@laptop (process 4711) is told.`
pub fn told(lease: &Lease) -> String {
    format!("{} by {} is told.", what(lease), lease.holder)
}

/// How a run that was told to end has ended.
pub fn over(lease: &Lease, ended: &str) -> String {
    format!("{} has ended: {}.", what(lease), visible(ended))
}

fn what(lease: &Lease) -> String {
    match &lease.run {
        Some(run) => format!("Run {} ({})", visible(run), visible(&lease.command)),
        None => format!("`infra {}`", visible(&lease.command)),
    }
}

/// That somebody asks something of the run.
pub fn wished(wish: &Wish) -> String {
    match wish {
        Wish::Abort(by) => format!("{by} aborts the run: nothing new starts, and all is taken back."),
        Wish::Approve(_, by) => format!("{by} approves."),
    }
}

/// The last run that has deployed; none where all of it was destroyed since.
pub fn deployed(runs: &[Line]) -> Option<&Line> {
    let done = [Ending::Applied, Ending::Leftovers].map(words::ending);
    runs.iter().rfind(|line| done.contains(&line.ended.as_str())).filter(|line| line.command == "apply")
}

/// What was deployed last, when and by whom; and that a later run has not.
pub fn last(runs: &[Line], now: SystemTime) -> String {
    let ago = |line: &Line| format!("{} ago", seconds(line.started.age(now).as_secs()));
    let Some(line) = deployed(runs) else { return String::new() };
    let [run, holder] = [&line.run, &line.holder].map(|text| visible(text));
    let commit = line.commit.as_ref().map(|commit| format!(", commit {}", visible(&commit.chars().take(12).collect::<String>())));
    let (to_do, commit) = (words::to_do(line.counts), commit.unwrap_or_default());
    let mut out = format!("Last deployed at {}, {}: run {run} by {holder}{commit}, {to_do}.\n", line.started, ago(line));
    if let Some(later) = runs.last().filter(|later| later.run != line.run) {
        let [run, command, ended] = [&later.run, &later.command, &later.ended].map(|text| visible(text));
        out += &format!("  A later run has not: run {run} ({command}), {}, {ended}.\n", ago(later));
    }
    out
}

/// What whoever wants the lease is told while it is waited for.
pub fn waiting(stack: &str, lease: &Lease, why: Waiting) -> String {
    match why {
        Waiting::Living => format!("Waiting for {}, who holds the lease of {stack}.", lease.holder),
        Waiting::Silent(time) => format!(
            "{}, who holds the lease of {stack}, has not been heard of lately: watching for {} whether it still lives.",
            lease.holder,
            seconds(time.as_secs())
        ),
    }
}

/// Notes that nobody heeds.
pub fn strays(names: &[String]) -> String {
    names.iter().map(|name| format!("{name} is no lease that infra wrote, and is not heeded: delete it.\n")).collect()
}

/// A warning for who plans: another run goes on, or one was cut off. `None` when neither is so.
pub fn hint(stack: &str, notes: &BTreeMap<String, String>, terms: &Terms) -> Option<String> {
    match (standing(stack, notes, terms), intent::read(stack, notes)) {
        (Standing::Alive(l), _) => {
            Some(format!("`infra {}` by {} goes on meanwhile; what is shown may be half of it.", visible(&l.command), l.holder))
        }
        (_, Ok(Some(i))) => {
            let (run, command) = (visible(&i.run), visible(&i.command));
            Some(format!("Run {run} ({command}) by {} is not over: `infra recover` takes it back.", i.holder))
        }
        (_, Err(e)) => Some(format!("A run may not be over, but what is noted of it can't be read: {}", visible(&e.to_string()))),
        _ => None,
    }
}

/// The status as JSON.
pub fn json(stack: &str, standing: &Standing, last: Option<&Lease>, noted: &Noted) -> Value {
    let state = match standing {
        Standing::Free => "free",
        Standing::Alive(_) => "held",
        Standing::Silent(_) => "silent",
        Standing::Dead(_) => "dead",
        Standing::Unreadable => "unreadable",
    };
    let unfinished = match noted {
        Ok(intent) => json!(intent),
        Err(e) => json!({ "unreadable": e.to_string() }),
    };
    json!({ "stack": stack, "lease": state, "last": last, "unfinished": unfinished })
}
