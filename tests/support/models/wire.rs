//! The forms in which AWS's protocols write what an operation is given, each read into one tree of JSON. What a form can't tell (text from a
//! number, a list from its only entry) is left to who knows the shapes.
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::model::{Member, Shape, Type};

/// How a body, or a part of it, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// EC2's own query: `TagSpecification.1.Tag.1.Key=…`.
    Ec2,
    Json,
    /// `Tags.member.1.Key=…`
    Query,
    Xml,
}

impl Form {
    /// A member's name in this form.
    pub fn name(self, name: &str, member: &Member, shape: &Shape, item: Option<&str>) -> String {
        let given = member.location_name.as_deref();
        match self {
            Form::Ec2 => member.query_name.clone().unwrap_or_else(|| capital(given.unwrap_or(name))),
            Form::Query if member.flattened || shape.flattened => item.or(given).unwrap_or(name).to_owned(),
            Form::Json | Form::Query | Form::Xml => given.unwrap_or(name).to_owned(),
        }
    }

    /// The entries of a list; `None` when it isn't written as one. `name` is each entry's, `flattened` says that the entries stand in the list's
    /// own place.
    pub fn items<'n>(self, node: &'n Value, name: &str, flattened: bool) -> Option<Vec<&'n Value>> {
        match (self, node) {
            (Form::Json, _) => Some(node.as_array()?.iter().collect()),
            (Form::Xml, Value::Array(entries)) if flattened => Some(entries.iter().collect()),
            (Form::Ec2 | Form::Query | Form::Xml, Value::String(text)) if text.is_empty() => Some(vec![]),
            (Form::Ec2, _) => numbered(node),
            (Form::Query, _) if flattened => numbered(node),
            (Form::Query, _) => numbered(only(node, name)?),
            (Form::Xml, _) => Some(only(node, name)?.as_array()?.iter().collect()),
        }
    }

    /// The entries of a map, by the texts of their keys.
    pub fn entries<'n>(self, node: &'n Value, key: &str, value: &str, flattened: bool) -> Option<Vec<(&'n str, &'n Value)>> {
        if self == Form::Json {
            return Some(node.as_object()?.iter().map(|(k, v)| (k.as_str(), v)).collect());
        }
        let pairs = self.items(node, "entry", flattened)?;
        let one = |node: &'n Value| if self == Form::Xml { node.as_array()?.first() } else { Some(node) };
        let pair = |entry: &'n Value| {
            let entry = entry.as_object().filter(|e| e.len() == 2)?;
            Some((one(entry.get(key)?)?.as_str()?, one(entry.get(value)?)?))
        };
        pairs.into_iter().map(pair).collect()
    }
}

/// `ipPermissions` as EC2's query writes it.
fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Entries by their numbers from 1, none left out.
fn numbered(node: &Value) -> Option<Vec<&Value>> {
    let entries = node.as_object()?;
    (1..=entries.len()).map(|n| entries.get(&n.to_string())).collect()
}

/// What is under a name, when nothing stands beside it.
fn only<'n>(node: &'n Value, name: &str) -> Option<&'n Value> {
    node.as_object().filter(|o| o.len() == 1)?.get(name)
}

/// Text as a value of a type; `None` when it is none.
pub fn typed(kind: Type, text: &str) -> Option<Value> {
    match kind {
        Type::Boolean | Type::Double | Type::Float | Type::Integer | Type::Long => serde_json::from_str(text).ok(),
        _ => Some(text.into()),
    }
}

/// The parameters of a query or of a form, in their order.
pub fn parameters(text: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|p| !p.is_empty());
    pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).map(|(k, v)| (decoded(k), decoded(v))).collect()
}

/// Parameters as a tree: their names are paths with dots. `Err` names one that is given twice, or is text and has parts.
pub fn tree(parameters: Vec<(String, String)>) -> Result<Value, String> {
    let mut root = Map::new();
    for (name, text) in parameters {
        let mut steps: Vec<&str> = name.split('.').collect();
        let last = steps.pop().unwrap_or_default();
        let mut at = Some(&mut root);
        for step in steps {
            at = at.and_then(|o| o.entry(step).or_insert_with(|| Map::new().into()).as_object_mut());
        }
        if at.is_none_or(|o| o.insert(last.into(), text.into()).is_some()) {
            return Err(name);
        }
    }
    Ok(root.into())
}
