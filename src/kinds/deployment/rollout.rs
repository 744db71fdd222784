//! When a deployment has rolled out, and how it is known early that it won't.
use std::cell::{Cell, RefCell};

use super::*;
use crate::wire::kubernetes::Kubernetes;

/// The code of a verdict: pods of the newest template don't come to serve. No other failure is one.
pub(super) const FAILED: &str = "RolloutFailed";

const PODS: Type = Type { api: "v1", kind: "Pod", plural: "pods", namespaced: true };

/// Reasons for which a container waits that don't pass by themselves.
const HOPELESS: &[&str] = &["CreateContainerConfigError", "ErrImageNeverPull", "InvalidImageName"];

/// Reasons that may pass: a registry may have been away, a database not yet up.
const DOUBTFUL: &[&str] = &["CrashLoopBackOff", "CreateContainerError", "ErrImagePull", "ImagePullBackOff", "RunContainerError"];

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
        let pods = waiting(cx, api, at, want, applied).await?;
        if let Some(why) = condition(&now, applied) {
            return Err(failed(at, &pods.into_iter().map(|(_, told)| told).chain([why]).collect::<Vec<_>>().join("; ")));
        }
        let doubtful = pods.iter().any(|(reason, _)| DOUBTFUL.contains(&reason.as_str()));
        ill.set(if doubtful { ill.get() + 1 } else { 0 });
        let lost = pods.iter().find(|(reason, _)| HOPELESS.contains(&reason.as_str()) || ill.get() >= GRACE);
        lost.map_or(Ok(None), |(_, told)| Err(failed(at, told)))
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

/// Why containers of pods that were made since the apply wait: the reason, and all that is told of it.
async fn waiting(
    cx: &Clients,
    api: &Kubernetes,
    at: &Place,
    want: &Deployment,
    applied: &Value,
) -> Result<Vec<(String, String)>, CloudError> {
    let managers = applied["metadata"]["managedFields"].as_array().into_iter().flatten();
    let since = managers.filter(|m| m["manager"] == MANAGER).map(|m| fields::text(&m["time"])).max().unwrap_or_default();
    let pods = api.within(cx, PODS, &at.namespace, &format!("{NAME}={}", want.name)).await?;
    let newer = pods.iter().filter(|pod| fields::text(&pod["metadata"]["creationTimestamp"]) >= since);
    let states = newer.flat_map(|pod| pod["status"]["containerStatuses"].as_array().into_iter().flatten());
    let told = |container: &Value| {
        let waits = &container["state"]["waiting"];
        let reason = waits["reason"].as_str().filter(|reason| HOPELESS.contains(reason) || DOUBTFUL.contains(reason))?;
        let ended = &container["lastState"]["terminated"];
        let last = ended["exitCode"].as_i64().map_or(String::new(), |code| {
            format!("; it ended with {code} ({}) {}", fields::text(&ended["reason"]), fields::text(&ended["message"]))
        });
        Some((reason.to_owned(), format!("{reason}: {}{}", fields::text(&waits["message"]), last.trim_end())))
    };
    let mut all: Vec<(String, String)> = states.filter_map(told).collect();
    all.sort();
    all.dedup();
    Ok(all)
}
