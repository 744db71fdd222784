//! What a command does, one JSON object a line, named as in Terraform's machine-readable UI where it means the same; the shape is
//! `schemas/stream.schema.json`.
mod line;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::line::{Changes, Diagnostic, Hook, Line, OutcomeName, Output, PlannedChange, Range, ResourceName};
use super::json::{AttributeDocument, SceneDocument, loses_data, redact};
use super::report;
use super::text::effect;
use super::values::seconds;
use super::words;
use crate::diag::{self, Finding, Place};
use crate::kinds::Address;
use crate::model::Moment;
use crate::plan::{Act, Change, Plan, Step, Verb};
use crate::run::{Event, Outcome};
use crate::wire::{CloudError, Service};

pub use line::{ChangeAction, schema};

/// A line as JSON, newline included. `message` is the sentence for people.
pub fn text(line: &Line, message: &str) -> String {
    let level = match line {
        Line::Diagnostic { diagnostic } if diagnostic.severity == "warning" => "warn",
        Line::Diagnostic { .. } | Line::Refusal { .. } | Line::ApplyErrored { .. } | Line::RollbackErrored { .. } => "error",
        Line::Outcome { outcome, .. } if !matches!(outcome, OutcomeName::Applied) => "error",
        _ => "info",
    };
    let mut value = serde_json::to_value(line).expect("plain data");
    redact(&mut value);
    if let Value::Object(m) = &mut value {
        let at = Moment::now().to_string();
        for (key, v) in [("@level", level), ("@message", message), ("@module", "infra"), ("@timestamp", &at)] {
            m.insert(key.into(), v.into());
        }
    }
    format!("{value}\n")
}

/// The first line: the versions of infra and of the format.
pub fn version() -> String {
    let infra = env!("CARGO_PKG_VERSION").to_owned();
    let message = format!("infra {infra}");
    text(&Line::Version { infra, format_version: 3 }, &message)
}

/// A plan: a line a change, then the summary.
pub fn plan(p: &Plan, scene: SceneDocument, operation: &str) -> String {
    let changes = p.changes.iter().map(|c| text(&Line::PlannedChange { change: planned(c) }, &effect(c)));
    let counts = p.counts();
    let changes_line = Line::ChangeSummary {
        changes: Changes {
            add: counts.create + counts.replace,
            change: counts.update,
            remove: counts.delete + counts.replace,
            operation: operation.into(),
            stack: p.stack.clone(),
            digest: p.digest.clone(),
            expected_seconds: p.expected.as_secs(),
            scene,
            loses_data: p.changes.iter().filter(|c| loses_data(c)).map(|c| c.address.clone()).collect(),
            refused: p.refused.clone(),
            refused_unless: (!p.refused.is_empty()).then(|| words::permission(&p.refused)),
        },
    };
    changes.chain([text(&changes_line, &format!("Plan: {}.", words::to_do(counts)))]).collect()
}

fn planned(c: &Change) -> PlannedChange {
    PlannedChange {
        resource: resource(&c.address),
        action: ChangeAction::of(c.verb),
        order: if let Verb::Replace(order) = c.verb { Some(order) } else { None },
        previous_addr: c.renamed_from.clone(),
        id: c.id.clone(),
        attributes: c.attrs.iter().map(AttributeDocument::of).collect(),
        undo: c.undo,
        loses_data: loses_data(c),
        expected_seconds: c.seconds,
    }
}

fn resource(a: &Address) -> ResourceName {
    let provider = if a.kind.service() == Service::Cloudflare { "cloudflare" } else { "aws" };
    ResourceName { addr: a.clone(), implied_provider: provider.into(), resource_type: a.kind.label().into(), resource_name: a.name.clone() }
}

fn hook(s: &Step) -> Hook {
    let action = match s.act {
        Act::Create { .. } => ChangeAction::Create,
        Act::Update { .. } => ChangeAction::Update,
        Act::Delete { .. } => ChangeAction::Delete,
        Act::Gate { .. } => ChangeAction::Gate,
    };
    let (id_key, id_value, elapsed_seconds, waits_for, error) = Default::default();
    Hook { resource: resource(&s.address), action, step: s.id, id_key, id_value, elapsed_seconds, waits_for, error }
}

/// An event of a run. `elapsed` is how long its step has taken, in seconds.
pub fn event(p: &Plan, e: &Event, elapsed: u64) -> String {
    let started = |i: &usize| hook(&p.steps[*i]);
    let ended = |i: &usize| Hook { elapsed_seconds: Some(elapsed), ..started(i) };
    let failed = |i: &usize, e: &CloudError| Hook { error: Some(e.clone()), ..ended(i) };
    let made = |i: &usize, live: &Option<crate::kinds::Live>| match live {
        Some(live) => Hook { id_key: Some("id"), id_value: Some(live.id.clone()), ..ended(i) },
        None => ended(i),
    };
    let line = match e {
        Event::Began(i) => Line::ApplyStart { hook: started(i) },
        Event::Done(i, live) => Line::ApplyComplete { hook: made(i, live) },
        Event::Failed(i, e) => Line::ApplyErrored { hook: failed(i, e) },
        Event::Settled(i, live, found) => Line::ApplySettled { hook: made(i, live), found: *found },
        Event::Unsettled(i, e) => Line::ApplyUnsettled { hook: failed(i, e) },
        Event::UndoBegan(i) => Line::RollbackStart { hook: started(i) },
        Event::Undone(i, live) => Line::RollbackComplete { hook: made(i, live) },
        Event::UndoFailed(i, e) => Line::RollbackErrored { hook: failed(i, e) },
        Event::Read(i, reading) => Line::GateRead { hook: started(i), seen: reading.seen.clone() },
        Event::Unwatched(i) => Line::GateLeft { hook: ended(i) },
        Event::Interrupted => Line::Interrupted {},
        Event::Resumed(way) => Line::Resumed { direction: *way },
    };
    text(&line, &report::sentence(p, e))
}

/// A step that is still running; `waits` is what it waits for.
pub fn progress(s: &Step, undo: bool, elapsed: u64, waits: Option<&String>, message: &str) -> String {
    let hook = Hook { elapsed_seconds: Some(elapsed), waits_for: waits.cloned(), ..hook(s) };
    text(&if undo { Line::RollbackProgress { hook } } else { Line::ApplyProgress { hook } }, message)
}

/// The beginning of a run.
pub fn begun(run: &str, steps: usize) -> String {
    text(&Line::RunStart { run: run.into(), steps }, &format!("run {run}"))
}

/// The end of a run.
pub fn outcome(p: &Plan, events: &[Event], o: &Outcome, elapsed_seconds: u64) -> String {
    let (outcome, error) = match o {
        Outcome::Applied => (OutcomeName::Applied, None),
        Outcome::Leftovers(e) => (OutcomeName::Leftovers, Some(e)),
        Outcome::RolledBack(e) => (OutcomeName::RolledBack, e.as_ref()),
        Outcome::Stuck(e) => (OutcomeName::Stuck, Some(e)),
        Outcome::Unfinished(e) => (OutcomeName::Unfinished, Some(e)),
    };
    let word = words::outcome(o);
    let message = match error {
        Some(e) => format!("{word} after {}: {e}", seconds(elapsed_seconds)),
        None => format!("{word} in {}", seconds(elapsed_seconds)),
    };
    let stays = match o {
        Outcome::RolledBack(_) => report::stays(p, &report::undone(p, events), |c| c.staying().map(|a| words::of_object(c, a)).collect()),
        _ => vec![],
    };
    let unconfirmed = if matches!(o, Outcome::Applied) { report::pending(events) } else { BTreeSet::new() };
    text(&Line::Outcome { outcome, error: error.cloned(), elapsed_seconds, stays, unconfirmed }, &message)
}

/// A text that belongs to the result.
pub fn log(message: &str) -> String {
    text(&Line::Log {}, message.trim_end())
}

/// The outputs, by name; `None` for what isn't there yet.
pub fn outputs(values: BTreeMap<String, Option<String>>) -> String {
    let n = values.len();
    let outputs = values.into_iter().map(|(name, value)| (name, Output { sensitive: false, r#type: "string", value })).collect();
    text(&Line::Outputs { outputs }, &format!("Outputs: {n}"))
}

/// Why a command did nothing.
pub fn refusal(findings: &[Finding]) -> String {
    let all: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
    text(&Line::Refusal { findings: diag::json(findings).findings }, &all.join("; "))
}

/// A finding.
pub fn finding(f: &Finding) -> String {
    let range = |place: &Place| Range { filename: place.source.name().into(), start: place.start(), end: place.end() };
    let range = f.places.first().map(range);
    let risk = f.risk.as_ref().map(|named| named.risk.text().to_owned());
    let accepted = f.risk.as_ref().and_then(|named| named.accepted.clone());
    let diagnostic = Diagnostic {
        severity: f.gravity().into(),
        risk,
        accepted,
        summary: f.message.clone(),
        detail: f.help.clone(),
        code: f.code.text().into(),
        range,
    };
    text(&Line::Diagnostic { diagnostic }, &f.message)
}
