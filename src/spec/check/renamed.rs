//! `renamed_from`: the old key is gone, and nobody else claims it.
use super::Check;
use crate::diag::Code;
use crate::spec::units::Name;

pub(super) fn check(cx: &mut Check<'_>) {
    let spec = cx.spec;
    let vpc = &spec.vpc;
    section(cx, &["compute"], spec.compute.iter().map(|(name, e)| (name.as_str(), &e.renamed_from)));
    section(cx, &["cache"], spec.cache.iter().map(|(name, e)| (name.as_str(), &e.renamed_from)));
    section(cx, &["database"], spec.database.iter().map(|(name, e)| (name.as_str(), &e.renamed_from)));
    let records = spec.cdn.iter().flat_map(|cdn| &cdn.records);
    section(cx, &["cdn", "records"], records.map(|(name, e)| (name.as_str(), &e.renamed_from)));
    section(cx, &["vpc", "subnets"], vpc.subnets.iter().map(|(name, e)| (name.as_str(), &e.renamed_from)));
    let groups = vpc.security_groups.iter().map(|(name, e)| (name.as_str(), &e.renamed_from));
    section(cx, &["vpc", "security_groups"], groups);
}

fn section<'a>(cx: &mut Check<'_>, section: &[&str], entries: impl Iterator<Item = (&'a str, &'a Option<Name>)> + Clone) {
    for (position, (name, old)) in entries.clone().enumerate() {
        let Some(old) = old else { continue };
        let path: Vec<&str> = section.iter().copied().chain([name, "renamed_from"]).collect();
        if entries.clone().any(|(other, _)| other == old.as_str()) {
            let here: Vec<&str> = section.iter().copied().chain([old.as_str()]).collect();
            let places = [(&path[..], "the old name"), (&here[..], "still here")];
            let message = format!("`{name}` was renamed from `{old}`, but that entry is still there");
            cx.both(Code::Renamed, places, message, "leave `renamed_from` out, or take the old entry away");
        }
        let same = |other: &(&str, &Option<Name>)| other.1.as_ref() == Some(old);
        if let Some((other, _)) = entries.clone().take(position).find(same) {
            let first: Vec<&str> = section.iter().copied().chain([other, "renamed_from"]).collect();
            let places = [(&path[..], "this one"), (&first[..], "and this one")];
            let message = format!("`{other}` and `{name}` were both renamed from `{old}`");
            cx.both(Code::Renamed, places, message, "one entry can become only one");
        }
    }
}
