//! What a cluster would do about its nodes, as its API tells it.
use infra::cloud::Observe;
use infra::kinds::{Kind, Level, NodePool};
use infra::run::Outcome;
use serde_json::{Value, json};

use super::deployment::deployment;
use super::namespace::around;
use super::node_pool::pool;
use crate::support::cloudflare::Reaction;
use crate::support::kubernetes::Kubernetes;
use crate::support::kubernetes::world::{Object, World};
use crate::support::moto::Moto;
use crate::support::{apply, eks, plan_for, stack};

fn put(api: &Kubernetes, plural: &str, body: Value) {
    let mut world = api.world();
    let kind = world.kinds.iter().find(|k| k.plural == plural).unwrap().clone();
    let text = |field: &str| body["metadata"][field].as_str().unwrap_or_default().to_owned();
    let key = World::key(&kind, &text("namespace"), &text("name"));
    world.objects.insert(key, Object { body, managers: vec![] });
}

fn node(name: &str, pool: &str) -> Value {
    let labels = json!({ "karpenter.sh/nodepool": pool });
    let room = json!({ "cpu": "1930m", "memory": "7Gi", "pods": "29" });
    json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "labels": labels, "uid": name }, "status": { "allocatable": room } })
}

fn pod(name: &str, cpu: &str, node: Option<&str>, pool: Option<&str>) -> Value {
    let container = json!({ "name": "app", "resources": { "requests": { "cpu": cpu, "memory": "512Mi" } } });
    let waits = json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available" }]);
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": "theirs", "uid": name },
        "spec": { "containers": [container], "nodeName": node, "nodeSelector": pool.map(|pool| json!({ "karpenter.sh/nodepool": pool })) },
        "status": { "phase": if node.is_some() { "Running" } else { "Pending" }, "conditions": if node.is_some() { Value::Null } else { waits } },
    })
}

/// Pods that wait, limits, and budgets that hold nodes, pool by pool; whoever may not look at nodes is told the rest.
#[tokio::test]
async fn a_cluster_tells_which_nodes_would_do() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let small = NodePool { cpu: Some("4".into()), memory: None, ..pool() };
    let want =
        stack("wire-nodes", around().into_iter().chain([("deployment.shop", deployment().into()), ("node_pool.batch", small.into())]));
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    let told = async || {
        let live = cloud.list(Kind::EksCluster, "wire-nodes").await.unwrap().remove(0);
        let signs = cloud.health(&live).await.unwrap();
        signs.into_iter().map(|sign| (sign.level, sign.text)).collect::<Vec<_>>()
    };
    let active = (Level::Ok, "ACTIVE".to_owned());
    assert_eq!(told().await, std::slice::from_ref(&active), "it has no nodes");
    for (name, pool) in [("a", "general-purpose"), ("b", "general-purpose"), ("c", "batch")] {
        put(&api, "nodes", node(name, pool));
    }
    put(&api, "pods", pod("one", "600m", Some("a"), None));
    put(&api, "pods", pod("two", "300m", Some("b"), None));
    put(&api, "pods", pod("work", "1900m", Some("c"), Some("batch")));
    put(&api, "pods", pod("wait-1", "1900m", None, Some("batch")));
    put(&api, "pods", pod("wait-2", "1900m", None, Some("batch")));
    let batch = "pool batch: 1 node, 98% of CPU and 7% of memory asked for; 2 pods wait for a node, 3 would do; its limit of CPU allows 2";
    let general = "pool general-purpose: 2 nodes, 23% of CPU and 7% of memory asked for, 1 would do";
    assert_eq!(told().await, [active.clone(), (Level::Warning, batch.into()), (Level::Ok, general.into())]);
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": "shop", "namespace": "theirs", "uid": "b" },
        "status": { "expectedPods": 2, "disruptionsAllowed": 0 },
    });
    put(&api, "poddisruptionbudgets", budget);
    let held = format!("{general}; all stay, as budgets let no pod away: `theirs/shop`");
    assert_eq!(told().await[2], (Level::Warning, held));
    api.rule(|call, _| match call.path.ends_with("/nodes") {
        true => Reaction::Answer { status: 403, headers: vec![], body: json!({ "reason": "Forbidden", "message": "nodes is forbidden" }) },
        false => Reaction::Pass,
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(told().await, [active]);
}
