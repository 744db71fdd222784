//! Why a run doesn't begin, or doesn't go on.
use std::path::Path;
use std::time::Duration;

use super::Failure;
use crate::cloud::lease::Lease;
use crate::diag::{Code, Finding};
use crate::render::values;
use crate::run::intent::Intent;
use crate::run::journal::Damaged;
use crate::visible::visible;

impl Failure {
    /// There is no terminal to ask whether to go on.
    pub fn unattended(ci: bool) -> Failure {
        let message = if ci { "nobody is asked: the variable CI is set" } else { "there is no terminal to ask on" };
        Finding::error(Code::Unattended, message, "give --auto-approve after having read the plan").into()
    }

    /// The credentials end before a run would.
    pub fn ending(left: Duration, needed: Duration) -> Failure {
        let [left, needed] = [left, needed].map(|time| values::seconds(time.as_secs()));
        let message = format!("the credentials end in {left}, and this plan may take {needed} with its way back");
        let help = "nothing was changed: log in again, for longer; or go on all the same with --ignore-expiry";
        Finding::error(Code::Cloud, message, help).into()
    }

    /// The time that a run is given is over before it would be.
    pub fn too_long(limit: Duration, needed: Duration) -> Failure {
        let [limit, needed] = [limit, needed].map(|time| values::seconds(time.as_secs()));
        let message = format!("there are {limit}, and this plan may take {needed} with its way back");
        let help = "nothing was changed: give the job more time and --time-limit with it, or let the deployment have fewer steps";
        Finding::error(Code::TimeLimit, message, help).into()
    }

    /// Another run holds the lease.
    pub fn leased(stack: &str, lease: &Lease) -> Failure {
        let job = lease.holder.job.as_ref().map(|job| format!(", {}", visible(job))).unwrap_or_default();
        let message = format!("{} holds the lease of {stack} since {} ({}{job})", lease.holder, lease.taken, visible(&lease.command));
        Finding::error(Code::Leased, message, "wait for it (--lock-timeout 10m), see `infra status`, or take it away with `infra unlock`")
            .into()
    }

    /// An earlier run is not over.
    pub fn unfinished(stack: &str, intent: &Intent) -> Failure {
        let message = format!(
            "run {} ({}) by {} stopped on its way, and {stack} may stand in between",
            visible(&intent.run),
            visible(&intent.command),
            intent.holder
        );
        let help =
            "`infra recover` takes it back (`--dry-run` shows what that does, `--forward` goes on with it); `--recover` does so first";
        Finding::error(Code::Unfinished, message, help).into()
    }

    /// A recovery in a direction that is no longer open.
    pub fn recovery(message: impl Into<String>, help: &str) -> Failure {
        Finding::error(Code::Recovery, message, help).into()
    }

    /// A journal, or a run's notes, that can't be read.
    pub fn damaged(what: &str, damage: &Damaged) -> Failure {
        let help = "`infra recover --abandon` leaves everything as it stands; `infra plan` then shows what is left to do";
        Finding::error(Code::Journal, format!("{what} can't be read: {damage}"), help).into()
    }

    /// A run of which nobody can say that who noted it may change the stack.
    pub fn unproved(run: &str) -> Failure {
        let message = format!(
            "run {run} is told by notes or a journal that don't bear the seal of this stack, so that anybody may have written them"
        );
        let help = "look at what it would do (`infra recover --dry-run`); a person may go on with `infra recover` at a terminal, or forget it with `--abandon`";
        Finding::error(Code::Recovery, message, help).into()
    }

    /// A run id that no journal of this machine begins with, or more than one.
    pub fn no_run(run: &str, folder: &Path, there: &[&str]) -> Failure {
        let message = match there {
            [] => format!("no journal in {} is of run {run}", folder.display()),
            many => format!("`{run}` could mean {}", many.join(", ")),
        };
        Finding::error(Code::Journal, message, "`infra history` lists the runs of this machine").into()
    }

    /// What is asked of a run that can't grant it.
    pub fn wish(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Finding::error(Code::Wish, message, help).into()
    }

    /// Another holder than the one that was named holds the lease.
    pub fn holder(named: &str, holder: &str) -> Failure {
        let message = format!("{holder} holds the lease, not {named}");
        Finding::error(Code::Holder, message, "look again with `infra status`").into()
    }

    /// There is no terminal to ask whether the lease is taken away.
    pub fn unconfirmed(holder: &str) -> Failure {
        let help = format!("name the holder: infra unlock --holder '{holder}'");
        Finding::error(Code::Unattended, "there is no terminal to ask whether to take the lease away", help).into()
    }
}
