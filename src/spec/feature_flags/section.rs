//! `feature_flags` as it is written: flags by key, and `deployment` beside them.
use super::{Flag, FlagDeployment};
use crate::spec::units::FlagKey;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The key that is no flag's.
const DEPLOYMENT: &str = "deployment";

/// All flags of a stack, which stand in one configuration, and how a change of them comes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureFlags {
    pub deployment: Option<FlagDeployment>,
    pub flags: BTreeMap<FlagKey, Flag>,
}

impl Serialize for FeatureFlags {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        if let Some(deployment) = &self.deployment {
            map.serialize_entry(DEPLOYMENT, deployment)?;
        }
        self.flags.iter().try_for_each(|(key, flag)| map.serialize_entry(key, flag))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for FeatureFlags {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(ByKey)
    }
}

struct ByKey;

impl<'de> Visitor<'de> for ByKey {
    type Value = FeatureFlags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with `deployment` and keys of flags")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FeatureFlags, A::Error> {
        let mut section = FeatureFlags::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == DEPLOYMENT {
                section.deployment = map.next_value()?;
            } else {
                let key = FlagKey::deserialize(StrDeserializer::<A::Error>::new(&key))?;
                section.flags.insert(key, map.next_value()?);
            }
        }
        Ok(section)
    }
}

impl JsonSchema for FeatureFlags {
    fn schema_name() -> Cow<'static, str> {
        "FeatureFlags".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut deployment = generator.subschema_for::<FlagDeployment>().to_value();
        deployment["description"] = "No flag, but beside them: how a change of all of them comes; at once when left out.".into();
        let mut schema = generator.subschema_for::<BTreeMap<FlagKey, Flag>>().to_value();
        schema["properties"] = serde_json::json!({ DEPLOYMENT: deployment });
        schema["description"] = "Flags by key; and beside them `deployment`, which is how a change of them comes.".into();
        Schema::try_from(schema).unwrap_or_default()
    }
}
