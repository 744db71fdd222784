use infra::kinds::{Kind, Ref, ServiceAccount};
use infra::model::Computed;

use super::namespace::around;
use super::{Case, Sends};

pub fn account() -> ServiceAccount {
    ServiceAccount {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "shop".into(),
        automount_token: false,
        uid: Computed::default(),
    }
}

pub fn case() -> Case {
    let world = around().into_iter().chain([("service_account.shop", account().into())]).collect();
    let variants = vec![
        ("automount_token", ServiceAccount { automount_token: true, ..account() }.into()),
        ("name", ServiceAccount { name: "shops".into(), ..account() }.into()),
    ];
    Case { address: "service_account.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::ServiceAccount, lists: &[], creates: &[], unseen: &[] };
