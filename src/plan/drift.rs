//! How the live objects differ from the spec, and why: changed by others, or not applied yet. Without a state file: a stamp's digest tells what was last asked for.
use serde::Serialize;
use serde_json::{Value, json};

use super::decide::{Decision, compare};
use super::*;
use crate::canon::{self, Form};
use crate::kinds::map_refs;
use crate::observe::Snapshot;
use crate::redact::Redactor;

/// Why an object is not as the spec says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The spec says what was last asked for, but somebody else has changed the object.
    Changed,
    /// The spec asks for it, and nothing is there: deleted by somebody else, or never made.
    Missing,
    /// The spec asks for something else than was last asked for. What somebody else has changed may hide in it.
    Unapplied,
    /// It differs, and its stamp has no room for what was last asked for.
    Unclear,
    /// It is the stack's, and the spec no longer has it.
    Unwanted,
    /// An earlier run left it beside the one that serves.
    Leftover,
}

/// An object that is not as the spec says.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    pub address: Address,
    /// Where in the spec it comes from; `None` for what the spec no longer names.
    pub origin: Option<String>,
    pub cause: Cause,
    /// What is live; `None` when it is missing.
    pub live: Option<Live>,
    /// `before` is what is, `after` what should be.
    pub attrs: Vec<AttrChange>,
    /// The address under which it stands so far.
    pub renamed_from: Option<Address>,
}

/// The drift of a stack: every object that is not as the spec says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    pub stack: String,
    /// By cause and address.
    pub found: Vec<Deviation>,
    /// What is as it was asked for, and changes only because what it points at does.
    pub follows: BTreeSet<Address>,
    /// What is as the spec says.
    pub same: BTreeSet<Address>,
}

impl Drift {
    /// Whether everything is as the spec says.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.follows.is_empty()
    }

    /// How many objects differ for a cause.
    pub fn count(&self, cause: Cause) -> usize {
        self.found.iter().filter(|d| d.cause == cause).count()
    }

    /// The live objects that somebody else may have changed; the audit log is asked about them.
    pub fn suspects(&self) -> Vec<&Live> {
        let suspicious = |d: &&Deviation| matches!(d.cause, Cause::Changed | Cause::Unclear);
        self.found.iter().filter(suspicious).filter_map(|d| d.live.as_ref()).collect()
    }

    /// Hides what no output may show.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Drift {
        self.found.iter_mut().for_each(|d| saved::attributes(&mut d.attrs, redactor));
        self
    }
}

/// Compares what is with what should be. Whether there is a way from one to the other is no question here.
pub fn drift(stack: &Stack, snapshot: &Snapshot) -> Result<Drift, Vec<PlanError>> {
    let stack = &*room::settled(stack, snapshot);
    let (d, _) = compare(stack, snapshot)?;
    let mut out = Drift { stack: stack.name.clone(), ..Drift::default() };
    out.same = stack.nodes.keys().filter(|a| !d.changes.contains_key(a)).cloned().collect();
    for (address, change) in &d.changes {
        let live = d.current.get(address).copied().filter(|_| change.verb != Verb::Create);
        let attrs: Vec<AttrChange> = match live {
            Some(_) => own(&change.attrs, &d),
            None => vec![],
        };
        let cause = match live {
            None => Cause::Missing,
            Some(_) if attrs.is_empty() && change.renamed_from.is_some() => Cause::Unapplied,
            Some(_) if attrs.is_empty() => {
                out.follows.insert((*address).clone());
                continue;
            }
            Some(live) => match asked(stack, address, &live.stamp.digest) {
                None => Cause::Unclear,
                // A stamp says nothing of secrets.
                Some(true) if attrs.iter().all(secret) => Cause::Unclear,
                Some(true) => Cause::Changed,
                Some(false) => Cause::Unapplied,
            },
        };
        let (origin, renamed_from) = (change.origin.clone(), change.renamed_from.clone());
        out.found.push(Deviation { address: (*address).clone(), origin, cause, live: live.cloned(), attrs, renamed_from });
    }
    for (id, (address, live)) in &d.doomed {
        if d.current.get(address).is_some_and(|c| c.id == *id) {
            continue;
        }
        let cause = if stack.nodes.contains_key(*address) { Cause::Leftover } else { Cause::Unwanted };
        let (origin, live) = (stack.origins.get(address).cloned(), Some((*live).clone()));
        out.found.push(Deviation { address: (*address).clone(), origin, cause, live, attrs: vec![], renamed_from: None });
    }
    out.found.iter_mut().for_each(|d| stack.name_fields(&d.address, &mut d.attrs));
    let id = |d: &Deviation| d.live.as_ref().map(|l| l.id.clone());
    out.found.sort_by(|a, b| (a.cause, &a.address, id(a)).cmp(&(b.cause, &b.address, id(b))));
    Ok(out)
}

/// Whether a secret is all that a change is about.
fn secret(a: &AttrChange) -> bool {
    let secret = |v: &Value| matches!(Form::of(v), Form::Secret(_));
    a.before.iter().chain(&a.after).all(secret)
}

/// Whether what is wanted now is what was last asked for, as far as the stamp tells. A name that has changed since changes nothing.
fn asked(stack: &Stack, address: &Address, stamped: &str) -> Option<bool> {
    if stamped.is_empty() {
        return None;
    }
    let want = &stack.nodes[address];
    let before = map_refs(want, |a| stack.renamed.get(a).map(|old| old.name.clone()));
    Some([want, &before].iter().any(|o| o.digest().starts_with(stamped)))
}

/// What of an object's changes is its own doing: not what changes only because an object that it points at, or that its texts name, comes anew.
fn own(attrs: &[AttrChange], d: &Decision) -> Vec<AttrChange> {
    let anew = |a: &Address| d.changes.get(a).is_some_and(|c| matches!(c.verb, Verb::Create | Verb::Replace(_)));
    let missing = |a: &Address| d.changes.get(a).is_some_and(|c| c.verb == Verb::Create);
    // What is there points at an object that is no more, and should point at its successor.
    let heir = |is: &AttrChange, should: &AttrChange| match (&is.before, &should.after) {
        (Some(is), Some(should)) => points(should, &missing) && blurred(is, &|a| a.name.starts_with('=')) == blurred(should, &missing),
        _ => false,
    };
    // Texts of a list that name what comes anew stand for as many entries that are there.
    let renewed = |a: &AttrChange| {
        let of = |o: &&AttrChange| o.path == a.path;
        let gone = attrs.iter().filter(of).filter(|o| o.after.is_none()).count();
        gone <= attrs.iter().filter(of).filter(|o| o.after.as_ref().is_some_and(|v| names(v, &anew))).count()
    };
    let follows = |a: &&AttrChange| match (&a.before, &a.after) {
        (before, after) if a.cascade && before == after => true,
        (_, Some(after)) if names(after, &anew) => true,
        (Some(_), Some(_)) => heir(a, a),
        // An entry of a list goes, and comes again.
        (Some(_), None) => renewed(a) || attrs.iter().any(|o| o.path == a.path && o.before.is_none() && heir(a, o)),
        (None, _) => attrs.iter().any(|o| o.path == a.path && o.after.is_none() && heir(o, a)),
    };
    attrs.iter().filter(|a| !follows(a)).cloned().collect()
}

/// Whether a value points at such an object.
fn points(v: &Value, at: &dyn Fn(&Address) -> bool) -> bool {
    let mut hit = false;
    canon::addresses(v, &mut |address| hit = hit || address.parse().is_ok_and(|a| at(&a)));
    hit
}

/// A value in which such references have lost their names; lists are in an order of their own.
fn blurred(v: &Value, which: &dyn Fn(&Address) -> bool) -> Value {
    match v {
        Value::Object(m) => match Form::of_map(m) {
            Form::Ref(target) => match target.parse::<Address>() {
                Ok(a) if which(&a) => json!({ canon::REF: a.kind.label() }),
                _ => v.clone(),
            },
            _ => m.iter().map(|(k, v)| (k.clone(), blurred(v, which))).collect(),
        },
        Value::Array(a) => {
            let mut list: Vec<Value> = a.iter().map(|v| blurred(v, which)).collect();
            list.sort_by_key(Value::to_string);
            list.into()
        }
        other => other.clone(),
    }
}

/// Whether a text in a value names an output of such an object.
fn names(v: &Value, of: &dyn Fn(&Address) -> bool) -> bool {
    let named = |part: &Value| match canon::Part::of(part) {
        Some(canon::Part::Output(address, _)) => address.parse().is_ok_and(|a| of(&a)),
        _ => false,
    };
    let mut hit = false;
    canon::walk(v, &mut |form| {
        hit = hit || matches!(form, Form::Text(parts) if parts.iter().any(named));
        true
    });
    hit
}
