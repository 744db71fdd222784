//! How long verbs usually take.
use std::time::Duration;

use super::{FlagSet, Member, Object};

/// Usual durations of the verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typical {
    pub create: Duration,
    pub update: Duration,
    pub delete: Duration,
    /// How long what it is changed to leave is still held: it can't be deleted before.
    pub holds: Duration,
}

impl Typical {
    pub const fn secs(create: u64, update: u64, delete: u64) -> Self {
        let [create, update, delete] = [Duration::from_secs(create), Duration::from_secs(update), Duration::from_secs(delete)];
        Typical { create, update, delete, holds: Duration::ZERO }
    }

    /// How long a change in place takes: what is usual of the kind, and what its own strategy takes beside that.
    pub fn updating(before: &Object, after: &Object) -> Duration {
        let own = FlagSet::of(before).zip(FlagSet::of(after)).map(|(before, after)| after.spreads(before));
        after.kind().typical().update + own.unwrap_or_default()
    }

    /// The same, and what it leaves is held so long.
    pub const fn holding(self, seconds: u64) -> Self {
        Typical { holds: Duration::from_secs(seconds), ..self }
    }
}
