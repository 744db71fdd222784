//! What a schema without branches says of its keys and its type.
use super::node::{Node, Val, plain};
use serde_json::{Map, Value};

/// Text from the environment becomes a number or a truth value where only that fits.
pub fn typed(node: &mut Node, leaves: &[&Map<String, Value>]) {
    let fits = |value: &Val| {
        let is = value.kind();
        leaves.iter().any(|leaf| kind(leaf).is_some_and(|kind| is.fits(kind)))
    };
    if let Val::Text { text, env: true } = &node.value
        && !fits(&node.value)
    {
        let value = plain(text);
        if fits(&value) {
            node.value = value;
        }
    }
}

/// What the schema says of one key.
pub enum Member<'a> {
    /// A field of a struct.
    Field(&'a Value),
    /// An entry with a free name, perhaps of a pattern.
    Named(Option<&'a str>, &'a Value),
}

/// What `schema` says of `key`; nothing when it does not know it.
pub fn member<'a>(schema: &'a Map<String, Value>, key: &str) -> Option<Member<'a>> {
    if let Some(field) = property(schema, key) {
        return Some(Member::Field(field));
    }
    let named = schema.get("patternProperties").and_then(Value::as_object);
    if let Some((pattern, entry)) = named.and_then(|named| named.iter().next()) {
        return Some(Member::Named(Some(pattern), entry));
    }
    let others = schema.get("additionalProperties").filter(|others| others.is_object())?;
    Some(Member::Named(None, others))
}

/// The field `key` of a struct.
pub fn property<'a>(schema: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(key)
}

/// The keys of one group of members, such as `properties`.
pub fn keys<'a>(schema: &'a Map<String, Value>, group: &str) -> Vec<&'a str> {
    let members = schema.get(group).and_then(Value::as_object);
    members.map_or(Vec::new(), |members| members.keys().map(String::as_str).collect())
}

/// The schema's own word for a leaf's type.
pub fn kind(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) if kind != "null" => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}
