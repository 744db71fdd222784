//! `--target` and `--exclude`: what is not selected is wanted as it is.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Stack;
use crate::kinds::{Address, refs};
use crate::observe::Snapshot;

/// What the user names: an address (`subnet.app-a`), a kind (`subnet`), or a part of the spec (`compute`, `compute.app`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Only these, and what they need.
    pub targets: Vec<String>,
    /// All but these, and what needs them.
    pub excludes: Vec<String>,
}

/// Makes a stack in which everything not selected is wanted as it stands. Returns the addresses that were selected, or the words that name nothing.
pub fn select(stack: &mut Stack, snapshot: &mut Snapshot, selection: &Selection) -> Result<BTreeSet<Address>, Vec<String>> {
    let mut edges: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for (address, object) in &stack.nodes {
        edges.entry(address.clone()).or_default().extend(refs(object));
    }
    let gone: BTreeSet<Address> = snapshot.live.keys().filter(|a| !stack.nodes.contains_key(a)).cloned().collect();
    // What goes away is needed by what still points at it: its users must be selected with it.
    for (user, live) in snapshot.live.iter().flat_map(|(a, g)| g.iter().map(move |l| (a, l))) {
        edges.entry(user.clone()).or_default();
        for used in refs(&live.object).into_iter().filter(|r| gone.contains(r)) {
            edges.entry(used).or_default().insert(user.clone());
        }
    }
    let find = |word: &String| -> Vec<Address> {
        let within = |origin: &String| origin == word || origin.strip_prefix(word.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let named = |a: &&Address| a.to_string() == *word || a.kind.label() == word || stack.origins.get(a).is_some_and(within);
        edges.keys().filter(named).cloned().collect()
    };
    let words = selection.targets.iter().chain(&selection.excludes);
    let unknown: Vec<String> = words.filter(|w| find(w).is_empty()).cloned().collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut selected: BTreeSet<Address> = edges.keys().cloned().collect();
    if !selection.targets.is_empty() {
        selected = closure(selection.targets.iter().flat_map(find), &edges);
    }
    if !selection.excludes.is_empty() {
        let mut users: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for (user, used) in &edges {
            for u in used {
                users.entry(u.clone()).or_default().insert(user.clone());
            }
        }
        let out = closure(selection.excludes.iter().flat_map(find), &users);
        selected.retain(|a| !out.contains(a));
    }
    edges.keys().filter(|a| !selected.contains(a)).for_each(|a| as_it_stands(a, stack, snapshot));
    Ok(selected)
}

/// Wants what is at an address just as it is.
pub(super) fn as_it_stands(address: &Address, stack: &mut Stack, snapshot: &mut Snapshot) {
    match snapshot.live.get_mut(address) {
        Some(generations) => {
            generations.truncate(1);
            stack.nodes.insert(address.clone(), generations[0].object.clone());
        }
        None => drop(stack.nodes.remove(address)),
    }
    stack.renamed.remove(address);
}

fn closure(start: impl Iterator<Item = Address>, edges: &BTreeMap<Address, BTreeSet<Address>>) -> BTreeSet<Address> {
    let (mut open, mut seen): (Vec<Address>, BTreeSet<Address>) = (start.collect(), BTreeSet::new());
    while let Some(a) = open.pop() {
        if seen.insert(a.clone()) {
            open.extend(edges.get(&a).into_iter().flatten().cloned());
        }
    }
    seen
}
