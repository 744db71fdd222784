//! Sections to a `Stack`: afterwards every default is explicit and every name an address.
mod balancer;
mod cdn;
mod compute;
mod data;
mod groups;
mod network;
mod records;
mod rules;

use super::Spec;
use super::units::{Name, Part as Word, Reference, Target, Text as Words};
use crate::canon::{Document, Open};
use crate::kinds::{Address, Kind, Object, Part, Ref, Resource, Subnet, Text};
use crate::model::Tags;
use crate::stack::Stack;

/// The objects of a spec. `env` answers secrets that are `{from_env: NAME}`; the names it doesn't know are the error.
pub fn lower(spec: &Spec, env: &dyn Fn(&str) -> Option<String>) -> Result<Stack, Vec<String>> {
    let mut lower = Lower { spec, env, stack: Stack { name: spec.stack.to_string(), ..Stack::default() }, unset: vec![] };
    network::lower(&mut lower);
    groups::lower(&mut lower);
    balancer::lower(&mut lower);
    compute::lower(&mut lower);
    data::caches(&mut lower);
    data::databases(&mut lower);
    cdn::lower(&mut lower);
    lower.stack.outputs = spec.outputs.iter().map(|(name, words)| (name.to_string(), lower.text(words))).collect();
    if lower.unset.is_empty() { Ok(lower.stack) } else { Err(lower.unset) }
}

/// A stack in the making.
struct Lower<'a> {
    spec: &'a Spec,
    env: &'a dyn Fn(&str) -> Option<String>,
    stack: Stack,
    unset: Vec<String>,
}

impl Lower<'_> {
    /// Adds an object that comes from a place in the spec.
    fn add(&mut self, name: impl Into<String>, origin: impl Into<String>, object: impl Into<Object>) {
        let object = object.into();
        let address = Address::new(object.kind(), name);
        self.stack.origins.insert(address.clone(), origin.into());
        let other = self.stack.nodes.insert(address, object);
        debug_assert!(other.is_none(), "two objects of a spec that was loaded have one address: {other:?}");
    }

    /// Notes that an object had another name so far.
    fn renamed<K: Resource>(&mut self, name: impl Into<String>, old: Option<impl Into<String>>) {
        if let Some(old) = old {
            self.stack.renamed.insert(Address::new(K::KIND, name), Address::new(K::KIND, old));
        }
    }

    /// The spec's tags, and the `Name` that consoles show.
    fn tags(&self, name: &str) -> Tags {
        let mut tags = Tags::from(self.spec.tags.clone());
        tags.insert("Name".into(), format!("{}-{name}", self.spec.stack));
        tags
    }

    /// The subnets of a tier, one per zone.
    fn subnets<C: FromIterator<Ref<Subnet>>>(&self, tier: &Name) -> C {
        self.spec.vpc.availability_zones.iter().map(|zone| Ref::to(format!("{tier}-{}", zone.letter()))).collect()
    }

    /// A text whose references are addresses.
    fn text(&self, words: &Words) -> Text {
        let mut parts = vec![];
        for word in words.parts() {
            match word {
                Word::Literal(s) => parts.push(Part::Literal(s.clone())),
                Word::Reference(r) => parts.extend(self.output(r)),
            }
        }
        Text(parts)
    }

    /// What a reference of the spec names among the objects.
    fn output(&self, reference: &Reference) -> Vec<Part> {
        let part = |kind, name: &str, attr: &str| Part::Output { r#ref: Address::new(kind, name), attr: attr.into() };
        match (&reference.target, reference.attribute) {
            (Target::Cache(name), attr) => vec![part(Kind::ReplicationGroup, name.as_str(), attr)],
            (Target::Cdn, _) => self.spec.cdn.iter().map(|cdn| Part::Literal(cdn.zone.to_string())).collect(),
            (Target::Compute(name), _) => vec![part(Kind::AutoScalingGroup, name.as_str(), "id")],
            (Target::Database(name), "reader_endpoint") if self.spec.database.get(name).is_some_and(|d| d.replicas > 0) => {
                vec![part(Kind::DbReplica, &format!("{name}-1"), "endpoint")]
            }
            (Target::Database(name), "reader_endpoint") => vec![part(Kind::DbInstance, name.as_str(), "endpoint")],
            (Target::Database(name), attr) => vec![part(Kind::DbInstance, name.as_str(), attr)],
            (Target::LoadBalancer, "url") => {
                let https = self.spec.load_balancer.iter().flat_map(|b| b.listeners.values()).any(|l| l.certificate.is_some());
                let scheme = if https { "https://" } else { "http://" };
                vec![Part::Literal(scheme.into()), part(Kind::LoadBalancer, "main", "dns_name")]
            }
            (Target::LoadBalancer, attr) => vec![part(Kind::LoadBalancer, "main", attr)],
            (Target::Vpc, attr) => vec![part(Kind::Vpc, "main", attr)],
        }
    }

    /// `aws`, `aws-cn` or `aws-us-gov`: the first word of every ARN.
    fn partition(&self) -> &'static str {
        match self.spec.region.as_str() {
            r if r.starts_with("cn-") => "aws-cn",
            r if r.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

/// Numbers of a spec are bounded by its schema far below what AWS's 32 bits hold.
fn int(n: impl TryInto<i32>) -> i32 {
    n.try_into().unwrap_or(i32::MAX)
}

/// A policy document with one statement.
fn allow(actions: &[&str], resources: &[String]) -> serde_json::Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resources }],
    })
}

/// A map of one policy, or of none.
fn policies(name: &str, document: Option<serde_json::Value>) -> Open<Document> {
    document.into_iter().map(|d| (name.to_owned(), d.into())).collect()
}
