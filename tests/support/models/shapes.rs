//! What was given, held against its shape: names, types, what must be there, words, lengths, ranges, patterns.
use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::Wrong;
use super::documented;
use super::model::{Member, Model, Shape, Type};
use super::wire::{Form, typed};

/// A walk over an input. Everything wrong is gathered.
pub struct Walk<'m> {
    pub model: &'m Model,
    pub operation: &'m str,
    pub form: Form,
    /// What is given a value, without the positions of lists and the keys of maps: `IpPermissions.IpRanges.CidrIp`.
    pub given: BTreeSet<String>,
    pub wrong: Vec<Wrong>,
}

impl Walk<'_> {
    pub fn say(&mut self, path: &str, says: impl Into<String>, sent: impl ToString) {
        let sent = sent.to_string().chars().take(200).collect();
        self.wrong.push(Wrong { path: path.trim_start_matches('.').to_owned(), says: says.into(), sent });
    }

    /// One value, as somebody's member.
    pub fn value(&mut self, path: &str, member: &Member, node: &Value) {
        let model = self.model;
        let shape = model.shape(member);
        match shape.kind {
            _ if shape.document => self.give(path),
            Type::List => self.list(path, member, shape, node),
            Type::Map => self.map(path, member, shape, node),
            Type::Structure => self.structure(path, shape, node),
            _ => self.scalar(path, shape, node),
        }
    }

    fn structure(&mut self, path: &str, shape: &Shape, node: &Value) {
        let nothing = serde_json::Map::new();
        let fields = match node {
            Value::Object(fields) => fields,
            Value::String(text) if text.is_empty() && self.form == Form::Xml => &nothing,
            _ => return self.say(path, "is a structure", node),
        };
        let left = self.members(path, shape, fields);
        for name in left {
            self.say(&format!("{path}.{name}"), "is no parameter of the model", &fields[name]);
        }
        if shape.union && fields.len() != 1 {
            self.say(path, "takes exactly one of its members", node);
        }
    }

    /// The members of a structure that stand in the body; the names that are none of them.
    pub fn members<'n>(&mut self, path: &str, shape: &Shape, fields: &'n serde_json::Map<String, Value>) -> BTreeSet<&'n str> {
        let model = self.model;
        let mut left: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        for (name, member) in shape.members.iter().filter(|(name, m)| m.location.is_none() && shape.payload.as_ref() != Some(name)) {
            let of = model.shape(member);
            let item = of.member.as_ref().and_then(|m| m.location_name.as_deref());
            let written = self.form.name(name, member, of, item);
            let path = format!("{path}.{name}");
            left.remove(written.as_str());
            let mut given = fields.get(&written).filter(|v| !v.is_null());
            if let (Form::Xml, Some(Value::Array(all)), false) = (self.form, given, member.flattened || of.flattened) {
                given = all.first();
                if all.len() > 1 {
                    self.say(&path, "comes once", all.len());
                }
            }
            match given {
                Some(node) => self.value(&path, member, node),
                None if shape.required.contains(name) => self.say(&path, "is required", "nothing"),
                None => {}
            }
        }
        left
    }

    fn list(&mut self, path: &str, member: &Member, shape: &Shape, node: &Value) {
        let Some(of) = &shape.member else { return };
        let name = of.location_name.as_deref().unwrap_or("member");
        let Some(items) = self.form.items(node, name, member.flattened || shape.flattened) else {
            return self.say(path, "is a list", node);
        };
        self.size(path, shape, "entries", items.len(), node);
        let keys: Vec<&str> = items.iter().filter_map(|item| item.get("Key")?.as_str()).collect();
        if let Some(says) = documented::twice(self.operation, &keys) {
            self.say(path, says, node);
        }
        for (i, item) in items.into_iter().enumerate() {
            self.value(&format!("{path}[{i}]"), of, item);
        }
    }

    fn map(&mut self, path: &str, member: &Member, shape: &Shape, node: &Value) {
        let (Some(key), Some(value)) = (&shape.key, &shape.value) else { return };
        let name = |of: &Member, usual: &str| of.location_name.clone().unwrap_or_else(|| usual.to_owned());
        let flattened = member.flattened || shape.flattened;
        let Some(entries) = self.form.entries(node, &name(key, "key"), &name(value, "value"), flattened) else {
            return self.say(path, "is a map", node);
        };
        self.size(path, shape, "entries", entries.len(), node);
        for (k, v) in entries {
            let path = format!("{path}[{k}]");
            self.value(&path, key, &k.into());
            self.value(&path, value, v);
        }
    }

    fn give(&mut self, path: &str) {
        self.given.insert(documented::bare(path));
    }

    fn scalar(&mut self, path: &str, shape: &Shape, node: &Value) {
        self.give(path);
        let read = match node {
            Value::String(text) if self.form != Form::Json => typed(shape.kind, text),
            _ => Some(node.clone()),
        };
        let read = read.unwrap_or(Value::Null);
        match (shape.kind, &read) {
            (Type::String, Value::String(text)) => self.text(path, shape, text),
            (Type::Blob, Value::String(text)) => match BASE64_STANDARD.decode(text) {
                Ok(bytes) => self.size(path, shape, "bytes", bytes.len(), node),
                Err(_) => self.say(path, "is Base64", node),
            },
            (Type::Integer, Value::Number(n)) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => self.range(path, shape, &read),
            (Type::Long, Value::Number(n)) if n.is_i64() => self.range(path, shape, &read),
            (Type::Double | Type::Float, Value::Number(_)) => self.range(path, shape, &read),
            (Type::Boolean, Value::Bool(_)) | (Type::Timestamp, Value::Number(_) | Value::String(_)) => {}
            (kind, _) => self.say(path, format!("is of type {kind:?}").to_lowercase(), node),
        }
    }

    fn text(&mut self, path: &str, shape: &Shape, text: &str) {
        if !shape.words.is_empty() && !shape.words.iter().any(|w| w == text) {
            self.say(path, format!("is one of {}", shape.words.join(", ")), text);
        }
        self.size(path, shape, "characters", text.chars().count(), &text.into());
        if let Some(says) = documented::refusal(self.operation, path, text) {
            self.say(path, says, text);
        }
        let pattern = shape.pattern.as_deref().unwrap_or_default();
        match shape.matches(text) {
            Some(true) => {}
            Some(false) => self.say(path, format!("matches {pattern}"), text),
            None => self.say(path, format!("has a pattern to be rewritten in pattern.rs: {pattern}"), text),
        }
    }

    fn size(&mut self, path: &str, shape: &Shape, unit: &str, n: usize, sent: &Value) {
        self.between(path, shape, n as f64, |word, bound| format!("has at {word} {bound} {unit}"), sent);
    }

    fn range(&mut self, path: &str, shape: &Shape, n: &Value) {
        self.between(path, shape, n.as_f64().unwrap_or(f64::NAN), |word, bound| format!("is at {word} {bound}"), n);
    }

    fn between(&mut self, path: &str, shape: &Shape, n: f64, says: impl Fn(&str, f64) -> String, sent: &Value) {
        if let Some(min) = shape.min.filter(|min| n < *min) {
            self.say(path, says("least", min), sent);
        }
        if let Some(max) = shape.max.filter(|max| n > *max) {
            self.say(path, says("most", max), sent);
        }
    }
}
