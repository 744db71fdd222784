//! What controllers do, a step at a time: deployments roll out, bindings are registered, what is on its way out goes.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::children::{set, tries};
use super::route::Target;
use super::scaling;
use super::security;
use super::update_as;
use super::world::{Key, Kind, Object, World};

/// What becomes of a deployment's new pods.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// The new pods wait for this reason, with these words, and the deadline passes.
    Stuck(&'static str, &'static str),
    /// The new pods start, and no more is heard.
    Slow,
    /// The new pods wait for this reason, with these words, and the deadline is far away.
    Waits(&'static str, &'static str),
}

/// How far a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Progressing,
    Ready,
    Stuck,
}

const MANAGER: &str = "kube-controller-manager";
pub const REVISION: &str = "deployment.kubernetes.io/revision";

/// A step of every controller.
pub fn step(world: &mut World) {
    for (key, object) in world.objects.clone() {
        let kind = world.kinds.iter().find(|k| k.group == key.0 && k.plural == key.1).expect("a served kind").clone();
        let target = Target { kind, namespace: key.2.clone(), name: key.3.clone(), part: String::new() };
        match target.kind.name.as_str() {
            _ if object.going() => collect(world, &target),
            "Deployment" => deployment(world, &target, &object),
            "HorizontalPodAutoscaler" => scaling::step(world, &target, &object),
            "Job" => job(world, &target, &object),
            "NodePool" => pool(world, &key),
            "Namespace" => account(world, &target.name),
            "TargetGroupBinding" => binding(world, &key),
            _ => {}
        }
    }
}

fn accounts(namespace: &str, name: &str) -> Key {
    ("".into(), "serviceaccounts".into(), namespace.into(), name.into())
}

/// Every namespace has an account that pods run under which name none.
fn account(world: &mut World, namespace: &str) {
    let key = accounts(namespace, "default");
    if !world.objects.contains_key(&key) {
        let (uid, made, version) = (world.uid(), world.now(), world.bump());
        let meta = json!({ "name": "default", "namespace": namespace, "uid": uid, "creationTimestamp": made, "resourceVersion": version });
        let body = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta });
        world.objects.insert(key, Object { body, managers: vec![] });
    }
}

/// The containers of a deployment's pods, that of its own name first.
fn containers(object: &Object) -> Vec<&Value> {
    let all = object.body["spec"]["template"]["spec"]["containers"].as_array();
    let mut all: Vec<&Value> = all.into_iter().flatten().collect();
    all.sort_by_key(|container| container["name"] != object.meta()["name"]);
    all
}

/// What becomes of the new pods' other containers, by their own names.
fn beside<'w>(world: &'w World, object: &Object) -> Option<(String, &'w Fate)> {
    containers(object).into_iter().skip(1).find_map(|container| {
        let name = container["name"].as_str()?;
        Some((name.to_owned(), world.fates.get(name)?))
    })
}

/// Whether a volume is of a map that isn't there: pods wait for it ("FailedMount").
fn unmounted(world: &World, target: &Target, object: &Object) -> bool {
    let volumes = object.body["spec"]["template"]["spec"]["volumes"].as_array();
    let mut maps = volumes.into_iter().flatten().filter_map(|volume| volume["configMap"]["name"].as_str());
    maps.any(|name| !world.objects.contains_key(&("".into(), "configmaps".into(), target.namespace.clone(), name.into())))
}

/// The secret that a container is to be given variables of and that isn't there.
fn lacking(world: &World, target: &Target, object: &Object) -> Option<String> {
    let own = containers(object).first().copied().unwrap_or(&Value::Null);
    let whole = own["envFrom"].as_array().into_iter().flatten().map(|from| &from["secretRef"]["name"]);
    let names = whole.filter_map(Value::as_str);
    let there = |name: &str| world.objects.contains_key(&("".into(), "secrets".into(), target.namespace.clone(), name.into()));
    names.filter(|name| !there(name)).map(String::from).next()
}

/// No pod is made that would run under an account which isn't there ("error looking up service account": the admission plugin `ServiceAccount`), or that
/// isn't as its namespace asks.
fn forbidden(world: &mut World, target: &Target, object: &Object) -> bool {
    let pod = &object.body["spec"]["template"]["spec"];
    let name = pod["serviceAccountName"].as_str().unwrap_or("default").to_owned();
    let homeless = name != "default" && !world.objects.contains_key(&accounts(&target.namespace, &name));
    let namespace = world.objects.get(&("".into(), "namespaces".into(), "".into(), target.namespace.clone()));
    let why = match namespace.and_then(|namespace| security::violated(&namespace.body, pod)) {
        _ if homeless => format!("error looking up service account {}/{name}: serviceaccount {name:?} not found", target.namespace),
        Some(why) => why,
        None => return false,
    };
    let message = format!("pods \"{}-\" is forbidden: {why}", target.name);
    let failure = json!({ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message });
    let generation = object.meta()["generation"].clone();
    update_as(world, target, MANAGER, |body| {
        body["status"] = json!({ "observedGeneration": generation, "unavailableReplicas": 1, "conditions": [failure] });
    });
    true
}

/// A job begins, and a step later it has ended, as the fate of its container's name says.
fn job(world: &mut World, target: &Target, object: &Object) {
    let status = &object.body["status"];
    let name = object.body["spec"]["template"]["spec"]["containers"][0]["name"].as_str().unwrap_or_default();
    let end = |kind: &str, reason: &str, message: &str| json!({ "type": kind, "status": "True", "reason": reason, "message": message });
    let end = match world.fates.get(name) {
        _ if !status["conditions"].is_null() => return,
        _ if status["active"].is_null() => None,
        Some(Fate::Slow | Fate::Waits(..)) => return,
        Some(Fate::Stuck(reason, message)) => Some(end("Failed", reason, message)),
        None => Some(end("Complete", "CompletionsReached", "Reached expected number of succeeded pods")),
    };
    if end.as_ref().is_some_and(|end| end["type"] == "Failed") {
        tries(world, target, object, name);
    }
    let next = end.map_or_else(|| json!({ "active": 1 }), |end| json!({ "active": 0, "conditions": [end] }));
    update_as(world, target, MANAGER, |body| body["status"] = next);
}

/// A binding is held by its finalizer first; a step later its targets are registered, unless the fate of its service says otherwise.
fn binding(world: &mut World, key: &Key) {
    let service = world.objects[key].body["spec"]["serviceRef"]["name"].as_str().unwrap_or_default();
    let fate = world.fates.get(service).cloned();
    let object = world.objects.get_mut(key).unwrap();
    let generation = object.meta()["generation"].clone();
    match (object.meta()["finalizers"].is_null(), fate) {
        (true, _) => drop(object.meta_mut().insert("finalizers".into(), json!(["eks.amazonaws.com/resources"]))),
        (false, None) => object.body["status"]["observedGeneration"] = generation,
        (false, Some(Fate::Slow)) => {}
        (false, Some(Fate::Stuck(reason, message) | Fate::Waits(reason, message))) => {
            let condition = json!({ "type": "Registered", "status": "False", "reason": reason, "message": message });
            object.body["status"]["conditions"] = json!([condition]);
        }
    }
}

/// A pool is looked at: nodes may come of it, unless its fate is that it is wrong itself, that its class is, or that nothing is known of that yet.
fn pool(world: &mut World, key: &Key) {
    let fate = world.fates.get(&key.3).cloned();
    let object = world.objects.get_mut(key).unwrap();
    let seen = object.meta()["generation"].clone();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({ "type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": seen });
    let good = |kind: &str| condition(kind, "True", kind, "");
    // The condition of all together tells what it is made of, and no more.
    let bad = |part: &str, status: &str| condition("Ready", status, "UnhealthyDependents", &format!("{part}={status}"));
    let (class, valid) = ("NodeClassReady", "ValidationSucceeded");
    object.body["status"]["conditions"] = match fate {
        None => json!([good(class), good("Ready"), good(valid)]),
        Some(Fate::Slow) => {
            let unknown = condition(class, "Unknown", "NodeClassReadinessUnknown", "Node Class Readiness Unknown");
            json!([unknown, bad(class, "Unknown"), good(valid)])
        }
        Some(Fate::Stuck(reason, message)) => json!([good(class), bad(valid, "False"), condition(valid, "False", reason, message)]),
        Some(Fate::Waits(reason, message)) => json!([condition(class, "False", reason, message), bad(class, "False"), good(valid)]),
    };
}

/// Takes away what is on its way out, with all that belongs to it.
pub fn collect(world: &mut World, target: &Target) {
    world.objects.remove(&target.key());
    if target.kind.name == "Namespace" {
        world.objects.retain(|k, _| k.2 != target.name);
    }
    orphans(world);
}

/// Takes away whatever belongs to an object that is gone.
pub fn orphans(world: &mut World) {
    loop {
        let there: Vec<Value> = world.objects.values().map(|o| o.meta()["uid"].clone()).collect();
        let before = there.len();
        world.objects.retain(|_, o| match o.meta()["ownerReferences"].as_array() {
            Some(owners) => owners.iter().any(|owner| there.contains(&owner["uid"])),
            None => true,
        });
        if world.objects.len() == before {
            return;
        }
    }
}

fn hash(template: &Value) -> String {
    Sha256::digest(template.to_string().as_bytes()).iter().take(5).map(|b| format!("{b:02x}")).collect()
}

/// The next stage of a deployment, once its controller looks at it.
fn deployment(world: &mut World, target: &Target, object: &Object) {
    let (status, generation) = (&object.body["status"], &object.meta()["generation"]);
    let hash = hash(&object.body["spec"]["template"]);
    let serves = world.serving.get(&target.key()) == Some(&hash);
    let seen = status["observedGeneration"] == *generation;
    if !serves && forbidden(world, target, object) {
        return;
    }
    let fate = world.fates.get(&target.name).or_else(|| beside(world, object).map(|(_, fate)| fate));
    let stage = match fate {
        _ if !seen && serves => Stage::Ready,
        _ if !seen => Stage::Progressing,
        _ if !serves && (lacking(world, target, object).is_some() || unmounted(world, target, object)) => return,
        Some(Fate::Slow | Fate::Waits(..)) if !serves => return,
        Some(Fate::Stuck(..)) if !serves => Stage::Stuck,
        _ => Stage::Ready,
    };
    enter(world, target, stage);
}

/// Brings a deployment to a stage, as its controller would.
pub fn enter(world: &mut World, target: &Target, stage: Stage) {
    let object = world.objects[&target.key()].clone();
    let hash = hash(&object.body["spec"]["template"]);
    let now = world.now();
    let next = status(&object, &hash, stage, &now);
    let revision = set(world, target, &hash);
    update_as(world, target, MANAGER, |body| {
        body["status"] = next;
        let annotations = body["metadata"].as_object_mut().unwrap().entry("annotations").or_insert_with(|| json!({}));
        annotations[REVISION] = revision.to_string().into();
    });
    if stage == Stage::Ready {
        world.serving.insert(target.key(), hash.clone());
    }
    pods(world, target, &hash, stage);
}

/// The status of a deployment at a stage, while pods of an earlier template may still serve.
pub fn status(object: &Object, hash: &str, stage: Stage, now: &str) -> Value {
    let n = object.body["spec"]["replicas"].as_u64().unwrap_or(1);
    let ready = object.body["status"]["readyReplicas"].as_u64().unwrap_or(0);
    let set = format!("{}-{hash}", object.meta()["name"].as_str().unwrap_or_default());
    let condition = |kind: &str, yes: bool, reason: &str, message: String| {
        let status = if yes { "True" } else { "False" };
        json!({ "type": kind, "status": status, "reason": reason, "message": message, "lastUpdateTime": now, "lastTransitionTime": now })
    };
    let available = |yes: bool| match yes {
        true => condition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.".into()),
        false => condition("Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.".into()),
    };
    let progress = match stage {
        Stage::Progressing => condition("Progressing", true, "ReplicaSetUpdated", format!("ReplicaSet \"{set}\" is progressing.")),
        Stage::Ready => {
            condition("Progressing", true, "NewReplicaSetAvailable", format!("ReplicaSet \"{set}\" has successfully progressed."))
        }
        Stage::Stuck => {
            condition("Progressing", false, "ProgressDeadlineExceeded", format!("ReplicaSet \"{set}\" has timed out progressing."))
        }
    };
    let seen = &object.meta()["generation"];
    match stage {
        Stage::Ready => json!({
            "observedGeneration": seen, "replicas": n, "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n,
            "conditions": [available(true), progress],
        }),
        _ if ready == 0 => json!({
            "observedGeneration": seen, "replicas": n, "updatedReplicas": n, "unavailableReplicas": n,
            "conditions": [available(false), progress],
        }),
        _ => json!({
            "observedGeneration": seen, "replicas": ready + 1, "updatedReplicas": 1, "readyReplicas": ready, "availableReplicas": ready,
            "unavailableReplicas": 1, "conditions": [available(true), progress],
        }),
    }
}

/// The pods of the deployment's newest template; the others' stay while it isn't ready.
fn pods(world: &mut World, target: &Target, hash: &str, stage: Stage) {
    let owner = world.objects[&target.key()].clone();
    let kind: Kind = world.kinds.iter().find(|k| k.name == "Pod").unwrap().clone();
    let n = if stage == Stage::Ready { owner.body["spec"]["replicas"].as_u64().unwrap_or(1) } else { 1 };
    let names: Vec<Value> = containers(&owner).into_iter().map(|container| container["name"].clone()).collect();
    let lacking = lacking(world, target, &owner);
    let state = match (stage, world.fates.get(&target.name)) {
        (Stage::Ready, _) => json!({ "running": {} }),
        _ if lacking.is_some() => {
            let message = format!("secret {:?} not found", lacking.unwrap_or_default());
            json!({ "waiting": { "reason": "CreateContainerConfigError", "message": message } })
        }
        (_, Some(Fate::Stuck(reason, message) | Fate::Waits(reason, message))) => {
            json!({ "waiting": { "reason": reason, "message": message } })
        }
        _ if beside(world, &owner).is_some() => json!({ "running": {} }),
        _ => json!({ "waiting": { "reason": "ContainerCreating" } }),
    };
    let other = |name: &Value| match beside(world, &owner) {
        Some((ill, Fate::Stuck(reason, message) | Fate::Waits(reason, message))) if *name == ill && stage != Stage::Ready => {
            json!({ "waiting": { "reason": reason, "message": message } })
        }
        _ => json!({ "running": {} }),
    };
    let others: Vec<(String, Value)> =
        names.iter().skip(1).map(|name| (name.as_str().unwrap_or_default().to_owned(), other(name))).collect();
    if stage == Stage::Ready {
        world.objects.retain(|k, o| k.1 != "pods" || o.meta()["ownerReferences"][0]["uid"] != owner.meta()["uid"]);
    }
    let over = |name: &str, state: &Value| world.logs.contains_key(name) && stage != Stage::Ready && !state["waiting"].is_null();
    let ended = over(&target.name, &state);
    let others: Vec<(String, Value, bool)> =
        others.into_iter().map(|(name, state)| (name.clone(), state.clone(), over(&name, &state))).collect();
    let ready = stage == Stage::Ready || !state["running"].is_null();
    for i in 0..n {
        let name = format!("{}-{hash}-{i}", target.name);
        let mut labels = owner.body["spec"]["template"]["metadata"]["labels"].clone();
        labels["pod-template-hash"] = hash.into();
        let (uid, made, version) = (world.uid(), world.now(), world.bump());
        let first = format!("containerd://{uid}-0");
        let terminated = || json!({ "terminated": { "containerID": first, "exitCode": 1, "reason": "Error" } });
        let last = if ended { terminated() } else { json!({}) };
        let id = if ended || !state["running"].is_null() { first.as_str() } else { "" };
        let own = json!({ "name": names[0], "ready": ready, "restartCount": 0, "containerID": id, "state": state, "lastState": last });
        let beside = others.iter().map(|(name, state, ended)| {
            let (ready, id) = (!state["running"].is_null(), format!("containerd://{uid}.{name}-0"));
            let last = if *ended { json!({ "terminated": { "containerID": id, "exitCode": 1, "reason": "Error" } }) } else { json!({}) };
            json!({ "name": name, "ready": ready, "restartCount": 0, "containerID": id, "state": state, "lastState": last })
        });
        let statuses: Vec<Value> = [own].into_iter().chain(beside).collect();
        let body = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name, "namespace": target.namespace, "uid": uid, "creationTimestamp": made, "resourceVersion": version, "labels": labels,
                "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": target.name, "uid": owner.meta()["uid"] }],
            },
            "spec": owner.body["spec"]["template"]["spec"],
            "status": {
                "phase": if stage == Stage::Ready { "Running" } else { "Pending" },
                "containerStatuses": statuses,
            },
        });
        world.objects.insert(World::key(&kind, &target.namespace, &name), Object { body, managers: vec![] });
    }
}
