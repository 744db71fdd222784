//! What a spec of the right shape can still get wrong; all findings at once. Each section says what is wrong with itself; here is what it says it with.
use super::locate::Sources;
use super::lower::sketch;
use super::node::{Node, Val};
use super::peers::{self, Peers};
use super::schema_view::Fields;
use super::sections::Spec;
use super::suggest::{list, nearest};
use super::units::{Account, Duration, Name, TagKey};
use super::vpc::TierKind;
use super::{accept, cycles, reach, references, renamed, secrets};
use crate::diag::{Code, Finding, Named, Place, Risk};
use crate::kinds::{Address, Breach, broken, doubted, tagging};
use crate::model::partition;
use crate::stack::{Field, Stack};
use std::collections::BTreeSet;

/// Everything that is wrong or risky. What stands at a path in `cut` was wrong already: nothing that follows from it is said.
pub fn check(spec: &Spec, sources: &Sources, root: &Node, fields: &Fields<'_>, cut: BTreeSet<Vec<String>>) -> Vec<Finding> {
    let mut cx = Check { spec, sources, root, fields, peers: Peers::of(spec), cut, found: Vec::new() };
    tags(&mut cx);
    boundary(&mut cx);
    spec.check(&mut cx);
    peers::check(&mut cx);
    references::check(&mut cx);
    secrets::check(&mut cx);
    renamed::check(&mut cx);
    cycles::check(&mut cx);
    services(&mut cx);
    reach::check(&mut cx);
    accept::check(&mut cx);
    cx.found
}

/// What the services refuse of the objects that the spec asks for, and what they may refuse. Nothing is said of a field that was found wrong already.
fn services(cx: &mut Check<'_>) {
    let stack = sketch(cx.spec);
    for (address, breach) in broken(&stack.nodes) {
        let finding = Finding::error(breach.code, breach.message.as_str(), breach.help.as_str());
        follows(cx, &stack, &address, &breach, finding);
    }
    for (address, breach) in doubted(&stack.nodes) {
        let finding = Finding::warning(breach.code, breach.message.as_str(), breach.help.as_str());
        follows(cx, &stack, &address, &breach, finding);
    }
}

/// Says something of attributes of an object, at the fields that decide about them.
fn follows(cx: &mut Check<'_>, stack: &Stack, address: &Address, breach: &Breach, mut finding: Finding) {
    let mut paths: Vec<String> = breach.attributes.iter().map(|attribute| written(cx, stack, address, attribute)).collect();
    if let (Some(item), Some(list)) = (&breach.item, paths.first_mut()) {
        let items = list.split('.').try_fold(cx.root, |node, step| node.get(step)).map_or(&[][..], Node::items);
        if let Some(index) = items.iter().position(|node| node.as_text() == Some(item)) {
            *list = format!("{list}.{index}");
        }
    }
    let steps: Vec<Vec<&str>> = paths.iter().map(|path| path.split('.').collect()).collect();
    let mut seen = BTreeSet::new();
    for path in steps.iter().filter(|path| seen.insert((*path).clone())) {
        let field = path.last().copied().unwrap_or_default();
        // An item of a list has no name.
        let label = if field.bytes().all(|b| b.is_ascii_digit()) { "this value" } else { field };
        finding = finding.at(cx.sources.place(cx.sources.value(path), label));
    }
    let told =
        |f: &Finding| f.places.iter().any(|p| finding.places.iter().any(|q| (p.source.name(), &p.span) == (q.source.name(), &q.span)));
    let known = steps.iter().all(|path| cx.knows(path));
    if known && !cx.found.iter().any(|f| f.is_error() && told(f)) {
        cx.found.push(finding);
    }
}

/// The field that decides about an attribute: one that is written, if any is; else the place that the object comes from.
fn written(cx: &Check<'_>, stack: &Stack, address: &Address, attribute: &str) -> String {
    let fields = stack.fields_of(address, attribute);
    let there = |field: &&Field| cx.written(&field.path.split('.').collect::<Vec<_>>());
    let field = fields.iter().find(there).or(fields.first()).map(|field| field.path.clone());
    field.or(stack.origins.get(address).cloned()).unwrap_or_default()
}

/// Roles take the boundary from their own account.
fn boundary(cx: &mut Check<'_>) {
    if let Some((message, help)) = cx.spec.permissions_boundary.as_ref().and_then(|arn| cx.elsewhere(arn.as_str())) {
        cx.error(Code::BadArn, &["permissions_boundary"], "this policy", message, help);
    }
}

/// The stack's own tags.
fn tags(cx: &mut Check<'_>) {
    for key in cx.spec.tags.keys().map(TagKey::as_str) {
        if key == "Name" || key.to_lowercase().starts_with("infra:") || tagging::reserved(key) {
            let path = ["tags", key];
            let place = cx.sources.place(cx.sources.key(&path), "this tag");
            let help = "AWS keeps `aws:…` and `rds:…`, and infra sets `infra:…` and `Name` itself; write another key";
            cx.say(&[&path], Finding::error(Code::BadTag, format!("the tag `{key}` is not free"), help).at(place));
        }
    }
    let many = cx.spec.tags.len();
    if many > tagging::FREE {
        let help = format!("write {} at most: AWS takes 50, of which infra needs 6", tagging::FREE);
        cx.error(Code::Count, &["tags"], "these tags", format!("{many} tags are too many"), help);
    }
}

/// The spec that is looked at, and what was found so far.
pub struct Check<'a> {
    /// The spec, with every default filled in.
    pub spec: &'a Spec,
    /// What is written.
    pub sources: &'a Sources,
    /// The document, with what follows from it.
    pub root: &'a Node,
    /// Its fields, by their types.
    pub fields: &'a Fields<'a>,
    /// Who can be named as a peer.
    pub peers: Peers<'a>,
    /// Paths that were wrong already.
    cut: BTreeSet<Vec<String>>,
    /// What is wrong or risky.
    pub(super) found: Vec<Finding>,
}

impl Check<'_> {
    /// Says something about the value at `path`, which need not be written.
    pub fn error(&mut self, code: Code, path: &[&str], label: &str, message: String, help: impl Into<String>) {
        let place = self.sources.place(self.sources.value(path), label);
        self.say(&[path], Finding::error(code, message, help).at(place));
    }

    /// Says something about the values at two paths, of which the first is the one to change.
    pub fn both(&mut self, code: Code, places: [(&[&str], &str); 2], message: String, help: impl Into<String>) {
        let mut finding = Finding::error(code, message, help);
        for (path, label) in places {
            finding = finding.at(self.sources.place(self.sources.value(path), label));
        }
        self.say(&places.map(|(path, _)| path), finding);
    }

    /// Says that the value at `path` is allowed but risky.
    pub fn risk(&mut self, risk: Risk, path: &[&str], message: String, help: impl Into<String>) {
        let place = self.sources.place(self.sources.value(path), "this choice");
        self.risk_at(risk, path, message, help, vec![place]);
    }

    /// Says the same of several places, of which the first is the one at `path` or in it.
    pub fn risk_at(&mut self, risk: Risk, path: &[&str], message: String, help: impl Into<String>, places: Vec<Place>) {
        let help = format!("{}; or accept it: `accept: {{ {}: REASON }}`", help.into(), risk.text());
        let mut finding = places.into_iter().fold(Finding::warning(Code::Risk, message, help), Finding::at);
        finding.risk = Some(Named { risk, path: path.join("."), accepted: None }.into());
        self.say(&[path], finding);
    }

    /// Says something that follows from the values at `paths`, unless one of them was wrong already.
    pub fn say(&mut self, paths: &[&[&str]], finding: Finding) {
        if !paths.iter().any(|path| self.is_cut(path)) {
            self.found.push(finding);
        }
    }

    /// Whether the value at `path`, or something that it is part of, was wrong already.
    pub fn is_cut(&self, path: &[&str]) -> bool {
        let path: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
        !self.cut.is_empty() && (1..=path.len()).any(|depth| self.cut.contains(&path[..depth]))
    }

    /// Whether the value at `path` and all of its parts are as they were written. A check that needs more than the places it shows asks for the others.
    pub fn knows(&self, path: &[&str]) -> bool {
        let meets = |cut: &Vec<String>| cut.iter().zip(path).all(|(a, b)| a == b);
        !self.cut.iter().any(meets)
    }

    /// Whether all entries of the map at `path` are known by name.
    pub fn knows_names(&self, path: &[&str]) -> bool {
        let gone = |cut: &&Vec<String>| cut.len() == path.len() + 1 && cut.iter().zip(path).all(|(a, b)| a == b);
        let there = |cut: &Vec<String>| cut.iter().try_fold(self.root, |node, step| node.get(step)).is_some();
        !self.is_cut(path) && self.cut.iter().filter(gone).all(there)
    }

    /// Whether anything is written at `path`.
    pub fn written(&self, path: &[&str]) -> bool {
        self.sources.find(path).is_some_and(|node| !matches!(node.value, Val::Null))
    }

    /// Says that a name which is referred to at `path` is none of `known`, the entries of `maps`.
    pub fn unknown<'b>(&mut self, path: &[&str], maps: &[&[&str]], what: &str, name: &str, known: impl Iterator<Item = &'b str> + Clone) {
        if !maps.iter().all(|map| self.knows_names(map)) {
            return;
        }
        let all = known.clone().next().map(|_| format!("there is {}", list(known.clone())));
        let all = all.unwrap_or_else(|| format!("the spec has no {what}"));
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`? {all}"),
            None => all,
        };
        self.error(Code::UnknownName, path, "this name", format!("there is no {what} `{name}`"), help);
    }

    /// The kind of the tier that `path` names, or a finding; nothing, too, when its kind was wrong already.
    pub fn tier(&mut self, path: &[&str], tier: &Name) -> Option<TierKind> {
        let spec = self.spec;
        let found = spec.vpc.subnets.get(tier.as_str());
        if found.is_none() {
            let names = spec.vpc.subnets.names().map(Name::as_str);
            self.unknown(path, &[&["vpc", "subnets"]], "subnet tier", tier.as_str(), names);
        }
        found.map(|tier| tier.tier).filter(|_| self.knows(&["vpc", "subnets", tier.as_str(), "tier"]))
    }

    /// A duration's bounds, both included.
    pub fn within(&mut self, path: &[&str], value: Duration, least: Duration, most: Duration) {
        if !(least..=most).contains(&value) {
            let message = format!("`{}` does not take {value}", path.join("."));
            self.error(Code::OutOfRange, path, "this duration", message, format!("write one from {least} to {most}"));
        }
    }

    /// Why an ARN leads to nothing that the stack may use: it is of another partition than the stack's region, or of another account than `account`.
    pub fn elsewhere(&self, arn: &str) -> Option<(String, String)> {
        let parts: Vec<&str> = arn.split(':').collect();
        let (there, here) = (parts.get(1).copied().unwrap_or_default(), partition(self.spec.region.as_str()).name);
        if there != here && self.knows(&["region"]) {
            let message = format!("`{arn}` is not of the region's partition `{here}`");
            return Some((message, format!("write one that begins with `arn:{here}:`")));
        }
        let account = self.spec.account.as_ref().map(Account::as_str)?;
        let of = parts.get(4).copied().filter(|of| !of.is_empty() && *of != "aws" && *of != account)?;
        Some((format!("`{arn}` is of the account {of}, and the stack's is {account}"), "write one of the stack's own account".into()))
    }

    /// Whole days from none to 35, as AWS keeps backups and snapshots.
    pub fn retention(&mut self, path: &[&str], value: Duration) {
        if value.as_days().is_none_or(|days| days > 35) {
            let message = format!("`{}` does not take {value}", path.join("."));
            self.error(Code::OutOfRange, path, "this duration", message, "write whole days from `0d` (none) to `35d`");
        }
    }
}
