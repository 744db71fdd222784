//! How a run ended, step by step, for people.
use std::collections::BTreeSet;

use super::text::Detail;
use super::values::{count, seconds};
use super::words;
use crate::kinds::{Gate, Topic};
use crate::plan::{Act, Change, Plan, Step, Undo};
use crate::render::style::Label;
use crate::run::{Direction, Event, Outcome, Settlement};
use crate::visible::visible;
use crate::wire::CloudError;

/// The code of what ended because somebody stopped it.
const INTERRUPTED: &str = "Interrupted";

/// The beginning of a run: its id, by which it is found again, and how long it usually takes; a sandbox is quicker than what it stands for.
pub fn begins(run: &str, plan: &Plan, sandbox: bool) -> String {
    let on = if sandbox { " on AWS" } else { "" };
    let line = format!("Run {run} begins: {}, about {}{on}.", count(plan.steps.len(), "step"), seconds(plan.expected.as_secs()));
    let probed = |s: &Step| matches!(&s.act, Act::Gate { gate } if !gate.probes.is_empty());
    match sandbox && plan.steps.iter().any(probed) {
        true => line + " A sandbox sends no probes: each passes, unless it is bent (`--sandbox-bend compute.NAME.probe=500`).",
        false => line,
    }
}

/// One event as a line for people: `+ subnet.app-a created`. `None` for the beginning of a step and for a failed look.
pub fn line(plan: &Plan, event: &Event) -> Option<String> {
    let step = |i: &usize| &plan.steps[*i];
    if let Some(i) = event.step()
        && let Act::Gate { gate } = &step(&i).act
    {
        return of_gate(gate, event);
    }
    let text = match event {
        Event::Done(i, _) | Event::Settled(i, _, Settlement::Whole) => {
            let done = words::turned(step(i)).unwrap_or_else(|| done(step(i)).to_owned());
            format!("{} {} {done}", words::act(&step(i).act).sign, step(i).address)
        }
        Event::Failed(i, e) => format!("! {} failed: {e}", step(i).address),
        Event::Settled(i, _, Settlement::Partial) => format!("! {} is half {}", step(i).address, done(step(i))),
        Event::Settled(i, _, Settlement::Nothing) => format!("! {} was not {}", step(i).address, done(step(i))),
        Event::Undone(i, live) => format!("< {} {}", step(i).address, undone_as(step(i), live.is_some())),
        Event::UndoFailed(i, e) => format!("! {} could not be taken back: {e}", step(i).address),
        Event::Interrupted => "! interrupted: nothing new starts, what runs ends".into(),
        Event::Resumed(Direction::Forward) => "the run goes on".into(),
        Event::Resumed(Direction::Unwinding) => "the run is taken back".into(),
        Event::Began(_) | Event::UndoBegan(_) | Event::Unsettled(..) | Event::Read(..) | Event::Unwatched(_) => return None,
    };
    Some(text)
}

/// An event of a gate as a line.
fn of_gate(gate: &Gate, event: &Event) -> Option<String> {
    let watched = words::watched(gate);
    match event {
        Event::Read(_, reading) => Some(format!("? {watched}: {}", visible(&reading.told))),
        Event::Done(..) => Some(format!("? {watched} passed")),
        Event::Failed(_, e) => Some(format!("! {watched} failed: {}", visible(&e.message))),
        Event::Unwatched(_) => Some(format!("? {watched} is watched no longer")),
        _ => None,
    }
}

/// One event as a line while the run goes on: what failed is named with its code, and what the service says of it stands in the report.
pub fn brief(plan: &Plan, event: &Event) -> Option<String> {
    let code = |e: &CloudError| match e.operation.as_str() {
        "" => visible(&e.code).into_owned(),
        operation => format!("{}: {}", visible(operation), visible(&e.code)),
    };
    match event {
        Event::Failed(i, e) if e.code == INTERRUPTED => Some(format!("? {}: {}", plan.steps[*i].address, visible(&e.message))),
        Event::Failed(i, e) if plan.steps[*i].undo != Undo::Nothing => Some(format!("! {} failed: {}", plan.steps[*i].address, code(e))),
        Event::UndoFailed(i, e) => Some(format!("! {} could not be taken back: {}", plan.steps[*i].address, code(e))),
        _ => line(plan, event),
    }
}

/// One event as a sentence; every event has one.
pub fn sentence(plan: &Plan, event: &Event) -> String {
    line(plan, event).unwrap_or_else(|| match event {
        Event::Began(i) => words::begun(&plan.steps[*i], false),
        Event::UndoBegan(i) => words::begun(&plan.steps[*i], true),
        Event::Unsettled(i, e) => format!("{} can't be looked at: {e}", plan.steps[*i].address),
        _ => String::new(),
    })
}

/// The end of a run: what it did, what still stands, and last of all why it failed, in the service's own words. Each step that was taken back has been told
/// when it was.
pub fn outcome(plan: &Plan, events: &[Event], outcome: &Outcome, elapsed: u64, detail: Detail) -> String {
    let took = seconds(elapsed);
    let mut out = String::new();
    let heading = |s: &str| detail.style.paint(Label::Heading, s);
    let cause = match outcome {
        Outcome::Applied => {
            out += &format!("{} {} in {took}.\n", heading("Applied:"), words::done(plan.counts()));
            out += &words::restart(&plan.changes).map(|restart| format!("Restart: {restart}\n")).unwrap_or_default();
            out += &unconfirmed(&pending(events)).map(|waiting| format!("{waiting}\n")).unwrap_or_default();
            None
        }
        Outcome::Leftovers(e) => {
            out += &match words::only_goes(plan) {
                true => format!("{} not all that was to go could be deleted, in {took}.\n", heading("Deleted with leftovers:")),
                false => format!(
                    "{} all that was to be built is, in {took}; but not all that is old could be deleted.\n",
                    heading("Applied with leftovers:")
                ),
            };
            out += words::leftovers(plan);
            out += "\n";
            Some(e)
        }
        Outcome::RolledBack(cause) => {
            let why = if cause.is_none() { ": interrupted" } else { "" };
            out += &format!("{} after {took}{why}.\n", heading("Rolled back"));
            out += &format!("{}\n", as_before(plan, &undone(plan, events)));
            cause.as_ref()
        }
        Outcome::Stuck(e) => {
            out += &format!("{} an undo failed, after {took}.\n", heading("Stuck:"));
            for s in standing(plan, events) {
                out += &format!("  ! {} still {}\n", s.address, done(s));
            }
            out += "Take away what the cause names; then `infra recover` tries again to take the rest back, from any machine.\n";
            Some(e)
        }
        Outcome::Unfinished(e) => {
            out += &format!("{} after {took}.\n", heading("Stopped on the way"));
            let stands = standing(plan, events);
            stands.iter().for_each(|s| out += &format!("  ! {} {}\n", s.address, done(s)));
            flying(plan, events).iter().for_each(|s| out += &format!("  ? {} may be {}\n", s.address, done(s)));
            out += match stands.len() {
                0 => "Nothing is known to stand. `infra recover` makes sure of it, from any machine.\n",
                _ => "`infra recover` takes this back, from any machine; `infra recover --forward` goes on with it.\n",
            };
            Some(e)
        }
    };
    out += cause.map_or("", help);
    if detail.verbose {
        out += &requests(plan, events);
    }
    let causes = cause.map(|e| causes(plan, events, e)).unwrap_or_default();
    if let Some((last, others)) = causes.split_last() {
        others.iter().for_each(|other| out += &format!("  ! {other}\n"));
        out += &format!("{} {last}.\n", detail.style.paint(Label::Forced, "Cause:"));
    }
    out
}

/// Whom the run has asked whether they want to be told of alarms, and who hasn't answered.
pub(super) fn pending(events: &[Event]) -> BTreeSet<String> {
    let made = |event: &Event| match event {
        Event::Done(_, Some(live)) => live.of::<Topic>().ok()?.pending.0,
        _ => None,
    };
    events.iter().filter_map(made).flatten().collect()
}

/// A sentence about those who haven't confirmed that they want to be told of alarms; nothing where everybody has.
fn unconfirmed(pending: &BTreeSet<String>) -> Option<String> {
    let (has, hears) = if pending.len() == 1 { ("has", "hears") } else { ("have", "hear") };
    let all: Vec<_> = pending.iter().map(|contact| visible(contact)).collect();
    let said = || {
        format!("Alarms: {} {has} not confirmed yet, and {hears} nothing until the link that SNS has sent was followed.", all.join(", "))
    };
    (!all.is_empty()).then(said)
}

/// What the services call the requests that failed, for those who ask their support.
fn requests(plan: &Plan, events: &[Event]) -> String {
    let line = |event: &Event| match event {
        Event::Failed(i, e) | Event::UndoFailed(i, e) | Event::Unsettled(i, e) => {
            let id = e.request_id.as_ref()?;
            Some(format!("  {} {}: {}\n", plan.steps[*i].address, visible(&e.operation), visible(id)))
        }
        _ => None,
    };
    let lines: String = events.iter().filter_map(line).collect();
    if lines.is_empty() { lines } else { format!("Requests that failed, as the services number them:\n{lines}") }
}

/// The command that helps against a failure, where there is one.
pub(super) fn help(e: &CloudError) -> &'static str {
    match (e.forbidden(), e.unauthenticated(), e.of_cloudflare()) {
        (true, ..) => "`infra iam-policy --apply` prints the permissions that an apply needs.\n",
        (_, true, false) => "The credentials are no longer accepted: log in again, then `infra recover`.\n",
        (_, true, true) => "CLOUDFLARE_API_TOKEN is no longer accepted: give another token, then `infra recover`.\n",
        _ => "",
    }
}

/// Why a run failed: every failure that says something of its own, with the steps that it met; `first`, for which the run ended so, comes last.
fn causes(plan: &Plan, events: &[Event], first: &CloudError) -> Vec<String> {
    let mut failed: Vec<(String, Vec<String>)> = vec![];
    // What somebody has stopped has not failed.
    let failure = |event: &Event| match event {
        Event::Failed(i, e) if e.code != INTERRUPTED => Some((words::named(&plan.steps[*i]), said(e))),
        _ => None,
    };
    let failures = events.iter().filter_map(failure);
    for (address, text) in failures.chain(stuck(plan, events)) {
        match failed.iter_mut().find(|(other, _)| *other == text) {
            Some((_, who)) if !who.contains(&address) => who.push(address),
            Some(_) => {}
            None => failed.push((text, vec![address])),
        }
    }
    let why = said(first);
    let (met, others): (Vec<_>, Vec<_>) = failed.into_iter().partition(|(text, _)| *text == why);
    let line = |(text, who): (String, Vec<String>)| format!("{}: {text}", who.join(", "));
    let last = met.into_iter().next().map_or(why, line);
    others.into_iter().map(line).chain([last]).collect()
}

/// What could not be taken back in the end, and why.
fn stuck(plan: &Plan, events: &[Event]) -> Vec<(String, String)> {
    let mut last = std::collections::BTreeMap::new();
    for e in events {
        match e {
            Event::UndoFailed(i, e) if e.code != INTERRUPTED => drop(last.insert(*i, said(e))),
            Event::Undone(i, _) => drop(last.remove(i)),
            _ => {}
        }
    }
    last.into_iter().map(|(i, why)| (format!("{} could not be taken back", plan.steps[i].address), why)).collect()
}

/// What a failure says, without a full stop: a sentence ends behind it.
fn said(e: &CloudError) -> String {
    let text = if e.code == INTERRUPTED { e.message.clone() } else { e.to_string() };
    text.trim_end_matches('.').to_owned()
}

/// A step that was undone, and whether its object is there.
pub(super) type Undone<'p> = (&'p Step, bool);

/// Steps that were undone, in the order in which they were.
pub(super) fn undone<'p>(plan: &'p Plan, events: &[Event]) -> Vec<Undone<'p>> {
    let undone = |e: &Event| if let Event::Undone(i, live) = e { Some((&plan.steps[*i], live.is_some())) } else { None };
    events.iter().filter_map(undone).filter(|(step, _)| step.undo != Undo::Nothing).collect()
}

/// How much of the world is as it was before a run that was taken back.
pub(super) fn as_before(plan: &Plan, undone: &[Undone<'_>]) -> String {
    let stays = stays(plan, undone, |c| words::staying(c).collect());
    match undone.len() {
        0 => "Nothing had been changed.".into(),
        _ if stays.is_empty() => "Everything is as it was before.".into(),
        _ => format!("Everything is as it was before but {}: that stays as it was changed.", stays.join(", ")),
    }
}

/// What stays as changed though its step was taken back: attributes, as `named` calls those of a change, and whole objects that these need.
pub(super) fn stays(plan: &Plan, undone: &[Undone<'_>], named: fn(&Change) -> Vec<String>) -> Vec<String> {
    let was_undone = |c: &&Change| undone.iter().any(|(s, _)| s.address == c.address);
    let attributes = plan.changes.iter().filter(was_undone).flat_map(named);
    let objects = undone.iter().filter(|(s, there)| left(s, *there)).map(|(s, _)| s.address.to_string());
    attributes.chain(objects).collect()
}

/// Steps whose effect stands in the cloud: done, and not undone.
pub(super) fn standing<'p>(plan: &'p Plan, events: &[Event]) -> Vec<&'p Step> {
    let mut stands = vec![false; plan.steps.len()];
    for e in events {
        match e {
            Event::Done(i, _) | Event::Settled(i, _, Settlement::Whole | Settlement::Partial) => stands[*i] = true,
            Event::Undone(i, _) => stands[*i] = false,
            _ => {}
        }
    }
    plan.steps.iter().filter(|s| stands[s.id] && s.undo != Undo::Nothing).collect()
}

/// Steps that began and whose answer never came: their effect may stand.
pub(super) fn flying<'p>(plan: &'p Plan, events: &[Event]) -> Vec<&'p Step> {
    let mut open = vec![false; plan.steps.len()];
    for e in events {
        match e {
            Event::Began(i) | Event::UndoBegan(i) => open[*i] = true,
            Event::Failed(i, e) => open[*i] = e.class.lost(),
            Event::Done(i, _) | Event::Settled(i, ..) | Event::Undone(i, _) | Event::UndoFailed(i, _) => open[*i] = false,
            _ => {}
        }
    }
    plan.steps.iter().filter(|s| open[s.id] && s.undo != Undo::Nothing).collect()
}

/// What a step did: `created`.
pub(super) fn done(s: &Step) -> &'static str {
    words::act(&s.act).done
}

/// How a step was undone: `deleted again`; or `left`, where what it made is needed by what stays.
pub(super) fn undone_as(s: &Step, there: bool) -> &'static str {
    if left(s, there) { words::undo(Undo::Never).done } else { words::undo(s.undo).done }
}

fn left(s: &Step, there: bool) -> bool {
    there && s.undo == Undo::Delete
}
