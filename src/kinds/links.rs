//! Names and pointers: addresses, typed references, and texts that name another object's attribute.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;
use crate::canon::{self, marked};

/// A typed pointer to another object of the stack: an edge of the graph.
pub struct Ref<K>(pub String, PhantomData<fn() -> K>);

impl<K> Ref<K> {
    pub fn to(name: impl Into<String>) -> Self {
        Ref(name.into(), PhantomData)
    }
}

impl<K: Resource> Ref<K> {
    pub fn address(&self) -> Address {
        Address::new(K::KIND, self.0.clone())
    }
}

impl<K> Clone for Ref<K> {
    fn clone(&self) -> Self {
        Ref::to(self.0.clone())
    }
}
impl<K> PartialEq for Ref<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Ref<K> {}
impl<K> PartialOrd for Ref<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Ref<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> fmt::Debug for Ref<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "->{}", self.0)
    }
}

impl<K: Resource> Serialize for Ref<K> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        marked(s, canon::REF, &self.address())
    }
}

impl<'de, K: Resource> Deserialize<'de> for Ref<K> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tagged {
            #[serde(rename = "$ref")]
            target: Address,
        }
        let target = Tagged::deserialize(d)?.target;
        if target.kind != K::KIND {
            return Err(serde::de::Error::custom(format!("expected {}.*, found {target}", K::KIND.label())));
        }
        Ok(Ref::to(target.name))
    }
}

impl<K: Resource> JsonSchema for Ref<K> {
    fn schema_name() -> Cow<'static, str> {
        format!("Ref_{}", K::KIND.label()).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let pattern = format!("^{}\\..+$", K::KIND.label());
        schemars::json_schema!({
            "type": "object", "required": [canon::REF], "additionalProperties": false,
            "properties": { canon::REF: { "type": "string", "pattern": pattern } },
        })
    }
}

/// A pointer at an object of any kind: it only says what must stand first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer(pub Address);

impl Pointer {
    pub fn to(kind: Kind, name: impl Into<String>) -> Self {
        Pointer(Address::new(kind, name))
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        marked(s, canon::REF, &self.0)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tagged {
            #[serde(rename = "$ref")]
            target: Address,
        }
        Tagged::deserialize(d).map(|t| Pointer(t.target))
    }
}

impl JsonSchema for Pointer {
    fn schema_name() -> Cow<'static, str> {
        "Pointer".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object", "required": [canon::REF], "additionalProperties": false,
            "properties": { canon::REF: { "type": "string", "pattern": "^[a-z_0-9]+\\..+$" } },
        })
    }
}

/// A string that may name attributes of other objects; those are known only at the moment of the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Literal(String),
    /// The value of `attr` of the object at `ref`.
    Output {
        r#ref: Address,
        attr: String,
    },
}

impl Part {
    /// Whose value it is, where it isn't plain text.
    pub fn target(&self) -> Option<Address> {
        if let Part::Output { r#ref, .. } = self { Some(r#ref.clone()) } else { None }
    }
}

impl Text {
    pub fn literal(s: impl Into<String>) -> Self {
        Text(vec![Part::Literal(s.into())])
    }

    /// The text, when it names nothing.
    pub fn plain(&self) -> Option<String> {
        self.0.iter().map(|part| if let Part::Literal(s) = part { Some(s.as_str()) } else { None }).collect()
    }

    /// The text with every reference replaced by what it names now.
    pub fn resolve(&self, links: &Links) -> Result<String, CloudError> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Literal(s) => Ok(s.clone()),
                Part::Output { r#ref, attr } => links.output(r#ref, attr),
            })
            .collect()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.plain() {
            Some(plain) => plain.serialize(s),
            None => marked(s, canon::TEXT, &self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Value::deserialize(d)? {
            Value::String(s) => Ok(Text::literal(s)),
            Value::Object(mut m) => {
                let parts = m.remove(canon::TEXT).unwrap_or(Value::Null);
                serde_json::from_value(parts).map(Text).map_err(serde::de::Error::custom)
            }
            other => Err(serde::de::Error::custom(format!("expected a text, found {other}"))),
        }
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let parts = generator.subschema_for::<Vec<Part>>();
        schemars::json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "required": [canon::TEXT], "additionalProperties": false, "properties": { canon::TEXT: parts } },
        ] })
    }
}

/// Values by the names that a text may use.
pub type Outputs = BTreeMap<String, String>;

/// Resolves addresses to what stands behind them at the moment of a call.
#[derive(Clone, Debug, Default)]
pub struct Links(pub BTreeMap<Address, Live>);

impl Links {
    /// The physical id of what a reference names, and its object.
    pub fn get<K: Resource>(&self, r: &Ref<K>) -> Result<(&str, K), CloudError> {
        let live = self.live(&r.address())?;
        Ok((live.id.as_str(), live.of()?))
    }

    /// The physical id behind an address.
    pub fn id<'a>(&'a self, address: &'a Address) -> Result<&'a str, CloudError> {
        match address.name.strip_prefix('=') {
            Some(foreign) => Ok(foreign),
            None => self.live(address).map(|l| l.id.as_str()),
        }
    }

    /// The physical id behind a typed reference.
    pub fn to<K: Resource>(&self, r: &Ref<K>) -> Result<String, CloudError> {
        self.id(&r.address()).map(String::from)
    }

    /// The physical ids behind a set of references, sorted.
    pub fn all<'a, K: Resource>(&self, rs: impl IntoIterator<Item = &'a Ref<K>>) -> Result<BTreeSet<String>, CloudError> {
        rs.into_iter().map(|r| self.to(r)).collect()
    }

    /// The value of an attribute that a text names.
    pub fn output(&self, address: &Address, attr: &str) -> Result<String, CloudError> {
        self.live(address)?.output(attr).ok_or_else(|| CloudError::bug(format!("{address} has no `{attr}` yet")))
    }

    fn live(&self, address: &Address) -> Result<&Live, CloudError> {
        self.0.get(address).ok_or_else(|| CloudError::bug(format!("{address} is not there yet")))
    }
}

/// How a reference to an object that the stack doesn't own is written: its physical id, marked.
pub fn foreign(id: &str) -> String {
    format!("={id}")
}
