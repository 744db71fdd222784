//! Workloads: the namespace of the stack; a deployment, a service, a budget of disruptions, an autoscaler and a network policy each; what measures their
//! load; what pods may do at AWS, what they alone are told, and what measures them.
use std::collections::{BTreeMap, BTreeSet};

use super::super::networking::{self, Connections};
use super::super::{CLUSTER, Kubernetes, jobs};
use super::{Replicas, Scaling, Workload, identity, metrics, peers, secrets};
use crate::kinds::addon::METRICS_SERVER;
use crate::kinds::deployment::HealthCheck;
use crate::kinds::namespace::RESTRICTED;
use crate::kinds::service::INSIDE;
use crate::kinds::{
    Addon, Autoscaler, ConfigMap, Deployment, DisruptionBudget, Kind, KubernetesService, Namespace, Pointer, Ref, TargetGroupBinding, Text,
};
use crate::model::digest;
use crate::spec::env::{EnvSource, SecretRef};
use crate::spec::load_balancer::forwarding;
use crate::spec::lower::{Lower, int};
use crate::spec::units::{Duration, FilePath, Name};

/// The name of the stack's namespace among its objects.
pub(super) const NAMESPACE: &str = "main";

/// Seconds in which the load balancer learns that a pod is to go, before it ends (no source: EKS takes a few).
const DRAIN: i32 = 15;

pub fn lower(kubernetes: &Kubernetes, l: &mut Lower<'_>) {
    let Kubernetes { workloads: all, jobs, networking, .. } = kubernetes;
    if all.is_empty() && jobs.is_empty() {
        return;
    }
    // A name in the DNS ends with a letter or a digit.
    let name = l.spec.stack.as_str().trim_end_matches('-').to_owned();
    let namespace = Namespace { cluster: Ref::to(CLUSTER), name, pod_security: RESTRICTED.into(), uid: Default::default() };
    l.add(NAMESPACE, "kubernetes.workloads", namespace);
    let first = jobs::lower(NAMESPACE, jobs, l);
    let mut policies = BTreeSet::new();
    for (name, entry) in all {
        let origin = format!("kubernetes.workloads.{name}");
        let identified = identity::lower(name, entry, &origin, l);
        let given = secrets::lower(name, &entry.env, &origin, l);
        if let Some(map) = config(name, entry) {
            l.add(name.as_str(), &origin, map);
        }
        let agent = metrics::lower(name, &origin, l);
        let deployment = Deployment { waits_for: first.clone(), agent, ..deployment(name, entry, (identified, given), l) };
        l.add(name.as_str(), &origin, deployment);
        if let Some(port) = entry.port {
            l.add(name.as_str(), &origin, service(name, port));
            if forwarding(l.spec, name).next().is_some() {
                l.add(name.as_str(), &origin, binding(name, port));
            }
        }
        if entry.replicas.least() > 1 {
            l.add(name.as_str(), &origin, budget(name));
        }
        if let Some(scaling) = entry.replicas.scaling() {
            l.add(name.as_str(), &origin, autoscaler(name, scaling));
        }
        if let Some(policy) = peers::lower(NAMESPACE, name, entry, networking.default, l) {
            l.add(name.as_str(), &origin, policy);
            policies.insert(Pointer::to(Kind::NetworkPolicy, name.as_str()));
        }
        entry.timeouts.lower(l, &origin);
    }
    if networking.default == Connections::Deny {
        networking::lower(NAMESPACE, policies, l);
    }
    if all.values().any(|entry| entry.replicas.scaling().is_some()) {
        l.add(METRICS_SERVER, "kubernetes.workloads", measuring(l));
    }
}

/// What measures the load of pods.
fn measuring(l: &Lower<'_>) -> Addon {
    Addon {
        cluster: Ref::to(CLUSTER),
        name: METRICS_SERVER.into(),
        version: None,
        tags: l.tags(METRICS_SERVER),
        arn: Default::default(),
        running_version: Default::default(),
    }
}

fn autoscaler(name: &Name, scaling: &Scaling) -> Autoscaler {
    Autoscaler {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: name.to_string(),
        deployment: Ref::to(name.as_str()),
        min: int(scaling.min),
        max: int(scaling.max),
        target_cpu: scaling.target_cpu.map(int),
        target_memory: scaling.target_memory.map(int),
        uid: Default::default(),
    }
}

/// A file's key in a map: its path without the first `/`, and with `..`, which no path has, for the others.
fn key(path: &FilePath) -> String {
    path.to_string().trim_start_matches('/').replace('/', "..")
}

/// The files of a workload, in a map that is named by what is in them.
fn config(name: &Name, entry: &Workload) -> Option<ConfigMap> {
    let data: BTreeMap<String, String> =
        entry.config.iter().map(|(path, content)| (key(path), content.literal().unwrap_or_default().to_owned())).collect();
    (!data.is_empty()).then(|| ConfigMap {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: format!("{name}-{}", &digest(&data)[..10]),
        data: data.into(),
        uid: Default::default(),
    })
}

fn deployment(name: &Name, entry: &Workload, (identified, given): (bool, bool), l: &Lower<'_>) -> Deployment {
    let text = |value: &EnvSource| match value {
        EnvSource::Text(text) => Some(l.text(text)),
        EnvSource::Secret(SecretRef::FromSecretsManager(id)) => Some(Text::literal(id.to_string())),
        EnvSource::Secret(SecretRef::FromEnv(_)) => None,
    };
    Deployment {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: name.to_string(),
        replicas: if let Replicas::Fixed(pods) = entry.replicas { Some(int(pods)) } else { None },
        desired: int(entry.replicas.least()),
        image: entry.image.to_string(),
        port: entry.port.map(int),
        service_account: identified.then(|| Ref::to(name.as_str())),
        identity: identified.then(|| Ref::to(name.as_str())),
        cpu: entry.resources.cpu.canonical(),
        memory: entry.resources.memory.quantity(),
        env: entry.env.iter().filter_map(|(key, value)| Some((key.to_string(), text(value)?))).collect(),
        env_from: given.then(|| Ref::to(name.as_str())),
        config: (!entry.config.is_empty()).then(|| Ref::to(name.as_str())),
        files: entry.config.keys().map(|path| (path.to_string(), key(path))).collect(),
        agent: None,
        health_check: checked(entry),
        surge: int(entry.update.surge),
        unavailable: int(entry.update.unavailable),
        deadline: int(entry.update.deadline.as_seconds()),
        drain: if forwarding(l.spec, name).next().is_some() { DRAIN } else { 0 },
        spread: true,
        node_pool: entry.node_pool.as_ref().map(|pool| Ref::to(pool.as_str())),
        restricted: true,
        rolled_out: true,
        waits_for: BTreeSet::new(),
        uid: Default::default(),
    }
}

pub fn checked(entry: &Workload) -> Option<HealthCheck> {
    let probe = entry.health_check.clone().unwrap_or_default();
    let seconds = |time: Duration| int(time.as_seconds());
    Some(HealthCheck {
        port: int(probe.port.or(entry.port)?),
        path: probe.path.as_ref().map(ToString::to_string),
        interval: seconds(probe.interval),
        timeout: seconds(probe.timeout),
        healthy: int(probe.healthy),
        unhealthy: int(probe.unhealthy),
    })
}

/// One pod may be away at a time, of several: nodes are emptied, and the others serve on.
fn budget(name: &Name) -> DisruptionBudget {
    DisruptionBudget {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: name.to_string(),
        deployment: Ref::to(name.as_str()),
        unavailable: 1,
        uid: Default::default(),
    }
}

/// Brings pods behind the load balancer.
fn binding(name: &Name, port: u16) -> TargetGroupBinding {
    TargetGroupBinding {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        target_group: Ref::to(name.as_str()),
        service: Ref::to(name.as_str()),
        port: int(port),
        uid: Default::default(),
    }
}

fn service(name: &Name, port: u16) -> KubernetesService {
    KubernetesService {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: name.to_string(),
        deployment: Ref::to(name.as_str()),
        r#type: INSIDE.into(),
        port: int(port),
        target_port: int(port),
        address: Default::default(),
        uid: Default::default(),
    }
}
