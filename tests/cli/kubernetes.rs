//! A cluster and what runs in it, as people deploy it: the binary over the wire, and the configuration that clients are given.
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Infra;
use super::aws::run;
use super::secrets::everything;
use crate::support::eks;
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;

const SPEC: &str = "stack: shop
region: us-east-1
vpc: { flow_logs: false, nat: single }
accept: { single_nat: a test, no_deletion_protection: a test }
load_balancer: { access_logs: false, deletion_protection: false, listeners: { http: { port: 80, forward: web } } }
kubernetes:
  cluster: { deletion_protection: false }
  workloads:
    web: { image: 'ghcr.io/example/shop:1', port: 8080, health_check: { path: /healthz }, env: { GREETING: good day, API_TOKEN: { from_env: API_TOKEN } }, permissions: [{ actions: ['sqs:SendMessage'], resources: ['*'] }] }
";

/// One run makes the cluster and what runs in it; an image whose pods don't come to serve is taken back by another, in the container's words; clients reach
/// the cluster by what is printed, and nothing of that is a secret but the token.
#[tokio::test]
async fn workloads_over_the_wire() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let mut infra = Infra::new("kubernetes");
    let values = [("AWS_ENDPOINT_URL", moto.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    infra.env.extend([("API_TOKEN", "seed-one-battery-staple".to_owned()), ("RUST_LOG", "trace".to_owned())]);
    let spec = infra.file("shop.yaml", SPEC);
    let none = run(&infra, &["kubeconfig", "-f", &spec]).await;
    assert!(none.code == 1 && none.flat().contains("shop has no Kubernetes cluster"), "{}", none.err);
    let applied = run(&infra, &["apply", "-f", &spec, "--auto-approve"]).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert_eq!(run(&infra, &["plan", "-f", &spec, "--detailed-exitcode"]).await.code, 0);
    let bound: Vec<Value> = api.world().of("eks.amazonaws.com", "targetgroupbindings").map(|(_, o)| o.body.clone()).collect();
    assert_eq!(bound.iter().map(|b| &b["spec"]["serviceRef"]).collect::<Vec<_>>(), [&serde_json::json!({ "name": "web", "port": 8080 })]);
    assert!(bound[0]["spec"]["targetGroupARN"].as_str().is_some_and(|arn| arn.contains(bound[0]["metadata"]["name"].as_str().unwrap())));

    // The value is in its Secret and nowhere else, and nobody was told it.
    let secret = api.world().of("", "secrets").map(|(_, o)| o.body.clone()).next().unwrap();
    let sent = BASE64_STANDARD.decode(secret["data"]["API_TOKEN"].as_str().unwrap()).unwrap();
    assert_eq!((String::from_utf8(sent).unwrap().as_str(), &secret["immutable"]), ("seed-one-battery-staple", &true.into()));
    assert!(secret["metadata"]["annotations"]["infra.dev/values"].as_str().unwrap().contains("argon2id."), "{secret}");
    let clean = |what: &str, text: &str| {
        let forms = ["battery", "c2VlZC1vbmU"];
        assert!(!forms.iter().any(|form| text.contains(form)), "{what}: {text}");
    };
    clean("apply", &format!("{}{}", applied.out, applied.err));
    everything(&infra.folder, "none").iter().for_each(|(file, text)| clean(file, text));
    assert_eq!(api.world().told, Vec::<String>::new());
    let policies: Vec<Value> = api.world().of("networking.k8s.io", "networkpolicies").map(|(_, o)| o.body["spec"].clone()).collect();
    let [all, own] = policies.as_slice() else { panic!("{policies:#?}") };
    assert_eq!(*all, serde_json::json!({ "podSelector": {}, "policyTypes": ["Ingress"] }));
    let peers: Vec<&Value> = own["ingress"].as_array().unwrap().iter().map(|rule| &rule["from"][0]["ipBlock"]["cidr"]).collect();
    assert!(peers.len() == 3 && peers.iter().all(|block| block.is_string()), "the balancer's subnets alone: {own}");

    api.fate("web", Fate::Stuck("ImagePullBackOff", "Back-off pulling image"));
    let newer = infra.file("newer.yaml", &SPEC.replace("shop:1", "shop:2"));
    let failed = run(&infra, &["apply", "-f", &newer, "--auto-approve"]).await;
    assert!(failed.out.contains("Rolled back") && failed.out.contains("Back-off pulling image"), "{} {}", failed.out, failed.err);
    assert_eq!(run(&infra, &["plan", "-f", &spec, "--detailed-exitcode"]).await.code, 0);

    let printed = run(&infra, &["kubeconfig", "-f", &spec]).await;
    let config: Value = serde_yaml::from_str(&printed.out).unwrap();
    assert_eq!(config["clusters"][0]["cluster"]["server"], api.endpoint);
    let exec = &config["users"][0]["user"]["exec"];
    assert_eq!(exec["command"], "infra");
    let args: Vec<&str> = exec["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    let told: Value = serde_json::from_str(&run(&infra, &args).await.out).unwrap();
    assert_eq!((&told["apiVersion"], told["kind"].as_str()), (&exec["apiVersion"], Some("ExecCredential")));
    let token = told["status"]["token"].as_str().unwrap();
    let ask = async |token: &str| {
        let url = format!("{}/apis/apps/v1/namespaces/shop/deployments/web", api.endpoint);
        reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!((ask(token).await, ask("another").await), (200, 401));
    let signed = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix("k8s-aws-v1.").unwrap()).unwrap();
    assert!(String::from_utf8(signed).unwrap().contains("x-k8s-aws-id") && !printed.out.contains("k8s-aws-v1"));

    // Another value is another Secret, and the old one goes when no pod has it any more.
    api.world().fates.clear();
    infra.env.retain(|(name, _)| *name != "API_TOKEN");
    infra.env.push(("API_TOKEN", "seed-two-battery-staple".into()));
    let changed = run(&infra, &["apply", "-f", &spec, "--auto-approve"]).await;
    assert!(changed.code == 0 && changed.out.contains("(sensitive)"), "{} {}", changed.out, changed.err);
    clean("another value", &format!("{}{}", changed.out, changed.err));
    let names: Vec<String> = api.world().of("", "secrets").map(|(key, _)| key.3.clone()).collect();
    assert!(names.len() == 1 && names[0] != secret["metadata"]["name"].as_str().unwrap() && names[0].starts_with("web-"), "{names:?}");

    let named = "eks_cluster.main,log_group.flow_logs";
    let destroyed = run(&infra, &["destroy", "-f", &spec, "--auto-approve", "--allow-data-loss", named]).await;
    assert_eq!(destroyed.code, 0, "{} {}", destroyed.out, destroyed.err);
    let left = api.world().objects.keys().map(|key| key.3.clone()).collect::<Vec<_>>();
    assert_eq!(left, ["amazon-vpc-cni"], "a setting of the cluster itself, which is gone with it");
}

/// Without an account: how many nodes the pods ask for, pool by pool, and why they don't come.
#[test]
fn status_tells_which_nodes_would_do() {
    let mut infra = Infra::new("kubernetes-nodes");
    infra.env.extend([("INFRA_CLOUD", "sandbox".to_owned()), ("API_TOKEN", "seed-one-battery-staple".to_owned())]);
    let pools = "  node_pools: { batch: { capacity: spot, max: { cpu: 4 } } }\n  workloads:\n";
    let more =
        "    report: { image: 'ghcr.io/example/report:1', node_pool: batch, replicas: { min: 3, max: 9 }, resources: { cpu: 900m } }\n";
    let spec = SPEC.replace("  workloads:\n", pools) + more;
    infra.file("infra.yaml", &spec);
    let applied = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let well = infra.run(&["status"]);
    let line =
        |said: &str, what: &str| said.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {said}")).to_owned();
    assert!(line(&well.out, "pool batch: 2 nodes, 67% of CPU and").contains("  ok "), "{}", well.out);
    assert!(line(&well.out, "pool general-purpose: 1 node, ").contains("  ok "), "{}", well.out);
    assert!(line(&well.out, "autoscaler.report").ends_with("3 pods, 3 to 9"), "{}", well.out);
    assert!(line(&well.out, "addon.metrics-server").ends_with("ACTIVE"), "{}", well.out);
    let few = infra.run(&["status", "--sandbox-bend", "kubernetes.cluster.instances=1"]);
    let told = line(&few.out, "pool batch: 1 node, 90% of CPU and");
    assert!(told.contains("  warning ") && told.ends_with("1 pod waits for a node, 2 would do"), "{told}");
    // More than the limit allows is no plan.
    infra.file("infra.yaml", &spec.replace("min: 3", "min: 5"));
    let refused = infra.run(&["plan"]);
    assert!(refused.code == 1 && refused.flat().contains("ask for more cpu than its limit of 4"), "{}", refused.err);
}
