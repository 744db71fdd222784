//! Writes that are no apply: merge patches, strategic or plain, and the scale of a deployment.
use serde_json::{Value, json};

use super::fields::parts;
use super::reply::{Refusal, Reply};
use super::route::Target;
use super::schema::Type;
use super::world::World;

/// Changes a body as a patch says: its status only, or all but that.
pub fn patch(body: &mut Value, patch: &Value, strategic: bool, part: &str, schema: &'static str) {
    let mut patch = patch.clone();
    if let Some(patch) = patch.as_object_mut() {
        patch.retain(|k, _| (k == "status") == (part == "status"));
    }
    let ty = if strategic { Type::Struct(schema) } else { Type::Deduced };
    *body = merged(body, &patch, ty);
}

/// `null` takes away. Items that a strategic patch adds to a list stand before the others.
fn merged(old: &Value, patch: &Value, ty: Type) -> Value {
    if let (Value::Array(_), Value::Array(_), Ok(Some(had)), Ok(Some(given))) = (old, patch, parts(old, ty), parts(patch, ty)) {
        let known = |name: &str| had.iter().any(|(n, ..)| n == name);
        let fresh = given.iter().filter(|(n, ..)| !known(n)).map(|(_, v, ..)| (*v).clone());
        let kept = had.iter().map(|(n, v, t, _)| match given.iter().find(|(g, ..)| g == n) {
            Some((_, p, ..)) => merged(v, p, *t),
            None => (*v).clone(),
        });
        return fresh.chain(kept).collect();
    }
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut out = old.as_object().cloned().unwrap_or_default();
    for (name, value) in patch {
        let ty = match ty {
            Type::Struct(of) => super::schema::field(of, name).unwrap_or(Type::Deduced),
            Type::Atomic | Type::Deduced => Type::Deduced,
            Type::Map(of) => *of,
            other => other,
        };
        match value {
            Value::Null => drop(out.remove(name)),
            value => drop(out.insert(name.clone(), merged(out.get(name).unwrap_or(&Value::Null), value, ty))),
        }
    }
    out.into()
}

/// Changes how many replicas there are. It leaves no mark of who did it, as 1.20 does.
pub fn scale(world: &mut World, target: &Target, body: &Value) -> Reply {
    let version = world.bump();
    let found = world.objects.get_mut(&target.key()).ok_or_else(|| Refusal::not_found(target.about()))?;
    found.body["spec"]["replicas"] = body["spec"]["replicas"].clone();
    let generation = found.meta()["generation"].as_u64().unwrap_or(0);
    found.meta_mut().insert("generation".into(), (generation + 1).into());
    found.meta_mut().insert("resourceVersion".into(), version.into());
    let meta = found.meta();
    let kept: serde_json::Map<String, Value> =
        ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"].iter().map(|k| ((*k).to_owned(), meta[*k].clone())).collect();
    let labels = found.body["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let selector = labels.map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(",");
    let replicas = found.body["status"]["replicas"].as_u64().unwrap_or(0);
    Ok((
        200,
        json!({
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": kept,
            "spec": { "replicas": found.body["spec"]["replicas"] },
            "status": { "replicas": replicas, "selector": selector },
        }),
    ))
}
