//! The only loop that touches the world, and the only caller of a mutating verb. It owns all state; nothing is shared, nothing is locked.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep};

use super::{Action, Event, Found, Outcome, Run};
use crate::cloud::policy::STEP;
use crate::cloud::{Cloud, CloudError};
use crate::diff::{Context, diff};
use crate::kinds::{Address, Links, Live, Object, refs};
use crate::model::{Stamp, digest};
use crate::plan::{Act, Plan, Undo};

/// Who is told of every event before the run goes on. An error stops the run: no record, no effect.
pub trait Sink {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()>;
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

/// Drives a run to its end. `history` is what an earlier process recorded of it. `interrupt` yields once for every signal.
pub async fn drive<C: Cloud>(
    run: &mut Run<'_>,
    settings: &Settings,
    cloud: &C,
    sink: &mut impl Sink,
    history: &[Event],
    interrupt: &mut (impl AsyncFnMut() + ?Sized),
) -> io::Result<Outcome> {
    let plan = run.plan;
    let mut memory = Memory::new(plan);
    history.iter().for_each(|e| memory.note(plan, e));
    let (mut flight, mut settling) = (FuturesUnordered::new(), BTreeSet::new());
    loop {
        let room = settings.parallelism.saturating_sub(flight.len());
        let start: Vec<Action> = run.next().filter(|a| !settling.contains(a)).take(room).collect();
        for action in start {
            match action {
                Action::Do(i) => record(run, sink, Event::Began(i))?,
                Action::Undo(i) => record(run, sink, Event::UndoBegan(i))?,
                Action::Settle(_) => drop(settling.insert(action)),
            }
            let (Action::Do(i) | Action::Settle(i) | Action::Undo(i)) = action;
            flight.push(STEP.scope(i, perform(action, plan, settings, cloud, memory.links(plan, action), memory.made(action))));
        }
        if flight.is_empty() {
            return Ok(run.outcome());
        }
        tokio::select! {
            Some(event) = flight.next() => {
                if let Event::Settled(i, ..) | Event::Unsettled(i, _) = &event {
                    settling.remove(&Action::Settle(*i));
                }
                memory.note(plan, &event);
                record(run, sink, event)?;
            }
            () = interrupt() => record(run, sink, Event::Interrupted)?,
        }
    }
}

fn record(run: &mut Run<'_>, sink: &mut impl Sink, e: Event) -> io::Result<()> {
    sink.event(run.plan, &e)?;
    run.apply(&e).map_err(|i| io::Error::other(i.0))
}

/// Which live object an address means: undo uses the old meaning, forward the new one.
struct Memory {
    old: BTreeMap<Address, Rc<Live>>,
    new: BTreeMap<Address, Rc<Live>>,
    made: BTreeMap<usize, Rc<Live>>,
}

impl Memory {
    fn new(plan: &Plan) -> Self {
        let old: BTreeMap<Address, Rc<Live>> = plan.old.iter().map(|l| (l.stamp.address.clone(), Rc::new(l.clone()))).collect();
        Memory { new: old.clone(), old, made: BTreeMap::new() }
    }

    fn note(&mut self, plan: &Plan, e: &Event) {
        match e {
            Event::Done(i, Some(l)) | Event::Settled(i, Some(l), Found::Whole | Found::Partial) => {
                let live = Rc::new(l.clone());
                self.new.insert(plan.steps[*i].address.clone(), live.clone());
                self.made.insert(*i, live);
            }
            Event::Undone(i, Some(l)) => drop(self.old.insert(plan.steps[*i].address.clone(), Rc::new(l.clone()))),
            _ => {}
        }
    }

    /// What the references of a step mean, and nothing more.
    fn links(&self, plan: &Plan, action: Action) -> Links {
        let (Action::Do(i) | Action::Settle(i) | Action::Undo(i)) = action;
        let from = if matches!(action, Action::Undo(_)) { &self.old } else { &self.new };
        let named = match (&plan.steps[i].act, action) {
            (Act::Create { object }, _) => refs(object),
            (Act::Update { live, .. }, Action::Undo(_)) | (Act::Delete { live }, _) => refs(&live.object),
            (Act::Update { object, .. }, _) => refs(object),
        };
        Links(named.into_iter().filter_map(|a| from.get(&a).map(|l| (a, Live::clone(l)))).collect())
    }

    fn made(&self, action: Action) -> Option<Live> {
        match action {
            Action::Undo(i) => self.made.get(&i).map(|l| Live::clone(l)),
            _ => None,
        }
    }
}

async fn perform<C: Cloud>(action: Action, plan: &Plan, settings: &Settings, cloud: &C, links: Links, made: Option<Live>) -> Event {
    let (Action::Do(i) | Action::Settle(i) | Action::Undo(i)) = action;
    let step = &plan.steps[i];
    let (Act::Create { object } | Act::Update { object, .. } | Act::Delete { live: Live { object, .. } }) = &step.act;
    let stamp =
        Stamp { stack: plan.stack.clone(), address: step.address.clone(), run: settings.run.clone(), step: i, digest: digest(object) };
    match action {
        Action::Do(_) => match forward(&step.act, cloud, &links, &stamp).await {
            Ok(live) => Event::Done(i, live),
            Err(e) => Event::Failed(i, e),
        },
        Action::Settle(_) => match settle(&step.act, settings, cloud, &links, &stamp).await {
            Ok((live, found)) => Event::Settled(i, live, found),
            Err(e) => Event::Unsettled(i, e),
        },
        Action::Undo(_) => match undo(&step.act, step.undo, cloud, &links, &stamp, made).await {
            Ok(live) => Event::Undone(i, live),
            Err(e) => Event::UndoFailed(i, e),
        },
    }
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

/// A creation is recognised by its stamp, an update by what was and what should be, a deletion by absence.
fn look(act: &Act, all: Vec<Live>, links: &Links, stamp: &Stamp) -> (Option<Live>, Found) {
    match act {
        Act::Delete { live } => match all.into_iter().find(|l| l.id == live.id) {
            None => (None, Found::Whole),
            Some(l) if l.points == live.points && same(&l, live) => (None, Found::Nothing),
            Some(l) => (Some(l), Found::Partial),
        },
        Act::Create { object } => match all.into_iter().find(|l| l.stamp.run == stamp.run && l.stamp.step == stamp.step) {
            None => (None, Found::Nothing),
            Some(l) if is(&l, object, links) => (Some(l), Found::Whole),
            Some(l) => (Some(l), Found::Partial),
        },
        Act::Update { live, object } => match all.into_iter().find(|l| l.id == live.id) {
            None => (None, Found::Nothing),
            Some(l) if is(&l, object, links) && l.stamp.address == stamp.address => (Some(l), Found::Whole),
            Some(l) if l.points == live.points && same(&l, live) => (None, Found::Nothing),
            Some(l) => (Some(l), Found::Partial),
        },
    }
}

async fn undo<C: Cloud>(
    act: &Act,
    undo: Undo,
    cloud: &C,
    links: &Links,
    stamp: &Stamp,
    made: Option<Live>,
) -> Result<Option<Live>, CloudError> {
    match (act, undo, made) {
        (_, Undo::Delete, Some(made)) => cloud.delete(&made).await.map(|()| None),
        (Act::Update { live, .. }, Undo::Restore, Some(made)) => cloud.update(&made, &live.object, links, &live.stamp).await.map(Some),
        // It was only taken apart.
        (Act::Delete { live }, Undo::Recreate, Some(rest)) => cloud.update(&rest, &live.object, links, &live.stamp).await.map(Some),
        (Act::Delete { live }, Undo::Recreate, None) => {
            // An earlier life of this run may have done it already.
            let all = cloud.list(stamp.address.kind, &stamp.stack).await?;
            match all.into_iter().find(|l| l.stamp.run == stamp.run && l.stamp.step == stamp.step) {
                Some(l) => Ok(Some(l)),
                // Under the address it had: a rename is taken back with all else.
                None => {
                    let stamp = Stamp { address: live.stamp.address.clone(), ..stamp.clone() };
                    cloud.create(&live.object, links, &stamp).await.map(Some)
                }
            }
        }
        (_, undo, _) => Err(CloudError::bug(format!("{undo:?} has nothing to go by"))),
    }
}

/// What was wanted, pointing where it should.
fn is(live: &Live, want: &Object, links: &Links) -> bool {
    let outputs = |a: &Address, attr: &str| links.output(a, attr).ok();
    let read = crate::kinds::map_refs(&live.object, &|a| links.0.iter().find(|(_, l)| l.id == a.name).map(|(a, _)| a.name.clone()));
    diff(Some(&read), Some(want), &Context { outputs: &outputs, ..Context::still() }).is_empty()
}

/// Two readings of one object.
fn same(now: &Live, before: &Live) -> bool {
    let pointers = |a: &Address| Some(a.kind.label().to_owned());
    let (now, before) = (crate::kinds::map_refs(&now.object, &pointers), crate::kinds::map_refs(&before.object, &pointers));
    diff(Some(&now), Some(&before), &Context::still()).is_empty()
}
