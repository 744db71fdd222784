//! What `infra explain` says: the fields of a section, and its defaults.
use super::monitoring;
use super::schema::{DERIVED, typed};
use super::schema_view;
use super::sections::{SECTIONS, SectionInfo};
use super::suggest::{list, nearest};
use crate::diag::{Code, Finding};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// The place in the schema that a topic names, and how it is called.
struct Topic {
    section: &'static SectionInfo,
    said: String,
    node: &'static Value,
}

/// Finds a topic: a section or a path of fields below one, such as `compute.health_check`; names of entries may stand in it, as in a spec.
fn find(topic: &str) -> Result<Topic, Finding> {
    let schema = typed();
    let steps: Vec<&str> = topic.split('.').collect();
    let fields_of_all = &schema["properties"];
    // A field of the spec itself is one of its first section.
    let section = match section(steps[0]) {
        Err(_) if fields_of_all.get(steps[0]).is_some() => section("stack")?,
        found => found?,
    };
    let mut said = steps[0].to_string();
    let mut node = if said == "stack" { schema } else { &fields_of_all[steps[0]] };
    let mut entry = false;
    for (i, step) in steps.iter().enumerate().skip(1) {
        let below = fields(schema, node);
        let known: Vec<&str> = below.map_or(Vec::new(), |fields| fields.keys().map(String::as_str).collect());
        match below.and_then(|fields| fields.get(*step)).or_else(|| beside(schema, node)?.get(*step)) {
            Some(next) => (node, entry) = (next, false),
            // An entry's name: its fields are those of every entry.
            None if !entry && by_name(schema, node) && (steps.len() > i + 1 || nearest(step, known.iter().copied()).is_none()) => {
                entry = true
            }
            None => return Err(unknown(&format!("{said}.{step}"), step, &known)),
        }
        if !entry {
            said = format!("{said}.{step}");
        }
    }
    Ok(Topic { section, said, node })
}

/// The fields of a topic.
///
/// # Errors
/// A finding when there is no such topic.
pub fn explain(topic: &str) -> Result<String, Finding> {
    let Topic { section, said, node } = find(topic)?;
    let whole = said == section.name;
    let mut out = page(typed(), &said, node, whole && by_name(typed(), node));
    if whole && !section.attributes.is_empty() {
        let entry = if section.named { ".NAME" } else { "" };
        let (first, rest) =
            section.attributes.split_first().map_or(("", vec![]), |(first, rest)| (first.0, rest.iter().map(|a| a.0).collect()));
        let rest: String = rest.iter().map(|name| format!(", .{name}")).collect();
        let _ = writeln!(out, "\n  Can be referred to: ${{{}{entry}.{first}}}{rest}", section.name);
    }
    if whole && !section.minimal.is_empty() {
        let _ = writeln!(out, "\n  Example:\n    {}", section.minimal.replace('\n', "\n    "));
    }
    Ok(out)
}

/// What texts may refer to, a line a section.
pub fn references() -> String {
    let line = |section: &SectionInfo| {
        let entry = if section.named { ".NAME" } else { "" };
        let names: Vec<String> = section.attributes.iter().map(|(name, ..)| format!(".{name}")).collect();
        format!("- {}{entry}: {}\n", section.name, names.join(", "))
    };
    SECTIONS.iter().filter(|section| !section.attributes.is_empty()).map(line).collect()
}

/// All fields of a topic and of what stands in it, a line each; those that are required are marked.
///
/// # Errors
/// A finding when there is no such topic.
pub fn tree(topic: &str) -> Result<String, Finding> {
    let Topic { section, said, node } = find(topic)?;
    let head = if said == section.name && by_name(typed(), node) { format!("{said}.NAME") } else { said };
    let mut rows = vec![];
    branches(node, "", &mut rows);
    let width = rows.iter().map(|(path, ..)| path.chars().count()).max().unwrap_or_default();
    let lines = rows.iter().map(|(path, called, rule)| format!("  {path:width$}  {called}{rule}\n"));
    Ok(format!("{head}\n{}", lines.collect::<String>()))
}

fn branches(node: &'static Value, above: &str, rows: &mut Vec<(String, String, String)>) {
    let schema = typed();
    for (name, field, needed) in listed(schema, node) {
        let rule = match fallback(field) {
            _ if needed => String::new(),
            Some(fallback) if fields(schema, field).is_none() => format!("  {fallback}"),
            _ => String::new(),
        };
        let path = format!("{above}{name}{}", if needed { "*" } else { "" });
        rows.push((path, called(schema, field), rule));
        // What refers to itself is told once.
        if above.split('.').count() < 6 {
            let entry = if by_name(schema, field) { ".NAME" } else { "" };
            branches(field, &format!("{above}{name}{entry}."), rows);
        }
    }
}

/// A topic as data: its fields with their types, defaults and meanings, what can be referred to, an example.
///
/// # Errors
/// A finding when there is no such topic.
pub fn document(topic: &str) -> Result<Value, Finding> {
    let schema = typed();
    let Topic { section, said, node } = find(topic)?;
    let whole = said == section.name;
    let field = |(name, field, required): (&String, &'static Value, bool)| {
        let about = json!({
            "type": called(schema, field), "required": required, "default": fallback(field), "description": description(schema, field),
            "has_fields": fields(schema, field).is_some(),
        });
        (name.clone(), about)
    };
    let fields: Map<String, Value> = listed(schema, node).map(field).collect();
    let attributes: Vec<&str> = section.attributes.iter().filter(|_| whole).map(|a| a.0).collect();
    Ok(json!({
        "topic": said, "description": description(schema, node), "entries_by_name": by_name(schema, node), "type": called(schema, node),
        "default": fallback(node), "fields": fields, "references": attributes, "example": if whole { section.minimal } else { "" },
    }))
}

/// Whether it is a map of entries that have names.
fn by_name(schema: &Value, node: &Value) -> bool {
    resolve(schema, node).get("patternProperties").is_some()
}

/// Fields with their names and whether they are required; those that are come first.
fn listed(schema: &'static Value, node: &'static Value) -> impl Iterator<Item = (&'static String, &'static Value, bool)> {
    let required = inner(schema, node).and_then(|inner| inner.get("required")?.as_array());
    let needed = move |name: &str| required.is_some_and(|all| all.iter().any(|key| key == name));
    let own = fields(schema, node).into_iter().flatten().map(|(name, field)| (name, field, needed(name)));
    let beside = beside(schema, node).into_iter().flatten().map(|(name, field)| (name, field, false));
    let mut all: Vec<_> = own.chain(beside).collect();
    all.sort_by_key(|(_, _, needed)| !needed);
    all.into_iter()
}

/// A section with every default, as YAML: that of the smallest spec which has it.
///
/// # Errors
/// A finding when there is no such section.
pub fn defaults(name: &str) -> Result<String, Finding> {
    let section = section(name)?;
    let schema = typed();
    // The top shows what each section shows whose fields have defaults.
    let own = |other: &&SectionInfo| other.name == name || name == "stack" && fields(schema, &schema["properties"][other.name]).is_some();
    let minimal = SECTIONS.iter().filter(own).map(|section| section.minimal.to_string());
    let texts = ["stack: example\nregion: us-east-1".to_string()].into_iter().chain(minimal);
    let layers: Vec<(PathBuf, String)> = texts.map(|text| ("example".into(), text)).collect();
    let loaded = super::load(&layers, &|_| None).map_err(|found| {
        let message = format!("the smallest spec with `{name}` is refused: {found}");
        Finding::error(Code::UnknownTopic, message, "see `infra explain`")
    })?;
    let mut value = serde_yaml::to_value(&loaded.spec).unwrap_or_default();
    if section.name != "stack"
        && let Some(map) = value.as_mapping_mut()
    {
        map.retain(|key, _| key.as_str() == Some(section.name));
    }
    let mut out = serde_yaml::to_string(&value).unwrap_or_default();
    if section.name == "monitoring" {
        out += &monitoring::table::text();
    }
    Ok(out)
}

/// A unit's name as words: `HttpPath` is `http path`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn section(name: &str) -> Result<&'static SectionInfo, Finding> {
    let known: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    let found = SECTIONS.iter().find(|section| section.name == name);
    found.ok_or_else(|| unknown(name, name, &known))
}

fn unknown(topic: &str, step: &str, known: &[&str]) -> Finding {
    let all = list(known.iter().copied());
    let help = match nearest(step, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? There is {all}"),
        None => format!("there is {all}"),
    };
    Finding::error(Code::UnknownTopic, format!("there is nothing called `{topic}`"), help)
}

fn page(schema: &'static Value, topic: &str, node: &'static Value, named: bool) -> String {
    let mut out = String::new();
    let said = description(schema, node);
    let entry = if named { " (one entry per name)" } else { "" };
    let kind = match fields(schema, node) {
        Some(_) => String::new(),
        None => format!(": {}", called(schema, node)),
    };
    let _ = writeln!(out, "{topic}{entry}{kind}\n\n  {said}");
    if let Some(fallback) = fallback(node) {
        let _ = writeln!(out, "  Default: {fallback}.");
    }
    let words = words(schema, node);
    if !words.is_empty() {
        out.push('\n');
    }
    for (word, said) in words {
        let _ = writeln!(out, "  {word}\n      {said}");
    }
    for (name, field, needed) in listed(schema, node) {
        let rule = match (needed, fallback(field)) {
            (true, _) => ", required".to_string(),
            (false, Some(fallback)) => format!(", default {fallback}"),
            (false, None) => ", optional".to_string(),
        };
        let _ = writeln!(out, "\n  {name}: {}{rule}\n      {}", called(schema, field), description(schema, field));
    }
    out
}

/// What a value is called: its unit, its words, or its type.
fn called(schema: &Value, node: &Value) -> String {
    if let Some(word) = node.get("const").and_then(Value::as_str) {
        return word.into();
    }
    let branches = node.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let branches: Vec<&Value> = branches.filter(|branch| branch.get("type").is_none_or(|kind| kind != "null")).collect();
    if branches.len() > 1 {
        let names: Vec<String> = branches.into_iter().map(|branch| called(schema, branch)).collect();
        return names.join(" | ");
    }
    let words = words(schema, node);
    if !words.is_empty() {
        let names: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        return names.join(" | ");
    }
    if let Some(name) = reference(node) {
        let target = resolve(schema, node);
        return match target.get("examples").and_then(|e| e.get(0)).and_then(Value::as_str) {
            Some(example) => format!("{} (such as `{example}`)", spaced(name)),
            None if target.get("patternProperties").is_some() => "map by name".into(),
            None if target.get("properties").is_some() => "map".into(),
            None => spaced(name),
        };
    }
    let object = resolve(schema, node);
    match object.as_object().and_then(schema_view::kind) {
        Some("array") => format!("list of {}", object.get("items").map_or("values".into(), |items| called(schema, items))),
        Some("boolean") => "true or false".into(),
        Some("integer") => match (object.get("minimum"), object.get("maximum")) {
            (Some(least), Some(most)) => format!("whole number, {least} to {most}"),
            _ => "whole number".into(),
        },
        Some("object") => "map by name".into(),
        _ => "text".into(),
    }
}

/// The default, as it would be written.
pub(super) fn fallback(node: &Value) -> Option<String> {
    if let Some(derived) = node.get(DERIVED).and_then(Value::as_str) {
        return Some(derived.to_string());
    }
    match node.get("default")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.is_empty() => Some("none".into()),
        Value::Object(entries) if entries.is_empty() => Some("none".into()),
        Value::Object(_) => Some("see its own fields".into()),
        other => Some(other.to_string()),
    }
}

fn description<'a>(schema: &'a Value, node: &'a Value) -> &'a str {
    let own = node.get("description").and_then(Value::as_str);
    let target = || resolve(schema, node).get("description").and_then(Value::as_str);
    own.or_else(target).unwrap_or_default()
}

/// The words that a value is one of, with what each means; a map of one key stands for itself.
fn words<'a>(schema: &'a Value, node: &'a Value) -> Vec<(String, &'a str)> {
    let branches = resolve(schema, node).get("oneOf").and_then(Value::as_array);
    let word = |branch: &'a Value| {
        let said = branch.get("description").and_then(Value::as_str).unwrap_or_default();
        let key = || branch.get("required")?.get(0)?.as_str();
        match branch.get("const").and_then(Value::as_str) {
            Some(word) => Some((word.to_string(), said)),
            None => key().map(|key| (format!("{{ {key}: … }}"), said)),
        }
    };
    branches.map_or(Vec::new(), |branches| branches.iter().filter_map(word).collect())
}

/// The fields of a struct, or of the entries of a map of structs, or of a list of them.
fn fields<'a>(schema: &'a Value, node: &'a Value) -> Option<&'a Map<String, Value>> {
    inner(schema, node)?.get("properties")?.as_object()
}

/// The fields that stand beside the entries of a map.
fn beside<'a>(schema: &'a Value, node: &'a Value) -> Option<&'a Map<String, Value>> {
    let object = resolve(schema, node);
    object.get("patternProperties").and(object.get("properties")?.as_object())
}

/// The struct that a value, or each of its entries or items, is.
fn inner<'a>(schema: &'a Value, node: &'a Value) -> Option<&'a Value> {
    let object = resolve(schema, node);
    let entries = object.get("patternProperties").and_then(Value::as_object);
    if entries.is_none() && object.get("properties").is_some() {
        return Some(object);
    }
    let member = entries.and_then(|entries| entries.values().next()).or(object.get("items"))?;
    inner(schema, member)
}

/// What a reference refers to, without the branch for nothing.
fn resolve<'a>(schema: &'a Value, node: &'a Value) -> &'a Value {
    let target = reference(node).and_then(|name| schema["$defs"].get(name));
    target.unwrap_or(node)
}

fn reference(node: &Value) -> Option<&str> {
    let direct = node.get("$ref");
    let branch = || node.get("anyOf")?.as_array()?.iter().find_map(|branch| branch.get("$ref"));
    direct.or_else(branch)?.as_str()?.strip_prefix("#/$defs/")
}
