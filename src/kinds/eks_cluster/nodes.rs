//! What a cluster's nodes have and its pods ask for, pool by pool, as its API tells it, and as the sandbox would have it.
use super::super::manifest::fields;
use super::super::manifest::quantity::thousandths;
use super::super::sizing::{Amount, Metrics, Node, settled, told};
use super::*;
use crate::wire::kubernetes::{Kubernetes, Type};

const NODES: Type = Type { api: "v1", kind: "Node", plural: "nodes", namespaced: false };
const PODS: Type = Type { api: "v1", kind: "Pod", plural: "pods", namespaced: true };
const BUDGETS: Type = Type { api: "policy/v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets", namespaced: true };
const POOLS: Type = Type { api: "karpenter.sh/v1", kind: "NodePool", plural: "nodepools", namespaced: false };

/// The label that says of which pool a node is, and of which a pod wants one.
const POOL: &str = "karpenter.sh/nodepool";

/// Where pods go that name no pool.
const USUAL: &str = "general-purpose";

fn amount(of: &Value) -> Amount {
    let read = |name: &str| match &of[name] {
        Value::String(text) => thousandths(text),
        Value::Number(number) => thousandths(&number.to_string()),
        _ => None,
    };
    Amount { cpu: read("cpu").unwrap_or_default(), memory: read("memory").unwrap_or_default() }
}

/// What a pod's containers ask for together.
fn asked(pod: &Value) -> Amount {
    let all = pod["spec"]["containers"].as_array().into_iter().flatten().map(|c| amount(&c["resources"]["requests"]));
    all.fold(Amount::default(), |a, b| Amount { cpu: a.cpu + b.cpu, memory: a.memory + b.memory })
}

/// How a cluster's pools fare, a line each. Nothing where the caller may not look at nodes.
pub(super) async fn signs(cx: &Clients, api: &Kubernetes) -> Result<Vec<Sign>, CloudError> {
    let lists =
        futures_util::try_join!(api.list(cx, NODES, ""), api.list(cx, PODS, ""), api.list(cx, BUDGETS, ""), api.list(cx, POOLS, ""));
    match lists {
        Ok((nodes, pods, budgets, pools)) => {
            Ok(gathered(&nodes, &pods, &budgets, &pools).iter().map(|(name, pool)| told(name, pool)).collect())
        }
        Err(e) if e.class == Class::Denied || e.class == Class::NotFound => Ok(vec![]),
        Err(e) => Err(e),
    }
}

/// What is known of each pool that has nodes, or pods that wait for one.
fn gathered(nodes: &[Value], pods: &[Value], budgets: &[Value], pools: &[Value]) -> BTreeMap<String, Metrics> {
    let mut all: BTreeMap<String, Metrics> = BTreeMap::new();
    for node in nodes {
        let (pool, name) = (fields::text(&node["metadata"]["labels"][POOL]), &node["metadata"]["name"]);
        let on = pods.iter().filter(|pod| pod["spec"]["nodeName"] == *name && !over(pod)).map(asked);
        let asked = on.fold(Amount::default(), |a, b| Amount { cpu: a.cpu + b.cpu, memory: a.memory + b.memory });
        all.entry(pool).or_default().nodes.push(Node { room: amount(&node["status"]["allocatable"]), asked });
    }
    for pod in pods.iter().filter(|pod| waits(pod)) {
        let named = fields::text(&pod["spec"]["nodeSelector"][POOL]);
        let pool = if named.is_empty() { USUAL.to_owned() } else { named };
        all.entry(pool).or_default().pending.push(asked(pod));
    }
    // Nodes of no pool are nobody's here.
    all.remove("");
    let held: Vec<String> = budgets
        .iter()
        .filter(|b| holds(b))
        .map(|b| format!("{}/{}", fields::text(&b["metadata"]["namespace"]), fields::text(&b["metadata"]["name"])))
        .collect();
    for (name, pool) in &mut all {
        let limits = pools.iter().find(|p| p["metadata"]["name"] == **name).map(|p| &p["spec"]["limits"]);
        let limit = |resource: &str| limits.map(|l| amount(&serde_json::json!({ "cpu": l[resource] })).cpu).filter(|most| *most > 0);
        pool.most = [limit("cpu"), limit("memory")];
        pool.held.clone_from(&held);
    }
    all
}

/// Whether a pod has ended, and asks for nothing any more.
fn over(pod: &Value) -> bool {
    ["Failed", "Succeeded"].iter().any(|phase| pod["status"]["phase"] == *phase)
}

/// Whether no node has room for a pod (`PodScheduled`).
fn waits(pod: &Value) -> bool {
    let all = pod["status"]["conditions"].as_array().into_iter().flatten();
    all.filter(|c| c["type"] == "PodScheduled" && c["status"] == "False").any(|c| c["reason"] == "Unschedulable")
}

/// Whether a budget lets none of its pods away, though there are some.
fn holds(budget: &Value) -> bool {
    let count = |field: &str| budget["status"][field].as_i64().unwrap_or_default();
    count("expectedPods") > 0 && count("disruptionsAllowed") == 0
}

/// The same in the sandbox, where all that runs is the stack's; `nodes` of each pool where somebody has bent that.
pub(super) fn simulated(me: &Address, near: Near<'_>, nodes: Option<usize>) -> Vec<Sign> {
    let mut all: BTreeMap<String, (Vec<Amount>, [Option<u128>; 2])> = BTreeMap::new();
    for (_, deployment) in near.all::<Deployment>().into_iter().filter(|(_, d)| d.cluster.address() == *me) {
        let pool = deployment.node_pool.as_ref().and_then(|pool| near.get(pool));
        let most = pool.map_or([None, None], |pool| [&pool.cpu, &pool.memory].map(|most| thousandths(most.as_ref()?)));
        let asked =
            Amount { cpu: thousandths(&deployment.cpu).unwrap_or_default(), memory: thousandths(&deployment.memory).unwrap_or_default() };
        let entry = all.entry(pool.map_or_else(|| USUAL.to_owned(), |pool| pool.name.clone())).or_insert((vec![], most));
        entry.0.extend((0..deployment.pods()).map(|_| asked));
    }
    all.iter().filter(|(_, (pods, _))| !pods.is_empty()).map(|(name, (pods, most))| told(name, &settled(pods, *most, nodes))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What has ended asks for nothing, and a budget is told only where it lets no pod away.
    #[test]
    fn only_what_runs_and_holds_counts() {
        let pod = |phase: &str| {
            let containers = json!([{ "resources": { "requests": { "cpu": "500m", "memory": "1Gi" } } }]);
            json!({ "spec": { "nodeName": "n1", "containers": containers }, "status": { "phase": phase } })
        };
        let node = json!({
            "metadata": { "name": "n1", "labels": { POOL: "arm" } }, "status": { "allocatable": { "cpu": "2", "memory": "8Gi" } },
        });
        let budget = |name: &str, allowed: i64| {
            let status = json!({ "expectedPods": 2, "disruptionsAllowed": allowed });
            json!({ "metadata": { "namespace": "shop", "name": name }, "status": status })
        };
        let pods = ["Running", "Succeeded", "Failed"].map(pod);
        let found = gathered(&[node], &pods, &[budget("loose", 1), budget("tight", 0)], &[]);
        assert_eq!(found["arm"].nodes[0].asked.cpu, 500);
        assert_eq!(found["arm"].held, ["shop/tight"]);
    }
}
