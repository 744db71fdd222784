//! Layers: maps merge, lists and scalars replace, `null` removes: it stays until the shape is checked, so that an
//! unknown key is seen even when it has no value.
use super::node::{Entries, Entry, Node, Val};

/// What `over` makes of `base`; every key and value keeps its own file.
pub fn merge(base: Node, over: Node) -> Node {
    match (base.value, over.value) {
        (Val::Map(mut entries), Val::Map(more)) => {
            for entry in more {
                lay(&mut entries, entry);
            }
            Node { value: Val::Map(entries), at: over.at }
        }
        (_, value) => Node { value, at: over.at },
    }
}

fn lay(entries: &mut Entries, over: Entry) {
    match entries.get_mut(&over.key) {
        Some(entry) => {
            entry.at = over.at;
            let base = std::mem::replace(&mut entry.node, Node::map(over.at));
            entry.node = merge(base, over.node);
        }
        None => entries.add(over),
    }
}
