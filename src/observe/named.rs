//! Whose the objects of a name are: the stack's own, or those of an equally named one that has another identity.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Snapshot;
use crate::kinds::Live;

/// What is known of the stack's identity, by which its objects are told from those of an equally named one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// Nobody has asked: the name alone counts.
    #[default]
    Unasked,
    /// It has none yet.
    Unmade,
    Is(String),
    /// Nothing notes it any more, and its objects bear this one.
    Lost(String),
}

impl Named {
    /// The identity; empty where there is none.
    pub fn identity(&self) -> &str {
        match self {
            Named::Unasked | Named::Unmade => "",
            Named::Is(identity) | Named::Lost(identity) => identity,
        }
    }
}

impl Snapshot {
    /// Tells the stack's objects from a namesake's by the identity that its notes give (`None`: they give none). A stamp without an identity is of an
    /// earlier version, and the stack's.
    #[must_use]
    pub fn identified(mut self, noted: Option<&str>) -> Snapshot {
        let borne = self.live.values().flatten().map(|l| &l.stamp.identity).filter(|i| !i.is_empty());
        let mut count: BTreeMap<&String, usize> = BTreeMap::new();
        borne.for_each(|identity| *count.entry(identity).or_default() += 1);
        self.named = match (noted, count.into_iter().max_by_key(|(_, n)| *n)) {
            (Some(identity), _) => Named::Is(identity.into()),
            (None, Some((identity, _))) => Named::Lost(identity.clone()),
            (None, None) => Named::Unmade,
        };
        let other = |l: &Live| !l.stamp.identity.is_empty() && l.stamp.identity != self.named.identity();
        for generations in self.live.values_mut() {
            self.namesakes.extend(generations.extract_if(.., |l| other(l)));
        }
        self.live.retain(|_, generations| !generations.is_empty());
        self.foreign.extend(self.namesakes.iter().filter(|l| l.object.kind().shared()).cloned());
        self
    }
}
