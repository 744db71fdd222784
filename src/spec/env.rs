//! Values of environment variables: text, or a secret by reference.
use super::units::{EnvName, SecretId, Text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What an environment variable is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// A secret by reference.
    Secret(SecretRef),
    /// Text in the clear.
    Text(Text),
}

/// Where a secret is kept; the secret itself never stands in a spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// The environment variable of this process that holds it when it is applied.
    FromEnv(EnvName),
    /// The name or ARN of a secret of AWS Secrets Manager, read by the instance itself.
    FromSecretsManager(SecretId),
}

impl Serialize for EnvValue {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            EnvValue::Secret(secret) => secret.serialize(s),
            EnvValue::Text(text) => text.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = EnvValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a reference to a secret")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<EnvValue, E> {
        let text = serde::de::value::StrDeserializer::<E>::new(text);
        Text::deserialize(text).map(EnvValue::Text)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EnvValue, A::Error> {
        let map = serde::de::value::MapAccessDeserializer::new(map);
        SecretRef::deserialize(map).map(EnvValue::Secret)
    }
}

impl JsonSchema for EnvValue {
    fn schema_name() -> Cow<'static, str> {
        "EnvValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Text>();
        let secret = generator.subschema_for::<SecretRef>();
        json_schema!({
            "description": "Text, or a secret by reference: `{from_env: NAME}` or `{from_secrets_manager: ID}`.",
            "anyOf": [text, secret],
        })
    }
}
