//! The few values by which a person recognises a new object, in one line: what its kind says ([`Resource::HINT`]), filled in.
//!
//! [`Resource::HINT`]: crate::kinds::Resource::HINT
use std::collections::BTreeSet;

use serde_json::Value;

use super::values::value;
use crate::canon::{Form, pair};
use crate::model::AttrChange;
use crate::plan::Change;
use crate::visible::visible;

/// Characters of a line at most.
const LONG: usize = 72;

/// What is said of a creation; empty where there is nothing to say.
pub fn hint(c: &Change) -> String {
    let words: Vec<String> = match c.address.kind.hint() {
        [] => plain(&c.attrs),
        pieces => pieces.iter().filter_map(|piece| filled(piece, &c.attrs)).collect(),
    };
    let line = words.join(", ");
    if line.chars().count() > LONG { line.chars().take(LONG - 1).collect::<String>() + "…" } else { line }
}

/// One piece with its attributes filled in; `None` where one of them is empty.
pub fn filled(piece: &str, attrs: &[AttrChange]) -> Option<String> {
    let (mut out, mut rest) = (String::new(), piece);
    while let Some((before, behind)) = rest.split_once('{') {
        let (slot, after) = behind.split_once('}')?;
        out += before;
        out += &said(slot, attrs)?;
        rest = after;
    }
    Some(out + rest)
}

fn said(slot: &str, attrs: &[AttrChange]) -> Option<String> {
    if let Some((path, words)) = slot.split_once('?') {
        return look(path, attrs).filter(|v| **v != Value::Bool(false)).map(|_| words.to_owned());
    }
    if let Some(path) = slot.strip_suffix('#') {
        return look(path, attrs)?.as_array().map(|entries| entries.len().to_string());
    }
    match slot.split_once('@') {
        Some((path, member)) => {
            let all: BTreeSet<String> = look(path, attrs)?.as_array()?.iter().filter_map(|entry| entry.get(member)).map(words).collect();
            Some(all.into_iter().collect::<Vec<_>>().join(", "))
        }
        None => look(slot, attrs).map(words),
    }
}

/// A value without quotes and brackets.
fn words(v: &Value) -> String {
    match v {
        Value::String(s) => visible(s).into_owned(),
        Value::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(", "),
        other => value(other),
    }
}

/// The value at a path, where it says anything.
fn look<'v>(path: &str, attrs: &'v [AttrChange]) -> Option<&'v Value> {
    let mut steps = path.split('.');
    let first = steps.next()?;
    let attr = attrs.iter().find(|a| a.path == first)?.after.as_ref()?;
    let found = steps.try_fold(attr, |v, step| v.get(step))?;
    let empty = match found {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(m) => m.is_empty(),
        _ => false,
    };
    (!empty).then_some(found)
}

/// The plain words, and the names of entries.
fn plain(attrs: &[AttrChange]) -> Vec<String> {
    let telling = attrs.iter().filter(|a| !["tags", "zone"].contains(&a.path.as_str())).filter_map(|a| a.after.as_ref());
    telling
        .flat_map(|v| match Form::of(v) {
            Form::Ranked(entries) => entries.iter().filter_map(pair).map(|(name, _)| visible(name).into_owned()).collect(),
            Form::Scalar(Value::String(s)) => vec![visible(s).into_owned()],
            Form::Text(_) => vec![value(v)],
            _ => vec![],
        })
        .collect()
}
