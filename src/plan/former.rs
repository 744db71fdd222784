//! Whether another stack is one's own, made under an earlier name.
use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::{Address, Kind, identity};
use crate::stack::Stack;

/// Whether what is told of another stack is what a spec makes under that stack's name: `stack`. Three quarters of the objects are the same, address and
/// digest, of those kinds that are told of at all; and these are half of the stack at least, for what was deleted is told of for a while.
pub fn former(stack: &Stack, told: &BTreeMap<Address, BTreeSet<String>>) -> bool {
    let kinds: BTreeSet<Kind> = told.keys().map(|a| a.kind).collect();
    let wanted = stack.nodes.keys().filter(|a| kinds.contains(&a.kind));
    let all: BTreeSet<&Address> = wanted.chain(told.keys()).collect();
    let same = |(a, digests): &(&Address, &BTreeSet<String>)| {
        stack.nodes.get(a).is_some_and(|object| digests.contains(identity::short(&object.digest())))
    };
    told.iter().filter(same).count() * 4 >= all.len() * 3 && told.len() * 2 >= stack.nodes.len()
}
