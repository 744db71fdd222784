//! The looks of gates that are under way: when the next one is due, and what they come to.
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::drive::Settings;
use super::{Event, Operation};
use crate::cloud::lease::Wish;
use crate::kinds::gate::{Judgement, Tally};
use crate::kinds::{Gate, Reading, Seen};
use crate::model::Moment;
use crate::plan::{Act, Plan};
use crate::wire::{Class, CloudError};

/// A gate whose looks are under way.
pub(super) struct Watch {
    tally: Tally,
    /// When the requests were shifted that it watches.
    pub since: Moment,
    /// When it looks again; nothing while it does.
    pub next: Option<Instant>,
}

impl Watch {
    /// The watch of a gate that begins, or begins again: what was judged before counts.
    pub fn begun<'r>(gate: &Gate, readings: impl IntoIterator<Item = &'r Reading>, settings: &Settings) -> Watch {
        let mut readings = readings.into_iter().peekable();
        let first = readings.peek().map(|reading| reading.at.0);
        // CloudWatch counts in minutes, whatever a test takes for one.
        let early = MINUTE.saturating_sub(settings.minute) * 5;
        let since = Moment(first.unwrap_or_else(SystemTime::now) - early);
        Watch { tally: Tally::of(gate, readings), since, next: Some(Instant::now() + settings.minute) }
    }

    /// Whether it is time for a look, which is under way from then on.
    pub fn due(&mut self) -> bool {
        let due = self.next.is_some_and(|next| next <= Instant::now());
        self.next = self.next.filter(|_| !due);
        due
    }

    /// Takes a look in.
    pub fn judge(&mut self, gate: &Gate, reading: &mut Reading, settings: &Settings) -> Judgement {
        self.tally.note(gate, &reading.seen);
        reading.told = self.tally.told(gate);
        // Somebody's word is no look, and puts none off.
        if !matches!(reading.seen, Seen::Approved(_)) {
            self.next = Some(Instant::now() + settings.minute);
        }
        self.tally.judgement(gate)
    }
}

/// What CloudWatch counts by.
const MINUTE: Duration = Duration::from_secs(60);

/// The gate that an operation begins.
pub(super) fn gate_of(plan: &Plan, action: Operation) -> Option<usize> {
    matches!((action, &plan.steps[action.step()].act), (Operation::Do(_), Act::Gate { .. })).then_some(action.step())
}

/// What becomes of a wish. Who aborts a run in a gate is the cause why it goes back; a word for a gate that doesn't ask for it, or no longer, is none.
pub(super) fn heard(plan: &Plan, wish: Wish, watches: &mut BTreeMap<usize, Watch>) -> Vec<Event> {
    match wish {
        Wish::Abort(by) => match watches.pop_first() {
            Some((i, _)) => vec![Event::Failed(i, CloudError::new(Class::Invalid, "Aborted", format!("{by} has aborted the run")))],
            None => vec![Event::Interrupted],
        },
        Wish::Approve(i, by) if watches.contains_key(&i) && gate(plan, i).stage.approve.is_some() => {
            vec![Event::Read(i, Reading { at: Moment::now(), seen: Seen::Approved(by), told: String::new() })]
        }
        Wish::Approve(..) => vec![],
    }
}

/// What a step watches that is a gate.
pub(super) fn gate(plan: &Plan, i: usize) -> &Gate {
    match &plan.steps[i].act {
        Act::Gate { gate } => gate,
        _ => unreachable!("only gates are watched"),
    }
}
