//! `--target` and `--exclude`: what is not selected is wanted as it is.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::decide::compare;
use super::{Stack, Verb, room};
use crate::kinds::{Address, Live, foreign, map_refs, refs};
use crate::observe::Snapshot;

/// What the user names: an address (`subnet.app-a`), a kind (`subnet`), or a part of the spec (`compute`, `compute.app`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Only these, what they need, and what can't stay as it is when they change.
    pub targets: Vec<String>,
    /// All but these, what needs them, and what can't change while they stay.
    pub excludes: Vec<String>,
}

/// All that a selection may name of a stack: addresses, kinds, sections, entries.
pub fn names(stack: &Stack) -> BTreeSet<String> {
    let addresses = stack.nodes.keys().flat_map(|a| [a.to_string(), a.kind.label().to_owned()]);
    let places = stack.origins.values().flat_map(|origin| {
        let ends = origin.match_indices('.').map(|(end, _)| end).chain([origin.len()]);
        ends.take(2).map(|end| origin[..end].to_owned()).collect::<Vec<_>>()
    });
    addresses.chain(places).collect()
}

type Edges = BTreeMap<Address, BTreeSet<Address>>;

/// Makes a stack in which everything not selected is wanted as it stands. Returns the addresses that were selected, or the words that name nothing.
///
/// A plan of it changes nothing but what is selected: what would have to follow a target is selected with it, and what an excluded object would
/// have to follow is left as it stands, too.
pub fn select(stack: &mut Stack, snapshot: &mut Snapshot, selection: &Selection) -> Result<BTreeSet<Address>, Vec<String>> {
    let needs = needs(stack, snapshot);
    let find = |word: &String| -> Vec<Address> {
        let within = |origin: &String| origin == word || origin.strip_prefix(word.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let named = |a: &&Address| a.to_string() == *word || a.kind.label() == word || stack.origins.get(a).is_some_and(within);
        needs.keys().filter(named).cloned().collect()
    };
    let words = selection.targets.iter().chain(&selection.excludes);
    let unknown: Vec<String> = words.filter(|w| find(w).is_empty()).cloned().collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut targets: BTreeSet<Address> = match selection.targets.is_empty() {
        true => needs.keys().cloned().collect(),
        false => selection.targets.iter().flat_map(find).collect(),
    };
    let mut excludes: BTreeSet<Address> = selection.excludes.iter().flat_map(find).collect();
    let (users, serving) = (reversed(&needs), serving(stack, snapshot));
    loop {
        let (inside, outside) = (closure(&targets, &needs), closure(&excludes, &users));
        let selected: BTreeSet<Address> = inside.difference(&outside).cloned().collect();
        let (mut wanted, mut read) = (stack.clone(), snapshot.clone());
        hold(needs.keys().filter(|a| !selected.contains(a)), &serving, &mut wanted, &mut read);
        let mut grown = false;
        for (stray, followed) in strays(&wanted, &read, &selected) {
            grown |= match outside.contains(&stray) {
                true => followed.into_iter().filter(|a| excludes.insert(a.clone())).count() > 0,
                false => targets.insert(stray),
            };
        }
        if !grown {
            (*stack, *snapshot) = (wanted, read);
            return Ok(selected);
        }
    }
}

/// What each address must have with it: what is wanted of it points at it; and of what goes away, whatever still points at it.
fn needs(stack: &Stack, snapshot: &Snapshot) -> Edges {
    let mut needs = Edges::new();
    for (address, object) in &stack.nodes {
        needs.entry(address.clone()).or_default().extend(refs(object).cloned());
    }
    for (user, live) in lives(snapshot) {
        needs.entry(user.clone()).or_default();
        for used in refs(&live.object).filter(|r| !stack.nodes.contains_key(r) && snapshot.live.contains_key(r)) {
            needs.entry(used.clone()).or_default().insert(user.clone());
        }
    }
    needs
}

fn lives(snapshot: &Snapshot) -> impl Iterator<Item = (&Address, &Live)> {
    snapshot.live.iter().flat_map(|(a, g)| g.iter().map(move |l| (a, l)))
}

fn reversed(edges: &Edges) -> Edges {
    let mut out = Edges::new();
    for (from, to) in edges.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
        out.entry(to.clone()).or_default().insert(from.clone());
    }
    out
}

/// What a plan would change although it isn't selected, each with the selected addresses that it would follow.
fn strays(stack: &Stack, snapshot: &Snapshot, selected: &BTreeSet<Address>) -> Vec<(Address, Vec<Address>)> {
    // What has no plan at all is told when it is planned.
    let stack = room::settled(stack, snapshot);
    let Ok((decision, _)) = compare(&stack, snapshot) else { return vec![] };
    let changed: BTreeSet<&Address> = decision.changes.keys().copied().chain(decision.doomed.values().map(|(a, _)| *a)).collect();
    let moves = |a: &Address| {
        let replaced = decision.changes.get(a).is_some_and(|c| matches!(c.verb, Verb::Replace(_)));
        replaced || snapshot.live.get(a).is_some_and(|g| g.len() > 1)
    };
    let followed = |a: &Address| {
        let used = snapshot.live.get(a).into_iter().flatten().flat_map(|l| refs(&l.object));
        used.filter(|r| selected.contains(*r) && moves(r)).cloned().collect()
    };
    changed.into_iter().filter(|a| !selected.contains(a)).map(|a| (a.clone(), followed(a))).collect()
}

/// Which of an address's generations serves, by id.
pub(super) type Serving = BTreeMap<Address, String>;

/// Of several generations the one that most users point at, of the users' own generations those that serve; of such as nobody uses, the one that
/// a plan of the whole stack would keep.
pub(super) fn serving(stack: &Stack, snapshot: &Snapshot) -> Serving {
    let kept = compare(stack, snapshot).map(|(d, _)| d.current.into_iter().map(|(a, l)| (a, l.id.as_str())).collect()).unwrap_or_default();
    let mut users: BTreeMap<&str, Vec<(&Address, &str)>> = BTreeMap::new();
    for (address, live) in lives(snapshot) {
        live.points.iter().for_each(|p| users.entry(p).or_default().push((address, &live.id)));
    }
    let mut choice = Choice { snapshot, users, kept, made: BTreeMap::new() };
    snapshot.live.keys().filter_map(|a| choice.of(a).map(|id| (a.clone(), id.to_owned()))).collect()
}

struct Choice<'s> {
    snapshot: &'s Snapshot,
    /// The addresses and ids of what points at an id.
    users: BTreeMap<&'s str, Vec<(&'s Address, &'s str)>>,
    kept: BTreeMap<&'s Address, &'s str>,
    /// Choices so far; nothing while one is being made, for users may go round in a ring.
    made: BTreeMap<&'s Address, Option<&'s str>>,
}

impl<'s> Choice<'s> {
    fn of(&mut self, address: &'s Address) -> Option<&'s str> {
        if let Some(made) = self.made.get(address) {
            return *made;
        }
        self.made.insert(address, None);
        let mut best: Option<((usize, bool), &str)> = None;
        for live in self.snapshot.live.get(address).into_iter().flatten() {
            let users = self.users.get(live.id.as_str()).cloned().unwrap_or_default();
            let serve = users.into_iter().filter(|(a, id)| *a != address && self.of(a).is_none_or(|serves| serves == *id)).count();
            let rank = (serve, self.kept.get(address) == Some(&live.id.as_str()));
            if best.is_none_or(|(other, _)| rank > other) {
                best = Some((rank, &live.id));
            }
        }
        let made = best.map(|(_, id)| id);
        self.made.insert(address, made);
        made
    }
}

/// Wants what serves at these addresses just as it is, and forgets what does not: whoever points at that points at nobody's from then on.
pub(super) fn hold<'a>(
    addresses: impl Iterator<Item = &'a Address> + Clone,
    serving: &Serving,
    stack: &mut Stack,
    snapshot: &mut Snapshot,
) {
    let mut forgotten: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for address in addresses.clone() {
        let Some(generations) = snapshot.live.get_mut(address) else { continue };
        let (stay, go): (Vec<Live>, Vec<Live>) = generations.drain(..).partition(|l| serving.get(address) == Some(&l.id));
        *generations = stay;
        forgotten.insert(address.clone(), go.into_iter().map(|l| l.id).collect());
    }
    for live in snapshot.live.values_mut().flatten() {
        let points = &live.points;
        let nobodys = |a: &Address| {
            let id = forgotten.get(a)?.iter().find(|id| points.contains(*id));
            id.filter(|_| serving.get(a).is_none_or(|serves| !points.contains(serves))).map(|id| foreign(id))
        };
        live.object = map_refs(&live.object, &nobodys);
    }
    for address in addresses {
        stack.renamed.remove(address);
        let Some(live) = snapshot.live.get_mut(address).and_then(|g| g.first_mut()) else {
            stack.nodes.remove(address);
            continue;
        };
        live.stamp.address = address.clone();
        stack.nodes.insert(address.clone(), live.object.clone());
    }
}

fn closure(start: &BTreeSet<Address>, edges: &Edges) -> BTreeSet<Address> {
    let (mut open, mut seen): (Vec<&Address>, BTreeSet<Address>) = (start.iter().collect(), BTreeSet::new());
    while let Some(a) = open.pop() {
        if seen.insert(a.clone()) {
            open.extend(edges.get(a).into_iter().flatten());
        }
    }
    seen
}
