//! `kubernetes.workloads`: what runs in the cluster.
mod check;
mod identity;
mod lower;
mod metrics;
mod peers;
mod replicas;
pub mod secrets;

use crate::spec::env::EnvSource;
use crate::spec::permissions::Permission;
use crate::spec::timeouts::Timeouts;
use crate::spec::units::{Cpu, Duration, EnvName, FilePath, HttpPath, Image, Memory, Name, Peer, Template, fixed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use check::{check, clash};
pub use lower::lower;
pub use replicas::{Replicas, Scaling, derive};

/// Equal pods of one container image, spread over the zones (Kubernetes: a Deployment, with a port a Service, and of several
/// pods one may be away at a time when nodes are emptied). They run without root, without
/// privileges and without a token of the cluster's API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// The container image. Its user is a number other than 0: what runs as root is refused.
    pub image: Image,
    /// The port it listens on; from within the cluster it is reached there under its name. Nothing is published when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// How many pods: a number, or from `min` to `max` as their load asks for.
    #[serde(default)]
    pub replicas: Replicas,
    /// Which workloads and jobs may connect to its port. The load balancer may where it forwards to the workload, and `load_balancer` lets it in elsewhere, too;
    /// what stands outside of the cluster connects through it.
    #[serde(default)]
    pub allow_from: Vec<Peer>,
    /// What each pod is given; nodes are made for it.
    #[serde(default)]
    pub resources: Resources,
    /// The pool of `node_pools` whose nodes the pods run on; nodes of EKS's own when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_pool: Option<Name>,
    /// Environment variables, by name; whoever may read the cluster may read them, but no secret. One of this process's environment is kept in a Secret of
    /// the cluster, which `viewers` don't read; one of Secrets Manager is given by its name, and the code may ask for it.
    #[serde(default)]
    pub env: BTreeMap<EnvName, EnvSource>,
    /// What its code may do at AWS, by credentials that AWS's SDKs find by themselves in every pod (AWS: EKS Pod Identity).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// Files that its container is given, by their paths, with what is in them. Other content rolls in as a new version does; whoever may read the cluster may
    /// read it, so that secrets have no place here. `$$` is a dollar sign.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<FilePath, Template>,
    /// When a pod is sent requests; with a port alone, as soon as somebody listens there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "every default of these fields, with a port"))]
    pub health_check: Option<Probe>,
    /// How new pods take the place of old ones.
    #[serde(default)]
    pub update: Rolling,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
}

/// What a pod is given (Kubernetes: requests, and a limit of memory).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// So much of a processor at least.
    pub cpu: Cpu,
    /// So much memory, and no more.
    pub memory: Memory,
}

impl Default for Resources {
    fn default() -> Self {
        Resources { cpu: fixed("250m"), memory: Memory::mib(256) }
    }
}

/// When a pod is sent requests (Kubernetes: a readiness probe).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Probe {
    /// The path that is asked for over HTTP; when left out, it is enough that somebody listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPath>,
    /// The port that is asked, if not the workload's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// Time between two checks, 1s to 5m.
    pub interval: Duration,
    /// How long an answer may take, 1s to 5m.
    pub timeout: Duration,
    /// So many good answers make a pod ready.
    #[schemars(range(min = 1, max = 10))]
    pub healthy: u32,
    /// So many bad answers make it unready.
    #[schemars(range(min = 1, max = 10))]
    pub unhealthy: u32,
}

impl Default for Probe {
    fn default() -> Self {
        Probe { path: None, port: None, interval: Duration::seconds(10), timeout: Duration::seconds(1), healthy: 1, unhealthy: 3 }
    }
}

/// How new pods take the place of old ones (Kubernetes: a rolling update).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rolling {
    /// So many pods more than there are, meanwhile.
    #[schemars(range(min = 0, max = 1000))]
    pub surge: u32,
    /// So many pods fewer.
    #[schemars(range(min = 0, max = 1000))]
    pub unavailable: u32,
    /// After so long without progress it has failed and is taken back, 10s to 1h.
    pub deadline: Duration,
}

impl Default for Rolling {
    fn default() -> Self {
        Rolling { surge: 1, unavailable: 0, deadline: Duration::seconds(600) }
    }
}
