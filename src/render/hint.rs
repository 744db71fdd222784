//! The few values by which a person recognises a new object, in one line: what its kind says ([`Resource::HINT`]), filled in.
//!
//! [`Resource::HINT`]: crate::kinds::Resource::HINT
use std::collections::BTreeSet;

use serde_json::Value;

use super::values::{reference, value};
use crate::canon::{Form, Part, pair};
use crate::model::AttrChange;
use crate::plan::Change;
use crate::visible::visible;

/// Entries of a list at most; how many more there are is said.
const ENTRIES: usize = 4;

/// What is said of a creation; empty where there is nothing to say.
pub fn hint(c: &Change) -> String {
    let words: Vec<String> = match c.address.kind.hint() {
        [] => plain(&c.attrs),
        pieces => pieces.iter().filter_map(|piece| filled(piece, &c.attrs)).collect(),
    };
    words.join(", ")
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
            Some(few(all.into_iter().collect()))
        }
        None => look(slot, attrs).map(words),
    }
}

/// A value without quotes and brackets; of what another object will tell, the object.
fn words(v: &Value) -> String {
    match Form::of(v) {
        Form::Scalar(Value::String(s)) => visible(s).into_owned(),
        Form::List(all) => few(all.iter().map(words).collect()),
        Form::Map(entries) => few(entries.iter().map(|(name, v)| format!("{}: {}", visible(name), inner(v))).collect()),
        Form::Text(parts) => parts.iter().map(part).collect(),
        _ => value(v),
    }
}

/// The value of an entry: of one that says how and whom (`{nat_gateway: nat_gateway.a}`), whom.
fn inner(v: &Value) -> String {
    match Form::of(v) {
        Form::Map(one) if one.len() == 1 => one.values().map(words).collect(),
        _ => words(v),
    }
}

fn part(v: &Value) -> String {
    match Part::of(v) {
        Some(Part::Literal(s)) => visible(s).into_owned(),
        Some(Part::Output(address, _)) => reference(address, None),
        None => value(v),
    }
}

/// The first entries of a list, and how many more there are.
fn few(mut entries: Vec<String>) -> String {
    let more = entries.len().saturating_sub(ENTRIES);
    if more > 1 {
        entries.truncate(ENTRIES);
        entries.push(format!("{more} more"));
    }
    entries.join(", ")
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
