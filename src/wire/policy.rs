//! The only retry, throttle, backoff, polling and deadline.
//!
//! | failure | sent again | for | waits |
//! |---|---|---|---|
//! | [`Class::Throttled`] | always | [`Policy::throttled`] | and for a token |
//! | [`Class::Transient`] of a safe request | while there are tokens | [`Policy::passing`] | |
//! | [`Class::Transient`] of a plain write | never: it becomes [`Class::Ambiguous`] | | |
//! | [`Class::Conflict`] | always | [`Policy::conflicts`] | |
//! | [`Class::NotFound`] of a plain write | always | a minute | |
//!
//! A look that only explains a failure ([`Repeat::Never`]) is not sent again at all.
//!
//! An attempt whose outcome is unknown taints the request: whatever refuses a later one, the first may have done its work. The error then
//! keeps the service's own class and code, for kinds to read what it says of what stands (`AlreadyExists`, `NotFound` of a deletion), and is
//! [tainted](CloudError::tainted); where it ends the verb, the run looks.
//!
//! Every wait is drawn with full jitter, and is as long as the service itself asks for (`Retry-After`) if that is longer. A service that
//! asks for more time than is left is not asked again.
mod lane;
mod leave;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use futures_util::future::{FutureExt, LocalBoxFuture};
use tokio::sync::{Notify, SetOnce};
use tokio::time::{Instant, sleep};

use super::{Class, CloudError};
use crate::wire::Service;
use lane::Lane;
pub use leave::LEAVABLE;

/// How long anything may take at least: what was just written may not be known everywhere before.
const SPREADS: Duration = Duration::from_secs(120);

/// How long an answer is tried for as long as nobody has ever answered: more likely the network or an address is wrong.
const UNHEARD: Duration = Duration::from_secs(15);

/// How long what was made a moment ago may be unknown to another part of its service.
const UNKNOWN: Duration = Duration::from_secs(60);

/// How long to wait for what usually takes `typical`: four times as long, since AWS's slow days are about twice and its large objects about
/// twice the usual; and two minutes at least. The one rule for every waiter, unless the spec says how long the step may take.
pub fn deadline(typical: Duration) -> Duration {
    PATIENCE.try_with(|asked| *asked).ok().flatten().unwrap_or((typical * 4).max(SPREADS))
}

tokio::task_local! {
    /// The step that the calls below work for.
    pub static STEP: usize;
    /// How long that step may wait, where the spec says so.
    pub static PATIENCE: Option<Duration>;
}

/// Whether a request may be repeated after a failure that leaves its effect unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Changes nothing: any passing failure is retried, and none leaves anything to doubt.
    Read,
    /// A write that carries a client token or says the same twice: any passing failure is retried.
    Safe,
    /// A plain write: a lost answer is [`Class::Ambiguous`] and goes to the run, which looks.
    Unsafe,
    /// A look that only adds to what is known already: it is worth one request.
    Never,
    /// A request that keeps the lease or the run's notes: as [`Repeat::Safe`], and it still goes out when nothing else may.
    Note,
    /// A note that must not be there yet: as [`Repeat::Unsafe`], and it still goes out when nothing else may.
    NewNote,
}

impl Repeat {
    /// Whether any passing failure is retried.
    fn safe(self) -> bool {
        matches!(self, Repeat::Read | Repeat::Safe | Repeat::Note)
    }

    /// Whether the request needs neither the lease nor that the run goes on.
    fn note(self) -> bool {
        matches!(self, Repeat::Note | Repeat::NewNote)
    }
}

/// One attempt of a request, or one look of a waiter. It leaves what it was answered with whoever sent it, so that the loops over attempts
/// are compiled once and not once for each of some hundred kinds of answers.
type Attempt<'a, T> = LocalBoxFuture<'a, Result<T, CloudError>>;

/// CloudTrail answers two requests a second, for all who ask in an account and region.
fn lane(service: Service, per_service: usize) -> Lane {
    match service {
        Service::CloudTrail => Lane::paced(Duration::from_millis(500)),
        _ => Lane::new(per_service),
    }
}

/// Requests in flight per service, waits between attempts, and how long anything may take.
pub struct Policy {
    lanes: BTreeMap<Service, Lane>,
    /// Requests in flight per service, at most.
    per_service: usize,
    /// How long a conflict is retried: so long AWS may hold on to what is on its way out. Zero turns these retries off, so that a wrong
    /// order shows.
    pub conflicts: Duration,
    /// How long a passing failure is retried.
    pub passing: Duration,
    /// How long a throttled request is repeated. Nothing is wrong with it, so that is long.
    pub throttled: Duration,
    /// Whether anybody has ever answered.
    heard: Cell<bool>,
    /// The first wait between two looks of a waiter; it grows to 15 times this.
    pub poll: Duration,
    /// The longest wait for something whose end nobody tells.
    pub unseen: Duration,
    /// What each step waits for, for whoever watches.
    waits: RefCell<BTreeMap<usize, String>>,
    rng: RefCell<fastrand::Rng>,
    /// Why no further request goes out.
    halt: RefCell<Option<CloudError>>,
    halted: Notify,
    /// Set once the run is interrupted.
    leaving: SetOnce<()>,
    /// Until when this process may ask for anything: by the clock that never jumps, and by the one that goes on while a machine sleeps.
    lease: Cell<Option<(Instant, SystemTime)>>,
}

impl Policy {
    /// `per_service`: requests in flight at most, for each service.
    pub fn new(per_service: usize) -> Self {
        Policy {
            lanes: BTreeMap::from_iter(Service::ALL.iter().map(|s| (*s, lane(*s, per_service)))),
            per_service,
            conflicts: Duration::from_secs(600),
            passing: Duration::from_secs(120),
            throttled: Duration::from_secs(600),
            poll: Duration::from_secs(1),
            unseen: Duration::from_secs(86_400),
            heard: Cell::new(false),
            waits: RefCell::default(),
            rng: RefCell::default(),
            halt: RefCell::default(),
            halted: Notify::new(),
            leaving: SetOnce::new(),
            lease: Cell::default(),
        }
    }

    /// From now on no request goes out and no wait goes on: each ends with `why`, as one whose answer was lost. Notes are kept still.
    pub fn halt(&self, why: CloudError) {
        self.halt.borrow_mut().get_or_insert(CloudError { class: Class::Ambiguous, ..why });
        self.halted.notify_waiters();
    }

    /// Why no further request goes out.
    pub fn stopped(&self) -> Option<CloudError> {
        self.halt.borrow().clone()
    }

    /// Ends when no further request goes out, with the reason.
    pub async fn until_halted(&self) -> CloudError {
        loop {
            if let Some(why) = self.stopped() {
                return why;
            }
            self.halted.notified().await;
        }
    }

    /// Requests may go out for so long from now; after that the lease may be another's.
    pub fn permit(&self, time: Duration) {
        self.lease.set(Some((Instant::now() + time, SystemTime::now() + time)));
    }

    /// Requests need no lease any more.
    pub fn release(&self) {
        self.lease.set(None);
    }

    /// Whether there was a lease and its time is over.
    pub fn lapsed(&self) -> bool {
        self.lease.get().is_some_and(|(a, b)| Instant::now() >= a || SystemTime::now() >= b)
    }

    /// Refuses a request that may not go out any more. A note always may: it keeps the lease itself.
    fn admit(&self, repeat: Repeat) -> Result<(), CloudError> {
        if repeat.note() {
            return Ok(());
        }
        if self.lapsed() {
            self.halt(CloudError::new(
                Class::Ambiguous,
                "LeaseExpired",
                "the lease could not be renewed in time, so another run may hold it",
            ));
        }
        self.stopped().map_or(Ok(()), Err)
    }

    /// A sleep that a halt ends.
    pub async fn pause(&self, time: Duration) -> Result<(), CloudError> {
        if let Some(why) = self.stopped() {
            return Err(why);
        }
        tokio::select! {
            () = self.halted.notified() => {}
            () = sleep(time) => {}
        }
        self.stopped().map_or(Ok(()), Err)
    }

    /// A wait between two attempts: a halt ends it, unless the request still goes out after one.
    async fn rest(&self, repeat: Repeat, time: Duration) -> Result<(), CloudError> {
        if !repeat.note() {
            return self.pause(time).await;
        }
        sleep(time).await;
        Ok(())
    }

    /// Requests that may be in flight per service, at most.
    pub fn per_service(&self) -> usize {
        self.per_service
    }

    /// Requests that may be in flight to a service now: fewer while it asks for fewer.
    pub fn limit(&self, service: Service) -> usize {
        self.lanes[&service].limit()
    }

    /// Sends one request, with its retries, and returns its answer.
    pub async fn request<T>(&self, service: Service, repeat: Repeat, op: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
        let answer = Cell::new(None);
        let (op, left) = (&op, &answer);
        let once = move || async move { op().await.map(|out| left.set(Some(out))) }.boxed_local();
        self.attempts(service, repeat, &once).await?;
        answer.take().ok_or_else(|| CloudError::bug("a request ended without an answer"))
    }

    /// Repeats a request until it succeeds or must not be sent again. The slot is held for the request, not for the waits between.
    async fn attempts<'a>(&self, service: Service, repeat: Repeat, once: &dyn Fn() -> Attempt<'a, ()>) -> Result<(), CloudError> {
        let lane = &self.lanes[&service];
        let started = Instant::now();
        let mut attempt = 0;
        let mut tainted = false;
        loop {
            let error = {
                self.admit(repeat)?;
                let slot = lane.slot().await?;
                if let Some(turn) = lane.turn() {
                    self.rest(repeat, turn).await?;
                }
                // The wait for a slot may have been long.
                self.admit(repeat)?;
                let answer = once().await;
                self.heard.set(self.heard.get() || answer.as_ref().err().is_none_or(|e| e.code != "Unreachable"));
                match answer.as_ref().map_err(|e| e.class) {
                    Err(Class::Throttled) => slot.throttled(),
                    Err(Class::Transient) => {}
                    _ => slot.good(),
                }
                match answer {
                    Ok(()) => return Ok(()),
                    Err(e) => CloudError { tainted: tainted || e.tainted, ..e },
                }
            };
            tainted |= error.class == Class::Transient && repeat != Repeat::Read;
            let limit = match (error.class, repeat) {
                (_, Repeat::Never) => return Err(error),
                (Class::Throttled, _) => self.throttled,
                (Class::Transient, _) if repeat.safe() && !self.heard.get() => self.passing.min(UNHEARD),
                (Class::Transient, _) if repeat.safe() => self.passing,
                (Class::Transient, _) => return Err(CloudError { class: Class::Ambiguous, ..error }),
                (Class::Conflict, _) => self.conflicts,
                (Class::NotFound, _) if !repeat.safe() => self.conflicts.min(UNKNOWN),
                _ => return Err(error),
            };
            let left = limit.saturating_sub(started.elapsed());
            let asked = error.retry_after.unwrap_or_default();
            if left.is_zero() || asked > left {
                return Err(error);
            }
            let turn = match error.class {
                Class::Throttled => lane.claim(),
                Class::Transient if !lane.take() => return Err(error),
                _ => Duration::ZERO,
            };
            let time = self.backoff(attempt).max(asked).max(turn).min(left);
            tokio::select! {
                biased;
                () = self.left() => return Err(error),
                rested = self.rest(repeat, time) => rested?,
            }
            attempt += 1;
        }
    }

    /// Full jitter: anything from nothing to 200 ms doubled per attempt, 20 s at most.
    fn backoff(&self, attempt: u32) -> Duration {
        let ceiling = (200u64 << attempt.min(7)).min(20_000);
        Duration::from_millis(self.rng.borrow_mut().u64(0..=ceiling))
    }

    /// Looks until `look` sees what it waits for, or `deadline` has passed. `what` is said when it never comes.
    pub async fn wait<T>(
        &self,
        what: &str,
        deadline: Duration,
        look: impl AsyncFn() -> Result<Option<T>, CloudError>,
    ) -> Result<T, CloudError> {
        self.wait_saying(what, deadline, look, async || None).await
    }

    /// As [`Policy::wait`]; when the deadline passes, `why` may say what the service itself says about it.
    pub async fn wait_saying<T>(
        &self,
        what: &str,
        deadline: Duration,
        look: impl AsyncFn() -> Result<Option<T>, CloudError>,
        why: impl AsyncFn() -> Option<String>,
    ) -> Result<T, CloudError> {
        let seen = Cell::new(None);
        let (look, why, left) = (&look, &why, &seen);
        let look = move || {
            async move {
                let out = look().await?;
                let there = out.is_some();
                left.set(out);
                Ok(there)
            }
            .boxed_local()
        };
        self.looks(what, deadline, &look, &move || why().boxed_local()).await?;
        seen.take().ok_or_else(|| CloudError::bug("a wait ended without an answer"))
    }

    /// Repeats a look until it says that it has seen what is waited for.
    async fn looks<'a>(
        &self,
        what: &str,
        deadline: Duration,
        look: &dyn Fn() -> Attempt<'a, bool>,
        why: &dyn Fn() -> LocalBoxFuture<'a, Option<String>>,
    ) -> Result<(), CloudError> {
        let _waiting = self.waiting(what);
        let started = Instant::now();
        let mut pause = self.poll;
        while !look().await? {
            let left = deadline.saturating_sub(started.elapsed());
            if left.is_zero() {
                let waited = humantime::format_duration(Duration::from_secs(started.elapsed().as_secs()));
                let why = why().await.map_or(String::new(), |why| format!(": {why}"));
                return Err(CloudError::new(Class::Ambiguous, "WaitTimeout", format!("waited {waited} for {what}{why}")));
            }
            self.dwell(what, pause.min(left)).await?;
            pause = (pause * 3 / 2).min(self.poll * 15);
        }
        Ok(())
    }

    /// Waits for `what` so long, since nobody tells when it has come.
    pub async fn elapse(&self, what: &str, time: Duration) -> Result<(), CloudError> {
        let time = time.min(self.unseen);
        if time.is_zero() {
            return Ok(());
        }
        let _waiting = self.waiting(what);
        self.dwell(what, time).await
    }

    /// What each step waits for now.
    pub fn waits(&self) -> BTreeMap<usize, String> {
        self.waits.borrow().clone()
    }

    /// Tells what the current step waits for, as long as the answer lives.
    pub fn waiting(&self, what: &str) -> Waiting<'_> {
        let step = STEP.try_with(|s| *s).ok();
        if let Some(step) = step {
            self.waits.borrow_mut().insert(step, what.into());
        }
        Waiting { policy: self, step }
    }
}

/// Ends what [`Policy::waiting`] began.
pub struct Waiting<'p> {
    policy: &'p Policy,
    step: Option<usize>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(step) = self.step {
            self.policy.waits.borrow_mut().remove(&step);
        }
    }
}
