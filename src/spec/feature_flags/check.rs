//! Who asks for flags.
use super::{FeatureFlags, Flag, deployment};
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::references;
use crate::spec::substitute::within;
use crate::spec::units::{FlagKey, Name};
use std::collections::{BTreeMap, BTreeSet};

pub fn check(section: &FeatureFlags, cx: &mut Check<'_>) {
    let flags = &section.flags;
    if let Some(said) = &section.deployment {
        deployment::check(said, cx);
        if flags.is_empty() && cx.knows_names(&["feature_flags"]) {
            deployment::idle(cx);
        }
    }
    for (key, flag) in flags {
        readers(key.as_str(), flag, cx);
    }
    if let Some(key) = flags.keys().next() {
        unread(flags, key.as_str(), cx);
    }
}

/// Those who ask for a flag are there, each once.
fn readers(key: &str, flag: &Flag, cx: &mut Check<'_>) {
    let spec = cx.spec;
    let mut seen: BTreeMap<&Name, String> = BTreeMap::new();
    for (index, name) in flag.allow_from.iter().enumerate() {
        let index = index.to_string();
        let path = ["feature_flags", key, "allow_from", index.as_str()];
        if !cx.knows(&path) {
            continue;
        }
        if !spec.compute.contains_key(name) && !spec.functions.contains_key(name) && spec.workload(name).is_none() {
            let workloads = spec.workloads().map(|(name, _)| name);
            let known = spec.compute.keys().chain(spec.functions.keys()).chain(workloads).map(Name::as_str);
            let maps: [&[&str]; 3] = [&["compute"], &["functions"], &["kubernetes", "workloads"]];
            cx.unknown(&path, &maps, "compute entry, function or workload", name.as_str(), known);
        } else if let Some(first) = seen.get(name) {
            let before = ["feature_flags", key, "allow_from", first.as_str()];
            let places = [(&path[..], "again here"), (&before[..], "first here")];
            cx.both(Code::Duplicate, places, format!("`{name}` stands twice in this list"), "keep one of them");
        } else {
            seen.insert(name, index);
        }
    }
}

/// Whoever is told where flags are may ask for them.
fn unread(flags: &BTreeMap<FlagKey, Flag>, first: &str, cx: &mut Check<'_>) {
    let mut told = BTreeSet::new();
    let given: Vec<_> = references::all(cx.fields).map(|(path, reference)| (path.to_vec(), reference)).collect();
    for (path, reference) in given {
        let (section, user) = match path.as_slice() {
            [first, second, user, ..] if first == "kubernetes" && second == "workloads" => ("kubernetes.workloads", user),
            [section, user, ..] if ["compute", "functions"].contains(&section.as_str()) => (section.as_str(), user),
            _ => continue,
        };
        let tells = reference.target.section == "feature_flags";
        let may = flags.values().any(|flag| flag.allow_from.iter().any(|name| name.as_str() == user));
        let known = flags.keys().all(|key| cx.knows(&["feature_flags", key.as_str(), "allow_from"]));
        if !tells || may || !known || !told.insert(user.clone()) {
            continue;
        }
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let message = format!("`{section}.{user}` is told where the feature flags are, which it may not ask for");
        let help = format!("write `allow_from: [{user}]` at the flags that it asks for");
        let here = within(cx.sources, cx.sources.value(&steps), &reference.to_string());
        let places = vec![
            cx.sources.place(here, "this reference"),
            cx.sources.place(cx.sources.key(&["feature_flags", first]), "nobody of this name may ask"),
        ];
        cx.risk_at(Risk::Unreachable, &steps, message, help, places);
    }
}
