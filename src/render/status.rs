//! Whether a run of a stack goes on, and how the last one ended.
use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::values::seconds;
use crate::cloud::lease::{Lease, Standing, Terms, standing};
use crate::run::intent::{self, Intent};
use crate::visible::visible;

/// The status for people. `last` is the newest lease, held or not.
pub fn text(stack: &str, standing: &Standing, last: Option<&Lease>, intent: Option<&Intent>, now: SystemTime) -> String {
    let ago = |lease: &Lease| seconds(lease.beat.age(now).as_secs());
    let what = |lease: &Lease| match &lease.run {
        Some(run) => format!("Run {} ({})", visible(run), visible(&lease.command)),
        None => format!("`infra {}`", visible(&lease.command)),
    };
    let step = |lease: &Lease| if lease.of > 0 { format!(" after step {} of {}", lease.done, lease.of) } else { String::new() };
    let stack = visible(stack);
    let mut out = match standing {
        Standing::Alive(l) => {
            let step = if l.of > 0 { format!(", step {} of {}", l.done, l.of) } else { String::new() };
            format!("{} on {stack} by {} goes on{step}; heard of {} ago.\n", what(l), l.holder, ago(l))
        }
        Standing::Dead(l) => format!("{} on {stack} by {} died {} ago{}.\n", what(l), l.holder, ago(l), step(l)),
        Standing::Unreadable => format!("The lease of {stack} can't be read by this version of infra.\n"),
        Standing::Free => match last {
            Some(l) => {
                let ended = visible(l.ended.as_deref().unwrap_or_default());
                format!("Nothing runs on {stack}. {} by {} ended {} ago: {ended}.\n", what(l), l.holder, ago(l))
            }
            None => format!("Nothing runs on {stack}.\n"),
        },
    };
    if let Some(job) = last.and_then(|l| l.holder.job.as_ref()) {
        out += &format!("  {}\n", visible(job));
    }
    match (standing, intent) {
        (Standing::Alive(_), _) | (_, None) => {}
        (_, Some(i)) => {
            let (run, command) = (visible(&i.run), visible(&i.command));
            out += &format!("Run {run} ({command}) by {} is not over: {stack} may stand in between.\n", i.holder);
            out += "  `infra recover` takes it back, from any machine; `--dry-run` shows what that does.\n";
        }
    }
    out
}

/// A warning for who plans: another run goes on, or one was cut off. `None` when neither is so.
pub fn hint(stack: &str, notes: &BTreeMap<String, String>, terms: &Terms) -> Option<String> {
    match (standing(stack, notes, terms), intent::read(stack, notes)) {
        (Standing::Alive(l), _) => {
            Some(format!("`infra {}` by {} goes on meanwhile; what is shown may be half of it.", visible(&l.command), l.holder))
        }
        (_, Some(i)) => {
            let (run, command) = (visible(&i.run), visible(&i.command));
            Some(format!("Run {run} ({command}) by {} is not over: `infra recover` takes it back.", i.holder))
        }
        _ => None,
    }
}

/// The status as JSON.
pub fn json(stack: &str, standing: &Standing, last: Option<&Lease>, intent: Option<&Intent>) -> Value {
    let state = match standing {
        Standing::Free => "free",
        Standing::Alive(_) => "held",
        Standing::Dead(_) => "dead",
        Standing::Unreadable => "unreadable",
    };
    json!({ "stack": stack, "lease": state, "last": last, "unfinished": intent })
}
