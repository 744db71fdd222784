//! Resolves the references of a step at the moment of the call.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Event, Operation, Settlement};
use crate::kinds::{Address, Links, Live, refs};
use crate::plan::{Act, Plan};

/// Which live object an address means: undo uses the old meaning, forward the new one.
pub(super) struct Memory {
    old: BTreeMap<Address, Rc<Live>>,
    new: BTreeMap<Address, Rc<Live>>,
    made: BTreeMap<usize, Rc<Live>>,
    /// Steps of which half was found.
    halves: BTreeSet<usize>,
    /// Steps whose undo has begun before: it may have taken effect already.
    pub undoing: BTreeSet<usize>,
}

impl Memory {
    pub fn new(plan: &Plan) -> Self {
        let old: BTreeMap<Address, Rc<Live>> = plan.old.iter().map(|l| (l.stamp.address.clone(), Rc::new(l.clone()))).collect();
        Memory { new: old.clone(), old, made: BTreeMap::new(), halves: BTreeSet::new(), undoing: BTreeSet::new() }
    }

    pub fn note(&mut self, plan: &Plan, e: &Event) {
        match e {
            Event::Settled(i, _, Settlement::Partial) => drop(self.halves.insert(*i)),
            Event::Done(i, _) | Event::Settled(i, ..) => drop(self.halves.remove(i)),
            _ => {}
        }
        match e {
            Event::Done(i, Some(l)) | Event::Settled(i, Some(l), Settlement::Whole | Settlement::Partial) => {
                let live = Rc::new(l.clone());
                self.new.insert(plan.steps[*i].address.clone(), live.clone());
                self.made.insert(*i, live);
            }
            // What was half deleted is gone.
            Event::Done(i, None) | Event::Settled(i, None, Settlement::Whole) => drop(self.made.remove(i)),
            Event::UndoBegan(i) => drop(self.undoing.insert(*i)),
            Event::Undone(i, Some(l)) => drop(self.old.insert(plan.steps[*i].address.clone(), Rc::new(l.clone()))),
            _ => {}
        }
    }

    /// What a step does. One that goes on from another begins with what that has made of the object; its undo does, too, where it goes back to that alone.
    pub fn act<'p>(&self, plan: &'p Plan, action: Operation) -> Cow<'p, Act> {
        let i = action.step();
        let act = &plan.steps[i].act;
        if matches!(action, Operation::Undo(_)) && plan.steps[i].back.is_none() {
            return Cow::Borrowed(act);
        }
        match (act, plan.before(i).and_then(|first| self.made.get(&first))) {
            (Act::Update { object, .. }, Some(now)) => Cow::Owned(Act::Update { live: Live::clone(now), object: object.clone() }),
            _ => Cow::Borrowed(act),
        }
    }

    /// The links of one step: the live objects that it refers to, and no others.
    pub fn links(&self, plan: &Plan, action: Operation) -> Links {
        let i = action.step();
        let undoing = matches!(action, Operation::Undo(_));
        let stays = |a: &Address| plan.steps.iter().any(|s| s.address == *a && s.held.contains(&i));
        let named = match (&plan.steps[i].act, action) {
            (Act::Create { object }, _) => refs(object).cloned().collect(),
            (Act::Gate { gate }, _) => gate.named(),
            // Back to where the first half of the change had led, or to what stays.
            (Act::Update { live, .. }, Operation::Undo(_)) if plan.steps[i].back.is_some() => {
                let half = plan.before(i).is_some();
                let from = |a: &Address| if half || stays(a) { &self.new } else { &self.old };
                let back = refs(plan.steps[i].restored(live));
                return Links(back.filter_map(|a| Some((a.clone(), Live::clone(from(a).get(a)?)))).collect());
            }
            (Act::Update { live, .. }, Operation::Undo(_)) | (Act::Delete { live }, _) => refs(&live.object).cloned().collect(),
            (Act::Update { object, .. }, _) => refs(object).cloned().collect(),
        };
        let from = if undoing { &self.old } else { &self.new };
        Links(named.into_iter().filter_map(|a| from.get(&a).map(|l| (a, Live::clone(l)))).collect())
    }

    /// What there is of a step: what it made, for its undo; the half that was found, for going on with it.
    pub fn made(&self, action: Operation) -> Option<Live> {
        match action {
            Operation::Do(i) if !self.halves.contains(&i) => None,
            Operation::Do(i) | Operation::Undo(i) => self.made.get(&i).map(|l| Live::clone(l)),
            Operation::Settle(_) | Operation::Look(_) => None,
        }
    }
}
