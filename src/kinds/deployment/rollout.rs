//! When a deployment has rolled out, and how it is known early that it won't.
use std::cell::{Cell, RefCell};

use super::super::manifest::failing::{containers, quoted};
use super::*;
use crate::wire::kubernetes::{Kubernetes, PODS};

/// The code of a verdict: pods of the newest template don't come to serve. No other failure is one.
pub(super) const FAILED: &str = "RolloutFailed";

/// Reasons for which a container waits that don't pass by themselves.
const HOPELESS: &[&str] = &["CreateContainerConfigError", "ErrImageNeverPull", "InvalidImageName"];

/// Reasons that may pass: a registry may have been away, a database not yet up.
const DOUBTFUL: &[&str] = &["CrashLoopBackOff", "CreateContainerError", "ErrImagePull", "ImagePullBackOff", "RunContainerError"];

/// What a deployment's pods belong to: a set for each template, whose pods bear its hash.
const SETS: Type = Type { api: "apps/v1", kind: "ReplicaSet", plural: "replicasets", namespaced: true };
const HASH: &str = "pod-template-hash";

/// The annotation of a deployment and of its sets that counts templates: the newest set's is the deployment's own.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Looks in a row that see a container wait for a doubtful reason until it counts: about a minute.
const GRACE: u32 = 8;

/// Waits until every pod is one of the template that was applied, and serves. `applied`: the answer to that apply.
///
/// Errors: [`FAILED`] with the container's or the controller's own words, or a failed request.
pub(super) async fn wait(cx: &Clients, api: &Kubernetes, at: &Place, want: &Deployment, applied: &Value) -> Result<(), CloudError> {
    let (seen, ill) = (RefCell::new(String::new()), Cell::new(0));
    let look = async || {
        let now = manifest::standing::<Deployment>(cx, api, at).await?;
        seen.replace(counts(&now));
        if complete(&now, applied) {
            return Ok(Some(()));
        }
        let (pods, over) = (newer(cx, api, at, want, applied).await?, condition(&now, applied));
        // Before the controller has looked, the newest set is that of the template before.
        if !observed(&now, applied) || over.is_none() && waiting(&pods, &want.name).is_empty() {
            ill.set(0);
            return Ok(None);
        }
        let pods = newest(cx, api, at, want, &now, pods).await?;
        let waits = waiting(&pods, &want.name);
        if let Some(why) = over {
            let told = waits.into_iter().map(|wait| wait.told).chain([why]);
            let told: Vec<String> = told.chain(quoted(cx, api, &at.namespace, &want.name, &pods).await).collect();
            return Err(failed(at, &told.join("; ")));
        }
        // What is beside it may take as long as the controller gives it.
        let doubtful = waits.iter().any(|wait| !wait.beside && DOUBTFUL.contains(&wait.reason.as_str()));
        ill.set(if doubtful { ill.get() + 1 } else { 0 });
        let lost = |wait: &&Waiting| HOPELESS.contains(&wait.reason.as_str()) || !wait.beside && ill.get() >= GRACE;
        let Some(wait) = waits.iter().find(lost) else { return Ok(None) };
        let told: Vec<String> = [wait.told.clone()].into_iter().chain(quoted(cx, api, &at.namespace, &want.name, &pods).await).collect();
        Err(failed(at, &told.join("; ")))
    };
    let deadline = deadline(Deployment::TYPICAL.create) + Duration::from_secs(want.deadline.max(0) as u64);
    let why = async || Some(seen.borrow().clone());
    match cx.policy.wait_saying(&format!("{} to roll out", at.id::<Deployment>()), deadline, look, why).await {
        Err(e) if e.code == "WaitTimeout" => Err(failed(at, &e.message)),
        answer => answer,
    }
}

fn failed(at: &Place, why: &str) -> CloudError {
    let e = CloudError::new(Class::Invalid, FAILED, format!("{} doesn't come to serve: {why}", at.id::<Deployment>()));
    CloudError { service: Some(Service::Kubernetes), operation: "get deployments".into(), ..e }
}

fn count(status: &Value, field: &str) -> i64 {
    status[field].as_i64().unwrap_or(0)
}

/// How far it is, in the API's own words.
fn counts(now: &Value) -> String {
    let status = &now["status"];
    let told = ["replicas", "updatedReplicas", "availableReplicas"].map(|field| format!("{field} {}", count(status, field)));
    format!("{} of {}", told.join(", "), now["spec"]["replicas"])
}

/// Whether the controller has seen what was applied. Before that the counts are those of an earlier generation, and look complete.
fn observed(now: &Value, applied: &Value) -> bool {
    count(&now["status"], "observedGeneration") >= count(&applied["metadata"], "generation")
}

fn complete(now: &Value, applied: &Value) -> bool {
    let all = now["spec"]["replicas"].as_i64().unwrap_or(1);
    let of = |field| count(&now["status"], field) == all;
    observed(now, applied) && of("replicas") && of("updatedReplicas") && of("availableReplicas")
}

/// Why the controller has given up, of what was applied. A condition that stood before and is the same still is of what was applied before.
fn condition(now: &Value, applied: &Value) -> Option<String> {
    if !observed(now, applied) {
        return None;
    }
    let before = applied["status"]["conditions"].as_array();
    let stale = |c: &&Value| {
        let old = count(&applied["status"], "observedGeneration") < count(&applied["metadata"], "generation");
        old && before.is_some_and(|before| before.contains(c))
    };
    let given_up = |c: &&Value| match c["type"].as_str() {
        Some("Progressing") => c["status"] == "False" && c["reason"] == "ProgressDeadlineExceeded",
        Some("ReplicaFailure") => c["status"] == "True",
        _ => false,
    };
    let all = now["status"]["conditions"].as_array().into_iter().flatten();
    let found = all.filter(given_up).find(|c| !stale(c))?;
    Some(format!("{}: {}", fields::text(&found["reason"]), fields::text(&found["message"])))
}

/// The pods that were made since the apply.
async fn newer(cx: &Clients, api: &Kubernetes, at: &Place, want: &Deployment, applied: &Value) -> Result<Vec<Value>, CloudError> {
    let mut pods = api.within(cx, PODS, &at.namespace, &format!("{NAME}={}", want.name)).await?;
    pods.retain(|pod| since(pod, applied));
    Ok(pods)
}

/// Whether a pod was made since the apply.
fn since(pod: &Value, applied: &Value) -> bool {
    let managers = applied["metadata"]["managedFields"].as_array().into_iter().flatten();
    let applied = managers.filter(|m| m["manager"] == MANAGER).map(|m| fields::text(&m["time"])).max().unwrap_or_default();
    fields::text(&pod["metadata"]["creationTimestamp"]) >= applied
}

/// The pods of the newest ReplicaSet, by which the controller itself counts (`deployment.kubernetes.io/revision`): of an older one pods may have been made since the
/// apply, too, in place of those of a node that was emptied. All of them, where there is no such set.
async fn newest(
    cx: &Clients,
    api: &Kubernetes,
    at: &Place,
    want: &Deployment,
    now: &Value,
    mut pods: Vec<Value>,
) -> Result<Vec<Value>, CloudError> {
    let sets = api.within(cx, SETS, &at.namespace, &format!("{NAME}={}", want.name)).await?;
    let of = |object: &Value| object["metadata"]["labels"][HASH].clone();
    let revision = |object: &Value| object["metadata"]["annotations"][REVISION].clone();
    let own = |set: &&Value| set["metadata"]["ownerReferences"][0]["uid"] == now["metadata"]["uid"];
    if let Some(set) = sets.iter().filter(own).find(|set| revision(set) == revision(now)) {
        pods.retain(|pod| of(pod) == of(set));
    }
    Ok(pods)
}

/// Why a container of a pod waits.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    /// Whether another container than the deployment's own does.
    beside: bool,
    reason: String,
    /// All that is told of it.
    told: String,
}

/// Why containers of pods wait, the deployment's own first.
fn waiting(pods: &[Value], own: &str) -> Vec<Waiting> {
    let told = |container: &Value| {
        let waits = &container["state"]["waiting"];
        let reason = waits["reason"].as_str().filter(|reason| HOPELESS.contains(reason) || DOUBTFUL.contains(reason))?;
        let ended = &container["lastState"]["terminated"];
        let last = ended["exitCode"].as_i64().map_or(String::new(), |code| {
            format!("; it ended with {code} ({}) {}", fields::text(&ended["reason"]), fields::text(&ended["message"]))
        });
        let beside = container["name"] != own;
        let whose = if beside { format!("{}: ", fields::text(&container["name"])) } else { String::new() };
        let told = format!("{whose}{reason}: {}{}", fields::text(&waits["message"]), last.trim_end());
        Some(Waiting { beside, reason: reason.to_owned(), told })
    };
    let mut all: Vec<Waiting> = containers(pods).filter_map(|(_, container)| told(container)).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has gone on since before the apply says nothing of what was applied, and what others have applied since then neither.
    #[test]
    fn pods_of_before_are_not_judged() {
        let manager = |name: &str, time: &str| json!({ "manager": name, "time": format!("2026-01-01T00:00:{time}Z") });
        let applied = json!({ "metadata": { "managedFields": [manager(MANAGER, "05"), manager("theirs", "09")] } });
        let made = |time: &str| since(&json!({ "metadata": { "creationTimestamp": format!("2026-01-01T00:00:{time}Z") } }), &applied);
        assert_eq!(["04", "05", "06"].map(made), [false, true, true]);
    }
}
