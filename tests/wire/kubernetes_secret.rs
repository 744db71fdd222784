use infra::kinds::{Kind, KubernetesSecret, Ref};
use infra::model::{Computed, Secret};

use super::namespace::around;
use super::{Case, Sends};

pub fn secret(values: &[(&str, &str)]) -> KubernetesSecret {
    KubernetesSecret {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "shop".into(),
        values: values.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect(),
        uid: Computed::default(),
    }
}

pub fn case() -> Case {
    let own = || secret(&[("API_TOKEN", "correct horse"), ("KEY", "battery\nstaple")]);
    let world = around().into_iter().chain([("kubernetes_secret.shop", own().into())]).collect();
    let variants = vec![
        ("name", KubernetesSecret { name: "shop-web".into(), ..own() }.into()),
        ("values: another", secret(&[("API_TOKEN", "another"), ("KEY", "battery\nstaple")]).into()),
        ("values: under another name", secret(&[("API_KEY", "correct horse"), ("KEY", "battery\nstaple")]).into()),
        ("values: one less", secret(&[("KEY", "battery\nstaple")]).into()),
    ];
    Case { address: "kubernetes_secret.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::KubernetesSecret, lists: &[], creates: &[], unseen: &[] };
