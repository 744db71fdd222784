//! Two objects to a list of `AttrChange`, path by path.
use std::collections::BTreeSet;

use serde_json::Value;

use crate::kinds::{Address, Object, resolve_texts};
use crate::model::{AttrChange, Mode};

/// What a comparison knows of the rest of the stack.
pub struct Context<'a> {
    /// Addresses whose object is not the one that was pointed at: a pointer at them has changed though it reads the same.
    pub moved: &'a BTreeSet<Address>,
    /// The value that a text names now; `None` when the run decides it.
    pub outputs: &'a dyn Fn(&Address, &str) -> Option<String>,
}

impl Context<'_> {
    /// Nothing moves, nothing is named.
    pub fn still() -> Context<'static> {
        static NOTHING: BTreeSet<Address> = BTreeSet::new();
        Context { moved: &NOTHING, outputs: &|_, _| None }
    }
}

/// What must change to turn one object into another. A creation lists every attribute that is wanted, a deletion none.
pub fn diff(before: Option<&Object>, after: Option<&Object>, context: &Context) -> Vec<AttrChange> {
    let mut out = vec![];
    match (before, after) {
        (None, Some(after)) => {
            for a in after.attributes().into_iter().filter(|a| a.mode != Mode::Computed && !empty(&a.value)) {
                out.push(AttrChange { path: a.name.into(), before: None, after: Some(a.value), mode: a.mode, cascade: false });
            }
        }
        (Some(before), Some(after)) => {
            for (b, a) in before.attributes().into_iter().zip(after.attributes()) {
                if a.mode.compared() {
                    compare(a.name, Some(b.value), Some(a.value), a.mode, context, &mut out);
                }
            }
        }
        _ => {}
    }
    out
}

fn empty(v: &Value) -> bool {
    match v {
        Value::Null => true,
        Value::Array(a) => a.is_empty(),
        Value::Object(m) => m.is_empty(),
        _ => false,
    }
}

/// References, texts, secrets and computed values are compared whole; maps key by key; lists are sets.
fn compare(path: &str, before: Option<Value>, after: Option<Value>, mode: Mode, context: &Context, out: &mut Vec<AttrChange>) {
    let resolved = after.clone().map(|mut v| {
        resolve_texts(&mut v, context.outputs);
        v
    });
    let cascade = after.as_ref().is_some_and(|v| points(v, context.moved));
    if before == resolved && !cascade {
        return;
    }
    match (before, after) {
        (Some(Value::Object(mut b)), Some(Value::Object(mut a))) if !tagged(&b) && !tagged(&a) => {
            let keys: BTreeSet<String> = b.keys().chain(a.keys()).cloned().collect();
            for key in keys {
                compare(&format!("{path}.{key}"), b.remove(&key), a.remove(&key), mode, context, out);
            }
        }
        (Some(Value::Array(b)), Some(Value::Array(a))) if [&b, &a].iter().any(|l| l.iter().any(|v| v.is_object() && !reference(v))) => {
            for gone in b.iter().filter(|v| !a.contains(v)) {
                out.push(AttrChange { path: path.into(), before: Some(gone.clone()), after: None, mode, cascade: false });
            }
            for new in a.iter().filter(|v| !b.contains(v) || points(v, context.moved)) {
                let cascade = b.contains(new);
                let before = cascade.then(|| new.clone());
                out.push(AttrChange { path: path.into(), before, after: Some(new.clone()), mode, cascade });
            }
        }
        (before, after) => out.push(AttrChange { path: path.into(), before, after, mode, cascade }),
    }
}

/// Whether a map is one value of its own: a reference, a text, a secret, a computed value.
fn tagged(m: &serde_json::Map<String, Value>) -> bool {
    let one = |key: &str| m.len() == 1 && m.contains_key(key);
    m.contains_key("ref") || one("text") || one("secret") || one("computed")
}

fn reference(v: &Value) -> bool {
    v.as_object().is_some_and(|m| m.contains_key("ref"))
}

fn points(v: &Value, moved: &BTreeSet<Address>) -> bool {
    if moved.is_empty() {
        return false;
    }
    match v {
        Value::Object(m) => match m.get("ref").and_then(Value::as_str) {
            Some(s) => s.parse().is_ok_and(|a| moved.contains(&a)),
            None => m.values().any(|v| points(v, moved)),
        },
        Value::Array(a) => a.iter().any(|v| points(v, moved)),
        _ => false,
    }
}
