//! How one service is treated: how many requests may be in flight to it, and how many may be sent again.
//!
//! **Slots** adapt to what the service bears, as TCP adapts to a network: the limit halves when it says "slow down", and grows by one
//! for every `limit` good answers, back to where it began. One burst of refusals is one message: the answers to requests that were
//! under way when the limit was cut don't cut it again.
//!
//! **Tokens** bound repetition. A retry takes one; a good answer gives one back, and so does every second, to [`TOKENS`] for each slot at
//! most. So a healthy service is never in want of them, and one that is down gets a hundred retries (with ten slots) and then one a
//! second from all requests together, however many there are: that is too little to hold up its recovery, and enough to notice it.
use std::cell::Cell;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::wire::CloudError;

/// A full budget, for each slot: a request repeats itself about ten times in a disturbance of a minute.
const TOKENS: f64 = 10.0;
/// Tokens that come back with every second.
const PER_SECOND: f64 = 1.0;
/// Tokens that a good answer gives back: retries run dry only when more than half of all answers are bad.
const PER_ANSWER: f64 = 1.0;

/// The slots and tokens of one service.
pub struct Lane {
    /// Whoever asks first goes first.
    gate: Semaphore,
    most: usize,
    limit: Cell<usize>,
    /// Slots that are to vanish as soon as they come back.
    debt: Cell<usize>,
    /// Good answers since the limit last changed.
    good: Cell<usize>,
    /// How often the limit has been cut.
    cuts: Cell<u64>,
    tokens: Cell<f64>,
    /// Tokens there are at most.
    full: f64,
    /// When `tokens` was counted.
    counted: Cell<Option<Instant>>,
    /// The least time between two requests.
    pace: Duration,
    /// When the next request may be sent, where there is a pace.
    next: Cell<Option<Instant>>,
}

/// A request in flight.
pub struct Slot<'l> {
    lane: &'l Lane,
    permit: Option<SemaphorePermit<'l>>,
    /// The cuts there had been when it was sent.
    cuts: u64,
}

impl Lane {
    pub fn new(most: usize) -> Self {
        Lane {
            gate: Semaphore::new(most),
            most,
            limit: Cell::new(most),
            debt: Cell::new(0),
            good: Cell::new(0),
            cuts: Cell::new(0),
            tokens: Cell::new(most as f64 * TOKENS),
            full: most as f64 * TOKENS,
            counted: Cell::new(None),
            pace: Duration::ZERO,
            next: Cell::new(None),
        }
    }

    /// A lane in which one request goes after the other, so much time apart.
    pub fn paced(pace: Duration) -> Self {
        Lane { pace, ..Lane::new(1) }
    }

    /// How long the request that has just got a slot must wait for its turn.
    pub fn turn(&self) -> Option<Duration> {
        if self.pace.is_zero() {
            return None;
        }
        let now = Instant::now();
        let at = self.next.get().map_or(now, |next| next.max(now));
        self.next.set(Some(at + self.pace));
        Some(at - now).filter(|wait| !wait.is_zero())
    }

    /// Requests that may be in flight now.
    pub fn limit(&self) -> usize {
        self.limit.get()
    }

    /// Waits for a slot.
    pub async fn slot(&self) -> Result<Slot<'_>, CloudError> {
        let permit = self.gate.acquire().await.map_err(|_| CloudError::bug("slots are closed"))?;
        Ok(Slot { lane: self, permit: Some(permit), cuts: self.cuts.get() })
    }

    /// Takes a token, if there is one.
    pub fn take(&self) -> bool {
        let left = self.level() - 1.0;
        if left >= 0.0 {
            self.tokens.set(left);
        }
        left >= 0.0
    }

    /// Takes a token, be it one of those to come: for how long it must be waited for.
    pub fn claim(&self) -> Duration {
        let left = self.level() - 1.0;
        self.tokens.set(left);
        Duration::from_secs_f64((-left / PER_SECOND).max(0.0))
    }

    /// Tokens by now.
    fn level(&self) -> f64 {
        let now = Instant::now();
        let passed = self.counted.replace(Some(now)).map_or(Duration::ZERO, |then| now.saturating_duration_since(then));
        let level = (self.tokens.get() + passed.as_secs_f64() * PER_SECOND).min(self.full);
        self.tokens.set(level);
        level
    }
}

impl Slot<'_> {
    /// The service has answered, whatever it said, and didn't ask for patience.
    pub fn good(self) {
        let lane = self.lane;
        lane.tokens.set((lane.level() + PER_ANSWER).min(lane.full));
        if self.cuts != lane.cuts.get() || lane.limit.get() == lane.most {
            return;
        }
        lane.good.set(lane.good.get() + 1);
        if lane.good.get() < lane.limit.get() {
            return;
        }
        lane.good.set(0);
        lane.limit.set(lane.limit.get() + 1);
        // Nothing is owed now: no request is sent while slots are to vanish, and only those sent since the cut count here.
        lane.gate.add_permits(1);
    }

    /// The service asked for fewer requests.
    pub fn throttled(self) {
        let lane = self.lane;
        if self.cuts != lane.cuts.get() {
            return;
        }
        let limit = lane.limit.get();
        let less = limit - (limit / 2).max(1);
        lane.cuts.set(lane.cuts.get() + 1);
        lane.good.set(0);
        lane.limit.set(limit - less);
        lane.debt.set(lane.debt.get() + less - lane.gate.forget_permits(less));
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let owed = self.lane.debt.get();
        if let (Some(permit), 1..) = (self.permit.take(), owed) {
            self.lane.debt.set(owed - 1);
            permit.forget();
        }
    }
}
