//! Zone settings, one at a time: a value that is checked, and whether it may be changed.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::reply::{Refusal, Reply, object};
use super::world::{Clock, Zone};

pub struct Setting {
    pub value: Value,
    pub editable: bool,
    /// `null` until it is changed for the first time.
    pub modified: Value,
}

/// What a setting may be.
enum Allowed {
    Words(&'static [&'static str]),
    Numbers(&'static [u64]),
    Texts,
    SecurityHeader,
}

const SWITCH: Allowed = Allowed::Words(&["on", "off"]);
const FLAGS: [&str; 4] = ["enabled", "include_subdomains", "preload", "nosniff"];

/// Every setting there is, with what a new zone has.
fn known() -> Vec<(&'static str, Allowed, Value)> {
    use Allowed::{Numbers, SecurityHeader, Texts, Words};
    let mut known = vec![
        ("browser_cache_ttl", Numbers(&[0, 30, 60, 120, 300, 1200, 1800, 3600, 7200, 14400, 28800, 86400, 604800, 31536000]), json!(14400)),
        ("cache_level", Words(&["aggressive", "basic", "simplified"]), json!("aggressive")),
        ("challenge_ttl", Numbers(&[300, 900, 1800, 2700, 3600, 7200, 86400, 604800, 31536000]), json!(1800)),
        ("ciphers", Texts, json!([])),
        ("min_tls_version", Words(&["1.0", "1.1", "1.2", "1.3"]), json!("1.0")),
        ("pseudo_ipv4", Words(&["off", "add_header", "overwrite_header"]), json!("off")),
        ("security_header", SecurityHeader, json!({ "strict_transport_security": transport(&Map::new()) })),
        ("security_level", Words(&["off", "essentially_off", "low", "medium", "high", "under_attack"]), json!("medium")),
        ("ssl", Words(&["off", "flexible", "full", "strict"]), json!("full")),
        ("tls_1_3", Words(&["on", "off", "zrt"]), json!("on")),
    ];
    let on = [
        "brotli",
        "browser_check",
        "email_obfuscation",
        "http2",
        "http3",
        "ip_geolocation",
        "ipv6",
        "opportunistic_encryption",
        "websockets",
    ];
    let off = [
        "0rtt",
        "always_online",
        "always_use_https",
        "automatic_https_rewrites",
        "development_mode",
        "early_hints",
        "hotlink_protection",
        "rocket_loader",
    ];
    known.extend(on.map(|id| (id, SWITCH, json!("on"))));
    known.extend(off.map(|id| (id, SWITCH, json!("off"))));
    known
}

/// The settings of a new zone.
pub fn defaults() -> BTreeMap<String, Setting> {
    known().into_iter().map(|(id, _, value)| (id.to_owned(), Setting { value, editable: true, modified: Value::Null })).collect()
}

pub fn get(zone: &Zone, id: &str) -> Reply {
    Ok(shown(id, zone.settings.get(id).ok_or_else(|| unknown(id))?).into())
}

pub fn patch(zone: &mut Zone, id: &str, body: Option<&Value>, clock: &mut Clock) -> Reply {
    let setting = zone.settings.get_mut(id).ok_or_else(|| unknown(id))?;
    if !setting.editable {
        return Err(Refusal::new(403, 1015, format!("Not allowed to edit setting for {id}")));
    }
    let body = object(body)?;
    let value = body.get("value").filter(|_| body.len() == 1).and_then(|v| check(id, v));
    setting.value = value.ok_or_else(|| Refusal::new(400, 1007, format!("Invalid value for zone setting {id}")))?;
    setting.modified = clock.now().into();
    Ok(shown(id, setting).into())
}

fn unknown(id: &str) -> Refusal {
    Refusal::new(400, 1006, format!("Unrecognized zone setting name: {id}"))
}

fn shown(id: &str, s: &Setting) -> Value {
    json!({ "id": id, "value": s.value, "editable": s.editable, "modified_on": s.modified })
}

/// The value as it is kept, if it may be.
fn check(id: &str, value: &Value) -> Option<Value> {
    let (_, allowed, _) = known().into_iter().find(|(known, ..)| *known == id)?;
    let fine = match allowed {
        Allowed::Words(words) => value.as_str().is_some_and(|v| words.contains(&v)),
        Allowed::Numbers(numbers) => value.as_u64().is_some_and(|v| numbers.contains(&v)),
        Allowed::Texts => value.as_array().is_some_and(|v| v.iter().all(Value::is_string)),
        Allowed::SecurityHeader => {
            let outer = value.as_object().filter(|o| o.len() == 1)?;
            let given = outer.get("strict_transport_security")?.as_object()?;
            let fits = |(k, v): (&String, &Value)| (FLAGS.contains(&k.as_str()) && v.is_boolean()) || (k == "max_age" && v.is_u64());
            return given.iter().all(fits).then(|| json!({ "strict_transport_security": transport(given) }));
        }
    };
    fine.then(|| value.clone())
}

/// The header in full: what isn't given is off.
fn transport(given: &Map<String, Value>) -> Value {
    let mut full: Map<String, Value> = FLAGS.iter().map(|f| ((*f).to_owned(), json!(false))).collect();
    full.insert("max_age".into(), json!(0));
    full.extend(given.clone());
    full.into()
}
