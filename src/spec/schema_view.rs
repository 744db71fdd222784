//! What a schema says of a value: the leaves it comes down to, their keys and types, and which fields of a document are of which type.
use super::node::{Node, Val, plain};
use super::units::Unit;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A schema without branches.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// What it says.
    pub schema: &'a Map<String, Value>,
    /// The definitions that led to it, the innermost last.
    names: Vec<&'a str>,
}

impl<'a> Leaf<'a> {
    /// Whether it is, or is a branch of, the type's definition.
    pub fn is<T: JsonSchema>(&self) -> bool {
        self.names.contains(&&*T::schema_name())
    }

    /// The definition's own name; nothing for what has none.
    pub fn name(&self) -> Option<&'a str> {
        self.names.last().copied()
    }

    /// The word that it is alone.
    pub fn word(&self) -> Option<&'a str> {
        self.schema.get("const")?.as_str()
    }

    /// The schema's own word for its type.
    pub fn kind(&self) -> Option<&'a str> {
        kind(self.schema)
    }

    fn fits(&self, value: &Val) -> bool {
        self.kind().is_some_and(|kind| value.kind().fits(kind))
    }
}

/// The leaves that a schema comes down to; `null` is never one, for it is removed before. `root` has the definitions.
pub fn leaves<'a>(root: &'a Value, schema: &'a Value) -> Vec<Leaf<'a>> {
    let mut all = Vec::new();
    gather(root, schema, &mut Vec::new(), &mut all);
    all
}

fn gather<'a>(root: &'a Value, schema: &'a Value, names: &mut Vec<&'a str>, into: &mut Vec<Leaf<'a>>) {
    let Value::Object(object) = schema else { return };
    if let Some(name) = object.get("$ref").and_then(Value::as_str) {
        if let Some(target) = root.pointer(name.trim_start_matches('#')) {
            names.push(name.rsplit('/').next().unwrap_or(name));
            gather(root, target, names, into);
            names.pop();
        }
        return;
    }
    match object.get("anyOf").or(object.get("oneOf")).and_then(Value::as_array) {
        Some(branches) => branches.iter().for_each(|branch| gather(root, branch, names, into)),
        None if kind(object).is_some() => into.push(Leaf { schema: object, names: names.clone() }),
        None => {}
    }
}

/// The leaves of the value's type.
pub fn fitting<'l, 'a>(leaves: &'l [Leaf<'a>], node: &Node) -> Vec<&'l Leaf<'a>> {
    leaves.iter().filter(|leaf| leaf.fits(&node.value)).collect()
}

/// The one of several leaves that a value is meant to be: of maps the one that has its first key.
pub fn meant<'l, 'a>(fitting: &[&'l Leaf<'a>], node: &Node) -> Option<&'l Leaf<'a>> {
    if let [only] = fitting {
        return Some(only);
    }
    let first = node.entries().next()?;
    fitting.iter().copied().find(|leaf| property(leaf.schema, &first.key).is_some())
}

/// Text from the environment becomes a number or a truth value where only that fits.
pub fn typed(node: &mut Node, leaves: &[Leaf<'_>]) {
    let fits = |value: &Val| leaves.iter().any(|leaf| leaf.fits(value));
    if let Val::Text { text, env: true } = &node.value
        && !fits(&node.value)
    {
        let value = plain(text);
        if fits(&value) {
            node.value = value;
        }
    }
}

/// What the schema says of one key.
pub enum Member<'a> {
    /// A field of a struct.
    Field(&'a Value),
    /// An entry with a free name, perhaps of a pattern.
    Named(Option<&'a str>, &'a Value),
}

/// What `schema` says of `key`; nothing when it does not know it.
pub fn member<'a>(schema: &'a Map<String, Value>, key: &str) -> Option<Member<'a>> {
    if let Some(field) = property(schema, key) {
        return Some(Member::Field(field));
    }
    let named = schema.get("patternProperties").and_then(Value::as_object);
    if let Some((pattern, entry)) = named.and_then(|named| named.iter().next()) {
        return Some(Member::Named(Some(pattern), entry));
    }
    let others = schema.get("additionalProperties").filter(|others| others.is_object())?;
    Some(Member::Named(None, others))
}

/// The field `key` of a struct.
pub fn property<'a>(schema: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(key)
}

/// The keys of one group of members, such as `properties`.
pub fn keys<'a>(schema: &'a Map<String, Value>, group: &str) -> Vec<&'a str> {
    let members = schema.get(group).and_then(Value::as_object);
    members.map_or(Vec::new(), |members| members.keys().map(String::as_str).collect())
}

/// The schema's own word for a leaf's type.
pub fn kind(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) if kind != "null" => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

/// Fields, entries and items of a document with the types that its schema gives them.
#[derive(Clone, Debug)]
pub struct Fields<'a>(Vec<Field<'a>>);

/// A value of a document.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// Keys, and positions of lists.
    pub path: Vec<String>,
    /// What stands there.
    pub node: &'a Node,
    leaf: Leaf<'a>,
}

impl<'a> Fields<'a> {
    /// All of a document that fits its schema, in the document's order.
    pub fn of(schema: &'a Value, root: &'a Node) -> Self {
        let mut all = Vec::new();
        walk(schema, schema, root, &mut Vec::new(), &mut all);
        Fields(all)
    }

    /// Those of a type.
    pub fn all<T: JsonSchema>(&self) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter().filter(|field| field.leaf.is::<T>())
    }

    /// Those of a unit, read.
    pub fn read<U: Unit + JsonSchema>(&self) -> impl Iterator<Item = (&[String], U)> {
        let read = |field: &'_ &Field<'a>| field.node.as_text().and_then(|text| U::read(text).ok());
        self.all::<U>().filter_map(move |field| Some((field.path.as_slice(), read(&field)?)))
    }
}

impl Field<'_> {
    /// Whether it is of a type, too.
    pub fn is<T: JsonSchema>(&self) -> bool {
        self.leaf.is::<T>()
    }
}

fn walk<'a>(root: &'a Value, schema: &'a Value, node: &'a Node, path: &mut Vec<String>, all: &mut Vec<Field<'a>>) {
    let leaves = leaves(root, schema);
    let Some(leaf) = meant(&fitting(&leaves, node), node) else { return };
    all.push(Field { path: path.clone(), node, leaf: leaf.clone() });
    match &node.value {
        Val::Map(entries) => {
            for entry in entries.iter() {
                let Some(Member::Field(below) | Member::Named(_, below)) = member(leaf.schema, &entry.key) else { continue };
                path.push(entry.key.clone());
                walk(root, below, &entry.node, path, all);
                path.pop();
            }
        }
        Val::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let Some(below) = leaf.schema.get("items") else { continue };
                path.push(index.to_string());
                walk(root, below, item, path, all);
                path.pop();
            }
        }
        _ => {}
    }
}
