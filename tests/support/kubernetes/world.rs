//! What stands in the cluster: kinds, objects, who owns which fields; ids and times.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields::{Set, written};

/// A kind that the server serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub name: String,
    pub namespaced: bool,
    /// Whether its objects count changes of their spec.
    pub generation: bool,
    /// Its type in the schema: its own name, or `Custom`.
    pub schema: &'static str,
}

impl Kind {
    /// `apps/v1`.
    pub fn api(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// API, plural, name; `+` where there is a generation, `-` where there is no namespace.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("v1", "namespaces", "Namespace", "-"),
    ("v1", "configmaps", "ConfigMap", ""),
    ("v1", "secrets", "Secret", ""),
    ("v1", "events", "Event", ""),
    ("v1", "nodes", "Node", "-"),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim", ""),
    ("v1", "pods", "Pod", ""),
    ("v1", "resourcequotas", "ResourceQuota", ""),
    ("v1", "serviceaccounts", "ServiceAccount", ""),
    ("v1", "services", "Service", ""),
    ("apps/v1", "daemonsets", "DaemonSet", "+"),
    ("apps/v1", "deployments", "Deployment", "+"),
    ("apps/v1", "replicasets", "ReplicaSet", "+"),
    ("apps/v1", "statefulsets", "StatefulSet", "+"),
    ("autoscaling/v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", ""),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", ""),
    ("batch/v1", "cronjobs", "CronJob", "+"),
    ("batch/v1", "jobs", "Job", "+"),
    ("networking.k8s.io/v1", "ingresses", "Ingress", "+"),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", "+"),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", "+"),
    ("policy/v1beta1", "poddisruptionbudgets", "PodDisruptionBudget", "+"),
    ("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", "-"),
    ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", "-"),
    ("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", "+-"),
];

/// Who set which fields, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Manager {
    pub name: String,
    /// By server-side apply, or by another write.
    pub applies: bool,
    pub api: String,
    pub time: String,
    pub fields: Set,
}

/// An object, without what is said of its managers.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub body: Value,
    pub managers: Vec<Manager>,
}

impl Object {
    /// As the API shows it.
    pub fn shown(&self) -> Value {
        let mut body = self.body.clone();
        let entry = |m: &Manager| {
            json!({
                "manager": m.name,
                "operation": if m.applies { "Apply" } else { "Update" },
                "apiVersion": m.api,
                "time": m.time,
                "fieldsType": "FieldsV1",
                "fieldsV1": written(&m.fields),
            })
        };
        let mut managers: Vec<&Manager> = self.managers.iter().filter(|m| !m.fields.is_empty()).collect();
        managers.sort_by_key(|m| (!m.applies, m.time.clone(), m.name.clone()));
        if !managers.is_empty() {
            body["metadata"]["managedFields"] = managers.into_iter().map(entry).collect();
        }
        body
    }

    pub fn meta(&self) -> &Value {
        &self.body["metadata"]
    }

    pub fn meta_mut(&mut self) -> &mut Map<String, Value> {
        self.body["metadata"].as_object_mut().unwrap()
    }

    pub fn going(&self) -> bool {
        !self.meta()["deletionTimestamp"].is_null()
    }
}

/// Group and plural, namespace, name.
pub type Key = (String, String, String, String);

pub struct World {
    pub kinds: Vec<Kind>,
    pub objects: BTreeMap<Key, Object>,
    /// Users and their groups by token.
    pub tokens: BTreeMap<String, (String, Vec<String>)>,
    /// What becomes of a deployment's new pods, by the deployment's name; else they become ready.
    pub fates: BTreeMap<String, super::rollout::Fate>,
    /// How many pods the load of a deployment asks for, by the deployment's name.
    pub loads: BTreeMap<String, i64>,
    /// What the containers of new pods have written before they ended, by the containers' names (a deployment's own is called as it is); else they never ran.
    pub logs: BTreeMap<String, String>,
    /// What containers have written, by the containers' ids.
    pub written: BTreeMap<String, Vec<super::log::Entry>>,
    /// The template whose pods serve, as a hash, of each deployment.
    pub serving: BTreeMap<Key, String>,
    /// Requests whose answers told what secrets hold.
    pub told: Vec<String>,
    /// Whether controllers go on by themselves, a step each time that somebody looks.
    pub lively: bool,
    pub revision: u64,
    clock: u64,
}

impl World {
    pub fn new() -> World {
        let kind = |(api, plural, name, how): &(&str, &str, &'static str, &str)| {
            let (group, version) = api.split_once('/').unwrap_or(("", api));
            Kind {
                group: group.into(),
                version: version.into(),
                plural: (*plural).into(),
                name: (*name).into(),
                namespaced: !how.contains('-'),
                generation: how.contains('+'),
                schema: name,
            }
        };
        let (objects, tokens, fates, loads, logs, written, serving, told) = Default::default();
        World {
            kinds: KINDS.iter().map(kind).collect(),
            objects,
            tokens,
            fates,
            loads,
            logs,
            written,
            serving,
            told,
            lively: true,
            revision: 199,
            clock: 0,
        }
    }

    /// Serves a custom resource.
    pub fn define(&mut self, api: &str, plural: &str, name: &str, namespaced: bool) {
        let (group, version) = api.split_once('/').unwrap();
        let (group, version, plural, name) = (group.to_owned(), version.to_owned(), plural.to_owned(), name.to_owned());
        self.kinds.push(Kind { group, version, plural, name, namespaced, generation: true, schema: "Custom" });
    }

    /// A time later than any before.
    pub fn now(&mut self) -> String {
        self.clock += 1;
        format!("2026-01-01T{:02}:{:02}:{:02}Z", self.clock / 3600 % 24, self.clock / 60 % 60, self.clock % 60)
    }

    /// An id that was never given before.
    pub fn uid(&mut self) -> String {
        self.clock += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.clock)
    }

    /// The next version of anything.
    pub fn bump(&mut self) -> String {
        self.revision += 1;
        self.revision.to_string()
    }

    pub fn key(kind: &Kind, namespace: &str, name: &str) -> Key {
        (kind.group.clone(), kind.plural.clone(), namespace.to_owned(), name.to_owned())
    }

    /// The objects of a kind, in the order of their namespaces and names.
    pub fn of<'a>(&'a self, group: &'a str, plural: &'a str) -> impl Iterator<Item = (&'a Key, &'a Object)> {
        self.objects.iter().filter(move |(k, _)| k.0 == group && k.1 == plural)
    }
}
