//! A namespace of a cluster: a stack's objects stand in one of their own.
mod others;

use serde_json::json;

use super::calls::{CLUSTER_TAGS, KNOWN_CLUSTERS, call, reads};
use super::example::EXAMPLE;
use super::manifest::{self, Manifest, Place, fields};
use super::terraform::{ID, block, made, of};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `Namespace` (`v1`). Its id is `CLUSTER/namespaces/NAME`.
    pub struct Namespace {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// `metadata.name`.
        replace name: String,
        /// The label `pod-security.kubernetes.io/enforce`: what pods may do at most: `privileged`, `baseline`, `restricted`.
        update pod_security: String,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// Pod Security Standards, from the loosest to the strictest ("Pod Security Standards").
const LEVELS: &[&str] = &["privileged", "baseline", "restricted"];

/// The strictest of them.
pub const RESTRICTED: &str = "restricted";

/// The label that the API server's own admission reads.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// What Kubernetes has for itself ("Namespaces": "Avoid creating namespaces with the prefix `kube-`").
const KEPT: &str = "kube-";

impl Manifest for Namespace {
    const TYPE: Type = Type { api: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };

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

    fn labels(&self) -> Vec<(&'static str, String)> {
        vec![(ENFORCE, self.pod_security.clone())]
    }

    fn body(&self, _links: &Links) -> Result<Value, CloudError> {
        Ok(json!({}))
    }

    fn read(at: &Place, object: &Value) -> Self {
        let level = fields::text(&object["metadata"]["labels"][ENFORCE]);
        let pod_security = if level.is_empty() { LEVELS[0].into() } else { level };
        Namespace { cluster: Ref::to(&at.cluster), name: at.name.clone(), pod_security, uid: manifest::uid(object) }
    }

    fn with_computed(&self, object: &Value) -> Self {
        Namespace { uid: manifest::uid(object), ..self.clone() }
    }
}

impl Resource for Namespace {
    const KIND: Kind = Kind::Namespace;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 20);
    const HINT: &'static [&'static str] = &["{name}", "pods {pod_security}"];
    const SHARED: bool = true;
    const CALLS: Calls = Calls {
        read: &[call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS), reads(Service::Eks, "ListClusters")],
        write: &[call(Service::Eks, "TagResource", CLUSTER_TAGS)],
    };
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made("kubernetes_namespace_v1", &[ID, block("metadata", &[of("name", "name"), of("uid", "uid")])])],
        left_out: &[
            ("cluster", "a provider is configured for one cluster"),
            ("pod_security", "it is one of the labels, and the stack's own label is another"),
        ],
    };

    fn example() -> Self {
        Namespace { cluster: Ref::to(EXAMPLE), name: "example".into(), pod_security: RESTRICTED.into(), uid: Computed::default() }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.cluster.address()), name: format!("namespace {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        if self.name.starts_with(KEPT) {
            let message = format!("Kubernetes keeps names of namespaces that begin with `{KEPT}` for itself");
            found.push(Breach::new(Code::BadName, "name", message, "write another"));
        }
        if !LEVELS.contains(&self.pod_security.as_str()) {
            let message = format!("there is no Pod Security Standard `{}`", self.pod_security);
            found.push(Breach::new(Code::UnknownValue, "pod_security", message, format!("write one of {}", LEVELS.join(", "))));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.uid = Computed::from(format!("uid-{id}"));
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        manifest::list::<Self>(cx, stack).await
    }

    /// All else of the stack in the cluster stands in it, so that whoever lists asks the cluster's API from now on.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        eks_cluster::enter(cx, &links.to(&self.cluster)?).await?;
        manifest::create(self, cx, links, stamp).await
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        manifest::update(self, cx, links, live, stamp).await
    }

    /// All that is in it goes with it, so that what others have there keeps it.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        others::none(cx, live).await?;
        manifest::delete::<Self>(cx, live).await
    }
}
