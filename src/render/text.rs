//! A plan for people: one line a resource, then only what changes.
use std::collections::BTreeMap;

use super::hint::hint;
use super::place::place;
use super::rollout;
use super::style::{Label, Style};
use super::values::{count, maybe, seconds, turned, value};
use super::words;
use crate::model::{AttrChange, Mode};
use crate::plan::saved::Scene;
use crate::plan::{Act, Change, Plan, Step, Undo, Verb};
use crate::visible::visible;

/// How much of a plan or an outcome is shown.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    pub style: Style,
    /// Whether the attributes of what is created and every undo are shown, too.
    pub verbose: bool,
}

/// A plan as text, after a line that says where it would be carried out.
pub fn placed(p: &Plan, scene: &Scene, detail: Detail) -> String {
    let line = format!("{} -> {}", visible(&p.stack), place(scene));
    format!("{}\n\n{}", detail.style.paint(Label::Heading, &line), plan(p, detail))
}

/// A plan as text.
pub fn plan(p: &Plan, detail: Detail) -> String {
    if p.is_empty() {
        return format!("No changes: `{}` is as the spec says.\n{}", visible(&p.stack), adopted(p, detail));
    }
    let mut out = String::new();
    for ((_, place), changes) in groups(&p.changes) {
        out += &format!("{}\n", detail.style.paint(Label::Heading, &visible(place)));
        for alike in folded(changes.iter().map(|i| &p.changes[*i]), detail) {
            out += &change(alike[0], &alike[1..], detail);
        }
        out.push('\n');
    }
    out + &rollout::text(p, detail) + &adopted(p, detail) + &footer(p, detail)
}

/// The indices of changes by their section of the spec; what the spec no longer has comes last.
pub(super) fn groups(changes: &[Change]) -> BTreeMap<(bool, &str), Vec<usize>> {
    let mut groups: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (i, c) in changes.iter().enumerate() {
        let place = c.origin.as_deref().unwrap_or("no longer in the spec");
        groups.entry((c.origin.is_none(), section(place))).or_default().push(i);
    }
    groups
}

/// The adopted objects: somebody else's that are used as they are.
fn adopted(p: &Plan, detail: Detail) -> String {
    let line = |a: &crate::plan::Adopted| format!("    = {}  ({} says the same, and isn't of this stack)\n", a.address, visible(&a.id));
    let lines: String = p.adopted.iter().map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    let heading = detail.style.paint(Label::Heading, "used as it is, never changed or deleted");
    format!("{heading}\n{}\n", detail.style.paint(Label::Dim, lines.trim_end_matches('\n')))
}

/// `compute.app.env` belongs to `compute`.
fn section(origin: &str) -> &str {
    origin.split('.').next().unwrap_or(origin)
}

/// Changes that are told in one line: new or deleted objects of one kind whose names differ in their last part alone.
fn folded<'p>(changes: impl Iterator<Item = &'p Change>, detail: Detail) -> Vec<Vec<&'p Change>> {
    let mut lines: Vec<Vec<&Change>> = vec![];
    for c in changes {
        let alike = |line: &&mut Vec<&Change>| {
            let first = line[0];
            let same = (first.address.kind, first.verb, first.undo, first.loses_data) == (c.address.kind, c.verb, c.undo, c.loses_data);
            let plain = |c: &Change| c.renamed_from.is_none() && !c.leftover && (c.verb == Verb::Create || c.attrs.is_empty());
            same && matches!(c.verb, Verb::Create | Verb::Delete)
                && plain(first)
                && plain(c)
                && stem(&first.address.name) == stem(&c.address.name)
        };
        match lines.iter_mut().find(alike).filter(|_| !detail.verbose && stem(&c.address.name) != c.address.name) {
            Some(line) => line.push(c),
            None => lines.push(vec![c]),
        }
    }
    lines
}

/// A name without its last part: `public` of `public-a`.
fn stem(name: &str) -> &str {
    name.rfind(['-', '.']).map_or(name, |end| &name[..end])
}

/// A change, with the `others` that are alike.
fn change(c: &Change, others: &[&Change], detail: Detail) -> String {
    let words = words::verb(c.verb);
    let mut line = format!("{:>5} {}", words.sign, c.address);
    line += &others.iter().map(|other| format!(", {}", &other.address.name[stem(&other.address.name).len()..])).collect::<String>();
    if c.verb == Verb::Create && !detail.verbose {
        let first = hint(c);
        let differ = others.iter().any(|other| hint(other) != first);
        line += &if first.is_empty() { first } else { format!("  {first}{}", if differ { ", …" } else { "" }) };
    }
    let mut out = detail.style.paint(words.label, &line);
    let dim = |s: String| detail.style.paint(Label::Dim, &s);
    if let Some(old) = &c.renamed_from {
        out += &dim(format!("  (renamed from {old})"));
    }
    if c.verb == Verb::Update && c.attrs.is_empty() && c.renamed_from.is_none() {
        out += &dim("  (its mark is renewed)".into());
    }
    if c.leftover {
        out += &dim(format!("  ({}, left by an earlier run)", visible(c.id.as_deref().unwrap_or_default())));
    }
    if c.loses_data && matches!(c.verb, Verb::Replace(_) | Verb::Delete) {
        out += &detail.style.paint(Label::Forced, "  ! loses its data");
    }
    if c.undo == Undo::Recreate {
        out += &dim("  (leaves first; its undo recreates it as it was)".into());
    }
    if detail.verbose {
        out += &dim(format!("  ({}{}, undo: {})", words::order(c.verb), seconds(c.seconds), words::planned_undo(c.undo)));
    }
    out.push('\n');
    if c.verb != Verb::Create || detail.verbose {
        c.attrs.iter().for_each(|a| out += &format!("        {}\n", attr(a, c.verb, detail)));
    }
    out
}

/// What becomes of an object: `subnet.app-a is created`.
pub fn effect(c: &Change) -> String {
    let lost = if c.loses_data && c.verb != Verb::Create { ", and loses its data" } else { "" };
    format!("{} is {}{lost}", c.address, words::verb(c.verb).done)
}

/// A line of a change: an attribute before and after.
pub(super) fn attr(a: &AttrChange, verb: Verb, detail: Detail) -> String {
    let paint = |label, s: &str| detail.style.paint(label, s);
    let mut line = match (&a.before, &a.after) {
        _ if verb == Verb::Create => format!("{}: {}", words::attribute(a), maybe(a.after.as_ref())),
        (Some(gone), None) => paint(Label::Removed, &format!("{}: - {}", words::attribute(a), value(gone))),
        (None, Some(new)) => paint(Label::Added, &format!("{}: + {}", words::attribute(a), value(new))),
        (before, after) if a.cascade && before == after => format!("{}: {} -> (replaced)", words::attribute(a), maybe(before.as_ref())),
        _ => format!("{}: {}", words::attribute(a), turned(a)),
    };
    if let Some(field) = words::field(a).filter(|_| verb != Verb::Create) {
        line += &paint(Label::Dim, &format!("  ({field})"));
    }
    if a.mode == Mode::Replace && matches!(verb, Verb::Replace(_)) {
        line += &paint(Label::Forced, "  # forces replacement");
    }
    if let Some(reversal) = words::reversal(a, verb) {
        line += &paint(Label::Forced, &format!("  # {reversal}"));
    }
    if let Some(waiting) = words::waiting(a) {
        line += &paint(Label::Forced, &format!("  # {waiting}"));
    }
    line
}

fn footer(p: &Plan, detail: Detail) -> String {
    let mut out = String::new();
    let losing = p.changes.iter().filter(|c| c.loses_data && c.verb != Verb::Create);
    let (shrunk, lost): (Vec<&Change>, Vec<&Change>) = losing.partition(|c| c.verb == Verb::Update);
    let names = |changes: &[&Change]| changes.iter().map(|c| c.address.to_string()).collect::<Vec<_>>().join(", ");
    let lost = (!lost.is_empty()).then(|| format!("Data: what is stored in {} is lost.", names(&lost)));
    let shrunk = (!shrunk.is_empty()).then(|| format!("Data: what {} no longer keeps is lost.", names(&shrunk)));
    for line in lost.into_iter().chain(shrunk) {
        out += &format!("{}\n", detail.style.paint(Label::Forced, &line));
    }
    out += &format!("{} {}.\n", detail.style.paint(Label::Heading, "Plan:"), words::to_do(p.counts()));
    out += &format!("Undo: {}\n", undoing(p));
    if !p.refused.is_empty() {
        let sentence = format!("Refused: this is done only with `{}`", words::permission(&p.refused));
        out += &format!("{}\n", detail.style.paint(Label::Forced, &sentence));
    }
    if let Some(restart) = words::restart(&p.changes) {
        out += &format!("{}\n", detail.style.paint(Label::Forced, &format!("Restart: {restart}")));
    }
    let path: Vec<String> = deciding(p).iter().map(|s| format!("{} ({})", words::named(s), taking(s))).collect();
    out += &format!("Time: about {}, decided by {}.\n", seconds(p.expected.as_secs()), path.join(" -> "));
    out + &hourly(p).map(|new| format!("Cost: billed by the hour from then on: {new}.\n")).unwrap_or_default()
}

/// What is new and billed by the hour: `3 NAT gateways, 1 load balancer`.
pub(super) fn hourly(p: &Plan) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = vec![];
    for what in p.changes.iter().filter(|c| c.verb == Verb::Create).filter_map(|c| c.address.kind.hourly()) {
        match counts.iter_mut().find(|(other, _)| *other == what) {
            Some((_, n)) => *n += 1,
            None => counts.push((what, 1)),
        }
    }
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let said: Vec<String> = counts.into_iter().map(|(what, n)| count(n, what)).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// A sentence that says how much of a plan can be undone.
pub(super) fn undoing(p: &Plan) -> String {
    let staying: Vec<String> = p.changes.iter().flat_map(words::staying).collect();
    let lost: Vec<String> = p.changes.iter().filter(|c| c.loses_data && c.verb != Verb::Update).map(|c| c.address.to_string()).collect();
    let lost = if lost.is_empty() { String::new() } else { format!(", with what is stored in {}", lost.join(", ")) };
    // What is replaced goes at the end, too, as what is deleted does.
    match p.steps[p.commit.min(p.steps.len())..].iter().filter(|s| matches!(s.act, Act::Delete { .. })).count() {
        _ if !staying.is_empty() => format!("if any step fails, everything before it is taken back but {}.", staying.join(", ")),
        0 => "if any step fails, everything before it is taken back.".into(),
        n if p.commit == 0 => format!("none; {} can't be taken back.", count(n, "deletion")),
        n => format!("complete, until the old objects are deleted at the very end ({n}){lost}."),
    }
}

/// The steps that decide how long it takes; what takes next to nothing is left out.
pub(super) fn deciding(p: &Plan) -> Vec<&Step> {
    let path = p.critical.iter().map(|i| &p.steps[*i]).filter(|s| s.typical.as_secs().saturating_mul(20) >= p.expected.as_secs());
    path.collect()
}

/// How long a step usually takes, and may take where the spec says so: `12 min, at most 40 min`.
pub(super) fn taking(s: &Step) -> String {
    let usual = seconds(s.typical.as_secs());
    s.patience(false).map_or(usual.clone(), |most| format!("{usual}, at most {}", seconds(most.as_secs())))
}
