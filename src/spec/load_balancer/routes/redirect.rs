//! Where clients are sent.
use super::super::ListenerProtocol;
use crate::spec::units::Name;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Where clients are sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Redirect {
    /// To another listener, by a permanent redirect (301): host, path and query stay.
    Listener(Name),
    /// To an address of which some parts change.
    To(RedirectTo),
}

/// The parts of an address that change; the others stay as the request has them. `#{host}`, `#{path}` (without its first `/`), `#{port}`, `#{protocol}` and
/// `#{query}` stand for what the request has there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedirectTo {
    /// The host; it may hold `#{host}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The whole path; it may hold `#{host}`, `#{path}` and `#{port}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The query string without its `?`; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535), extend("x-default" = "the protocol's own where that is written, else the request's"))]
    pub port: Option<u16>,
    /// The protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ListenerProtocol>,
    /// The HTTP status: 301 for good, 302 for now. Browsers keep 301.
    #[serde(default = "status")]
    #[schemars(range(min = 301, max = 302))]
    pub status: u16,
}

fn status() -> u16 {
    301
}

impl Serialize for Redirect {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Redirect::Listener(name) => name.serialize(s),
            Redirect::To(to) => to.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Redirect {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Redirect;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a listener's name or parts of an address")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Redirect, E> {
        let text = serde::de::value::StrDeserializer::<E>::new(text);
        Name::deserialize(text).map(Redirect::Listener)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Redirect, A::Error> {
        let map = serde::de::value::MapAccessDeserializer::new(map);
        RedirectTo::deserialize(map).map(Redirect::To)
    }
}

impl JsonSchema for Redirect {
    fn schema_name() -> Cow<'static, str> {
        "ListenerRedirect".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<Name>();
        let to = generator.subschema_for::<RedirectTo>();
        json_schema!({
            "description": "A listener's name, or parts of the address: `{host: …, path: …, query: …, port: …, protocol: …, status: …}`.",
            "anyOf": [name, to],
        })
    }
}
