//! The only loop that touches the world, and the only caller of a mutating verb. It owns all state; nothing is shared, nothing is locked.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep, sleep_until};

use super::look::look;
use super::memory::Memory;
use super::task::{Task, forward, groups, stamp};
use super::watch::{Watch, gate, gate_of, heard};
use super::{Direction, Event, Operation, Outcome, Run, Settlement, State};
use crate::cloud::Cloud;
use crate::cloud::lease::Wish;
use crate::cloud::owned::Owned;
use crate::kinds::gate::Judgement;
use crate::kinds::{Call, Live, Reading, Seen, Stamp};
use crate::model::Moment;
use crate::plan::{Act, Plan, Step, Undo};
use crate::wire::policy::{LEAVABLE, PATIENCE, STEP};
use crate::wire::{Class, CloudError};

/// Records every event before the run goes on. An error stops the run: no record, no effect.
pub trait Sink {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()>;

    /// Syncs what was recorded to disk. Called before every effect.
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

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The run's id; with a step's number it names what the step creates.
    pub run: String,
    /// Steps in flight at most.
    pub parallelism: usize,
    /// For how long "nothing there" must stay true before it is believed.
    pub quiet: Duration,
    /// What a gate counts as a minute.
    pub minute: Duration,
}

/// A request from outside.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Start nothing new, let calls in flight end, take everything back.
    RollBack,
    /// Start nothing at all, let calls in flight end, and leave the rest to another process.
    Halt(CloudError),
    /// What somebody else asks of the run: to end it, or to go on behind a gate.
    Wished(Wish),
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
    let cloud = &Owned::new(cloud, (&plan.stack, &plan.identity), settings.quiet);
    let mut memory = Memory::new(plan);
    history.iter().for_each(|e| memory.note(plan, e));
    let (mut flight, mut settling, mut looks) = (FuturesUnordered::new(), BTreeSet::new(), BTreeMap::<usize, u32>::new());
    let mut halt: Option<CloudError> = None;
    let mut watches: BTreeMap<usize, Watch> = BTreeMap::new();
    loop {
        if halt.is_none() {
            let room = settings.parallelism.saturating_sub(flight.len());
            let start = groups(plan, run.next().filter(|a| !settling.contains(a)), room);
            halt = begin(run, sink, start.iter().flatten())?;
            for i in start.iter().flatten().filter_map(|action| gate_of(plan, *action)).filter(|_| halt.is_none()) {
                let readings =
                    history.iter().filter_map(|e| if let Event::Read(of, reading) = e { (*of == i).then_some(reading) } else { None });
                watches.insert(i, Watch::begun(gate(plan, i), readings, settings));
            }
            let due =
                watches.iter_mut().filter(|_| halt.is_none()).filter_map(|(i, watch)| watch.due().then_some(vec![Operation::Look(*i)]));
            let start: Vec<Vec<Operation>> = start.into_iter().filter(|group| gate_of(plan, group[0]).is_none()).chain(due).collect();
            for group in start.into_iter().filter(|_| halt.is_none()) {
                let task = |action| {
                    if let Operation::Settle(_) = action {
                        settling.insert(action);
                    }
                    let again = match action {
                        Operation::Undo(i) => !memory.undoing.insert(i) as u32,
                        Operation::Do(i) | Operation::Settle(i) => looks.get(&i).copied().unwrap_or(0),
                        Operation::Look(_) => 0,
                    };
                    let (links, made, act) = (memory.links(plan, action), memory.made(action), memory.act(plan, action));
                    let held = plan.steps[action.step()].held.iter().any(|i| run.state[*i] == State::Undone);
                    let since = watches.get(&action.step()).map_or(Moment::now(), |watch| watch.since);
                    Task { action, act, stamp: stamp(plan, &settings.run, action.step()), links, made, held, again, since }
                };
                let first = group[0].step();
                // What is on its way out must be seen to go, whatever happens.
                let builds = |a: &Operation| match a {
                    Operation::Do(i) => !matches!(plan.steps[*i].act, Act::Delete { .. }),
                    Operation::Look(_) => true,
                    Operation::Settle(_) | Operation::Undo(_) => false,
                };
                let leavable = group.iter().all(builds);
                let tasks: Vec<Task<'_>> = group.into_iter().map(task).collect();
                let undoing = matches!(tasks[0].action, Operation::Undo(_));
                let patience = plan.steps[first].patience(undoing);
                let work = PATIENCE.scope(patience, Box::pin(perform(plan, settings, cloud, tasks)));
                flight.push(STEP.scope(first, LEAVABLE.scope(leavable, work)));
            }
        }
        if flight.is_empty() && (watches.is_empty() || halt.is_some()) {
            return Ok(match halt.filter(|_| !run.finished()) {
                Some(why) => Outcome::Unfinished(why),
                None => run.outcome(),
            });
        }
        let next = watches.values().filter_map(|watch| watch.next).min().filter(|_| halt.is_none());
        let events = tokio::select! {
            Some(events) = flight.next() => events,
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => continue,
            asked = stop(), if halt.is_none() => match asked {
                Stop::RollBack => vec![Event::Interrupted],
                Stop::Wished(wish) => heard(plan, wish, &mut watches),
                Stop::Halt(why) => {
                    halt = Some(why);
                    continue;
                }
            },
        };
        let mut events = VecDeque::from(events);
        while let Some(mut event) = events.pop_front() {
            if let Event::Read(i, reading) = &mut event {
                // Nobody waits any more for a look that was under way when the run turned round.
                let Some(watch) = watches.get_mut(i) else { continue };
                match watch.judge(gate(plan, *i), reading, settings) {
                    Judgement::Open => {}
                    Judgement::Passed => events.push_back(Event::Done(*i, None)),
                    Judgement::Failed(code, why) => events.push_back(Event::Failed(*i, CloudError::new(Class::Invalid, code, why))),
                }
                if !events.is_empty() {
                    watches.remove(i);
                }
            }
            if let Event::Settled(i, ..) | Event::Unsettled(i, _) = &event {
                settling.remove(&Operation::Settle(*i));
            }
            // Nothing can be said of the step, and no other would fare better: whoever goes on looks it up, as after a crash.
            if let Event::Failed(_, error) | Event::Unsettled(_, error) | Event::UndoFailed(_, error) = &event
                && error.unauthenticated()
            {
                halt.get_or_insert(error.clone());
                continue;
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
            if run.direction == Direction::Unwinding {
                events.extend(std::mem::take(&mut watches).into_keys().map(Event::Unwatched));
            }
        }
    }
}

/// Tells what is about to begin. When that can't be made sure of, nothing of it may begin; the answer is why.
fn begin<'a>(run: &mut Run<'_>, sink: &mut impl Sink, start: impl Iterator<Item = &'a Operation>) -> io::Result<Option<CloudError>> {
    let mut effects = false;
    for action in start {
        let event = match action {
            Operation::Do(i) => Event::Began(*i),
            Operation::Undo(i) => Event::UndoBegan(*i),
            Operation::Settle(_) | Operation::Look(_) => continue,
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

/// Carries out a group of actions; what became of each is an event of its own.
async fn perform<C: Cloud>(plan: &Plan, settings: &Settings, cloud: &C, tasks: Vec<Task<'_>>) -> Vec<Event> {
    let acts: Vec<&Act> = tasks.iter().map(|t| &*t.act).collect();
    match tasks[0].action {
        Operation::Do(_) => {
            let calls = tasks.iter().zip(&acts).map(|(t, act)| forward(act, t)).collect();
            let mut done = send(cloud, calls).await;
            if tasks.iter().any(|t| t.made.is_some()) && done.iter().all(Result::is_ok) {
                done = whole(&acts, settings, cloud, &tasks).await;
            }
            let event = |(t, done): (&Task, Result<Option<Live>, CloudError>)| match done {
                Ok(live) => Event::Done(t.action.step(), live),
                Err(e) => Event::Failed(t.action.step(), e),
            };
            tasks.iter().zip(done).map(event).collect()
        }
        Operation::Look(i) => {
            let seen = match cloud.look_at(gate(plan, i), &tasks[0].links, tasks[0].since).await {
                Ok(seen) => seen,
                Err(e) => Seen::Blind(e.to_string()),
            };
            vec![Event::Read(i, Reading { at: Moment::now(), seen, told: String::new() })]
        }
        // A look leaves nothing: it is taken again.
        Operation::Settle(i) if matches!(plan.steps[i].act, Act::Gate { .. }) => vec![Event::Settled(i, None, Settlement::Nothing)],
        Operation::Settle(_) => {
            let again = tasks.iter().map(|t| t.again).max().unwrap_or(0);
            if again > 0 {
                sleep((settings.quiet / 20 * 2u32.pow(again)).min(settings.quiet)).await;
            }
            match settle(&acts, settings, cloud, &tasks).await {
                Ok(found) => tasks.iter().zip(found).map(|(t, (live, found))| Event::Settled(t.action.step(), live, found)).collect(),
                Err(e) => tasks.iter().map(|t| Event::Unsettled(t.action.step(), e.clone())).collect(),
            }
        }
        Operation::Undo(_) => {
            let mut events = vec![];
            let mut calls = vec![];
            for (t, act) in tasks.iter().zip(&acts) {
                let i = t.action.step();
                match undo(act, &plan.steps[i], settings, cloud, t).await {
                    Ok(Back::Call(call)) => calls.push((i, call)),
                    Ok(Back::There(live)) => events.push(Event::Undone(i, Some(*live))),
                    Ok(Back::Nothing) => events.push(Event::Undone(i, None)),
                    Err(e) => events.push(Event::UndoFailed(i, e)),
                }
            }
            let (steps, calls): (Vec<usize>, Vec<Call>) = calls.into_iter().unzip();
            let done = send(cloud, calls).await;
            events.extend(steps.into_iter().zip(done).map(|(i, done)| match done {
                Ok(live) => Event::Undone(i, live),
                Err(e) => Event::UndoFailed(i, e),
            }));
            events
        }
    }
}

/// One call by itself, several in one request.
async fn send<C: Cloud>(cloud: &C, mut calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
    match calls.pop() {
        None => vec![],
        Some(one) if calls.is_empty() => vec![send_one(cloud, one).await],
        Some(last) => {
            calls.push(last);
            cloud.batch(calls).await.into_iter().map(|done| done.map_err(CloudError::ending)).collect()
        }
    }
}

/// What has become of steps that were gone on with from their halves. A verb that changes an object need not make good all that one which
/// makes it leaves undone, so they are looked at.
async fn whole<C: Cloud>(acts: &[&Act], settings: &Settings, cloud: &C, tasks: &[Task<'_>]) -> Vec<Result<Option<Live>, CloudError>> {
    let half = || CloudError::new(Class::Ambiguous, "Half", "only half of it stands, and the rest could not be made good");
    match settle(acts, settings, cloud, tasks).await {
        Ok(found) => found.into_iter().map(|(live, found)| if found == Settlement::Whole { Ok(live) } else { Err(half()) }).collect(),
        Err(e) => tasks.iter().map(|_| Err(CloudError { class: Class::Ambiguous, ..e.clone() })).collect(),
    }
}

async fn send_one<C: Cloud>(cloud: &C, call: Call<'_>) -> Result<Option<Live>, CloudError> {
    let done = match call {
        Call::Create { want, links, stamp } => cloud.create(want, links, &stamp).await.map(Some),
        Call::Update { live, want, links, stamp } => cloud.update(live, want, links, &stamp).await.map(Some),
        Call::Delete { live } => cloud.delete(live).await.map(|()| None),
    };
    done.map_err(CloudError::ending)
}

/// Looks what became of steps of one kind whose answers were lost, until all are whole or nothing has moved for the quiet period.
async fn settle<C: Cloud>(
    acts: &[&Act],
    settings: &Settings,
    cloud: &C,
    tasks: &[Task<'_>],
) -> Result<Vec<(Option<Live>, Settlement)>, CloudError> {
    let started = Instant::now();
    let mut pause = settings.quiet / 20;
    loop {
        let Stamp { stack, address, .. } = &tasks[0].stamp;
        let all = cloud.list(address.kind, stack).await?;
        let found: Vec<_> = acts.iter().zip(tasks).map(|(act, t)| look(act, &all, &t.links, &t.stamp)).collect();
        if found.iter().all(|(_, found)| *found == Settlement::Whole) || started.elapsed() >= settings.quiet {
            return Ok(found);
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// How a step is taken back: by one call, or it was done already.
enum Back<'a> {
    Call(Call<'a>),
    There(Box<Live>),
    /// There was nothing to take back.
    Nothing,
}

/// Looks how a step is taken back, and does what of it needs more than one call.
async fn undo<'a, C: Cloud>(act: &'a Act, step: &'a Step, settings: &Settings, cloud: &C, t: &'a Task<'_>) -> Result<Back<'a>, CloudError> {
    let restore = |rest, live: &'a Live| {
        let want = step.restored(live);
        // What stays is what was last asked for.
        let digest = if step.back.is_some() { want.digest() } else { live.stamp.digest.clone() };
        Back::Call(Call::Update { live: rest, want, links: &t.links, stamp: Stamp { digest, ..live.stamp.clone() } })
    };
    match (act, step.undo, &t.made) {
        (Act::Gate { .. }, ..) => Ok(Back::Nothing),
        (_, Undo::Delete, Some(made)) if t.held => Ok(Back::There(Box::new(made.clone()))),
        (_, Undo::Delete, Some(made)) => Ok(Back::Call(Call::Delete { live: made })),
        (Act::Update { live, .. }, Undo::Restore, Some(made)) => Ok(restore(made, live)),
        // It was only taken apart.
        (Act::Delete { live }, Undo::Recreate, Some(rest)) => Ok(restore(rest, live)),
        (Act::Delete { live }, Undo::Recreate, None) => {
            // Under the address it had, as it was asked for then: a rename is taken back with all else.
            let stamp = t.stamp.renewed(&live.stamp);
            if t.again > 0 {
                let act = Act::Create { object: live.object.clone() };
                let task = Task { act: t.act.clone(), stamp: stamp.clone(), links: t.links.clone(), made: None, ..*t };
                match settle(&[&act], settings, cloud, &[task]).await?.pop() {
                    Some((Some(there), Settlement::Whole)) => return Ok(Back::There(Box::new(there))),
                    Some((Some(half), _)) => {
                        let stamp = half.stamp.clone();
                        let call = Call::Update { live: &half, want: &live.object, links: &t.links, stamp };
                        return send_one(cloud, call)
                            .await?
                            .map(|l| Back::There(Box::new(l)))
                            .ok_or_else(|| CloudError::bug("an update without an answer"));
                    }
                    _ => {}
                }
            }
            Ok(Back::Call(Call::Create { want: &live.object, links: &t.links, stamp }))
        }
        (_, undo, _) => Err(CloudError::bug(format!("{undo:?} has nothing to go by"))),
    }
}
