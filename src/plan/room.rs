//! What is wanted, in places that are free: an object that has several as good ones stays where it is, and takes none that another has.
use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::kinds::{Address, Claim, Claims, Live, map_refs};
use crate::observe::Snapshot;
use crate::stack::Stack;

/// The stack with every object in [a place](crate::kinds::Object::elsewhere) that nobody else has. Whoever stands where it was asked to keeps its place, so that what is
/// new moves nothing; and nobody takes the place of what only leaves in the same run, so that no order is asked for.
pub(super) fn settled<'a>(stack: &'a Stack, snapshot: &Snapshot) -> Cow<'a, Stack> {
    let wanted: Vec<&Address> = stack.nodes.keys().filter(|a| a.kind.shared()).collect();
    let mut settled = Cow::Borrowed(stack);
    let kinds: BTreeSet<_> = wanted.iter().map(|a| a.kind).collect();
    if kinds.is_empty() {
        return settled;
    }
    let mut taken = Claims::default();
    for live in snapshot.foreign.iter().filter(|l| kinds.contains(&l.object.kind())) {
        taken.add(live.object.claims(), &live.id);
    }
    for (address, live) in snapshot.live.iter().flat_map(|(a, g)| g.iter().map(move |l| (a, l))).filter(|(a, _)| kinds.contains(&a.kind)) {
        taken.add(live.object.claims(), &address.to_string());
    }
    for address in wanted {
        let me = address.to_string();
        let others = |claim: &Claim| taken.holders(claim).into_iter().any(|holder| holder != me);
        let want = &stack.nodes[address];
        // Who was moved by somebody else goes back.
        let asked = |live: &&Live| {
            let there = want.elsewhere(Some(&live.object), &others);
            let there = there.as_ref().unwrap_or(want);
            let before = map_refs(there, |a| stack.renamed.get(a).map(|old| old.name.clone()));
            [there, &before].iter().any(|o| o.digest().starts_with(&live.stamp.digest))
        };
        let now = snapshot.live.get(address).and_then(|g| g.first()).filter(asked);
        let moved = want.elsewhere(now.map(|live| &live.object), &others);
        taken.add(moved.as_ref().unwrap_or(want).claims(), &me);
        if let Some(moved) = moved {
            settled.to_mut().nodes.insert(address.clone(), moved);
        }
    }
    settled
}
