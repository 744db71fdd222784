//! `renamed_from`: the old key is gone, and nobody else claims it.
use super::check::Check;
use super::units::Name;
use crate::diag::Code;
use std::collections::BTreeMap;

pub fn check(cx: &mut Check<'_>) {
    let mut claimed: BTreeMap<(Vec<&str>, String), &str> = BTreeMap::new();
    for (path, old) in cx.fields.read::<Name>() {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let [map @ .., name, "renamed_from"] = path.as_slice() else { continue };
        let here = [map, &[old.as_str()]].concat();
        if here.iter().try_fold(cx.root, |node, step| node.get(step)).is_some() {
            let places = [(&path[..], "the old name"), (&here[..], "still here")];
            let message = format!("`{name}` was renamed from `{old}`, but that entry is still there");
            cx.both(Code::Renamed, places, message, "leave `renamed_from` out, or take the old entry away");
        }
        if let Some(other) = claimed.get(&(map.to_vec(), old.to_string())) {
            let first = [map, &[other, "renamed_from"]].concat();
            let places = [(&path[..], "this one"), (&first[..], "and this one")];
            let message = format!("`{other}` and `{name}` were both renamed from `{old}`");
            cx.both(Code::Renamed, places, message, "one entry can become only one");
        } else {
            claimed.insert((map.to_vec(), old.to_string()), name);
        }
    }
}
