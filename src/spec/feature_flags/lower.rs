//! `feature_flags`: one set of flags, and who is told of it.
use std::collections::{BTreeMap, BTreeSet};

use super::{Enabled, FeatureFlags, Flag as Entry, SET, deployment};
use crate::kinds::flag_set::Flag;
use crate::kinds::{Address, FlagSet, IamRole, Kind, Part, Ref, Text, foreign};
use crate::model::partition::principal;
use crate::spec::Spec;
use crate::spec::lower::{Lower, allow, output};
use crate::spec::units::Name;

/// The role by which AppConfig looks at alarms. No name that a user can write has an underscore.
const ALARMS: &str = "flag_alarms";

pub fn lower(section: &FeatureFlags, l: &mut Lower<'_>) {
    let entries = &section.flags;
    if entries.is_empty() {
        return;
    }
    let flag = |entry: &Entry| match entry.enabled {
        Enabled::Always(on) => Flag { enabled: Some(on), initial: None },
        Enabled::Initially(on) => Flag { enabled: None, initial: Some(on) },
    };
    let flags: BTreeMap<String, Flag> = entries.iter().map(|(key, entry)| (key.to_string(), flag(entry))).collect();
    let turned = flags.iter().filter_map(|(key, flag)| Some((key.clone(), flag.initial?))).collect();
    let mut set = FlagSet { flags: flags.into(), turned, complete: true, tags: l.tags("flags"), ..FlagSet::default() };
    if let Some(said) = &section.deployment {
        set.strategy = said.pace();
        watched(&mut set, deployment::alarms(said, l.spec), l);
    }
    l.add(SET, "feature_flags", set);
}

/// The alarms that AppConfig looks at, and the role by which it does ("Configure permissions for automatic rollback").
fn watched(set: &mut FlagSet, (own, others): (BTreeSet<Address>, BTreeSet<String>), l: &mut Lower<'_>) {
    let (metric, composite): (Vec<Address>, Vec<Address>) = own.into_iter().partition(|alarm| alarm.kind == Kind::MetricAlarm);
    set.alarms = metric.into_iter().map(|alarm| Ref::to(alarm.name)).chain(others.iter().map(|name| Ref::to(foreign(name)))).collect();
    set.composites = composite.into_iter().map(|alarm| Ref::to(alarm.name)).collect();
    if set.alarms.is_empty() && set.composites.is_empty() {
        return;
    }
    let role = IamRole {
        permissions_boundary: l.boundary(),
        inline_policies: [("look-at-alarms".into(), allow(&["cloudwatch:DescribeAlarms"], &["*".into()]).into())].into(),
        tags: l.tags("flag-alarms"),
        ..IamRole::plain(principal!("appconfig"))
    };
    l.add(ALARMS, "feature_flags.deployment", role);
    set.role = Some(Ref::to(ALARMS));
}

/// Whether an entry of another section asks for flags.
pub fn read_by(spec: &Spec, user: &Name) -> bool {
    spec.feature_flags.flags.values().any(|flag| flag.allow_from.contains(user))
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
