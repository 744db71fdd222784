use infra::kinds::pod_identity_association::PODS;
use infra::kinds::{IamRole, Kind, Object, PodIdentityAssociation, Ref, ServiceAccount};
use infra::model::Computed;

use super::namespace::around;
use super::service_account::account;
use super::{Case, Sends};

pub fn association() -> PodIdentityAssociation {
    PodIdentityAssociation {
        cluster: Ref::to("main"),
        service_account: Ref::to("shop"),
        role: Ref::to("pods"),
        tags: [("Name".into(), "wire".into())].into(),
        arn: Computed::default(),
    }
}

/// What stands in a cluster, and an account whose pods are given a role.
pub fn identified() -> Vec<(&'static str, Object)> {
    let role = || IamRole { tags: [("Name".into(), "wire".into())].into(), ..IamRole::plain(PODS) };
    let mut world = around();
    world.extend([
        ("iam_role.pods", role().into()),
        ("service_account.shop", account().into()),
        ("pod_identity_association.shop", association().into()),
    ]);
    world
}

pub fn case() -> Case {
    let variants: Vec<(&str, Object)> = vec![
        ("role", PodIdentityAssociation { role: Ref::to("others"), ..association() }.into()),
        ("role and tags", PodIdentityAssociation { role: Ref::to("others"), tags: [].into(), ..association() }.into()),
        ("service_account", PodIdentityAssociation { service_account: Ref::to("other"), ..association() }.into()),
        ("tags", PodIdentityAssociation { tags: [("team".into(), "a b".into())].into(), ..association() }.into()),
    ];
    let mut world = identified();
    world.extend([
        ("iam_role.others", IamRole { tags: [("Name".into(), "wire".into())].into(), ..IamRole::plain(PODS) }.into()),
        ("service_account.other", ServiceAccount { name: "other".into(), ..account() }.into()),
    ]);
    Case { address: "pod_identity_association.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::PodIdentityAssociation, lists: &[], creates: &[], unseen: &[] };
