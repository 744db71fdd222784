use infra::kinds::{Deployment, Kind, KubernetesService, Object, Ref};
use infra::model::Computed;

use super::deployment::deployment;
use super::namespace::around;
use super::{Case, Sends};

pub fn service() -> KubernetesService {
    KubernetesService {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: "shop".into(),
        deployment: Ref::to("shop"),
        r#type: "ClusterIP".into(),
        port: 80,
        target_port: 8080,
        address: Computed::default(),
        uid: Computed::default(),
    }
}

pub fn case() -> Case {
    let mut world = around();
    world.extend([
        ("deployment.shop", deployment().into()),
        ("deployment.other", Deployment { name: "other".into(), ..deployment() }.into()),
        ("service.shop", service().into()),
    ]);
    let with = |change: fn(&mut KubernetesService)| {
        let mut other = service();
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("deployment", with(|s| s.deployment = Ref::to("other"))),
        ("name", with(|s| s.name = "shops".into())),
        ("port", with(|s| s.port = 8080)),
        ("target_port", with(|s| s.target_port = 9090)),
    ];
    Case { address: "service.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::KubernetesService, lists: &[], creates: &[], unseen: &[] };
