//! What controllers make for what they look after: the pods of jobs, and the sets of deployments.
use serde_json::json;

use super::rollout::REVISION;
use super::route::Target;
use super::world::{Kind, Object, World};

/// The pods of a job that has failed, where a test says what the last one has written: each try is a pod, and the names don't tell which was first.
pub fn tries(world: &mut World, target: &Target, job: &Object, container: &str) {
    let Some(last) = world.logs.get(container).cloned() else { return };
    let kind: Kind = world.kinds.iter().find(|k| k.name == "Pod").unwrap().clone();
    for (end, text) in [("a", "an earlier try\n"), ("b", &last)] {
        let name = format!("{}-{end}", target.name);
        let (uid, made, version) = (world.uid(), world.now(), world.bump());
        let mut labels = job.body["spec"]["template"]["metadata"]["labels"].clone();
        labels["batch.kubernetes.io/job-name"] = target.name.as_str().into();
        let id = format!("containerd://{uid}-0");
        let state = json!({ "terminated": { "containerID": id, "exitCode": 1, "reason": "Error" } });
        let status = json!({ "name": container, "ready": false, "restartCount": 0, "containerID": id, "state": state, "lastState": {} });
        let meta = json!({
            "name": name, "namespace": target.namespace, "uid": uid, "creationTimestamp": made, "resourceVersion": version, "labels": labels,
            "ownerReferences": [{ "apiVersion": "batch/v1", "kind": "Job", "name": target.name, "uid": job.meta()["uid"] }],
        });
        let body = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": job.body["spec"]["template"]["spec"],
            "status": { "phase": "Failed", "containerStatuses": [status] },
        });
        world.objects.insert(World::key(&kind, &target.namespace, &name), Object { body, managers: vec![] });
        world.written.insert(id, text.lines().map(|line| (std::time::SystemTime::now(), format!("{line}\n"))).collect());
    }
}

/// The set that a deployment's pods of its template belong to, and its number: that of the newest, which one becomes that is returned to.
pub fn set(world: &mut World, target: &Target, hash: &str) -> u32 {
    let owner = world.objects[&target.key()].clone();
    let kind: Kind = world.kinds.iter().find(|k| k.name == "ReplicaSet").unwrap().clone();
    let name = format!("{}-{hash}", target.name);
    let key = World::key(&kind, &target.namespace, &name);
    let number = |set: &Object| set.meta()["annotations"][REVISION].as_str().and_then(|n| n.parse::<u32>().ok()).unwrap_or_default();
    let owned = |set: &Object| set.meta()["ownerReferences"][0]["uid"] == owner.meta()["uid"];
    let newest = world.of("apps", "replicasets").filter(|(_, set)| owned(set)).map(|(_, set)| number(set)).max().unwrap_or_default();
    let own = world.objects.get(&key).map(number);
    let revision = if own == Some(newest) { newest } else { newest + 1 };
    if let Some(known) = world.objects.get_mut(&key) {
        known.body["metadata"]["annotations"][REVISION] = revision.to_string().into();
        return revision;
    }
    let (uid, made, version) = (world.uid(), world.now(), world.bump());
    let mut labels = owner.body["spec"]["template"]["metadata"]["labels"].clone();
    labels["pod-template-hash"] = hash.into();
    let meta = json!({
        "name": name, "namespace": target.namespace, "uid": uid, "creationTimestamp": made, "resourceVersion": version, "labels": labels,
        "annotations": { REVISION: revision.to_string() },
        "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": target.name, "uid": owner.meta()["uid"] }],
    });
    let body =
        json!({ "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": { "template": owner.body["spec"]["template"] } });
    world.objects.insert(key, Object { body, managers: vec![] });
    revision
}
