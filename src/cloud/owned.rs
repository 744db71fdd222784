//! The gate before every verb that changes or takes away: the object that has this id now bears the stamp of the run's own stack. It holds for a plan
//! that was made a minute ago, and for one that was found in notes or a journal.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::{Cloud, Observe};
use crate::kinds::{Call, Fact, Gate, Kind, Links, Live, Object, Question, Seen, Stamp};
use crate::model::Moment;
use crate::visible::visible;
use crate::wire::{Class, CloudError, Identity, Zone};

/// A look at a kind serves so long for the next object of it.
const FRESH: Duration = Duration::from_secs(5);

/// A cloud in which nothing is changed or deleted but what one stack owns.
pub struct Owned<'c, C> {
    cloud: &'c C,
    stack: &'c str,
    /// The stack's identity; empty where it has none.
    identity: &'c str,
    /// For how long "nothing there" must stay true before it is believed.
    quiet: Duration,
    seen: BTreeMap<Kind, Mutex<Option<Look>>>,
    /// What was made or changed through this gate: a list may not show it yet.
    made: RefCell<BTreeSet<(Kind, String)>>,
}

/// What a list has shown of a kind: the stamp of each object, by id.
struct Look {
    at: Instant,
    stamps: BTreeMap<String, Stamp>,
}

/// What the gate has found.
enum Standing {
    Ours,
    /// No object of the stack has the id.
    Absent,
}

impl<'c, C: Cloud> Owned<'c, C> {
    pub fn new(cloud: &'c C, (stack, identity): (&'c str, &'c str), quiet: Duration) -> Self {
        let seen = Kind::ALL.iter().map(|kind| (*kind, Mutex::new(None))).collect();
        Owned { cloud, stack, identity, quiet, seen, made: RefCell::default() }
    }

    /// Whether the object may be touched; an error when it is another's.
    async fn standing(&self, live: &Live) -> Result<Standing, CloudError> {
        if live.stamp.stack != self.stack {
            return Err(foreign(live, "the run takes it for one of another stack's"));
        }
        let kind = live.object.kind();
        let made = self.made.borrow().contains(&(kind, live.id.clone()));
        let started = Instant::now();
        let (mut pause, mut young) = (self.quiet / 20, true);
        loop {
            match self.stamp(live, young).await? {
                Some(now) if now.stack != self.stack => return Err(foreign(live, "it bears another's stamp, or none")),
                Some(now) if now.namesake(self.identity) => {
                    return Err(foreign(
                        live,
                        &format!("it is of another stack of this name, whose identity is {}", visible(&now.identity)),
                    ));
                }
                Some(now) if !same(&now, &live.stamp) => return Err(foreign(live, "it was made by another step than the run says")),
                Some(_) => return Ok(Standing::Ours),
                None if made => return Ok(Standing::Ours),
                None if !young && started.elapsed() >= self.quiet => return Ok(Standing::Absent),
                None if young => young = false,
                None => {
                    sleep(pause).await;
                    pause *= 2;
                }
            }
        }
    }

    /// The stamp that the object bears now. A `young` look may serve again.
    async fn stamp(&self, live: &Live, young: bool) -> Result<Option<Stamp>, CloudError> {
        let kind = live.object.kind();
        let Some(seen) = self.seen.get(&kind) else { return Ok(None) };
        let mut seen = seen.lock().await;
        if let Some(look) = seen.as_ref().filter(|look| young && look.at.elapsed() < FRESH) {
            return Ok(look.stamps.get(&live.id).cloned());
        }
        let at = Instant::now();
        let all = self.cloud.list(kind, self.stack).await?;
        let stamps: BTreeMap<String, Stamp> = all.into_iter().map(|l| (l.id, l.stamp)).collect();
        let now = stamps.get(&live.id).cloned();
        *seen = Some(Look { at, stamps });
        Ok(now)
    }

    fn note(&self, live: &Live) {
        self.made.borrow_mut().insert((live.object.kind(), live.id.clone()));
    }

    fn noted(&self, done: Result<Live, CloudError>) -> Result<Live, CloudError> {
        done.inspect(|live| self.note(live))
    }
}

/// Whether two stamps were made by one step. A kind that can't keep both says nothing of them.
fn same(now: &Stamp, then: &Stamp) -> bool {
    let unsaid = |stamp: &Stamp| stamp.run.is_empty();
    unsaid(now) || unsaid(then) || (&now.run, now.step) == (&then.run, then.step)
}

fn foreign(live: &Live, why: &str) -> CloudError {
    CloudError::new(Class::Invalid, "NotOurs", format!("{} {} is left alone: {why}", live.object.kind().label(), live.id))
}

fn absent(live: &Live) -> CloudError {
    CloudError::new(Class::NotFound, "NotFound", format!("the stack has no {} {}", live.object.kind().label(), live.id))
}

impl<C: Cloud> Observe for Owned<'_, C> {
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.cloud.identity().await
    }
    async fn look_at(&self, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError> {
        self.cloud.look_at(gate, links, since).await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        self.cloud.list(kind, stack).await
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.cloud.edge_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.cloud.about_zone(zone).await
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        self.cloud.availability_zones().await
    }
    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError> {
        self.cloud.offers(question).await
    }
}

impl<C: Cloud> Cloud for Owned<'_, C> {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.noted(self.cloud.create(want, links, stamp).await)
    }

    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        match self.standing(live).await? {
            Standing::Ours => self.noted(self.cloud.update(live, want, links, stamp).await),
            Standing::Absent => Err(absent(live)),
        }
    }

    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        match self.standing(live).await? {
            Standing::Ours => self.cloud.delete(live).await,
            Standing::Absent => Ok(()),
        }
    }

    /// All of them or none: one that is another's refuses its neighbours with it.
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        for call in &calls {
            let refused = match call {
                Call::Create { .. } => continue,
                Call::Update { live, .. } => match self.standing(live).await {
                    Ok(Standing::Ours) => continue,
                    Ok(Standing::Absent) => absent(live),
                    Err(e) => e,
                },
                Call::Delete { live } => match self.standing(live).await {
                    Ok(_) => continue,
                    Err(e) => e,
                },
            };
            return calls.iter().map(|_| Err(refused.clone())).collect();
        }
        let done = self.cloud.batch(calls).await;
        done.iter().filter_map(|d| d.as_ref().ok()?.as_ref()).for_each(|live| self.note(live));
        done
    }
}
