use infra::kinds::{Kind, PrefixList};

use super::{Case, Sends};

pub fn prefix_list() -> PrefixList {
    PrefixList {
        max_entries: 5,
        entries: [("198.51.100.0/24".into(), "edge".into()), ("203.0.113.0/24".into(), String::new())].into(),
        tags: [("Name".into(), "edge".into())].into(),
    }
}

/// Neither `max_entries` nor a description changes: the emulator ignores the one, and adds the entry once more for the other. The requests
/// for these are in `replay_prefix_list`.
pub fn case() -> Case {
    let base = prefix_list();
    let entries = |entries: &[(&str, &str)]| entries.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let more = entries(&[("192.0.2.0/24", "new"), ("198.51.100.0/24", "edge"), ("203.0.113.0/24", "")]);
    let variants = vec![
        ("one entry more", PrefixList { entries: more, ..base.clone() }.into()),
        ("other entries", PrefixList { entries: entries(&[("192.0.2.0/24", ""), ("203.0.113.0/24", "")]), ..base.clone() }.into()),
        ("no entry", PrefixList { entries: [].into(), ..base.clone() }.into()),
        ("tags", PrefixList { tags: [("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    Case { address: "prefix_list.edge", world: vec![("prefix_list.edge", base.into())], variants }
}

pub const SENDS: Sends = Sends { kind: Kind::PrefixList, lists: &["DescribeManagedPrefixLists"], creates: &[], unseen: &[] };
