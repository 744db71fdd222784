//! SIGINT, SIGTERM and SIGHUP. The first turns the run round and leaves waits for what only builds, the second leaves it to `infra recover`, the third ends the process at once.
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::SetOnce;

use super::printer::talk;
use crate::wire::policy::Policy;
use crate::wire::{Class, CloudError};

/// The signals that a run handles.
pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Installs the handlers.
    pub fn new() -> io::Result<Self> {
        let of = |kind| signal(kind);
        Ok(Signals { hangup: of(SignalKind::hangup())?, interrupt: of(SignalKind::interrupt())?, terminate: of(SignalKind::terminate())? })
    }

    /// Handles signals until the run has `ended`. The first one sets `first`; the second ends every wait and lets no further request out.
    pub async fn listen(&mut self, ended: &SetOnce<()>, first: &SetOnce<()>, policy: &Policy) {
        loop {
            tokio::select! {
                _ = ended.wait() => return,
                _ = self.hangup.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
            if first.set(()).is_ok() {
                continue;
            }
            if policy.stopped().is_some() {
                quit();
            }
            talk("Stopping: calls in flight end, nothing more is sent. Another signal ends the process at once.\n");
            policy.halt(CloudError::new(Class::Ambiguous, "Interrupted", "stopped by a second signal"));
        }
    }
}

/// The status of a process that SIGINT ended.
#[expect(clippy::exit, reason = "somebody asked for it three times")]
fn quit() -> ! {
    std::process::exit(130)
}
