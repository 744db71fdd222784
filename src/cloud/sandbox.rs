//! A whole cloud in a map: the newcomer's default and the world of the laws.
//!
//! Stricter than any emulator: pointers must lead to what exists, objects in use can't be deleted, blocks must fit and not overlap,
//! exclusive names are exclusive, attributes that force a replacement can't be changed, states take (scaled) time, reads lag behind writes.
mod call;
mod content;
mod file;
mod health;
mod index;
mod late;
mod logs;
mod notes;
mod offers;
mod past;
mod state;
mod traffic;
mod webhook;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Cloud, Neighbours, Observe, zones};
use crate::kinds::metric_alarm::Standing;
use crate::kinds::{Call, Fact, Gate, Kind, Links, Live, Object, Question, Seen, Sign, Stamp};
use crate::model::{Moment, digest};
use crate::wire::policy::{Policy, Repeat};
use crate::wire::{Class, CloudError, Identity, Service, Zone};

use call::{key, typical};
use file::File;
pub use health::METRIC;
use state::{State, unchangeable};
pub use webhook::Webhook;

/// Some of the ranges that Cloudflare publishes.
const RANGES: &[&str] = &["103.21.244.0/22", "104.16.0.0/13", "162.158.0.0/15", "172.64.0.0/13", "173.245.48.0/20", "198.41.128.0/17"];

/// What goes wrong with one mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Refused; nothing happened.
    Refused,
    /// It happened; the answer was lost.
    Lost,
    /// It happened; the answer was lost, and the same request, sent again, was refused.
    Doubtful,
    /// Refused, as everything is from then on: the credentials have ended.
    Expired,
    /// The first request of the verb happened, the others did not.
    Half,
    /// "Slow down" so many times, then fine.
    Throttled(u32),
    /// It takes ten times as long as usual.
    Slow,
    /// It happened, the answer was lost, and for twice the usual time no list shows it.
    Stale,
}

/// How the sandbox behaves in time.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// What the kinds' typical durations are multiplied with.
    pub scale: f64,
    /// The longest of the seeded latencies before an effect.
    pub latency: Duration,
    /// The longest time for which a list may not show a write.
    pub lag: Duration,
    pub seed: u64,
}

impl Pace {
    /// Everything at once: for benchmarks.
    pub const INSTANT: Pace = Pace { scale: 0.0, latency: Duration::ZERO, lag: Duration::ZERO, seed: 0 };
    /// The command line's: what takes ten minutes takes three seconds.
    pub const DEMO: Pace = Pace { scale: 0.005, latency: Duration::from_millis(20), lag: Duration::ZERO, seed: 0 };
}

/// The embedded cloud.
pub struct Sandbox {
    pub policy: Policy,
    region: String,
    pace: Pace,
    state: RefCell<State>,
}

impl Sandbox {
    /// An empty cloud in memory.
    pub fn new(region: &str, pace: Pace, policy: Policy) -> Self {
        let state = State { rng: fastrand::Rng::with_seed(pace.seed), region: region.into(), ..State::default() };
        Sandbox { policy, region: region.into(), pace, state: RefCell::new(state) }
    }

    /// A cloud kept in a file, which is made when it is missing.
    pub fn open(path: &Path, region: &str, pace: Pace, policy: Policy) -> io::Result<Self> {
        let sandbox = Sandbox::new(region, pace, policy);
        let mut state = sandbox.state.borrow_mut();
        state.file = Some(File::open(path)?);
        state.catch_up()?;
        drop(state);
        Ok(sandbox)
    }

    /// The same objects and notes in a cloud of their own, in memory, with latencies drawn from another seed. Nothing lags there yet.
    pub fn copy(&self, seed: u64, policy: Policy) -> Sandbox {
        let copy = Sandbox::new(&self.region, Pace { seed, ..self.pace }, policy);
        let (from, mut to) = (self.state.borrow(), copy.state.borrow_mut());
        from.objects.values().cloned().for_each(|live| to.keep(live));
        to.notes.clone_from(&from.notes);
        to.abroad.clone_from(&from.abroad);
        to.filled.clone_from(&from.filled);
        to.serial = from.serial;
        drop(to);
        copy
    }

    /// Fails the `n`th mutation from now, counting from zero.
    pub fn fail(&self, n: u64, fault: Fault) {
        let mut state = self.state.borrow_mut();
        let at = state.mutations + n;
        state.faults.insert(at, fault);
    }

    /// Takes back all faults that have not struck yet.
    pub fn heal(&self) {
        let mut state = self.state.borrow_mut();
        state.faults.clear();
        state.expired = false;
    }

    /// Mutating requests so far.
    pub fn mutations(&self) -> u64 {
        self.state.borrow().mutations
    }

    /// List requests so far.
    pub fn lists(&self) -> u64 {
        self.state.borrow().lists
    }

    /// Everything that exists, whoever owns it.
    pub fn objects(&self) -> Vec<Live> {
        self.state.borrow().objects.values().cloned().collect()
    }

    /// Puts an object there behind everybody's back: drift, or something foreign.
    pub fn put(&self, live: Live) -> io::Result<()> {
        self.state.borrow_mut().alone(|state| state.put(live))?
    }

    /// Takes an object away behind everybody's back, in use or not.
    pub fn remove(&self, kind: Kind, id: &str) -> io::Result<()> {
        self.state.borrow_mut().alone(|state| state.remove(&(kind, id.to_owned())))?
    }

    async fn latency(&self) {
        let most = self.pace.latency.as_micros() as u64;
        if most > 0 {
            let pause = self.state.borrow_mut().rng.u64(0..=most);
            sleep(Duration::from_micros(pause)).await;
        }
    }

    async fn settle(&self, typical: Duration) -> Result<(), CloudError> {
        if self.pace.scale > 0.0 {
            let what = "its state to settle";
            let _waiting = self.policy.waiting(what);
            self.policy.dwell(what, typical.mul_f64(self.pace.scale)).await?;
        }
        Ok(())
    }

    /// One mutation: latency, the fault that is due, the effect, then the time the state takes.
    async fn mutate<T>(
        &self,
        service: Service,
        typical: Duration,
        effect: impl Fn(&mut State, bool) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let (slow, doubtful) = (Cell::new(false), Cell::new(false));
        let doubts = {
            let state = self.state.borrow();
            state.faults.get(&state.mutations) == Some(&Fault::Doubtful)
        };
        let repeat = if doubts { Repeat::Safe } else { Repeat::Unsafe };
        let once = async || {
            self.latency().await;
            let mut state = self.state.borrow_mut();
            let n = state.mutations;
            if doubtful.get() {
                return Err(CloudError::new(Class::Quota, "LimitExceeded", "the first attempt has reached the quota"));
            }
            if let Some(Fault::Throttled(times)) = state.faults.get_mut(&n).filter(|f| matches!(f, Fault::Throttled(1..))) {
                *times -= 1;
                return Err(CloudError::new(Class::Throttled, "Throttling", "slow down"));
            }
            let fault = state.faults.remove(&n);
            state.expired |= fault == Some(Fault::Expired);
            state.admitted()?;
            state.mutations += 1;
            let lost = || Err(CloudError::new(Class::Ambiguous, "RequestTimeout", format!("the answer to mutation {n} was lost")));
            state.late = fault == Some(Fault::Stale);
            if fault == Some(Fault::Slow) {
                slow.set(true);
            }
            let happened = state.alone(|state| match fault {
                Some(Fault::Refused) => Err(CloudError::new(Class::Invalid, "Refused", format!("fault injected at mutation {n}"))),
                _ => effect(state, fault == Some(Fault::Half)),
            });
            match fault {
                Some(Fault::Doubtful) => happened.map_err(broken)?.and_then(|_| {
                    doubtful.set(true);
                    Err(CloudError::new(Class::Transient, "RequestTimeout", format!("the answer to mutation {n} was lost")))
                }),
                Some(Fault::Half | Fault::Lost | Fault::Stale) => happened.map_err(broken)?.and_then(|_| lost()),
                _ => happened.map_err(broken)?,
            }
        };
        let out = self.policy.request(service, repeat, once).await?;
        self.settle(if slow.get() { typical * 10 } else { typical }).await?;
        Ok(out)
    }
}

impl Observe for Sandbox {
    async fn identity(&self) -> Result<Identity, CloudError> {
        Ok(Identity { account: "123456789012".into(), region: self.region.clone() })
    }

    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        Ok(RANGES.iter().map(|r| (*r).to_owned()).collect())
    }

    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        Ok(Zone { id: digest(&zone)[..32].into(), name: zone.into(), plan: "pro".into(), account: String::new(), place: String::new() })
    }

    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        Ok(zones::of_sandbox(&self.region))
    }

    async fn offers(&self, question: &Question) -> Result<Option<Fact>, CloudError> {
        self.state.borrow().admitted()?;
        Ok(offers::of(question, &self.region))
    }

    async fn health(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        self.fares(live)
    }

    async fn look_at(&self, gate: &Gate, links: &Links, _since: Moment) -> Result<Seen, CloudError> {
        self.traffic(gate, links)
    }

    async fn alarms(&self, stack: &str) -> Result<Vec<Standing>, CloudError> {
        self.standing(stack)
    }

    async fn neighbours(&self, stack: &str) -> Result<Neighbours, CloudError> {
        Ok(self.state.borrow().neighbours(stack))
    }

    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        let mut state = self.state.borrow_mut();
        state.admitted()?;
        state.lists += 1;
        state.catch_up().map_err(broken)?;
        let now = Instant::now();
        state.stale.retain(|_, (until, _)| *until > now);
        let range = (kind, String::new())..;
        let current = state.objects.range(range).take_while(|((k, _), _)| *k == kind).map(|(_, l)| l);
        let ours = |l: &Live| kind.shared() || l.stamp.stack == stack;
        let mut seen: BTreeMap<&str, &Live> = current.filter(|l| ours(l)).map(|l| (l.id.as_str(), l)).collect();
        for ((k, id), (_, old)) in &state.stale {
            match old.as_ref().filter(|_| *k == kind) {
                Some(old) if ours(old) => drop(seen.insert(id, old)),
                None if *k == kind => drop(seen.remove(id.as_str())),
                _ => {}
            }
        }
        Ok(seen.into_values().map(|live| state.shown(live, self.pace.scale)).collect())
    }
}

impl Cloud for Sandbox {
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let call = Call::Create { want, links, stamp: stamp.clone() };
        self.one(&call).await?.ok_or_else(|| CloudError::bug("a creation without an object"))
    }

    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let call = Call::Update { live, want, links, stamp: stamp.clone() };
        self.one(&call).await?.ok_or_else(|| CloudError::bug("an update without an object"))
    }

    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        self.one(&Call::Delete { live }).await.map(drop)
    }

    /// One mutation, all of it or nothing: half of it never shows.
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        let Some(first) = calls.first() else { return vec![] };
        let typical = calls.iter().map(typical).max().unwrap_or_default();
        let all = |state: &mut State, _half: bool| {
            let mut done = vec![];
            let mut before = vec![];
            for call in &calls {
                let key = key(call);
                let old = key.as_ref().and_then(|k| state.objects.get(k).cloned());
                match self.effect(state, call, false) {
                    Ok(live) => {
                        let key = key.or(live.as_ref().map(|l| (l.object.kind(), l.id.clone())));
                        before.extend(key.map(|k| (k, old)));
                        done.push(live);
                    }
                    Err(e) => {
                        for (key, old) in before.into_iter().rev() {
                            match old {
                                Some(old) => state.put(old).map_err(broken)?,
                                None => state.remove(&key).map_err(broken)?,
                            }
                        }
                        return Err(e);
                    }
                }
            }
            Ok(done)
        };
        match self.mutate(first.kind().service(), typical, all).await {
            Ok(done) => done.into_iter().map(Ok).collect(),
            Err(e) => calls.iter().map(|_| Err(e.clone())).collect(),
        }
    }
}

impl Sandbox {
    /// One mutation.
    async fn one(&self, call: &Call<'_>) -> Result<Option<Live>, CloudError> {
        self.mutate(call.kind().service(), typical(call), |state, half| self.effect(state, call, half)).await
    }

    /// What a call does to the world.
    fn effect(&self, state: &mut State, call: &Call<'_>, half: bool) -> Result<Option<Live>, CloudError> {
        match call {
            Call::Create { want, links, stamp } => {
                let serial = state.serial + 1;
                let id = format!("{}-{serial:06}", want.kind().label().replace('_', "-"));
                let live = state.written(&id, want, links, stamp, half)?;
                state.admit(&live)?;
                state.offers(None, &live, &self.region)?;
                state.serial = serial;
                self.write(state, live.clone())?;
                Ok(Some(live))
            }
            Call::Update { live, want, links, stamp } => {
                let key = (want.kind(), live.id.clone());
                let old = state.objects.get(&key).cloned().ok_or_else(|| CloudError::new(Class::NotFound, "NotFound", &live.id))?;
                let mut now = state.written(&live.id, want, links, stamp, half)?;
                now.stamp = old.stamp.renewed(stamp);
                now.object = unchangeable(&old.object, now.object)?;
                state.lets(&old, &now)?;
                traffic::taken_back(state, &old, want, stamp)?;
                state.past.admit(&live.id, &old.object, &now.object, self.pace.scale)?;
                state.admit(&now)?;
                state.offers(Some(&old.object), &now, &self.region)?;
                state.past.note(&live.id, &old.object, &now.object);
                self.write(state, now.clone())?;
                Ok(Some(now))
            }
            Call::Delete { live } => {
                let key = (live.object.kind(), live.id.clone());
                if half || !state.objects.contains_key(&key) {
                    return Ok(None); // nothing of a deletion in this world shows before it is done
                }
                state.releases(&live.id)?;
                let (until, old) = (self.lag(state), state.objects.get(&key).cloned());
                state.stale.insert(key.clone(), (until, old));
                state.remove(&key).map_err(broken)?;
                Ok(None)
            }
        }
    }
}

fn broken(e: io::Error) -> CloudError {
    CloudError::new(Class::Bug, "SandboxFile", e.to_string())
}
