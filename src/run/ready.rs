//! What may start now, kept up with every event, so that a step costs the same in a large run as in a small one.
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use super::{Direction, Operation, State};
use crate::plan::Plan;

pub(super) struct Ready {
    /// The longest way to the end of the plan first.
    actions: BTreeSet<(Reverse<Duration>, Operation)>,
    dependants: Vec<Vec<usize>>,
    /// Per step: how many of those before it are not done.
    blocked: Vec<usize>,
    /// Per step: how many of those behind it still stand.
    held: Vec<usize>,
    /// Steps before the commit point that are done.
    done: usize,
}

impl Ready {
    pub fn new(plan: &Plan) -> Self {
        let n = plan.steps.len();
        let (mut dependants, mut blocked) = (vec![vec![]; n], vec![0; n]);
        for step in &plan.steps {
            blocked[step.id] = step.after.len();
            step.after.iter().for_each(|j| dependants[*j].push(step.id));
        }
        let mut ready = Ready { actions: BTreeSet::new(), dependants, blocked, held: vec![0; n], done: 0 };
        let open = if plan.commit == 0 { 0..n } else { 0..plan.commit };
        ready.offer(plan, open);
        ready
    }

    pub fn actions(&self) -> impl Iterator<Item = Operation> + '_ {
        self.actions.iter().map(|(_, a)| *a)
    }

    /// Whether everything before the commit point is done.
    pub fn built(&self, plan: &Plan) -> bool {
        self.done == plan.commit
    }

    /// Step `i` has left the state `from`.
    pub fn moved(&mut self, plan: &Plan, state: &[State], direction: Direction, i: usize, from: State) {
        let to = state[i];
        self.forget(plan, i);
        let step = &plan.steps[i];
        if from.stands() != to.stands() {
            for j in &step.after {
                if to.stands() {
                    self.held[*j] += 1;
                    self.actions.remove(&(Reverse(plan.steps[*j].tail), Operation::Undo(*j)));
                } else {
                    self.held[*j] -= 1;
                }
            }
        }
        let finished = (from != State::Done && to == State::Done) as isize - (from == State::Done && to != State::Done) as isize;
        if finished != 0 {
            for j in self.dependants[i].clone() {
                self.blocked[j] = self.blocked[j].wrapping_add_signed(-finished);
            }
            if i < plan.commit {
                self.done = self.done.wrapping_add_signed(finished);
            }
        }
        if to == State::Unknown {
            self.actions.insert((Reverse(Duration::MAX), Operation::Settle(i)));
        }
        match direction {
            Direction::Forward if to == State::Done => {
                let behind = self.dependants[i]
                    .clone()
                    .into_iter()
                    .filter(|j| state[*j] == State::Pending && (*j < plan.commit || self.built(plan)));
                let behind: Vec<usize> = behind.collect();
                self.offer(plan, behind);
                if i < plan.commit && self.built(plan) {
                    self.offer(plan, (plan.commit..plan.steps.len()).filter(|j| state[*j] == State::Pending).collect::<Vec<_>>());
                }
            }
            Direction::Forward if matches!(to, State::Pending | State::Half) => self.offer(plan, [i]),
            Direction::Unwinding => {
                self.undoable(plan, state, i);
                step.after.iter().for_each(|j| self.undoable(plan, state, *j));
            }
            _ => {}
        }
    }

    /// The run has turned round: nothing more is done, everything done before the commit point is taken back.
    pub fn unwind(&mut self, plan: &Plan, state: &[State]) {
        self.actions.retain(|(_, a)| !matches!(a, Operation::Do(_)));
        (0..plan.commit).for_each(|i| self.undoable(plan, state, i));
    }

    fn offer(&mut self, plan: &Plan, steps: impl IntoIterator<Item = usize>) {
        for i in steps {
            if self.blocked[i] == 0 {
                self.actions.insert((Reverse(plan.steps[i].tail), Operation::Do(i)));
            }
        }
    }

    fn undoable(&mut self, plan: &Plan, state: &[State], i: usize) {
        if i < plan.commit && matches!(state[i], State::Done | State::Half) && self.held[i] == 0 {
            self.actions.insert((Reverse(plan.steps[i].tail), Operation::Undo(i)));
        }
    }

    fn forget(&mut self, plan: &Plan, i: usize) {
        let tail = Reverse(plan.steps[i].tail);
        self.actions.remove(&(tail, Operation::Do(i)));
        self.actions.remove(&(tail, Operation::Undo(i)));
        self.actions.remove(&(Reverse(Duration::MAX), Operation::Settle(i)));
    }
}
