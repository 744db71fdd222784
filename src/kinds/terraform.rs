//! Each kind in Terraform's words: which resource types it makes, and where each of their attributes stands in ours. Each kind has its own
//! table; here are its form and the words that tables share.
//!
//! Names are those of the providers `hashicorp/aws` 6 and `cloudflare/cloudflare` 5. Paths lead into a kind's canonical form: `health_check.path`.
//! A path through a pointer (`source.engine`) leads to what an object has of its target. Within [`each`] and [`Made`] of [`When::Each`], `@` is the entry and `@key` its name.
use std::collections::BTreeSet;

use serde_json::Value;

use super::Kind;

/// What a kind is called.
#[derive(Debug)]
pub struct Table {
    /// Whether another kind has the type's plain names, so that these have the kind's in front: `db_replica-main-1`.
    pub by_kind: bool,
    /// What one object makes; the first is the object itself, the others are parts of it.
    pub made: &'static [Made],
    /// Attributes for which Terraform has no word, each with the reason. References among them are said by `depends_on`.
    pub left_out: &'static [(&'static str, &'static str)],
}

impl Table {
    /// The attributes that the table reads.
    pub fn reads(&self) -> BTreeSet<&'static str> {
        let mut out = BTreeSet::new();
        for made in self.made {
            out.extend(made.when.paths());
            made.lines.iter().for_each(|l| l.says.paths(&mut out));
        }
        firsts(out)
    }

    /// What a pointer's attribute says once the target exists: its line among those of the target itself.
    pub fn known(&self, attr: &str) -> Option<&'static str> {
        self.made.first()?.lines.iter().find(|l| l.name == attr).and_then(|l| match l.says {
            Says::Known(text) => Some(text),
            _ => None,
        })
    }
}

/// One Terraform resource type that a kind makes.
#[derive(Debug)]
pub struct Made {
    /// `aws_subnet`.
    pub r#type: &'static str,
    pub when: When,
    pub lines: &'static [Line],
}

/// Of which objects there is one.
#[derive(Debug)]
pub enum When {
    Always,
    /// Those in which this says something: neither nothing nor zero.
    Given(&'static str),
    /// Those in which one of these does.
    Any(&'static [&'static str]),
    /// Those in which this says something, where others of the type are made of the same object: under this key.
    Keyed(&'static str, &'static str),
    /// One for each entry.
    Each(&'static str),
}

impl When {
    fn paths(&self) -> Vec<&'static str> {
        match self {
            When::Always => vec![],
            When::Any(paths) => paths.to_vec(),
            When::Given(path) | When::Keyed(path, _) | When::Each(path) => vec![path],
        }
    }
}

/// One attribute or nested block.
#[derive(Debug)]
pub struct Line {
    pub name: &'static str,
    pub says: Says,
}

impl Line {
    /// The attributes that it reads.
    pub fn reads(&self) -> BTreeSet<&'static str> {
        let mut out = BTreeSet::new();
        self.says.paths(&mut out);
        firsts(out)
    }
}

/// What an attribute says.
#[derive(Debug)]
pub enum Says {
    /// The same always.
    Is(Word),
    /// What stands at the path; a pointer is the attribute of its target, mostly `id`.
    Of(&'static str, &'static str),
    /// What stands at the path, or, where that is nothing, at another.
    Or(&'static str, &'static str),
    /// A list with what stands at the path, empty when there is nothing.
    In(&'static str, &'static str),
    /// Something made of what stands at the path, which has no pointer left in it. Unknown or sensitive in part is so as a whole.
    Via(&'static str, fn(&Value) -> Value),
    /// The word of the first path that says something, or else the last word.
    Choice(&'static [(&'static str, &'static str)], &'static str),
    /// Something made of the ids of what the pointers of the map at the path lead to; unknown as long as one of those isn't there.
    Ids(&'static str, fn(&Value) -> Value),
    /// What only the cloud gives: `${id}`, `${account}`, `${region}`, `${partition}`, `${zone}`, `${stack}` and `${key}` are filled in. With `${id}` in
    /// it, it is unknown until the object is there.
    Known(&'static str),
    /// The attribute of the object's first resource.
    Own(&'static str),
    /// One nested block.
    Block(&'static [Line]),
    /// One nested block where the path says something.
    Given(&'static str, &'static [Line]),
    /// One nested block where the path says nothing.
    Absent(&'static str, &'static [Line]),
    /// One nested block for each entry.
    Each(&'static str, &'static [Line]),
}

/// A constant.
#[derive(Clone, Copy, Debug)]
pub enum Word {
    Yes,
    No,
    Number(i64),
    Text(&'static str),
    /// An empty list.
    Empty,
}

impl Says {
    fn paths(&self, out: &mut BTreeSet<&'static str>) {
        match self {
            Says::Is(_) | Says::Known(_) | Says::Own(_) => {}
            Says::Of(path, _) | Says::In(path, _) | Says::Via(path, _) | Says::Ids(path, _) => drop(out.insert(path)),
            Says::Or(path, other) => out.extend([*path, *other]),
            Says::Choice(cases, _) => out.extend(cases.iter().map(|(path, _)| *path)),
            Says::Block(lines) => lines.iter().for_each(|l| l.says.paths(out)),
            Says::Given(path, lines) | Says::Absent(path, lines) | Says::Each(path, lines) => {
                out.insert(path);
                lines.iter().for_each(|l| l.says.paths(out));
            }
        }
    }
}

/// The attributes in which paths begin.
fn firsts(paths: BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    paths.into_iter().filter(|p| !p.starts_with('@')).map(|p| p.split('.').next().unwrap_or(p)).collect()
}

/// A kind that is one resource, all of whose attributes have a word.
pub(super) const fn one(made: &'static [Made]) -> Table {
    Table { by_kind: false, made, left_out: &[] }
}

pub(super) const fn made(r#type: &'static str, lines: &'static [Line]) -> Made {
    Made { r#type, when: When::Always, lines }
}

pub(super) const fn made_if(r#type: &'static str, path: &'static str, lines: &'static [Line]) -> Made {
    Made { r#type, when: When::Given(path), lines }
}

pub(super) const fn made_any(r#type: &'static str, paths: &'static [&'static str], lines: &'static [Line]) -> Made {
    Made { r#type, when: When::Any(paths), lines }
}

pub(super) const fn made_under(r#type: &'static str, key: &'static str, path: &'static str, lines: &'static [Line]) -> Made {
    Made { r#type, when: When::Keyed(path, key), lines }
}

pub(super) const fn made_each(r#type: &'static str, path: &'static str, lines: &'static [Line]) -> Made {
    Made { r#type, when: When::Each(path), lines }
}

const fn line(name: &'static str, says: Says) -> Line {
    Line { name, says }
}

pub(super) const fn is(name: &'static str, word: Word) -> Line {
    line(name, Says::Is(word))
}

/// An attribute that has the same name here and there.
pub(super) const fn same(name: &'static str) -> Line {
    line(name, Says::Of(name, "id"))
}

pub(super) const fn of(name: &'static str, path: &'static str) -> Line {
    line(name, Says::Of(path, "id"))
}

/// A pointer that Terraform says by another attribute of its target.
pub(super) const fn link(name: &'static str, path: &'static str, attr: &'static str) -> Line {
    line(name, Says::Of(path, attr))
}

pub(super) const fn or(name: &'static str, path: &'static str, other: &'static str) -> Line {
    line(name, Says::Or(path, other))
}

pub(super) const fn choice(name: &'static str, cases: &'static [(&'static str, &'static str)], other: &'static str) -> Line {
    line(name, Says::Choice(cases, other))
}

pub(super) const fn within(name: &'static str, path: &'static str) -> Line {
    line(name, Says::In(path, "id"))
}

pub(super) const fn via(name: &'static str, path: &'static str, f: fn(&Value) -> Value) -> Line {
    line(name, Says::Via(path, f))
}

pub(super) const fn ids(name: &'static str, path: &'static str, f: fn(&Value) -> Value) -> Line {
    line(name, Says::Ids(path, f))
}

pub(super) const fn known(name: &'static str, text: &'static str) -> Line {
    line(name, Says::Known(text))
}

pub(super) const fn own(name: &'static str, attr: &'static str) -> Line {
    line(name, Says::Own(attr))
}

pub(super) const fn block(name: &'static str, lines: &'static [Line]) -> Line {
    line(name, Says::Block(lines))
}

pub(super) const fn given(name: &'static str, path: &'static str, lines: &'static [Line]) -> Line {
    line(name, Says::Given(path, lines))
}

pub(super) const fn absent(name: &'static str, path: &'static str, lines: &'static [Line]) -> Line {
    line(name, Says::Absent(path, lines))
}

pub(super) const fn each(name: &'static str, path: &'static str, lines: &'static [Line]) -> Line {
    line(name, Says::Each(path, lines))
}

pub(super) const ID: Line = known("id", "${id}");
pub(super) const NAME: Line = known("name", "${id}");
pub(super) const TAGS: Line = same("tags");
/// There are no default tags.
pub(super) const TAGS_ALL: Line = of("tags_all", "tags");
pub(super) const REGION: Line = known("region", "${region}");

/// A switch or a number of which Terraform's schema makes a text.
pub(super) fn text(v: &Value) -> Value {
    match v {
        Value::Null | Value::String(_) => v.clone(),
        other => Value::String(other.to_string()),
    }
}

/// JSON in a text.
pub(super) fn document(v: &Value) -> Value {
    match v {
        Value::String(_) => v.clone(),
        other => Value::String(crate::canon::document(other).to_string()),
    }
}

/// The table of a kind.
impl Kind {
    /// The type of its objects: `aws_subnet`.
    pub fn terraform_type(self) -> &'static str {
        self.terraform().made.first().map_or("", |m| m.r#type)
    }
}
