//! How long verbs usually take.
use std::time::Duration;

/// Usual durations of the verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typical {
    pub create: Duration,
    pub update: Duration,
    pub delete: Duration,
}

impl Typical {
    pub const fn secs(create: u64, update: u64, delete: u64) -> Self {
        Typical { create: Duration::from_secs(create), update: Duration::from_secs(update), delete: Duration::from_secs(delete) }
    }
}
