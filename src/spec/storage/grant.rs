//! Who may use a bucket: a name, or a name with what it may do.
use crate::spec::units::Name;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What may be done with what is in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read and write.
    Both,
    /// List and read objects, and older versions of them.
    Read,
    /// Write objects and delete them, but no older version.
    Write,
}

impl Access {
    pub fn reads(self) -> bool {
        matches!(self, Access::Both | Access::Read)
    }

    pub fn writes(self) -> bool {
        matches!(self, Access::Both | Access::Write)
    }
}

/// Somebody who may use a bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub name: Name,
    /// What it may do; as the bucket says when left out.
    pub access: Option<Access>,
}

/// The longer form of a [`Grant`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NamedGrant {
    /// A compute entry, a function or a workload.
    name: Name,
    /// What it may do.
    access: Access,
}

impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.access {
            None => self.name.serialize(s),
            Some(access) => NamedGrant { name: self.name.clone(), access }.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Grant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name, or a map with `name` and `access`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Grant, E> {
        Name::deserialize(StrDeserializer::<E>::new(text)).map(|name| Grant { name, access: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Grant, A::Error> {
        let named = NamedGrant::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Grant { name: named.name, access: Some(named.access) })
    }
}

impl JsonSchema for Grant {
    fn schema_name() -> Cow<'static, str> {
        "Grant".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<Name>();
        let named = generator.subschema_for::<NamedGrant>();
        json_schema!({
            "description": "Who may use it: the name of a compute entry, a function or a workload, or `{ name: app, access: read }`.",
            "anyOf": [name, named],
        })
    }
}
