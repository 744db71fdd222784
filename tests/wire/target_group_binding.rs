use infra::kinds::{Kind, KubernetesService, Object, Ref, TargetGroup, TargetGroupBinding};
use infra::model::Computed;

use super::deployment::deployment;
use super::load_balancer::load_balancer;
use super::namespace::around;
use super::service::service;
use super::target_group::target_group;
use super::{Case, Sends};

pub fn binding() -> TargetGroupBinding {
    TargetGroupBinding {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        target_group: Ref::to("shop"),
        service: Ref::to("shop"),
        port: 80,
        uid: Computed::default(),
    }
}

/// A workload, and the group that its pods are registered in.
pub fn bound() -> Vec<(&'static str, Object)> {
    let group = || Object::from(TargetGroup { cluster: Some(Ref::to("main")), ..target_group() });
    let mut world = around();
    world.extend([
        ("load_balancer.main", load_balancer().into()),
        ("target_group.shop", group()),
        ("target_group.other", group()),
        ("deployment.shop", deployment().into()),
        ("service.shop", service().into()),
        ("service.other", KubernetesService { name: "other".into(), ..service() }.into()),
        ("service.third", KubernetesService { name: "third".into(), port: 8080, ..service() }.into()),
        ("target_group_binding.shop", binding().into()),
    ]);
    world
}

pub fn case() -> Case {
    let variants: Vec<(&str, Object)> = vec![
        ("service", TargetGroupBinding { service: Ref::to("other"), ..binding() }.into()),
        ("service and port", TargetGroupBinding { service: Ref::to("third"), port: 8080, ..binding() }.into()),
        ("target_group", TargetGroupBinding { target_group: Ref::to("other"), ..binding() }.into()),
    ];
    Case { address: "target_group_binding.shop", world: bound(), variants }
}

pub const SENDS: Sends = Sends { kind: Kind::TargetGroupBinding, lists: &[], creates: &[], unseen: &[] };
