//! The fake of the Kubernetes API beside a real server: what 1.20.2 with its controllers answered is what the fake answers.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::support::kubernetes::rollout::{Fate, Stage, collect, status};
use crate::support::kubernetes::route::{Request, Target};
use crate::support::kubernetes::world::{Manager, Object, World};
use crate::support::kubernetes::{Kubernetes, TOKEN, answer, update_as};

/// Requests in their order, with whole answers: `as`, `method`, `path`, `query`, `type`, `body`, `status`, `answer`. Looks that saw nothing new are left out.
const TRANSCRIPT: &str = include_str!("../support/kubernetes/transcript.jsonl");

/// What the fake answers otherwise, as the request and the place in the answer, and why.
const DIFFERENCES: &[(&str, &str, &str)] =
    &[("1 GET /version", "/answer/", "the fake has no build of its own to tell of, but its version")];

/// Values that are the server's own to give: ids, versions, times, addresses.
const GIVEN: &[&str] = &[
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "lastUpdateTime",
    "lastTransitionTime",
    "clusterIP",
    "clusterIPs",
    "nodePort",
    "continue",
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What the real server's ids are here, learnt from two answers to the same request.
fn learn(real: &Value, ours: &Value, names: &mut BTreeMap<String, String>) {
    match (real, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for (k, a) in a {
                let Some(b) = b.get(k) else { continue };
                match k.as_str() {
                    "uid" | "nodePort" | "continue" => {
                        names.insert(a.to_string().trim_matches('"').into(), b.to_string().trim_matches('"').into());
                    }
                    _ => learn(a, b, names),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(a, b)| learn(a, b, names)),
        _ => {}
    }
}

/// Every difference between two answers, by its place.
fn differ(place: &str, real: &Value, ours: &Value, out: &mut Vec<(String, String)>) {
    match (real, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for k in keys {
                match (a.get(k), b.get(k)) {
                    (Some(_), Some(_)) if GIVEN.contains(&k.as_str()) => {}
                    (a, b) => differ(&format!("{place}/{k}"), a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null), out),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let (a, b) = if place.ends_with("/managedFields") { (by_manager(a), by_manager(b)) } else { (a.clone(), b.clone()) };
            a.iter().zip(&b).enumerate().for_each(|(i, (a, b))| differ(&format!("{place}/{i}"), a, b, out));
        }
        _ if real != ours => out.push((place.to_owned(), format!("real {real} ours {ours}"))),
        _ => {}
    }
}

/// Entries are ordered by time, which is the server's own.
fn by_manager(entries: &[Value]) -> Vec<Value> {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|e| (text(&e["operation"]).to_owned(), text(&e["manager"]).to_owned()));
    entries
}

/// What controllers had done before the real server answered: statuses, pods, ReplicaSets, and that something is gone. The fake enters it by its own writes.
fn controllers(world: &mut World, request: &Request, line: &Value) {
    let Some(target) = Target::of(world, &request.path) else { return };
    let real = &line["answer"];
    let plural = target.kind.plural.clone();
    let items = if target.name.is_empty() { real["items"].as_array().cloned().unwrap_or_default() } else { vec![real.clone()] };
    match (plural.as_str(), line["status"].as_u64()) {
        ("deployments", Some(200)) if target.part.is_empty() => {
            for item in items.iter().filter(|i| !i["spec"].is_null()) {
                let target = Target {
                    name: text(&item["metadata"]["name"]).into(),
                    namespace: text(&item["metadata"]["namespace"]).into(),
                    ..target.again()
                };
                let revision = item["metadata"]["annotations"]["deployment.kubernetes.io/revision"].clone();
                update_as(world, &target, "kube-controller-manager", |body| {
                    body["status"] = item["status"].clone();
                    if !revision.is_null() {
                        let notes = body["metadata"].as_object_mut().unwrap().entry("annotations").or_insert_with(|| json!({}));
                        notes["deployment.kubernetes.io/revision"] = revision;
                    }
                });
            }
        }
        ("pods" | "replicasets", Some(200)) if target.name.is_empty() => {
            let there: Vec<&str> = items.iter().map(|i| text(&i["metadata"]["name"])).collect();
            world.objects.retain(|k, _| k.1 != plural || there.contains(&k.3.as_str()));
            for item in &items {
                let key = World::key(&target.kind, text(&item["metadata"]["namespace"]), text(&item["metadata"]["name"]));
                world.objects.entry(key).or_insert_with(|| object(&target, item));
            }
        }
        (_, Some(404)) if world.objects.get(&target.key()).is_some_and(Object::going) => collect(world, &target),
        _ => {}
    }
}

/// An object that a controller made, as it was seen.
fn object(target: &Target, seen: &Value) -> Object {
    let mut body = seen.clone();
    body["kind"] = target.kind.name.as_str().into();
    body["apiVersion"] = target.kind.api().into();
    let entries = body["metadata"].as_object_mut().unwrap().remove("managedFields").unwrap_or_default();
    let manager = |e: &Value| {
        let mut fields = vec![];
        paths(&e["fieldsV1"], &mut vec![], &mut fields);
        let (name, api, time) = (text(&e["manager"]).into(), text(&e["apiVersion"]).into(), text(&e["time"]).into());
        Manager { name, applies: e["operation"] == "Apply", api, time, fields: fields.into_iter().collect() }
    };
    Object { body, managers: entries.as_array().into_iter().flatten().map(manager).collect() }
}

fn paths(fields: &Value, here: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
    let parts = fields.as_object().cloned().unwrap_or_default();
    if parts.is_empty() || parts.contains_key(".") {
        into.push(here.clone());
    }
    for (name, below) in parts.iter().filter(|(n, _)| *n != ".") {
        here.push(name.clone());
        paths(below, here, into);
        here.pop();
    }
}

#[test]
fn the_fake_answers_as_a_real_server_did() {
    let mut world = World::new();
    world.lively = false;
    world.kinds.retain(|k| !["policy/v1", "autoscaling/v2"].contains(&k.api().as_str()));
    world.tokens.insert("adm".into(), ("admin".into(), vec!["system:masters".into()]));
    world.tokens.insert("ro".into(), ("reader".into(), vec!["readers".into()]));
    let (mut names, mut found, mut asked) = (BTreeMap::new(), vec![], 0);
    for line in TRANSCRIPT.lines() {
        let line = names.iter().fold(line.to_owned(), |line, (real, ours): (&String, &String)| line.replace(real, ours));
        let line: Value = serde_json::from_str(&line).unwrap();
        let words = |v: &Value| v.as_str().map_or_else(|| v.to_string(), String::from);
        let query = line["query"].as_object().unwrap_or(&Map::new()).iter().map(|(k, v)| (k.clone(), words(v))).collect();
        let request = Request {
            method: text(&line["method"]).into(),
            path: text(&line["path"]).into(),
            query,
            token: Some(text(&line["as"]).into()),
            content: text(&line["type"]).into(),
            agent: "Python-urllib/3.11".into(),
            body: line["body"].clone(),
        };
        controllers(&mut world, &request, &line);
        let (status, ours) = answer(&mut world, &request);
        learn(&line["answer"], &ours, &mut names);
        let mut differences = vec![];
        differ(
            "",
            &json!({ "status": line["status"], "answer": line["answer"] }),
            &json!({ "status": status, "answer": ours }),
            &mut differences,
        );
        asked += 1;
        let name = format!("{asked} {} {}", request.method, request.path);
        found.extend(differences.into_iter().map(|(place, what)| (name.clone(), place, what)));
    }
    let known = |name: &str, place: &str| DIFFERENCES.iter().any(|(n, p, _)| *n == name && place.starts_with(p));
    let unknown: Vec<_> = found.iter().filter(|(n, p, _)| !known(n, p)).collect();
    assert!(unknown.is_empty(), "{} of {asked} requests: {unknown:#?}", unknown.len());
    let idle: Vec<_> = DIFFERENCES.iter().filter(|(n, p, _)| !found.iter().any(|(f, place, _)| f == n && place.starts_with(p))).collect();
    assert!(idle.is_empty(), "no difference any more: {idle:?}");
}

/// What the fake's own controller says at each stage is what the real one said.
#[test]
fn rollouts_go_through_a_real_servers_stages() {
    let mut seen = vec![];
    for line in TRANSCRIPT.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (real, path) = (&line["answer"], text(&line["path"]));
        if line["method"] != "GET"
            || !path.ends_with("/deployments/web")
            || line["status"] != 200
            || !real["metadata"]["deletionTimestamp"].is_null()
        {
            continue;
        }
        let progress = real["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Progressing").unwrap();
        let stage = match text(&progress["reason"]) {
            "ReplicaSetUpdated" => Stage::Progressing,
            "NewReplicaSetAvailable" => Stage::Ready,
            "ProgressDeadlineExceeded" => Stage::Stuck,
            other => panic!("no stage has the reason {other}"),
        };
        let hash = text(&progress["message"]).split('"').nth(1).unwrap().trim_start_matches("web-").to_owned();
        let mut before = Object { body: real.clone(), managers: vec![] };
        // The controller hasn't looked yet where the generation is newer.
        if real["status"]["observedGeneration"] == real["metadata"]["generation"] {
            before.body["metadata"]["generation"] = real["status"]["observedGeneration"].clone();
        } else {
            continue;
        }
        let mut differences = vec![];
        differ("", &real["status"], &status(&before, &hash, stage, "now"), &mut differences);
        assert!(differences.is_empty(), "{stage:?}: {differences:#?}");
        seen.push(stage);
    }
    for stage in [Stage::Progressing, Stage::Ready, Stage::Stuck] {
        assert!(seen.contains(&stage), "{stage:?} was never seen");
    }
}

/// A rollout reads old at first, goes on a step with each look, and ends as the test wants it.
#[tokio::test]
async fn rollouts_take_their_time_and_the_course_that_a_test_wants() {
    let fake = Kubernetes::start();
    fake.fate("sick", Fate::Stuck("ImagePullBackOff", "no such image"));
    fake.fate("slow", Fate::Slow);
    let world = &mut *fake.world();
    let mut ask = |method: &str, path: &str, body: Value| {
        let apply = [("fieldManager", "infra"), ("force", "true")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: if method == "PATCH" { apply.into() } else { BTreeMap::new() },
            token: Some(TOKEN.into()),
            content: "application/apply-patch+yaml".into(),
            agent: String::new(),
            body,
        };
        answer(world, &request).1
    };
    ask("PATCH", "/api/v1/namespaces/shop", json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop" } }));
    let mut stages = |name: &str, image: &str| {
        let path = format!("/apis/apps/v1/namespaces/shop/deployments/{name}");
        let containers = json!([{ "name": "app", "image": image }]);
        let template = json!({ "metadata": { "labels": { "app": name } }, "spec": { "containers": containers } });
        let spec = json!({ "replicas": 2, "selector": { "matchLabels": { "app": name } }, "template": template });
        ask(
            "PATCH",
            &path,
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "namespace": "shop" }, "spec": spec }),
        );
        let look = |_| {
            let found = ask("GET", &path, Value::Null);
            let status = &found["status"];
            let why = status["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|c| c["type"] == "Progressing")
                .map_or("", |c| text(&c["reason"]));
            let current = status["observedGeneration"] == found["metadata"]["generation"];
            format!("{} {} {why}", if current { "current" } else { "old" }, status["availableReplicas"].as_u64().unwrap_or(0))
        };
        (0..3).map(look).collect::<Vec<_>>()
    };
    assert_eq!(stages("shop", "a:1"), ["old 0 ", "current 0 ReplicaSetUpdated", "current 2 NewReplicaSetAvailable"]);
    assert_eq!(stages("shop", "a:2"), ["old 2 NewReplicaSetAvailable", "current 2 ReplicaSetUpdated", "current 2 NewReplicaSetAvailable"]);
    assert_eq!(stages("sick", "a:1"), ["old 0 ", "current 0 ReplicaSetUpdated", "current 0 ProgressDeadlineExceeded"]);
    assert_eq!(stages("slow", "a:1"), ["old 0 ", "current 0 ReplicaSetUpdated", "current 0 ReplicaSetUpdated"]);
    let pods = ask("GET", "/api/v1/namespaces/shop/pods", Value::Null);
    let waits = pods["items"].as_array().unwrap().iter().find(|p| p["metadata"]["labels"]["app"] == "sick").unwrap();
    assert_eq!(waits["status"]["containerStatuses"][0]["state"]["waiting"]["message"], "no such image");
}
