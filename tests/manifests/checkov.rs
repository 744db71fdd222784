//! Checkov reads the manifests, and judges each.
use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::manifests;
use crate::laws::world::{FULL, stack};
use crate::support::reference::lower;
use crate::terraform::checkov::python;

/// Prints every check with its result and resource.
const SCRIPT: &str = r#"
import json, sys
from checkov.runner_filter import RunnerFilter
from checkov.kubernetes.runner import Runner
report = Runner().run(root_folder=None, files=[sys.argv[1]], runner_filter=RunnerFilter(framework=["kubernetes"]))
records = [[c.check_id, c.check_result["result"].value, c.resource] for c in report.passed_checks + report.failed_checks]
print(json.dumps({"errors": len(report.parsing_errors), "records": records}))
"#;

/// Checks, by their result, and of which resource.
fn judged(name: &str, manifests: &[Value]) -> BTreeSet<(String, String, String)> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("checkov-{name}.yaml"));
    let text: String = manifests.iter().map(|m| format!("---\n{}", serde_yaml::to_string(m).unwrap())).collect();
    std::fs::write(&file, text).unwrap();
    let said = python(&["-c", SCRIPT, &file.display().to_string()]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let answer: Value = serde_json::from_slice(said.stdout.split(|b| *b == b'\n').rfind(|line| !line.is_empty()).unwrap()).unwrap();
    assert_eq!(answer["errors"], 0);
    let records: Vec<(String, String, String)> = serde_json::from_value(answer["records"].clone()).unwrap();
    records.into_iter().map(|(check, result, resource)| (result, check, resource)).collect()
}

/// That every container says when it is ready. An agent's says nothing: whether its pod is sent requests is its workload's alone to decide.
const READY: &str = "CKV_K8S_9";

/// What pods of a workload are judged by: privileges, root, capabilities, escalation, the host, seccomp, tokens, requests and limits, namespaces, and
/// that a network policy selects them.
const KEPT: &[&str] = &[
    "CKV_K8S_10",
    "CKV_K8S_12",
    "CKV_K8S_13",
    "CKV_K8S_14",
    "CKV_K8S_16",
    "CKV_K8S_17",
    "CKV_K8S_18",
    "CKV_K8S_19",
    "CKV_K8S_20",
    "CKV_K8S_21",
    "CKV_K8S_23",
    "CKV_K8S_28",
    "CKV_K8S_31",
    "CKV_K8S_37",
    "CKV_K8S_38",
    "CKV2_K8S_6",
];

#[tokio::test(start_paused = true)]
async fn workloads_are_read_and_judged() {
    let all = manifests(&stack(&[FULL])).await;
    let found = judged("full", &all);
    let of = |result: &str| found.iter().filter(|(r, ..)| r == result).map(|(_, check, _)| check.as_str()).collect::<BTreeSet<_>>();
    println!("passed {:?}, failed {:?}", of("PASSED"), of("FAILED"));
    for check in KEPT {
        assert!(of("PASSED").contains(check) && !of("FAILED").contains(check), "{check}: {found:#?}");
    }
    let mut alone = all.clone();
    for containers in alone.iter_mut().filter_map(|m| m.pointer_mut("/spec/template/spec/containers")?.as_array_mut()) {
        containers.retain(|container| container["name"].as_str().is_some_and(|name| !name.ends_with("-agent")));
    }
    assert!(!judged("alone", &alone).iter().any(|(result, check, _)| result == "FAILED" && check == READY));
}

/// What is wrong is found: a privileged container, and pods that anybody may connect to.
#[tokio::test(start_paused = true)]
async fn mistakes_are_found() {
    let spec = "stack: shop\nregion: us-east-1\nkubernetes: { workloads: { shop: { image: 'shop:1', port: 80 } }, networking: { default: allow } }\n";
    let mut all = manifests(&lower(&[("shop.yaml", spec)])).await;
    let deployment = all.iter_mut().find(|m| m["kind"] == "Deployment").unwrap();
    deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privileged"] = true.into();
    let failed: BTreeSet<String> = judged("wrong", &all).into_iter().filter(|(r, ..)| r == "FAILED").map(|(_, check, _)| check).collect();
    assert!(failed.contains("CKV_K8S_16") && failed.contains("CKV2_K8S_6"), "{failed:?}");
}
