//! The gates that a run stands at, as its events tell it.
use super::Event;
use crate::cloud::lease::AtGate;
use crate::kinds::{Gate, Seen};
use crate::plan::{Plan, Step};

/// The gates that have begun and are not over, in the order of the plan.
pub fn at_gates(plan: &Plan, events: &[Event]) -> Vec<AtGate> {
    plan.gates().filter_map(|(step, gate)| at(plan, step, gate, events)).collect()
}

fn at(plan: &Plan, step: &Step, gate: &Gate, events: &[Event]) -> Option<AtGate> {
    let mut own = events.iter().rev().filter(|event| event.step() == Some(step.id)).peekable();
    if !matches!(own.peek(), Some(Event::Began(_) | Event::Read(..))) {
        return None;
    }
    let readings: Vec<_> = own.filter_map(|event| if let Event::Read(_, reading) = event { Some(reading) } else { None }).collect();
    let approved = readings.iter().any(|reading| matches!(reading.seen, Seen::Approved(_)));
    let behind = |(later, other): &(&Step, &Gate)| later.id > step.id && other.entry == gate.entry;
    Some(AtGate {
        step: step.id,
        entry: gate.entry.clone(),
        share: gate.stage.share,
        next: plan.gates().find(behind).map(|(_, next)| next.stage.share),
        told: readings.first().map(|reading| reading.told.clone()).unwrap_or_default(),
        asks: gate.stage.approve.is_some() && !approved,
    })
}
