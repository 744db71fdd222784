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
    /// All flags, and how a change of them comes.
    pub(super) fn feature_flags(&self) -> Value {
        let rule = self.watch.as_ref().filter(|watch| watch.alerting > 1).map(|_| "rule.queue");
        let way = |first: &Flag| match (first.on, first.readers.len()) {
            (true, 0) => map([("bake", y("1m"))]),
            (true, _) => map([("strategy", y("canary")), ("steps", y(["50%", "100%"])), ("interval", y("1m")), ("bake", y("1m"))]),
            (false, 0) => map([("alarms", y([rule.unwrap_or("theirs")])), ("bake", y("2m"))]),
            (false, _) => Value::Null,
        };
        let deployment = self.flags.values().next().map(way).unwrap_or_default();
        let flags = self.flags.iter().map(|(key, flag)| (*key, self.flag(flag)));
        map([("deployment", deployment)].into_iter().chain(flags))
    }

    fn flag(&self, flag: &Flag) -> Value {
        let known: Vec<&str> = self.compute.keys().chain(self.functions.keys()).copied().chain(self.workloads()).collect();
        let mut readers: Vec<&str> = flag.readers.iter().filter(|_| !known.is_empty()).map(|pick| known[pick % known.len()]).collect();
        readers.sort_unstable();
        readers.dedup();
        let enabled = if flag.by_hand { map([("initial", y(flag.on))]) } else { y(flag.on) };
        map([("enabled", enabled), ("allow_from", y(readers))])
    }
}
