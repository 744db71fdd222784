//! The only retry, throttle, backoff, polling and deadline.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Semaphore;
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
        }
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
            sleep(self.backoff(attempt)).await;
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
            sleep(pause).await;
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
