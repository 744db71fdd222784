//! `feature_flags`: one set of flags, and who is told of it.
use std::collections::{BTreeMap, BTreeSet};

use super::{Enabled, Flag as Entry, SET};
use crate::kinds::flag_set::Flag;
use crate::kinds::{FlagSet, Kind, Part, Text};
use crate::spec::Spec;
use crate::spec::lower::{Lower, output};
use crate::spec::units::{FlagKey, Name};

pub fn lower(entries: &BTreeMap<FlagKey, Entry>, l: &mut Lower<'_>) {
    if entries.is_empty() {
        return;
    }
    let flag = |entry: &Entry| match entry.enabled {
        Enabled::Always(on) => Flag { enabled: Some(on), initial: None },
        Enabled::Initially(on) => Flag { enabled: None, initial: Some(on) },
    };
    let flags: BTreeMap<String, Flag> = entries.iter().map(|(key, entry)| (key.to_string(), flag(entry))).collect();
    let turned = flags.iter().filter_map(|(key, flag)| Some((key.clone(), flag.initial?))).collect();
    let set = FlagSet { flags: flags.into(), turned, tags: l.tags("flags"), ..FlagSet::default() };
    l.add(SET, "feature_flags", set);
}

/// Whether an entry of another section asks for flags.
pub fn read_by(spec: &Spec, user: &Name) -> bool {
    spec.feature_flags.values().any(|flag| flag.allow_from.contains(user))
}

/// The ARNs of the flags that the role of an entry of another section may ask for.
pub fn told(l: &Lower<'_>, user: &Name) -> BTreeSet<Text> {
    read_by(l.spec, user).then(|| Text(output(Kind::FlagSet, SET, "configuration"))).into_iter().collect()
}

/// The path of the flags at AWS's agent ("Using AWS AppConfig Agent"), which takes `?flag=KEY` behind it.
pub fn path() -> Vec<Part> {
    let step = |before: &str, attr| [vec![Part::Literal(before.into())], output(Kind::FlagSet, SET, attr)].concat();
    [step("/applications/", "id"), step("/environments/", "environment"), step("/configurations/", "profile")].concat()
}
