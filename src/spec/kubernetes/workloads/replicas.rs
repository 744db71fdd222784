//! How many pods: a number, or as many as their load asks for.
use crate::spec::node::{Node, Val};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// How many pods a workload has.
#[derive(Clone, Debug, PartialEq)]
pub enum Replicas {
    /// So many.
    Fixed(u32),
    /// As many as their load asks for.
    Scaled(Scaling),
}

/// As many pods as their load asks for (Kubernetes: a HorizontalPodAutoscaler). With `target_cpu` and `target_memory` there are as many as the one of them asks for that
/// asks for more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Never fewer, and so many to start with.
    #[serde(default = "min")]
    #[schemars(range(min = 1, max = 1000))]
    pub min: u32,
    /// Never more.
    #[schemars(range(min = 1, max = 1000), extend("x-default" = "4, or min when that is more"))]
    pub max: u32,
    /// The average use of `resources.cpu`, in percent, that scaling aims at; pods may use more than they are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000), extend("x-default" = "60; none with target_memory"))]
    pub target_cpu: Option<u32>,
    /// The average use of `resources.memory`, in percent, that scaling aims at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub target_memory: Option<u32>,
}

impl Replicas {
    /// Never fewer than these.
    pub fn least(&self) -> u32 {
        match self {
            Replicas::Fixed(pods) => *pods,
            Replicas::Scaled(scaling) => scaling.min,
        }
    }

    pub fn scaling(&self) -> Option<&Scaling> {
        if let Replicas::Scaled(scaling) = self { Some(scaling) } else { None }
    }
}

/// Completes what is written of a workload's replicas.
pub fn derive(workload: &mut Node) {
    let Some(replicas) = workload.get_mut("replicas").filter(|replicas| matches!(replicas.value, Val::Map(_))) else { return };
    let least = replicas.get("min").and_then(Node::as_int).unwrap_or(i64::from(min()));
    replicas.fill("max", |at| Node::int(least.max(4), at));
    if replicas.get("target_memory").is_none() {
        replicas.fill("target_cpu", |at| Node::int(60, at));
    }
}

impl Default for Replicas {
    fn default() -> Self {
        Replicas::Fixed(2)
    }
}

impl Serialize for Replicas {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Replicas::Fixed(pods) => pods.serialize(s),
            Replicas::Scaled(scaling) => scaling.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Replicas {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Replicas;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a map with `min` and `max`")
            }

            fn visit_i64<E: Error>(self, pods: i64) -> Result<Replicas, E> {
                u32::try_from(pods).map(Replicas::Fixed).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, pods: u64) -> Result<Replicas, E> {
                u32::try_from(pods).map(Replicas::Fixed).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Replicas, A::Error> {
                Scaling::deserialize(MapAccessDeserializer::new(map)).map(Replicas::Scaled)
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Replicas {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Replicas".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scaling = generator.subschema_for::<Scaling>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 1000 }, scaling] })
    }
}

fn min() -> u32 {
    2
}
