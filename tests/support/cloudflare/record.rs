//! One DNS record: what a body may say, and how the record looks once it is kept.
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::content;
use super::dns::Record;
use super::reply::Refusal;
use super::world::{Clock, Plan, Zone};

type Fields = Map<String, Value>;

/// What a body may hold.
const FIELDS: [&str; 10] = ["type", "name", "content", "data", "priority", "ttl", "proxied", "comment", "tags", "settings"];
/// What only some types have.
const PARTIAL: [&str; 3] = ["content", "data", "priority"];
const SETTINGS: [&str; 3] = ["ipv4_only", "ipv6_only", "flatten_cname"];

/// What a new record has where a body is silent.
fn defaults() -> Fields {
    let json = json!({ "ttl": 1, "proxied": false, "comment": null, "tags": [], "settings": {} });
    json.as_object().cloned().unwrap_or_default()
}

/// A record out of a body. `before` is the record that it changes; `whole` says that the body tells everything, as in a PUT.
pub fn build(zone: &Zone, body: &Fields, before: Option<&Record>, whole: bool, clock: &mut Clock) -> Result<Record, Refusal> {
    if let Some(unknown) = body.keys().find(|k| !FIELDS.contains(&k.as_str())) {
        return Err(Refusal::dns(9207, format!("Request body is invalid: unknown field \"{unknown}\".")));
    }
    let old = before.map(|b| &b.shown);
    let mut want = defaults();
    if let Some(old) = old.filter(|_| !whole) {
        want.extend(old.iter().filter(|(k, _)| FIELDS.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())));
        if body.contains_key("data") {
            PARTIAL.iter().for_each(|k| drop(want.remove(*k)));
        }
    }
    want.extend(body.clone());
    let kind = want.get("type").and_then(Value::as_str).ok_or_else(|| Refusal::dns(9001, "Record type is required."))?.to_owned();
    if before.is_some_and(|b| b.kind != kind) {
        return Err(Refusal::dns(9002, "The type of a record cannot be changed."));
    }
    let name = want.get("name").and_then(Value::as_str).ok_or_else(|| Refusal::dns(9000, "DNS name is required."))?;
    let name = full_name(name, &zone.name).ok_or_else(|| Refusal::dns(9000, "DNS name is invalid."))?;
    let shaped = content::shape(&kind, &zone.name, &want, before.is_some())?;
    PARTIAL.iter().for_each(|k| drop(want.remove(*k)));
    want.extend(shaped);
    let proxied = want["proxied"].as_bool().ok_or_else(|| Refusal::dns(9003, "Proxied must be a boolean."))?;
    let proxiable = ["A", "AAAA", "CNAME"].contains(&kind.as_str());
    if proxied {
        may_be_proxied(proxiable, &want)?;
        want.insert("ttl".into(), json!(1));
    }
    check_ttl(&want["ttl"], zone.plan)?;
    check_notes(&want)?;
    if want["comment"] == "" {
        want.insert("comment".into(), Value::Null);
    }
    let (id, now) = (old.map_or_else(|| clock.id().into(), |o| o["id"].clone()), clock.now());
    let created = old.map_or_else(|| now.clone().into(), |o| o["created_on"].clone());
    let more = json!({ "id": id, "name": name, "proxiable": proxiable, "meta": {}, "created_on": created, "modified_on": now });
    want.extend(more.as_object().cloned().unwrap_or_default());
    Ok(Record::new(want, before.is_none_or(|b| b.counts)))
}

/// A record as someone put it there by hand: nothing is checked, and only what is missing is filled in.
pub fn by_hand(zone: &str, given: &Fields, clock: &mut Clock) -> Record {
    let now = clock.now();
    let mut shown = defaults();
    let more = json!({ "id": clock.id(), "content": "", "meta": {}, "created_on": now, "modified_on": now });
    shown.extend(more.as_object().cloned().unwrap_or_default());
    shown.extend(given.clone());
    let kind = given.get("type").and_then(Value::as_str).unwrap_or("A").to_owned();
    let name = given.get("name").and_then(Value::as_str).unwrap_or("@");
    shown.insert("name".into(), full_name(name, zone).unwrap_or_else(|| name.to_owned()).into());
    shown.entry("proxiable").or_insert_with(|| ["A", "AAAA", "CNAME"].contains(&kind.as_str()).into());
    // What the API would have shaped is shaped here too, where it can be.
    if let Ok(shaped) = content::shape(&kind, zone, &shown, true) {
        shown.extend(shaped);
    }
    shown.insert("type".into(), kind.into());
    Record::new(shown, false)
}

/// The name in full and in lower case; `None` when it can't be one. `@` is the zone itself.
pub fn full_name(name: &str, zone: &str) -> Option<String> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let name = match name.as_str() {
        "@" => zone.to_owned(),
        n if n == zone || n.ends_with(&format!(".{zone}")) => name,
        _ => format!("{name}.{zone}"),
    };
    content::is_host(&name).then_some(name)
}

fn may_be_proxied(proxiable: bool, want: &Fields) -> Result<(), Refusal> {
    if !proxiable {
        return Err(Refusal::dns(9004, "This record type cannot be proxied."));
    }
    let content = want["content"].as_str().unwrap_or("");
    let inner4 = content.parse::<Ipv4Addr>().is_ok_and(|a| a.is_private() || a.is_loopback() || a.is_link_local());
    let inner6 = content.parse::<Ipv6Addr>().is_ok_and(|a| a.is_loopback() || a.is_unique_local());
    if inner4 || inner6 { Err(Refusal::dns(9003, format!("Target {content} is not allowed for a proxied record."))) } else { Ok(()) }
}

fn check_ttl(ttl: &Value, plan: Plan) -> Result<(), Refusal> {
    let least = plan.pick([60, 60, 60, 30]);
    match ttl.as_u64() {
        Some(t) if t == 1 || (least..=86400).contains(&t) => Ok(()),
        _ => Err(Refusal::dns(9021, format!("Invalid TTL. Must be between {least} and 86,400 seconds, or 1 for Automatic."))),
    }
}

fn check_notes(want: &Fields) -> Result<(), Refusal> {
    match &want["comment"] {
        Value::Null => {}
        Value::String(c) if c.chars().count() > 100 => {
            return Err(Refusal::dns(9300, "Comment exceeds the maximum length of 100 characters."));
        }
        Value::String(c) if !c.contains(['\n', '\r']) => {}
        _ => return Err(Refusal::dns(9300, "Comment must be a text without line breaks.")),
    }
    match want["tags"].as_array() {
        Some(tags) if tags.is_empty() => {}
        Some(tags) => return Err(Refusal::dns(9301, format!("DNS record has {} tags, exceeding the quota of 0.", tags.len()))),
        None => return Err(Refusal::dns(9301, "Tags must be a list.")),
    }
    let known = |s: &Fields| s.iter().all(|(k, v)| SETTINGS.contains(&k.as_str()) && v.is_boolean());
    if want["settings"].as_object().is_some_and(known) { Ok(()) } else { Err(Refusal::dns(9302, "Record settings are invalid.")) }
}
