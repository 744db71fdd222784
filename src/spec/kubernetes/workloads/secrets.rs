//! What a workload or a job is given that nobody else may read: values from the environment of this process, kept in its cluster.
use std::collections::BTreeMap;

use super::super::CLUSTER;
use super::lower::NAMESPACE;
use crate::canon::Open;
use crate::kinds::{KubernetesSecret, Ref};
use crate::model::Secret;
use crate::spec::env::{EnvSource, SecretRef};
use crate::spec::lower::Lower;
use crate::spec::units::{EnvName, Name};

/// Adds the secret of an entry that is given these variables, and says whether there is one.
pub fn lower(name: &Name, env: &BTreeMap<EnvName, EnvSource>, origin: &str, l: &mut Lower<'_>) -> bool {
    let mut values = Open::new();
    for (key, value) in env {
        let EnvSource::Secret(SecretRef::FromEnv(var)) = value else { continue };
        match (l.env)(var.as_str()) {
            Some(value) => drop(values.insert(key.to_string(), Secret::new(value))),
            None => l.unset.push(format!("{origin}.env.{key}")),
        }
    }
    if values.is_empty() {
        return false;
    }
    let secret = KubernetesSecret {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: name.to_string(),
        values,
        uid: Default::default(),
    };
    l.add(name.as_str(), origin, secret);
    true
}
