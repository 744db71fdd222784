//! What a real server answered to the reference's whole table of requests, and how the fake is held to such answers.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::rollout::collect;
use super::route::{Request, Target};
use super::world::{Manager, Object, World};
use super::{answer, update_as};

/// Requests in their order, with whole answers: `as`, `method`, `path`, `query`, `type`, `body`, `status`, `answer`. Looks that saw nothing new are left out.
pub const TRANSCRIPT: &str = include_str!("transcript.jsonl");

/// The program that asked.
pub const AGENT: &str = "Python-urllib/3.11";

/// What the fake answers otherwise, as the request and the place in the answer, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("1 GET /version", "/answer/", "the fake has no build of its own to tell of, but its version"),
    (
        "40 PATCH /apis/karpenter.sh/v1/nodepools/shop",
        "/",
        "Karpenter's schema refuses what it says, which the real server took without one",
    ),
];

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

/// What one server calls a thing, and what another calls it.
pub type Names = BTreeMap<String, String>;

/// A line of one server, with the other's names.
pub fn renamed(line: &str, names: &Names) -> Value {
    serde_json::from_str(&names.iter().fold(line.to_owned(), |line, (one, other)| line.replace(one, other))).unwrap()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What one server's ids are to the other, learnt from two answers to the same request.
pub fn learn(one: &Value, other: &Value, names: &mut Names) {
    match (one, other) {
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
            // The server has made the name up.
            if let (Some(_), Some(one), Some(other)) = (a.get("generateName"), a.get("name"), b.get("name")) {
                names.insert(text(one).into(), text(other).into());
            }
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(a, b)| learn(a, b, names)),
        _ => {}
    }
}

/// Every difference between two answers to the same request, by its place.
pub fn differences(one: &Value, other: &Value) -> Vec<(String, String)> {
    let said = |line: &Value| json!({ "status": line["status"], "answer": line["answer"] });
    let mut found = vec![];
    differ("", &said(one), &said(other), &mut found);
    found
}

/// Every difference between two values, by its place.
pub fn differ(place: &str, real: &Value, ours: &Value, out: &mut Vec<(String, String)>) {
    match (real, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
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

/// A line's request.
pub fn request(line: &Value) -> Request {
    let words = |v: &Value| v.as_str().map_or_else(|| v.to_string(), String::from);
    Request {
        method: text(&line["method"]).into(),
        path: text(&line["path"]).into(),
        query: line["query"].as_object().unwrap_or(&Map::new()).iter().map(|(k, v)| (k.clone(), words(v))).collect(),
        token: Some(text(&line["as"]).into()),
        content: text(&line["type"]).into(),
        agent: AGENT.into(),
        accept: String::new(),
        body: line["body"].clone(),
    }
}

/// Asks the fake what a real server was asked, line by line: what it answers otherwise without a known reason.
pub fn play<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut world = World::new();
    world.lively = false;
    world.kinds.retain(|k| !["policy/v1", "autoscaling/v2"].contains(&k.api().as_str()));
    world.tokens.insert("adm".into(), ("admin".into(), vec!["system:masters".into()]));
    world.tokens.insert("ro".into(), ("reader".into(), vec!["readers".into()]));
    let (mut names, mut found) = (Names::new(), vec![]);
    for (i, line) in lines.enumerate() {
        let line = renamed(line, &names);
        let request = request(&line);
        controllers(&mut world, &request, &line);
        let (status, ours) = answer(&mut world, &request);
        learn(&line["answer"], &ours, &mut names);
        let name = format!("{} {} {}", i + 1, request.method, request.path);
        let ours = json!({ "status": status, "answer": ours });
        found.extend(differences(&line, &ours).into_iter().map(|(place, what)| (name.clone(), place, what)));
    }
    let idle = DIFFERENCES.iter().filter(|(n, p, _)| !found.iter().any(|(f, place, _)| f == n && place.starts_with(p)));
    let idle: Vec<String> = idle.map(|known| format!("no difference any more: {known:?}")).collect();
    let known = |name: &str, place: &str| DIFFERENCES.iter().any(|(n, p, _)| *n == name && place.starts_with(p));
    found.into_iter().filter(|(n, p, _)| !known(n, p)).map(|(n, p, what)| format!("{n}: {p}: {what}")).chain(idle).collect()
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
