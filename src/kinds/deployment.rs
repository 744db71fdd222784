//! A deployment of a cluster: equal pods of one container each (and an agent that measures it), whose successors roll in a few at a time.
pub(super) mod body;
mod rollout;
mod rules;
mod sidecar;
mod terraform;

use std::cell::Cell;

use serde_json::json;

use super::example::EXAMPLE;
use super::managed::moved;
use super::manifest::{self, MANAGER, Manifest, NAME, Place, fields};
use super::*;
use crate::canon::Open;
use crate::model::Computed;
use crate::wire::kubernetes::{Kubernetes, Type};

pub use body::HealthCheck;
pub use sidecar::{FILE, Sidecar};

/// The field manager that says how many pods a deployment begins with, where an autoscaler says so from then on.
const BEGINNER: &str = "infra-initial";

object! {
    /// `Deployment` (`apps/v1`) of pods with one container each, and an agent beside it where it is measured. Its id is `CLUSTER/deployments/NAMESPACE/NAME`.
    pub struct Deployment {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`, which is its container's name, too.
        replace name: String,
        /// `spec.replicas`: how many pods; `None`: an autoscaler says so, and whatever it says stays. An annotation keeps that.
        update replicas: Option<i32>,
        /// `spec.replicas` as a new deployment begins, or as it goes on when an autoscaler takes over.
        initial desired: i32,
        /// `image` of the container.
        update image: String,
        /// `containerPort`: where it listens; `None` where it doesn't.
        update port: Option<i32>,
        /// `serviceAccountName`: under which account its pods run; `None`: under the namespace's own, `default`.
        update service_account: Option<Ref<ServiceAccount>>,
        /// What gives its pods a role at AWS. A pod is given it when it starts, so that the association stands first, and another one takes new pods: an
        /// annotation of theirs keeps which.
        update identity: Option<Ref<PodIdentityAssociation>>,
        /// `resources.requests.cpu`, as the API writes it: `250m`.
        update cpu: String,
        /// `resources.requests.memory` and `limits.memory`, as the API writes it: `256Mi`.
        update memory: String,
        /// `env`, by name. Variables that others have added stay.
        update env: Open<Text>,
        /// `envFrom`: the secret whose values are variables, too.
        update env_from: Option<Ref<KubernetesSecret>>,
        /// The map behind the volume `config`, whose keys are files of the container; `None` for none.
        update config: Option<Ref<ConfigMap>>,
        /// `volumeMounts` of it: the files' paths, and the keys that they are under.
        update files: Open<String>,
        /// A second container, which asks the first one what it measures; `None` for none.
        update agent: Option<Sidecar>,
        /// `readinessProbe`: when a pod is sent requests; `None`: as soon as it runs.
        update health_check: Option<HealthCheck>,
        /// `strategy.rollingUpdate.maxSurge`: so many pods more than `replicas` while successors roll in.
        update surge: i32,
        /// `strategy.rollingUpdate.maxUnavailable`: so many pods fewer.
        update unavailable: i32,
        /// `progressDeadlineSeconds`: after so many seconds without progress a rollout has failed.
        update deadline: i32,
        /// `lifecycle.preStop.sleep.seconds`: for so long a pod that is to go still answers, while load balancers learn of it; 0 for none.
        update drain: i32,
        /// Whether pods are spread over the zones, as far as these have room (`topologySpreadConstraints`).
        update spread: bool,
        /// `nodeSelector` and `tolerations`: the pool whose nodes its pods run on; `None`: the usual one.
        update node_pool: Option<Ref<NodePool>>,
        /// Whether pods keep to the Pod Security Standard `restricted`: no root, no privileges, no capabilities, no token of the API.
        update restricted: bool,
        /// Whether pods of the newest template were seen to serve; an annotation keeps it.
        update rolled_out: bool,
        /// What comes to its end before its pods are changed.
        computed waits_for: BTreeSet<Pointer>,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

impl Resource for Deployment {
    const KIND: Kind = Kind::Deployment;
    const SERVICE: Service = Service::Kubernetes;
    /// A first pod waits for its node, which takes about a minute.
    const TYPICAL: Typical = Typical::secs(90, 60, 40);
    const HINT: &'static [&'static str] = &["{image}", "{replicas} pods", "port {port}", "{cpu} CPU", "{memory}"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        Deployment {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            replicas: None,
            desired: 2,
            image: "ghcr.io/example/shop:1.4.2".into(),
            port: Some(8080),
            service_account: Some(Ref::to(EXAMPLE)),
            identity: Some(Ref::to(EXAMPLE)),
            cpu: "250m".into(),
            memory: "256Mi".into(),
            env: [("GREETING".into(), Text::literal("good day"))].into(),
            env_from: Some(Ref::to(EXAMPLE)),
            config: Some(Ref::to(EXAMPLE)),
            files: [("/etc/shop/app.toml".into(), "app.toml".into())].into(),
            agent: Some(Sidecar {
                image: "quay.io/prometheus/prometheus:v3.5.0".into(),
                config: Ref::to(EXAMPLE),
                workspace: Text::literal("ws-0a1b2c3d"),
            }),
            health_check: Some(HealthCheck {
                path: Some("/healthz".into()),
                port: 8080,
                interval: 10,
                timeout: 1,
                healthy: 1,
                unhealthy: 3,
            }),
            surge: 1,
            unavailable: 0,
            deadline: 600,
            drain: 15,
            spread: true,
            node_pool: Some(Ref::to(EXAMPLE)),
            restricted: true,
            rolled_out: true,
            waits_for: BTreeSet::new(),
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let own = Claim::Name { within: Some(self.namespace.address()), name: format!("deployment {}", self.name) };
        let counted = || Claim::Name { within: Some(self.namespace.address()), name: counted(&self.name) };
        [own].into_iter().chain(self.replicas.map(|_| counted())).collect()
    }

    fn breaches(&self, me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, me, near)
    }

    fn simulate(&mut self, id: &str) {
        self.waits_for.clear();
        self.uid = Computed::from(format!("uid-{id}"));
        self.desired = self.pods();
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let at = Place::of(&live.id);
        let Some(api) = eks_cluster::api_of(cx, &at.cluster).await? else { return Ok(vec![]) };
        let seen = present(manifest::standing::<Self>(cx, &api, &at).await)?;
        Ok(seen.iter().map(|seen| self.serving(fields::number(&seen["status"]["availableReplicas"], 0))).collect())
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        let usual = usize::try_from(self.pods()).unwrap_or_default();
        vec![self.serving(health::bent_count(bent, "instances", usual).try_into().unwrap_or_default())]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        manifest::list::<Self>(cx, stack).await
    }

    /// Returns when every pod serves. One whose pods don't come to serve is deleted again, so that the failure is definite.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let made = manifest::make(&self.unproven(), cx, links, (&api, &at), stamp).await?;
        let made = if self.replicas.is_none() { half(begin(cx, &api, &at, self.desired).await)? } else { made };
        if !self.rolled_out {
            return Live::made(at.id::<Self>(), self.with_computed(&made), stamp, links);
        }
        match rollout::wait(cx, &api, &at, self, &made).await {
            Err(e) if e.code == rollout::FAILED => {
                half(manifest::remove::<Self>(cx, &api, &at, &manifest::uid(&made).0.unwrap_or_default()).await)?;
                Err(e)
            }
            waited => {
                half(waited)?;
                half(api.apply(cx, Self::TYPE, MANAGER, &manifest::whole(self, links, &at, stamp)?).await)?;
                Live::made(at.id::<Self>(), self.with_computed(&made), stamp, links)
            }
        }
    }

    /// Returns when every pod is a new one and serves. When they don't come to serve, the old template is applied again, so that the failure is definite.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, at) = manifest::reach(self, cx, links)?;
        let seen = manifest::standing::<Self>(cx, &api, &at).await?;
        let old = Self::read(&at, &seen).by_ids();
        let stamp_now = moved(live, stamp);
        let ours = Cell::new(fields::own(&seen, &["f:spec"]).contains("replicas"));
        let write = async |want: &Self, stamp: &Stamp| {
            let object = manifest::whole(want, links, &at, stamp)?;
            if want.replicas.is_none() && ours.get() {
                begin(cx, &api, &at, old.desired.max(want.desired)).await?;
            }
            let done = api.apply(cx, Self::TYPE, MANAGER, &object).await?;
            ours.set(want.replicas.is_some());
            Ok::<_, CloudError>(done.object)
        };
        let same = old.rolled_out && old.body(links)? == self.body(links)?;
        if same || !self.rolled_out {
            let done = write(self, &stamp_now).await?;
            return Live::made(at.id::<Self>(), self.with_computed(&done), stamp, links);
        }
        let begun = write(&self.unproven(), &stamp_now).await?;
        match rollout::wait(cx, &api, &at, self, &begun).await {
            Err(e) if e.code == rollout::FAILED => {
                let back = half(write(&old.unproven(), &live.stamp).await)?;
                if old.rolled_out {
                    half(rollout::wait(cx, &api, &at, &old, &back).await)?;
                    half(write(&old, &live.stamp).await)?;
                }
                Err(e)
            }
            waited => {
                half(waited)?;
                let done = half(write(self, &stamp_now).await)?;
                Live::made(at.id::<Self>(), self.with_computed(&done), stamp, links)
            }
        }
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        manifest::delete::<Self>(cx, live).await
    }
}

impl Deployment {
    /// Itself before anybody has seen whether its pods serve.
    fn unproven(&self) -> Self {
        Deployment { rolled_out: false, ..self.clone() }
    }

    /// Itself as it was read, so that it can be written: what it refers to stands there by its id.
    fn by_ids(self) -> Self {
        Deployment {
            service_account: self.service_account.map(|account| Ref::to(foreign(&account.0))),
            identity: self.identity.map(|identity| Ref::to(foreign(&identity.0))),
            node_pool: self.node_pool.map(|pool| Ref::to(foreign(&pool.0))),
            config: self.config.map(|map| Ref::to(foreign(&map.0))),
            agent: self.agent.map(|agent| Sidecar { config: Ref::to(foreign(&agent.config.0)), ..agent }),
            env_from: self.env_from.map(|secret| Ref::to(foreign(&secret.0))),
            ..self
        }
    }

    fn serving(&self, available: i32) -> Sign {
        let count = |n: i32| usize::try_from(n).unwrap_or_default();
        Sign::share(count(available), count(self.pods()), "pods available", 1.min(count(self.pods())))
    }

    /// How many pods there are to be, as far as is known.
    pub fn pods(&self) -> i32 {
        self.replicas.unwrap_or(self.desired)
    }
}

/// What only one may say: how many pods a deployment has.
pub(super) fn counted(deployment: &str) -> String {
    format!("replicas of {deployment}")
}

/// Says how many pods there are by a manager that says nothing else ("Transferring ownership" of server-side apply): what [`MANAGER`] says no more would fall to
/// one pod, had nobody else said it. The answer.
async fn begin(cx: &Clients, api: &Kubernetes, at: &Place, pods: i32) -> Result<Value, CloudError> {
    let metadata = json!({ "name": at.name, "namespace": at.namespace });
    let count =
        json!({ "apiVersion": Deployment::TYPE.api, "kind": Deployment::TYPE.kind, "metadata": metadata, "spec": { "replicas": pods } });
    api.apply(cx, Deployment::TYPE, BEGINNER, &count).await.map(|done| done.object)
}
