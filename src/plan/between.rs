//! What is changed by way of something in between: all that it was and all that it will be. It becomes that first, then whatever uses it moves, and at last
//! it becomes what it should be. So nothing that served is left before its successor serves, whatever the objects are.
use super::decide::Decision;
use super::steps::push;
use super::*;
use crate::kinds::{foreign, map_refs};

/// How long it takes at most, usually, to take away what nothing uses any more.
const CLOSING: Duration = Duration::from_secs(30);

impl Plan {
    /// The step that another one goes on from: the change before of the same object.
    pub fn before(&self, i: usize) -> Option<usize> {
        let own = self.changed(i)?;
        (0..i).rev().find(|j| self.changed(*j) == Some(own))
    }

    /// The steps that go on from one: later changes of the same object.
    pub fn goes_on(&self, i: usize) -> impl Iterator<Item = usize> {
        let own = self.changed(i);
        (i + 1..self.steps.len()).filter(move |j| own.is_some() && self.changed(*j) == own)
    }

    /// The object that a step changes in place, and at which address.
    fn changed(&self, i: usize) -> Option<(&Address, &str)> {
        let step = self.steps.get(i)?;
        if let Act::Update { live, .. } = &step.act { Some((&step.address, &live.id)) } else { None }
    }
}

impl<'a> Decision<'a> {
    /// What stands between an object as it is and as it should be, where what uses it moves meanwhile. It leads to what goes as well as to its successors.
    pub(super) fn between(&self, address: &Address) -> Option<Object> {
        let live = self.current.get(address)?;
        let goes = |a: &Address| self.doomed.values().find(|(at, l)| *at == a && live.points.contains(&l.id)).map(|(_, l)| foreign(&l.id));
        self.stack.nodes[address].meanwhile(&map_refs(&live.object, goes))
    }

    /// What is changed by way of something in between.
    pub(super) fn pass(&mut self) {
        let updated = self.changes.iter().filter(|(_, c)| c.verb == Verb::Update).map(|(a, _)| *a);
        let passing: Vec<&Address> = updated.filter(|a| self.between(a).is_some()).collect();
        self.passing = passing.into_iter().map(|a| (a, self.dependants(vec![a]))).collect();
    }

    /// The second half of what was changed to something in between, when all else that is built stands and uses what is new. It is taken back to that.
    pub(super) fn close(&self, plan: &mut Plan, between: &[usize]) {
        let waited: BTreeSet<usize> = plan.steps.iter().flat_map(|s| s.after.iter().copied()).collect();
        // Who waits for what nobody else waits for waits for all.
        let last: Vec<usize> = (0..plan.steps.len()).filter(|i| !waited.contains(i)).collect();
        for first in between {
            let Step { address, act: Act::Update { live, object: middle }, .. } = plan.steps[*first].clone() else { continue };
            let live = Live { object: middle.clone(), ..live };
            push(plan, &address, Act::Update { live, object: self.stack.nodes[&address].clone() }, last.clone(), Undo::Restore);
            if let Some(step) = plan.steps.last_mut() {
                step.back = Some(middle);
                step.typical = step.typical.min(CLOSING);
                step.tail = step.typical;
            }
        }
    }
}
