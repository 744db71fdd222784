//! `kubernetes.node_pools`: nodes for some of the workloads.
use super::lower::CLUSTER;
use crate::kinds::{NodePool as Object, Ref};
use crate::spec::lower::Lower;
use crate::spec::units::{Memory, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Nodes for the workloads that name the pool, and for nothing else (EKS Auto Mode: a NodePool). They come and go with the pods. What names no pool runs on the nodes of
/// EKS's own pool `general-purpose`, which are on demand, of the architecture `amd64`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NodePool {
    /// Which capacity its nodes are of.
    pub capacity: Capacity,
    /// Which processors its nodes have; the images of its workloads are for these.
    pub architecture: Architecture,
    /// How much all of its nodes may have together.
    pub max: Most,
}

/// Which capacity nodes are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// It stays as long as it is needed.
    #[default]
    OnDemand,
    /// Spare capacity, which is cheaper and which AWS takes back with two minutes' notice.
    Spot,
}

impl Capacity {
    /// The API's own word.
    pub const fn word(self) -> &'static str {
        match self {
            Capacity::OnDemand => "on-demand",
            Capacity::Spot => "spot",
        }
    }
}

/// Which processors nodes have, in Kubernetes' own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Those of Intel and AMD.
    #[default]
    Amd64,
    /// AWS's Graviton.
    Arm64,
}

impl Architecture {
    /// The API's own word.
    pub const fn word(self) -> &'static str {
        match self {
            Architecture::Amd64 => "amd64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// How much nodes may have together; no more of them come when it is reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Most {
    /// So many processors (vCPUs); any number when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub cpu: Option<u32>,
    /// So much memory; any when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
}

/// So many of a pool's nodes may be emptied at a time, rounded up: what EKS's own pools have.
const DISRUPTION: &str = "10%";

pub fn lower(all: &BTreeMap<Name, NodePool>, l: &mut Lower<'_>) {
    for (name, pool) in all {
        let object = Object {
            cluster: Ref::to(CLUSTER),
            name: name.to_string(),
            capacity: pool.capacity.word().into(),
            architecture: pool.architecture.word().into(),
            cpu: pool.max.cpu.and_then(|cpu| crate::kinds::quantity::canonical(&cpu.to_string())),
            memory: pool.max.memory.map(Memory::quantity),
            disruption: DISRUPTION.into(),
            uid: Default::default(),
        };
        l.add(name.as_str(), format!("kubernetes.node_pools.{name}"), object);
    }
}
