//! Which path leads to which objects.
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::access::{check, user};
use super::reply::{About, Refusal, Reply};
use super::verbs::{Write, apply, delete, update};
use super::world::{Key, Kind, World};
use super::{log, patch, rollout};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub token: Option<String>,
    /// `Content-Type`.
    pub content: String,
    /// `Accept`.
    pub accept: String,
    /// The program that asks, as its `User-Agent` begins.
    pub agent: String,
    pub body: Value,
}

/// What a path leads to.
pub struct Target {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
    /// `status`, `scale` or nothing.
    pub part: String,
}

impl Target {
    pub fn about(&self) -> About<'_> {
        About { group: &self.kind.group, kind: &self.kind.plural, name: &self.name }
    }

    pub fn key(&self) -> Key {
        World::key(&self.kind, &self.namespace, &self.name)
    }

    /// The same once more.
    pub fn again(&self) -> Target {
        Target { kind: self.kind.clone(), namespace: self.namespace.clone(), name: self.name.clone(), part: self.part.clone() }
    }

    pub fn of(world: &World, path: &str) -> Option<Target> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let (group, version, rest) = match &parts[..] {
            ["api", version, rest @ ..] => ("", version, rest),
            ["apis", group, version, rest @ ..] => (*group, version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, plural, more @ ..] if !more.is_empty() || !["status", "finalize"].contains(plural) => {
                (*namespace, [&[*plural], more].concat())
            }
            rest => ("", rest.to_vec()),
        };
        let (plural, name, part) = match rest[..] {
            [plural] => (plural, "", ""),
            [plural, name] => (plural, name, ""),
            [plural, name, part] => (plural, name, part),
            _ => return None,
        };
        let kind = world.kinds.iter().find(|k| k.group == group && k.version == **version && k.plural == plural)?.clone();
        Some(Target { kind, namespace: namespace.into(), name: name.into(), part: part.into() })
    }
}

/// The answer to a request, once it has happened.
pub fn answer(world: &mut World, request: &Request) -> Reply {
    let user = user(world, request.token.as_deref())?;
    if request.path == "/version" {
        return Ok((200, json!({ "major": "1", "minor": "20", "gitVersion": "v1.20.2" })));
    }
    let target = Target::of(world, &request.path).ok_or_else(Refusal::no_such_kind)?;
    let verb = match (request.method.as_str(), target.name.is_empty()) {
        ("GET", true) => "list",
        ("GET", false) => "get",
        ("PATCH", false) => "patch",
        ("DELETE", false) => "delete",
        _ => return Err(Refusal::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")),
    };
    // What a container has written is a resource of its own.
    let logged = target.kind.name == "Pod" && target.part == "log" && verb == "get";
    let resource = Kind { plural: if logged { "pods/log".into() } else { target.kind.plural.clone() }, ..target.kind.clone() };
    check(world, &user, verb, &resource, &target.namespace, &target.name)?;
    if logged {
        return log::log(world, &target, &request.query);
    }
    let query = |name: &str| request.query.get(name).map(String::as_str);
    let reply = match verb {
        "list" => list(world, &target, request),
        "get" => match world.objects.get(&target.key()) {
            Some(found) => Ok((200, found.shown())),
            None => Err(Refusal::not_found(target.about())),
        },
        "delete" => delete(world, &target, &request.body),
        _ => {
            let agent = request.agent.split('/').next().filter(|a| !a.is_empty());
            let by_apply = request.content == "application/apply-patch+yaml";
            let manager = if by_apply { query("fieldManager") } else { query("fieldManager").or(agent) };
            let write = Write { manager, force: query("force") == Some("true"), dry: query("dryRun") == Some("All") };
            match (request.content.as_str(), target.part.as_str()) {
                ("application/apply-patch+yaml", "") => apply(world, &target, &write, &request.body),
                (_, "scale") => patch::scale(world, &target, &request.body),
                ("application/merge-patch+json" | "application/strategic-merge-patch+json", part) => {
                    let strategic = request.content.contains("strategic");
                    update(world, &target, &write, |body| patch::patch(body, &request.body, strategic, part, target.kind.schema))
                }
                _ => Err(Refusal::new(415, "UnsupportedMediaType", "the body of the request was in an unknown format")),
            }
        }
    };
    if world.lively && request.method == "GET" {
        rollout::step(world);
    }
    let reply = reply.map(|(status, said)| (status, narrowed(&request.accept, said)));
    if let Ok((_, said)) = &reply {
        let of = |object: &Value| !object["data"].is_null();
        let told = target.kind.name == "Secret" && (of(said) || said["items"].as_array().into_iter().flatten().any(of));
        world.told.extend(told.then(|| format!("{verb} {}", request.path)));
    }
    reply
}

/// What was said, in the form that was asked for: all of an object, or its metadata alone. What is no object stays what it is.
fn narrowed(accept: &str, mut said: Value) -> Value {
    let alone = |object: &mut Value| {
        let metadata = object["metadata"].take();
        *object = json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata });
    };
    if !accept.contains("as=PartialObjectMetadata") || said["kind"] == "Status" {
        return said;
    }
    match said["items"].as_array_mut() {
        Some(items) => {
            items.iter_mut().for_each(alone);
            // As a real server writes it.
            if items.is_empty() {
                said["items"] = Value::Null;
            }
            said["kind"] = "PartialObjectMetadataList".into();
            said["apiVersion"] = "meta.k8s.io/v1".into();
        }
        None => alone(&mut said),
    }
    said
}

/// A page of a list.
fn list(world: &World, target: &Target, request: &Request) -> Reply {
    let selector = request.query.get("labelSelector").map_or("", String::as_str);
    let after = match request.query.get("continue") {
        None => None,
        Some(token) => Some(place(token)?),
    };
    let here = world.of(&target.kind.group, &target.kind.plural).filter(|(k, _)| target.namespace.is_empty() || k.2 == target.namespace);
    let all: Vec<_> = here
        .filter(|(_, o)| selected(&o.meta()["labels"], selector))
        .filter(|(k, _)| after.as_ref().is_none_or(|a| slot(k) > *a))
        .collect();
    let limit = request.query.get("limit").and_then(|l| l.parse().ok()).filter(|l| *l > 0).unwrap_or(usize::MAX);
    let mut metadata = json!({ "resourceVersion": world.revision.to_string() });
    if all.len() > limit {
        let start = json!({ "v": "meta.k8s.io/v1", "rv": world.revision, "start": format!("{}\0", slot(all[limit - 1].0)) });
        metadata["continue"] = BASE64_URL_SAFE_NO_PAD.encode(start.to_string()).into();
        if selector.is_empty() {
            metadata["remainingItemCount"] = (all.len() - limit).into();
        }
    }
    let own = target.kind.schema == "Custom";
    let item = |o: &super::world::Object| {
        let mut shown = o.shown();
        if !own {
            shown.as_object_mut().into_iter().for_each(|m| m.retain(|k, _| k != "kind" && k != "apiVersion"));
        }
        shown
    };
    let items: Vec<Value> = all.into_iter().take(limit).map(|(_, o)| item(o)).collect();
    let kind = format!("{}List", target.kind.name);
    Ok((200, json!({ "kind": kind, "apiVersion": target.kind.api(), "metadata": metadata, "items": items })))
}

/// Where an object stands in a list: `NAMESPACE/NAME`.
fn slot(key: &Key) -> String {
    if key.2.is_empty() { key.3.clone() } else { format!("{}/{}", key.2, key.3) }
}

/// The last object of the page before.
fn place(token: &str) -> Result<String, Refusal> {
    let bad = |why: &str| Refusal::new(400, "BadRequest", format!("invalid continue token: continue key is not valid: {why}"));
    let bytes =
        BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| bad(&format!("illegal base64 data at input byte {}", token.len() / 4 * 4)))?;
    let start: Value = serde_json::from_slice(&bytes).map_err(|e| bad(&e.to_string()))?;
    Ok(start["start"].as_str().unwrap_or_default().trim_end_matches('\0').to_owned())
}

/// Whether labels meet a selector of equalities, inequalities and presences.
fn selected(labels: &Value, selector: &str) -> bool {
    selector.split(',').filter(|s| !s.is_empty()).all(|term| match term.split_once('=') {
        Some((name, value)) if name.ends_with('!') => labels[name.trim_end_matches('!')] != value,
        Some((name, value)) => labels[name] == value.trim_start_matches('='),
        None => !labels[term].is_null(),
    })
}
