//! The only loop that touches the world, and the only caller of a mutating verb. It owns all state; nothing is shared, nothing is locked.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep};

use super::look::look;
use super::memory::Memory;
use super::{Action, Event, Found, Outcome, Run};
use crate::cloud::policy::STEP;
use crate::cloud::{Class, Cloud, CloudError};
use crate::kinds::{Links, Live};
use crate::model::{Stamp, digest};
use crate::plan::{Act, Plan, Undo};

/// Who is told of every event before the run goes on. An error stops the run: no record, no effect.
pub trait Sink {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()>;

    /// Makes sure that what was told outlives this process. Called before every effect.
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Vec<Event> {
    fn event(&mut self, _: &Plan, event: &Event) -> io::Result<()> {
        self.push(event.clone());
        Ok(())
    }
}

/// How a run is driven.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The run's id; with a step's number it names what the step creates.
    pub run: String,
    /// Steps in flight at most.
    pub parallelism: usize,
    /// For how long "nothing there" must stay true before it is believed.
    pub quiet: Duration,
}

/// What may come in from outside while a run goes on.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Start nothing new, let calls in flight end, take everything back.
    RollBack,
    /// Start nothing at all, let calls in flight end, and leave the rest to another process.
    Halt(CloudError),
}

/// Looks at a step that can't be looked at are taken so often, with growing pauses (some minutes in all on AWS); then the run stops.
const LOOKS: u32 = 8;

/// Drives a run to its end. `history` is what earlier processes recorded of it. `stop` yields whenever somebody wants it to end.
pub async fn drive<C: Cloud>(
    run: &mut Run<'_>,
    settings: &Settings,
    cloud: &C,
    sink: &mut impl Sink,
    history: &[Event],
    stop: &mut (impl AsyncFnMut() -> Stop + ?Sized),
) -> io::Result<Outcome> {
    let plan = run.plan;
    let mut memory = Memory::new(plan);
    history.iter().for_each(|e| memory.note(plan, e));
    let (mut flight, mut settling, mut looks) = (FuturesUnordered::new(), BTreeSet::new(), BTreeMap::<usize, u32>::new());
    let mut halt: Option<CloudError> = None;
    loop {
        if halt.is_none() {
            let room = settings.parallelism.saturating_sub(flight.len());
            let start: Vec<Action> = run.next().filter(|a| !settling.contains(a)).take(room).collect();
            halt = begin(run, sink, &start)?;
            for action in start.into_iter().filter(|_| halt.is_none()) {
                if let Action::Settle(_) = action {
                    settling.insert(action);
                }
                let (Action::Do(i) | Action::Settle(i) | Action::Undo(i)) = action;
                let again = match action {
                    Action::Undo(i) => !memory.undoing.insert(i) as u32,
                    _ => looks.get(&i).copied().unwrap_or(0),
                };
                let (links, made) = (memory.links(plan, action), memory.made(action));
                flight.push(STEP.scope(i, perform(action, plan, settings, cloud, links, made, again)));
            }
        }
        if flight.is_empty() {
            return Ok(match halt.filter(|_| !run.finished()) {
                Some(why) => Outcome::Unfinished(why),
                None => run.outcome(),
            });
        }
        let event = tokio::select! {
            Some(event) = flight.next() => event,
            asked = stop(), if halt.is_none() => match asked {
                Stop::RollBack => Event::Interrupted,
                Stop::Halt(why) => {
                    halt = Some(why);
                    continue;
                }
            },
        };
        if let Event::Settled(i, ..) | Event::Unsettled(i, _) = &event {
            settling.remove(&Action::Settle(*i));
        }
        if let Event::Unsettled(i, error) = &event {
            let n = looks.entry(*i).or_default();
            *n += 1;
            if *n >= LOOKS {
                halt.get_or_insert(error.clone());
            }
        }
        memory.note(plan, &event);
        // The run knows what happened even when it can no longer be told.
        if let Err(e) = sink.event(plan, &event) {
            halt.get_or_insert(unwritten(&e));
        }
        run.apply(&event).map_err(|i| io::Error::other(i.0))?;
    }
}

/// Tells what is about to begin. When that can't be made sure of, nothing of it may begin; the answer is why.
fn begin(run: &mut Run<'_>, sink: &mut impl Sink, start: &[Action]) -> io::Result<Option<CloudError>> {
    let mut effects = false;
    for action in start {
        let event = match action {
            Action::Do(i) => Event::Began(*i),
            Action::Undo(i) => Event::UndoBegan(*i),
            Action::Settle(_) => continue,
        };
        if let Err(e) = sink.event(run.plan, &event) {
            return Ok(Some(unwritten(&e)));
        }
        run.apply(&event).map_err(|i| io::Error::other(i.0))?;
        effects = true;
    }
    Ok(if effects { sink.sync().err().map(|e| unwritten(&e)) } else { None })
}

fn unwritten(e: &io::Error) -> CloudError {
    CloudError::new(Class::Ambiguous, "JournalUnwritable", format!("the journal can't be written: {e}"))
}

async fn perform<C: Cloud>(
    action: Action,
    plan: &Plan,
    settings: &Settings,
    cloud: &C,
    links: Links,
    made: Option<Live>,
    again: u32,
) -> Event {
    let (Action::Do(i) | Action::Settle(i) | Action::Undo(i)) = action;
    let step = &plan.steps[i];
    let stamp = stamp(plan, &settings.run, i);
    match action {
        Action::Do(_) => match forward(&step.act, cloud, &links, &stamp).await {
            Ok(live) => Event::Done(i, live),
            Err(e) => Event::Failed(i, e),
        },
        Action::Settle(_) => {
            if again > 0 {
                sleep((settings.quiet / 20 * 2u32.pow(again)).min(settings.quiet)).await;
            }
            match settle(&step.act, settings, cloud, &links, &stamp).await {
                Ok((live, found)) => Event::Settled(i, live, found),
                Err(e) => Event::Unsettled(i, e),
            }
        }
        Action::Undo(_) => match undo(&step.act, step.undo, settings, cloud, &links, &stamp, made, again > 0).await {
            Ok(live) => Event::Undone(i, live),
            Err(e) => Event::UndoFailed(i, e),
        },
    }
}

/// The stamp of what a step makes.
pub(super) fn stamp(plan: &Plan, run: &str, i: usize) -> Stamp {
    let step = &plan.steps[i];
    let (Act::Create { object } | Act::Update { object, .. } | Act::Delete { live: Live { object, .. } }) = &step.act;
    Stamp { stack: plan.stack.clone(), address: step.address.clone(), run: run.into(), step: i, digest: digest(object) }
}

async fn forward<C: Cloud>(act: &Act, cloud: &C, links: &Links, stamp: &Stamp) -> Result<Option<Live>, CloudError> {
    match act {
        Act::Create { object } => cloud.create(object, links, stamp).await.map(Some),
        Act::Update { live, object } => cloud.update(live, object, links, stamp).await.map(Some),
        Act::Delete { live } => cloud.delete(live).await.map(|()| None),
    }
}

/// Looks what became of a step whose answer was lost, until it is whole or has not moved for the quiet period.
async fn settle<C: Cloud>(
    act: &Act,
    settings: &Settings,
    cloud: &C,
    links: &Links,
    stamp: &Stamp,
) -> Result<(Option<Live>, Found), CloudError> {
    let started = Instant::now();
    let mut pause = settings.quiet / 20;
    loop {
        let all = cloud.list(stamp.address.kind, &stamp.stack).await?;
        let (live, found) = look(act, all, links, stamp);
        if found == Found::Whole || started.elapsed() >= settings.quiet {
            return Ok((live, found));
        }
        sleep(pause).await;
        pause *= 2;
    }
}

#[expect(clippy::too_many_arguments, reason = "all that an undo goes by")]
async fn undo<C: Cloud>(
    act: &Act,
    undo: Undo,
    settings: &Settings,
    cloud: &C,
    links: &Links,
    stamp: &Stamp,
    made: Option<Live>,
    again: bool,
) -> Result<Option<Live>, CloudError> {
    match (act, undo, made) {
        (_, Undo::Delete, Some(made)) => cloud.delete(&made).await.map(|()| None),
        (Act::Update { live, .. }, Undo::Restore, Some(made)) => cloud.update(&made, &live.object, links, &live.stamp).await.map(Some),
        // It was only taken apart.
        (Act::Delete { live }, Undo::Recreate, Some(rest)) => cloud.update(&rest, &live.object, links, &live.stamp).await.map(Some),
        (Act::Delete { live }, Undo::Recreate, None) => {
            // Under the address it had: a rename is taken back with all else.
            let stamp = Stamp { address: live.stamp.address.clone(), ..stamp.clone() };
            if again {
                let act = Act::Create { object: live.object.clone() };
                match settle(&act, settings, cloud, links, &stamp).await? {
                    (Some(there), Found::Whole) => return Ok(Some(there)),
                    (Some(half), _) => return cloud.update(&half, &live.object, links, &half.stamp).await.map(Some),
                    (None, _) => {}
                }
            }
            cloud.create(&live.object, links, &stamp).await.map(Some)
        }
        (_, undo, _) => Err(CloudError::bug(format!("{undo:?} has nothing to go by"))),
    }
}
