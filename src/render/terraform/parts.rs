//! An object as its kind's table says it: the Terraform resources it makes, with all their attributes.
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

use super::plan_view::{PlanView, Side};
use super::value::{Body, Node};
use crate::canon::{self, Form, pair, plain_key};
use crate::kinds::terraform::{Line, Made, Says, When, Word};
use crate::kinds::{Address, Kind, Object, Part, Text, resolve_texts};
use crate::redact::is_sealed;

/// One resource that an object makes.
#[derive(Clone, Debug)]
pub struct Piece {
    pub made: &'static Made,
    /// Which of several of its type it is.
    pub key: Option<String>,
    pub body: Body,
}

/// An object to be said.
pub struct Subject<'w> {
    pub view: &'w PlanView<'w>,
    pub address: &'w Address,
    pub object: &'w Object,
    pub side: Side,
    /// Its physical id; `None` as long as it isn't there.
    pub id: Option<&'w str>,
    /// The physical ids it points at.
    pub points: Option<&'w BTreeSet<String>>,
}

/// An entry of a list or a map.
#[derive(Clone, Copy)]
struct Entry<'v> {
    key: &'v str,
    value: &'v Value,
}

/// What stands at a path.
enum Found<'v> {
    Nothing,
    /// The cloud has not decided it yet.
    Open,
    Here {
        value: &'v Value,
        decided: bool,
    },
    Key(&'v str),
}

impl Subject<'_> {
    /// The resources, the object itself first.
    pub fn pieces(&self) -> Vec<Piece> {
        let root = attributes(self.object);
        let mut out = vec![];
        for made in self.kind().terraform().made {
            let piece = |key: Option<String>, body| Piece { made, key, body };
            let whole = || self.body(made.lines, &root, None);
            match made.when {
                When::Always => out.push(piece(None, whole())),
                When::Given(path) if filled(&find(&root, None, path)) => out.push(piece(None, whole())),
                When::Any(paths) if paths.iter().any(|path| filled(&find(&root, None, path))) => out.push(piece(None, whole())),
                When::Keyed(path, key) if filled(&find(&root, None, path)) => out.push(piece(Some(key.into()), whole())),
                When::Any(_) | When::Given(_) | When::Keyed(..) => {}
                When::Each(path) => {
                    let Found::Here { value, .. } = find(&root, None, path) else { continue };
                    for (key, value) in entries(value) {
                        let body = self.body(made.lines, &root, Some(Entry { key: &key, value }));
                        out.push(piece(Some(key), body));
                    }
                }
            }
        }
        out
    }

    fn kind(&self) -> Kind {
        self.address.kind
    }

    fn body(&self, lines: &[Line], root: &Value, entry: Option<Entry>) -> Body {
        lines.iter().map(|l| (l.name, self.line(&l.says, root, entry))).collect()
    }

    fn line(&self, says: &Says, root: &Value, entry: Option<Entry>) -> Node {
        match says {
            Says::Is(word) => Node::Plain(constant(*word)),
            Says::Known(text) => {
                let value = self.view.fill(text, self.id, entry.map_or("", |e| e.key));
                if text.contains("${id}") { Node::Decided(value) } else { value.map_or(Node::Decided(None), Node::Plain) }
            }
            Says::Own(attr) => self.own(attr),
            Says::Of(path, attr) => self.at(root, entry, path, attr),
            Says::Or(path, other) => {
                let path = if matches!(find(root, entry, path), Found::Nothing) { other } else { path };
                self.at(root, entry, path, "id")
            }
            Says::Choice(cases, other) => {
                let said = cases.iter().find(|(path, _)| filled(&find(root, entry, path))).map_or(*other, |(_, word)| *word);
                Node::Plain(said.into())
            }
            Says::In(path, attr) => match self.at(root, entry, path, attr) {
                Node::Plain(Value::Null) => Node::List(vec![]),
                one => Node::List(vec![one]),
            },
            Says::Via(path, f) => self.via(root, entry, path, *f),
            Says::Ids(path, f) => match self.at(root, entry, path, "id") {
                Node::Map(all) => {
                    let to = all.values().flat_map(|node| if let Node::Link { to, .. } = node { to.clone() } else { vec![] }).collect();
                    let ids: Option<Map<String, Value>> = all.iter().map(|(name, node)| Some((name.clone(), node.json()?))).collect();
                    Node::Link { value: ids.map(|ids| f(&ids.into())), to }
                }
                other => other,
            },
            Says::Block(lines) => Node::Blocks(vec![self.body(lines, root, entry)]),
            Says::Given(path, lines) | Says::Absent(path, lines) => {
                let there = filled(&find(root, entry, path)) == matches!(says, Says::Given(..));
                Node::Blocks(if there { vec![self.body(lines, root, entry)] } else { vec![] })
            }
            Says::Each(path, lines) => match find(root, entry, path) {
                Found::Open => Node::Decided(None),
                Found::Here { value, decided } => {
                    let all = entries(value).into_iter().map(|(key, v)| self.body(lines, root, Some(Entry { key: &key, value: v })));
                    let blocks = Node::Blocks(all.collect());
                    if decided { Node::Decided(blocks.json()) } else { blocks }
                }
                _ => Node::Blocks(vec![]),
            },
        }
    }

    /// An attribute of the object's first resource, for its other ones.
    fn own(&self, attr: &str) -> Node {
        let to = self.view.resource(self.address);
        let text = self.kind().terraform().known(attr).unwrap_or("${id}");
        Node::Link { value: self.view.fill(text, self.id, ""), to: vec![format!("{to}.{attr}"), to] }
    }

    fn at(&self, root: &Value, entry: Option<Entry>, path: &str, attr: &str) -> Node {
        if let Some((pointer, rest)) = path.split_once('.')
            && let Some(Form::Ref(target)) = root.get(pointer).map(Form::of)
        {
            return self.through(target, rest);
        }
        match find(root, entry, path) {
            Found::Nothing => Node::Plain(Value::Null),
            Found::Open => Node::Decided(None),
            Found::Key(key) => Node::Plain(key.into()),
            Found::Here { value, decided } => {
                let node = self.node(value, attr);
                if decided { Node::Decided(node.json()) } else { node }
            }
        }
    }

    /// What an object has of the one that it points at.
    fn through(&self, target: &str, path: &str) -> Node {
        let Ok(target) = target.parse::<Address>() else { return Node::Decided(None) };
        let object = match self.side {
            Side::Before => self.view.now.get(&target).map(|l| &l.object),
            Side::After => self.view.then.get(&target),
        };
        let value = object.and_then(|o| match find(&attributes(o), None, path) {
            Found::Here { value, .. } => self.node(value, "id").json(),
            _ => None,
        });
        Node::Decided(value)
    }

    /// A canonical value: pointers, texts and secrets become what they stand for.
    fn node(&self, value: &Value, attr: &str) -> Node {
        match value {
            Value::String(s) if is_sealed(s) => Node::Hidden(s.clone()),
            Value::Array(list) => Node::List(list.iter().map(|v| self.node(v, attr)).collect()),
            Value::Object(map) => match Form::of_map(map) {
                Form::Ref(target) => target.parse().map_or(Node::Plain(Value::Null), |a| self.link(&a, attr)),
                Form::Secret(fingerprint) => Node::Hidden(fingerprint.to_owned()),
                Form::Text(_) => self.text(value),
                Form::Plain(v) | Form::Computed(v) => self.node(v, attr),
                _ => Node::Map(map.iter().map(|(k, v)| (plain_key(k).to_owned(), self.node(v, attr))).collect()),
            },
            plain => Node::Plain(plain.clone()),
        }
    }

    fn link(&self, target: &Address, attr: &str) -> Node {
        self.view.link(target, attr, self.side, self.points)
    }

    fn text(&self, value: &Value) -> Node {
        let Ok(text) = serde_json::from_value::<Text>(value.clone()) else { return Node::Plain(Value::Null) };
        said(&text, self.view, self.side)
    }

    /// Something made of a value in which no pointer is left.
    fn via(&self, root: &Value, entry: Option<Entry>, path: &str, f: fn(&Value) -> Value) -> Node {
        let (value, decided) = match find(root, entry, path) {
            Found::Nothing => (Value::Null, false),
            Found::Open => return Node::Decided(None),
            Found::Key(key) => (key.into(), false),
            Found::Here { value, decided } => (value.clone(), decided),
        };
        let mut to = BTreeSet::new();
        let (mut plain, mut open) = (value, false);
        named(&plain, &mut |address| {
            to.insert(self.view.resource(&address));
        });
        let mut hidden = holds_sealed(&plain);
        resolve_texts(&mut plain, &|address, attr| self.view.output(address, attr, self.side));
        canon::walk(&plain, &mut |form| {
            open = open || matches!(form, Form::Text(_));
            hidden = hidden || matches!(form, Form::Secret(_));
            true
        });
        match (open, hidden) {
            (true, _) => Node::Link { to: to.into_iter().collect(), value: None },
            (_, true) => Node::Hidden(plain.to_string()),
            _ if !to.is_empty() => Node::Link { to: to.into_iter().collect(), value: Some(f(&plain)) },
            _ if decided => Node::Decided(Some(f(&plain))),
            _ => Node::Plain(f(&plain)),
        }
    }
}

/// A text with what its references stand for.
pub fn said(text: &Text, view: &PlanView, side: Side) -> Node {
    let mut to: Vec<String> = vec![];
    let mut out = Some(String::new());
    for part in &text.0 {
        let value = match part {
            Part::Literal(s) => Some(s.clone()),
            Part::Output { r#ref, attr } => {
                to.push(view.resource(r#ref));
                view.output(r#ref, attr, side)
            }
        };
        out = out.zip(value).map(|(mut all, s)| {
            all.push_str(&s);
            all
        });
    }
    to.dedup();
    let hidden = text.0.iter().any(|part| matches!(part, Part::Literal(s) if is_sealed(s)));
    match out {
        _ if hidden => Node::Hidden(format!("{text:?}")),
        Some(s) if to.is_empty() => Node::Plain(s.into()),
        value => Node::Link { to, value: value.map(Value::from) },
    }
}

/// An object's canonical form.
fn attributes(object: &Object) -> Value {
    object.attributes().into_iter().map(|a| (a.name.to_owned(), a.value)).collect::<Map<_, _>>().into()
}

fn constant(word: Word) -> Value {
    match word {
        Word::Yes => true.into(),
        Word::No => false.into(),
        Word::Number(n) => n.into(),
        Word::Text(s) => s.into(),
        Word::Empty => Value::Array(vec![]),
    }
}

/// Walks a path. What the cloud decides is looked into; a variant without content is its own name.
fn find<'v>(root: &'v Value, entry: Option<Entry<'v>>, path: &str) -> Found<'v> {
    let mut steps = path.split('.').peekable();
    let (mut here, mut decided) = (root, false);
    match (steps.peek().copied(), entry) {
        (Some("@key"), Some(e)) => return Found::Key(e.key),
        (Some("@"), Some(e)) => {
            here = e.value;
            steps.next();
        }
        _ => {}
    }
    loop {
        if let Form::Computed(inner) = Form::of(here) {
            if inner.is_null() {
                return Found::Open;
            }
            (here, decided) = (inner, true);
        }
        let Some(step) = steps.next() else { break };
        let next = match here {
            Value::Array(list) => step.parse::<usize>().ok().and_then(|i| list.get(i)),
            Value::String(word) if word == step => Some(&Value::Bool(true)),
            other => other.get(step),
        };
        match next {
            Some(next) => here = next,
            None => return Found::Nothing,
        }
    }
    if here.is_null() { Found::Nothing } else { Found::Here { value: here, decided } }
}

/// Whether something other than nothing and zero stands there.
fn filled(found: &Found) -> bool {
    match found {
        Found::Here { value, .. } => {
            let empty = value.as_array().is_some_and(Vec::is_empty) || matches!(Form::of(value), Form::Ranked(list) if list.is_empty());
            !(empty || value.is_null() || *value == 0 || *value == false || *value == "")
        }
        Found::Key(_) => true,
        _ => false,
    }
}

/// Entries with their names: a map's keys, what a pointer leads to, the end of a path.
fn entries(value: &Value) -> Vec<(String, &Value)> {
    let end = |s: &str| s.rsplit(['/', '=']).next().unwrap_or(s).to_owned();
    let name = |i: usize, v: &Value| match v {
        Value::String(s) => end(s),
        Value::Object(m) => match Form::of_map(m) {
            Form::Ref(target) => target.split_once('.').map_or(i.to_string(), |(_, name)| end(name)),
            _ => i.to_string(),
        },
        _ => i.to_string(),
    };
    match value {
        Value::Null => vec![],
        Value::Array(list) => list.iter().enumerate().map(|(i, v)| (name(i, v), v)).collect(),
        Value::Object(map) => match Form::of_map(map) {
            Form::Map(map) => map.iter().map(|(k, v)| (plain_key(k).to_owned(), v)).collect(),
            Form::Ranked(list) => list.iter().filter_map(pair).map(|(name, v)| (name.to_owned(), v)).collect(),
            _ => vec![(String::new(), value)],
        },
        one => vec![(String::new(), one)],
    }
}

/// Every address of the stack in a value.
pub fn named(v: &Value, f: &mut dyn FnMut(Address)) {
    canon::addresses(v, &mut |address| address.parse().ok().filter(|a: &Address| !a.name.starts_with('=')).into_iter().for_each(&mut *f));
}

fn holds_sealed(v: &Value) -> bool {
    match v {
        Value::String(s) => is_sealed(s),
        Value::Array(list) => list.iter().any(holds_sealed),
        Value::Object(map) => map.values().any(holds_sealed),
        _ => false,
    }
}

/// Pieces by type and key.
pub fn index(pieces: Vec<Piece>) -> BTreeMap<(&'static str, Option<String>), Piece> {
    pieces.into_iter().map(|p| ((p.made.r#type, p.key.clone()), p)).collect()
}
