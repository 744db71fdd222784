//! One writer per stack: a lease with holder, heartbeat and expiry, kept in the cloud's notes.
//!
//! A lease is a numbered note, `STACK/lease/N`; the highest number rules. It is taken by creating the next number, which only one of several
//! writers can do, and every later write of a holder is to its own number, so nobody can ever overwrite another's lease.
//! A holder beats; one that could not renew its lease for [`Terms::valid`] sends nothing more and renews nothing more. Another takes its place only after
//! it has watched the lease for [`Terms::expiry`] and has seen no change: life is told by change alone, never by the other's clock. When a holder says
//! that it was heard of is a hint whether watching is worth it, and nothing else.
mod holder;
mod names;
mod others;
mod wish;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

use crate::model::Moment;
use crate::wire::aws::ATTEMPT;
use crate::wire::notes::{Key, Notes};
use crate::wire::policy::Policy;
use crate::wire::{Class, CloudError};

pub use holder::{Holder, Mark};
use names::{folder, latest, name, next, numbered, revoked};
pub use names::{newest, strays};
pub use others::{ask, unlock, until_over};
pub use wish::{AtGate, Headway, Wish, Wishes};

/// What a lease says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub holder: Holder,
    /// `apply`, `destroy`, `recover`.
    pub command: String,
    /// The run, once there is one.
    pub run: Option<String>,
    pub taken: Moment,
    /// The last sign of life.
    pub beat: Moment,
    /// Steps whose effect stands, and steps in all.
    pub done: usize,
    pub of: usize,
    /// The gates that it stands at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<AtGate>,
    /// How it ended; `None` while it is held.
    pub ended: Option<String>,
}

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Between two signs of life.
    pub beat: Duration,
    /// So long after its last sign of life a holder may still send requests.
    pub valid: Duration,
    /// So long may a request be under way that was sent at the last moment.
    pub request: Duration,
    pub clock: fn() -> SystemTime,
}

impl Terms {
    pub const CLOUD: Terms =
        Terms { beat: Duration::from_secs(10), valid: Duration::from_secs(45), request: ATTEMPT, clock: SystemTime::now };
    /// The sandbox is near, and its runs are short.
    pub const SANDBOX: Terms =
        Terms { beat: Duration::from_secs(1), valid: Duration::from_secs(8), request: Duration::from_secs(4), clock: SystemTime::now };

    /// So long must a lease say the same, as one watches it by one's own clock, before its holder is taken for dead. A sign of life that gives
    /// permission arrives within [`Terms::valid`], and what is permitted last ends within another [`Terms::valid`] or [`Terms::request`].
    pub fn expiry(&self) -> Duration {
        self.valid + self.valid.max(self.request)
    }
}

/// A clock that is further ahead than this is not ours.
const AHEAD: Duration = Duration::from_secs(300);

/// How things stand with a stack's lease.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    Free,
    /// By its holder's clock it has given a sign of life lately.
    Alive(Lease),
    /// By its holder's clock its last sign of life is long ago, or far ahead: whether it lives is only known to who watches.
    Silent(Lease),
    /// Its process ran on this machine and is gone.
    Dead(Lease),
    /// Something stands there that this version can't read.
    Unreadable,
}

/// How things stand, as one look at the notes tells it.
pub fn standing(stack: &str, notes: &BTreeMap<String, String>, terms: &Terms) -> Standing {
    let now = (terms.clock)();
    match newest(stack, notes) {
        Some((_, Some(lease))) if lease.ended.is_some() => Standing::Free,
        Some((_, Some(lease))) if lease.holder.dead_here() => Standing::Dead(lease),
        Some((_, Some(lease))) if lease.beat.0 > now + AHEAD || lease.beat.age(now) > terms.expiry() => Standing::Silent(lease),
        Some((_, Some(lease))) => Standing::Alive(lease),
        Some((_, None)) => Standing::Unreadable,
        None => Standing::Free,
    }
}

/// What was seen of a lease, by a clock that is our own.
#[derive(Default)]
struct Watch {
    seen: Option<(u64, String, Instant)>,
    /// Whether it said something else meanwhile: then somebody lives.
    changed: bool,
}

impl Watch {
    /// For how long the newest lease had said the same when it was asked for, at `asked`.
    fn still(&mut self, (n, text): (u64, &str), asked: Instant) -> Duration {
        match &self.seen {
            Some((number, said, since)) if *number == n && said == text => asked.saturating_duration_since(*since),
            before => {
                self.changed |= before.is_some();
                self.seen = Some((n, text.into(), Instant::now()));
                Duration::ZERO
            }
        }
    }
}

/// A lease that is held.
pub struct Keeper<'c, C> {
    cloud: &'c C,
    policy: &'c Policy,
    stack: String,
    number: u64,
    pub lease: Lease,
    /// The one before, however it ended.
    pub before: Option<Lease>,
    /// What others ask of the run.
    pub wishes: Rc<Wishes>,
    /// The stack's key, once somebody approves.
    key: Option<Key>,
    terms: Terms,
    /// Every sign of life that was given, as it is written. Another one under our number is of a copy of this process.
    beats: BTreeSet<String>,
    /// Stays as long as the lease is held.
    _mark: Option<Mark>,
}

/// Why a lease is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Its holder lives.
    Living,
    /// Its holder has not been heard of, and is watched for so long before it is taken for dead.
    Silent(Duration),
}

/// Who wants a stack's lease.
pub struct Asks<'a> {
    pub stack: &'a str,
    pub command: &'a str,
    pub holder: Holder,
    pub terms: Terms,
    /// For how long a holder that lives is waited for.
    pub timeout: Duration,
    /// Hears, once, for whom and why it is waited.
    pub tell: &'a dyn Fn(&Lease, Waiting),
}

/// Takes a stack's lease, or says who holds it. A holder of whom nothing is heard is watched until it gives a sign of life or is dead by [`Terms::expiry`].
pub async fn take<'c, C: Notes>(cloud: &'c C, policy: &'c Policy, mut asks: Asks<'_>) -> Result<Result<Keeper<'c, C>, Lease>, CloudError> {
    let (stack, terms, started) = (asks.stack, asks.terms, Instant::now());
    let mut mark = Mark::leave(&mut asks.holder);
    let (mut watch, mut told) = (Watch::default(), None);
    loop {
        let asked = Instant::now();
        let seen = cloud.notes(&folder(stack)).await?;
        let still = latest(stack, &seen).map_or(Duration::ZERO, |lease| watch.still(lease, asked));
        let waiting = match standing(stack, &seen, &terms) {
            Standing::Unreadable => {
                let why = format!("the lease of {stack} can't be read by this version of infra; `infra unlock` takes it away");
                return Err(CloudError::new(Class::Invalid, "LeaseUnreadable", why));
            }
            Standing::Free | Standing::Dead(_) => None,
            Standing::Alive(_) | Standing::Silent(_) if still >= terms.expiry() => None,
            Standing::Alive(lease) => Some((lease, Waiting::Living)),
            Standing::Silent(lease) if watch.changed => Some((lease, Waiting::Living)),
            Standing::Silent(lease) => Some((lease, Waiting::Silent(terms.expiry()))),
        };
        let Some((lease, why)) = waiting else {
            if let Some((number, lease, before)) = claim(cloud, &asks, &seen).await? {
                let (stack, wishes, beats, _mark) = (stack.into(), Rc::default(), BTreeSet::new(), mark.take());
                let mut keeper = Keeper { cloud, policy, stack, number, lease, before, wishes, key: None, terms, beats, _mark };
                keeper.renewed(asked);
                return Ok(Ok(keeper));
            }
            continue;
        };
        let left = asks.timeout.saturating_sub(started.elapsed());
        if why == Waiting::Living && left.is_zero() {
            return Ok(Err(lease));
        }
        if told.replace(why) != Some(why) {
            (asks.tell)(&lease, why);
        }
        sleep(if why == Waiting::Living { left.min(Duration::from_secs(1)) } else { terms.beat / 2 }).await;
    }
}

/// Creates the next number. `None` when somebody else was faster.
async fn claim(
    cloud: &impl Notes,
    asks: &Asks<'_>,
    seen: &BTreeMap<String, String>,
) -> Result<Option<(u64, Lease, Option<Lease>)>, CloudError> {
    let newest = newest(asks.stack, seen);
    let number = next(asks.stack, newest.as_ref().map_or(0, |(n, _)| *n))?;
    let before = newest.and_then(|(_, lease)| lease);
    let now = Moment((asks.terms.clock)());
    let (holder, command, gates) = (asks.holder.clone(), asks.command.into(), vec![]);
    let lease = Lease { holder, command, run: None, taken: now, beat: now, done: 0, of: 0, gates, ended: None };
    let name = name(asks.stack, number);
    if !cloud.note_new(&name, &text(&lease)?).await? {
        return Ok(None);
    }
    // Whoever looked long ago may have created a number that is no longer the next one.
    let after = cloud.notes(&folder(asks.stack)).await?;
    if latest(asks.stack, &after).is_some_and(|(n, _)| n > number) {
        cloud.forget(&[name]).await?;
        return Ok(None);
    }
    forget_before(cloud, asks.stack, number, &after).await?;
    if let Some(before) = before.as_ref().filter(|b| b.holder.dead_here()) {
        before.holder.clear();
    }
    Ok(Some((number, lease, before)))
}

fn text(lease: &Lease) -> Result<String, CloudError> {
    serde_json::to_string(lease).map_err(|e| CloudError::bug(e.to_string()))
}

/// Removes the leases that a number has followed, with what belongs to them.
async fn forget_before(cloud: &impl Notes, stack: &str, number: u64, notes: &BTreeMap<String, String>) -> Result<(), CloudError> {
    let old = notes.keys().filter(|name| numbered(stack, name).is_some_and(|(n, _)| n < number));
    cloud.forget(&old.cloned().collect::<Vec<_>>()).await
}

impl<C: Notes> Keeper<'_, C> {
    /// Writes what the lease says now.
    async fn write(&self) -> Result<(), CloudError> {
        self.cloud.note(&name(&self.stack, self.number), &text(&self.lease)?).await
    }

    fn renewed(&mut self, started: Instant) {
        self.beats.insert(self.lease.beat.to_string());
        self.policy.permit(self.terms.valid.saturating_sub(started.elapsed()));
    }

    /// Keeps the lease until `ended`. A lease that was lost halts every request. `headway` tells how far the run has come.
    pub async fn keep(&mut self, ended: &SetOnce<()>, headway: impl Fn() -> Headway) {
        loop {
            tokio::select! {
                _ = ended.wait() => return,
                () = sleep(self.terms.beat) => {}
            }
            let now = headway();
            (self.lease.done, self.lease.of, self.lease.gates) = (now.done, now.of, now.gates());
            if let Err(lost) = self.beat().await {
                self.policy.halt(lost);
                return;
            }
        }
    }

    /// Keeps the lease while something else is done.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let ended = SetOnce::new();
        let work = async {
            let out = work.await;
            let _ = ended.set(());
            out
        };
        tokio::join!(work, self.keep(&ended, Headway::default)).0
    }

    /// One sign of life; an error when the lease is another's, or is to be. What can't be asked now is asked again at the next beat.
    async fn beat(&mut self) -> Result<(), CloudError> {
        let started = Instant::now();
        let lost = |why: String| Err(CloudError::new(Class::Ambiguous, "LeaseLost", why));
        // Whoever has watched it may be about to take it: a lease that has lapsed is not renewed.
        if self.policy.lapsed() {
            return lost("the lease could not be renewed in time, so another run may hold it".into());
        }
        let Ok(seen) = self.cloud.notes(&folder(&self.stack)).await else { return Ok(()) };
        match newest(&self.stack, &seen) {
            Some((n, other)) if n > self.number => {
                return lost(format!("the lease is held by {}", other.map_or("another run".into(), |l| l.holder.to_string())));
            }
            Some((n, Some(here))) if n == self.number && self.beats.contains(&here.beat.to_string()) => {}
            Some((n, Some(_))) if n == self.number => {
                return lost("another process writes this very lease: a copy of this machine".into());
            }
            _ => return lost("the lease was taken away".into()),
        }
        if let Some(by) = seen.get(&revoked(&self.stack, self.number)) {
            return lost(format!("{by} took the lease away"));
        }
        if self.key.is_none() && wish::approved(&self.stack, self.number, &seen) {
            // What can't be asked now is asked again at the next beat.
            self.key = self.cloud.key(&self.stack).await.ok().flatten();
        }
        if self.wishes.hear(&self.stack, self.number, &seen, self.key.as_ref()) {
            self.policy.leave();
        }
        self.lease.beat = Moment((self.terms.clock)());
        self.beats.insert(self.lease.beat.to_string());
        if self.write().await.is_ok() {
            self.renewed(started);
        }
        Ok(())
    }

    /// Notes what run the lease is for.
    pub async fn begin(&mut self, run: &str, of: usize) -> Result<(), CloudError> {
        (self.lease.run, self.lease.of) = (Some(run.into()), of);
        self.write().await
    }

    /// Whether the lease is still ours, and will be for the next few requests.
    pub async fn holds(&self) -> bool {
        let seen = if self.policy.lapsed() { return false } else { self.cloud.notes(&folder(&self.stack)).await };
        seen.is_ok_and(|seen| latest(&self.stack, &seen).is_some_and(|(n, _)| n == self.number))
    }

    /// Lets the lease go. How it ended stays to be read, until the next one is taken.
    pub async fn release(mut self, ended: &str, done: usize) -> Result<(), CloudError> {
        self.policy.release();
        self.lease.beat = Moment((self.terms.clock)());
        (self.lease.ended, self.lease.done, self.lease.gates) = (Some(ended.into()), done, vec![]);
        // A lease that could not be let go is known on this machine by its mark: nobody here need wait for it.
        let mark = self._mark.take();
        self.let_go().await.inspect_err(|_| std::mem::forget(mark))
    }

    async fn let_go(&mut self) -> Result<(), CloudError> {
        let seen = self.cloud.notes(&folder(&self.stack)).await?;
        if latest(&self.stack, &seen).is_some_and(|(n, _)| n != self.number) {
            return Ok(());
        }
        self.write().await
    }

    /// Lets the lease go and removes what else is noted of the stack. How it ended stays, so that the next lease has another number: the name of
    /// a parameter may not be used again right after it was deleted (`DeleteParameters`). The stack's identity and the [history](crate::run) of its runs
    /// stay, too: what is made under the name later is the same stack.
    pub async fn vanish(self, ended: &str, done: usize) -> Result<(), CloudError> {
        let all = self.cloud.notes(&self.stack).await?;
        let stays =
            |name: &String| ["/lease/", "/history/", "/identity"].iter().any(|kept| name.starts_with(&format!("{}{kept}", self.stack)));
        self.cloud.forget(&all.into_keys().filter(|name| !stays(name)).collect::<Vec<_>>()).await?;
        self.release(ended, done).await
    }
}
