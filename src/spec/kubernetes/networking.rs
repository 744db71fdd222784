//! `kubernetes.networking`: its fields, what is risky about them, and the policy for all pods.
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CLUSTER, Kubernetes};
use crate::diag::Risk;
use crate::kinds::{NetworkPolicy, Pointer, Ref};
use crate::spec::check::Check;
use crate::spec::load_balancer::forwarding;
use crate::spec::lower::Lower;

/// Who may connect to pods (Kubernetes: network policies, which the nodes hold to). What pods connect to is decided elsewhere, by those who let them in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Networking {
    /// Who may connect to a pod where nothing is said of it.
    pub default: Connections,
}

impl Default for Networking {
    fn default() -> Self {
        Networking { default: Connections::Deny }
    }
}

/// Who may connect where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connections {
    /// Whoever reaches the pod's address: all that runs in the cluster.
    Allow,
    /// Nobody but the load balancer where it forwards to the workload, and whom its `allow_from` names.
    Deny,
}

/// The name of the policy for all pods among the stack's objects: it has a point, which no workload's name has.
const ALL: &str = "kubernetes.networking";

pub fn check(kubernetes: &Kubernetes, cx: &mut Check<'_>) {
    if kubernetes.networking.default == Connections::Allow {
        let message = "whatever runs in the cluster may connect to every pod in it".into();
        let help = "leave it out, and name in `allow_from` of a workload who connects to it";
        cx.risk(Risk::OpenNetwork, &["kubernetes", "networking", "default"], message, help);
    }
    let Some(balancer) = &cx.spec.load_balancer else { return };
    let (tier, forwards) = (&balancer.subnets, kubernetes.workloads.keys().any(|name| forwarding(cx.spec, name).next().is_some()));
    if kubernetes.networking.default == Connections::Deny && *tier == kubernetes.cluster.subnets && forwards {
        let message =
            format!("the load balancer and the cluster share the tier `{tier}`: what lets the one in lets in all that runs in the other");
        let help = "give the cluster a tier of its own: `kubernetes.cluster.subnets`";
        cx.risk(Risk::OpenNetwork, &["kubernetes", "cluster", "subnets"], message, help);
    }
}

/// Nobody may connect to what no other policy names, once those are there.
pub fn lower(namespace: &str, others: BTreeSet<Pointer>, l: &mut Lower<'_>) {
    let policy = NetworkPolicy {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(namespace),
        name: "default-deny".into(),
        pods: None,
        rules: BTreeSet::new(),
        enforced: true,
        waits_for: others,
        uid: Default::default(),
    };
    l.add(ALL, ALL, policy);
}
