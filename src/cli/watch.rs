//! What records and shows the events of a run.
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

use crate::cloud::lease::Headway;
use crate::plan::{Plan, Undo};
use crate::redact::Redactor;
use crate::render::progress::Progress;
use crate::run::drive::Sink;
use crate::run::journal::Journal;
use crate::run::stage::at_gates;
use crate::run::{Event, Settlement};

/// Everything that records or shows an event of a run; the journal comes first.
pub struct Watch<'s> {
    pub journal: Journal,
    pub events: Vec<Event>,
    /// Steps whose effect stands.
    pub standing: BTreeSet<usize>,
    pub progress: Progress<'s>,
    pub redactor: Redactor,
}

impl Watch<'_> {
    /// How far the run has come.
    pub fn headway(&self, plan: &Plan) -> Headway {
        Headway { done: self.standing.len(), of: plan.steps.len(), gates: at_gates(plan, &self.events) }
    }
}

/// The watch, shared by the driver, which sends events, and the clock, which redraws; both on one thread.
pub struct Shared<'a, 's>(pub &'a RefCell<Watch<'s>>);

impl Sink for Shared<'_, '_> {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()> {
        let mut watch = self.0.borrow_mut();
        // A service's own words may repeat what it was sent.
        let event = &event.clone().map_message(|message| watch.redactor.text(message));
        watch.events.push(event.clone());
        match event {
            Event::Done(i, _) | Event::Settled(i, _, Settlement::Whole | Settlement::Partial) if plan.steps[*i].undo != Undo::Nothing => {
                watch.standing.insert(*i);
            }
            Event::Undone(i, _) => drop(watch.standing.remove(i)),
            _ => {}
        }
        let written = watch.journal.event(plan, event);
        // A terminal that has gone away is no reason to stop.
        let _ = watch.progress.event(plan, event);
        written
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.borrow_mut().journal.sync()
    }
}
