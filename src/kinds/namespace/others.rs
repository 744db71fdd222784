//! What others have in a namespace.
use super::super::manifest::{STACK, label};
use super::*;

/// Kinds of which somebody makes objects, and which nothing makes by itself in every namespace.
const KINDS: &[(&str, &str, &str)] = &[
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("v1", "Service", "services"),
    ("apps/v1", "DaemonSet", "daemonsets"),
    ("apps/v1", "Deployment", "deployments"),
    ("apps/v1", "StatefulSet", "statefulsets"),
    ("batch/v1", "CronJob", "cronjobs"),
    ("batch/v1", "Job", "jobs"),
    ("networking.k8s.io/v1", "Ingress", "ingresses"),
];

/// Refuses the end of a namespace in which others have something.
pub async fn none(cx: &Clients, live: &Live) -> Result<(), CloudError> {
    let at = Place::of(&live.id);
    let Some(api) = eks_cluster::api_of(cx, &at.cluster).await? else { return Ok(()) };
    let theirs = format!("{STACK}!={}", label(&live.stamp.stack));
    let mut found = vec![];
    for (api_version, kind, plural) in KINDS {
        let kind = Type { api: api_version, kind, plural, namespaced: true };
        let all = api.within(cx, kind, &at.name, &theirs).await?;
        found.extend(all.iter().map(|object| format!("{} {}", kind.kind, fields::text(&object["metadata"]["name"]))));
    }
    let held = || {
        let message = format!("others have something in the namespace {}, and it would go, too: {}", at.name, found.join(", "));
        CloudError { service: Some(Service::Kubernetes), ..CloudError::new(Class::Invalid, "NamespaceInUse", message) }
    };
    if found.is_empty() { Ok(()) } else { Err(held()) }
}
