//! A process that dies at any moment, and the one that goes on: with the journal, with what the cloud noted, or with neither.
mod adversary;
mod kept;
pub mod kills;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use infra::cloud::lease::Holder;
use infra::cloud::{Cloud, Observe, Sandbox};
use infra::kinds::{Call, Kind, Links, Live, Object, Stamp};
use infra::model::Moment;
use infra::plan::Plan;
use infra::run::drive::{Sink, Stop, drive};
use infra::run::journal::{FORMAT, Header};
use infra::run::recover::look_back;
use infra::run::{Direction, Event, Outcome, Run, intent};
use infra::stack::Stack;
use infra::wire::{CloudError, Identity, Notes, Zone};
use tokio::sync::Notify;

use super::faults::{check, name};
use super::world::{Case, Way, settings};

/// Where a process dies: at its `at`th record, before it is written or after.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub at: usize,
    pub before: bool,
}

/// How a life ended.
#[derive(Debug, PartialEq)]
pub enum Life {
    Over(Outcome),
    Killed,
}

/// Record a process that dies leaves to the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Left {
    Journal,
    /// Record the cloud noted before the first effect, and the stamps.
    Notes,
}

/// A cloud whose requests go on when the process that sent them has died.
struct Haunted(Rc<Sandbox>);

impl Haunted {
    async fn send<T: 'static>(&self, request: impl Future<Output = Result<T, CloudError>> + 'static) -> Result<T, CloudError> {
        tokio::task::spawn_local(request).await.unwrap()
    }
}

impl Observe for Haunted {
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.0.edge_ranges().await
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        self.0.availability_zones().await
    }
    async fn look_at(&self, gate: &infra::kinds::Gate, links: &Links, since: Moment) -> Result<infra::kinds::Seen, CloudError> {
        self.0.look_at(gate, links, since).await
    }
    async fn offers(&self, question: &infra::kinds::Question) -> Result<Option<infra::kinds::Fact>, CloudError> {
        self.0.offers(question).await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.0.about_zone(zone).await
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.0.identity().await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        self.0.list(kind, stack).await
    }
}

/// A call that outlives whoever sends it.
enum Owned {
    Create(Object, Links, Stamp),
    Update(Box<Live>, Object, Links, Stamp),
    Delete(Live),
}

impl Owned {
    fn of(call: Call<'_>) -> Owned {
        match call {
            Call::Create { want, links, stamp } => Owned::Create(want.clone(), links.clone(), stamp),
            Call::Update { live, want, links, stamp } => Owned::Update(Box::new(live.clone()), want.clone(), links.clone(), stamp),
            Call::Delete { live } => Owned::Delete(live.clone()),
        }
    }

    fn call(&self) -> Call<'_> {
        match self {
            Owned::Create(want, links, stamp) => Call::Create { want, links, stamp: stamp.clone() },
            Owned::Update(live, want, links, stamp) => Call::Update { live, want, links, stamp: stamp.clone() },
            Owned::Delete(live) => Call::Delete { live },
        }
    }
}

impl Cloud for Haunted {
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        let (cloud, calls) = (self.0.clone(), calls.into_iter().map(Owned::of).collect::<Vec<_>>());
        tokio::task::spawn_local(async move { cloud.batch(calls.iter().map(Owned::call).collect()).await }).await.unwrap()
    }
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cloud, want, links, stamp) = (self.0.clone(), want.clone(), links.clone(), stamp.clone());
        self.send(async move { cloud.create(&want, &links, &stamp).await }).await
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cloud, live, want, links, stamp) = (self.0.clone(), live.clone(), want.clone(), links.clone(), stamp.clone());
        self.send(async move { cloud.update(&live, &want, &links, &stamp).await }).await
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        let (cloud, live) = (self.0.clone(), live.clone());
        self.send(async move { cloud.delete(&live).await }).await
    }
}

/// A journal that its process doesn't survive.
struct Mortal<'a> {
    journal: &'a RefCell<Vec<Event>>,
    records: usize,
    kill: Option<Kill>,
    killed: &'a Notify,
}

impl Sink for Mortal<'_> {
    fn event(&mut self, _: &Plan, event: &Event) -> std::io::Result<()> {
        let dies = self.kill.is_some_and(|k| k.at == self.records);
        self.records += 1;
        if !(dies && self.kill.is_some_and(|k| k.before)) {
            self.journal.borrow_mut().push(event.clone());
        }
        if dies {
            self.killed.notify_one();
            return Err(std::io::Error::other("killed"));
        }
        Ok(())
    }
}

/// One process works on a run, from what the journal says so far, until the run is over or it is killed. With `haunted` its last requests
/// arrive all the same.
pub async fn live(
    cloud: &Rc<Sandbox>,
    plan: &Plan,
    id: &str,
    journal: &RefCell<Vec<Event>>,
    resume: Option<Direction>,
    kill: Option<Kill>,
    haunted: bool,
) -> Life {
    let killed = Notify::new();
    let history = journal.borrow().clone();
    let mut run = Run::replay(plan, &history).unwrap_or_else(|e| panic!("{e:?} {history:#?}"));
    if let Some(way) = resume {
        journal.borrow_mut().push(Event::Resumed(way));
        run.apply(&Event::Resumed(way)).unwrap();
    }
    let (settings, never) = (settings(id), &mut std::future::pending::<Stop>);
    let mut sink = Mortal { journal, records: 0, kill, killed: &killed };
    let work = async {
        match haunted {
            true => drive(&mut run, &settings, &Haunted(cloud.clone()), &mut sink, &history, never).await,
            false => drive(&mut run, &settings, &**cloud, &mut sink, &history, never).await,
        }
    };
    tokio::select! {
        biased;
        () = killed.notified() => Life::Killed,
        outcome = work => match outcome.unwrap() {
            Outcome::Unfinished(_) if kill.is_some() => Life::Killed,
            outcome => Life::Over(outcome),
        },
    }
}

pub fn header(plan: &Plan, id: &str) -> Header {
    Header {
        format: FORMAT,
        infra: "0".into(),
        run: id.into(),
        life: 1,
        stack: plan.stack.clone(),
        command: "apply".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        spec: String::new(),
        holder: Holder { user: "ana".into(), host: "laptop".into(), pid: 1, process: None, job: None, mark: None },
        started: Moment(std::time::UNIX_EPOCH),
        plan: plan.clone(),
    }
}

/// The run as the next process knows it: its plan, and what happened.
pub async fn inherit(cloud: &Rc<Sandbox>, plan: &Plan, id: &str, journal: &RefCell<Vec<Event>>, left: Left) -> (Plan, Vec<Event>) {
    match left {
        // Nothing of a program's secrets is left in a journal.
        Left::Journal => {
            let text = serde_json::to_string(&(plan, &*journal.borrow())).unwrap();
            serde_json::from_str(&text).unwrap()
        }
        Left::Notes => {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let notes = cloud.notes(&plan.stack).await.unwrap();
            let told = intent::read(&plan.stack, &notes).unwrap().unwrap();
            let header = intent::header(&plan.stack, &notes, &told).unwrap();
            let events = look_back(&header.plan, id, &**cloud).await.unwrap();
            (header.plan, events)
        }
    }
}

/// Recovers a run whose process has died, whatever way is open.
pub async fn recover(
    cloud: &Rc<Sandbox>,
    plan: &Plan,
    id: &str,
    journal: &RefCell<Vec<Event>>,
    left: Left,
    kill: Option<Kill>,
) -> (Life, Direction) {
    let (plan, events) = inherit(cloud, plan, id, journal, left).await;
    let way = Run::replay(&plan, &events).unwrap_or_else(|e| panic!("{e:?} {events:#?}")).way();
    journal.replace(events);
    (live(cloud, &plan, id, journal, Some(way), kill, false).await, way)
}

/// Tells the cloud what a run is about to do, as it is told before the first effect.
pub async fn note(case: &Case) {
    intent::write(&*case.cloud, &header(&case.plan, "r1"), 1).await.unwrap();
}

/// A way whose runs have told what they are about to do.
async fn noted(way: (&str, &str, usize)) -> Way {
    let way = Way::open(way).await;
    for case in &way.cases {
        note(case).await;
    }
    way
}

/// How often runs ended how.
type Ends = BTreeMap<&'static str, usize>;

async fn checked(case: &Case, to: &Stack, life: Life, journal: &RefCell<Vec<Event>>, tag: &str, ends: &mut Ends) {
    let Life::Over(outcome) = life else { panic!("{tag}: it died again") };
    let events = journal.borrow().clone();
    check(case, to, &outcome, &format!("{tag}: {outcome:?}"), &events).await;
    *ends.entry(name(&outcome)).or_default() += 1;
}
