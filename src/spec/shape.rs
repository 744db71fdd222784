//! Whether a document has the shape of the schema; all findings at once. What is wrong is mended, so that what stands beside it can be checked, too.
use super::locate::{At, Sources};
use super::node::{Entries, Entry, Node, Val};
use super::scalar::{self, ValueType};
use super::schema_view::{Leaf, Member, fitting, keys, leaves, meant, member, property, typed};
use super::secrets;
use super::suggest::{list, nearest};
use super::units::Template;
use crate::diag::{Code, Finding};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a document.
#[derive(Debug, Default)]
pub struct Shape {
    /// What is wrong.
    pub found: Vec<Finding>,
    /// Paths of what was wrong or missing. It was taken away, or something stands in its place that means nothing: whatever follows from it is noise.
    pub cut: BTreeSet<Vec<String>>,
    /// The document is no map at all.
    pub hopeless: bool,
}

/// Checks `root` against `schema`, and makes it fit: what may be left out is taken away, what is required gets a value of its type. Doubled dollar signs
/// become single ones where no references stand. Values at `unread` are wrong, which is said already.
pub fn check(schema: &Value, root: &mut Node, sources: &Sources, unread: &BTreeSet<At>) -> Shape {
    let mut walker = Walker { schema, sources, unread, shape: Shape::default() };
    let at = root.at;
    walker.shape.hopeless = !walker.walk(schema, root, &mut Vec::new(), at);
    walker.shape
}

/// Keys that hold a secret, where a field for it does not exist on purpose.
const SECRETS: &[&str] = &["auth_token", "master_password", "password"];

struct Walker<'a> {
    schema: &'a Value,
    sources: &'a Sources,
    unread: &'a BTreeSet<At>,
    shape: Shape,
}

impl<'a> Walker<'a> {
    /// Whether the node can stay; what is wrong is said, and what is wrong below it is mended. `owner` is where its key stands.
    fn walk(&mut self, schema: &'a Value, node: &mut Node, path: &mut Vec<String>, owner: At) -> bool {
        if self.unread.contains(&node.at) {
            return false;
        }
        let leaves = leaves(self.schema, schema);
        if let Some(text) = node.as_text()
            && let Err(finding) = scalar::seen(text, &leaves, path)
        {
            let place = self.sources.place(node.at, "this text");
            return self.say(Err(finding.at(place)));
        }
        if let Some(text) = node.as_text()
            && let Err(finding) = secrets::in_clear(text, path)
        {
            return self.say(Err(finding.at(self.sources.place(node.at, "in the clear"))));
        }
        let words: Vec<&str> = leaves.iter().filter_map(Leaf::word).collect();
        if !words.is_empty() && words.len() == leaves.len() {
            return self.say(scalar::word(&words, &[], node, path, self.sources));
        }
        typed(node, &leaves);
        let fitting = fitting(&leaves, node);
        let words: Vec<&str> = fitting.iter().filter_map(|leaf| leaf.word()).collect();
        if !words.is_empty() && words.len() == fitting.len() {
            let others: Vec<String> = leaves.iter().flat_map(beside).collect();
            return self.say(scalar::word(&words, &others, node, path, self.sources));
        }
        let leaf = match meant(&fitting, node) {
            Some(leaf) => leaf,
            None if fitting.is_empty() => {
                let finding = scalar::wrong_type(&leaves, node, path, self.sources);
                return self.say(Err(finding));
            }
            None => return self.neither(&fitting, node, path, owner),
        };
        match &mut node.value {
            Val::Map(entries) => {
                self.map(leaf.schema, entries, path, owner);
                true
            }
            Val::List(items) => self.list(leaf.schema, items, path, owner),
            _ => self.say(scalar::check(leaf, node, path, self.sources)),
        }
    }

    fn map(&mut self, schema: &'a Map<String, Value>, entries: &mut Entries, path: &mut Vec<String>, owner: At) {
        let known: Vec<&str> = keys(schema, "properties");
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.map_or(Vec::new(), |keys| keys.iter().filter_map(Value::as_str).collect());
        let there = |entry: &&Entry| entry.node.value.kind() != ValueType::Null;
        let written: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        if (entries.iter().filter(there).count() as u64) < least {
            let message = format!("`{}` has no entry", path.join("."));
            let place = self.sources.place(owner, "nothing in it");
            self.say(Err(Finding::error(Code::Count, message, "add an entry").at(place)));
            self.shape.cut.insert(path.clone());
        }
        let most = schema.get("maxProperties").and_then(Value::as_u64).unwrap_or(u64::MAX);
        if entries.iter().len() as u64 > most {
            let message = format!("`{}` has {} entries", path.join("."), entries.iter().len());
            let place = self.sources.place(owner, "these entries");
            self.say(Err(Finding::error(Code::Count, message, format!("it takes {most} at most")).at(place)));
            self.shape.cut.insert(path.clone());
            *entries = entries.first(most as usize);
        }
        entries.retain(|entry| {
            if let Err(finding) = scalar::seen_key(&entry.key) {
                return self.say(Err(finding.at(self.sources.place(entry.at, "this key"))));
            }
            path.push(entry.key.clone());
            let null = entry.node.value.kind() == ValueType::Null;
            let stays = match member(schema, &entry.key) {
                Some(Member::Field(_)) if null => false,
                Some(Member::Field(field)) => {
                    let fits = self.walk(field, &mut entry.node, path, entry.at);
                    fits || self.mend(required.contains(&entry.key.as_str()).then_some(field), &mut entry.node, path)
                }
                Some(Member::Named(pattern, schema)) => {
                    let named = pattern.is_none_or(|p| self.say(scalar::key(p, entry, self.sources)));
                    let removed = null && named && self.removes(entry, path);
                    let fits = !null && self.walk(schema, &mut entry.node, path, entry.at);
                    !removed && (named && fits || self.mend(named.then_some(schema), &mut entry.node, path))
                }
                None => {
                    let finding = self.unknown(entry, &known, &[schema], &path[..path.len() - 1]);
                    self.say(Err(finding));
                    if let Some(near) = nearest(&entry.key, known.iter().copied()).filter(|near| !written.contains(*near)) {
                        self.shape.cut.insert([&path[..path.len() - 1], &[near.to_string()]].concat());
                    }
                    false
                }
            };
            path.pop();
            stays
        });
        for key in required {
            if entries.get(key).is_none() {
                self.missing(key, path, owner);
                path.push(key.into());
                let mut node = Node::map(owner);
                if let Some(Member::Field(field)) = member(schema, key) {
                    self.mend(Some(field), &mut node, path);
                }
                entries.add(Entry { key: key.into(), at: owner, node });
                path.pop();
            }
        }
    }

    /// Notes that what stands at `path` is wrong. It stays only when it can't be left out: then it becomes a value of this schema that means nothing.
    fn mend(&mut self, schema: Option<&'a Value>, node: &mut Node, path: &[String]) -> bool {
        self.shape.cut.insert(path.to_vec());
        if let Some(schema) = schema {
            *node = neutral(self.schema, schema, node.at);
        }
        schema.is_some()
    }

    /// Whether an entry without a value removes one of a layer below; the lowest layer has nothing to remove.
    fn removes(&mut self, entry: &Entry, path: &[String]) -> bool {
        if entry.node.at.file > 0 {
            return true;
        }
        let message = format!("`{}` has no value", path.join("."));
        let help = format!("write `{}: {{}}` for an entry with all defaults, or leave it out", entry.key);
        let place = self.sources.place(entry.at, "nothing in it");
        self.say(Err(Finding::error(Code::Missing, message, help).at(place)))
    }

    fn list(&mut self, schema: &'a Map<String, Value>, items: &mut [Node], path: &mut Vec<String>, owner: At) -> bool {
        let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
        let count = items.len() as u64;
        let few = bound("minItems").filter(|least| count < *least);
        let many = bound("maxItems").filter(|most| count > *most);
        let mut good = true;
        if let Some((bound, word)) = few.map(|n| (n, "at least")).or(many.map(|n| (n, "at most"))) {
            let message = format!("`{}` has {count} items", path.join("."));
            let help = format!("it takes {word} {bound}");
            let place = self.sources.place(owner, "this list");
            good = self.say(Err(Finding::error(Code::Count, message, help).at(place)));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            good &= self.unique(items);
        }
        for (index, item) in items.iter_mut().enumerate() {
            path.push(index.to_string());
            let at = item.at;
            if let Some(schema) = schema.get("items")
                && !self.walk(schema, item, path, at)
            {
                self.mend(Some(schema), item, path);
            }
            path.pop();
        }
        good
    }

    fn unique(&mut self, items: &[Node]) -> bool {
        let mut good = true;
        let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
        for item in items {
            let Some(text) = item.as_text() else { continue };
            let first = *seen.entry(text).or_insert(item);
            if !std::ptr::eq(first, item) {
                let message = format!("`{text}` stands twice in this list");
                let finding = Finding::error(Code::Duplicate, message, "keep one of them")
                    .at(self.sources.place(item.at, "again here"))
                    .at(self.sources.place(first.at, "first here"));
                good = self.say(Err(finding));
            }
        }
        good
    }

    fn missing(&mut self, key: &str, path: &[String], owner: At) {
        let message = match path {
            [] => format!("the spec has no `{key}`"),
            _ => format!("`{}` has no `{key}`", path.join(".")),
        };
        let topic = topic(path);
        let help = format!("add `{key}: …`; `infra explain {topic}` shows all fields");
        let place = self.sources.place(owner, format!("`{key}` is missing here"));
        self.say(Err(Finding::error(Code::Missing, message, help).at(place)));
    }

    fn unknown(&self, entry: &Entry, known: &[&str], schemas: &[&Map<String, Value>], path: &[String]) -> Finding {
        let key = entry.key.as_str();
        let place = self.sources.place(entry.at, "this key");
        let whole = if path.is_empty() { "a spec".into() } else { format!("`{}`", path.join(".")) };
        if SECRETS.contains(&key) {
            let message = format!("{whole} takes no `{key}`: a secret is never written in a spec");
            let help =
                "leave it out; RDS keeps the password of a database in Secrets Manager, and `${database.NAME.secret_arn}` refers to it";
            return Finding::error(Code::LiteralSecret, message, help).at(place);
        }
        let message = format!("{whole} has no field `{key}`");
        let all = list(known.iter().copied());
        let inside = schemas.iter().find_map(|schema| inside(self.schema, key, schema));
        let begun = || known.iter().find(|field| field.len() >= 3 && (key.starts_with(*field) || field.starts_with(key) && key.len() >= 3));
        let near = inside.or_else(|| nearest(key, known.iter().copied()).or(begun().copied()).map(String::from));
        let help = match near {
            Some(near) => format!("did you mean `{near}`? It has {all}"),
            None => format!("it has {all}"),
        };
        Finding::error(Code::UnknownKey, message, help).at(place)
    }

    /// A map that is none of several.
    fn neither(&mut self, leaves: &[&Leaf<'a>], node: &Node, path: &[String], owner: At) -> bool {
        let known: Vec<&str> = leaves.iter().flat_map(|leaf| keys(leaf.schema, "properties")).collect();
        let finding = match node.entries().next() {
            Some(entry) => {
                let schemas: Vec<&Map<String, Value>> = leaves.iter().map(|leaf| leaf.schema).collect();
                self.unknown(entry, &known, &schemas, path)
            }
            None => {
                let help = format!("write one of {}", list(known.iter().copied()));
                let message = format!("`{}` is empty", path.join("."));
                Finding::error(Code::Missing, message, help).at(self.sources.place(owner, "nothing in it"))
            }
        };
        self.say(Err(finding))
    }

    fn say(&mut self, result: Result<(), Finding>) -> bool {
        match result {
            Ok(()) => true,
            Err(finding) => {
                self.shape.found.push(finding);
                false
            }
        }
    }
}

/// A value of a schema that stands for one that is wrong or missing: the first word, the least number, a unit's own example, and of a map what is required.
fn neutral(root: &Value, schema: &Value, at: At) -> Node {
    let leaves = leaves(root, schema);
    let Some(leaf) = leaves.first() else { return Node { value: Val::Null, at } };
    if let Some(word) = leaf.word() {
        return Node::text(word, at);
    }
    let bound = |word: &str| leaf.schema.get(word).and_then(Value::as_i64);
    match leaf.kind() {
        Some("array") => {
            let items = leaf.schema.get("items").filter(|_| bound("minItems").unwrap_or(0) > 0);
            Node { value: Val::List(items.iter().map(|schema| neutral(root, schema, at)).collect()), at }
        }
        Some("boolean") => Node::bool(false, at),
        Some("integer" | "number") => Node::int(bound("minimum").unwrap_or(1), at),
        Some("object") => {
            let mut map = Node::map(at);
            let required = leaf.schema.get("required").and_then(Value::as_array).into_iter().flatten();
            for key in required.filter_map(Value::as_str) {
                if let Some(Member::Field(field)) = member(leaf.schema, key) {
                    map.fill(key, |at| neutral(root, field, at));
                }
            }
            map
        }
        _ if leaf.is::<Template>() => Node::text("", at),
        _ => Node::text(leaf.schema.get("examples").and_then(|all| all.get(0)?.as_str()).unwrap_or_default(), at),
    }
}

/// What a field with words takes beside them: true or false, or a map of one key.
fn beside(leaf: &Leaf<'_>) -> Vec<String> {
    let key = leaf.schema.get("required").and_then(|keys| keys.get(0)?.as_str());
    match (leaf.kind(), key) {
        (Some("boolean"), _) => vec!["true".into(), "false".into()],
        (Some("object"), Some(key)) => vec![format!("{{ {key}: … }}")],
        _ => Vec::new(),
    }
}

/// What to ask `infra explain` for a path: entries' names are left out.
fn topic(path: &[String]) -> String {
    match path {
        [] => "stack".into(),
        [section, ..] => section.clone(),
    }
}

/// The one field of a schema that has a field of this name in it: `instances.min` for `min`.
fn inside(root: &Value, key: &str, schema: &Map<String, Value>) -> Option<String> {
    let fields = schema.get("properties").and_then(Value::as_object)?;
    let has = |field: &Value| leaves(root, field).iter().any(|leaf| property(leaf.schema, key).is_some());
    let mut found = fields.iter().filter(|(_, field)| has(field)).map(|(name, _)| format!("{name}.{key}"));
    found.next().filter(|_| found.next().is_none())
}
