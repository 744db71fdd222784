//! A value in Terraform's words: what it says, what of it isn't known yet, what of it may not be shown.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::redact::HIDDEN;

/// The attributes and blocks of a resource, or of a block.
pub type Body = BTreeMap<&'static str, Node>;

#[derive(Clone, Debug)]
pub enum Node {
    Plain(Value),
    /// What no output shows; its fingerprint tells a change.
    Hidden(String),
    /// Another resource's attribute; `None` until that is there. `to` is how a configuration refers to it.
    Link {
        to: Vec<String>,
        value: Option<Value>,
    },
    /// What the cloud gives; `None` until it has.
    Decided(Option<Value>),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
    Blocks(Vec<Body>),
}

impl Node {
    /// The value as it is shown; `None` when it isn't known. A list is known as a whole or not at all, a block may be known in part.
    pub fn json(&self) -> Option<Value> {
        match self {
            Node::Plain(v) => Some(v.clone()),
            Node::Hidden(_) => Some(HIDDEN.into()),
            Node::Link { value, .. } | Node::Decided(value) => value.clone(),
            Node::List(list) => list.iter().map(Node::json).collect(),
            Node::Map(map) => Some(map.iter().filter_map(|(k, n)| Some((k.clone(), n.json()?))).collect::<Map<_, _>>().into()),
            Node::Blocks(blocks) => Some(blocks.iter().map(body).collect()),
        }
    }

    /// `true` where nothing is known; the shape of the value where something is.
    pub fn unknown(&self) -> Value {
        self.mask(&|n| n.json().is_none())
    }

    /// `true` where something is hidden; the shape of the value elsewhere.
    pub fn sensitive(&self) -> Value {
        self.mask(&|n| matches!(n, Node::Hidden(_)))
    }

    fn mask(&self, mark: &dyn Fn(&Node) -> bool) -> Value {
        if mark(self) {
            return true.into();
        }
        match self {
            Node::List(list) => list.iter().map(|n| n.mask(mark)).collect(),
            Node::Map(map) => map.iter().map(|(k, n)| (k.as_str(), n.mask(mark))).filter(|(_, v)| *v != false).collect(),
            Node::Blocks(blocks) => blocks.iter().map(|b| masks(b, &|n| n.mask(mark))).collect(),
            Node::Plain(v) | Node::Decided(Some(v)) => shape(v),
            _ => false.into(),
        }
    }

    /// What two values must have in common to be the same: unlike [`Node::json`] it tells two hidden ones apart.
    pub fn trace(&self) -> Value {
        match self {
            Node::Plain(v) => v.clone(),
            Node::Hidden(fingerprint) => json!({ "hidden": fingerprint }),
            Node::Link { value, .. } | Node::Decided(value) => value.clone().unwrap_or_else(|| json!({ "unknown": true })),
            Node::List(list) => list.iter().map(Node::trace).collect(),
            Node::Map(map) => map.iter().map(|(k, n)| (k.as_str(), n.trace())).collect(),
            Node::Blocks(blocks) => blocks.iter().map(trace).collect(),
        }
    }

    /// How a configuration says it: `None` for what the cloud decides and for what isn't set.
    pub fn expression(&self) -> Option<Value> {
        if let Node::Blocks(blocks) = self {
            return Some(blocks.iter().map(expressions).collect());
        }
        let mut to = vec![];
        self.references(&mut to);
        if !to.is_empty() {
            return Some(json!({ "references": to }));
        }
        match self {
            Node::Decided(_) | Node::Plain(Value::Null) => None,
            known => known.json().map(|v| json!({ "constant_value": v })),
        }
    }

    fn references(&self, out: &mut Vec<String>) {
        match self {
            Node::Link { to, .. } => out.extend(to.iter().filter(|t| !out.contains(t)).cloned().collect::<Vec<_>>()),
            Node::List(list) => list.iter().for_each(|n| n.references(out)),
            Node::Map(map) => map.values().for_each(|n| n.references(out)),
            _ => {}
        }
    }
}

/// What a body says, without what isn't known.
pub fn body(b: &Body) -> Value {
    b.iter().filter_map(|(k, n)| Some(((*k).to_owned(), n.json()?))).collect::<Map<_, _>>().into()
}

/// A mask of every attribute; what is wholly false is left out.
pub fn masks(b: &Body, of: &dyn Fn(&Node) -> Value) -> Value {
    b.iter().map(|(k, n)| ((*k).to_owned(), of(n))).filter(|(_, v)| *v != false).collect::<Map<_, _>>().into()
}

/// What two bodies must have in common to be the same.
pub fn trace(b: &Body) -> Value {
    b.iter().map(|(k, n)| ((*k).to_owned(), n.trace())).collect::<Map<_, _>>().into()
}

/// How a configuration says it.
pub fn expressions(b: &Body) -> Value {
    b.iter().filter_map(|(k, n)| Some(((*k).to_owned(), n.expression()?))).collect::<Map<_, _>>().into()
}

/// Lists of `false`, empty maps: nothing in it is marked.
fn shape(v: &Value) -> Value {
    match v {
        Value::Array(list) => list.iter().map(shape).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), shape(v))).filter(|(_, v)| *v != false).collect::<Map<_, _>>().into(),
        _ => false.into(),
    }
}
