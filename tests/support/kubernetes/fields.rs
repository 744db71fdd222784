//! Sets of fields, as `managedFields` holds them (`FieldsV1`).
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schema::{self, Type};

/// `f:NAME`, `k:{"name":"A"}` or `v:"x"`, from the object down.
pub type Path = Vec<String>;
pub type Set = BTreeSet<Path>;

/// A part of a value: how it is named there, what it is, its type, and whether it is a field that its struct declares.
pub type Part<'a> = (String, &'a Value, Type, bool);

/// The parts that are merged one by one; `None` for what is one value. A field that nobody declares is an error, which names it.
pub fn parts<'a>(value: &'a Value, ty: Type) -> Result<Option<Vec<Part<'a>>>, String> {
    Ok(Some(match (ty, value) {
        (Type::Struct(name), Value::Object(map)) => {
            let mut parts = vec![];
            for (k, v) in map {
                let ty = schema::field(name, k).ok_or_else(|| format!(".{k}: field not declared in schema"))?;
                parts.push((format!("f:{k}"), v, ty, schema::declared(name, k)));
            }
            parts
        }
        (Type::Map(of), Value::Object(map)) => map.iter().map(|(k, v)| (format!("f:{k}"), v, *of, false)).collect(),
        (Type::Deduced, Value::Object(map)) => map.iter().map(|(k, v)| (format!("f:{k}"), v, Type::Deduced, false)).collect(),
        (Type::Keyed(item, keys), Value::Array(list)) => {
            list.iter().map(|v| (format!("k:{}", key(v, keys)), v, Type::Struct(item), false)).collect()
        }
        (Type::Set, Value::Array(list)) => list.iter().map(|v| (format!("v:{v}"), v, Type::Atomic, false)).collect(),
        _ => return Ok(None),
    }))
}

/// What an item of a list is known by. A port without a protocol is one of TCP.
fn key(item: &Value, keys: &str) -> Value {
    let value = |k: &str| match item.get(k) {
        None if k == "protocol" => json!("TCP"),
        found => found.cloned().unwrap_or_default(),
    };
    Value::Object(keys.split(',').map(|k| (k.to_owned(), value(k))).collect())
}

fn below(path: &Path, part: &str) -> Path {
    path.iter().cloned().chain([part.to_owned()]).collect()
}

fn within(place: &str, problem: String) -> String {
    let place = place.strip_prefix("f:").map_or_else(|| show(&vec![place.to_owned()]), |f| format!(".{f}"));
    format!("{place}{problem}")
}

/// The fields of what somebody applies.
pub fn applied(value: &Value, ty: Type, path: &Path, into: &mut Set) -> Result<(), String> {
    let Some(parts) = parts(value, ty)? else {
        into.insert(path.clone());
        return Ok(());
    };
    let list = value.is_array();
    for (name, v, ty, declared) in parts {
        let here = below(path, &name);
        applied(v, ty, &here, into).map_err(|e| within(&name, e))?;
        if list || !declared || v.is_null() || v.as_object().is_some_and(Map::is_empty) {
            into.insert(here);
        }
    }
    Ok(())
}

/// What changes from one object to another.
#[derive(Default)]
pub struct Comparison {
    pub changed: Set,
    pub removed: Set,
}

pub fn compare(old: Option<&Value>, new: Option<&Value>, ty: Type, path: &Path, out: &mut Comparison) {
    let list = |v: Option<&Value>| v.and_then(|v| parts(v, ty).ok().flatten().map(|p| own(&p)));
    let (before, after) = (list(old), list(new));
    match (old, new) {
        (None, Some(_)) if !path.is_empty() => drop(out.changed.insert(path.clone())),
        (Some(_), None) if !path.is_empty() => drop(out.removed.insert(path.clone())),
        (Some(a), Some(b)) if (before.is_none() || after.is_none()) && a != b => drop(out.changed.insert(path.clone())),
        _ => {}
    }
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    for (name, value, ty) in &before {
        compare(Some(value), after.iter().find(|(n, ..)| n == name).map(|(_, v, _)| v), *ty, &below(path, name), out);
    }
    for (name, value, ty) in after.iter().filter(|(name, ..)| before.iter().all(|(n, ..)| n != name)) {
        compare(None, Some(value), *ty, &below(path, name), out);
    }
}

fn own(parts: &[Part<'_>]) -> Vec<(String, Value, Type)> {
    parts.iter().map(|(n, v, t, _)| (n.clone(), (*v).clone(), *t)).collect()
}

/// What is applied, laid over what stands. Items of a list keep their places; new ones come behind them.
pub fn merge(live: &Value, applied: &Value, ty: Type) -> Value {
    let (Ok(Some(old)), Ok(Some(new))) = (parts(live, ty), parts(applied, ty)) else { return applied.clone() };
    let find = |name: &str| new.iter().find(|(n, ..)| n == name);
    let kept = old.iter().map(|(n, v, t, _)| (n, find(n).map_or_else(|| (*v).clone(), |(_, a, ..)| merge(v, a, *t))));
    let fresh = new.iter().filter(|(n, ..)| old.iter().all(|(o, ..)| o != n)).map(|(n, v, ..)| (n, (*v).clone()));
    let all = kept.chain(fresh);
    if live.is_array() { all.map(|(_, v)| v).collect() } else { Value::Object(all.map(|(n, v)| (n[2..].to_owned(), v)).collect()) }
}

/// Takes a field away, and what holds nothing any more without it (`removeItemsWithSchema` of structured-merge-diff; no run shows it).
pub fn remove(value: &mut Value, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    let hollow = |v: &Value| *v == json!({}) || *v == json!([]);
    match value {
        Value::Object(map) if rest.is_empty() => drop(map.remove(&first[2..])),
        Value::Object(map) => {
            let Some(inner) = map.get_mut(&first[2..]).filter(|v| !hollow(v)) else { return };
            remove(inner, rest);
            if hollow(inner) {
                map.remove(&first[2..]);
            }
        }
        Value::Array(list) if rest.is_empty() => list.retain(|v| !is(v, first)),
        Value::Array(list) => list.iter_mut().filter(|v| is(v, first)).for_each(|v| remove(v, rest)),
        _ => {}
    }
}

/// Whether an item of a list is the one of that name.
fn is(item: &Value, name: &str) -> bool {
    match name.split_at(2) {
        ("k:", wanted) => {
            let wanted: Map<String, Value> = serde_json::from_str(wanted).unwrap();
            let keys = wanted.keys().cloned().collect::<Vec<_>>().join(",");
            key(item, &keys) == Value::Object(wanted)
        }
        (_, wanted) => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| *item == wanted),
    }
}

/// As `managedFields` writes it: `.` beside parts says that the whole is meant, too.
pub fn written(set: &Set) -> Value {
    let mut root = json!({});
    for path in set {
        let mut at = &mut root;
        for part in path {
            at = at.as_object_mut().unwrap().entry(part.clone()).or_insert_with(|| json!({}));
        }
    }
    for path in set.iter().filter(|p| set.range::<Path, _>(*p..).nth(1).is_some_and(|next| next.starts_with(p))) {
        let at = path.iter().fold(&mut root, |at, part| &mut at[part]);
        at["."] = json!({});
    }
    root
}

/// As messages write it: `.spec.containers[name="shop"].image`.
pub fn show(path: &Path) -> String {
    let part = |p: &String| match p.split_at(2) {
        ("f:", name) => format!(".{name}"),
        ("k:", keys) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap();
            format!("[{}]", keys.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","))
        }
        (_, value) => format!("[={value}]"),
    };
    path.iter().map(part).collect()
}
