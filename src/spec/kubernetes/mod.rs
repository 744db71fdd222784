//! `kubernetes`: a cluster, and what runs in it.
mod check;
mod cluster;
mod fields;
mod jobs;
mod lower;
mod networking;
mod node_pools;
mod workloads;

use super::check::Check;
use super::derive::tier;
use super::lower::{Lower, output};
use super::node::Node;
use super::section::{Attributes, Fields, Section};
use super::sections::Spec;
use super::units::Name;
use crate::kinds::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use cluster::{Api, Cluster, Log, Support};
pub use jobs::Job;
pub use lower::CLUSTER;
pub use networking::{Connections, Networking};
pub use node_pools::{Architecture, Capacity, Most, NodePool};
pub use workloads::{Probe, Replicas, Resources, Rolling, Scaling, Workload};

impl Spec {
    /// What runs in the cluster, by name.
    pub fn workloads(&self) -> impl Iterator<Item = (&Name, &Workload)> + Clone {
        self.kubernetes.iter().flat_map(|kubernetes| &kubernetes.workloads)
    }

    /// What runs in the cluster under a name.
    pub fn workload(&self, name: &Name) -> Option<&Workload> {
        self.kubernetes.as_ref().and_then(|kubernetes| kubernetes.workloads.get(name))
    }

    /// What comes to an end in the cluster, by name.
    pub fn jobs(&self) -> impl Iterator<Item = (&Name, &Job)> + Clone {
        self.kubernetes.iter().flat_map(|kubernetes| &kubernetes.jobs)
    }
}

/// A Kubernetes cluster whose nodes AWS looks after (AWS: EKS Auto Mode), and what runs in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kubernetes {
    /// The cluster itself.
    #[schemars(extend("x-default" = "a cluster with every default of these fields"))]
    pub cluster: Cluster,
    /// Nodes for some of the workloads, by name; all others run on nodes of EKS's own.
    #[serde(default)]
    pub node_pools: BTreeMap<Name, NodePool>,
    /// What runs in it, by name, in a namespace of the stack's name.
    #[serde(default)]
    pub workloads: BTreeMap<Name, Workload>,
    /// What comes to an end in it, by name: by the clock, or once for each version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub jobs: BTreeMap<Name, Job>,
    /// Who may connect to what runs in it.
    #[serde(default)]
    pub networking: Networking,
}

impl Section for Kubernetes {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "kubernetes: {}";
    const ATTRIBUTES: Attributes = &[
        ("arn", |_, _| output(Kind::EksCluster, CLUSTER, "arn")),
        ("endpoint", |_, _| output(Kind::EksCluster, CLUSTER, "endpoint")),
        ("name", |_, _| output(Kind::EksCluster, CLUSTER, "id")),
        ("version", |_, _| output(Kind::EksCluster, CLUSTER, "version")),
    ];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        node.fill("cluster", Node::map);
        if let Some(cluster) = node.get_mut("cluster") {
            cluster.fill("subnets", |at| Node::text(tier(spec, &["private", "public"]), at));
        }
        if let Some(all) = node.get_mut("workloads") {
            all.each_entry(workloads::derive);
        }
    }

    fn check(&self, cx: &mut Check<'_>) {
        check::check(&self.cluster, cx);
        networking::check(self, cx);
        self.workloads.iter().for_each(|(name, entry)| workloads::check(name, entry, cx));
        self.jobs.iter().for_each(|(name, entry)| jobs::check(name, entry, cx));
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(&self.cluster, l);
        self.cluster.timeouts.lower(l, "kubernetes.cluster");
        node_pools::lower(&self.node_pools, l);
        workloads::lower(self, l);
    }
}
