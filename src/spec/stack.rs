//! The whole of a spec: the stack's own fields and its sections.
use super::cache::Cache;
use super::cdn::Cdn;
use super::compute::Compute;
use super::database::Database;
use super::env::{EnvValue, SecretRef};
use super::load_balancer::LoadBalancer;
use super::units::{Account, Name, OutputName, Region, Text};
use super::vpc::Vpc;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One stack: a whole environment in the words of an architecture diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The stack's name: the identity of everything in it.
    pub stack: Name,
    /// The AWS region it stands in.
    pub region: Region,
    /// A guard: with any other live account, nothing is read further and nothing is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Tags on everything, beside those that infra sets itself (`Name` and `infra:…`).
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The network everything stands in.
    #[schemars(extend("x-default" = "a VPC with every default of this section"))]
    pub vpc: Vpc,
    /// The load balancer that clients reach; none when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancer>,
    /// Groups of instances that run the application, by name.
    #[serde(default)]
    pub compute: BTreeMap<Name, Compute>,
    /// Caches, by name.
    #[serde(default)]
    pub cache: BTreeMap<Name, Cache>,
    /// Databases, by name.
    #[serde(default)]
    pub database: BTreeMap<Name, Database>,
    /// The Cloudflare zone that stands before it all; none when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdn: Option<Cdn>,
    /// What `infra output` prints, by name.
    #[serde(default)]
    pub outputs: BTreeMap<OutputName, Text>,
}

impl Spec {
    /// Environment variables that hold secrets: those of `{from_env: NAME}`.
    pub fn secrets(&self) -> Vec<String> {
        let values = self.compute.values().flat_map(|c| c.env.values());
        let name = |v: &'_ EnvValue| match v {
            EnvValue::Secret(SecretRef::FromEnv(name)) => Some(name.as_str().to_owned()),
            _ => None,
        };
        values.filter_map(name).collect()
    }
}
