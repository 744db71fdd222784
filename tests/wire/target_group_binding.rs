use std::time::Duration;

use infra::kinds::{Kind, KubernetesService, Object, Ref, TargetGroup, TargetGroupBinding};
use infra::model::Computed;
use infra::run::{Event, Outcome};

use super::deployment::deployment;
use super::load_balancer::load_balancer;
use super::namespace::around;
use super::service::service;
use super::target_group::target_group;
use super::{Case, Sends};
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;
use crate::support::{apply, eks, plan_for, settled, stack};

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

/// Pods that are never registered end the run when its time is over, in the words of whoever was to register them.
#[tokio::test]
async fn a_binding_that_isnt_carried_out_says_why() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let without = stack("wire-binding", bound().into_iter().filter(|(a, _)| !a.starts_with("target_group_binding")));
    let plan = plan_for(&cloud, &without).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    api.fate("shop", Fate::Waits("FailedRegistration", "the security group of the pods isn't tagged"));
    let mut plan = plan_for(&cloud, &stack("wire-binding", bound())).await.unwrap();
    plan.steps.iter_mut().for_each(|step| step.timeouts.create = Some(Duration::from_secs(1)));
    let (outcome, events) = apply(&cloud, &plan, "r2").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
    let failed = events.iter().find_map(|e| if let Event::Failed(_, e) = e { Some(e.to_string()) } else { None }).unwrap();
    let says = "to be carried out: Registered is false: FailedRegistration: the security group of the pods isn't tagged";
    assert!(failed.contains(says), "{failed}");
    api.world().fates.clear();
    settled(&cloud, &without, "r2").await;
}
