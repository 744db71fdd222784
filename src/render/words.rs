//! The words and signs of every output format: what a verb, a step, an undo and an outcome are called. Each stands here once, so that a plan, its
//! progress, its comment and its history say the same.
use std::borrow::Cow;

use super::style::Label;
use super::values::value;
use crate::kinds::listener::Action;
use crate::kinds::{AutoScalingGroup, Gate, Listener, ListenerRule, Member as _};
use crate::model::{AttrChange, Loss, Order, Reversal, Spelling};
use crate::plan::{Act, Change, Counts, Guarded, Plan, Step, Undo, Verb};
use crate::run::Outcome;
use crate::run::journal::Ending;
use crate::visible::visible;

/// The forms of one verb, and its signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// In plans and in progress: `+`, `~`, `+/-`, `-/+`, `-`.
    pub sign: &'static str,
    /// In the first column of a block that a code host colours as a diff: `+`, `!`, `-`.
    pub diff_sign: &'static str,
    /// Which colour the line has.
    pub label: Label,
    /// `create`.
    pub verb: &'static str,
    /// `creating`.
    pub doing: &'static str,
    /// `created`.
    pub done: &'static str,
}

const CREATE: Words = Words { sign: "+", diff_sign: "+", label: Label::Added, verb: "create", doing: "creating", done: "created" };
const UPDATE: Words = Words { sign: "~", diff_sign: "!", label: Label::Changed, verb: "update", doing: "updating", done: "updated" };
const REPLACE: Words = Words { sign: "+/-", diff_sign: "!", label: Label::Replaced, verb: "replace", doing: "replacing", done: "replaced" };
const DELETE: Words = Words { sign: "-", diff_sign: "-", label: Label::Removed, verb: "delete", doing: "deleting", done: "deleted" };

const WATCH: Words = Words { sign: "?", diff_sign: " ", label: Label::Dim, verb: "watch", doing: "watching", done: "passed" };

/// The words for a change of the plan. The sign of a replacement says which comes first.
pub fn verb(verb: Verb) -> Words {
    match verb {
        Verb::Create => CREATE,
        Verb::Update => UPDATE,
        Verb::Replace(Order::CreateFirst) => REPLACE,
        Verb::Replace(Order::DeleteFirst) => Words { sign: "-/+", ..REPLACE },
        Verb::Delete => DELETE,
    }
}

/// Of a replacement which comes first, in words: the signs are read aloud alike.
pub fn order(verb: Verb) -> &'static str {
    match verb {
        Verb::Replace(Order::CreateFirst) => "replaced, the new one first, ",
        Verb::Replace(Order::DeleteFirst) => "replaced, the old one first, ",
        Verb::Create | Verb::Update | Verb::Delete => "",
    }
}

/// The words for what a step does.
pub fn act(act: &Act) -> Words {
    match act {
        Act::Create { .. } => CREATE,
        Act::Update { .. } => UPDATE,
        Act::Delete { .. } => DELETE,
        Act::Gate { .. } => WATCH,
    }
}

/// The words for how a step is undone.
pub fn undo(undo: Undo) -> Words {
    match undo {
        Undo::Delete => Words { verb: "delete again", doing: "deleting again", done: "deleted again", ..DELETE },
        Undo::Restore => Words { verb: "restore", doing: "restoring", done: "restored", ..UPDATE },
        Undo::Recreate => Words { verb: "recreate", doing: "recreating", done: "recreated", ..CREATE },
        Undo::Never => Words { verb: "leave", doing: "leaving", done: "left", ..UPDATE },
        Undo::Nothing => WATCH,
    }
}

/// How a step would be undone, as a plan says it; `none` for what can't be.
pub fn planned_undo(u: Undo) -> &'static str {
    match u {
        Undo::Never | Undo::Nothing => "none",
        other => undo(other).done,
    }
}

/// What a step that has just begun does: `creating subnet.app-a`, `taking back subnet.app-a`.
pub fn begun(step: &Step, undoing: bool) -> String {
    match &step.act {
        Act::Gate { gate } => format!("watching {}", watched(gate)),
        _ if undoing => format!("taking back {}", step.address),
        other => format!("{} {}", act(other).doing, step.address),
    }
}

/// What a step of a rollout does: where it leads requests `sends 10% of its requests to the new instances`.
pub fn turned(step: &Step) -> Option<String> {
    let Act::Update { live, object } = &step.act else { return None };
    if let (Some(now), Some(then)) = (AutoScalingGroup::of(object), AutoScalingGroup::of(&live.object))
        && then.scale_in
        && !now.scale_in
    {
        return Some("keeps its size until the new instances serve".into());
    }
    let action = Listener::of(object).map(|l| &l.action).or(ListenerRule::of(object).map(|r| &r.action))?;
    let Action::Split(split) = action else { return None };
    let new = split.shares.iter().find(|share| !share.group.0.starts_with('='))?;
    Some(format!("sends {}% of its requests to the new instances", new.weight))
}

/// A step, as its part in a plan's time names it.
pub fn named(step: &Step) -> String {
    if let Act::Gate { gate } = &step.act { watched(gate) } else { step.address.to_string() }
}

/// What a gate watches: `compute.app at 10%`.
pub fn watched(gate: &Gate) -> String {
    if gate.stage.share == 0 {
        return format!("{} in its preview", visible(&gate.entry));
    }
    format!("{} at {}%", visible(&gate.entry), gate.stage.share)
}

/// How a run ended.
pub fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => ending(Ending::Applied),
        Outcome::Leftovers(_) => ending(Ending::Leftovers),
        Outcome::RolledBack(_) => ending(Ending::RolledBack),
        Outcome::Stuck(_) => "stuck",
        Outcome::Unfinished(_) => "stopped on the way",
    }
}

/// How a run that is over ended.
pub fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Applied => "applied",
        Ending::Leftovers => "applied with leftovers",
        Ending::RolledBack => "rolled back",
        Ending::Abandoned => "abandoned",
        Ending::Elsewhere => "ended on another machine",
    }
}

/// `3 to create, 1 to update`; what there is none of is left out.
pub fn to_do(counts: Counts) -> String {
    list(counts, |n, words| format!("{n} to {}", words.verb))
}

/// `3 created, 1 updated`; what there is none of is left out.
pub fn done(counts: Counts) -> String {
    list(counts, |n, words| format!("{n} {}", words.done))
}

fn list(counts: Counts, one: impl Fn(usize, Words) -> String) -> String {
    let all = [(counts.create, CREATE), (counts.update, UPDATE), (counts.replace, REPLACE), (counts.delete, DELETE)];
    let said: Vec<String> = all.into_iter().filter(|(n, _)| *n > 0).map(|(n, words)| one(n, words)).collect();
    if said.is_empty() { "nothing to do".into() } else { said.join(", ") }
}

/// Why a plan may not be applied as it stands: `db_instance.main holds data and would be deleted`.
pub fn guarded(g: &Guarded) -> String {
    if let Some(attribute) = &g.shrinks {
        let attribute = visible(attribute);
        return format!("{} would keep less than before ({attribute}), and what is older would be deleted", g.address);
    }
    let what = if g.replaced { REPLACE.done } else { DELETE.done };
    let why = match g.address.kind.loss() {
        _ if g.data => "holds data",
        Loss::Address => "may be in allow-lists of others",
        Loss::Data | Loss::None => "is protected against deletion",
    };
    format!("{} {why} and would be {what}", g.address)
}

/// The argument of plan and apply that allows it.
pub fn permission(refused: &[Guarded]) -> String {
    let named: Vec<String> = refused.iter().map(|g| g.address.to_string()).collect();
    format!("--allow-data-loss {}", named.join(","))
}

/// The name of a changed attribute where people read it: its path in the object. Every plan, comment and drift line takes it from here.
pub fn attribute(a: &AttrChange) -> Cow<'_, str> {
    visible(&a.path)
}

/// What becomes of a change of an attribute in place when the run is taken back, or of what it deletes; nothing where it goes back.
pub fn reversal(a: &AttrChange, verb: Verb) -> Option<String> {
    match (verb, a.reversal) {
        (Verb::Update, Reversal::Data) if a.shrinks() => Some("deletes what is older".into()),
        (Verb::Update, Reversal::Grows) => Some("only grows".into()),
        (Verb::Update, Reversal::Never) => Some("can't be taken back".into()),
        (Verb::Update, Reversal::Rests(hours)) => Some(format!("can't be taken back for {hours} hours")),
        _ => None,
    }
}

/// What is said of a change that is in force after a restart only; nothing of any other.
pub fn waiting(a: &AttrChange) -> Option<&'static str> {
    a.waits.then_some("in force after the next restart")
}

/// A sentence about all of a plan that waits for a restart; nothing where nothing does.
pub fn restart(changes: &[Change]) -> Option<String> {
    let of = |c: &Change| c.attrs.iter().filter(|a| a.waits).map(|a| in_a_sentence(c, a)).collect::<Vec<_>>();
    let all: Vec<String> = changes.iter().flat_map(of).collect();
    let are = if all.len() == 1 { "is" } else { "are" };
    (!all.is_empty()).then(|| format!("{} {are} in force after the next restart, which infra doesn't make.", all.join(", ")))
}

/// What stays as changed when an update is taken back: `database.main.version`.
pub fn staying(c: &Change) -> impl Iterator<Item = String> {
    c.staying().map(move |a| in_a_sentence(c, a))
}

/// What changes, where a sentence names it: the user's own field; else the attribute with its object.
fn in_a_sentence(c: &Change, a: &AttrChange) -> String {
    match &a.field {
        Some(field) => visible(&field.path).into_owned(),
        None => of_object(c, a),
    }
}

/// An attribute with its object, as programs know it: `db_instance.main.engine_version`.
pub fn of_object(c: &Change, a: &AttrChange) -> String {
    format!("{}.{}", c.address, attribute(a))
}

/// The user's own field behind a change, with its values as a spec spells them: `database.main.backups.retention: 7d -> 30d`. Nothing where the
/// attribute says the same already, where nobody changed the field, and of secrets.
pub fn field(a: &AttrChange) -> Option<String> {
    let field = a.field.as_ref().filter(|_| !(a.cascade && a.before == a.after))?;
    let spelled = |v: &Option<serde_json::Value>| v.as_ref().and_then(|v| field.spelling.spelled(v)).map(|v| value(&v));
    let named = field.path == a.path || field.path.ends_with(&format!(".{}", a.path));
    let same = named && matches!(field.spelling, Spelling::Same | Spelling::Other);
    match (spelled(&a.before), spelled(&a.after)) {
        _ if same => None,
        (Some(before), Some(after)) if before != after && field.spelling != Spelling::Same => {
            Some(format!("{}: {before} -> {after}", visible(&field.path)))
        }
        _ => Some(visible(&field.path).into_owned()),
    }
}

/// As [`field`], with the place at which it is written: `…: 7d -> 30d, infra.yaml:31:9`.
pub fn field_and_place(a: &AttrChange) -> Option<String> {
    let place = a.field.as_ref().and_then(|f| f.place.as_ref()).map(|place| format!(", {}", visible(place))).unwrap_or_default();
    field(a).map(|field| field + &place)
}

/// Whether a plan builds and changes nothing, as that of `infra destroy`.
pub fn only_goes(plan: &Plan) -> bool {
    plan.changes.iter().all(|c| c.verb == Verb::Delete)
}

/// What of a run is left that was to go.
pub fn leftovers(plan: &Plan) -> &'static str {
    match only_goes(plan) {
        true => "What is left may still be billed; the same command again deletes it.",
        false => "What could not be deleted is no longer used by the stack, and may still be billed; the next `infra apply` deletes it.",
    }
}
