//! A plan for programs; the shape is `schemas/plan.schema.json`.
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::stream::ChangeAction;
use super::values::value;
use super::{rollout, words};
use crate::canon::{self, Form};
use crate::kinds::gate::Limits;
use crate::kinds::{Address, Gate};
use crate::model::{AttrChange, Moment, Order};
use crate::plan::saved::{CloudProvider, Scene};
use crate::plan::{Act, Change, Counts, Guarded, Plan, Step, Undo, Verb};
use crate::redact::{HIDDEN, is_sealed};
use crate::stack::Layer;

/// A plan as `infra show --format json` prints it.
#[derive(Serialize, JsonSchema)]
pub struct PlanDocument {
    /// `3`. Grows when a field changes its meaning or goes.
    pub format_version: u32,
    pub stack: String,
    /// Where it was made, and is to be applied.
    pub scene: SceneDocument,
    /// When a kept plan was made; nothing of a plan that isn't kept: the same spec and the same live objects give the same document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The same spec and the same live objects give the same digest.
    pub digest: String,
    pub summary: Summary,
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
    pub changes: Vec<ChangeDocument>,
    /// What is done, in an order that is allowed.
    pub steps: Vec<StepDocument>,
    /// How requests pass to new instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<RolloutDocument>,
}

/// Where a plan was made, by which version, from which files.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SceneDocument {
    pub provider: CloudProvider,
    pub account: String,
    pub region: String,
    /// The zone at Cloudflare, if the spec has one.
    pub zone: Option<String>,
    /// The version of infra.
    pub infra: String,
    /// The layers of the spec.
    pub files: Vec<String>,
}

/// How much there is to do.
#[derive(Serialize, JsonSchema)]
pub struct Summary {
    #[serde(flatten)]
    pub counts: Counts,
    /// What loses data: it is deleted or replaced, or keeps less.
    pub loses_data: Vec<Address>,
}

/// What becomes of an object.
#[derive(Serialize, JsonSchema)]
pub struct ChangeDocument {
    pub address: Address,
    pub action: ChangeAction,
    /// Of a replacement: whether the successor comes first, or can only come once the predecessor has gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The address under which it stood so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_addr: Option<Address>,
    /// Its physical id, when there is one.
    pub id: Option<String>,
    /// Where in the spec it comes from; `null` for what the spec no longer names.
    pub origin: Option<String>,
    /// Attributes that differ.
    pub attributes: Vec<AttributeDocument>,
    /// How it is taken back when a later step fails.
    pub undo: Undo,
    /// It was left by an earlier run; another object at this address stays.
    pub leftover: bool,
    pub loses_data: bool,
    pub expected_seconds: u64,
}

/// An attribute before and after, as a value (marks of values begin with `$`: `$ref`, `$text`) and as the plan's text says it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttributeDocument {
    #[serde(flatten)]
    pub change: AttrChange,
    pub before_text: Option<String>,
    pub after_text: Option<String>,
}

impl AttributeDocument {
    pub fn of(change: &AttrChange) -> Self {
        let text = |v: &Option<Value>| v.as_ref().map(value);
        let same = change.cascade && change.before == change.after;
        let after_text = if same { Some("(replaced)".into()) } else { text(&change.after) };
        AttributeDocument { change: change.clone(), before_text: text(&change.before), after_text }
    }
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
    /// For how many minutes it then waits until somebody says `infra approve`; not there where nobody is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve_within_minutes: Option<u32>,
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
    pub expected_seconds: u64,
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
pub fn plan(p: &Plan, scene: SceneDocument, created: Option<Moment>) -> Value {
    let document = PlanDocument {
        format_version: 3,
        stack: p.stack.clone(),
        scene,
        created: created.map(|moment| moment.to_string()),
        digest: p.digest.clone(),
        summary: Summary {
            counts: p.counts(),
            loses_data: p.changes.iter().filter(|c| loses_data(c)).map(|c| c.address.clone()).collect(),
        },
        expected_seconds: p.expected.as_secs(),
        critical_path: p.critical.iter().map(|i| p.steps[*i].address.clone()).collect(),
        reversible: p.steps.iter().all(|s| s.undo != Undo::Never) && p.changes.iter().all(|c| c.staying().next().is_none()),
        refused: p.refused.clone(),
        refused_unless: (!p.refused.is_empty()).then(|| words::permission(&p.refused)),
        changes: p.changes.iter().map(change).collect(),
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
                expected_seconds: s.typical.as_secs(),
                timeout_seconds: s.patience(false).map(|most| most.as_secs()),
            })
            .collect(),
        rollouts: rollout::rollouts(p).into_iter().filter_map(|(entry, gates)| rolled(entry, &gates)).collect(),
    };
    let mut value = serde_json::to_value(document).expect("plain data");
    redact(&mut value);
    value
}

impl SceneDocument {
    pub fn of(scene: &Scene, layers: &[Layer]) -> Self {
        SceneDocument {
            provider: scene.provider,
            account: scene.account.clone(),
            region: scene.region.clone(),
            zone: scene.zone.as_ref().map(|zone| zone.name.clone()),
            infra: env!("CARGO_PKG_VERSION").into(),
            files: layers.iter().map(|layer| layer.file.clone()).collect(),
        }
    }
}

/// Whether what users stored is lost by a change.
pub(super) fn loses_data(c: &Change) -> bool {
    c.loses_data && c.verb != Verb::Create
}

fn change(c: &Change) -> ChangeDocument {
    ChangeDocument {
        address: c.address.clone(),
        action: ChangeAction::of(c.verb),
        order: if let Verb::Replace(order) = c.verb { Some(order) } else { None },
        previous_addr: c.renamed_from.clone(),
        id: c.id.clone(),
        origin: c.origin.clone(),
        attributes: c.attrs.iter().map(AttributeDocument::of).collect(),
        undo: c.undo,
        leftover: c.leftover,
        loses_data: loses_data(c),
        expected_seconds: c.seconds,
    }
}

fn rolled(entry: &str, gates: &[(&Step, &Gate)]) -> Option<RolloutDocument> {
    let first = gates.first()?.1;
    let stage = |(step, gate): &(&Step, &Gate)| StageDocument {
        step: step.id,
        share_percent: gate.stage.share,
        good_minutes: gate.stage.minutes,
        approve_within_minutes: gate.stage.approve,
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
