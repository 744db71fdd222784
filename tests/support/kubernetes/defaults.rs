//! What the API server fills in, and the canonical form of amounts.
use serde_json::{Map, Value, json};

use super::fields::parts;
use super::schema::Type;

/// Sets a field that is not there.
fn set(map: &mut Map<String, Value>, name: &str, value: Value) {
    map.entry(name).or_insert(value);
}

/// The map at a path, made where it is missing.
fn map<'a>(value: &'a mut Value, path: &[&str]) -> &'a mut Map<String, Value> {
    let at = path.iter().fold(value, |at, part| at.as_object_mut().unwrap().entry(*part).or_insert_with(|| json!({})));
    at.as_object_mut().unwrap()
}

/// Fills in what the kind's objects have where nobody says otherwise.
pub fn complete(kind: &str, object: &mut Value) {
    match kind {
        "Namespace" => set(map(object, &["spec"]), "finalizers", json!(["kubernetes"])),
        "Deployment" => deployment(object),
        "Pod" => pod(object),
        "Service" => service(object),
        "CustomResourceDefinition" => set(map(object, &["spec"]), "conversion", json!({ "strategy": "None" })),
        _ => {}
    }
    if let Some(status) = status(kind) {
        set(object.as_object_mut().unwrap(), "status", status);
    }
}

/// The status of a new object, before any controller has seen it.
fn status(kind: &str) -> Option<Value> {
    Some(match kind {
        "Deployment" | "ResourceQuota" => json!({}),
        "Namespace" => json!({ "phase": "Active" }),
        "Service" => json!({ "loadBalancer": {} }),
        "PodDisruptionBudget" => json!({ "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0 }),
        "HorizontalPodAutoscaler" => json!({ "currentReplicas": 0, "desiredReplicas": 0 }),
        "CustomResourceDefinition" => {
            json!({ "conditions": null, "acceptedNames": { "plural": "", "kind": "" }, "storedVersions": ["v1"] })
        }
        _ => return None,
    })
}

fn deployment(object: &mut Value) {
    let spec = map(object, &["spec"]);
    set(spec, "replicas", json!(1));
    set(spec, "revisionHistoryLimit", json!(10));
    set(spec, "progressDeadlineSeconds", json!(600));
    set(spec, "strategy", json!({ "type": "RollingUpdate" }));
    if spec["strategy"]["type"] == "RollingUpdate" {
        let rolling = map(object, &["spec", "strategy", "rollingUpdate"]);
        set(rolling, "maxUnavailable", json!("25%"));
        set(rolling, "maxSurge", json!("25%"));
    }
    set(map(object, &["spec", "template", "metadata"]), "creationTimestamp", Value::Null);
    let pod = map(object, &["spec", "template", "spec"]);
    set(pod, "restartPolicy", json!("Always"));
    set(pod, "terminationGracePeriodSeconds", json!(30));
    set(pod, "dnsPolicy", json!("ClusterFirst"));
    set(pod, "securityContext", json!({}));
    set(pod, "schedulerName", json!("default-scheduler"));
    // An older name of the same field, which fills it in where it is missing ("pkg/apis/core/v1/conversion.go" of Kubernetes).
    if let Some(name) = pod.get("serviceAccountName").or(pod.get("serviceAccount")).cloned() {
        pod.insert("serviceAccount".into(), name.clone());
        pod.insert("serviceAccountName".into(), name);
    }
    pod["containers"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).for_each(container);
}

fn container(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit('/').next().unwrap_or_default();
    let latest = !tag.contains([':', '@']) || tag.ends_with(":latest");
    set(container, "imagePullPolicy", json!(if latest { "Always" } else { "IfNotPresent" }));
    set(container, "resources", json!({}));
    set(container, "terminationMessagePath", json!("/dev/termination-log"));
    set(container, "terminationMessagePolicy", json!("File"));
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        set(port, "protocol", json!("TCP"));
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(probe).and_then(Value::as_object_mut) else { continue };
        for (name, n) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)] {
            set(probe, name, json!(n));
        }
        if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
            set(get, "scheme", json!("HTTP"));
        }
    }
    let resources = container["resources"].as_object_mut().unwrap();
    if let Some(limits) = resources.get("limits").cloned() {
        let requests = resources.entry("requests").or_insert_with(|| json!({})).as_object_mut().unwrap();
        limits.as_object().unwrap().iter().for_each(|(k, v)| set(requests, k, v.clone()));
    }
}

/// What a kubelet reports of a pod.
fn pod(object: &mut Value) {
    let mut each = |list: &str, field: &str, value: Value| {
        let found = object["status"][list].as_array_mut().into_iter().flatten();
        found.filter_map(Value::as_object_mut).for_each(|entry| set(entry, field, value.clone()));
    };
    each("conditions", "lastProbeTime", Value::Null);
    each("containerStatuses", "lastState", json!({}));
}

fn service(object: &mut Value) {
    let spec = map(object, &["spec"]);
    set(spec, "type", json!("ClusterIP"));
    set(spec, "sessionAffinity", json!("None"));
    let inside = spec["type"] == "ClusterIP";
    if inside {
        spec.remove("externalTrafficPolicy");
    } else {
        set(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        let same = port.get("port").cloned().unwrap_or_default();
        set(port, "targetPort", same);
        if inside {
            port.remove("nodePort");
        }
    }
}

/// Takes away what is empty, and writes amounts as they are stored.
pub fn tidy(value: &mut Value, ty: Type) {
    if ty == Type::Quantity {
        *value = quantity(value);
        return;
    }
    let Ok(Some(found)) = parts(value, ty) else { return };
    let mut kept = vec![];
    for (name, v, part, _) in found {
        let mut v = v.clone();
        tidy(&mut v, part);
        let hollow = matches!(part, Type::Map(_) | Type::Keyed(..) | Type::Set) && (v == json!({}) || v == json!([]));
        let nothing = v.is_null() && !["f:creationTimestamp", "f:lastProbeTime"].contains(&name.as_str());
        if ty == Type::Deduced || !(hollow || nothing) {
            kept.push((name, v));
        }
    }
    *value = match value {
        Value::Array(_) => kept.into_iter().map(|(_, v)| v).collect(),
        _ => Value::Object(kept.into_iter().map(|(n, v)| (n[2..].to_owned(), v)).collect()),
    };
}

const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 8] = ["m", "", "k", "M", "G", "T", "P", "E"];

/// An amount in its canonical form: `0.5` is `500m`, `1024Mi` is `1Gi`.
pub fn quantity(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), String::from);
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let Ok(number) = number.parse::<f64>() else { return value.clone() };
    if let Some(at) = BINARY.iter().position(|u| *u == unit) {
        let mut bytes = (number * 1024f64.powi(at as i32 + 1)).round() as u128;
        let mut up = 0;
        while bytes >= 1024 && bytes.is_multiple_of(1024) && up < BINARY.len() {
            (bytes, up) = (bytes / 1024, up + 1);
        }
        return json!(format!("{bytes}{}", if up == 0 { "" } else { BINARY[up - 1] }));
    }
    let Some(at) = DECIMAL.iter().position(|u| *u == unit) else { return value.clone() };
    let mut milli = (number * 1000f64.powi(at as i32)).round() as u128;
    let mut up = 0;
    while milli >= 1000 && milli.is_multiple_of(1000) && up + 1 < DECIMAL.len() {
        (milli, up) = (milli / 1000, up + 1);
    }
    json!(if milli == 0 { "0".to_owned() } else { format!("{milli}{}", DECIMAL[up]) })
}
