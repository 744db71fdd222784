//! Flags as AppConfig keeps them ("Understanding the type reference for AWS.AppConfig.FeatureFlags"): what each is, and how it stands.
//!
//! One that people turn says so in its description, where they see it, too, and whether it is on at first: so it is known again.
use serde_json::{Map, Value, json};

use super::*;

/// When a flag was made and changed last: AppConfig writes it, and nobody else.
const TIMES: &[&str] = &["_createdAt", "_updatedAt"];

/// The description of a flag that people turn.
fn description(initial: bool) -> &'static str {
    if initial { "Turned by hand; on at first." } else { "Turned by hand; off at first." }
}

/// The document. `turned` says how a flag stands that people turn; of one that it doesn't name, that is as it is at first.
pub(super) fn render(flags: &Open<Flag>, turned: &Open<bool>) -> String {
    let is = |(key, flag): (&String, &Flag)| {
        let mut is = json!({ "name": key });
        if let Some(initial) = flag.initial {
            is["description"] = description(initial).into();
        }
        (key.clone(), is)
    };
    let stands = |(key, flag): (&String, &Flag)| {
        let on = flag.initial.map(|initial| turned.get(key).copied().unwrap_or(initial)).or(flag.enabled).unwrap_or_default();
        (key.clone(), json!({ "enabled": on }))
    };
    let all = flags.iter().map(is).collect::<Map<_, _>>();
    json!({ "version": "1", "flags": all, "values": flags.iter().map(stands).collect::<Map<_, _>>() }).to_string()
}

/// The flags of a document. What it says of a flag beside what `infra` writes is one that nobody wants.
pub(super) fn read(text: &str) -> Open<Flag> {
    let all = parsed(text);
    let flag = |(key, (is, stands)): (String, (Value, Value))| {
        let on = stands.get("enabled").and_then(Value::as_bool).filter(|on| stands == json!({ "enabled": on }));
        let by_hand = |initial: &bool| is == json!({ "name": key, "description": description(*initial) });
        let flag = match on {
            Some(on) if is == json!({ "name": key }) => Flag { enabled: Some(on), initial: None },
            Some(_) => Flag { enabled: None, initial: [false, true].into_iter().find(by_hand) },
            None => Flag::default(),
        };
        (key, flag)
    };
    all.into_iter().map(flag).collect()
}

/// How the flags of a document stand that people turn.
pub(super) fn by_hand(text: &str) -> Open<bool> {
    let (flags, all) = (read(text), parsed(text));
    let turned = all.into_iter().filter(|(key, _)| flags.get(key).is_some_and(|flag| flag.initial.is_some()));
    turned.filter_map(|(key, (_, stands))| Some((key, stands.get("enabled")?.as_bool()?))).collect()
}

/// Whether two documents say the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    parsed(one) == parsed(other)
}

/// What each flag is and how it stands, without what AppConfig adds. A document that is none holds one flag that nobody wants.
fn parsed(text: &str) -> BTreeMap<String, (Value, Value)> {
    let whole: Value = serde_json::from_str(text).unwrap_or_else(|_| json!({ "flags": { "altered": text } }));
    let of = |part: &str| whole.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
    let (flags, values) = (of("flags"), of("values"));
    let plain = |map: &Map<String, Value>, key: &str| {
        let mut value = map.get(key).cloned().unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            TIMES.iter().for_each(|time| drop(fields.remove(*time)));
        }
        value
    };
    let keys: BTreeSet<&String> = flags.keys().chain(values.keys()).collect();
    keys.into_iter().map(|key| (key.clone(), (plain(&flags, key), plain(&values, key)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_whatever_appconfig_adds() {
        let set = FlagSet::example();
        let text = render(&set.flags, &[("sale_banner".to_owned(), false)].into());
        let mut told: Value = serde_json::from_str(&text).expect("a document");
        for part in ["flags", "values"] {
            for key in ["new_checkout", "sale_banner"] {
                told[part][key]["_createdAt"] = "2026-12-01T00:00:00Z".into();
                told[part][key]["_updatedAt"] = "2026-12-01T00:00:00Z".into();
            }
        }
        let told = told.to_string();
        assert_eq!(read(&told), set.flags);
        assert_eq!(by_hand(&told), [("sale_banner".to_owned(), false)].into());
        assert!(same(&text, &told) && !same(&text, &render(&set.flags, &set.turned)));
    }

    #[test]
    fn what_infra_does_not_write_is_wanted_by_nobody() {
        let of = |is: Value, stands: Value| read(&json!({ "version": "1", "flags": { "a": is }, "values": { "a": stands } }).to_string());
        let nothing: Open<Flag> = [("a".to_owned(), Flag::default())].into();
        assert_eq!(of(json!({ "name": "a" }), json!({ "enabled": true }))["a"].enabled, Some(true));
        assert_eq!(of(json!({ "name": "b" }), json!({ "enabled": true })), nothing);
        assert_eq!(of(json!({ "name": "a", "description": "ours" }), json!({ "enabled": true })), nothing);
        assert_eq!(of(json!({ "name": "a" }), json!({ "enabled": true, "size": 3 })), nothing);
        assert_eq!(of(json!({ "name": "a" }), json!({})), nothing);
        assert_eq!(read("flags: none"), [("altered".to_owned(), Flag::default())].into());
        assert_eq!(read(""), [("altered".to_owned(), Flag::default())].into());
    }
}
