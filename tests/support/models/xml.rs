//! XML as the services are given it: elements, attributes, text; no comments, no sections, nothing declared.
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// An XML document: its root's name, and what is in it. An element is a text, or its children and attributes (`@xsi:type`) by name, each a list,
/// for an element may come again.
pub fn read(text: &str) -> Option<(String, Value)> {
    let mut rest = text.trim();
    if rest.starts_with("<?") {
        rest = rest.split_once("?>")?.1.trim_start();
    }
    let (name, value) = element(&mut rest)?;
    rest.trim().is_empty().then_some((name, value))
}

fn element(rest: &mut &str) -> Option<(String, Value)> {
    let (tag, after) = rest.strip_prefix('<')?.split_once('>')?;
    let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
    let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut children: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut given = attributes.trim();
    while let Some((key, quoted)) = given.split_once('=') {
        let quote = quoted.chars().next()?;
        let (value, more) = quoted[1..].split_once(quote)?;
        if !key.starts_with("xmlns") {
            children.entry(format!("@{key}")).or_default().push(entities(value)?.into());
        }
        given = more.trim();
    }
    *rest = after;
    let mut text = String::new();
    if !empty {
        text = content(rest, &mut children)?;
        *rest = rest.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
    }
    let children: Map<String, Value> = children.into_iter().map(|(k, v)| (k, v.into())).collect();
    Some((name.to_owned(), if children.is_empty() { text.into() } else { children.into() }))
}

/// What stands before an element's end: its children, and its text.
fn content(rest: &mut &str, children: &mut BTreeMap<String, Vec<Value>>) -> Option<String> {
    let mut text = String::new();
    loop {
        let before = rest.split_once('<')?.0;
        text.push_str(&entities(before)?);
        *rest = &rest[before.len()..];
        if rest.starts_with("</") {
            return Some(text);
        }
        let (child, value) = element(rest)?;
        children.entry(child).or_default().push(value);
    }
}

/// Text without its entities.
fn entities(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';')?;
        out.push(match entity {
            "amp" => '&',
            "apos" => '\'',
            "gt" => '>',
            "lt" => '<',
            "quot" => '"',
            _ => match entity.strip_prefix("#x") {
                Some(hex) => char::from_u32(u32::from_str_radix(hex, 16).ok()?)?,
                None => char::from_u32(entity.strip_prefix('#')?.parse().ok()?)?,
            },
        });
        out.push_str(after);
    }
    Some(out)
}
