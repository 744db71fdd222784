//! A located tree as a serde format, so that the document's order reaches the types.
use super::node::{Entries, Node, Val};
use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

impl<'de> IntoDeserializer<'de, Error> for Node {
    type Deserializer = Node;

    fn into_deserializer(self) -> Node {
        self
    }
}

fn pairs(entries: Entries) -> impl Iterator<Item = (String, Node)> {
    entries.into_iter().map(|entry| (entry.key, entry.node))
}

impl<'de> Deserializer<'de> for Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Val::Bool(value) => visitor.visit_bool(value),
            Val::Float(value) => visitor.visit_f64(value),
            Val::Int(value) => visitor.visit_i64(value),
            Val::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Val::Map(entries) => visitor.visit_map(MapDeserializer::new(pairs(entries))),
            Val::Null => visitor.visit_unit(),
            Val::Text { text, .. } => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Val::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Val::Map(entries) if entries.len() == 1 => match entries.into_iter().next() {
                Some(entry) => visitor.visit_enum(Variant(entry.key, Some(entry.node))),
                None => Err(serde::de::Error::custom("expected a word")),
            },
            Val::Text { text, .. } => visitor.visit_enum(Variant(text, None)),
            _ => Err(serde::de::Error::custom("expected one of several words")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant's name and what it holds.
struct Variant(String, Option<Node>);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<S: serde::de::DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content), Error> {
        let name: StringDeserializer<Error> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.1)))
    }
}

struct Content(Option<Node>);

impl<'de> VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(serde::de::Error::custom("expected a word alone")),
        }
    }

    fn newtype_variant_seed<S: serde::de::DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        match self.0 {
            Some(node) => seed.deserialize(node),
            None => Err(serde::de::Error::custom("expected a value")),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.struct_variant(&[], visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Some(node) => node.deserialize_any(visitor),
            None => Err(serde::de::Error::custom("expected a value")),
        }
    }
}
