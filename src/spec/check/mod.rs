//! What a spec of the right shape can still get wrong; all findings at once.
mod balancer;
mod cdn;
mod compute;
mod cycles;
mod network;
mod peers;
mod records;
mod references;
mod renamed;
mod rules;
mod secrets;
mod stores;

use super::locate::Sources;
use super::near::{list, nearest};
use super::node::Val;
use super::stack::Spec;
use super::units::{Duration, Name};
use super::vpc::TierKind;
use crate::diag::{Code, Finding};
use std::collections::BTreeSet;

/// Everything that is wrong or risky. Entries in `cut` lack something that was wrong already: nothing more is
/// said about them.
pub fn check(spec: &Spec, sources: &Sources, cut: BTreeSet<Vec<String>>) -> Vec<Finding> {
    let mut cx = Check { spec, sources, cut, found: Vec::new() };
    network::check(&mut cx);
    balancer::check(&mut cx);
    compute::check(&mut cx);
    stores::check(&mut cx);
    cdn::check(&mut cx);
    records::check(&mut cx);
    rules::check(&mut cx);
    peers::check(&mut cx);
    references::check(&mut cx);
    secrets::check(&mut cx);
    renamed::check(&mut cx);
    cycles::check(&mut cx);
    cx.found
}

/// The spec that is looked at, and what was found so far.
struct Check<'a> {
    spec: &'a Spec,
    sources: &'a Sources,
    cut: BTreeSet<Vec<String>>,
    found: Vec<Finding>,
}

impl<'a> Check<'a> {
    /// Says something about the value at `path`.
    fn error(&mut self, code: Code, path: &[&str], label: &str, message: String, help: impl Into<String>) {
        let place = self.sources.place(self.sources.value(path), label);
        self.say(path, Finding::error(code, message, help).at(place));
    }

    /// Says something about the values at two paths, of which the first is the one to change.
    fn both(&mut self, code: Code, places: [(&[&str], &str); 2], message: String, help: impl Into<String>) {
        let mut finding = Finding::error(code, message, help);
        for (path, label) in places {
            finding = finding.at(self.sources.place(self.sources.value(path), label));
        }
        self.say(places[0].0, finding);
    }

    /// Says that the value at `path` is allowed but risky.
    fn risk(&mut self, path: &[&str], message: String, help: impl Into<String>) {
        let place = self.sources.place(self.sources.value(path), "this choice");
        self.say(path, Finding::warning(Code::Risk, message, help).at(place));
    }

    fn say(&mut self, path: &[&str], finding: Finding) {
        let within = |cut: &Vec<String>| cut.len() <= path.len() && cut.iter().zip(path).all(|(a, b)| a == b);
        if !self.cut.iter().any(within) {
            self.found.push(finding);
        }
    }

    /// Whether anything is written at `path`.
    fn written(&self, path: &[&str]) -> bool {
        self.sources.find(path).is_some_and(|node| !matches!(node.value, Val::Null))
    }

    /// Says that a name which is referred to at `path` is none of `known`.
    fn unknown<'b>(&mut self, path: &[&str], what: &str, name: &str, known: impl Iterator<Item = &'b str> + Clone) {
        let all = known.clone().next().map(|_| format!("there is {}", list(known.clone())));
        let all = all.unwrap_or_else(|| format!("the spec has no {what}"));
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`? {all}"),
            None => all,
        };
        self.error(Code::UnknownName, path, "this name", format!("there is no {what} `{name}`"), help);
    }

    /// The kind of the tier that `path` names, or a finding.
    fn tier(&mut self, path: &[&str], tier: &Name) -> Option<TierKind> {
        let spec = self.spec;
        let found = spec.vpc.subnets.get(tier.as_str());
        if found.is_none() {
            let names = spec.vpc.subnets.names().map(Name::as_str);
            self.unknown(path, "subnet tier", tier.as_str(), names);
        }
        found.map(|tier| tier.tier)
    }

    /// A duration's bounds, both included.
    fn within(&mut self, path: &[&str], value: Duration, least: Duration, most: Duration) {
        if !(least..=most).contains(&value) {
            let message = format!("`{}` does not take {value}", path.join("."));
            self.error(Code::OutOfRange, path, "this duration", message, format!("write one from {least} to {most}"));
        }
    }

    /// Whole days from none to 35, as AWS keeps backups and snapshots.
    fn retention(&mut self, path: &[&str], value: Duration) {
        if value.as_days().is_none_or(|days| days > 35) {
            let message = format!("`{}` does not take {value}", path.join("."));
            self.error(Code::OutOfRange, path, "this duration", message, "write whole days from `0d` (none) to `35d`");
        }
    }
}
