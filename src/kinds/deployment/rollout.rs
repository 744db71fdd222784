//! When a deployment has rolled out, and how it is known early that it won't.
use std::cell::{Cell, RefCell};

use tokio::time::Instant;

use super::*;
use crate::wire::kubernetes::{Container, Kubernetes, PODS};

/// The code of a verdict: pods of the newest template don't come to serve. No other failure is one.
pub(super) const FAILED: &str = "RolloutFailed";

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
        let pods = newer(cx, api, at, want, applied).await?;
        let waits = waiting(&pods, &want.name);
        if let Some(why) = condition(&now, applied) {
            let told = waits.into_iter().map(|wait| wait.told).chain([why]);
            let told: Vec<String> = told.chain(quoted(cx, api, at, &pods).await).collect();
            return Err(failed(at, &told.join("; ")));
        }
        // What is beside it may take as long as the controller gives it.
        let doubtful = waits.iter().any(|wait| !wait.beside && DOUBTFUL.contains(&wait.reason.as_str()));
        ill.set(if doubtful { ill.get() + 1 } else { 0 });
        let lost = |wait: &&Waiting| HOPELESS.contains(&wait.reason.as_str()) || !wait.beside && ill.get() >= GRACE;
        let Some(wait) = waits.iter().find(lost) else { return Ok(None) };
        let told: Vec<String> = [wait.told.clone()].into_iter().chain(quoted(cx, api, at, &pods).await).collect();
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
    let managers = applied["metadata"]["managedFields"].as_array().into_iter().flatten();
    let since = managers.filter(|m| m["manager"] == MANAGER).map(|m| fields::text(&m["time"])).max().unwrap_or_default();
    let mut pods = api.within(cx, PODS, &at.namespace, &format!("{NAME}={}", want.name)).await?;
    pods.retain(|pod| fields::text(&pod["metadata"]["creationTimestamp"]) >= since);
    Ok(pods)
}

/// The containers of pods, each with its pod's name.
fn containers(pods: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    pods.iter().flat_map(|pod| {
        let all = pod["status"]["containerStatuses"].as_array();
        all.into_iter().flatten().map(|container| (&pod["metadata"]["name"], container))
    })
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

/// How long its log may take, which only explains what is known already.
const HINT: Duration = Duration::from_secs(5);

/// The last lines of the log of a container that has run and isn't ready; nothing where there is none, or where it doesn't come soon.
async fn quoted(cx: &Clients, api: &Kubernetes, at: &Place, pods: &[Value]) -> Option<String> {
    let ran = |container: &Value| ["running", "terminated"].iter().any(|state| !container["state"][state].is_null());
    let ended = |container: &Value| !container["lastState"]["terminated"].is_null();
    let mut ill: Vec<(&Value, &Value)> = containers(pods).filter(|(_, container)| container["ready"] != true).collect();
    ill.sort_by_key(|(_, container)| container["name"] != at.name);
    let (pod, container) = ill.into_iter().find(|(_, container)| ran(container) || ended(container))?;
    let (pod, name) = (fields::text(pod), fields::text(&container["name"]));
    let of = Container { namespace: &at.namespace, pod: &pod, name: &name, previous: !ran(container) };
    let log = cx.policy.hint(Instant::now() + HINT, api.log_end(cx, of)).await.ok()?;
    let lines: Vec<&str> = log.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| format!("the log of {pod} ends with: {}", lines.join(" | ")))
}
