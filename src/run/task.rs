//! What a step sends: the actions that start together, what each goes by, and its call.
use std::borrow::Cow;

use super::Operation;
use crate::kinds::{Call, Links, Live, Stamp};
use crate::model::Moment;
use crate::plan::{Act, Plan};

/// One action, and all that it goes by.
pub(super) struct Task<'p> {
    pub action: Operation,
    pub act: Cow<'p, Act>,
    pub stamp: Stamp,
    pub links: Links,
    pub made: Option<Live>,
    /// What was made stays: something that never goes back points at it.
    pub held: bool,
    /// How often it was tried before.
    pub again: u32,
    /// Of a look: since when requests are as they are.
    pub since: Moment,
}

/// What may start now, in at most `room` groups, the most urgent first: actions of one sort on a kind that takes them together are one group,
/// however many they are.
pub(super) fn groups(plan: &Plan, actions: impl Iterator<Item = Operation>, room: usize) -> Vec<Vec<Operation>> {
    let mut groups: Vec<Vec<Operation>> = vec![];
    let kind = |a: Operation| plan.steps[a.step()].address.kind;
    for action in actions {
        let fits = |g: &Vec<Operation>| {
            kind(action).batched() && kind(g[0]) == kind(action) && std::mem::discriminant(&g[0]) == std::mem::discriminant(&action)
        };
        match groups.iter().position(fits) {
            Some(i) => groups[i].push(action),
            None if groups.len() < room => groups.push(vec![action]),
            // Without a batch that more could join, nothing more can start.
            None if !groups.iter().any(|g| kind(g[0]).batched()) => break,
            None => {}
        }
    }
    groups
}

/// The stamp of what a step makes.
pub(super) fn stamp(plan: &Plan, run: &str, i: usize) -> Stamp {
    let step = &plan.steps[i];
    let digest = match &step.act {
        Act::Create { object } | Act::Update { object, .. } | Act::Delete { live: Live { object, .. } } => object.digest(),
        Act::Gate { .. } => String::new(),
    };
    let (stack, identity, address) = (plan.stack.clone(), plan.identity.clone(), step.address.clone());
    Stamp { stack, address, run: run.into(), step: i, identity, digest }
}

/// A step's call. One of which half stands goes on from there.
pub(super) fn forward<'a>(act: &'a Act, t: &'a Task<'_>) -> Call<'a> {
    match (act, &t.made) {
        (Act::Create { object }, None) => Call::Create { want: object, links: &t.links, stamp: t.stamp.clone() },
        (Act::Update { live, object }, None) | (Act::Create { object } | Act::Update { object, .. }, Some(live)) => {
            Call::Update { live, want: object, links: &t.links, stamp: t.stamp.clone() }
        }
        (Act::Delete { live }, half) => Call::Delete { live: half.as_ref().unwrap_or(live) },
        (Act::Gate { .. }, _) => unreachable!("a gate makes no call"),
    }
}
