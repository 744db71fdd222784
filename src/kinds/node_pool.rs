//! A pool of nodes of a cluster: EKS Auto Mode makes nodes of it for the pods that ask for it, and takes them away when they are empty.
mod body;
mod rules;

use std::cell::RefCell;

use super::example::EXAMPLE;
use super::manifest::quantity::thousandths;
use super::manifest::{self, MANAGER, Manifest, Place, fields};
use super::terraform::{Word, block, is, made, via};
use super::*;
use crate::model::Computed;
use crate::wire::kubernetes::{Kubernetes, Type};

pub use body::{ARCHITECTURES, CAPACITIES, selector, toleration};

object! {
    /// `NodePool` (`karpenter.sh/v1`), which takes only pods that tolerate its taint. Its id is `CLUSTER/nodepools/NAME`.
    pub struct NodePool {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// `metadata.name`, which is the value of its nodes' label `karpenter.sh/nodepool` and of its taint.
        replace name: String,
        /// `karpenter.sh/capacity-type`: `on-demand`, or `spot`, which AWS takes back with two minutes' notice.
        update capacity: String,
        /// `kubernetes.io/arch`: `amd64` or `arm64`.
        update architecture: String,
        /// `limits.cpu`: its nodes have so many processors together at most, as the API writes amounts; `None`: any number.
        update cpu: Option<String>,
        /// `limits.memory`: so much memory at most.
        update memory: Option<String>,
        /// `disruption.budgets[].nodes`: so many of its nodes, or so many percent of them, rounded up, may be emptied at a time.
        update disruption: String,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

impl Resource for NodePool {
    const KIND: Kind = Kind::NodePool;
    const SERVICE: Service = Service::Kubernetes;
    /// Its nodes are emptied before it goes.
    const TYPICAL: Typical = Typical::secs(5, 5, 300);
    const HINT: &'static [&'static str] = &["{capacity}", "{architecture}", "{cpu} CPU at most", "{memory} at most"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &Table {
        by_kind: true,
        made: &[made(
            "kubernetes_manifest",
            &[
                block("field_manager", &[is("force_conflicts", Word::Yes), is("name", Word::Text(MANAGER))]),
                via(
                    "manifest",
                    "name",
                    |name| serde_json::json!({ "apiVersion": Self::TYPE.api, "kind": Self::TYPE.kind, "metadata": { "name": name } }),
                ),
            ],
        )],
        left_out: &[
            ("architecture", "all of a custom resource is one value, made of one attribute"),
            ("capacity", "all of a custom resource is one value, made of one attribute"),
            ("cluster", "a provider is configured for one cluster"),
            ("cpu", "all of a custom resource is one value, made of one attribute"),
            ("disruption", "all of a custom resource is one value, made of one attribute"),
            ("memory", "all of a custom resource is one value, made of one attribute"),
            ("uid", "only what the API server answers has it"),
        ],
    };

    fn example() -> Self {
        NodePool {
            cluster: Ref::to(EXAMPLE),
            name: "example".into(),
            capacity: "spot".into(),
            architecture: "arm64".into(),
            cpu: Some("64".into()),
            memory: Some("256Gi".into()),
            disruption: "10%".into(),
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.cluster.address()), name: format!("node pool {}", self.name) }]
    }

    fn breaches(&self, me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, me, near)
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let at = Place::of(&live.id);
        let Some(api) = eks_cluster::api_of(cx, &at.cluster).await? else { return Ok(vec![]) };
        let seen = present(manifest::standing::<Self>(cx, &api, &at).await)?;
        Ok(seen.iter().map(|seen| self.serving(seen)).collect())
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        let state = health::bent_state(bent, READY);
        vec![if state == READY { Sign::new(Level::Ok, READY) } else { Sign::new(Level::Critical, state) }]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        manifest::list::<Self>(cx, stack).await
    }

    /// Returns when nodes may come of it. One of which none come is deleted again, so that the failure is definite.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let made = manifest::make(self, cx, links, (&api, &at), stamp).await?;
        let judged = ready(cx, &api, &at, &made).await;
        manifest::stays::<Self>(cx, &api, &at, &made, judged).await?;
        Live::made(at.id::<Self>(), self.with_computed(&made), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let seen = manifest::standing::<Self>(cx, &api, &at).await?;
        let before = manifest::whole(&Self::read(&at, &seen), links, &at, &live.stamp)?;
        let done = manifest::update(self, cx, links, live, stamp).await?;
        let now = half(manifest::standing::<Self>(cx, &api, &at).await)?;
        let judged = ready(cx, &api, &at, &now).await;
        manifest::stays_as::<Self>(cx, &api, &before, judged).await?;
        Ok(done)
    }

    /// Its nodes go first, when the pods on them have gone elsewhere.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        manifest::delete::<Self>(cx, live).await
    }
}

/// The condition of a pool of which nodes may come.
const READY: &str = "Ready";

/// What a condition says of what was applied; `None` before its controller has looked.
fn condition<'v>(seen: &'v Value, kind: &str) -> Option<&'v Value> {
    let all = seen["status"]["conditions"].as_array()?;
    let looked = |c: &&Value| c["observedGeneration"].as_i64() >= seen["metadata"]["generation"].as_i64();
    all.iter().find(|c| c["type"] == kind).filter(looked)
}

/// Waits until nodes may come of it. What its controller finds wrong with it itself doesn't pass; that there are no nodes of its class yet may.
async fn ready(cx: &Clients, api: &Kubernetes, at: &Place, applied: &Value) -> Result<(), CloudError> {
    let seen = RefCell::new(Value::Null);
    let look = async || {
        let now = manifest::standing::<NodePool>(cx, api, at).await?;
        let now = if now["metadata"]["generation"].as_i64() < applied["metadata"]["generation"].as_i64() { return Ok(None) } else { now };
        if let Some(wrong) = condition(&now, "ValidationSucceeded").filter(|c| c["status"] == "False") {
            let why = format!("{}: {}", fields::text(&wrong["reason"]), fields::text(&wrong["message"]));
            return Err(manifest::useless::<NodePool>(at, &why));
        }
        let done = condition(&now, READY).filter(|c| c["status"] == "True").map(|_| ());
        seen.replace(now);
        Ok(done)
    };
    let why = async || manifest::unmet(&seen.borrow());
    let what = format!("{} to be ready", at.id::<NodePool>());
    let waited = cx.policy.wait_saying(&what, deadline(NodePool::TYPICAL.create), look, why).await;
    waited.map_err(|e| if e.code == "WaitTimeout" { manifest::useless::<NodePool>(at, &e.message) } else { e })
}

impl NodePool {
    /// By its controller's own status. At its limit no node comes any more.
    fn serving(&self, seen: &Value) -> Sign {
        if let Some(wrong) = condition(seen, READY).filter(|c| c["status"] == "False") {
            return Sign::new(Level::Critical, format!("{}: {}", fields::text(&wrong["reason"]), fields::text(&wrong["message"])));
        }
        let used = |name: &str| fields::text(&seen["status"]["resources"][name]);
        let limits = [("cpu", "CPU", &self.cpu), ("memory", "memory", &self.memory)];
        let full: Vec<String> = limits
            .into_iter()
            .filter_map(|(name, word, limit)| {
                let (most, now) = (limit.as_ref()?, used(name));
                let near = thousandths(&now)? * 10 >= thousandths(most)? * 9;
                near.then(|| format!("{now} of {most} {word}"))
            })
            .collect();
        match full.as_slice() {
            [] => Sign::new(Level::Ok, READY),
            full => Sign::new(Level::Warning, format!("near its limit: {}", full.join(", "))),
        }
    }
}
