//! Values of environment variables: text, or a secret by reference.
use super::units::{EnvName, SecretId, Template};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What an environment variable is set to, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvSource {
    /// A secret by reference.
    Secret(SecretRef),
    /// Text in the clear.
    Text(Template),
}

/// Where a secret is kept; the secret itself never stands in a spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// The environment variable of this process that holds it when it is applied; of a compute entry it is kept in Secrets Manager, where the instances
    /// fetch it; of a workload in a Secret of its cluster.
    FromEnv(EnvName),
    /// The name or ARN of a secret of AWS Secrets Manager, read by the instance itself; a function or a workload is given the name, and may ask for the secret.
    FromSecretsManager(SecretId),
}

impl Serialize for EnvSource {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            EnvSource::Secret(secret) => secret.serialize(s),
            EnvSource::Text(text) => text.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for EnvSource {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = EnvSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a reference to a secret")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<EnvSource, E> {
        let text = serde::de::value::StrDeserializer::<E>::new(text);
        Template::deserialize(text).map(EnvSource::Text)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EnvSource, A::Error> {
        let map = serde::de::value::MapAccessDeserializer::new(map);
        SecretRef::deserialize(map).map(EnvSource::Secret)
    }
}

impl JsonSchema for EnvSource {
    fn schema_name() -> Cow<'static, str> {
        "EnvValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Template>();
        let secret = generator.subschema_for::<SecretRef>();
        json_schema!({
            "description": "Text, or a secret by reference: `{from_env: NAME}` or `{from_secrets_manager: ID}`.",
            "anyOf": [text, secret],
        })
    }
}
