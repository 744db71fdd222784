//! The contract of a program, held wherever one is read back from a file or a note: what it may do is said here, whoever wrote it.
use std::collections::BTreeSet;

use super::*;
use crate::diff::{Context, diff};
use crate::model::Loss;

impl Plan {
    /// What every program keeps to. Steps count up and wait for earlier ones only; the commit point and the deciding path lie within them; what a step
    /// does is of its address's kind. Before the commit point stands only what can be taken back, behind it nothing but deletions. What is changed,
    /// deleted or pointed at is the stack's own; what it uses of others' is touched by no step.
    pub fn check(&self) -> Result<(), String> {
        let n = self.steps.len();
        if self.commit > n || self.critical.iter().any(|i| *i >= n) {
            return Err("the plan's commit point or path lies outside its steps".into());
        }
        let mut built = BTreeSet::new();
        for (i, step) in self.steps.iter().enumerate() {
            let sound = step.id == i
                && step.held.iter().all(|j| *j < n)
                && step.after.iter().all(|j| *j < i)
                && step.objects().all(|o| o.kind() == step.address.kind);
            if !sound {
                return Err(format!("step {i} of the plan is not sound"));
            }
            let undo = match (&step.act, i < self.commit) {
                (Act::Create { .. }, true) => Some(Undo::Delete),
                (Act::Update { .. }, true) => Some(Undo::Restore),
                (Act::Delete { .. }, true) => Some(Undo::Recreate),
                (Act::Delete { .. }, false) => Some(Undo::Never),
                (Act::Gate { .. }, true) => Some(Undo::Nothing),
                (Act::Create { .. } | Act::Update { .. } | Act::Gate { .. }, false) => None,
            };
            if undo != Some(step.undo) || (step.back.is_some() && step.undo != Undo::Restore) {
                return Err(format!(
                    "step {i} of the plan stands on the wrong side of its commit point, or can't be taken back as it says"
                ));
            }
            if let Act::Gate { gate } = &step.act
                && !gate.sound(self)
            {
                return Err(format!("step {i} of the plan looks at what the plan doesn't know"));
            }
            let builds = matches!(step.act, Act::Create { .. } | Act::Update { .. });
            // What stands may be changed while its successor comes.
            let changes = if let Act::Update { live, .. } = &step.act { Some(&live.id) } else { None };
            if builds && !built.insert((&step.address, changes)) && self.before(i).is_none() {
                return Err(format!("two steps of the plan make {}", step.address));
            }
            if self.adopted.iter().any(|a| a.address == step.address) {
                return Err(format!("step {i} of the plan touches {}, which is somebody else's", step.address));
            }
            if step.live().is_some_and(|live| live.stamp.stack != self.stack || live.stamp.namesake(&self.identity)) {
                return Err(format!("step {i} of the plan touches an object that isn't of the stack {}", self.stack));
            }
        }
        let adopted = |l: &Live| self.adopted.iter().any(|a| a.address == l.stamp.address && a.id == l.id);
        match self.old.iter().find(|l| l.stamp.stack != self.stack && !adopted(l)) {
            Some(other) => Err(format!("the plan leads to {}, which isn't of the stack {}", other.id, self.stack)),
            None => Ok(()),
        }
    }

    /// What the steps would lose without being allowed to, by address: the guard of planning, held against the program itself.
    pub fn unpermitted(&self) -> Option<&Address> {
        let loses = |step: &&Step| match &step.act {
            Act::Create { .. } | Act::Gate { .. } => false,
            Act::Update { live, object } => diff(Some(&live.object), Some(object), &Context::still()).iter().any(AttrChange::shrinks),
            Act::Delete { live } => match live.object.kind().loss() {
                Loss::Data => true,
                // A program of deletions alone takes all away.
                Loss::Address => self.steps.iter().any(|s| !matches!(s.act, Act::Delete { .. } | Act::Gate { .. })),
                Loss::None => live.object.protected(),
            },
        };
        self.steps.iter().filter(|s| !self.allowed.contains(&s.address)).find(loses).map(|s| &s.address)
    }

    /// Whether an object may be what a step of the run has made or left.
    pub fn fits(&self, run: &str, step: usize, made: &Live) -> bool {
        let Some(Step { address, act, .. }) = self.steps.get(step) else { return false };
        let stamp = &made.stamp;
        let same = |live: &Live| made.id == live.id || (&stamp.run, stamp.step) == (&live.stamp.run, live.stamp.step);
        stamp.stack == self.stack
            && made.object.kind() == address.kind
            && match act {
                Act::Gate { .. } => false,
                Act::Create { .. } => (stamp.run.as_str(), stamp.step) == (run, step),
                Act::Update { live, .. } => same(live),
                // Half of it stands, or it was made again on the way back.
                Act::Delete { live } => same(live) || (stamp.run.as_str(), stamp.step) == (run, step),
            }
    }
}

impl Step {
    /// The live object that it changes or deletes.
    fn live(&self) -> Option<&Live> {
        match &self.act {
            Act::Create { .. } | Act::Gate { .. } => None,
            Act::Update { live, .. } | Act::Delete { live } => Some(live),
        }
    }

    /// Every object that it speaks of.
    fn objects(&self) -> impl Iterator<Item = &Object> {
        let wanted = match &self.act {
            Act::Create { object } | Act::Update { object, .. } => Some(object),
            Act::Delete { .. } | Act::Gate { .. } => None,
        };
        wanted.into_iter().chain(self.live().map(|l| &l.object)).chain(&self.back)
    }
}
