//! What asks pods what they measure: the agent that stands beside a compute entry's container, as a container of each pod.
use std::collections::BTreeSet;
use std::process::Command;

use infra::kinds::pod_identity_association::PODS;
use infra::kinds::{ConfigMap, Deployment, IamRole, Kind, PodIdentityAssociation};
use infra::plan::Verb;
use infra::run::Outcome;
use serde_json::{Value, json};

use super::compute::of;
use super::prometheus::{files, folder, run};
use crate::laws::world::{apply, sandbox, settled_plan, stack};
use crate::manifests::manifests;

/// An instance and a pod that measure the same, and a workload that measures nothing.
const SPEC: &str = "
stack: shop
region: us-east-1
compute: { app: { image: nginx:1, port: 8080 } }
kubernetes:
  workloads:
    web: { image: 'web:1', port: 8080, config: { /etc/web/app.toml: \"pages = 3\" } }
    worker: { image: 'worker:1' }
monitoring:
  notify: [ops@example.com]
  metrics:
    scrape_interval: 5s
    custom: { app: { from: app }, jobs: { from: app, path: /jobs/metrics, port: 9100 }, web: { from: web }, more: { from: web, path: /more, port: 9100 } }
";

const WITHOUT: &str = "monitoring: { metrics: { custom: { web: null, more: null } } }\n";

fn configuration(map: &ConfigMap) -> Value {
    serde_yaml::from_str(&map.data["agent.yml"].replace("INFRA_WORKSPACE", "ws-0a1b")).unwrap()
}

/// The agent is configured as on an instance, but for the names of jobs; it writes in the role of its own workload, which may nothing else.
#[test]
fn pods_are_asked_as_instances_are() {
    let stack = stack(&[SPEC]);
    let (instance, map): (Value, ConfigMap) = (serde_yaml::from_str(&files(&stack).agent).unwrap(), of(&stack, "agent.web"));
    let pod = configuration(&map);
    for field in ["global", "remote_write"] {
        assert_eq!(pod[field], instance[field]);
    }
    let asked = |config: &Value, job: usize| {
        (config["scrape_configs"][job]["static_configs"].clone(), config["scrape_configs"].as_array().unwrap().len())
    };
    assert_eq!(asked(&pod, 1), asked(&instance, 0), "at its own port, under its own name");
    let jobs: BTreeSet<&str> = pod["scrape_configs"].as_array().unwrap().iter().filter_map(|job| job["job_name"].as_str()).collect();
    assert_eq!(jobs, ["more", "web"].into());
    let (web, worker): (Deployment, Deployment) = (of(&stack, "web"), of(&stack, "worker"));
    let agent = web.agent.unwrap();
    assert_eq!((agent.config.0.as_str(), web.config.unwrap().0.as_str(), worker.agent), ("agent.web", "web", None));
    assert_eq!(agent.workspace.0[0].target().unwrap().to_string(), "metrics_workspace.main");
    let role: IamRole = of(&stack, "workload.web");
    let instances: IamRole = of(&stack, "app");
    assert_eq!(role.service, PODS);
    assert_eq!(role.inline_policies.keys().collect::<Vec<_>>(), ["write-metrics"]);
    assert_eq!(role.inline_policies["write-metrics"], instances.inline_policies["write-metrics"]);
    assert_eq!(of::<PodIdentityAssociation>(&stack, "web").role.0, "workload.web");
    assert!(web.identity.is_some() && worker.identity.is_none());
    assert!(stack.nodes.keys().filter(|a| a.kind == Kind::NetworkPolicy).all(|a| !a.name.contains("agent")), "nobody else connects to it");
}

/// The agent's container starts with what it is told: Prometheus takes the file that it writes. Only there may it write, as nobody, with limits, and it neither
/// listens to others nor decides whether the pod is sent requests.
#[tokio::test(start_paused = true)]
async fn the_agents_container_writes_what_prometheus_takes() {
    let stack = stack(&[SPEC]);
    let map: ConfigMap = of(&stack, "agent.web");
    let all = manifests(&stack).await;
    let web = all.iter().find(|m| m["kind"] == "Deployment" && m["metadata"]["name"] == "web").unwrap();
    let pod = &web["spec"]["template"]["spec"];
    let [own, agent] = pod["containers"].as_array().unwrap().as_slice() else { panic!("{pod:#}") };
    assert_eq!((own["name"].as_str(), agent["name"].as_str()), (Some("web"), Some("web-agent")));
    let security = json!({
        "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 65534,
    });
    assert_eq!((&agent["securityContext"], &agent["readinessProbe"], &agent["ports"]), (&security, &Value::Null, &Value::Null));
    assert!(agent["resources"]["requests"]["cpu"].is_string() && agent["resources"]["limits"]["memory"].is_string());
    let volumes: Vec<&str> = pod["volumes"].as_array().unwrap().iter().map(|volume| volume["name"].as_str().unwrap()).collect();
    assert_eq!(volumes, ["config", "agent", "agent-data"]);
    let folder = folder("pods");
    std::fs::write(folder.join("agent.yml.in"), &map.data["agent.yml"]).unwrap();
    let script = agent["command"][2].as_str().unwrap();
    let here = folder.display().to_string();
    // As in the container, but for the places.
    let script = script
        .replace("/etc/infra/agent.yml", &format!("{here}/agent.yml.in"))
        .replace("/prometheus/agent.yml", &format!("{here}/agent.yml"));
    let script = script.replace("exec /bin/prometheus", "echo");
    let started =
        Command::new("/bin/sh").args(["-c", &script]).env("INSTANCE", "web-5d9c7-x2x4z").env("WORKSPACE", "ws-0a1b").output().unwrap();
    let said = String::from_utf8_lossy(&started.stdout).into_owned();
    assert!(started.status.success() && said.contains("--agent") && said.contains("--web.listen-address=127.0.0.1:19090"), "{started:?}");
    let written = std::fs::read_to_string(folder.join("agent.yml")).unwrap();
    assert!(
        !written.contains("INFRA_") && written.contains("instance: web-5d9c7-x2x4z") && written.contains("/workspaces/ws-0a1b/"),
        "{written}"
    );
    let (taken, said) = run("promtool", &["check", "config", "--agent", "agent.yml"], &folder);
    assert!(taken, "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// To ask a workload rolls its pods and no other's, and so does no longer asking; other jobs are another map, and roll in as a new version does.
#[tokio::test(start_paused = true)]
async fn turning_metrics_on_rolls_the_pods() {
    let (before, after) = (stack(&[SPEC, WITHOUT]), stack(&[SPEC]));
    let cloud = sandbox(1);
    let (outcome, events) = apply(&cloud, &settled_plan(&cloud, &before).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let plan = settled_plan(&cloud, &after).await.unwrap();
    let verbs: Vec<(String, Verb)> = plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect();
    let made = ["config_map.agent.web", "iam_role.workload.web", "pod_identity_association.web", "service_account.web"];
    let mut wanted: Vec<(String, Verb)> =
        made.iter().map(|a| ((*a).to_owned(), Verb::Create)).chain([("deployment.web".to_owned(), Verb::Update)]).collect();
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    let mut verbs = verbs;
    verbs.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(verbs, wanted);
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    let slower = stack(&[SPEC, "monitoring: { metrics: { custom: { more: { path: /slow } } } }\n"]);
    let plan = settled_plan(&cloud, &slower).await.unwrap();
    let verb = |address: &str| plan.changes.iter().find(|c| c.address.to_string() == address).map(|c| c.verb);
    assert!(matches!(verb("config_map.agent.web"), Some(Verb::Replace(_))) && verb("deployment.web") == Some(Verb::Update), "{plan:#?}");
    assert_eq!(apply(&cloud, &plan, "r3").await.0, Outcome::Applied);
    assert_eq!(apply(&cloud, &settled_plan(&cloud, &before).await.unwrap(), "r4").await.0, Outcome::Applied);
    assert!(settled_plan(&cloud, &before).await.unwrap().is_empty());
}
