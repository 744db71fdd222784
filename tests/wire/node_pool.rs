use infra::kinds::{Deployment, Kind, NodePool, Object, Ref};
use infra::model::Computed;
use infra::run::Outcome;

use super::deployment::deployment;
use super::namespace::around;
use super::{Case, Sends};
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
