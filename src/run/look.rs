//! What became of a step whose answer was lost: decided from one list of its kind.
use super::Settlement;
use crate::diff::{Context, diff};
use crate::kinds::{Address, Links, Live, Object, Stamp, foreign};
use crate::plan::Act;

/// A creation is recognised by its stamp, an update by what was and what should be, a deletion by absence.
pub(super) fn look(act: &Act, all: &[Live], links: &Links, stamp: &Stamp) -> (Option<Live>, Settlement) {
    match act {
        Act::Gate { .. } => (None, Settlement::Nothing),
        Act::Delete { live } => match all.iter().find(|l| l.id == live.id) {
            None => (None, Settlement::Whole),
            Some(l) if l.points == live.points && same(l, live) => (None, Settlement::Nothing),
            Some(l) => (Some(l.clone()), Settlement::Partial),
        },
        Act::Create { object } => match all.iter().find(|l| l.stamp.run == stamp.run && l.stamp.step == stamp.step) {
            None => (None, Settlement::Nothing),
            Some(l) if is(l, object, links) => (Some(l.clone()), Settlement::Whole),
            Some(l) => (Some(l.clone()), Settlement::Partial),
        },
        Act::Update { live, object } => match all.iter().find(|l| l.id == live.id || heir(l, live)) {
            None => (None, Settlement::Nothing),
            Some(l) if is(l, object, links) && l.stamp.address == stamp.address => (Some(l.clone()), Settlement::Whole),
            Some(l) if l.points == live.points && same(l, live) => (None, Settlement::Nothing),
            Some(l) => (Some(l.clone()), Settlement::Partial),
        },
    }
}

/// An object that took the place of another in one transaction bears its stamp.
fn heir(now: &Live, before: &Live) -> bool {
    now.stamp.stack == before.stamp.stack && (&now.stamp.run, now.stamp.step) == (&before.stamp.run, before.stamp.step)
}

/// What was wanted, pointing where it should.
fn is(live: &Live, want: &Object, links: &Links) -> bool {
    let outputs = |a: &Address, attr: &str| links.output(a, attr).ok();
    // What the stack doesn't own reads as its id, and is wanted under its mark.
    let name = |a: &Address| links.0.iter().find(|(_, l)| l.id == a.name).map_or_else(|| foreign(&a.name), |(a, _)| a.name.clone());
    let read = crate::kinds::map_refs(&live.object, |a| Some(name(a)));
    diff(Some(&read), Some(want), &Context { outputs: &outputs, ..Context::still() }).is_empty()
}

/// Two readings of one object.
fn same(now: &Live, before: &Live) -> bool {
    let pointers = |a: &Address| Some(a.kind.label().to_owned());
    let (now, before) = (crate::kinds::map_refs(&now.object, pointers), crate::kinds::map_refs(&before.object, pointers));
    diff(Some(&now), Some(&before), &Context::still()).is_empty()
}
