//! Buckets.
use super::{Kept, Storage};
use crate::diag::{Code, Risk};
use crate::model::partition;
use crate::spec::check::Check;
use crate::spec::references;
use crate::spec::substitute::within;
use crate::spec::units::{Duration, Name};
use std::collections::{BTreeMap, BTreeSet};

pub fn check(name: &str, entry: &Storage, cx: &mut Check<'_>) {
    let path = |field| ["storage", name, field];
    users(cx, name, entry);
    encryption(cx, &path("encryption"), entry.encryption.as_str());
    days(cx, &path("abort_uploads"), entry.abort_uploads);
    if let Some(expire) = entry.expire {
        days(cx, &path("expire"), expire);
    }
    if let Some(archive) = &entry.archive {
        from(cx, &["storage", name, "archive", "after"], archive.after, 0);
    }
    if let Kept::For(duration) = entry.old_versions {
        days(cx, &path("old_versions"), duration);
    }
    for (index, rule) in entry.cors.iter().enumerate() {
        if let Some(age) = rule.max_age {
            cx.within(&["storage", name, "cors", &index.to_string(), "max_age"], age, Duration::seconds(0), Duration::days(1));
        }
    }
    if !entry.versioning {
        let message = format!("`storage.{name}` keeps no older versions: what is overwritten or deleted is gone");
        cx.risk(Risk::NoVersions, &path("versioning"), message, "leave it out where that matters");
    }
    entry.timeouts.check(cx, &["storage", name]);
}

/// Those who use it are there, each once.
fn users(cx: &mut Check<'_>, name: &str, entry: &Storage) {
    let spec = cx.spec;
    let mut seen: BTreeMap<&Name, String> = BTreeMap::new();
    for (index, grant) in entry.allow_from.iter().enumerate() {
        let index = index.to_string();
        let path = ["storage", name, "allow_from", index.as_str()];
        if !cx.knows(&["storage", name, "allow_from", index.as_str(), "name"]) {
            continue;
        }
        if !spec.compute.contains_key(&grant.name) && !spec.functions.contains_key(&grant.name) && spec.workload(&grant.name).is_none() {
            let workloads = spec.workloads().map(|(name, _)| name);
            let known = spec.compute.keys().chain(spec.functions.keys()).chain(workloads).map(Name::as_str);
            let long = ["storage", name, "allow_from", index.as_str(), "name"];
            let path = if grant.access.is_some() { &long[..] } else { &path[..] };
            let maps: [&[&str]; 3] = [&["compute"], &["functions"], &["kubernetes", "workloads"]];
            cx.unknown(path, &maps, "compute entry, function or workload", grant.name.as_str(), known);
        } else if let Some(first) = seen.get(&grant.name) {
            let before = ["storage", name, "allow_from", first.as_str()];
            let places = [(&path[..], "again here"), (&before[..], "first here")];
            let message = format!("`{}` stands twice in this list", grant.name);
            cx.both(Code::Duplicate, places, message, "keep one of them");
        } else {
            seen.insert(&grant.name, index);
        }
    }
}

/// S3 takes a key of its own partition and region.
fn encryption(cx: &mut Check<'_>, path: &[&str], written: &str) {
    let parts: Vec<&str> = written.split(':').collect();
    let [_, there, _, region, ..] = parts[..] else { return };
    let here = cx.spec.region.as_str();
    if (there, region) != (partition(here).name, here) && cx.knows(&["region"]) {
        let message = format!("the key `{written}` is not in the region `{here}`");
        let help = "S3 encrypts with keys of the bucket's own region; name one of those";
        cx.error(Code::BadArn, path, "this key", message, help);
    }
}

/// A lifecycle of S3 counts whole days, from 1.
fn days(cx: &mut Check<'_>, path: &[&str], value: Duration) {
    from(cx, path, value, 1);
}

fn from(cx: &mut Check<'_>, path: &[&str], value: Duration, least: u64) {
    if value.as_days().is_none_or(|days| days < least) {
        let message = format!("`{}` does not take {value}", path.join("."));
        cx.error(Code::OutOfRange, path, "this duration", message, format!("S3 counts whole days: write `{least}d` or more"));
    }
}

/// Whoever is told a bucket's name may use it.
pub fn unused(entries: &BTreeMap<Name, Storage>, cx: &mut Check<'_>) {
    let mut told = BTreeSet::new();
    let given: Vec<_> = references::all(cx.fields).map(|(path, reference)| (path.to_vec(), reference)).collect();
    for (path, reference) in given {
        let (section, user) = match path.as_slice() {
            [first, second, user, ..] if first == "kubernetes" && second == "workloads" => ("kubernetes.workloads", user),
            [section, user, ..] if ["compute", "functions"].contains(&section.as_str()) => (section.as_str(), user),
            _ => continue,
        };
        let Some(bucket) = reference.target.name.as_ref().filter(|_| reference.target.section == "storage") else { continue };
        let entry = entries.get(bucket).filter(|entry| !entry.allow_from.iter().any(|grant| grant.name.as_str() == user));
        let Some(entry) = entry else { continue };
        if !cx.knows(&["storage", bucket.as_str(), "allow_from"]) || !told.insert((user.clone(), bucket.clone())) {
            continue;
        }
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let users = entry.allow_from.iter().map(|grant| grant.name.as_str()).chain([user.as_str()]).collect::<Vec<_>>().join(", ");
        let message = format!("`{section}.{user}` is told of `storage.{bucket}`, which it may not use");
        let help = format!("write `allow_from: [{users}]` at `storage.{bucket}`");
        let here = within(cx.sources, cx.sources.value(&steps), &reference.to_string());
        let places = vec![
            cx.sources.place(here, "this reference"),
            cx.sources.place(cx.sources.key(&["storage", bucket.as_str()]), "lets in only whom it names"),
        ];
        cx.risk_at(Risk::Unreachable, &steps, message, help, places);
    }
}
