//! Feature flags by chance, and as a spec.
use proptest::collection::vec;
use proptest::prelude::*;
use serde_yaml::Value;

use super::Draw;
use super::write::{map, y};

pub(super) const FLAGS: &[&str] = &["dark", "new_checkout", "saleBanner-2"];

#[derive(Clone, Debug)]
pub(super) struct Flag {
    on: bool,
    /// Whether people turn it.
    by_hand: bool,
    /// Who asks for it: compute entries, functions and workloads, by number.
    readers: Vec<usize>,
}

pub(super) fn flag() -> impl Strategy<Value = Flag> {
    (any::<bool>(), any::<bool>(), vec(0..3usize, 0..3)).prop_map(|(on, by_hand, readers)| Flag { on, by_hand, readers })
}

impl Draw {
    pub(super) fn flag(&self, flag: &Flag) -> Value {
        let known: Vec<&str> = self.compute.keys().chain(self.functions.keys()).copied().chain(self.workloads()).collect();
        let mut readers: Vec<&str> = flag.readers.iter().filter(|_| !known.is_empty()).map(|pick| known[pick % known.len()]).collect();
        readers.sort_unstable();
        readers.dedup();
        let enabled = if flag.by_hand { map([("initial", y(flag.on))]) } else { y(flag.on) };
        map([("enabled", enabled), ("allow_from", y(readers))])
    }
}
