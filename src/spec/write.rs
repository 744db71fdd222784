//! The merged document as YAML again: what a saved plan keeps, and reads once more when it is applied.
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::node::{Node, Val};

/// The document as one layer, before `${env.NAME}` is filled in; comments and anchors are gone.
pub fn write(root: &Node) -> String {
    serde_yaml::to_string(&Written(root)).expect("plain data")
}

struct Written<'n>(&'n Node);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            Val::Bool(b) => s.serialize_bool(*b),
            Val::Float(f) => s.serialize_f64(*f),
            Val::Int(i) => s.serialize_i64(*i),
            Val::Null => s.serialize_none(),
            Val::Text { text, .. } => s.serialize_str(text),
            Val::List(items) => {
                let mut list = s.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&Written(item)))?;
                list.end()
            }
            Val::Map(entries) => {
                let mut map = s.serialize_map(Some(entries.iter().len()))?;
                entries.iter().try_for_each(|e| map.serialize_entry(&e.key, &Written(&e.node)))?;
                map.end()
            }
        }
    }
}
