//! What somebody else asks of a run, as notes beside its lease say it: `STACK/lease/N/wish/abort`, and `STACK/lease/N/wish/approve/STEP`. They are
//! read where it is read whether the lease is still its holder's, so that nobody sends more requests for them. An approval bears the stack's seal, and one
//! without it is none: whoever may write notes only can have a run taken back, and not let go on.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::names::numbered;
use crate::visible::visible;
use crate::wire::CloudError;
use crate::wire::notes::{Key, Notes};

/// A gate that a run stands at, as its lease tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtGate {
    /// Its step.
    pub step: usize,
    /// The part of the spec that it is of: `compute.app`.
    pub entry: String,
    /// How many percent of the requests the new instances have.
    pub share: u8,
    /// How many they get next; nothing behind the last gate.
    pub next: Option<u8>,
    /// What its looks come to: `3 of 5 good minutes; errors 0.2% (old 0.1%)`.
    pub told: String,
    /// Whether the run goes on only once somebody approves, and nobody has yet.
    pub asks: bool,
}

/// How far a run has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headway {
    /// Steps whose effect stands.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
    pub gates: Vec<AtGate>,
}

impl Headway {
    /// What a lease tells of it: so much that the note stays within what a note may have.
    pub(super) fn gates(self) -> Vec<AtGate> {
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let told = |gate: AtGate| AtGate { entry: cut(&gate.entry, 80), told: cut(&gate.told, 200), ..gate };
        self.gates.into_iter().take(5).map(told).collect()
    }
}

/// What somebody asks of a run. Who it is comes as they named themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To end at once, and take everything back.
    Abort(String),
    /// To go on behind a gate that waits for it; the number is the gate's step.
    Approve(usize, String),
}

impl Wish {
    /// Leaves the note of it.
    pub(super) async fn leave(&self, cloud: &impl Notes, stack: &str, number: u64) -> Result<(), CloudError> {
        match self {
            Wish::Abort(by) => cloud.note(&format!("{stack}/lease/{number}/wish/abort"), by).await,
            Wish::Approve(step, by) => {
                let seal = seal(&cloud.make_key(stack).await?, stack, number, *step, by)?;
                cloud.note(&format!("{stack}/lease/{number}/wish/approve/{step}"), &format!("{seal} {by}")).await
            }
        }
    }

    /// The wish that a note beside a lease is; `None` for any other note, and for an approval without the seal of this key.
    fn of(rest: &str, text: &str, (key, stack, number): (Option<&Key>, &str, u64)) -> Option<Wish> {
        let named = |by: &str| visible(&by.chars().take(200).collect::<String>()).into_owned();
        match rest.strip_prefix("wish/")? {
            "abort" => Some(Wish::Abort(named(text))),
            other => {
                let step = other.strip_prefix("approve/")?.parse().ok()?;
                let (sealed, by) = text.split_once(' ')?;
                let good = seal(key?, stack, number, step, by).is_ok_and(|seal| seal == sealed);
                good.then(|| Wish::Approve(step, named(by)))
            }
        }
    }
}

/// Over an approval and the place where it is noted.
fn seal(key: &Key, stack: &str, number: u64, step: usize, by: &str) -> Result<String, CloudError> {
    key.seal(&("approve", stack, number, step, by))
}

/// Whether any of the notes beside a lease says that it approves: only then the stack's key is asked for.
pub(super) fn approved(stack: &str, number: u64, notes: &BTreeMap<String, String>) -> bool {
    notes.keys().filter_map(|name| numbered(stack, name)).any(|(n, rest)| n == number && rest.starts_with("wish/approve/"))
}

/// The wishes that a run has heard of, each once.
#[derive(Debug, Default)]
pub struct Wishes {
    heard: RefCell<BTreeSet<String>>,
    open: RefCell<VecDeque<Wish>>,
    more: Notify,
}

impl Wishes {
    /// Hears what stands beside a lease. Returns whether the run is to end.
    pub(super) fn hear(&self, stack: &str, number: u64, notes: &BTreeMap<String, String>, key: Option<&Key>) -> bool {
        let of = |name: &str, text: &str| Wish::of(numbered(stack, name).filter(|(n, _)| *n == number)?.1, text, (key, stack, number));
        let all = notes.iter().filter_map(|(name, text)| Some((name, of(name, text)?)));
        let mut abort = false;
        for (_, wish) in all.filter(|(name, _)| self.heard.borrow_mut().insert(String::clone(name))) {
            abort |= matches!(wish, Wish::Abort(_));
            self.open.borrow_mut().push_back(wish);
            self.more.notify_one();
        }
        abort
    }

    /// The next wish, once there is one.
    pub async fn next(&self) -> Wish {
        loop {
            if let Some(wish) = self.open.borrow_mut().pop_front() {
                return wish;
            }
            self.more.notified().await;
        }
    }
}
