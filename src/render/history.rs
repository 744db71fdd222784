//! Runs that are recorded: a list, one in full, and what a recovery will do.
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::report;
use super::style::{Label, Style};
use super::text::{self, Detail};
use super::values::{count, seconds};
use super::words;
use crate::plan::Undo;
use crate::run::journal::{Damaged, Header, Record, RecordedRun};
use crate::run::left::Left;
use crate::run::{Direction, Event, Run, State};
use crate::visible::visible;

type Runs = [(PathBuf, Result<RecordedRun, Damaged>)];

/// A line a run.
pub fn runs(found: &Runs, style: Style) -> String {
    if found.is_empty() {
        return "No runs.\n".into();
    }
    let mut out = String::new();
    for (path, recorded) in found {
        match recorded {
            Ok(s) => {
                let h = &s.header;
                let ended = match s.ended() {
                    Some(how) => words::ending(how).to_owned(),
                    None => style.paint(Label::Forced, "not over"),
                };
                let [run, command, stack] = [&h.run, &h.command, &h.stack].map(|word| visible(word));
                out += &format!("{run}  {}  {command:<7}  {stack}  {}: {ended}\n", moment(h), words::to_do(h.plan.counts()));
            }
            Err(e) => out += &format!("{} can't be read: {e}\n", visible(&path.to_string_lossy())),
        }
    }
    out
}

/// The list for programs.
pub fn runs_json(found: &Runs) -> Value {
    let one = |(path, recorded): &(PathBuf, Result<RecordedRun, Damaged>)| match recorded {
        Ok(s) => {
            let h = &s.header;
            json!({
                "run": h.run, "stack": h.stack, "command": h.command, "started": h.started, "holder": h.holder, "digest": h.plan.digest,
                "steps": h.plan.steps.len(), "ended": s.ended(), "journal": path,
            })
        }
        Err(e) => json!({ "journal": path, "damaged": e.to_string() }),
    };
    found.iter().map(one).collect()
}

/// One run from beginning to end.
pub fn run(recorded: &RecordedRun, style: Style) -> String {
    let h = &recorded.header;
    let [run, command, stack, account, region] = [&h.run, &h.command, &h.stack, &h.account, &h.region].map(|word| visible(word));
    let heading = style.paint(Label::Heading, &format!("Run {run}"));
    let mut out = format!("{heading} {} ({command} {stack}) by {}\n", moment(h), h.holder);
    if let Some(job) = &h.holder.job {
        out += &format!("  {}\n", visible(job));
    }
    let (infra, digest) = (visible(&h.infra), visible(&h.plan.digest));
    out += &format!("  account {account}, {region}; infra {infra}; plan {digest} ({})\n\n", words::to_do(h.plan.counts()));
    for entry in &recorded.entries {
        let at = h.started.age(entry.at.0).as_secs();
        let line = match &entry.what {
            Record::Event(event @ (Event::Began(_) | Event::UndoBegan(_))) => format!("  {}", report::sentence(&h.plan, event)),
            Record::Event(event @ Event::Unsettled(..)) => format!("? {}", report::sentence(&h.plan, event)),
            Record::Event(event) => format!("{}{}", report::sentence(&h.plan, event), request(event)),
            Record::Ended(how) => words::ending(*how).into(),
        };
        out += &format!("{:>7}  {line}\n", seconds(at));
    }
    if recorded.ended().is_none() {
        out += "\nIt is not over, as far as this machine knows: see `infra status`.\n";
    }
    out
}

/// What the service calls a request that failed.
fn request(event: &Event) -> String {
    match event {
        Event::Failed(_, e) | Event::UndoFailed(_, e) => e.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default(),
        _ => String::new(),
    }
}

/// How a run stands, and what going on with it does.
pub fn recovery(h: &Header, run: &Run<'_>, way: Direction, left: &[Left], detail: Detail) -> String {
    let style = detail.style;
    let plan = &h.plan;
    let n = |wanted: &[State]| run.state.iter().filter(|s| wanted.contains(s)).count();
    let [id, command, stack] = [&h.run, &h.command, &h.stack].map(|word| visible(word));
    let mut out = format!("Run {id} ({command} {stack}) by {}, begun {}\n", h.holder, h.started);
    let unknown = n(&[State::Running, State::Unknown, State::Undoing]);
    out += &format!("  {} of {} stand", n(&[State::Done, State::Stuck]), count(plan.steps.len(), "step"));
    if unknown > 0 {
        out += &format!(", {unknown} must be looked up");
    }
    out += match way {
        Direction::Unwinding => ". Going back:\n",
        Direction::Forward => ". Going on:\n",
    };
    let left: BTreeMap<usize, &Left> = left.iter().map(|l| (l.step, l)).collect();
    let mut lines = vec![];
    for step in &plan.steps {
        let (state, address) = (run.state[step.id], &step.address);
        lines.extend(match (way, state) {
            (_, State::Running | State::Unknown) => Some(format!("  ? {address}: look what became of it")),
            (Direction::Unwinding, State::Done | State::Stuck | State::Undoing) if step.id < plan.commit => {
                if step.undo == Undo::Never {
                    continue;
                }
                let words = words::undo(step.undo);
                Some(format!("  {} {address}: {}", style.paint(words.label, words.sign), words.verb))
            }
            (Direction::Forward, State::Pending | State::Failed) => Some(format!("  {}", words::begun(step, false))),
            _ => None,
        });
        if let Some(left) = left.get(&step.id) {
            lines.extend(left.attrs.iter().map(|a| format!("        {}", text::attr(a, left.verb, detail))));
        }
    }
    if lines.is_empty() {
        lines.push("  nothing is left to be done".into());
    }
    lines.iter().for_each(|line| out += &format!("{line}\n"));
    out
}

fn moment(h: &Header) -> String {
    humantime::format_rfc3339_seconds(h.started.0).to_string()
}
