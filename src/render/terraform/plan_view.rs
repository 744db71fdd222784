//! A saved plan as Terraform sees it: for every address the object before and after, its name in Terraform, and its attributes.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::value::Node;
use crate::kinds::{Address, DIMENSION, Kind, Live, Object};
use crate::model::{Mode, partition};
use crate::plan::{Change, Saved, Verb};

/// Which side of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Both sides of a plan.
pub struct PlanView<'a> {
    pub saved: &'a Saved,
    /// The live object that an address means.
    pub now: BTreeMap<&'a Address, &'a Live>,
    /// What an address will be; what the cloud has decided already is in it.
    pub then: BTreeMap<&'a Address, Object>,
    /// Addresses whose object is created or replaced.
    fresh: BTreeSet<&'a Address>,
    names: BTreeMap<Address, String>,
}

impl<'a> PlanView<'a> {
    pub fn of(saved: &'a Saved) -> PlanView<'a> {
        let mut view = PlanView { saved, now: BTreeMap::new(), then: BTreeMap::new(), fresh: BTreeSet::new(), names: BTreeMap::new() };
        for (address, generations) in &saved.read.live {
            let current = match view.change(address).and_then(|c| c.id.as_ref()) {
                Some(id) => generations.iter().find(|l| l.id == *id),
                None => generations.iter().find(|l| view.leftover(address, &l.id).is_none()),
            };
            view.now.extend(current.map(|l| (address, l)));
        }
        for adopted in &saved.plan.adopted {
            let theirs = saved.read.foreign.iter().find(|l| l.id == adopted.id);
            view.now.extend(theirs.map(|l| (&adopted.address, l)));
        }
        for (address, wanted) in &saved.stack.nodes {
            let replaced = view.change(address).is_some_and(|c| matches!(c.verb, Verb::Create | Verb::Replace(_)));
            let stays = view.now.get(address).filter(|_| !replaced);
            view.then.insert(address, stays.map_or_else(|| wanted.clone(), |live| settled(wanted, &live.object)));
            if stays.is_none() {
                view.fresh.insert(address);
            }
        }
        view.name();
        view
    }

    /// What is done with the object that an address means.
    pub fn change(&self, address: &Address) -> Option<&'a Change> {
        let mut own = self.saved.plan.changes.iter().filter(|c| c.address == *address && !c.leftover);
        own.next()
    }

    /// The deletion of a generation that an address doesn't mean.
    fn leftover(&self, address: &Address, id: &str) -> Option<&'a Change> {
        self.saved.plan.changes.iter().find(|c| c.leftover && c.address == *address && c.id.as_deref() == Some(id))
    }

    /// All addresses of both sides.
    pub fn addresses(&self) -> BTreeSet<&'a Address> {
        self.saved.stack.nodes.keys().chain(self.saved.read.live.keys()).chain(self.now.keys().copied()).collect()
    }

    /// Names are those of the addresses, in Terraform's alphabet; no two resources of a type have the same.
    fn name(&mut self) {
        let renamed = self.saved.plan.changes.iter().filter_map(|c| c.renamed_from.as_ref());
        let all: BTreeSet<&Address> = self.addresses().into_iter().chain(renamed).collect();
        let mut taken: BTreeSet<(&str, String)> = BTreeSet::new();
        for address in all {
            let by_kind = address.kind.terraform().by_kind;
            let full = if by_kind { format!("{}-{}", address.kind.label(), address.name) } else { address.name.clone() };
            let name = free(&full, &mut |name| taken.insert((address.kind.terraform_type(), name.into())));
            self.names.insert(address.clone(), name);
        }
    }

    /// The name of an address's resources.
    pub fn named(&self, address: &Address) -> String {
        self.names.get(address).cloned().unwrap_or_else(|| word(&address.name))
    }

    /// `aws_subnet.private-a`.
    pub fn resource(&self, address: &Address) -> String {
        format!("{}.{}", address.kind.terraform_type(), self.named(address))
    }

    /// An attribute of what a pointer leads to; `points` tells generations apart.
    pub fn link(&self, target: &Address, attr: &str, side: Side, points: Option<&BTreeSet<String>>) -> Node {
        if let Some(id) = target.name.strip_prefix('=') {
            return Node::Link { to: vec![], value: self.fill(known(target.kind, attr), Some(id), "") };
        }
        let id = match side {
            Side::After if self.fresh.contains(target) => None,
            Side::After => self.now.get(target).map(|l| l.id.as_str()),
            Side::Before => {
                let generations = self.saved.read.live.get(target).into_iter().flatten();
                let meant = generations.map(|l| l.id.as_str()).find(|id| points.is_some_and(|p| p.contains(*id)));
                meant.or_else(|| self.now.get(target).map(|l| l.id.as_str()))
            }
        };
        let to = self.resource(target);
        Node::Link { value: self.fill(known(target.kind, attr), id, ""), to: vec![format!("{to}.{attr}"), to] }
    }

    /// The value that a text names: `${database.main.endpoint}`.
    pub fn output(&self, target: &Address, attr: &str, side: Side) -> Option<String> {
        let live = self.now.get(target);
        match side {
            Side::Before => live?.output(attr),
            Side::After if self.fresh.contains(target) => None,
            Side::After if ["id", DIMENSION].contains(&attr) => live?.output(attr),
            Side::After => self.then.get(target)?.outputs().remove(attr),
        }
    }

    /// A text with its places filled in; `None` as long as one of them isn't known.
    pub fn fill(&self, text: &str, id: Option<&str>, key: &str) -> Option<Value> {
        let scene = &self.saved.scene;
        let partition = partition(&scene.region).name;
        let places = [
            ("${id}", id),
            ("${account}", Some(scene.account.as_str())),
            ("${key}", Some(key)),
            ("${partition}", Some(partition)),
            ("${region}", Some(scene.region.as_str())),
            ("${stack}", Some(self.saved.stack.name.as_str())),
            ("${zone}", scene.zone.as_ref().map(|z| z.id.as_str())),
        ];
        let mut text = text.to_owned();
        for (place, value) in places.into_iter().filter(|(place, _)| text.contains(place)).collect::<Vec<_>>() {
            text = text.replace(place, value?);
        }
        Some(text.into())
    }
}

/// How a kind's attribute follows from its id.
fn known(kind: Kind, attr: &str) -> &'static str {
    kind.terraform().known(attr).unwrap_or("${id}")
}

/// What is wanted, with what the cloud decided of it and what was left to it.
fn settled(wanted: &Object, live: &Object) -> Object {
    with(wanted, live, |mode, value| match mode {
        Mode::Computed => true,
        Mode::Initial => !empty(value),
        _ => false,
    })
}

/// What is live, with what it was given when it was made and no list shows.
pub fn recalled(live: &Object, wanted: &Object) -> Object {
    let seen: BTreeMap<&str, Value> = live.attributes().into_iter().map(|a| (a.name, a.value)).collect();
    let blind: BTreeSet<&str> = seen.iter().filter(|(_, v)| empty(v)).map(|(name, _)| *name).collect();
    let initial = |a: &crate::model::Attribute| a.mode == Mode::Initial && blind.contains(a.name);
    let names: Vec<&str> = wanted.attributes().iter().filter(|a| initial(a)).map(|a| a.name).collect();
    replaced(live, wanted, &names)
}

fn with(into: &Object, from: &Object, take: impl Fn(Mode, &Value) -> bool) -> Object {
    let names: Vec<&str> = from.attributes().iter().filter(|a| take(a.mode, &a.value)).map(|a| a.name).collect();
    replaced(into, from, &names)
}

/// An object with some attributes of another of its kind.
fn replaced(into: &Object, from: &Object, names: &[&str]) -> Object {
    let (mut value, from_) = (serde_json::to_value(into), serde_json::to_value(from));
    if let (Ok(value), Ok(from)) = (&mut value, &from_) {
        let inner = value.as_object_mut().and_then(|m| m.values_mut().next());
        let other = from.as_object().and_then(|m| m.values().next());
        if let (Some(inner), Some(other)) = (inner, other) {
            names.iter().for_each(|name| inner[*name] = other[*name].clone());
        }
    }
    value.and_then(serde_json::from_value).unwrap_or_else(|_| into.clone())
}

fn empty(v: &Value) -> bool {
    match v {
        Value::Null => true,
        Value::Object(m) => m.is_empty(),
        _ => false,
    }
}

/// The first name like `full` that is free.
pub fn free(full: &str, take: &mut dyn FnMut(&str) -> bool) -> String {
    let name = word(full);
    let more = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.clone()).chain(more).find(|name| take(name)).unwrap_or(name)
}

/// A name in Terraform's alphabet: letters, digits, `-` and `_`, not beginning with a digit or `-`.
fn word(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { name } else { format!("_{name}") }
}
