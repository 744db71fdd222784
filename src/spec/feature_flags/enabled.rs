//! How a flag stands: always, or until somebody turns it.
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Whether a flag is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// As the spec says, whatever somebody has turned by hand.
    Always(bool),
    /// At first; then as it is turned by hand.
    Initially(bool),
}

/// The longer form of an [`Enabled`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Initially {
    /// Whether it is on at first.
    initial: bool,
}

impl Serialize for Enabled {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match *self {
            Enabled::Always(on) => on.serialize(s),
            Enabled::Initially(initial) => Initially { initial }.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Enabled {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Enabled;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a map with `initial`")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Enabled, E> {
        Ok(Enabled::Always(on))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Enabled, A::Error> {
        Initially::deserialize(MapAccessDeserializer::new(map)).map(|of| Enabled::Initially(of.initial))
    }
}

impl JsonSchema for Enabled {
    fn schema_name() -> Cow<'static, str> {
        "Enabled".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let initially = generator.subschema_for::<Initially>();
        json_schema!({
            "description": "Whether it is on: `true`, `false`, or `{ initial: false }`.",
            "anyOf": [{ "type": "boolean" }, initially],
        })
    }
}
