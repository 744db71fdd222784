//! Parameters of engines, as RDS and ElastiCache show those of a group. A value that is the family's own is never shown as the user's (`Source`), though the
//! user asked for it: the names of all that are asked for are kept in tags, and their values are read wherever
//! they come from.
use super::facts::{Parameter, nearest};
use super::*;
use crate::diag::Code;

/// Keeps names of parameters; where one tag has no room, more follow under names with a number.
const TAG_ASKED: &str = "infra:asked";

/// Characters of a tag's value.
const ROOM: usize = 256;

/// A parameter of a group.
pub(super) struct Shown {
    pub name: String,
    pub value: Option<String>,
    /// Whether it was set here (`Source` is `user`).
    pub own: bool,
    /// Whether it is in force at once (`ApplyType` is `dynamic`).
    pub dynamic: bool,
}

/// What a group is to be told.
pub(super) struct Orders {
    pub set: Vec<Shown>,
    /// What is given back to the family.
    pub unset: Vec<Shown>,
}

/// What must be said so that a group that shows `all` has these parameters.
pub(super) fn orders(all: Vec<Shown>, want: &Open<String>) -> Orders {
    let mut orders = Orders { set: vec![], unset: vec![] };
    let mut missing: BTreeMap<&String, &String> = want.iter().collect();
    for shown in all {
        match missing.remove(&shown.name) {
            Some(value) if shown.value.as_ref() != Some(value) => orders.set.push(Shown { value: Some(value.clone()), ..shown }),
            None if shown.own => orders.unset.push(shown),
            _ => {}
        }
    }
    // What the family doesn't have the service refuses by name.
    let unknown = |(name, value): (&String, &String)| Shown { name: name.clone(), value: Some(value.clone()), own: false, dynamic: false };
    orders.set.extend(missing.into_iter().map(unknown));
    orders.set.sort_by(|a, b| a.name.cmp(&b.name));
    orders
}

/// The parameters that a group was asked for: its own, and those of these names.
pub(super) fn asked_for(all: Vec<Shown>, names: &BTreeSet<String>) -> Open<String> {
    let asked = all.into_iter().filter(|p| p.own || names.contains(&p.name));
    asked.filter_map(|p| Some((p.name, p.value?))).collect()
}

/// Whether these show all that the names say.
pub(super) fn complete(own: &[Shown], names: &BTreeSet<String>) -> bool {
    names.iter().all(|name| own.iter().any(|p| p.name == *name))
}

/// The tags that keep the names of all parameters that are asked for: which of them are the family's own, and so would not be seen, only the service knows.
pub(super) fn kept(asked: &Open<String>) -> Tags {
    tags_of(&asked.keys().cloned().collect())
}

/// Those of an earlier wish, of which nobody knows what they say: whatever is kept now is written again.
pub(super) fn kept_before(asked: &Open<String>) -> Tags {
    kept(asked).keys().map(|key| (key.clone(), String::new())).collect()
}

pub(super) fn tags_of(names: &BTreeSet<String>) -> Tags {
    let mut lines: Vec<String> = vec![];
    for name in names {
        match lines.last_mut().filter(|line| line.len() + name.len() < ROOM) {
            Some(line) => *line = format!("{line} {name}"),
            None => lines.push(name.clone()),
        }
    }
    let key = |i| if i == 0 { TAG_ASKED.to_owned() } else { format!("{TAG_ASKED}.{}", i + 1) };
    lines.into_iter().enumerate().map(|(i, line)| (key(i), line)).collect()
}

/// The names that tags keep.
pub(super) fn names_in(tags: &Tags) -> BTreeSet<String> {
    let kept = tags.iter().filter(|(key, _)| key.starts_with(TAG_ASKED)).flat_map(|(_, line)| line.split(' '));
    kept.map(String::from).collect()
}

/// What the service refuses of parameters that are new or have another value than before: those that the family doesn't have (`Could not find parameter with
/// name`), those that nobody may change (`IsModifiable`), and values that they don't take (`AllowedValues`).
pub(super) fn unoffered<'f>(
    family: &str,
    want: &Open<String>,
    before: Option<&Open<String>>,
    all: impl Fn() -> Option<&'f BTreeMap<String, Parameter>>,
) -> Vec<Breach> {
    let new: Vec<(&String, &String)> = want.iter().filter(|(name, value)| before.and_then(|b| b.get(*name)) != Some(*value)).collect();
    let Some(all) = (if new.is_empty() { None } else { all() }) else { return vec![] };
    new.into_iter().filter_map(|(name, value)| refused(family, name, value, all)).collect()
}

fn refused(family: &str, name: &str, value: &str, all: &BTreeMap<String, Parameter>) -> Option<Breach> {
    let (message, help) = match all.get(name) {
        None => {
            let near = nearest(name, all.keys());
            (format!("{family} has no parameter `{name}`"), near.map_or("leave it out".into(), |near| format!("did you mean `{near}`?")))
        }
        Some(p) if !p.modifiable => (format!("nobody can change the parameter `{name}` of {family}"), "leave it out".into()),
        Some(p) if !p.takes(value) => {
            (format!("the parameter `{name}` of {family} doesn't take `{value}`"), format!("it takes {}", p.allowed.replace(',', ", ")))
        }
        Some(_) => return None,
    };
    Some(Breach::new(Code::Refused, format!("parameters.{name}"), message, help))
}

/// Whether a parameter is read at a start alone.
pub(super) fn fixed(name: &str, all: Option<&BTreeMap<String, Parameter>>) -> bool {
    all.and_then(|all| all.get(name)).is_some_and(|p| !p.dynamic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_round_in_as_many_tags_as_they_need() {
        let names: BTreeSet<String> = (0..40).map(|i| format!("a_parameter_of_an_engine_{i}")).collect();
        let tags = tags_of(&names);
        assert!(tags.len() > 1 && tags.values().all(|line| line.len() <= ROOM), "{tags:?}");
        assert_eq!(names_in(&tags), names);
        assert_eq!(tags_of(&BTreeSet::new()), Tags::new());
    }
}
