//! Layers: maps merge, lists and scalars replace, `null` removes.
use super::node::{Entry, Node, Val};

/// What `over` makes of `base`; every key and value keeps its own file.
pub fn merge(base: Node, over: Node) -> Node {
    match (base.value, over.value) {
        (Val::Map(mut entries), Val::Map(more)) => {
            for entry in more {
                lay(&mut entries, entry);
            }
            Node {
                value: Val::Map(entries),
                at: over.at,
            }
        }
        (_, value) => Node { value, at: over.at },
    }
}

fn lay(entries: &mut Vec<Entry>, over: Entry) {
    match entries.iter_mut().find(|entry| entry.key == over.key) {
        Some(entry) => {
            entry.at = over.at;
            let base = std::mem::replace(&mut entry.node, Node::map(over.at));
            entry.node = merge(base, over.node);
        }
        None => entries.push(over),
    }
}

/// Takes away what `null` removes, once all layers are merged.
pub fn remove_nulls(node: &mut Node) {
    match &mut node.value {
        Val::List(items) => items.iter_mut().for_each(remove_nulls),
        Val::Map(entries) => {
            entries.retain(|entry| !matches!(entry.node.value, Val::Null));
            entries
                .iter_mut()
                .for_each(|entry| remove_nulls(&mut entry.node));
        }
        _ => {}
    }
}
