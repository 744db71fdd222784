//! Every manifest that the examples lead to, before it is applied: Kubernetes' own schemas take it, and Checkov reads it.
mod checkov;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use infra::render::kubernetes;
use infra::stack::Stack;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::laws::world::{FULL, examples, sandbox, stack, with};
use crate::support::reference::lower;
use crate::support::venv::venv;
use crate::terraform::saved;

/// The schemas of each version of Kubernetes, in which an unknown field is a mistake.
const VERSION: &str = "1.37.0";
/// The versions that EKS runs by default, and the newest that there are schemas of.
const VERSIONS: &[&str] = &["1.35", "1.36", "1.37"];

/// Resources that a cluster is taught, of which the schemas know nothing.
const CUSTOM: &[&str] = &["NodePool", "TargetGroupBinding"];

/// Prints, for each manifest of a file and each version, what its schema says of it.
const SCRIPT: &str = r#"
import json, sys, kubernetes_validate as k
out = []
for manifest in json.load(open(sys.argv[1])):
    for version in sys.argv[2:]:
        try:
            used = k.validate(manifest, version, strict=True)
            said = "" if used == version else "there are no schemas of " + version
        except k.ValidationError as e:
            said = "/".join(str(step) for step in e.path) + ": " + e.message
        except k.SchemaNotFoundError as e:
            said = e.message
        out.append([manifest["kind"], version, said])
print(json.dumps(out))
"#;

/// The manifests of what a stack wants, before anything of it stands.
pub async fn manifests(want: &Stack) -> Vec<Value> {
    parsed(&kubernetes::documents(&saved(&sandbox(1), want).await).unwrap())
}

fn parsed(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).unwrap()).collect()
}

/// Every stack with something in a cluster: of the examples, of the laws, and the example of every kind.
fn stacks() -> Vec<(String, Stack)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    let text = |path: PathBuf| (path.display().to_string(), std::fs::read_to_string(path).unwrap());
    let own =
        files.map(text).filter(|(_, text)| text.contains("\nkubernetes:")).map(|(name, text)| (name.clone(), lower(&[(&name, &text)])));
    own.chain([("full".into(), stack(&[FULL])), ("examples".into(), examples())]).collect()
}

/// What the schemas say of manifests: kind, version, and what is wrong, if anything is.
fn judged(name: &str, manifests: &[Value]) -> Vec<(String, String, String)> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("manifests-{name}.json"));
    std::fs::write(&file, json!(manifests).to_string()).unwrap();
    let mut command = Command::new(venv("kubernetes-validate", VERSION, "kubernetes-validate").join("python"));
    let said = command.args(["-c", SCRIPT]).arg(&file).args(VERSIONS).stdin(Stdio::null()).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

#[tokio::test(start_paused = true)]
async fn kubernetes_own_schemas_take_them() {
    let (mut all, mut count) = (vec![], 0);
    for (name, want) in stacks() {
        let own = manifests(&want).await;
        let wanted = want.nodes.keys().filter(|a| a.kind.service() == infra::wire::Service::Kubernetes).count();
        assert!(wanted > 1 && own.len() == wanted, "{name}: {} of {wanted}", own.len());
        count += own.len();
        all.extend(own);
    }
    let kinds: BTreeSet<&str> = all.iter().filter_map(|m| m["kind"].as_str()).collect();
    println!("{count} manifests of {kinds:?}");
    let said = judged("all", &all);
    assert_eq!(said.len(), count * VERSIONS.len());
    for (kind, version, wrong) in said {
        let custom = CUSTOM.contains(&kind.as_str());
        assert_eq!(wrong.starts_with("Couldn't find schema"), custom, "{kind} {version}: {wrong}");
        assert!(custom || wrong.is_empty(), "{kind} {version}: {wrong}");
    }
}

/// Whoever is selected is there: pods that bear the labels which a service, a budget or a policy names, as no schema can tell.
#[tokio::test(start_paused = true)]
async fn selectors_find_their_pods() {
    let mut peers = 0;
    for (name, want) in stacks() {
        let all = manifests(&want).await;
        let template = |m: &Value| match m["kind"].as_str().unwrap() {
            "Deployment" | "Job" => Some(m["spec"]["template"]["metadata"]["labels"].clone()),
            "CronJob" => Some(m["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"].clone()),
            _ => None,
        };
        let pods: Vec<(&Value, Value)> = all.iter().filter_map(|m| Some((&m["metadata"]["namespace"], template(m)?))).collect();
        let named = |selector: &Value| selector.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>();
        for m in &all {
            let (spec, mut selectors) = (&m["spec"], vec![]);
            match m["kind"].as_str().unwrap() {
                "Service" => selectors.push(&spec["selector"]),
                "NetworkPolicy" => {
                    let from = spec["ingress"].as_array().into_iter().flatten().flat_map(|rule| rule["from"].as_array().unwrap());
                    let from: Vec<&Value> =
                        from.filter(|peer| !peer["podSelector"].is_null()).map(|peer| &peer["podSelector"]["matchLabels"]).collect();
                    peers += from.len();
                    selectors
                        .extend(from.into_iter().chain([&spec["podSelector"]["matchLabels"]].into_iter().filter(|own| !own.is_null())));
                }
                "Deployment" | "PodDisruptionBudget" => selectors.push(&spec["selector"]["matchLabels"]),
                _ => {}
            }
            for selector in selectors {
                let found = |(space, labels): &&(&Value, Value)| {
                    **space == m["metadata"]["namespace"] && named(selector).iter().all(|(key, value)| labels[key] == *value)
                };
                assert!(!named(selector).is_empty() && pods.iter().any(|pod| found(&pod)), "{name}: {selector} of {m:#}");
            }
        }
    }
    assert!(peers > 1, "jobs among them");
}

/// A field that there is not, and a value of another type, are found in every version.
#[tokio::test(start_paused = true)]
async fn mistakes_are_found() {
    let mut all = manifests(&stack(&[FULL])).await;
    all.retain(|m| ["Deployment", "NetworkPolicy"].contains(&m["kind"].as_str().unwrap()));
    for manifest in &mut all {
        if manifest["kind"] == "Deployment" {
            manifest["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"] = "Always".into();
        } else {
            manifest["spec"]["policyTypes"] = "Ingress".into();
        }
    }
    let said = judged("wrong", &all);
    assert!(said.len() > VERSIONS.len() && said.iter().all(|(.., wrong)| !wrong.is_empty()), "{said:#?}");
}

/// What stands is named by its id, what doesn't by its address; nothing that only a run knows is there.
#[tokio::test(start_paused = true)]
async fn what_is_not_known_yet_is_told_by_its_address() {
    let want = stack(&[FULL]);
    let host = |all: &[Value]| {
        let deployment = all.iter().find(|m| m["kind"] == "Deployment").unwrap();
        let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
        env.into_iter().find(|v| v["name"] == "DATABASE_HOST").unwrap()["value"].as_str().unwrap().to_owned()
    };
    let new = manifests(&want).await;
    assert_eq!(new[0]["kind"], "Namespace", "it comes first");
    assert!(host(&new).contains("<db_instance.main.endpoint>"), "{}", host(&new));
    let there = parsed(&kubernetes::documents(&saved(&with(&want, 1).await, &want).await).unwrap());
    assert!(!host(&there).is_empty() && !host(&there).contains('<'), "{}", host(&there));
    let text = serde_json::to_string(&there).unwrap();
    assert!(!text.contains("infra.dev/run") && !text.contains("infra.dev/digest") && text.contains("infra.dev/address"));
    let none = stack(&["stack: shop\nregion: us-east-1\n"]);
    assert_eq!(kubernetes::documents(&saved(&sandbox(1), &none).await).unwrap(), "");
}
