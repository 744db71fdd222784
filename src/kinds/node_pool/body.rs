//! A pool as it is applied, and as it is read.
use serde_json::json;

use super::super::manifest::quantity::canonical;
use super::*;
use crate::model::partition::principal;

/// `karpenter.sh/capacity-type`.
pub const CAPACITIES: &[&str] = &["on-demand", "spot"];

/// `kubernetes.io/arch`.
pub const ARCHITECTURES: &[&str] = &["amd64", "arm64"];

/// The label that a node has of its pool.
const POOL: &str = "karpenter.sh/nodepool";

/// The taint of a pool's nodes: pods that don't name the pool stay away.
const TAINT: &str = "infra.dev/node-pool";

/// What brings pods to a pool's nodes (`nodeSelector`).
pub fn selector(pool: &str) -> Value {
    json!({ POOL: pool })
}

/// What lets them stay there (`tolerations`).
pub fn toleration(pool: &str) -> Value {
    json!([{ "key": TAINT, "operator": "Equal", "value": pool, "effect": "NoSchedule" }])
}

/// What nodes are made of: sizes and generations as those of EKS's own pool `general-purpose` ("Built-in NodePool Reference").
fn requirements(capacity: &str, architecture: &str) -> Value {
    let one = |key: &str, operator: &str, values: &[&str]| json!({ "key": key, "operator": operator, "values": values });
    json!([
        one("karpenter.sh/capacity-type", "In", &[capacity]),
        one("kubernetes.io/arch", "In", &[architecture]),
        one(concat!(principal!("eks"), "/instance-category"), "In", &["c", "m", "r"]),
        one(concat!(principal!("eks"), "/instance-generation"), "Gt", &["4"]),
    ])
}

/// What a pool's nodes have in common, whatever is asked for: they live as long as those of `general-purpose`, and are emptied for a day at most.
fn template(pool: &str, capacity: &str, architecture: &str) -> Value {
    json!({ "spec": {
        "nodeClassRef": { "group": principal!("eks"), "kind": "NodeClass", "name": "default" },
        "requirements": requirements(capacity, architecture),
        "taints": [{ "key": TAINT, "value": pool, "effect": "NoSchedule" }],
        "expireAfter": "336h",
        "terminationGracePeriod": "24h",
    } })
}

/// The one value that a requirement allows.
fn required(object: &Value, key: &str) -> String {
    let mut all = object["spec"]["template"]["spec"]["requirements"].as_array().into_iter().flatten();
    all.rfind(|r| r["key"] == key).map(|r| fields::text(&r["values"][0])).unwrap_or_default()
}

impl Manifest for NodePool {
    const TYPE: Type = Type { api: "karpenter.sh/v1", kind: "NodePool", plural: "nodepools", namespaced: false };

    fn cluster(&self) -> &Ref<EksCluster> {
        &self.cluster
    }

    fn namespace(&self) -> Option<&Ref<Namespace>> {
        None
    }

    fn name(&self, _links: &Links) -> Result<String, CloudError> {
        Ok(self.name.clone())
    }

    fn uid(&self) -> &Computed<String> {
        &self.uid
    }

    fn body(&self, _links: &Links) -> Result<Value, CloudError> {
        let disruption = json!({
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
            "consolidateAfter": "30s",
            "budgets": [{ "nodes": self.disruption }],
        });
        let mut spec = json!({ "template": template(&self.name, &self.capacity, &self.architecture), "disruption": disruption });
        for (name, most) in [("cpu", &self.cpu), ("memory", &self.memory)] {
            if let Some(most) = most {
                spec["limits"][name] = most.as_str().into();
            }
        }
        Ok(json!({ "spec": spec }))
    }

    /// Nodes of another kind, or that may be emptied at certain times alone, read as something that differs from all that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let spec = &object["spec"];
        let (capacity, architecture) = (required(object, "karpenter.sh/capacity-type"), required(object, "kubernetes.io/arch"));
        let asked = template(&at.name, &capacity, &architecture);
        let plain = asked["spec"].as_object().into_iter().flatten().all(|(field, value)| spec["template"]["spec"][field] == *value);
        let limit = |name: &str| {
            let text = match &spec["limits"][name] {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some(canonical(&text).unwrap_or(text))
        };
        let budgets = spec["disruption"]["budgets"].as_array();
        let budget = budgets.filter(|all| all.len() == 1 && all[0].as_object().is_some_and(|one| one.len() == 1));
        NodePool {
            cluster: Ref::to(&at.cluster),
            name: at.name.clone(),
            capacity: if plain { capacity } else { format!("{capacity} and more") },
            architecture,
            cpu: limit("cpu"),
            memory: limit("memory"),
            disruption: budget.map_or_else(|| "several".into(), |all| fields::text(&all[0]["nodes"])),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        NodePool { uid: manifest::uid(object), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool's nodes take only pods that name it, and those go to no others.
    #[test]
    fn pods_and_nodes_of_a_pool_are_among_themselves() {
        let pool = NodePool::example();
        let (name, body) = (pool.name.as_str(), pool.body(&Links::default()).expect("it refers to nothing by its id"));
        let nodes = &body["spec"]["template"]["spec"];
        assert_eq!(nodes["taints"], json!([{ "key": TAINT, "value": name, "effect": "NoSchedule" }]));
        assert_eq!(selector(name), json!({ "karpenter.sh/nodepool": name }));
        let tolerated = json!([{ "key": TAINT, "operator": "Equal", "value": name, "effect": "NoSchedule" }]);
        assert_eq!(toleration(name), tolerated);
    }
}
