use std::time::Duration;

use infra::kinds::{Deployment, Kind, NodePool, Object, Ref};
use infra::model::Computed;
use infra::run::{Event, Outcome};

use super::deployment::deployment;
use super::namespace::around;
use super::{Case, Sends};
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;
use crate::support::{apply, eks, plan_for, settled, stack};

pub fn pool() -> NodePool {
    NodePool {
        cluster: Ref::to("main"),
        name: "batch".into(),
        capacity: "spot".into(),
        architecture: "arm64".into(),
        cpu: Some("64".into()),
        memory: Some("256Gi".into()),
        disruption: "10%".into(),
        uid: Computed::default(),
    }
}

pub fn case() -> Case {
    let with = |change: fn(&mut NodePool)| {
        let mut other = pool();
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("architecture", with(|p| p.architecture = "amd64".into())),
        ("capacity", with(|p| p.capacity = "on-demand".into())),
        ("cpu", with(|p| p.cpu = Some("1k".into()))),
        ("cpu: any", with(|p| p.cpu = None)),
        ("disruption", with(|p| p.disruption = "1".into())),
        ("memory: any", with(|p| (p.cpu, p.memory) = (None, None))),
        ("name", with(|p| p.name = "batches".into())),
    ];
    let world = around().into_iter().chain([("node_pool.batch", pool().into())]).collect();
    Case { address: "node_pool.batch", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::NodePool, lists: &[], creates: &[], unseen: &[] };

/// A workload moves to a pool that is there by then, and the pool goes when nothing is on it any more.
#[tokio::test]
async fn workloads_move_between_pools() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let shop = |pool: Option<&str>| -> Object { Deployment { node_pool: pool.map(Ref::to), ..deployment() }.into() };
    let without = stack("wire-pools", around().into_iter().chain([("deployment.shop", shop(None))]));
    let with =
        stack("wire-pools", around().into_iter().chain([("deployment.shop", shop(Some("batch"))), ("node_pool.batch", pool().into())]));
    for (run, want) in [("r1", &without), ("r2", &with), ("r3", &without)] {
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        settled(&cloud, want, run).await;
        let pod = api.world().of("apps", "deployments").next().unwrap().1.body["spec"]["template"]["spec"].clone();
        assert_eq!(pod["nodeSelector"]["karpenter.sh/nodepool"].as_str(), (run == "r2").then_some("batch"), "{pod:#}");
        assert_eq!(pod["tolerations"][0]["value"].as_str(), (run == "r2").then_some("batch"), "{pod:#}");
    }
    let writes: Vec<String> = api.log().iter().filter(|c| c.method != "GET").map(|c| format!("{} {}", c.method, c.path)).collect();
    let at = |what: &str| writes.iter().rposition(|w| w.contains(what)).unwrap_or_else(|| panic!("{what}: {writes:#?}"));
    assert!(at("PATCH /apis/apps/v1/namespaces/wire/deployments/shop") < at("DELETE /apis/karpenter.sh/v1/nodepools/batch"));
}

/// A pool is there when nodes may come of it; one that is wrong itself ends the run at once, and one whose class has no nodes when its time is over, both in
/// the controller's own words.
#[tokio::test]
async fn a_pool_is_there_when_nodes_may_come() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let without = stack("wire-pools", around());
    let with = |change: fn(&mut NodePool)| {
        let mut own = pool();
        change(&mut own);
        stack("wire-pools", around().into_iter().chain([("node_pool.batch", own.into())]))
    };
    let plan = plan_for(&cloud, &without).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    let failed =
        |events: &[Event]| events.iter().find_map(|e| if let Event::Failed(_, e) = e { Some(e.to_string()) } else { None }).unwrap();
    let fails = async |run: &str, fate: Fate| {
        api.fate("batch", fate);
        let mut plan = plan_for(&cloud, &with(|_| ())).await.unwrap();
        plan.steps.iter_mut().for_each(|step| step.timeouts.create = Some(Duration::from_secs(1)));
        let (outcome, events) = apply(&cloud, &plan, run).await;
        assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
        api.world().fates.clear();
        settled(&cloud, &without, run).await;
        failed(&events)
    };
    let said = fails("r2", Fate::Stuck("NodePoolValidationFailed", "label domain \"karpenter.sh\" is restricted")).await;
    assert!(said.contains("label domain \"karpenter.sh\" is restricted") && !said.contains("waited"), "{said}");
    let said = fails("r3", Fate::Waits("NodeClassNotReady", "no subnet has the tags that are asked for")).await;
    let says = "/nodepools/batch to be ready: NodeClassReady is false: NodeClassNotReady: no subnet has the tags that are asked for";
    assert!(said.contains(says) && !said.contains("UnhealthyDependents"), "{said}");

    // A change that its controller refuses leaves the pool as it was.
    let plan = plan_for(&cloud, &with(|_| ())).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r4").await.0, Outcome::Applied);
    let plan = plan_for(&cloud, &with(|p| p.cpu = Some("32".into()))).await.unwrap();
    api.fate("batch", Fate::Stuck("NodePoolValidationFailed", "a limit is too low"));
    let (outcome, events) = apply(&cloud, &plan, "r5").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))) && failed(&events).contains("a limit is too low"), "{outcome:?} {events:#?}");
    api.world().fates.clear();
    settled(&cloud, &with(|_| ()), "r5").await;
    let plan = plan_for(&cloud, &without).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r6").await.0, Outcome::Applied);

    // What isn't known yet may still come, of a new pool and of one that is changed.
    for (run, want) in [("r7", with(|_| ())), ("r8", with(|p| p.capacity = "on-demand".into()))] {
        api.fate("batch", Fate::Slow);
        let (plan, before) = (plan_for(&cloud, &want).await.unwrap(), api.log().len());
        let looks = || api.log()[before..].iter().filter(|call| call.method == "GET" && call.path.ends_with("/nodepools/batch")).count();
        let ((outcome, events), seen) = tokio::join!(apply(&cloud, &plan, run), async {
            for _ in 0..500 {
                if looks() < 6 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
            api.world().fates.clear();
            looks()
        });
        assert!(outcome == Outcome::Applied && seen >= 6, "{run} {seen} {events:#?}");
        settled(&cloud, &want, run).await;
    }
}
