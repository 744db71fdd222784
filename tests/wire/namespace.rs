use infra::kinds::{Kind, Namespace, Object, Ref};
use infra::model::Computed;

use super::eks_cluster::{cluster, ground};
use super::{Case, Sends};

pub fn namespace() -> Namespace {
    Namespace { cluster: Ref::to("main"), name: "wire".into(), pod_security: "restricted".into(), uid: Computed::default() }
}

/// What stands in a cluster stands on.
pub fn around() -> Vec<(&'static str, Object)> {
    ground().into_iter().chain([("eks_cluster.main", cluster().into()), ("namespace.main", namespace().into())]).collect()
}

pub fn case() -> Case {
    let variants = vec![
        ("name", Namespace { name: "wires".into(), ..namespace() }.into()),
        ("pod_security", Namespace { pod_security: "baseline".into(), ..namespace() }.into()),
    ];
    Case { address: "namespace.main", world: around(), variants }
}

/// The look at the stack's clusters is one that all lists share.
pub const SENDS: Sends = Sends { kind: Kind::Namespace, lists: &[], creates: &[], unseen: &[] };
