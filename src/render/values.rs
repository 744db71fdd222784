//! Attribute values as people read them. Secrets are never shown.
use serde_json::{Map, Value};

use crate::canon::{Form, Part, pair, plain_key};
use crate::model::AttrChange;
use crate::plan::saved::Moved;
use crate::redact::{HIDDEN, is_sealed};
use crate::visible::{unseen, visible};

/// One value in one line, every character of which is seen: bare words, `{key: value}`, `[a, b]`, addresses, `(sensitive)`.
pub fn value(v: &Value) -> String {
    match v {
        Value::Null => "(none)".into(),
        Value::String(s) => string(s),
        Value::Array(a) => format!("[{}]", a.iter().map(value).collect::<Vec<_>>().join(", ")),
        Value::Object(m) => map(m),
        other => other.to_string(),
    }
}

/// An object in a few words: its kind, and the values by which a person recognises it.
pub fn object(o: &crate::kinds::Object) -> String {
    let telling = o.attributes().into_iter().filter(|a| a.mode.compared() && a.name != "tags" && !a.value.is_null());
    let words: Vec<String> = telling.map(|a| format!("{} {}", a.name, value(&a.value))).collect();
    format!("a {} ({})", o.kind().label(), words.join(", "))
}

/// One thing that has moved since a plan was saved: the attribute, its value then and now.
pub fn moved(m: &Moved) -> String {
    match m {
        Moved::Field { address, path, wanted, then, now } => {
            let path = visible(path);
            let whose = if *wanted { " (what the spec wants with this environment)" } else { "" };
            match (then, now) {
                (Some(then), None) => format!("{address}: {path} had {} when the plan was made, and has it no longer{whose}", value(then)),
                (None, Some(now)) => format!("{address}: {path} has {} now, and had it not when the plan was made{whose}", value(now)),
                _ => {
                    let (then, now) = (maybe(then.as_ref()), maybe(now.as_ref()));
                    format!("{address}: {path} was {then} when the plan was made, and is {now} now{whose}")
                }
            }
        }
        Moved::Gone { address, id } => format!("{address}: {} was there when the plan was made, and is gone", visible(id)),
        Moved::Come { address, id } => format!("{address}: {} was not there when the plan was made", visible(id)),
        Moved::Done { address } => format!("{address}: something else would be done with it now"),
        Moved::Layer { file } => format!("{file}: what lies here is not the layer that the plan was made from"),
        Moved::Commit { signed, here } => {
            let [signed, here] = [signed, here].map(|commit| commit.as_deref().unwrap_or("none"));
            format!("the commit: {signed} was signed, and this is {here}")
        }
        Moved::Spec => "the spec in the plan is not what its layers say".into(),
    }
}

/// One value, or nothing.
pub fn maybe(v: Option<&Value>) -> String {
    v.map_or("(none)".into(), value)
}

/// The values of a change. Of two archives the digests' beginnings: `sha256 a1b2c3d4…`, `c3d4e5f6…`.
pub fn values(a: &AttrChange) -> (String, String) {
    let digest = |v: &Option<Value>| {
        let hex =
            v.as_ref()?.as_str()?.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some(format!("{}…", hex.get(..8)?))
    };
    match (digest(&a.before), digest(&a.after)) {
        (Some(before), Some(after)) => (format!("sha256 {before}"), after),
        _ => (maybe(a.before.as_ref()), maybe(a.after.as_ref())),
    }
}

/// What of an attribute changes, where its values don't tell, as the end of a line.
pub fn told(a: &AttrChange) -> String {
    a.told.as_deref().map(|told| format!("  ({})", visible(told))).unwrap_or_default()
}

/// A change from one value to another.
pub fn turned(a: &AttrChange) -> String {
    let (before, after) = values(a);
    format!("{before} -> {after}{}", told(a))
}

/// Seconds as people say them: `40s`, `12 min`, `1 h 5 min`.
pub fn seconds(s: u64) -> String {
    let minutes = s.saturating_add(30) / 60;
    match s {
        0..=89 => format!("{s}s"),
        90..=3569 => format!("{minutes} min"),
        _ if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// `1 deletion`, `2 deletions`.
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

fn string(s: &str) -> String {
    if is_sealed(s) {
        return HIDDEN.into();
    }
    let plain = !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+*=".contains(c));
    if plain { s.to_owned() } else { quoted(s) }
}

/// A text in quotes, as JSON has it, with all that is not seen told by its number.
fn quoted(s: &str) -> String {
    let tell = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if unseen(c) => visible(c.encode_utf8(&mut [0; 4])).into_owned(),
        c => c.to_string(),
    };
    format!("\"{}\"", s.chars().map(tell).collect::<String>())
}

fn map(m: &Map<String, Value>) -> String {
    match Form::of_map(m) {
        Form::Ref(target) => return reference(target, None),
        Form::Secret(_) => return HIDDEN.into(),
        Form::Computed(Value::Null) => return "(known after apply)".into(),
        Form::Computed(v) | Form::Plain(v) => return value(v),
        Form::Text(parts) => return parts.iter().map(part).collect(),
        Form::Ranked(entries) => return format!("[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(", ")),
        _ => {}
    }
    if let Some(rule) = rule(m) {
        return rule;
    }
    let filled = m.iter().filter(|(_, v)| !v.is_null() && v.as_str() != Some(""));
    format!("{{{}}}", filled.map(|(k, v)| format!("{}: {}", visible(plain_key(k)), value(v))).collect::<Vec<_>>().join(", "))
}

/// A named entry of a list: `login: {…}`.
fn entry(v: &Value) -> String {
    pair(v).map_or_else(|| value(v), |(name, v)| format!("{}: {}", visible(name), value(v)))
}

/// A security group's rule: `tcp 22 203.0.113.0/24 (office)`.
fn rule(m: &Map<String, Value>) -> Option<String> {
    let (protocol, first, last) = (m.get("protocol")?.as_str()?, m.get("from_port")?.as_i64()?, m.get("to_port")?.as_i64()?);
    let ports = match (first, last) {
        (..0, _) => String::new(),
        (one, same) if one == same => format!(" {one}"),
        (one, other) => format!(" {one}-{other}"),
    };
    let peer = match m.get("peer")? {
        Value::Object(peer) => peer.values().next().map(value)?,
        other => value(other),
    };
    let why = m.get("description").and_then(Value::as_str).filter(|d| !d.is_empty());
    Some(format!("{}{ports} {peer}{}", visible(protocol), why.map(|d| format!(" ({})", visible(d))).unwrap_or_default()))
}

/// An address; a foreign object is its physical id.
pub(super) fn reference(target: &str, attr: Option<&str>) -> String {
    let target = visible(target.split_once(".=").map_or(target, |(_, id)| id));
    attr.map_or(target.to_string(), |attr| format!("${{{target}.{}}}", visible(attr)))
}

fn part(v: &Value) -> String {
    match Part::of(v) {
        Some(Part::Literal(s)) => visible(s).into_owned(),
        Some(Part::Output(address, attr)) => reference(address, Some(attr)),
        None => value(v),
    }
}
