//! Reconstructs the events of a run whose journal is lost: a look at the cloud says for every step whether its effect stands.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::time::sleep;

use super::look::look;
use super::memory::Memory;
use super::task::stamp;
use super::{Event, Operation, Run, Settlement, State};
use crate::canon::{self, Form};
use crate::cloud::Observe;
use crate::kinds::{Kind, Live};
use crate::plan::{Act, Plan};
use crate::stack::Stack;
use crate::wire::{Class, CloudError};

/// The events that lead to the world as it is, one list per kind. What the lost process sent last must show by now: the caller has waited.
pub async fn look_back(plan: &Plan, run: &str, cloud: &impl Observe) -> Result<Vec<Event>, CloudError> {
    let kinds: Vec<Kind> = plan.steps.iter().map(|s| s.address.kind).collect::<BTreeSet<_>>().into_iter().collect();
    let lists = try_join_all(kinds.iter().map(|k| cloud.list(*k, &plan.stack))).await?;
    let world: BTreeMap<Kind, Vec<Live>> = kinds.into_iter().zip(lists).collect();
    let mut memory = Memory::new(plan);
    let (mut events, mut stands, mut again) = (vec![], BTreeSet::new(), vec![]);
    for step in &plan.steps {
        let of_step = |l: &Live| l.stamp.run == run && l.stamp.step == step.id;
        if matches!(step.act, Act::Delete { .. }) && world[&step.address.kind].iter().any(of_step) {
            again.push(step.id);
        }
        // An update only begins once all it waits for stands; before that, what it points at reads as it did.
        if matches!(step.act, Act::Update { .. }) && !step.after.iter().all(|j| stands.contains(j)) {
            continue;
        }
        // A gate was passed when something behind it stands.
        if let Act::Gate { .. } = step.act {
            stands.extend(step.after.iter().all(|j| stands.contains(j)).then_some(step.id));
            continue;
        }
        let links = memory.links(plan, Operation::Settle(step.id));
        // What has gone on to a later change of the same object stood whole before.
        let whole = plan.goes_on(step.id).any(|later| {
            let links = memory.links(plan, Operation::Settle(later));
            look(&plan.steps[later].act, &world[&step.address.kind], &links, &stamp(plan, run, later)).1 == Settlement::Whole
        });
        // What was changed and is gone was changed: it only goes behind the commit point.
        let here = |id: &str| world[&step.address.kind].iter().any(|l| l.id == id);
        let goes = |id: &str| plan.steps[plan.commit..].iter().any(|s| matches!(&s.act, Act::Delete { live } if live.id == id));
        let (live, found) = match &step.act {
            Act::Update { live, .. } if !here(&live.id) && goes(&live.id) => (None, Settlement::Whole),
            Act::Update { live, .. } if whole => (world[&step.address.kind].iter().find(|l| l.id == live.id).cloned(), Settlement::Whole),
            _ => look(&memory.act(plan, Operation::Settle(step.id)), &world[&step.address.kind], &links, &stamp(plan, run, step.id)),
        };
        if found != Settlement::Nothing {
            stands.insert(step.id);
            events.push((step.id, live, found));
            memory.note(plan, &told(&events[events.len() - 1]));
        }
    }
    let behind = stands.iter().any(|i| *i >= plan.commit);
    let committed = behind && (0..plan.commit).all(|i| stands.contains(&i));
    let passed: BTreeSet<usize> = events.iter().flat_map(|(i, ..)| &plan.steps[*i].after).copied().collect();
    let gates: Vec<usize> = plan.gates().map(|(step, _)| step.id).filter(|i| committed || passed.contains(i)).collect();
    stands.retain(|i| !matches!(plan.steps[*i].act, Act::Gate { .. }) || gates.contains(i));
    // What a step goes on from stood whole before that began.
    let gone_on: BTreeSet<usize> = stands.iter().filter_map(|i| plan.before(*i)).collect();
    events.iter_mut().filter(|(i, ..)| gone_on.contains(i)).for_each(|(_, _, found)| *found = Settlement::Whole);
    // Nothing behind the commit point begins before everything ahead of it stands; then what stands is whole.
    for (i, live, found) in &mut events {
        let cleared = matches!(&plan.steps[*i].act, Act::Delete { live: old } if live.as_ref().is_some_and(|l| l.id == old.id));
        if committed && *i < plan.commit && !cleared {
            *found = Settlement::Whole;
        }
    }
    let gates = gates.into_iter().flat_map(|i| [Event::Began(i), Event::Done(i, None)]);
    let begun = events.iter().flat_map(|e| [Event::Began(e.0), Event::Failed(e.0, lost())]);
    let told = gates.chain(begun).chain(events.iter().map(told));
    // What was deleted and stands again was made again on the way back.
    let back = (!again.is_empty()).then_some(Event::Interrupted);
    Ok(told.chain(back).chain(again.into_iter().map(Event::UndoBegan)).collect())
}

fn told((i, live, found): &(usize, Option<Live>, Settlement)) -> Event {
    Event::Settled(*i, live.clone(), *found)
}

fn lost() -> CloudError {
    CloudError::new(Class::Ambiguous, "JournalLost", "what became of it was looked up")
}

/// Waits until what the lost process sent last must show. When that was, only its own clock has told, which counts for nothing.
pub async fn wait(quiet: Duration) {
    sleep(quiet).await;
}

/// Puts secrets back into a recorded plan, where the spec still asks for the same objects.
pub fn unseal(plan: &mut Plan, stack: &Stack) {
    for step in &mut plan.steps {
        if let (Act::Create { object } | Act::Update { object, .. }, Some(same)) = (&mut step.act, stack.nodes.get(&step.address))
            && object == same
        {
            object.clone_from(same);
        }
    }
}

/// Whether a step that is still to be done needs a secret of which only the fingerprint is left, and which the spec doesn't give back.
pub fn secrets(run: &Run<'_>, stack: Option<&Stack>) -> bool {
    run.plan.steps.iter().any(|s| match &s.act {
        Act::Create { object } | Act::Update { object, .. } => {
            let given = stack.and_then(|stack| stack.nodes.get(&s.address)) == Some(object);
            run.state[s.id] != State::Done && !given && object.attributes().iter().any(|a| hidden(&a.value))
        }
        Act::Delete { .. } | Act::Gate { .. } => false,
    })
}

fn hidden(v: &Value) -> bool {
    let mut hit = false;
    canon::walk(v, &mut |form| {
        hit = hit || matches!(form, Form::Secret(_));
        true
    });
    hit
}
