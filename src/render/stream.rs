//! What a command does, one JSON object a line, named as in Terraform's machine-readable UI where it means the same; the shape is
//! `schemas/stream.schema.json`.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::json::redact;
use super::report;
use super::text::{effect, summary};
use super::values::seconds;
use crate::cloud::CloudError;
use crate::diag::Finding;
use crate::kinds::Address;
use crate::model::{AttrChange, Moment, Service};
use crate::plan::{Act, Change, Plan, Step, Undo, Verb};
use crate::run::{Direction, Event, Found, Outcome};

/// One line. Every one also has `@level`, `@message` (for people), `@module` and `@timestamp`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Version {
        infra: String,
        /// `1`. Grows when a line changes its meaning or goes; new types and fields may come at any time.
        format_version: u32,
    },
    /// A finding: an error refuses the command, a warning does not.
    Diagnostic {
        diagnostic: Diagnostic,
    },
    /// What is to become of one object.
    PlannedChange {
        change: PlannedChange,
    },
    /// Talk that belongs to the result: its `@message`.
    Log {},
    /// How much of what; the plan is complete with it.
    ChangeSummary {
        changes: Changes,
    },
    /// The run has begun.
    RunStart {
        run: String,
        steps: usize,
    },
    ApplyStart {
        hook: Hook,
    },
    /// Every ten seconds while a step goes on.
    ApplyProgress {
        hook: Hook,
    },
    ApplyComplete {
        hook: Hook,
    },
    ApplyErrored {
        hook: Hook,
    },
    /// The answer to a step was lost, and this is what a look found: `nothing`, `partial`, `whole`.
    ApplySettled {
        hook: Hook,
        found: Found,
    },
    /// That look failed; it is taken again.
    ApplyUnsettled {
        hook: Hook,
    },
    RollbackStart {
        hook: Hook,
    },
    RollbackProgress {
        hook: Hook,
    },
    RollbackComplete {
        hook: Hook,
    },
    RollbackErrored {
        hook: Hook,
    },
    /// A signal came: nothing new starts.
    Interrupted {},
    /// Another process goes on with the run.
    Resumed {
        direction: Direction,
    },
    /// The spec's outputs.
    Outputs {
        outputs: BTreeMap<String, Output>,
    },
    /// How the run ended; the last line but for `outputs`.
    Outcome {
        outcome: Ended,
        error: Option<CloudError>,
        elapsed_seconds: u64,
    },
}

/// Where an object stands in the spec's stack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Resource {
    /// `subnet.app-a`.
    pub addr: Address,
    /// `aws`, `cloudflare`.
    pub implied_provider: String,
    /// The kind.
    pub resource_type: String,
    pub resource_name: String,
}

/// What is to become of an object, and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlannedChange {
    pub resource: Resource,
    pub action: Action,
    /// The address under which it stood so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_addr: Option<Address>,
    /// Its physical id, when there is one.
    pub id: Option<String>,
    pub attributes: Vec<AttrChange>,
    /// How it is taken back when a later step fails.
    pub undo: Undo,
    pub loses_data: bool,
    pub expected_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Create,
    Update,
    Replace,
    Delete,
}

/// A replacement is one added and one removed, as Terraform counts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Changes {
    pub add: usize,
    pub change: usize,
    pub remove: usize,
    /// `plan`, `apply`, `destroy`, `recover`.
    pub operation: String,
    pub stack: String,
    /// The plan's digest: what was approved and what is applied have the same.
    pub digest: String,
    pub expected_seconds: u64,
}

/// A step of a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Hook {
    pub resource: Resource,
    pub action: Action,
    /// The number of the step.
    pub step: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_seconds: Option<u64>,
    /// What a step that goes on waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<CloudError>,
}

/// A finding, as Terraform's editors read it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// `error`, `warning`.
    pub severity: String,
    pub summary: String,
    /// What to do.
    pub detail: String,
    /// `infra::spec::unknown_key`.
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Range {
    pub filename: String,
    pub start: Position,
    pub end: Position,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// From 0.
    pub byte: usize,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Output {
    pub sensitive: bool,
    /// `string`.
    pub r#type: &'static str,
    /// Null as long as what it names doesn't exist.
    pub value: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Applied,
    Leftovers,
    RolledBack,
    Stuck,
    Unfinished,
}

/// The line's text, with its end. `message` is what it says to a person.
pub fn text(line: &Line, message: &str) -> String {
    let level = match line {
        Line::Diagnostic { diagnostic } if diagnostic.severity == "warning" => "warn",
        Line::Diagnostic { .. } | Line::ApplyErrored { .. } | Line::RollbackErrored { .. } => "error",
        Line::Outcome { outcome, .. } if !matches!(outcome, Ended::Applied) => "error",
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

/// The first line.
pub fn version() -> String {
    let infra = env!("CARGO_PKG_VERSION").to_owned();
    let message = format!("infra {infra}");
    text(&Line::Version { infra, format_version: 1 }, &message)
}

/// A plan: a line a change, then the summary.
pub fn plan(p: &Plan, operation: &str) -> String {
    let changes = p.changes.iter().map(|c| text(&Line::PlannedChange { change: planned(c) }, &effect(c)));
    let n = |f: fn(Verb) -> bool| p.changes.iter().filter(|c| f(c.verb)).count();
    let replaced = n(|v| matches!(v, Verb::Replace(_)));
    let changes_line = Line::ChangeSummary {
        changes: Changes {
            add: n(|v| v == Verb::Create) + replaced,
            change: n(|v| v == Verb::Update),
            remove: n(|v| v == Verb::Delete) + replaced,
            operation: operation.into(),
            stack: p.stack.clone(),
            digest: p.digest.clone(),
            expected_seconds: p.expected.as_secs(),
        },
    };
    changes.chain([text(&changes_line, &format!("Plan: {}.", summary(p)))]).collect()
}

fn planned(c: &Change) -> PlannedChange {
    let action = match c.verb {
        Verb::Create => Action::Create,
        Verb::Update => Action::Update,
        Verb::Replace(_) => Action::Replace,
        Verb::Delete => Action::Delete,
    };
    PlannedChange {
        resource: resource(&c.address),
        action,
        previous_addr: c.renamed_from.clone(),
        id: c.id.clone(),
        attributes: c.attrs.clone(),
        undo: c.undo,
        loses_data: c.loses_data && c.verb != Verb::Create,
        expected_seconds: c.seconds,
    }
}

fn resource(a: &Address) -> Resource {
    let provider = if a.kind.service() == Service::Cloudflare { "cloudflare" } else { "aws" };
    Resource { addr: a.clone(), implied_provider: provider.into(), resource_type: a.kind.label().into(), resource_name: a.name.clone() }
}

fn hook(s: &Step) -> Hook {
    let action = match s.act {
        Act::Create { .. } => Action::Create,
        Act::Update { .. } => Action::Update,
        Act::Delete { .. } => Action::Delete,
    };
    let (id_key, id_value, elapsed_seconds, waits_for, error) = Default::default();
    Hook { resource: resource(&s.address), action, step: s.id, id_key, id_value, elapsed_seconds, waits_for, error }
}

/// One event. `elapsed` is how long its step has taken.
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
        Event::Interrupted => Line::Interrupted {},
        Event::Resumed(way) => Line::Resumed { direction: *way },
    };
    let message = report::line(p, e).unwrap_or_else(|| match e {
        Event::UndoBegan(i) => format!("taking back {}", p.steps[*i].address),
        Event::Began(i) => format!("{} {}", report::doing(&p.steps[*i]), p.steps[*i].address),
        Event::Unsettled(i, e) => format!("{} can't be looked at: {e}", p.steps[*i].address),
        _ => String::new(),
    });
    text(&line, &message)
}

/// A step that still goes on.
pub fn progress(s: &Step, undo: bool, elapsed: u64, waits: Option<&String>, message: &str) -> String {
    let hook = Hook { elapsed_seconds: Some(elapsed), waits_for: waits.cloned(), ..hook(s) };
    text(&if undo { Line::RollbackProgress { hook } } else { Line::ApplyProgress { hook } }, message)
}

/// The beginning of a run.
pub fn begun(run: &str, steps: usize) -> String {
    text(&Line::RunStart { run: run.into(), steps }, &format!("run {run}"))
}

/// The end of a run.
pub fn outcome(o: &Outcome, elapsed_seconds: u64) -> String {
    let (outcome, error, word) = match o {
        Outcome::Applied => (Ended::Applied, None, "applied"),
        Outcome::Leftovers(e) => (Ended::Leftovers, Some(e), "applied with leftovers"),
        Outcome::RolledBack(e) => (Ended::RolledBack, e.as_ref(), "rolled back"),
        Outcome::Stuck(e) => (Ended::Stuck, Some(e), "stuck"),
        Outcome::Unfinished(e) => (Ended::Unfinished, Some(e), "stopped on the way"),
    };
    let message = match error {
        Some(e) => format!("{word} after {}: {e}", seconds(elapsed_seconds)),
        None => format!("{word} in {}", seconds(elapsed_seconds)),
    };
    text(&Line::Outcome { outcome, error: error.cloned(), elapsed_seconds }, &message)
}

/// Talk.
pub fn log(message: &str) -> String {
    text(&Line::Log {}, message.trim_end())
}

/// The outputs, by name; `None` for what isn't there yet.
pub fn outputs(values: BTreeMap<String, Option<String>>) -> String {
    let n = values.len();
    let outputs = values.into_iter().map(|(name, value)| (name, Output { sensitive: false, r#type: "string", value })).collect();
    text(&Line::Outputs { outputs }, &format!("Outputs: {n}"))
}

/// A finding.
pub fn finding(f: &Finding) -> String {
    let range = f.places.first().map(|place| {
        let text = place.source.inner();
        let at = |byte: usize| {
            let before = text.get(..byte).unwrap_or(text);
            let line = before.rsplit_once('\n').map_or(before, |(_, last)| last);
            Position { line: before.matches('\n').count() + 1, column: line.chars().count() + 1, byte }
        };
        Range { filename: place.source.name().into(), start: at(place.span.start), end: at(place.span.end) }
    });
    let severity = if f.is_error() { "error" } else { "warning" };
    let diagnostic =
        Diagnostic { severity: severity.into(), summary: f.message.clone(), detail: f.help.clone(), code: f.code.text().into(), range };
    text(&Line::Diagnostic { diagnostic }, &f.message)
}

/// The JSON schema of a line.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Line).to_value();
    let fields = json!({
        "@level": { "enum": ["info", "warn", "error"] },
        "@message": { "type": "string", "description": "What the line says to a person." },
        "@module": { "const": "infra" },
        "@timestamp": { "type": "string", "format": "date-time" },
    });
    for one in schema["oneOf"].as_array_mut().into_iter().flatten() {
        if let (Some(own), Some(all)) = (one["properties"].as_object_mut(), fields.as_object()) {
            own.extend(all.clone());
        }
        if let Some(required) = one["required"].as_array_mut() {
            required.extend(["@level", "@message", "@module", "@timestamp"].map(Value::from));
        }
    }
    schema
}
