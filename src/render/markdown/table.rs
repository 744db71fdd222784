//! The table of changes, one row each.
use super::detail::{before_and_after, forces, loses};
use super::escape::{bold, cell, code, window};
use crate::model::Spelling;
use crate::plan::{Change, Undo, Verb};
use crate::render::hint::hint;
use crate::render::values::seconds;
use crate::render::words;

pub const HEAD: &str = "| | Object | What changes |\n|---|---|---|\n";

/// What takes as many seconds is told.
const LONG: u64 = 60;
/// So many attributes are told in a row, each in so many characters.
const FEW: usize = 2;
const SHORT: usize = 80;
/// Characters of a word at most: a longer one makes the table wider than a comment, so that its last column is out of sight.
const WORD: usize = 30;
/// Unlike a hyphen and a slash no places to break a line at.
const MINUS: &str = "\u{2212}";
const SLASH: &str = "\u{2215}";

/// The row above those of a section.
pub fn section(name: &str) -> String {
    format!("| | {} | |\n", bold(name))
}

pub fn row(c: &Change) -> String {
    let words = words::verb(c.verb);
    // A cell is broken at spaces and behind signs, and this one is told in one line.
    let verb = format!("{}\u{a0}{}", words.sign.replace('-', MINUS).replace('/', SLASH), words.verb);
    let verb = if matches!(c.verb, Verb::Replace(_) | Verb::Delete) { format!("**{verb}**") } else { verb };
    format!("| {verb} | {} | {} |\n", cell(&code(&c.address.to_string())), cell(&what(c)))
}

fn what(c: &Change) -> String {
    let mut out = vec![];
    out.extend(loses(c).then(|| if c.verb == Verb::Update { "**loses data**" } else { "**loses its data**" }.to_owned()));
    out.extend(c.renamed_from.as_ref().map(|old| format!("renamed from {}", code(&old.to_string()))));
    out.extend(c.leftover.then(|| "left by an earlier run".to_owned()));
    match c.verb {
        Verb::Create => out.extend(Some(hint(c)).filter(|h| !h.is_empty()).map(|h| code(&narrow(&h)))),
        Verb::Delete => out.extend(c.id.as_ref().map(|id| code(&end(id)))),
        Verb::Update | Verb::Replace(_) => {
            let mut attrs: Vec<_> = c.attrs.iter().collect();
            attrs.sort_by_key(|a| !forces(a, c.verb));
            for a in attrs.iter().take(FEW) {
                let why = if forces(a, c.verb) { " (forces it)" } else { "" };
                out.push(code(&narrow(&short(a))) + why);
            }
            let more = attrs.len().saturating_sub(FEW);
            out.extend((more > 0).then(|| format!("{more} more")));
        }
    }
    // That a creation is deleted again, and a deletion isn't, goes without saying; so does what takes moments.
    out.extend((c.staying().next().is_some()).then(|| "goes back in part".to_owned()));
    out.extend((c.undo == Undo::Recreate).then(|| "leaves first".to_owned()));
    out.extend((c.seconds >= LONG).then(|| seconds(c.seconds)));
    out.join(", ")
}

/// A text of which long words are cut.
fn narrow(text: &str) -> String {
    let cut = |word: &str| match word.char_indices().nth(WORD) {
        Some(_) => word.chars().take(WORD - 1).chain(['…']).collect(),
        None => word.to_owned(),
    };
    text.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

/// An id, of a long one its end: that is where ARNs differ.
fn end(id: &str) -> String {
    match id.chars().count().checked_sub(WORD) {
        Some(more @ 1..) => ['…'].into_iter().chain(id.chars().skip(more + 1)).collect(),
        _ => id.to_owned(),
    }
}

/// An attribute and its values, when they are short; else its name alone.
fn short(a: &crate::model::AttrChange) -> String {
    let values = match (&a.before, &a.after) {
        (None, Some(new)) => format!("+ {}", crate::render::values::value(new)),
        (Some(gone), None) => format!("- {}", crate::render::values::value(gone)),
        _ => match before_and_after(a) {
            (before, Some(after)) => format!("{before} -> {after}"),
            (one, None) => one,
        },
    };
    let attribute = words::attribute(a);
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let alike = a.field.as_ref().is_some_and(|f| f.spelling == Spelling::Same || last(&f.path) == last(&a.path));
    // The user's own field, with its values where they are written otherwise; where it only decides about the attribute, both.
    let (name, line) = match words::field(a) {
        Some(field) if field.contains(" -> ") => (field.split(": ").next().unwrap_or_default().to_owned(), field),
        Some(field) if alike => (field.clone(), format!("{field}: {values}")),
        Some(field) => (attribute.to_string(), format!("{attribute}: {values} ({field})")),
        None => (attribute.to_string(), format!("{attribute}: {values}")),
    };
    if line.chars().count() <= SHORT { line } else { window(&name, 0, SHORT) }
}
