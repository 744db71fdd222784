//! Defaults that follow from other fields; a field that has one says so in the schema as `x-default`.
use super::node::{Node, Val};
use super::section::Section;

/// Completes one section of a document, which is out of the document meanwhile.
pub fn section<S: Section>(root: &mut Node, name: &str) {
    let Some(place) = root.get_mut(name) else { return };
    let at = place.at;
    let mut own = std::mem::replace(place, Node { value: Val::Null, at });
    S::derive(&mut own, root);
    if let Some(place) = root.get_mut(name) {
        *place = own;
    }
}

/// The first subnet tier of one of these kinds, the earlier kinds first, or any tier when there is none.
pub fn tier(spec: &Node, kinds: &[&str]) -> String {
    let subnets = spec.get("vpc").and_then(|vpc| vpc.get("subnets"));
    let all = || subnets.into_iter().flat_map(Node::entries);
    let of = |kind: &&str| all().find(|entry| entry.node.text_of("tier") == *kind);
    let found = kinds.iter().find_map(of).or(all().next());
    found.map_or_else(|| kinds[0].to_string(), |entry| entry.key.clone())
}
