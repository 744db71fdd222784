//! A plan for programs; the shape is `schemas/plan.schema.json`.
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{rollout, words};
use crate::canon::{self, Form};
use crate::kinds::gate::Limits;
use crate::kinds::{Address, Gate};
use crate::plan::{Act, Change, Counts, Guarded, Plan, Step, Undo};
use crate::redact::{HIDDEN, is_sealed};

/// A plan as `infra show --format json` prints it.
#[derive(Serialize, JsonSchema)]
pub struct PlanDocument {
    /// `2`: marks of values begin with `$` (`$ref`, `$text`; see `crate::canon`). Grows when a field changes its meaning or goes.
    pub format_version: u32,
    pub stack: String,
    /// The same spec and the same live objects give the same digest.
    pub digest: String,
    pub summary: Counts,
    /// How long it usually takes.
    pub expected_seconds: u64,
    /// The addresses that decide the duration, in order.
    pub critical_path: Vec<Address>,
    /// Whether everything can be taken back: every step, and every attribute that one changes.
    pub reversible: bool,
    /// What is refused as it stands: it holds data or is protected, and would be deleted or replaced. Apply does nothing of the plan then.
    pub refused: Vec<Guarded>,
    /// The argument by which `infra apply` does it all the same: `--allow-data-loss ADDRESS,…`; `null` when nothing is refused.
    pub refused_unless: Option<String>,
    /// What changes, by address.
    pub changes: Vec<Change>,
    /// What is done, in an order that is allowed.
    pub steps: Vec<StepDocument>,
    /// How requests pass to new instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<RolloutDocument>,
}

/// How the requests of an entry pass to its new instances.
#[derive(Serialize, JsonSchema)]
pub struct RolloutDocument {
    /// `compute.app`.
    pub entry: String,
    /// The listeners and rules that share requests out; none where the entry is only asked whether it works.
    pub over: Vec<Address>,
    /// The shares of requests, one after the other.
    pub stages: Vec<StageDocument>,
    /// What makes a minute a bad one.
    pub limits: Limits,
}

/// A share of requests, and what it needs before the next one begins.
#[derive(Serialize, JsonSchema)]
pub struct StageDocument {
    /// The step that watches it.
    pub step: usize,
    pub share_percent: u8,
    pub good_minutes: u32,
    /// What is asked then: `GET /version`.
    pub probes: Vec<String>,
}

/// One request of the program.
#[derive(Serialize, JsonSchema)]
pub struct StepDocument {
    pub id: usize,
    pub address: Address,
    pub action: StepAction,
    /// Steps that must be done before.
    pub after: Vec<usize>,
    /// How it is taken back.
    pub undo: Undo,
    /// Before the commit point every step can be taken back.
    pub before_commit: bool,
    pub typical_seconds: u64,
    /// How long it may take, where the spec says so (`timeouts`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    Create,
    Update,
    Delete,
    /// It only looks, until what was changed before it has gone well for long enough.
    Gate,
}

/// The document of a plan. Secrets are left out.
pub fn plan(p: &Plan) -> Value {
    let document = PlanDocument {
        format_version: 2,
        stack: p.stack.clone(),
        digest: p.digest.clone(),
        summary: p.counts(),
        expected_seconds: p.expected.as_secs(),
        critical_path: p.critical.iter().map(|i| p.steps[*i].address.clone()).collect(),
        reversible: p.steps.iter().all(|s| s.undo != Undo::Never) && p.changes.iter().all(|c| c.staying().next().is_none()),
        refused: p.refused.clone(),
        refused_unless: (!p.refused.is_empty()).then(|| words::permission(&p.refused)),
        changes: p.changes.clone(),
        steps: p
            .steps
            .iter()
            .map(|s| StepDocument {
                id: s.id,
                address: s.address.clone(),
                action: match s.act {
                    Act::Create { .. } => StepAction::Create,
                    Act::Update { .. } => StepAction::Update,
                    Act::Delete { .. } => StepAction::Delete,
                    Act::Gate { .. } => StepAction::Gate,
                },
                after: s.after.clone(),
                undo: s.undo,
                before_commit: s.id < p.commit,
                typical_seconds: s.typical.as_secs(),
                timeout_seconds: s.patience(false).map(|most| most.as_secs()),
            })
            .collect(),
        rollouts: rollout::rollouts(p).into_iter().filter_map(|(entry, gates)| rolled(entry, &gates)).collect(),
    };
    let mut value = serde_json::to_value(document).expect("plain data");
    redact(&mut value);
    value
}

fn rolled(entry: &str, gates: &[(&Step, &Gate)]) -> Option<RolloutDocument> {
    let first = gates.first()?.1;
    let stage = |(step, gate): &(&Step, &Gate)| StageDocument {
        step: step.id,
        share_percent: gate.stage.share,
        good_minutes: gate.stage.minutes,
        probes: gate.probes.iter().map(|probe| probe.name.clone()).collect(),
    };
    let stages = gates.iter().map(stage).collect();
    Some(RolloutDocument { entry: entry.into(), over: first.splitters.clone(), stages, limits: first.limits.clone() })
}

/// The JSON schema of [`plan`]'s answer.
pub fn plan_schema() -> Value {
    schemars::schema_for!(PlanDocument).to_value()
}

/// Replaces by the word what stands for a secret or a hidden text.
pub(super) fn redact(v: &mut Value) {
    canon::walk_mut(v, &mut |v| {
        let hidden = match Form::of(v) {
            Form::Secret(_) => json!({ "sensitive": true }),
            Form::Scalar(Value::String(s)) if is_sealed(s) => HIDDEN.into(),
            _ => return false,
        };
        *v = hidden;
        true
    });
}
