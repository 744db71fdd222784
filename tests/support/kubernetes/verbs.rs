//! What a request does to one object.
use serde_json::{Value, json};

use super::defaults::{complete, tidy};
use super::fields::{Comparison, Path, Set, applied, compare, merge, remove, show};
use super::reply::{About, Cause, Refusal, Reply};
use super::route::Target;
use super::schema::Type;
use super::world::{Key, Manager, Object, World};
use super::{service, valid};

/// Fields of an object that nobody owns.
const UNOWNED: &[&str] =
    &["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields", "deletionTimestamp"];

/// How an object is written.
pub struct Write<'a> {
    pub manager: Option<&'a str>,
    pub force: bool,
    /// Whether nothing is kept.
    pub dry: bool,
}

fn owned(path: &Path) -> bool {
    let text: Vec<&str> = path.iter().map(|p| &p[2..]).collect();
    match &text[..] {
        ["apiVersion" | "kind" | "metadata"] => false,
        ["metadata", field, ..] => !UNOWNED.contains(field),
        _ => true,
    }
}

/// Refuses what is made in a namespace that isn't there or is on its way out.
fn room(world: &World, target: &Target, about: About<'_>) -> Result<(), Refusal> {
    let namespace = target.namespace.as_str();
    if !target.kind.namespaced {
        return Ok(());
    }
    match world.objects.get(&("".into(), "namespaces".into(), "".into(), namespace.into())) {
        // Every cluster has it.
        None if namespace == "kube-system" => Ok(()),
        None => Err(Refusal::not_found(About { group: "", kind: "namespaces", name: namespace })),
        Some(found) if found.going() => {
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            let message = format!("namespace {namespace} is being terminated");
            let cause = Cause { reason: "NamespaceTerminating", field: "metadata.namespace".into(), message };
            Err(Refusal::forbidden(about, &why, &[cause]))
        }
        Some(_) => Ok(()),
    }
}

/// Server-side apply.
pub fn apply(world: &mut World, target: &Target, write: &Write<'_>, body: &Value) -> Reply {
    let about = target.about();
    let Some(manager) = write.manager else {
        let about = About { group: "meta.k8s.io", kind: "PatchOptions", name: "" };
        let cause = Cause { message: "Required value: is required for apply patch".into(), ..Cause::required("fieldManager") };
        return Err(Refusal::invalid(about, &[cause]));
    };
    let ty = Type::Struct(target.kind.schema);
    let mut fields = Set::new();
    let untyped = |e| Refusal::new(500, "", format!("failed to create typed patch object: {e}"));
    applied(body, ty, &vec![], &mut fields).map_err(untyped)?;
    fields.retain(owned);
    let mut wanted = body.clone();
    tidy(&mut wanted, ty);
    let stale = wanted["metadata"].as_object_mut().and_then(|m| m.remove("resourceVersion"));
    let key = target.key();
    let before = world.objects.get(&key).cloned();
    if stale.is_some_and(|stale| before.as_ref().is_some_and(|b| b.meta()["resourceVersion"] != stale)) {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        return Err(Refusal::conflict(about, why));
    }
    let (mut object, made) = match before.clone() {
        Some(object) => (object, false),
        None => {
            room(world, target, about)?;
            (fresh(world, target), true)
        }
    };
    let mine = object.managers.iter().position(|m| m.applies && m.name == manager);
    let last = mine.map(|i| object.managers[i].fields.clone()).unwrap_or_default();
    let others: Vec<Set> = object.managers.iter().enumerate().filter(|(i, _)| Some(*i) != mine).map(|(_, m)| m.fields.clone()).collect();
    let mut now = merge(&object.body, &wanted, ty);
    for path in last.difference(&fields).collect::<Vec<_>>().into_iter().rev() {
        let held = |set: &Set| set.range::<Path, _>(path..).next().is_some_and(|p| p.starts_with(path));
        if !is_key(path) && !held(&fields) && !others.iter().any(held) {
            remove(&mut now, path);
        }
    }
    let mut changes = Comparison::default();
    compare(Some(&object.body), Some(&now), ty, &vec![], &mut changes);
    let mut taken = vec![];
    for (_, other) in object.managers.iter_mut().enumerate().filter(|(i, _)| Some(*i) != mine) {
        let theirs: Vec<Path> = other.fields.intersection(&changes.changed).cloned().collect();
        taken.extend(theirs.iter().map(|p| (format!("{:?} using {}", other.name, other.api), show(p))));
        other.fields.retain(|p| !theirs.contains(p) && !changes.removed.contains(p));
    }
    if !write.force && !taken.is_empty() {
        return Err(Refusal::owned(&taken));
    }
    own(world, &mut object, mine, Manager { name: manager.into(), applies: true, api: target.kind.api(), time: String::new(), fields });
    object.body = now;
    store(world, target, key, before, object, write.dry).map(|body| (if made { 201 } else { 200 }, body))
}

/// Whether a path is a field by which an item of a list is known: it goes with the item only.
fn is_key(path: &Path) -> bool {
    let [.., item, field] = &path[..] else { return false };
    item.strip_prefix("k:").is_some_and(|keys| keys.contains(&format!("{:?}:", &field[2..])))
}

/// Enters what a manager owns now. The time is the one of its last change.
fn own(world: &mut World, object: &mut Object, at: Option<usize>, manager: Manager) {
    match at {
        Some(i) if object.managers[i].fields == manager.fields => {}
        Some(i) => object.managers[i] = Manager { time: world.now(), ..manager },
        None => object.managers.push(Manager { time: world.now(), ..manager }),
    }
    object.managers.retain(|m| !m.fields.is_empty());
}

fn fresh(world: &mut World, target: &Target) -> Object {
    let kind = &target.kind;
    let mut body = json!({
        "apiVersion": kind.api(),
        "kind": kind.name,
        "metadata": { "name": target.name, "uid": world.uid(), "creationTimestamp": world.now() },
    });
    if kind.namespaced {
        body["metadata"]["namespace"] = target.namespace.as_str().into();
    }
    if kind.generation {
        body["metadata"]["generation"] = 1.into();
    }
    Object { body, managers: vec![] }
}

/// Any other write, by a function of the body: what changes becomes the writer's.
pub fn update(world: &mut World, target: &Target, write: &Write<'_>, change: impl FnOnce(&mut Value)) -> Reply {
    let key = target.key();
    let before = world.objects.get(&key).cloned().ok_or_else(|| Refusal::not_found(target.about()))?;
    let ty = Type::Struct(target.kind.schema);
    let mut object = before.clone();
    change(&mut object.body);
    complete(&target.kind.name, &mut object.body);
    tidy(&mut object.body, ty);
    let mut changes = Comparison::default();
    compare(Some(&before.body), Some(&object.body), ty, &vec![], &mut changes);
    changes.changed.retain(owned);
    let manager = write.manager.unwrap_or("unknown");
    let mine = object.managers.iter().position(|m| !m.applies && m.name == manager && m.api == target.kind.api());
    for other in &mut object.managers {
        other.fields.retain(|p| !changes.changed.contains(p) && !changes.removed.contains(p));
    }
    // Back to what it was, with what changed; so that an unchanged set keeps its time.
    let old = mine.map(|i| before.managers[i].fields.clone()).unwrap_or_default();
    if let Some(i) = mine {
        object.managers[i].fields = old.clone();
    }
    let fields = old.union(&changes.changed).filter(|p| !changes.removed.contains(*p)).cloned().collect();
    own(world, &mut object, mine, Manager { name: manager.into(), applies: false, api: target.kind.api(), time: String::new(), fields });
    store(world, target, key, Some(before), object, write.dry).map(|body| (200, body))
}

/// Completes, checks and keeps an object, and shows it.
fn store(world: &mut World, target: &Target, key: Key, before: Option<Object>, mut object: Object, dry: bool) -> Result<Value, Refusal> {
    let kind = &target.kind;
    complete(&kind.name, &mut object.body);
    tidy(&mut object.body, Type::Struct(kind.schema));
    let old = before.as_ref().map(|b| &b.body);
    let mut causes = valid::causes(&kind.name, old, &object.body);
    if kind.name == "Service" {
        causes.extend(service::allocate(world, &key, &mut object.body, dry));
    }
    if !causes.is_empty() {
        return Err(Refusal::invalid(About { kind: &kind.name, ..target.about() }, &causes));
    }
    if kind.generation && old.is_some_and(|old| old["spec"] != object.body["spec"]) {
        let generation = object.meta()["generation"].as_u64().unwrap_or(0);
        object.meta_mut().insert("generation".into(), (generation + 1).into());
    }
    if before.as_ref() == Some(&object) || dry {
        return Ok(object.shown());
    }
    let version = world.bump();
    object.meta_mut().insert("resourceVersion".into(), version.into());
    if kind.name == "CustomResourceDefinition" && before.is_none() {
        let (spec, text) = (&object.body["spec"], |v: &Value| v.as_str().unwrap_or_default().to_owned());
        let api = format!("{}/{}", text(&spec["group"]), text(&spec["versions"][0]["name"]));
        world.define(&api, &text(&spec["names"]["plural"]), &text(&spec["names"]["kind"]), spec["scope"] == "Namespaced");
    }
    let shown = object.shown();
    world.objects.insert(key, object);
    Ok(shown)
}

/// Deletes an object, or marks it as one that is on its way out.
pub fn delete(world: &mut World, target: &Target, options: &Value) -> Reply {
    let (about, key) = (target.about(), target.key());
    let found = world.objects.get(&key).cloned().ok_or_else(|| Refusal::not_found(about))?;
    let uid = found.meta()["uid"].clone();
    if let Some(wanted) = options["preconditions"]["uid"].as_str().filter(|w| uid != *w) {
        let (kind, uid) = (target.kind.name.as_str(), uid.as_str().unwrap_or_default());
        let why = format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        );
        return Err(Refusal::conflict(About { kind, ..about }, &why));
    }
    let foreground = options["propagationPolicy"] == "Foreground";
    let namespace = target.kind.name == "Namespace";
    if !(foreground || namespace || !found.meta()["finalizers"].is_null()) {
        world.objects.remove(&key);
        super::rollout::orphans(world);
        let mut details = about.details();
        details.insert("uid".into(), uid);
        return Ok((200, json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details })));
    }
    let (now, mut object) = (world.now(), found);
    if !object.going() {
        let generation = object.meta()["generation"].as_u64();
        let version = world.bump();
        let meta = object.meta_mut();
        meta.insert("deletionTimestamp".into(), now.into());
        meta.insert("resourceVersion".into(), version.into());
        if namespace {
            object.body["status"]["phase"] = "Terminating".into();
        } else {
            meta.insert("deletionGracePeriodSeconds".into(), 0.into());
            generation.into_iter().for_each(|g| drop(meta.insert("generation".into(), (g + 1).into())));
            if foreground {
                let finalizers = meta.entry("finalizers").or_insert_with(|| json!([]));
                finalizers.as_array_mut().unwrap().push("foregroundDeletion".into());
            }
        }
    }
    let shown = object.shown();
    world.objects.insert(key, object);
    Ok((200, shown))
}
