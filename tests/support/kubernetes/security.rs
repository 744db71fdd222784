//! What the admission plugin `PodSecurity` refuses of a pod in a namespace that enforces the standard `restricted` ("Pod Security Standards"), in its words.
use serde_json::Value;

/// What volumes may be.
const VOLUMES: &[&str] = &["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

/// How a pod violates the standard; nothing of one that keeps to it, or where it isn't enforced.
pub fn violated(namespace: &Value, pod: &Value) -> Option<String> {
    if namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] != "restricted" {
        return None;
    }
    let all = |list: &str| pod[list].as_array().cloned().unwrap_or_default();
    let mut found = vec![];
    for container in all("containers").iter().chain(&all("initContainers")) {
        let (own, name) = (&container["securityContext"], &container["name"]);
        let of_both = |field: &str| if own[field].is_null() { &pod["securityContext"][field] } else { &own[field] };
        let dropped = own["capabilities"]["drop"].as_array().is_some_and(|drop| drop.iter().any(|one| one == "ALL"));
        let profiled = ["RuntimeDefault", "Localhost"].iter().any(|kind| of_both("seccompProfile")["type"] == *kind);
        for (good, what, cure) in [
            (own["allowPrivilegeEscalation"] == false, "allowPrivilegeEscalation != false", "allowPrivilegeEscalation=false"),
            (dropped, "unrestricted capabilities", "capabilities.drop=[\"ALL\"]"),
            (*of_both("runAsNonRoot") == true, "runAsNonRoot != true", "runAsNonRoot=true"),
            (*of_both("runAsUser") != 0, "runAsUser=0", "a runAsUser other than 0"),
            (profiled, "seccompProfile", "seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""),
        ] {
            if !good {
                found.push(format!("{what} (container {name} must set securityContext.{cure})"));
            }
        }
    }
    for volume in all("volumes").iter().filter(|volume| !VOLUMES.iter().any(|kind| !volume[*kind].is_null())) {
        found.push(format!("restricted volume types (volume {})", volume["name"]));
    }
    (!found.is_empty()).then(|| format!("violates PodSecurity \"restricted:latest\": {}", found.join(", ")))
}

/// A pod that keeps to it is let in, and each thing that it may not have is found, in any of its containers.
#[test]
fn the_standard_is_held_to() {
    let enforced = serde_json::json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } });
    let own = serde_json::json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    let container = |name: &str| serde_json::json!({ "name": name, "securityContext": own });
    let good = serde_json::json!({
        "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
        "containers": [container("shop"), container("beside")], "volumes": [{ "name": "data", "emptyDir": {} }],
    });
    assert_eq!(violated(&enforced, &good), None);
    type Change = (&'static str, fn(&mut Value));
    let changes: [Change; 6] = [
        ("allowPrivilegeEscalation", |pod| pod["containers"][1]["securityContext"]["allowPrivilegeEscalation"] = Value::Null),
        ("capabilities", |pod| pod["containers"][1]["securityContext"]["capabilities"] = Value::Null),
        ("runAsNonRoot", |pod| pod["securityContext"]["runAsNonRoot"] = Value::Null),
        ("runAsUser", |pod| pod["containers"][1]["securityContext"]["runAsUser"] = 0.into()),
        ("seccompProfile", |pod| pod["securityContext"]["seccompProfile"] = Value::Null),
        ("volume", |pod| pod["volumes"][0] = serde_json::json!({ "name": "host", "hostPath": { "path": "/" } })),
    ];
    for (what, change) in changes {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(violated(&enforced, &bad).is_some_and(|said| said.contains(what)), "{what}");
        assert_eq!(violated(&Value::Null, &bad), None);
    }
}
