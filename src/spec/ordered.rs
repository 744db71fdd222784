//! A map whose entries keep the document's order, because the order means something.
use super::units::Name;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// Entries by name, in the document's order; no name stands twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered<T>(Vec<(Name, T)>);

impl<T> Ordered<T> {
    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
    }

    /// Entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Name, &T)> + Clone {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The same entries with other values.
    #[must_use]
    pub fn map(&self, f: impl Fn(&Name, &T) -> T) -> Self {
        Ordered(self.iter().map(|(name, value)| (name.clone(), f(name, value))).collect())
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &Name> + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
    type Value = Ordered<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of named entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
        let mut ordered = Ordered(Vec::new());
        while let Some((name, value)) = map.next_entry::<Name, T>()? {
            if ordered.get(name.as_str()).is_some() {
                return Err(A::Error::custom(format!("`{name}` stands twice")));
            }
            ordered.0.push((name, value));
        }
        Ok(ordered)
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Ordered_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<Name, T>::json_schema(generator)
    }
}
