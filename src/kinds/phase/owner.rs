//! Whose rules are the stack's in a zone: its mark in a rule's `ref` and description.
use serde_json::Value;

use super::MAIN;
use crate::kinds::{Address, Kind, Stamp};
use crate::wire::cloudflare::Zone;

/// Whose rules are the stack's in a zone.
pub(super) struct Owner<'s> {
    stack: &'s str,
    /// The stack and the place from which it is run.
    pub named: String,
}

impl<'s> Owner<'s> {
    pub fn of(stack: &'s str, zone: &Zone) -> Self {
        Owner { stack, named: zone.owner(stack) }
    }

    /// A rule's `ref`, by which it is known.
    pub fn reference(&self, name: &str) -> String {
        format!("infra_{}_{name}", self.named)
    }

    /// The name of a rule of the stack. Earlier versions named no place.
    pub fn name_of<'a>(&self, rule: &'a Value) -> Option<&'a str> {
        let rest = rule["ref"].as_str()?.strip_prefix("infra_")?;
        rest.strip_prefix(self.named.as_str()).or_else(|| rest.strip_prefix(self.stack))?.strip_prefix('_')
    }

    /// The stamp in a rule's description. One that names no place has no digest, so that it is renewed.
    pub fn stamp_of(&self, rule: &Value, kind: Kind) -> Option<Stamp> {
        let (_, stamp) = rule["description"].as_str()?.strip_suffix(')')?.rsplit_once(" (infra ")?;
        let words: Vec<&str> = stamp.split(' ').collect();
        let [of, made, digest] = words[..] else { return None };
        let (identity, run, step) = Stamp::from_made(made)?;
        let digest = if of == self.named { digest.to_owned() } else { String::new() };
        let address = Address::new(kind, MAIN);
        let stamp = Stamp { stack: self.stack.into(), address, run, step, identity, digest };
        (of == self.named || of == self.stack).then_some(stamp)
    }
}
