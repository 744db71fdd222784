//! Whether a document has the shape of the schema; all findings at once.
use super::leaf::{Member, keys, kind, member, property, typed};
use super::locate::{At, Sources};
use super::near::{list, nearest};
use super::node::{Entry, Node, Val};
use super::scalar::{self, Kind};
use crate::diag::{Code, Finding};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What became of a document.
#[derive(Debug, Default)]
pub struct Shape {
    /// What is wrong.
    pub found: Vec<Finding>,
    /// Something is wrong that the typed spec can't do without.
    pub broken: bool,
    /// Sections, or entries of sections, from which something wrong was taken away.
    pub cut: BTreeSet<Vec<String>>,
}

/// Checks `root` against `schema`. Doubled dollar signs become single ones where no references stand. Unknown keys and
/// optional scalars and lists that are wrong are taken away, so that what remains can be checked further.
pub fn check(schema: &Value, root: &mut Node, sources: &Sources) -> Shape {
    let mut walker = Walker { schema, sources, shape: Shape::default() };
    let at = root.at;
    if !walker.walk(schema, root, &mut Vec::new(), at) {
        walker.shape.broken = true;
    }
    walker.shape
}

/// Keys that hold a secret, where a field for it does not exist on purpose.
const SECRETS: &[&str] = &["auth_token", "master_password", "password"];

struct Walker<'a> {
    schema: &'a Value,
    sources: &'a Sources,
    shape: Shape,
}

impl<'a> Walker<'a> {
    /// Whether the node fits; what does not is said. `owner` is where its key stands.
    fn walk(&mut self, schema: &'a Value, node: &mut Node, path: &mut Vec<String>, owner: At) -> bool {
        let mut leaves = Vec::new();
        self.leaves(schema, &mut leaves);
        let words: Vec<&str> = leaves.iter().filter_map(|leaf| leaf.get("const")?.as_str()).collect();
        if !words.is_empty() && words.len() == leaves.len() {
            return self.say(scalar::word(&words, &[], node, path, self.sources));
        }
        typed(node, &leaves);
        let is = node.value.kind();
        let fits = |leaf: &&'a Map<String, Value>| kind(leaf).is_some_and(|kind| is.fits(kind));
        let fitting: Vec<_> = leaves.iter().copied().filter(fits).collect();
        let words: Vec<&str> = fitting.iter().filter_map(|leaf| leaf.get("const")?.as_str()).collect();
        if !words.is_empty() && words.len() == fitting.len() {
            let others: Vec<String> = leaves.iter().flat_map(|leaf| beside(leaf)).collect();
            return self.say(scalar::word(&words, &others, node, path, self.sources));
        }
        let leaf = match fitting.as_slice() {
            [] => {
                let finding = scalar::wrong_type(&leaves, node, path, self.sources);
                return self.say(Err(finding));
            }
            [only] => *only,
            several => {
                let first = node.entries().first().map(|entry| entry.key.as_str());
                let meant = first.and_then(|key| several.iter().find(|leaf| property(leaf, key).is_some()));
                match meant {
                    Some(leaf) => *leaf,
                    None => return self.neither(several, node, path, owner),
                }
            }
        };
        match &mut node.value {
            Val::Map(entries) => self.map(leaf, entries, path, owner),
            Val::List(items) => self.list(leaf, items, path, owner),
            _ => self.say(scalar::check(leaf, node, path, self.sources)),
        }
    }

    /// The schemas without branches that a schema comes down to; `null` is never one, for it is removed before.
    fn leaves(&self, schema: &'a Value, into: &mut Vec<&'a Map<String, Value>>) {
        let Value::Object(object) = schema else {
            return;
        };
        if let Some(name) = object.get("$ref").and_then(Value::as_str) {
            if let Some(target) = self.schema.pointer(name.trim_start_matches('#')) {
                self.leaves(target, into);
            }
            return;
        }
        let branches = object.get("anyOf").or(object.get("oneOf")).and_then(Value::as_array);
        match branches {
            Some(branches) => branches.iter().for_each(|branch| self.leaves(branch, into)),
            None if kind(object).is_some() => into.push(object),
            None => {}
        }
    }

    fn map(&mut self, schema: &'a Map<String, Value>, entries: &mut Vec<Entry>, path: &mut Vec<String>, owner: At) -> bool {
        let known: Vec<&str> = keys(schema, "properties");
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).map_or(Vec::new(), |keys| keys.iter().filter_map(Value::as_str).collect());
        let mut good = true;
        let there = |entry: &&Entry| entry.node.value.kind() != Kind::Null;
        for key in &required {
            if !entries.iter().filter(there).any(|entry| entry.key == *key) {
                good = self.missing(key, path, owner);
            }
        }
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        if (entries.iter().filter(there).count() as u64) < least {
            let message = format!("`{}` has no entry", path.join("."));
            let place = self.sources.place(owner, "nothing in it");
            good = self.say(Err(Finding::error(Code::Count, message, "add an entry").at(place)));
        }
        entries.retain_mut(|entry| {
            path.push(entry.key.clone());
            let null = entry.node.value.kind() == Kind::Null;
            let (fits, may_go) = match member(schema, &entry.key) {
                Some(Member::Field(_)) if null => (false, None),
                Some(Member::Named(pattern, _)) if null => {
                    let named = pattern.is_none_or(|p| self.say(scalar::key(p, entry, self.sources)));
                    let fits = named && self.removes(entry, path);
                    (false, (!fits).then_some(false))
                }
                Some(Member::Field(field)) => {
                    let leaf = !matches!(entry.node.value, Val::Map(_));
                    let fits = self.walk(field, &mut entry.node, path, entry.at);
                    (fits, Some(leaf && !required.contains(&entry.key.as_str())))
                }
                Some(Member::Named(pattern, schema)) => {
                    let named = pattern.is_none_or(|p| self.say(scalar::key(p, entry, self.sources)));
                    let fits = self.walk(schema, &mut entry.node, path, entry.at);
                    (fits && named, Some(false))
                }
                None => {
                    let finding = self.unknown(entry, &known, &path[..path.len() - 1]);
                    (self.say(Err(finding)), Some(true))
                }
            };
            if let Some(may_go) = may_go
                && !fits
                && !self.cut(path, may_go)
            {
                good = false;
            }
            path.pop();
            fits
        });
        good
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

    /// Whether what is wrong at `path` can be taken away without making something else look wrong.
    fn cut(&mut self, path: &[String], may_go: bool) -> bool {
        let depth = match path {
            [section, _, ..] if section == "load_balancer" => 1,
            [section, _, ..] if section == "cdn" => (path.len() - 1).min(3),
            [section, _, _, ..] if section != "vpc" => 2,
            _ => return false,
        };
        if may_go {
            self.shape.cut.insert(path[..depth].to_vec());
        }
        may_go
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
        for (index, item) in items.iter_mut().enumerate() {
            path.push(index.to_string());
            let at = item.at;
            if let Some(schema) = schema.get("items") {
                good &= self.walk(schema, item, path, at);
            }
            path.pop();
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            good &= self.unique(items);
        }
        good
    }

    fn unique(&mut self, items: &[Node]) -> bool {
        let mut good = true;
        for (index, item) in items.iter().enumerate() {
            let Some(text) = item.as_text() else { continue };
            if let Some(first) = items[..index].iter().find(|other| other.as_text() == Some(text)) {
                let message = format!("`{text}` stands twice in this list");
                let finding = Finding::error(Code::Duplicate, message, "keep one of them")
                    .at(self.sources.place(item.at, "again here"))
                    .at(self.sources.place(first.at, "first here"));
                good = self.say(Err(finding));
            }
        }
        good
    }

    fn missing(&mut self, key: &str, path: &[String], owner: At) -> bool {
        let message = match path {
            [] => format!("the spec has no `{key}`"),
            _ => format!("`{}` has no `{key}`", path.join(".")),
        };
        let topic = topic(path);
        let help = format!("add `{key}: …`; `infra explain {topic}` shows all fields");
        let place = self.sources.place(owner, format!("`{key}` is missing here"));
        self.say(Err(Finding::error(Code::Missing, message, help).at(place)))
    }

    fn unknown(&self, entry: &Entry, known: &[&str], path: &[String]) -> Finding {
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
        let help = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? It has {all}"),
            None => format!("it has {all}"),
        };
        Finding::error(Code::UnknownKey, message, help).at(place)
    }

    /// A map that is none of several.
    fn neither(&mut self, leaves: &[&'a Map<String, Value>], node: &Node, path: &[String], owner: At) -> bool {
        let known: Vec<&str> = leaves.iter().flat_map(|leaf| keys(leaf, "properties")).collect();
        let finding = match node.entries().first() {
            Some(entry) => self.unknown(entry, &known, path),
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

/// What a field with words takes beside them: true or false, or a map of one key.
fn beside(leaf: &Map<String, Value>) -> Vec<String> {
    let key = leaf.get("required").and_then(|keys| keys.get(0)?.as_str());
    match (kind(leaf), key) {
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
