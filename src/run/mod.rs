//! The run as a pure fold over events: what runs live, in recovery and in tests is the same machine.
pub mod drive;
pub mod history;
pub mod identity;
pub mod intent;
pub mod journal;
pub mod left;
mod look;
mod memory;
mod ready;
pub mod recover;
pub mod stage;
mod task;
mod watch;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::{Live, Reading};
use crate::plan::Plan;
use crate::wire::{Class, CloudError};
use ready::Ready;

/// One event of a run, as it is journaled. The number is the step's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Began(usize),
    Done(usize, Option<Live>),
    Failed(usize, CloudError),
    /// A look at the cloud has found what became of a step whose answer was lost.
    Settled(usize, Option<Live>, Settlement),
    /// The look itself failed; it is taken again.
    Unsettled(usize, CloudError),
    UndoBegan(usize),
    Undone(usize, Option<Live>),
    UndoFailed(usize, CloudError),
    Interrupted,
    /// A gate has looked.
    Read(usize, Reading),
    /// A gate looks no longer, for the run goes back.
    Unwatched(usize),
    /// Another process goes on with the run, that way.
    Resumed(Direction),
}

impl Event {
    /// The object that a step has made or left, as the event tells it.
    pub fn made(&self) -> Option<(usize, &Live)> {
        match self {
            Event::Done(i, Some(live)) | Event::Settled(i, Some(live), _) | Event::Undone(i, Some(live)) => Some((*i, live)),
            _ => None,
        }
    }

    /// The step that it is of.
    pub fn step(&self) -> Option<usize> {
        match self {
            Event::Began(i)
            | Event::Done(i, _)
            | Event::Failed(i, _)
            | Event::Settled(i, ..)
            | Event::Unsettled(i, _)
            | Event::UndoBegan(i)
            | Event::Undone(i, _)
            | Event::UndoFailed(i, _)
            | Event::Read(i, _)
            | Event::Unwatched(i) => Some(*i),
            Event::Interrupted | Event::Resumed(_) => None,
        }
    }

    /// The event with the message of its error mapped: secrets that a service repeats are hidden so.
    #[must_use]
    pub fn map_message(mut self, other: impl Fn(&str) -> String) -> Event {
        if let Event::Failed(_, e) | Event::Unsettled(_, e) | Event::UndoFailed(_, e) = &mut self {
            e.message = other(&e.message);
        }
        self
    }
}

/// How much of a step's effect a look at the cloud has found. A verb may be several requests, so there are three answers, not two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    Nothing,
    Partial,
    Whole,
}

/// The state of a step. After a crash, `Running` and `Unknown` are looked up, `Undoing` and `Stuck` are undone again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Running,
    /// Its answer was lost.
    Unknown,
    /// A look has found half of it: it is done again from what was found.
    Half,
    Done,
    Failed,
    Undoing,
    Undone,
    Stuck,
}

impl State {
    /// Whether something of the step may stand in the world.
    fn stands(self) -> bool {
        !matches!(self, State::Pending | State::Failed | State::Undone)
    }
}

/// Which way a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Forward,
    Unwinding,
}

/// An operation on a step that may start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Settle(usize),
    Undo(usize),
    Do(usize),
    /// One look of a gate that has begun; the driver decides when.
    Look(usize),
}

impl Operation {
    /// The step that it is of.
    pub fn step(self) -> usize {
        let (Operation::Settle(i) | Operation::Undo(i) | Operation::Do(i) | Operation::Look(i)) = self;
        i
    }
}

/// How a run ended. It is not a `Result`: nobody may `?` past a rollback.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The new stack.
    Applied,
    /// The new stack, and old objects that could not be deleted: the next plan deletes them. Nothing is rolled back behind the commit point.
    Leftovers(CloudError),
    /// The old stack. `None` when it was interrupted rather than failed.
    RolledBack(Option<CloudError>),
    /// An undo failed: something stands in between.
    Stuck(CloudError),
    /// It was stopped on its way; another process can go on.
    Unfinished(CloudError),
}

/// An event that can't follow what happened before.
#[derive(Debug, PartialEq, Eq)]
pub struct Illegal(pub String);

/// The state of a run.
pub struct Run<'p> {
    pub plan: &'p Plan,
    pub state: Vec<State>,
    pub direction: Direction,
    /// The first failure.
    pub cause: Option<CloudError>,
    /// The first failed undo.
    pub stuck: Option<CloudError>,
    /// How often the undo of each step was tried again.
    retried: Vec<u8>,
    /// Of which steps a look has found something. A half is gone on with once: half again is a thing to take back. And what a look has found may
    /// still be on its way, so that its undo may have to wait.
    seen: Vec<bool>,
    ready: Ready,
}

/// So often an undo whose answer was lost, or that was too early, is tried again.
const UNDO_RETRIES: u8 = 3;

impl<'p> Run<'p> {
    /// A run in which nothing has happened yet.
    pub fn new(plan: &'p Plan) -> Self {
        let state = vec![State::Pending; plan.steps.len()];
        Run {
            plan,
            state,
            direction: Direction::Forward,
            cause: None,
            stuck: None,
            retried: vec![0; plan.steps.len()],
            seen: vec![false; plan.steps.len()],
            ready: Ready::new(plan),
        }
    }

    /// The run as its events left it.
    pub fn replay<'e>(plan: &'p Plan, events: impl IntoIterator<Item = &'e Event>) -> Result<Self, Illegal> {
        let mut run = Run::new(plan);
        for e in events {
            run.apply(e)?;
        }
        Ok(run)
    }

    /// Which way a run that stopped goes on by itself: back, unless everything is built and only deletions are left.
    pub fn way(&self) -> Direction {
        if self.built() { Direction::Forward } else { Direction::Unwinding }
    }

    /// Whether everything before the commit point is done: then there is nothing to go back to.
    pub fn built(&self) -> bool {
        self.direction == Direction::Forward && self.ready.built(self.plan)
    }

    /// Whether nothing runs, nothing is unknown, and nothing is left to do.
    pub fn finished(&self) -> bool {
        use State::*;
        self.stuck.is_none() && self.next().next().is_none() && !self.state.iter().any(|s| matches!(s, Running | Unknown | Half | Undoing))
    }

    /// Steps of which something is known to stand.
    pub fn standing(&self) -> impl Iterator<Item = usize> + '_ {
        let known = |s: &State| matches!(s, State::Done | State::Half);
        self.state.iter().enumerate().filter(move |(_, s)| known(s)).map(|(i, _)| i)
    }

    /// Folds one event into the state. An event that can't follow is an error, and changes nothing.
    pub fn apply(&mut self, e: &Event) -> Result<(), Illegal> {
        use State::*;
        match e {
            Event::Began(i) => self.go(e, *i, &[Pending, Half], Running)?,
            Event::Done(i, _) => {
                self.go(e, *i, &[Running], Done)?;
                self.acquit();
            }
            // A passing failure that never passed: one of the attempts may have done its work.
            Event::Failed(i, error) if error.class.lost() => {
                self.go(e, *i, &[Running], Unknown)?;
                self.blame(error);
            }
            // The half of it that was found stands.
            Event::Failed(i, error) if self.seen.get(*i) == Some(&true) && *i < self.plan.commit => {
                self.may(e, *i, &[Running])?;
                self.blame(error);
                self.turn();
                self.set(*i, Done);
            }
            Event::Failed(i, error) => {
                self.go(e, *i, &[Running], Failed)?;
                self.blame(error);
                self.turn();
            }
            Event::Unsettled(i, _) => self.go(e, *i, &[Unknown], Unknown)?,
            Event::Settled(i, _, Settlement::Whole) => {
                self.go(e, *i, &[Unknown], Done)?;
                self.seen[*i] = true;
                self.acquit();
            }
            // The rest of it can be done, as long as nothing else turns the run round.
            Event::Settled(i, _, Settlement::Partial)
                if *i < self.plan.commit && self.direction == Direction::Forward && !self.seen[*i] =>
            {
                self.go(e, *i, &[Unknown], Half)?;
                self.seen[*i] = true;
            }
            // Half a thing is a thing to take back: the run turns round before it counts as done.
            Event::Settled(i, _, Settlement::Partial) if *i < self.plan.commit => {
                self.may(e, *i, &[Unknown])?;
                self.turn();
                self.set(*i, Done);
            }
            // Nothing, or half of a deletion behind the commit point. With no error to report (a crash), it simply has not been done yet.
            Event::Settled(i, _, Settlement::Nothing | Settlement::Partial)
                if self.direction == Direction::Forward && self.cause.is_none() =>
            {
                self.go(e, *i, &[Unknown], Pending)?
            }
            Event::Settled(i, _, Settlement::Nothing | Settlement::Partial) => {
                self.go(e, *i, &[Unknown], Failed)?;
                self.turn();
            }
            Event::UndoBegan(i) => self.go(e, *i, &[Done, Half], Undoing)?,
            Event::Undone(i, _) => self.go(e, *i, &[Undoing], Undone)?,
            // Undoing may be repeated: a lost answer, or one that it is busy with being made, is no reason to give up at once.
            Event::UndoFailed(i, error) if self.passes(*i, error) => {
                self.retried[*i] += 1;
                self.go(e, *i, &[Undoing], Done)?;
            }
            // What can't be undone is told, and the rest goes on.
            Event::UndoFailed(i, error) => {
                self.go(e, *i, &[Undoing], Stuck)?;
                self.stuck.get_or_insert_with(|| error.clone());
            }
            Event::Interrupted => self.turn(),
            Event::Read(i, _) => self.may(e, *i, &[Running])?,
            Event::Unwatched(i) => self.go(e, *i, &[Running], Failed)?,
            Event::Resumed(Direction::Forward) if self.direction == Direction::Unwinding => {
                return Err(Illegal("a run that goes back can't be turned round".into()));
            }
            Event::Resumed(way) => {
                for i in 0..self.state.len() {
                    self.seen[i] = self.state[i] == Half;
                    match self.state[i] {
                        Running => self.set(i, Unknown),
                        Undoing | Stuck => self.set(i, Done),
                        Failed if self.direction == Direction::Forward => self.set(i, Pending),
                        _ => {}
                    }
                }
                self.stuck = None;
                self.retried.fill(0);
                match way {
                    Direction::Forward => self.cause = None,
                    Direction::Unwinding => self.turn(),
                }
            }
        }
        Ok(())
    }

    /// Everything that may start now, the most urgent first. The driver starts what it has not started yet.
    pub fn next(&self) -> impl Iterator<Item = Operation> + '_ {
        self.ready.actions()
    }

    /// The end, once nothing runs and nothing may start.
    pub fn outcome(&self) -> Outcome {
        match (&self.stuck, self.direction, &self.cause) {
            (Some(e), _, _) => Outcome::Stuck(e.clone()),
            (None, Direction::Unwinding, cause) => Outcome::RolledBack(cause.clone()),
            (None, _, Some(e)) => Outcome::Leftovers(e.clone()),
            (None, _, None) => Outcome::Applied,
        }
    }

    fn go(&mut self, e: &Event, i: usize, from: &[State], to: State) -> Result<(), Illegal> {
        self.may(e, i, from)?;
        self.set(i, to);
        Ok(())
    }

    fn may(&self, e: &Event, i: usize, from: &[State]) -> Result<(), Illegal> {
        match self.state.get(i) {
            Some(s) if from.contains(s) => Ok(()),
            s => Err(Illegal(format!("{e:?} while {s:?}"))),
        }
    }

    fn set(&mut self, i: usize, to: State) {
        let from = std::mem::replace(&mut self.state[i], to);
        self.ready.moved(self.plan, &self.state, self.direction, i, from);
    }

    /// Whether a failed undo is worth another.
    fn passes(&self, i: usize, error: &CloudError) -> bool {
        let again = |n: &u8| *n < UNDO_RETRIES;
        let busy = error.class == Class::Conflict && self.seen.get(i) == Some(&true);
        (error.class.lost() || busy) && self.retried.get(i).is_some_and(again)
    }

    /// The first failure of a run that goes forward is what turns it round. One that is interrupted has turned already.
    fn blame(&mut self, error: &CloudError) {
        if self.direction == Direction::Forward {
            self.cause.get_or_insert_with(|| error.clone());
        }
    }

    /// A lost answer is no failure once all that was lost has turned out well.
    fn acquit(&mut self) {
        let open =
            |(i, s): (usize, &State)| matches!(s, State::Unknown | State::Half | State::Failed) || (*s == State::Running && self.seen[i]);
        if self.cause.is_some() && self.direction == Direction::Forward && !self.state.iter().enumerate().any(open) {
            self.cause = None;
        }
    }

    /// A failure before the commit point turns the run round; behind it there is nothing to go back to, and what was not hit goes on.
    fn turn(&mut self) {
        if self.direction == Direction::Forward && !self.ready.built(self.plan) {
            self.direction = Direction::Unwinding;
            self.ready.unwind(self.plan, &self.state);
        }
    }
}
