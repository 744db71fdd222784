//! A spec to a `Stack`: afterwards every default is explicit and every name an address. Each section adds its own objects; here is what it adds them with.
use std::collections::BTreeMap;

use super::peers::Peers;
use super::units::{Name, Reference, Template, TemplatePart};
use super::{Spec, groups, sections};
use crate::kinds::{Address, Kind, Object, Part, Ref, Resource, Subnet, Text};
use crate::model::{Tags, partition};
use crate::stack::{FieldRule, Spelling, Stack};

/// The objects of a spec. `env` answers secrets that are `{from_env: NAME}`.
///
/// # Errors
/// The paths of the secrets that `env` does not know.
pub fn lower(spec: &Spec, env: &dyn Fn(&str) -> Option<String>) -> Result<Stack, Vec<String>> {
    let lower = all(spec, env);
    debug_assert!(lower.twice.is_empty(), "two objects of a spec that was loaded have one address: {:?}", lower.twice);
    if lower.unset.is_empty() { Ok(lower.stack) } else { Err(lower.unset) }
}

/// The objects of a spec that may have been refused, for services' rules to look at; what it is wrong about is missing, or is somehow.
pub(super) fn sketch(spec: &Spec) -> Stack {
    all(spec, &|_| Some(String::new())).stack
}

fn all<'a>(spec: &'a Spec, env: &'a dyn Fn(&str) -> Option<String>) -> Lower<'a> {
    let stack = Stack { name: spec.stack.to_string(), ..Stack::default() };
    let mut lower = Lower { spec, env, peers: Peers::of(spec), stack, unset: vec![], twice: vec![] };
    groups::lower(&mut lower);
    spec.lower(&mut lower);
    lower.stack.fields = fields(&lower.stack);
    lower
}

/// What decides about the tags of every object.
const TAGS: &[(&str, &str, Spelling)] = &[("tags.*", "tags.*", Spelling::Same), ("tags.Name", "stack", Spelling::Other)];

/// The rows of the sections and kinds that a stack has.
fn fields(stack: &Stack) -> BTreeMap<String, BTreeMap<String, Vec<FieldRule>>> {
    let mut all: BTreeMap<String, BTreeMap<String, Vec<FieldRule>>> = BTreeMap::new();
    for (address, origin) in &stack.origins {
        let section = origin.split('.').next().unwrap_or_default();
        let kinds = all.entry(section.into()).or_default();
        if kinds.contains_key(address.kind.label()) {
            continue;
        }
        let info = sections::SECTIONS.iter().find(|info| info.name == section);
        let rows = info.into_iter().flat_map(|info| info.fields).filter(|(kind, _)| *kind == address.kind);
        let rows = rows.flat_map(|(_, rows)| *rows).chain(TAGS);
        let rule = |(attribute, field, spelling): &(&str, &str, Spelling)| FieldRule {
            attribute: (*attribute).into(),
            field: (*field).into(),
            spelling: *spelling,
        };
        kinds.insert(address.kind.label().into(), rows.map(rule).collect());
    }
    all
}

/// A stack in the making.
pub struct Lower<'a> {
    /// The whole spec.
    pub spec: &'a Spec,
    /// Answers secrets.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Who can be named as a peer.
    pub peers: Peers<'a>,
    /// What was made so far.
    pub stack: Stack,
    /// Paths of secrets that have no answer.
    pub unset: Vec<String>,
    /// Addresses that two objects have: none in a spec that was loaded.
    twice: Vec<Address>,
}

impl Lower<'_> {
    /// Adds an object that comes from a place in the spec.
    pub fn add(&mut self, name: impl Into<String>, origin: impl Into<String>, object: impl Into<Object>) {
        let object = object.into();
        let address = Address::new(object.kind(), name);
        self.stack.origins.insert(address.clone(), origin.into());
        if self.stack.nodes.insert(address.clone(), object).is_some() {
            self.twice.push(address);
        }
    }

    /// Notes that an object had another name so far.
    pub fn renamed<K: Resource>(&mut self, name: impl Into<String>, old: Option<impl Into<String>>) {
        if let Some(old) = old {
            self.stack.renamed.insert(Address::new(K::KIND, name), Address::new(K::KIND, old));
        }
    }

    /// The spec's tags, and the `Name` that consoles show.
    pub fn tags(&self, name: &str) -> Tags {
        let mut tags: Tags = self.spec.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        tags.insert("Name".into(), format!("{}-{name}", self.spec.stack));
        tags
    }

    /// The subnets of a tier, one per zone.
    pub fn subnets<C: FromIterator<Ref<Subnet>>>(&self, tier: &Name) -> C {
        self.spec.vpc.availability_zones.iter().map(|zone| Ref::to(format!("{tier}-{}", zone.letter()))).collect()
    }

    /// A text whose references are addresses.
    pub fn text(&self, text: &Template) -> Text {
        let mut parts = vec![];
        for part in text.parts() {
            match part {
                TemplatePart::Literal(literal) => parts.push(Part::Literal(literal.clone())),
                TemplatePart::Reference(reference) => parts.extend(self.named(reference).0),
            }
        }
        Text(parts)
    }

    /// What a reference names.
    pub fn named(&self, reference: &Reference) -> Text {
        let section = sections::SECTIONS.iter().find(|section| section.name == reference.target.section);
        let attributes = section.map_or(&[][..], |section| section.attributes);
        let meaning = attributes.iter().find(|(name, _)| *name == reference.attribute);
        let name = reference.target.name.as_ref().map_or("", Name::as_str);
        Text(meaning.into_iter().flat_map(|(_, meaning)| meaning(self.spec, name)).collect())
    }

    /// The boundary of every role.
    pub fn boundary(&self) -> Option<String> {
        self.spec.permissions_boundary.as_ref().map(ToString::to_string)
    }

    /// The account of an ARN; any where the spec doesn't say which.
    pub fn account(&self) -> &str {
        self.spec.account.as_ref().map_or("*", |account| account.as_str())
    }

    /// The ARN of a secret of the stack's account; Secrets Manager appends a dash and six characters to a name.
    pub fn secret_arn(&self, id: &str) -> Text {
        if id.starts_with("arn:") {
            return Text::literal(id);
        }
        let (partition, region, account) = (self.partition(), &self.spec.region, self.account());
        Text::literal(format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{id}-??????"))
    }

    /// The first word of every ARN.
    pub fn partition(&self) -> &'static str {
        partition(self.spec.region.as_str()).name
    }
}

/// An attribute of an object, as a piece of a text.
pub fn output(kind: Kind, name: &str, attr: &str) -> Vec<Part> {
    vec![Part::Output { r#ref: Address::new(kind, name), attr: attr.into() }]
}

/// Numbers of a spec are bounded by its schema far below what AWS's 32 bits hold.
pub fn int(n: impl TryInto<i32>) -> i32 {
    n.try_into().unwrap_or(i32::MAX)
}

/// A policy document with one statement.
pub fn allow(actions: &[&str], resources: &[String]) -> serde_json::Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resources }],
    })
}
