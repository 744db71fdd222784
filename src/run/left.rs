//! What is left to do of a run on its way, with all that would be written: a person looks at it before it is done.
use super::{Direction, Run, State};
use crate::diff::{Context, diff};
use crate::kinds::Object;
use crate::model::AttrChange;
use crate::plan::{Act, Step, Verb};

/// What going on with a run does to one object.
pub struct Left {
    pub step: usize,
    pub verb: Verb,
    pub attrs: Vec<AttrChange>,
}

/// What is left to do of a run on its way, by step, with all that is written.
pub fn left_to_do(run: &Run<'_>, way: Direction) -> Vec<Left> {
    let changed = |before: Option<&Object>, after: Option<&Object>| diff(before, after, &Context::still());
    let one = |step: &Step| {
        let (verb, attrs) = match (way, run.state[step.id], &step.act) {
            (Direction::Forward, State::Pending | State::Failed, Act::Create { object }) => (Verb::Create, changed(None, Some(object))),
            (Direction::Forward, State::Pending | State::Failed, Act::Update { live, object }) => {
                (Verb::Update, changed(Some(&live.object), Some(object)))
            }
            (Direction::Forward, State::Pending | State::Failed, Act::Delete { .. }) => (Verb::Delete, vec![]),
            (Direction::Unwinding, State::Done | State::Stuck | State::Undoing, act) if step.id < run.plan.commit => match act {
                Act::Create { .. } => (Verb::Delete, vec![]),
                Act::Update { live, object } => (Verb::Update, changed(Some(object), Some(step.restored(live)))),
                Act::Delete { live } => (Verb::Create, changed(None, Some(&live.object))),
                Act::Gate { .. } => return None,
            },
            _ => return None,
        };
        Some(Left { step: step.id, verb, attrs })
    };
    run.plan.steps.iter().filter_map(one).collect()
}
