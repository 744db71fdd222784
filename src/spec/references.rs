//! References in texts: what they name exists.
use super::check::Check;
use super::node::Node;
use super::schema_view::Fields;
use super::substitute::within;
use super::suggest::{list, nearest};
use super::units::{Reference, Template};
use crate::diag::{Code, Finding};

/// Every reference of every text, by the text's path.
pub fn all<'a>(fields: &'a Fields<'_>) -> impl Iterator<Item = (&'a [String], Reference)> {
    let texts = fields.all::<Template>().filter_map(|field| Some((field.path.as_slice(), Template::parse(field.node.as_text()?).ok()?)));
    texts.flat_map(|(path, text)| text.references().cloned().map(|reference| (path, reference)).collect::<Vec<_>>())
}

pub fn check(cx: &mut Check<'_>) {
    for (path, reference) in all(cx.fields) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let section = cx.root.get(reference.target.section);
        let known: Vec<&str> = section.into_iter().flat_map(Node::entries).map(|entry| entry.key.as_str()).collect();
        let there = match &reference.target.name {
            Some(name) => known.contains(&name.as_str()),
            None => section.is_some(),
        };
        if !there && cx.knows_names(&[reference.target.section]) {
            missing(cx, &path, &reference, &known);
        }
    }
}

fn missing(cx: &mut Check<'_>, path: &[&str], reference: &Reference, known: &[&str]) {
    let section = reference.target.section;
    let at = within(cx.sources, cx.sources.value(path), &reference.to_string());
    let (message, help) = match &reference.target.name {
        None => (format!("`{reference}` refers to a section that the spec does not have"), format!("add `{section}:`")),
        Some(name) => {
            let all = match known {
                [] => format!("the spec has no section `{section}`"),
                _ => format!("`{section}` has {}", list(known.iter().copied())),
            };
            let near = nearest(name.as_str(), known.iter().copied());
            let help = near.map_or(all.clone(), |near| format!("did you mean `{near}`? {all}"));
            (format!("`{section}` has no entry `{name}` to refer to"), help)
        }
    };
    let place = cx.sources.place(at, "this reference");
    cx.say(&[path], Finding::error(Code::UnknownName, message, help).at(place));
}
