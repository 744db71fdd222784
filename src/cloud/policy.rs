//! The only retry, throttle, backoff, polling and deadline.
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};

use super::{Class, CloudError};
use crate::model::Service;

tokio::task_local! {
    /// The step that the calls below work for.
    pub static STEP: usize;
}

/// Whether a request may be repeated after a failure that leaves its effect unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Changes nothing, or carries a client token, or says the same twice: any passing failure is retried.
    Safe,
    /// A plain write: a lost answer is [`Class::Ambiguous`] and goes to the run, which looks.
    Unsafe,
}

/// Requests in flight per service, waits between attempts, and how long anything may take.
pub struct Policy {
    slots: BTreeMap<Service, Semaphore>,
    /// Requests in flight per service.
    per_service: usize,
    /// How long a throttled, passing or conflicting failure is retried. Zero turns retries of conflicts off, so that a wrong order shows.
    pub conflicts: Duration,
    pub passing: Duration,
    /// The first wait between two looks of a waiter; it grows to 15 times this.
    pub poll: Duration,
    /// What each step waits for, for whoever watches.
    waits: RefCell<BTreeMap<usize, String>>,
    rng: RefCell<fastrand::Rng>,
    /// Why no further request goes out.
    halt: RefCell<Option<CloudError>>,
    halted: Notify,
    /// Until when this process may ask for anything: by the clock that never jumps, and by the one that goes on while a machine sleeps.
    lease: Cell<Option<(Instant, SystemTime)>>,
}

impl Policy {
    /// `per_service`: requests in flight at most, for each service.
    pub fn new(per_service: usize) -> Self {
        Policy {
            slots: BTreeMap::from_iter(Service::ALL.iter().map(|s| (*s, Semaphore::new(per_service)))),
            per_service,
            conflicts: Duration::from_secs(600),
            passing: Duration::from_secs(120),
            poll: Duration::from_secs(1),
            waits: RefCell::default(),
            rng: RefCell::default(),
            halt: RefCell::default(),
            halted: Notify::new(),
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

    /// Refuses a request that may not go out any more. What keeps the lease itself may.
    fn admit(&self, service: Service) -> Result<(), CloudError> {
        if service == Service::Ssm {
            return Ok(());
        }
        if self.lease.get().is_some_and(|(a, b)| Instant::now() >= a || SystemTime::now() >= b) {
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

    /// Requests that may be in flight per service.
    pub fn per_service(&self) -> usize {
        self.per_service
    }

    /// One request, with its retries. The slot is held for the request, not for the waits between.
    pub async fn request<T>(&self, service: Service, repeat: Repeat, op: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            self.admit(service)?;
            let error = {
                let _slot = self.slots[&service].acquire().await.map_err(|_| CloudError::bug("slots are closed"))?;
                match op().await {
                    Ok(out) => return Ok(out),
                    Err(e) => e,
                }
            };
            let limit = match (error.class, repeat) {
                (Class::Throttled, _) => self.passing,
                (Class::Transient, Repeat::Safe) => self.passing,
                (Class::Transient, Repeat::Unsafe) => return Err(CloudError { class: Class::Ambiguous, ..error }),
                (Class::Conflict, _) => self.conflicts,
                // What was made a moment ago may not be known everywhere yet.
                (Class::NotFound, Repeat::Unsafe) => self.conflicts.min(Duration::from_secs(60)),
                _ => return Err(error),
            };
            if started.elapsed() >= limit {
                return Err(error);
            }
            match service {
                Service::Ssm => sleep(self.backoff(attempt)).await,
                _ => self.pause(self.backoff(attempt)).await?,
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
        let _waiting = self.waiting(what);
        let started = Instant::now();
        let mut pause = self.poll;
        loop {
            if let Some(out) = look().await? {
                return Ok(out);
            }
            if started.elapsed() >= deadline {
                let waited = humantime::format_duration(Duration::from_secs(started.elapsed().as_secs()));
                return Err(CloudError::new(Class::Ambiguous, "WaitTimeout", format!("waited {waited} for {what}")));
            }
            self.pause(pause).await?;
            pause = (pause * 3 / 2).min(self.poll * 15);
        }
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
