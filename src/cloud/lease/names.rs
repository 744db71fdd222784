//! The names of leases among a stack's notes: `STACK/lease/N`, and `STACK/lease/N/revoked` beside it.
use std::collections::BTreeMap;

use super::Lease;
use crate::wire::{Class, CloudError};

/// A lease's number is less: so many can any program count that reads numbers as JSON does.
const NUMBERS: u64 = 1 << 53;

/// The number in a lease's name, and what follows it there. `None` for what is no lease of ours.
pub(super) fn numbered<'n>(stack: &str, name: &'n str) -> Option<(u64, &'n str)> {
    let rest = name.strip_prefix(stack)?.strip_prefix("/lease/")?;
    let (digits, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let number = digits.parse().ok().filter(|n: &u64| *n < NUMBERS && n.to_string() == digits)?;
    Some((number, rest))
}

/// The newest lease among a stack's notes, and what it says; `None` inside when that can't be read.
pub fn newest(stack: &str, notes: &BTreeMap<String, String>) -> Option<(u64, Option<Lease>)> {
    latest(stack, notes).map(|(n, text)| (n, serde_json::from_str(text).ok()))
}

pub(super) fn latest<'n>(stack: &str, notes: &'n BTreeMap<String, String>) -> Option<(u64, &'n str)> {
    let all = notes.iter().filter_map(|(name, text)| Some((numbered(stack, name).filter(|(_, rest)| rest.is_empty())?.0, text.as_str())));
    all.max_by_key(|(n, _)| *n)
}

/// Notes beside the stack's leases that are none: nobody heeds them, and nobody takes them away.
pub fn strays<'n>(stack: &'n str, notes: &'n BTreeMap<String, String>) -> impl Iterator<Item = &'n String> {
    let folder = format!("{stack}/lease/");
    notes.keys().filter(move |name| name.starts_with(&folder) && numbered(stack, name).is_none())
}

pub(super) fn folder(stack: &str) -> String {
    format!("{stack}/lease")
}

pub(super) fn name(stack: &str, number: u64) -> String {
    format!("{stack}/lease/{number}")
}

/// Where it is written that a holder is to let go.
pub(super) fn revoked(stack: &str, number: u64) -> String {
    format!("{stack}/lease/{number}/revoked")
}

/// The number after another. Numbers only grow, so that no name is used again.
pub(super) fn next(stack: &str, number: u64) -> Result<u64, CloudError> {
    number.checked_add(1).filter(|n| *n < NUMBERS).ok_or_else(|| {
        let why = format!("there is no number after that of the note {}: it is none that infra wrote; delete it", name(stack, number));
        CloudError::new(Class::Invalid, "LeaseNumber", why)
    })
}
