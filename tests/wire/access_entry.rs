use infra::kinds::access_entry::{ADMIN, VIEW, policy};
use infra::kinds::{AccessEntry, Kind, Object, Ref};
use infra::model::Computed;

use super::eks_cluster::{cluster, ground};
use super::{Case, Sends};

pub fn case() -> Case {
    let entry = || AccessEntry {
        cluster: Ref::to("main"),
        principal: "arn:aws:iam::123456789012:role/ops".into(),
        policies: [policy("aws", ADMIN)].into(),
        tags: [("Name".into(), "wire".into())].into(),
        arn: Computed::default(),
    };
    let variants: Vec<(&str, Object)> = vec![
        ("policies", AccessEntry { policies: [policy("aws", VIEW)].into(), ..entry() }.into()),
        ("policies: none", AccessEntry { policies: [].into(), ..entry() }.into()),
        ("principal", AccessEntry { principal: "arn:aws:iam::123456789012:role/teams/dev".into(), ..entry() }.into()),
        ("tags", AccessEntry { tags: [("team".into(), "a b".into())].into(), ..entry() }.into()),
    ];
    let world = ground().into_iter().chain([("eks_cluster.main", cluster().into()), ("access_entry.ops", entry().into())]).collect();
    Case { address: "access_entry.ops", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::AccessEntry, lists: &[], creates: &[], unseen: &[] };
