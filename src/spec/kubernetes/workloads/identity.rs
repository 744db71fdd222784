//! What a workload may do at AWS: a role, an account that its pods run under, and the association by which EKS gives the one to the other.
use super::super::CLUSTER;
use super::Workload;
use super::lower::NAMESPACE;
use crate::kinds::pod_identity_association::PODS;
use crate::kinds::{IamRole, PodIdentityAssociation, Ref, ServiceAccount, Text};
use crate::spec::env::{EnvSource, SecretRef};
use crate::spec::lower::Lower;
use crate::spec::monitoring::metrics::{agent, write};
use crate::spec::units::Name;
use crate::spec::{feature_flags, permissions, storage};

/// The name of a workload's role.
fn own(name: &Name) -> String {
    format!("workload.{name}")
}

/// Adds what gives a workload's pods a role, and says whether they are given one: where there is anything that they may do.
pub fn lower(name: &Name, entry: &Workload, origin: &str, l: &mut Lower<'_>) -> bool {
    let used = storage::used(l, name);
    let measures = agent(l.spec, name).map(|_| ("write-metrics".into(), write(l).into()));
    let role = IamRole {
        permissions_boundary: l.boundary(),
        inline_policies: permissions::policy(&entry.permissions).into_iter().chain(measures).collect(),
        readable: entry.env.values().flat_map(|value| readable(l, value)).collect(),
        readable_buckets: used.read,
        writable_buckets: used.written,
        bucket_keys: used.keys,
        readable_flags: feature_flags::told(l, name),
        tags: l.tags(name.as_str()),
        ..IamRole::plain(PODS)
    };
    let nothing = IamRole { permissions_boundary: role.permissions_boundary.clone(), tags: role.tags.clone(), ..IamRole::plain(PODS) };
    if role == nothing {
        return false;
    }
    l.add(own(name), origin, role);
    let account = ServiceAccount {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: name.to_string(),
        automount_token: false,
        uid: Default::default(),
    };
    l.add(name.as_str(), origin, account);
    let association = PodIdentityAssociation {
        cluster: Ref::to(CLUSTER),
        service_account: Ref::to(name.as_str()),
        role: Ref::to(own(name)),
        tags: l.tags(name.as_str()),
        arn: Default::default(),
    };
    l.add(name.as_str(), origin, association);
    true
}

/// The secrets that its code asks for: those that it is given by name, and those whose ARN is handed to it.
fn readable(l: &Lower<'_>, value: &EnvSource) -> Vec<Text> {
    match value {
        EnvSource::Text(text) => text.references().filter(|r| r.attribute == "secret_arn").map(|r| l.named(r)).collect(),
        EnvSource::Secret(SecretRef::FromSecretsManager(id)) => vec![l.secret_arn(id.as_str())],
        EnvSource::Secret(SecretRef::FromEnv(_)) => vec![],
    }
}
