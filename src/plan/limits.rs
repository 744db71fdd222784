//! Which limits of its zone's plan a stack exceeds. One that is met is told before anything is changed; Cloudflare decides.
use crate::kinds::{Address, Limit, ZonePlan};
use crate::observe::Snapshot;
use crate::stack::Stack;

/// A limit, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLimit {
    pub address: Address,
    pub limit: Limit,
}

/// Every limit that the stack exceeds in a zone with the plan of this name, others' rules counted in; none where the plan is none that is known.
pub fn exceeded(plan: &str, stack: &Stack, snapshot: &Snapshot) -> Vec<PlanLimit> {
    let Some(plan) = ZonePlan::named(plan) else { return vec![] };
    let mut all = vec![];
    for (address, object) in &stack.nodes {
        let limits = object.limits(address, plan, &snapshot.foreign);
        all.extend(limits.into_iter().map(|limit| PlanLimit { address: address.clone(), limit }));
    }
    all
}
