//! The canonical form: how an object's values stand in JSON, wherever they are compared, kept, redacted or shown.
//!
//! A value that is more than plain data is a map with one marked key:
//!
//! | value | form |
//! |---|---|
//! | a reference ([`crate::kinds::Ref`], [`crate::kinds::Pointer`]) | `{"$ref": "subnet.app-a"}` |
//! | a text that names other objects' attributes ([`crate::kinds::Text`]) | `{"$text": [{"literal": "…"}, {"output": {"ref": "…", "attr": "…"}}]}` |
//! | a secret ([`crate::model::Secret`]) | `{"$secret": "FINGERPRINT"}` |
//! | what the cloud decides ([`crate::model::Computed`]) | `{"$computed": …}` |
//! | entries that have names and an order ([`crate::model::Ranked`]) | `{"$ranked": [["NAME", …], …]}` |
//! | a value beside alternatives that are marked | `{"$plain": …}` |
//!
//! A key that somebody else chose never looks like a mark: [`Open`] maps and [`Document`]s write a `$` before every key that begins with one,
//! and take it away again when they are read. Every reader of the form goes through [`Form`], so that all of them see the same.
use std::borrow::Cow;
use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};

use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub const COMPUTED: &str = "$computed";
pub const PLAIN: &str = "$plain";
pub const RANKED: &str = "$ranked";
pub const REF: &str = "$ref";
pub const SECRET: &str = "$secret";
pub const TEXT: &str = "$text";

/// What one canonical value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form<'v> {
    Computed(&'v Value),
    List(&'v [Value]),
    Map(&'v Map<String, Value>),
    Plain(&'v Value),
    /// Entries, each a pair that [`pair`] reads.
    Ranked(&'v [Value]),
    /// The address.
    Ref(&'v str),
    /// Null, a truth value, a number or a string.
    Scalar(&'v Value),
    /// The fingerprint.
    Secret(&'v str),
    /// Parts, each of which [`Part::of`] reads.
    Text(&'v [Value]),
}

/// One part of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'v> {
    Literal(&'v str),
    /// The attribute of an address.
    Output(&'v str, &'v str),
}

impl<'v> Form<'v> {
    pub fn of(v: &'v Value) -> Self {
        match v {
            Value::Array(list) => Form::List(list),
            Value::Object(map) => Form::of_map(map),
            scalar => Form::Scalar(scalar),
        }
    }

    pub fn of_map(map: &'v Map<String, Value>) -> Self {
        let mut entries = map.iter();
        match (entries.next(), entries.next()) {
            (Some((key, v)), None) if key.starts_with('$') => match (key.as_str(), v) {
                (COMPUTED, v) => Form::Computed(v),
                (PLAIN, v) => Form::Plain(v),
                (RANKED, Value::Array(entries)) => Form::Ranked(entries),
                (REF, Value::String(address)) => Form::Ref(address),
                (SECRET, Value::String(fingerprint)) => Form::Secret(fingerprint),
                (TEXT, Value::Array(parts)) => Form::Text(parts),
                _ => Form::Map(map),
            },
            _ => Form::Map(map),
        }
    }

    /// Whether it is one value of its own, never compared or shown in parts.
    pub fn whole(self) -> bool {
        !matches!(self, Form::List(_) | Form::Map(_))
    }
}

impl<'v> Part<'v> {
    pub fn of(v: &'v Value) -> Option<Self> {
        match (v.get("literal"), v.get("output")) {
            (Some(Value::String(s)), None) => Some(Part::Literal(s)),
            (None, Some(output)) => Some(Part::Output(output.get("ref")?.as_str()?, output.get("attr")?.as_str()?)),
            _ => None,
        }
    }
}

/// The name and the value of an entry of [`Form::Ranked`].
pub fn pair(v: &Value) -> Option<(&str, &Value)> {
    Some((v.get(0)?.as_str()?, v.get(1)?))
}

/// Shows `see` every value within a value, itself first. `see` says whether to go on inside; marked values are seen before what they hold.
pub fn walk<'v>(v: &'v Value, see: &mut dyn FnMut(Form<'v>) -> bool) {
    let form = Form::of(v);
    if !see(form) {
        return;
    }
    match form {
        Form::Computed(inner) | Form::Plain(inner) => walk(inner, see),
        Form::List(list) => list.iter().for_each(|v| walk(v, see)),
        Form::Ranked(list) => list.iter().filter_map(pair).for_each(|(_, v)| walk(v, see)),
        Form::Map(map) => map.values().for_each(|v| walk(v, see)),
        Form::Ref(_) | Form::Scalar(_) | Form::Secret(_) | Form::Text(_) => {}
    }
}

/// Every address that a value names: by references, and in texts.
pub fn addresses<'v>(v: &'v Value, see: &mut dyn FnMut(&'v str)) {
    walk(v, &mut |form| {
        match form {
            Form::Ref(address) => see(address),
            Form::Text(parts) => parts.iter().filter_map(Part::of).for_each(|part| {
                if let Part::Output(address, _) = part {
                    see(address);
                }
            }),
            _ => {}
        }
        true
    });
}

/// Changes values within a value, the outermost first: `change` answers whether it has dealt with one, or its parts are to be looked at.
pub fn walk_mut(v: &mut Value, change: &mut dyn FnMut(&mut Value) -> bool) {
    if change(v) {
        return;
    }
    match v {
        Value::Array(list) => list.iter_mut().for_each(|v| walk_mut(v, change)),
        Value::Object(map) => map.values_mut().for_each(|v| walk_mut(v, change)),
        _ => {}
    }
}

/// The one entry of a marked map, to be changed.
pub fn marked_mut<'v>(v: &'v mut Value, mark: &str) -> Option<&'v mut Value> {
    v.as_object_mut().filter(|map| map.len() == 1)?.get_mut(mark)
}

/// A key as somebody chose it.
pub fn plain_key(key: &str) -> &str {
    key.strip_prefix('$').filter(|rest| rest.starts_with('$')).unwrap_or(key)
}

fn open_key(key: &str) -> Cow<'_, str> {
    if key.starts_with('$') { format!("${key}").into() } else { key.into() }
}

/// Writes a marked value.
pub fn marked<S: Serializer>(s: S, mark: &'static str, v: &(impl Serialize + ?Sized)) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(1))?;
    map.serialize_entry(mark, v)?;
    map.end()
}

/// A map whose keys somebody else chooses: tags, variables, headers, parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Open<V>(pub BTreeMap<String, V>);

impl<V> Open<V> {
    pub const fn new() -> Self {
        Open(BTreeMap::new())
    }
}

impl<V> Default for Open<V> {
    fn default() -> Self {
        Open::new()
    }
}

impl<V> Deref for Open<V> {
    type Target = BTreeMap<String, V>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> DerefMut for Open<V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<V> From<BTreeMap<String, V>> for Open<V> {
    fn from(map: BTreeMap<String, V>) -> Self {
        Open(map)
    }
}

impl<V, const N: usize> From<[(String, V); N]> for Open<V> {
    fn from(entries: [(String, V); N]) -> Self {
        Open(entries.into())
    }
}

impl<V> FromIterator<(String, V)> for Open<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        Open(entries.into_iter().collect())
    }
}

impl<V> IntoIterator for Open<V> {
    type Item = (String, V);
    type IntoIter = btree_map::IntoIter<String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Open<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = btree_map::Iter<'a, String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<V: Serialize> Serialize for Open<V> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(k, v)| (open_key(k), v)))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Open<V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, V>::deserialize(d)?;
        Ok(map.into_iter().map(|(k, v)| (plain_key(&k).to_owned(), v)).collect())
    }
}

impl<V: JsonSchema> JsonSchema for Open<V> {
    fn inline_schema() -> bool {
        BTreeMap::<String, V>::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, V>::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, V>::json_schema(generator)
    }
}

/// A JSON document in which somebody else chooses all keys: a policy, a setting's value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document(pub Value);

impl From<Value> for Document {
    fn from(v: Value) -> Self {
        Document(v)
    }
}

impl Deref for Document {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        keys(&self.0, &|k| open_key(k)).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Value::deserialize(d).map(|v| Document(document(&v)))
    }
}

impl JsonSchema for Document {
    fn inline_schema() -> bool {
        Value::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        Value::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Value::json_schema(generator)
    }
}

/// A canonical document as it was written.
pub fn document(v: &Value) -> Value {
    keys(v, &|k| plain_key(k).into())
}

/// A document with other keys.
fn keys<'v>(v: &'v Value, key: &dyn Fn(&'v str) -> Cow<'v, str>) -> Value {
    match v {
        Value::Array(list) => list.iter().map(|v| keys(v, key)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (key(k).into_owned(), keys(v, key))).collect::<Map<_, _>>().into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whatever keys there are, they come back, and none is a mark.
    #[test]
    fn keys_of_others_are_no_marks() {
        for key in ["ref", "$ref", "$$ref", "$", "", "secret", "$secret", "$computed"] {
            let open = Open::from([(key.to_owned(), "vpc.main".to_owned())]);
            let form = serde_json::to_value(&open).expect("plain data");
            assert!(matches!(Form::of(&form), Form::Map(_)), "{form}");
            assert_eq!(serde_json::from_value::<Open<String>>(form).expect("its own form"), open);

            let document = Document(json!({ key: { key: [{ key: "vpc.main" }] } }));
            let form = serde_json::to_value(&document).expect("plain data");
            walk(&form, &mut |form| {
                assert!(matches!(form, Form::Map(_) | Form::List(_) | Form::Scalar(_)), "{form:?}");
                true
            });
            assert_eq!(serde_json::from_value::<Document>(form).expect("its own form"), document);
        }
    }
}
