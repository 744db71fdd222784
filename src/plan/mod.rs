//! Stack x Snapshot to `Plan` or `PlanError`: decides order, replacement, undo and commit point. The run makes no choices.
mod beside;
mod between;
mod check;
mod decide;
pub mod drift;
mod former;
mod guard;
pub mod limits;
mod offers;
mod rollout;
mod room;
pub mod saved;
mod select;
pub mod signature;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::graph::GraphError;
use crate::kinds::{Address, Breach, Gate, Live, Object};
use crate::model::{AttrChange, Order, Timeouts, digest};
use crate::stack::Stack;

pub use decide::plan;
pub use drift::{Drift, drift};
pub use former::former;
pub use limits::PlanLimit;
pub use offers::{Offered, offered, unoffered};
pub use saved::Saved;
pub use select::{Selection, names, select};

/// What a plan does to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Create,
    Update,
    Replace(Order),
    Delete,
}

/// How a finished step is taken back; decided while planning, never at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// What was created is deleted.
    Delete,
    /// The attributes before are written back.
    Restore,
    /// What was deleted is created again as it was.
    Recreate,
    /// It can't be taken back.
    Never,
    /// There is nothing to take back: it only looked.
    Nothing,
}

/// The change of one object: one line of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub address: Address,
    /// Where in the spec it comes from, or came from where all of it goes; `None` for what the spec no longer names.
    pub origin: Option<String>,
    pub verb: Verb,
    /// The physical id of what is changed or deleted.
    pub id: Option<String>,
    pub attrs: Vec<AttrChange>,
    pub undo: Undo,
    /// The address under which the object stood so far.
    pub renamed_from: Option<Address>,
    /// It was left by an earlier run; another object at this address stays.
    pub leftover: bool,
    /// What users stored in it is lost; of an update, what it keeps no longer.
    pub loses_data: bool,
    /// How long it usually takes.
    pub seconds: u64,
}

impl Change {
    /// What stays as changed when the run is taken back.
    pub fn staying(&self) -> impl Iterator<Item = &AttrChange> {
        self.attrs.iter().filter(|a| self.verb == Verb::Update && a.stays())
    }
}

/// The request that one step makes; or what it looks at, before the steps behind it begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Create { object: Object },
    Update { live: Live, object: Object },
    Delete { live: Live },
    Gate { gate: Gate },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub id: usize,
    pub address: Address,
    pub act: Act,
    /// What the undo of an update asks for, where that isn't the object before: what never goes back is as the update makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Object>,
    /// Updates that never go back and point at what this step creates: where one was made, this stays, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<usize>,
    /// Steps that must be done before.
    pub after: Vec<usize>,
    pub undo: Undo,
    /// How long this step usually takes.
    pub typical: Duration,
    /// How long it usually takes from the start of this step to the end of the longest chain behind it.
    pub tail: Duration,
    /// How long its calls may take, where the spec says so.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
}

impl Step {
    /// How long its call, or its undo's, may take, where the spec says so.
    pub fn patience(&self, undoing: bool) -> Option<Duration> {
        let Timeouts { create, update, delete } = self.timeouts;
        match (undoing, &self.act, self.undo) {
            (false, Act::Create { .. }, _) | (true, _, Undo::Recreate) => create,
            (false, Act::Update { .. }, _) | (true, _, Undo::Restore) => update,
            (false, Act::Delete { .. }, _) | (true, _, Undo::Delete) => delete,
            (true, _, Undo::Never | Undo::Nothing) | (false, Act::Gate { .. }, _) => None,
        }
    }

    /// What the undo of an update asks for.
    pub fn restored<'a>(&'a self, live: &'a Live) -> &'a Object {
        self.back.as_ref().unwrap_or(&live.object)
    }
}

/// The program: immutable, and all that the run needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub stack: String,
    /// The stack's identity, beside its name; empty where it has none yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// Over changes and steps: the same spec and the same world give the same digest.
    pub digest: String,
    pub changes: Vec<Change>,
    pub steps: Vec<Step>,
    /// Objects of others that say just what the stack wants, and are used as they are: they are never changed, and never taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Adopted>,
    /// What it may not delete or replace before that is allowed: such a plan is shown, and never applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Guarded>,
    /// What it may lose, as it was allowed: recovery holds the steps against it.
    #[serde(default, skip_serializing_if = "Allowed::is_empty")]
    pub allowed: Allowed,
    /// Steps before this one build and can be taken back; those from it on delete what nothing uses any more.
    pub commit: usize,
    /// What the steps' references mean before the run.
    pub old: Vec<Live>,
    /// How long it usually takes, with no limit on what runs at once.
    pub expected: Duration,
    /// The steps that decide it, in order.
    pub critical: Vec<usize>,
}

/// How many changes of each verb a plan has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many changes there are of each verb.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            *match change.verb {
                Verb::Create => &mut counts.create,
                Verb::Update => &mut counts.update,
                Verb::Replace(_) => &mut counts.replace,
                Verb::Delete => &mut counts.delete,
            } += 1;
        }
        counts
    }

    /// The plan's digest. What the cloud decides of an object, and what is left to it, has no part in it: that moves by itself.
    fn fingerprint(&self) -> String {
        let old: Vec<(&Address, &String)> = self.old.iter().map(|l| (&l.stamp.address, &l.id)).collect();
        digest(&(&self.stack, &self.changes, Seen(&self.steps), &self.adopted, old))[..16].into()
    }
}

/// Steps as a plan's digest sees them. One after the other: those of a large plan would fill the memory.
struct Seen<'p>(&'p [Step]);

impl Serialize for Seen<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.iter().map(|step| {
            let (verb, id, before, after) = match &step.act {
                Act::Gate { gate } => return (&step.address, "gate", Some(gate), None, None, None, None, &step.after, step.undo),
                Act::Create { object } => ("create", None, None, Some(object.governed())),
                Act::Update { live, object } => ("update", Some(&live.id), Some(live.object.governed()), Some(object.governed())),
                Act::Delete { live } => ("delete", Some(&live.id), Some(live.object.governed()), None),
            };
            (&step.address, verb, None, id, before, after, step.back.as_ref().map(Object::governed), &step.after, step.undo)
        }))
    }
}

/// An object of somebody else's that serves as well as one of the stack's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Adopted {
    pub address: Address,
    /// Its physical id.
    pub id: String,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanError {
    Cycle(Vec<Address>),
    Dangling {
        from: Address,
        to: Address,
    },
    /// `gone` must leave before its successor can come, but `user` stays and uses it.
    Blocked {
        gone: Address,
        user: Address,
    },
    /// Several objects bear the stamp of one step, which made one of them, and none alone is in use.
    Twins {
        address: Address,
        ids: Vec<String>,
    },
    /// Somebody else has what `address` would be, or a part of it.
    Taken {
        address: Address,
        id: String,
        /// What stands there.
        found: Box<Object>,
    },
    /// The service refuses what is wanted of an object, or the way there from what stands.
    Refused {
        address: Address,
        breach: Breach,
    },
}

impl From<GraphError> for PlanError {
    fn from(e: GraphError) -> Self {
        match e {
            GraphError::Cycle(path) => PlanError::Cycle(path),
            GraphError::Dangling { from, to } => PlanError::Dangling { from, to },
        }
    }
}

/// An object that a plan may not delete or replace without being told so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guarded {
    pub address: Address,
    /// A successor comes; otherwise it is deleted.
    pub replaced: bool,
    /// It holds data; otherwise the cloud's own deletion protection is on, or it is an address that others may have noted.
    pub data: bool,
    /// It stays, but keeps less than before: the attribute that says how much.
    pub shrinks: Option<String>,
}

/// Addresses whose data may be lost.
pub type Allowed = BTreeSet<Address>;
