//! How many pods a deployment has, by what they use: between two numbers, an autoscaler adds and takes away.
use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, Place, fields};
use super::terraform::{ID, Word, block, given, is, made, of, same};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `HorizontalPodAutoscaler` (`autoscaling/v2`), which sets how many pods a deployment has by what they use of what they request. Its id is
    /// `CLUSTER/horizontalpodautoscalers/NAMESPACE/NAME`.
    pub struct Autoscaler {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`: the deployment's own.
        replace name: String,
        /// `spec.scaleTargetRef`: whose pods.
        replace deployment: Ref<Deployment>,
        /// `spec.minReplicas`: never fewer pods.
        update min: i32,
        /// `spec.maxReplicas`: never more pods.
        update max: i32,
        /// `averageUtilization` of the resource `cpu`: the load aimed at, in percent of what pods request; `None`: it isn't looked at.
        update target_cpu: Option<i32>,
        /// `averageUtilization` of the resource `memory`, in percent of what pods request; `None`: it isn't looked at.
        update target_memory: Option<i32>,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// A resource of pods that is measured (`metrics[].resource`).
fn metric(resource: &str, percent: i32) -> Value {
    json!({ "type": "Resource", "resource": { "name": resource, "target": { "type": "Utilization", "averageUtilization": percent } } })
}

/// What is aimed at, of a resource.
fn aimed(metrics: &[Value], resource: &str) -> Option<i32> {
    let found = metrics.iter().find(|m| m["resource"]["name"] == resource)?;
    Some(fields::number(&found["resource"]["target"]["averageUtilization"], -1))
}

impl Manifest for Autoscaler {
    const TYPE: Type =
        Type { api: "autoscaling/v2", kind: "HorizontalPodAutoscaler", plural: "horizontalpodautoscalers", namespaced: true };

    manifest::placed!();

    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        let deployment = Place::of(&links.to(&self.deployment)?).name;
        let metrics = [("cpu", self.target_cpu), ("memory", self.target_memory)];
        let metrics: Vec<Value> = metrics.into_iter().filter_map(|(name, percent)| Some(metric(name, percent?))).collect();
        let target = json!({ "apiVersion": Deployment::TYPE.api, "kind": Deployment::TYPE.kind, "name": deployment });
        Ok(json!({ "spec": { "scaleTargetRef": target, "minReplicas": self.min, "maxReplicas": self.max, "metrics": metrics } }))
    }

    /// Another thing that is scaled, or another way to measure, reads as something that differs from all that is wanted.
    fn read(at: &Place, object: &Value) -> Self {
        let (spec, none) = (&object["spec"], vec![]);
        let target = &spec["scaleTargetRef"];
        let ours = target["apiVersion"] == Deployment::TYPE.api && target["kind"] == Deployment::TYPE.kind;
        let scaled = if ours { fields::text(&target["name"]) } else { String::new() };
        let metrics = spec["metrics"].as_array().unwrap_or(&none);
        let plain = metrics.iter().all(plainly);
        Autoscaler {
            cluster: Ref::to(&at.cluster),
            namespace: Ref::to(at.around()),
            name: at.name.clone(),
            deployment: Ref::to(Place { name: scaled, ..at.clone() }.id::<Deployment>()),
            min: fields::number(&spec["minReplicas"], 1),
            max: fields::number(&spec["maxReplicas"], -1),
            target_cpu: if plain { aimed(metrics, "cpu") } else { Some(-1) },
            target_memory: aimed(metrics, "memory"),
            uid: manifest::uid(object),
        }
    }

    fn with_computed(&self, object: &Value) -> Self {
        Autoscaler { uid: manifest::uid(object), ..self.clone() }
    }
}

/// Whether a metric is one that could be ours.
fn plainly(found: &Value) -> bool {
    let resource = found["resource"]["name"].as_str().filter(|name| ["cpu", "memory"].contains(name));
    resource.is_some_and(|name| *found == metric(name, fields::number(&found["resource"]["target"]["averageUtilization"], -1)))
}

impl Resource for Autoscaler {
    const KIND: Kind = Kind::Autoscaler;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const HINT: &'static [&'static str] = &["{min} to {max} pods", "CPU {target_cpu}%", "memory {target_memory}%"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "kubernetes_horizontal_pod_autoscaler_v2",
            &[
                ID,
                block("metadata", &[of("name", "name"), of("namespace", "namespace"), of("uid", "uid")]),
                block(
                    "spec",
                    &[
                        of("max_replicas", "max"),
                        given("metric", "target_cpu", CPU),
                        of("min_replicas", "min"),
                        block("scale_target_ref", TARGET),
                    ],
                ),
            ],
        )],
        left_out: &[
            ("cluster", "a provider is configured for one cluster"),
            ("deployment", "it is named by its kind and its name, which the autoscaler bears itself"),
            ("target_memory", "it is a second block of the name that the load of processors has"),
        ],
    };

    fn example() -> Self {
        Autoscaler {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            deployment: Ref::to(EXAMPLE),
            min: 2,
            max: 6,
            target_cpu: Some(60),
            target_memory: Some(80),
            uid: Computed::default(),
        }
    }

    /// A deployment has one autoscaler, whatever that is called, and one who says how many pods it has: [`Deployment`] claims that, too, where its number is fixed.
    fn claims(&self) -> Vec<Claim> {
        let claim = |name: String| Claim::Name { within: Some(self.namespace.address()), name };
        vec![claim(format!("autoscaler {}", self.name)), claim(deployment::counted(&self.scaled()))]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        // "minReplicas" is 1 at least without the feature gate `HPAScaleToZero`, which EKS doesn't set.
        if self.min < 1 {
            let message = format!("an autoscaler keeps one pod at least, not {}", self.min);
            found.push(Breach::new(Code::OutOfRange, "min", message, "write `min: 1` or more"));
        }
        if self.min > self.max {
            let message = format!("a minimum of {} pods stands above a maximum of {}", self.min, self.max);
            found.push(Breach::new(Code::Instances, "max", message, "write `min` at most as large as `max`").with("min"));
        }
        if self.target_cpu.is_none() && self.target_memory.is_none() {
            let message = "nothing says what the pods are counted by";
            found.push(Breach::new(Code::Missing, "target_cpu", message, "add `target_cpu` or `target_memory`").with("target_memory"));
        }
        // `averageUtilization` is above 0. Pods may use more of a processor than they request, as they have no limit of it; of memory they can't: it is their
        // limit, too, and above it they end.
        for (attribute, percent, most) in [("target_cpu", self.target_cpu, i32::MAX), ("target_memory", self.target_memory, 100)] {
            if let Some(percent) = percent.filter(|percent| !(1..=most).contains(percent)) {
                let message = format!("pods never use {percent}% of what they request");
                found.push(Breach::new(Code::OutOfRange, attribute, message, "write a share that they may reach, such as 60"));
            }
        }
        if let Some(deployment) = near.get(&self.deployment) {
            found.extend(self.apart(deployment));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    /// What the controller says of itself (`status.conditions`): what it can't measure, it doesn't scale by.
    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let at = Place::of(&live.id);
        let Some(api) = eks_cluster::api_of(cx, &at.cluster).await? else { return Ok(vec![]) };
        let seen = present(manifest::standing::<Self>(cx, &api, &at).await)?;
        Ok(seen.iter().map(|seen| self.scaling(&seen["status"])).collect())
    }

    fn fares(&self, _me: &Address, near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        let usual = near.get(&self.deployment).map_or(self.min, Deployment::pods).clamp(self.min, self.max.max(self.min));
        let pods = health::bent_count(bent, "instances", usize::try_from(usual).unwrap_or_default());
        vec![self.counted(i64::try_from(pods).unwrap_or_default())]
    }

    manifest::verbs!(list);
}

const CPU: &[terraform::Line] = &[
    block(
        "resource",
        &[
            is("name", Word::Text("cpu")),
            block("target", &[of("average_utilization", "target_cpu"), is("type", Word::Text("Utilization"))]),
        ],
    ),
    is("type", Word::Text("Resource")),
];

const TARGET: &[terraform::Line] = &[is("api_version", Word::Text("apps/v1")), is("kind", Word::Text("Deployment")), same("name")];

/// Two say how many pods there are. Not from a source: both would be taken, and take turns at the number.
pub(super) fn twice(attribute: &str) -> Breach {
    let message = "the deployment's number of pods is fixed, and an autoscaler would change it";
    Breach::new(Code::Refused, attribute, message, "leave one of them out")
}

impl Autoscaler {
    /// The name of the deployment whose pods it counts: somebody else's may be called otherwise.
    fn scaled(&self) -> String {
        let deployment = &self.deployment.0;
        if deployment.contains('/') { Place::of(deployment).name } else { deployment.clone() }
    }

    /// What doesn't fit with the deployment. That its name is the deployment's is ours: by it the deployment knows who says how many pods it has.
    fn apart(&self, deployment: &Deployment) -> Vec<Breach> {
        let mut found = vec![];
        if deployment.namespace != self.namespace || deployment.cluster != self.cluster {
            let message = "an autoscaler is for a deployment of its own namespace";
            found.push(Breach::new(Code::Refused, "deployment", message, "name a deployment beside it").with("namespace"));
        }
        if deployment.name != self.name {
            let message = format!("an autoscaler is named as its deployment is, `{}`", deployment.name);
            found.push(Breach::new(Code::BadName, "name", message, "write the deployment's name").with("deployment"));
        }
        found.extend(deployment.replicas.map(|_| twice("deployment")));
        found
    }

    /// By the controller's own status.
    fn scaling(&self, status: &Value) -> Sign {
        let all = status["conditions"].as_array().into_iter().flatten();
        let unable =
            all.filter(|c| c["status"] == "False").find(|c| ["AbleToScale", "ScalingActive"].iter().any(|kind| c["type"] == *kind));
        match unable {
            Some(c) => Sign::new(Level::Warning, format!("doesn't scale: {}: {}", fields::text(&c["reason"]), fields::text(&c["message"]))),
            None => self.counted(status["currentReplicas"].as_i64().unwrap_or_default()),
        }
    }

    /// At its most it can't follow the load any more.
    fn counted(&self, pods: i64) -> Sign {
        let (min, max) = (self.min, self.max);
        let full = pods >= i64::from(max) && min < max;
        let level = if full { Level::Warning } else { Level::Ok };
        Sign::new(level, format!("{pods} pods, {min} to {max}{}", if full { ": no more may come" } else { "" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(deployment: fn(&mut Deployment)) -> Vec<Vec<String>> {
        let (own, mut other) = (Autoscaler::example(), Deployment::example());
        deployment(&mut other);
        let nodes = BTreeMap::from([(Address::new(Kind::Deployment, EXAMPLE), other.into())]);
        let found = own.breaches(&Address::new(Kind::Autoscaler, EXAMPLE), Near(&nodes));
        found.into_iter().map(|breach| breach.attributes).collect()
    }

    /// It says how many pods the one deployment has that bears its name beside it, and nobody else does.
    #[test]
    fn it_fits_its_deployment() {
        let told = |attributes: &[&str]| vec![attributes.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>()];
        assert!(refused(|d| d.replicas = None).is_empty());
        assert_eq!(refused(|d| d.replicas = Some(2)), told(&["deployment"]));
        assert_eq!(refused(|d| (d.replicas, d.name) = (None, "other".into())), told(&["name", "deployment"]));
        assert_eq!(refused(|d| (d.replicas, d.namespace) = (None, Ref::to("other"))), told(&["deployment", "namespace"]));
    }
}
