//! A YAML document as a tree whose every key and value knows where it was written.
use super::locate::At;
use indexmap::IndexMap;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Val,
    /// Where it stands.
    pub at: At,
}

/// A value of YAML's core schema.
#[derive(Clone, Debug)]
pub enum Val {
    /// `true` or `false`.
    Bool(bool),
    /// A number with a point or exponent, or too large for an integer.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the document's order.
    Map(Entries),
    /// `null`, `~` or nothing.
    Null,
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Whether it comes from the environment: then it is whatever its field takes.
        env: bool,
    },
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub at: At,
    /// The value.
    pub node: Node,
}

/// Entries in the document's order, each found at once by its key.
#[derive(Clone, Debug, Default)]
pub struct Entries(IndexMap<String, Entry>);

impl Entries {
    /// The entry of this key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }

    /// The entry of this key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.0.get_mut(key)
    }

    /// Adds an entry at the end, unless there is one of its key.
    pub fn add(&mut self, entry: Entry) {
        self.0.entry(entry.key.clone()).or_insert(entry);
    }

    /// The first entries, so many at most.
    #[must_use]
    pub fn first(&self, most: usize) -> Entries {
        Entries(self.0.iter().take(most).map(|(key, entry)| (key.clone(), entry.clone())).collect())
    }

    /// Keeps only those that `keep` says.
    pub fn retain(&mut self, mut keep: impl FnMut(&mut Entry) -> bool) {
        self.0.retain(|_, entry| keep(entry));
    }

    /// Entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.0.values()
    }

    /// Entries in order, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.values_mut()
    }
}

impl IntoIterator for Entries {
    type Item = Entry;
    type IntoIter = indexmap::map::IntoValues<String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_values()
    }
}

impl Node {
    /// Text that was not written by the user but follows from `at`.
    pub fn text(text: impl Into<String>, at: At) -> Self {
        let text = text.into();
        Node { value: Val::Text { text, env: false }, at }
    }

    /// A truth value that follows from `at`.
    pub fn bool(value: bool, at: At) -> Self {
        Node { value: Val::Bool(value), at }
    }

    /// A whole number that follows from `at`.
    pub fn int(value: i64, at: At) -> Self {
        Node { value: Val::Int(value), at }
    }

    /// An empty map that follows from `at`.
    pub fn map(at: At) -> Self {
        Node { value: Val::Map(Entries::default()), at }
    }

    /// The entry's value, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The entry, when this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Val::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The entry's value, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Val::Map(entries) = &mut self.value else {
            return None;
        };
        entries.get_mut(key).map(|entry| &mut entry.node)
    }

    /// Items of a list; none where it is something else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Val::List(items) => items,
            _ => &[],
        }
    }

    /// Keeps only entries with such keys.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        if let Val::Map(entries) = &mut self.value {
            entries.retain(|entry| keep(&entry.key));
        }
    }

    /// Its entries; none when it is not a map.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let entries = if let Val::Map(entries) = &self.value { Some(entries) } else { None };
        entries.into_iter().flat_map(Entries::iter)
    }

    /// Its entries' values, to change them.
    pub fn each_entry(&mut self, each: impl Fn(&mut Node)) {
        if let Val::Map(entries) = &mut self.value {
            entries.iter_mut().for_each(|entry| each(&mut entry.node));
        }
    }

    /// The items of the list that an entry is, to change them.
    pub fn each_item(&mut self, key: &str, each: impl Fn(&mut Node)) {
        if let Some(Node { value: Val::List(items), .. }) = self.get_mut(key) {
            items.iter_mut().for_each(each);
        }
    }

    /// Its text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Val::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Its truth value, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Val::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Its number, when it is a whole one.
    pub fn as_int(&self) -> Option<i64> {
        match self.value {
            Val::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The text of an entry; empty when there is none.
    pub fn text_of(&self, key: &str) -> &str {
        self.get(key).and_then(Node::as_text).unwrap_or_default()
    }

    /// Adds an entry unless there is one of this key.
    pub fn fill(&mut self, key: &str, node: impl FnOnce(At) -> Node) {
        let at = self.at;
        if let Val::Map(entries) = &mut self.value
            && entries.get(key).is_none()
        {
            entries.add(Entry { key: key.into(), at, node: node(at) });
        }
    }
}

/// What a plain scalar means in YAML 1.2's core schema.
pub fn plain(text: &str) -> Val {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Val::Null,
        "true" | "True" | "TRUE" => return Val::Bool(true),
        "false" | "False" | "FALSE" => return Val::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        let radix = [("0x", 16), ("0o", 8)].into_iter().find_map(|(prefix, radix)| {
            let rest = text.strip_prefix(prefix)?;
            i64::from_str_radix(rest, radix).ok()
        });
        if let Some(number) = radix.or_else(|| text.parse().ok()) {
            return Val::Int(number);
        }
        let numeric = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
        if digits.bytes().all(numeric)
            && let Ok(number) = text.parse::<f64>()
            && number.is_finite()
        {
            return Val::Float(number);
        }
    }
    Val::Text { text: text.into(), env: false }
}
