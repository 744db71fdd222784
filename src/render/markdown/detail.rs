//! A change in lines with their signs in the first column, where hosts colour them.
use super::escape::{bold, fence, plain, window};
use crate::model::{AttrChange, Mode, Order};
use crate::plan::{Change, Undo, Verb};
use crate::render::values::{told, value, values};
use crate::render::words;

/// Of a longer value only a part is shown: where it changes.
const LONG: usize = 600;
/// A group with more lines is collapsed.
const OPEN: usize = 10;

/// What is done with an object, and with each of its attributes.
pub fn lines(c: &Change) -> Vec<String> {
    let words = words::verb(c.verb);
    let what = match c.verb {
        Verb::Create | Verb::Update => String::new(),
        Verb::Replace(Order::CreateFirst) => format!("{}, its successor comes first", words.done),
        Verb::Replace(Order::DeleteFirst) => format!("{}, it leaves first", words.done),
        Verb::Delete => words.done.into(),
    };
    let mut notes: Vec<String> = [what].into_iter().filter(|w| !w.is_empty()).collect();
    notes.extend(c.renamed_from.as_ref().map(|old| format!("renamed from {old}")));
    notes.extend(c.leftover.then(|| format!("{}, left by an earlier run", c.id.as_deref().unwrap_or_default())));
    notes.extend(loses(c).then(|| if c.verb == Verb::Update { "LOSES DATA" } else { "LOSES ITS DATA" }.to_owned()));
    notes.extend((c.undo == Undo::Recreate).then(|| "its undo recreates it as it was".to_owned()));
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join("; ")) };
    let head = format!("{} {}{notes}", words.diff_sign, c.address);
    [head].into_iter().chain(c.attrs.iter().flat_map(|a| attribute(a, c.verb))).collect()
}

/// Whether a change loses what users stored.
pub fn loses(c: &Change) -> bool {
    c.loses_data && c.verb != Verb::Create
}

fn attribute(a: &AttrChange, verb: Verb) -> Vec<String> {
    let field = words::field_and_place(a).filter(|_| verb != Verb::Create).map(|field| format!("  ({field})")).unwrap_or_default();
    let reversal = words::reversal(a, verb).map(|r| format!("  # {r}")).unwrap_or_default();
    let reversal = reversal + &words::waiting(a).map(|w| format!("  # {w}")).unwrap_or_default();
    let told = window(&told(a), 0, LONG);
    let forced = format!("{told}{field}{}{reversal}", if forces(a, verb) { "  # forces replacement" } else { "" });
    let path = words::attribute(a);
    match (&a.before, &a.after) {
        (None, None) => vec![],
        (None, Some(new)) => vec![format!("+     {path}: {}{forced}", window(&value(new), 0, LONG))],
        (Some(gone), None) => vec![format!("-     {path}: {}{forced}", window(&value(gone), 0, LONG))],
        (Some(_), Some(_)) => match before_and_after(a) {
            (one, None) => vec![format!("!     {path}: {one}{forced}")],
            (before, Some(after)) => vec![format!("-     {path}: {before}"), format!("+     {path}: {after}{forced}")],
        },
    }
}

/// Whether it is this attribute for which the object is replaced.
pub fn forces(a: &AttrChange, verb: Verb) -> bool {
    a.mode == Mode::Replace && matches!(verb, Verb::Replace(_))
}

/// The values of an attribute before and after; one text when both read the same.
pub fn before_and_after(a: &AttrChange) -> (String, Option<String>) {
    let (before, after) = values(a);
    if before == after {
        let why = if a.cascade { " -> (replaced)" } else { ", another value" };
        return (window(&before, 0, LONG) + why, None);
    }
    let long = before.chars().count().max(after.chars().count()) > LONG;
    let same = before.chars().zip(after.chars()).take_while(|(b, a)| b == a).count();
    let from = if long { same.saturating_sub(60) } else { 0 };
    (window(&before, from, LONG), Some(window(&after, from, LONG)))
}

/// The lines of a section's changes under its name; many are collapsed.
pub fn group(name: &str, changes: usize, lines: &[String]) -> String {
    if lines.len() <= OPEN {
        return format!("{}\n\n{}\n", bold(name), fence(lines));
    }
    let name = plain(name);
    let count = crate::render::values::count(changes, "change");
    format!("<details>\n<summary>{name}: {count}</summary>\n\n{}\n</details>\n\n", fence(lines))
}
