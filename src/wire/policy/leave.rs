//! Waits that may be left: those of an interrupted run for what only builds, and those for hints; and what is told of them.
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Policy, STEP};
use crate::wire::{Class, CloudError};

tokio::task_local! {
    /// Whether the waits and repetitions below may be left when the run is interrupted: they build something that is taken back then. What is
    /// on its way out, or taken back, must be waited for.
    pub static LEAVABLE: bool;
}

impl Policy {
    /// The run is interrupted: waits that may be left end at once, and so does the repetition of what was refused.
    pub fn leave(&self) {
        let _ = self.leaving.set(());
    }

    /// Ends when what is waited for here is to be left; never, where it must be waited for.
    pub(super) async fn left(&self) {
        if !LEAVABLE.try_with(|leavable| *leavable).unwrap_or(false) {
            std::future::pending::<()>().await;
        }
        self.leaving.wait().await;
    }

    /// Work that may be dropped in the middle, for it changes nothing; `None` when it is to be left.
    pub async fn unless_left<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.left() => None,
            done = work => Some(done),
        }
    }

    /// A pause in a wait for `what`. One that is left says so: what became of the request before it is to be looked up.
    pub async fn dwell(&self, what: &str, time: Duration) -> Result<(), CloudError> {
        tokio::select! {
            biased;
            () = self.left() => Err(CloudError::new(Class::Ambiguous, "Interrupted", format!("the wait for {what} was left"))),
            paused = self.pause(time) => paused,
        }
    }

    /// Says anew what the current step waits for, where it waits for something.
    pub fn retell(&self, what: &str) {
        let Ok(step) = STEP.try_with(|step| *step) else { return };
        self.waits.borrow_mut().entry(step).and_modify(|said| what.clone_into(said));
    }

    /// A hint, if it comes until then.
    pub async fn hint<T>(&self, until: Instant, work: impl Future<Output = Result<T, CloudError>>) -> Result<T, CloudError> {
        let late = || CloudError::new(Class::Transient, "TooSlow", "there was no answer within the few seconds that a hint is worth");
        timeout_at(until, work).await.unwrap_or_else(|_| Err(late()))
    }
}
