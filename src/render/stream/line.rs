//! The types of the stream's lines.
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::diag::{FindingDocument, Position};
use crate::kinds::{Address, Seen};
use crate::model::Order;
use crate::plan::{Guarded, Undo, Verb};
use crate::render::json::{AttributeDocument, SceneDocument};
use crate::run::{Direction, Settlement};
use crate::wire::CloudError;

/// One line. Every one also has `@level`, `@message` (for people), `@module` and `@timestamp`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Version {
        infra: String,
        /// `3`. Grows when a line changes its meaning or goes; new types and fields may come at any time.
        format_version: u32,
    },
    /// A finding: an error refuses the command, a warning does not.
    Diagnostic {
        diagnostic: Diagnostic,
    },
    /// The command did nothing: every finding for which, as every command with `--json` tells them; the last line then.
    Refusal {
        findings: Vec<FindingDocument>,
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
        found: Settlement,
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
    /// A gate has looked: what it has seen.
    GateRead {
        hook: Hook,
        seen: Seen,
    },
    /// A gate looks no longer, for the run goes back.
    GateLeft {
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
        outcome: OutcomeName,
        error: Option<CloudError>,
        elapsed_seconds: u64,
        /// What stays as changed though the run was taken back: `db_instance.main.engine_version`.
        stays: Vec<String>,
        /// Who was asked whether they want to be told of alarms, and hasn't confirmed it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        unconfirmed: BTreeSet<String>,
    },
}

/// Where an object stands in the spec's stack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResourceName {
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
    pub resource: ResourceName,
    pub action: ChangeAction,
    /// Of a replacement: whether the successor comes first, or can only come once the predecessor has gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The address under which it stood so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_addr: Option<Address>,
    /// Its physical id, when there is one.
    pub id: Option<String>,
    pub attributes: Vec<AttributeDocument>,
    /// How it is taken back when a later step fails.
    pub undo: Undo,
    pub loses_data: bool,
    pub expected_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeAction {
    Create,
    Update,
    Replace,
    Delete,
    /// Nothing is changed: a gate looks, until what was changed before it has gone well for long enough.
    Gate,
}

impl ChangeAction {
    /// What a change's verb is called.
    pub fn of(verb: Verb) -> Self {
        match verb {
            Verb::Create => ChangeAction::Create,
            Verb::Update => ChangeAction::Update,
            Verb::Replace(_) => ChangeAction::Replace,
            Verb::Delete => ChangeAction::Delete,
        }
    }
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
    /// Where it is to be applied.
    pub scene: SceneDocument,
    /// What loses data: it is deleted or replaced, or keeps less.
    pub loses_data: Vec<Address>,
    /// What is refused as it stands: it holds data or is protected, and would be deleted or replaced.
    pub refused: Vec<Guarded>,
    /// The argument by which it is done all the same; `null` when nothing is refused.
    pub refused_unless: Option<String>,
}

/// A step of a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Hook {
    pub resource: ResourceName,
    pub action: ChangeAction,
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
    /// `error`, `warning`; `info` for a risk that the spec accepts.
    pub severity: String,
    /// The name of a risk: `single_nat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<String>,
    /// Why the spec accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
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
pub struct Output {
    pub sensitive: bool,
    /// `string`.
    pub r#type: &'static str,
    /// Null as long as what it names doesn't exist.
    pub value: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeName {
    Applied,
    Leftovers,
    RolledBack,
    Stuck,
    Unfinished,
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
