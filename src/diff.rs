//! Two objects to a list of `AttrChange`, path by path.
use std::collections::BTreeSet;

use serde_json::Value;

use crate::canon::{self, Form, pair, plain_key};
use crate::kinds::{Address, Object, resolve_texts};
use crate::model::{AttrChange, Attribute, Mode, Reversal};

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

/// What holds for every change of an attribute.
#[derive(Clone, Copy)]
struct Nature {
    mode: Mode,
    reversal: Reversal,
}

impl Nature {
    fn of(a: &Attribute) -> Nature {
        Nature { mode: a.mode, reversal: a.reversal }
    }

    fn change(self, path: &str, before: Option<Value>, after: Option<Value>) -> AttrChange {
        let Nature { mode, reversal } = self;
        AttrChange { path: path.into(), before, after, mode, reversal, cascade: false, waits: false, told: None, field: None }
    }
}

/// What must change to turn one object into another. A creation lists every attribute that is wanted, a deletion none.
pub fn diff(before: Option<&Object>, after: Option<&Object>, context: &Context) -> Vec<AttrChange> {
    let mut out = vec![];
    match (before, after) {
        (None, Some(after)) => {
            for a in after.attributes().into_iter().filter(|a| a.mode != Mode::Computed && !empty(&a.value)) {
                let nature = Nature::of(&a);
                out.push(nature.change(a.name, None, Some(a.value)));
            }
        }
        // What is equal has changed only where it points at something that has.
        (Some(before), Some(after)) if context.moved.is_empty() && before == after => {}
        (Some(before), Some(after)) => {
            for (b, a) in before.attributes().into_iter().zip(after.attributes()) {
                if a.mode.compared() {
                    let nature = Nature::of(&a);
                    compare(a.name, Some(b.value), Some(a.value), nature, context, &mut out);
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
        Value::Object(m) => m.is_empty() || matches!(Form::of_map(m), Form::Ranked(entries) if entries.is_empty()),
        _ => false,
    }
}

/// References, texts, secrets and computed values are compared whole; maps key by key; lists are sets, unless their entries have names and an order.
fn compare(path: &str, before: Option<Value>, after: Option<Value>, nature: Nature, context: &Context, out: &mut Vec<AttrChange>) {
    let resolved = after.clone().map(|mut v| {
        resolve_texts(&mut v, context.outputs);
        v
    });
    let cascade = after.as_ref().is_some_and(|v| points(v, context.moved));
    if same(before.as_ref(), resolved.as_ref()) && !cascade {
        return;
    }
    match (before, after) {
        (Some(b), Some(a)) if ranked(&b).is_some() && ranked(&a).is_some() => order(path, &b, &a, nature, context, out),
        (Some(Value::Object(mut b)), Some(Value::Object(mut a))) if !Form::of_map(&b).whole() && !Form::of_map(&a).whole() => {
            let keys: BTreeSet<String> = b.keys().chain(a.keys()).cloned().collect();
            for key in keys {
                compare(&format!("{path}.{}", plain_key(&key)), b.remove(&key), a.remove(&key), nature, context, out);
            }
        }
        (Some(Value::Array(b)), Some(Value::Array(a)))
            if [&b, &a].iter().any(|l| l.iter().any(|v| v.is_object() && !matches!(Form::of(v), Form::Ref(_)))) =>
        {
            let now = resolved.as_ref().and_then(Value::as_array).unwrap_or(&a);
            for gone in b.iter().filter(|v| !now.contains(v)) {
                out.push(nature.change(path, Some(gone.clone()), None));
            }
            for (new, now) in a.iter().zip(now).filter(|(new, now)| !b.contains(now) || points(new, context.moved)) {
                let cascade = b.contains(now);
                let before = cascade.then(|| new.clone());
                out.push(AttrChange { cascade, ..nature.change(path, before, Some(new.clone())) });
            }
        }
        (before, after) => out.push(AttrChange { cascade, ..nature.change(path, before, after) }),
    }
}

/// Whether two values say the same. A set's texts stand in the order of what they are written as, which isn't that of what they mean.
fn same(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(Value::Array(b)), Some(Value::Array(a))) => b == a || b.len() == a.len() && b.iter().all(|v| a.contains(v)),
        (before, after) => before == after,
    }
}

/// The entries of a [`crate::model::Ranked`], by name.
fn ranked(v: &Value) -> Option<Vec<(&str, &Value)>> {
    match Form::of(v) {
        Form::Ranked(entries) => entries.iter().map(pair).collect(),
        _ => None,
    }
}

/// Entries are compared by name. Of those on both sides as few as possible have moved; a new one among them moves none.
fn order(path: &str, before: &Value, after: &Value, nature: Nature, context: &Context, out: &mut Vec<AttrChange>) {
    let (before, after) = (ranked(before).unwrap_or_default(), ranked(after).unwrap_or_default());
    let place = |list: &[(&str, &Value)], name: &str| list.iter().position(|(n, _)| *n == name);
    for (name, gone) in before.iter().filter(|(name, _)| place(&after, name).is_none()) {
        compare(&format!("{path}.{name}"), Some((*gone).clone()), None, nature, context, out);
    }
    let stay: Vec<usize> = after.iter().filter_map(|(name, _)| place(&before, name)).collect();
    let kept = rising(&stay);
    for (i, (name, new)) in after.iter().enumerate() {
        let here = format!("{path}.{name}");
        let Some(old) = place(&before, name) else {
            compare(&here, None, Some((*new).clone()), nature, context, out);
            continue;
        };
        compare(&here, Some(before[old].1.clone()), Some((*new).clone()), nature, context, out);
        if !kept.contains(&old) {
            let (from, to) = (Some((old + 1).into()), Some((i + 1).into()));
            out.push(nature.change(&format!("{here}.position"), from, to));
        }
    }
}

/// A longest rising part of a list of different numbers.
fn rising(list: &[usize]) -> BTreeSet<usize> {
    let mut best: Vec<(usize, Option<usize>)> = vec![];
    for (i, n) in list.iter().enumerate() {
        let before = (0..i).filter(|j| list[*j] < *n).max_by_key(|j| (best[*j].0, std::cmp::Reverse(*j)));
        best.push((before.map_or(1, |j| best[j].0 + 1), before));
    }
    let mut next = (0..list.len()).max_by_key(|i| (best[*i].0, std::cmp::Reverse(*i)));
    let mut out = BTreeSet::new();
    while let Some(i) = next {
        out.insert(list[i]);
        next = best[i].1;
    }
    out
}

/// Whether a value names one of these.
fn points(v: &Value, moved: &BTreeSet<Address>) -> bool {
    let mut hit = false;
    if !moved.is_empty() {
        canon::addresses(v, &mut |address| hit = hit || address.parse().is_ok_and(|a| moved.contains(&a)));
    }
    hit
}
