//! Record every target does with its bytes. The fuzzer and the suite run the same: bytes that break it once break it for both.
use infra::diag::{Findings, Source, json, render};
use infra::graph::Graph;
use infra::kinds::{Reading, Seen};
use infra::model::Moment;
use infra::observe::Snapshot;
use infra::plan::{Allowed, Plan};
use infra::render::history;
use infra::render::style::Style;
use infra::render::text::Detail;
use infra::run::journal::parse;
use infra::run::left::left_to_do;
use infra::run::{Direction, Event, Operation, Outcome, Run, Settlement, State};
use infra::spec::lower::lower;
use infra::stack::Stack;
use infra::wire::{Class, CloudError};

/// Between the layers of a spec, and between a plan and the choices of its run.
pub const CUT: &str = "\n%%%\n";

/// A spec is read, or refused with findings that lie within its text; one that is read is a stack that can be planned. Whether it was read.
pub fn spec(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let layers: Vec<_> = text.split(CUT).enumerate().map(|(i, layer)| (format!("{i}.yaml").into(), layer.to_owned())).collect();
    match infra::spec::load(&layers, &env) {
        Err(found) => {
            assert!(found.refuse(), "refused without an error");
            findings(&found, &text);
            false
        }
        Ok(loaded) => {
            findings(&Findings(loaded.warnings), &text);
            if let Ok(stack) = lower(&loaded.spec, &env) {
                planned(&stack);
            }
            true
        }
    }
}

/// Some names are set, some to what reads like syntax, some not at all.
fn env(name: &str) -> Option<String> {
    let values = [None, Some("8080"), Some("a"), Some("${vpc.id} $$ {"), Some("")];
    values[name.len() % values.len()].map(str::to_owned)
}

fn findings(found: &Findings, text: &str) {
    for finding in &found.0 {
        assert!(!finding.places.is_empty() && !finding.message.is_empty() && !finding.help.is_empty(), "{finding:?}");
        for place in &finding.places {
            let source: &Source = &place.source;
            assert!(text.contains(source.inner().as_str()), "{finding:?}");
            assert!(source.inner().get(place.span.clone()).is_some(), "{finding:?}");
        }
    }
    for (color, width) in [(false, 100), (true, 20)] {
        assert_eq!(render(&found.0, color, width).is_empty(), found.0.is_empty());
    }
    assert_eq!(json(&found.0).findings.len(), found.0.len());
}

/// Record was read has neither circles nor loose ends, and its plan on an empty cloud keeps a plan's own rules.
fn planned(stack: &Stack) {
    assert!(Graph::of(&stack.nodes).is_ok(), "a spec that was read is no graph: {:?}", Graph::of(&stack.nodes).err());
    let plan = match infra::plan::plan(stack, &Snapshot::default(), &Allowed::new()) {
        Ok(plan) => plan,
        Err(e) => panic!("a spec that was read has no plan: {e:?}"),
    };
    assert_eq!(plan.check(), Ok(()));
    assert_eq!(plan.steps.len() - plan.gates().count(), stack.nodes.len());
    shown(&plan);
}

fn shown(plan: &Plan) {
    for verbose in [false, true] {
        let text = infra::render::text::plan(plan, Detail { style: Style { color: verbose }, verbose });
        assert!(!text.is_empty());
    }
    assert!(infra::render::json::plan(plan, crate::support::scene(), None).is_object());
}

/// A plan is refused, or can be shown and run: whatever happens to a run, it goes on by its rules and comes to an end.
/// Whether it was run.
pub fn plan(data: &[u8]) -> bool {
    let cut = data.windows(CUT.len()).position(|w| w == CUT.as_bytes());
    let (file, choices) = cut.map_or((data, data), |at| (&data[..at], &data[at + CUT.len()..]));
    let Ok(plan) = serde_json::from_slice::<Plan>(file) else { return false };
    if plan.check().is_err() {
        return false;
    }
    shown(&plan);
    let events = driven(&plan, &mut Choices::new(choices));
    let recovered = Run::replay(&plan, &events).map(drop);
    assert_eq!(recovered, Ok(()), "a history that happened can't be read again");
    true
}

/// A journal is refused, or records a run that can be shown and gone on with. Returns whether it was read.
pub fn journal(data: &[u8]) -> bool {
    let Ok(recorded) = parse(data) else { return false };
    assert!(!history::run(&recorded, Style::PLAIN).is_empty());
    let run = Run::replay(&recorded.header.plan, recorded.events()).expect("what was read is in order");
    assert!(
        !history::recovery(
            &recorded.header,
            &run,
            run.way(),
            &left_to_do(&run, run.way()),
            Detail { style: Style { color: true }, verbose: true }
        )
        .is_empty()
    );
    let way = run.way();
    drop(run);
    let mut run = Run::replay(&recorded.header.plan, recorded.events()).expect("twice the same");
    assert_eq!(run.apply(&Event::Resumed(way)), Ok(()));
    true
}

/// One number after the other out of some bytes; the same bytes give the same numbers.
struct Choices<'a> {
    bytes: &'a [u8],
    at: usize,
    state: u64,
}

impl<'a> Choices<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Choices { bytes, at: 0, state: 0x9e37_79b9_7f4a_7c15 }
    }

    fn below(&mut self, n: usize) -> usize {
        let byte = self.bytes.get(self.at % self.bytes.len().max(1)).copied().unwrap_or_default();
        self.at += 1;
        self.state = (self.state ^ u64::from(byte)).wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(self.at as u64);
        (self.state >> 33) as usize % n.max(1)
    }
}

/// Drives a run to its end: mostly as the driver would, now and then with an event out of the blue, which is refused or kept.
fn driven(plan: &Plan, choices: &mut Choices) -> Vec<Event> {
    let (mut run, mut events) = (Run::new(plan), vec![]);
    let mut calm = true;
    // Every step is done, looked up, taken back and failed at most a few times; more rounds than that would be a run without an end.
    for round in 0..200 + 50 * plan.steps.len() {
        let event = match choices.below(32) {
            0 if round < 100 => {
                calm = false;
                any(plan, choices)
            }
            1 if round < 100 => Event::Interrupted,
            2 if round < 100 => Event::Resumed(run.way()),
            _ => match next(&run, choices) {
                Some(event) => event,
                None => {
                    ended(&run, &events, calm);
                    assert!(
                        !infra::render::report::outcome(plan, &events, &run.outcome(), 1, Detail { style: Style::PLAIN, verbose: true })
                            .is_empty()
                    );
                    return events;
                }
            },
        };
        let before = run.state.clone();
        if run.apply(&event).is_err() {
            assert_eq!(run.state, before, "a refused event changed something");
            continue;
        }
        let _ = infra::render::report::line(plan, &event);
        let line = infra::render::stream::event(plan, &event, 1);
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok_and(|v| v.is_object()));
        events.push(event);
        offered(&run);
    }
    panic!("a run without an end: {events:?}");
}

/// Record the driver might report next; `None` when nothing runs and nothing may start.
fn next(run: &Run, choices: &mut Choices) -> Option<Event> {
    let mut open: Vec<Event> = vec![];
    for action in run.next() {
        open.push(match action {
            Operation::Do(i) => Event::Began(i),
            Operation::Undo(i) => Event::UndoBegan(i),
            Operation::Look(_) => unreachable!("the driver decides when a gate looks"),
            Operation::Settle(i) => match choices.below(5) {
                0 => Event::Settled(i, None, Settlement::Nothing),
                1 => Event::Settled(i, None, Settlement::Partial),
                2 => Event::Unsettled(i, error(Class::Transient)),
                _ => Event::Settled(i, None, Settlement::Whole),
            },
        });
    }
    for (i, state) in run.state.iter().enumerate() {
        let end = match (state, choices.below(10)) {
            (State::Running, 0) => Event::Failed(i, error(Class::Denied)),
            (State::Running, 1) => Event::Failed(i, error(Class::Ambiguous)),
            (State::Running, _) => Event::Done(i, None),
            (State::Undoing, 0) => Event::UndoFailed(i, error(Class::Denied)),
            (State::Undoing, 1) => Event::UndoFailed(i, error(Class::Ambiguous)),
            (State::Undoing, _) => Event::Undone(i, None),
            _ => continue,
        };
        open.push(end);
    }
    if open.is_empty() { None } else { Some(open.swap_remove(choices.below(open.len()))) }
}

/// Any event at all, also of a step that there is not.
fn any(plan: &Plan, choices: &mut Choices) -> Event {
    let i = choices.below(plan.steps.len() + 2);
    match choices.below(13) {
        0 => Event::Began(i),
        1 => Event::Done(i, None),
        2 => Event::Failed(i, error(Class::Denied)),
        3 => Event::Failed(i, error(Class::Ambiguous)),
        4 => Event::Settled(i, None, Settlement::Nothing),
        5 => Event::Settled(i, None, Settlement::Partial),
        6 => Event::Settled(i, None, Settlement::Whole),
        7 => Event::Unsettled(i, error(Class::Transient)),
        8 => Event::UndoBegan(i),
        9 => Event::Undone(i, None),
        10 => Event::Unwatched(i),
        11 => Event::Read(i, Reading { at: Moment::now(), seen: Seen::Well, told: String::new() }),
        _ => Event::UndoFailed(i, error(Class::Denied)),
    }
}

fn error(class: Class) -> CloudError {
    CloudError::new(class, "Made", "made up")
}

/// Nothing is offered before what it needs, and nothing is taken back under what still stands on it.
fn offered(run: &Run) {
    let (plan, state) = (run.plan, &run.state);
    let stands = |s: State| !matches!(s, State::Pending | State::Failed | State::Undone);
    for action in run.next() {
        match action {
            Operation::Do(i) => {
                let ready = plan.steps[i].after.iter().all(|j| state[*j] == State::Done);
                let built = i < plan.commit || state[..plan.commit].iter().all(|s| *s == State::Done);
                assert!(
                    ready && built && run.direction == Direction::Forward && matches!(state[i], State::Pending | State::Half),
                    "{action:?} in {state:?}"
                );
            }
            Operation::Undo(i) => {
                let free = plan.steps.iter().all(|s| !s.after.contains(&i) || !stands(state[s.id]));
                assert!(
                    free && i < plan.commit && run.direction == Direction::Unwinding && matches!(state[i], State::Done | State::Half),
                    "{action:?} in {state:?}"
                );
            }
            Operation::Look(_) => panic!("{action:?} in {state:?}"),
            Operation::Settle(i) => assert!(state[i] == State::Unknown, "{action:?} in {state:?}"),
        }
    }
}

/// An end is what it says, when the run saw nothing but what a driver can report.
fn ended(run: &Run, events: &[Event], calm: bool) {
    let (commit, state) = (run.plan.commit, &run.state);
    assert!(state.iter().all(|s| !matches!(s, State::Running | State::Undoing | State::Unknown | State::Half)), "{state:?}");
    if !calm {
        return;
    }
    let outcome = run.outcome();
    let last = |i: usize| events.iter().rev().find(|e| matches!(e, Event::Done(j, _) | Event::Settled(j, ..) if *j == i));
    let half = (0..commit).any(|i| matches!(last(i), Some(Event::Settled(_, _, Settlement::Partial))));
    let back = matches!(outcome, Outcome::RolledBack(_) | Outcome::Stuck(_));
    assert!(back || !half, "half a step was kept: {outcome:?}");
    match outcome {
        Outcome::Applied => assert!(state.iter().all(|s| *s == State::Done), "{state:?}"),
        Outcome::Leftovers(_) => assert!(state[..commit].iter().all(|s| *s == State::Done), "{state:?}"),
        Outcome::RolledBack(_) => assert!(!state.iter().any(|s| matches!(s, State::Done | State::Stuck)), "{state:?}"),
        Outcome::Stuck(_) => assert!(state.contains(&State::Stuck), "{state:?}"),
        Outcome::Unfinished(e) => panic!("a run knows nothing of being stopped: {e}"),
    }
}
