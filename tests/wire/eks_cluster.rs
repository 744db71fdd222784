use std::collections::BTreeSet;

use infra::cloud::Observe;
use infra::kinds::{EksCluster, IamRole, Kind, Object, Ref};
use infra::model::Computed;
use infra::plan::PlanError;
use infra::run::Outcome;
use infra::wire::Clients;

use serde_json::json;

use super::load_balancer::network;
use super::{Case, Sends, Why};
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;
use crate::support::{apply, eks, plan_for, settled, stack, unoffered};

fn texts(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

/// A role for a service, with these of AWS's own policies.
fn role(service: &str, policies: &[&str]) -> Object {
    let managed_policies = policies.iter().map(|policy| format!("arn:aws:iam::aws:policy/{policy}")).collect();
    IamRole { managed_policies, tags: [("Name".into(), "wire".into())].into(), ..IamRole::plain(service) }.into()
}

/// What a cluster stands on.
pub fn ground() -> Vec<(&'static str, Object)> {
    let control = ["BlockStorage", "Cluster", "Compute", "LoadBalancing", "Networking"].map(|policy| format!("AmazonEKS{policy}Policy"));
    let mut world = network();
    world.extend([
        ("iam_role.control", role("eks.amazonaws.com", &control.each_ref().map(String::as_str))),
        ("iam_role.nodes", role("ec2.amazonaws.com", &["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"])),
    ]);
    world
}

/// A cluster in two subnets of [`ground`].
pub fn cluster() -> EksCluster {
    EksCluster {
        role: Ref::to("control"),
        node_role: Some(Ref::to("nodes")),
        node_pools: texts(&["general-purpose", "system"]),
        vpc: Ref::to("main"),
        subnets: [Ref::to("a"), Ref::to("b")].into(),
        version: Some("1.33".into()),
        private_access: true,
        public_access: texts(&["198.51.100.0/24"]),
        support: "STANDARD".into(),
        logs: texts(&["audit"]),
        log_retention_days: Some(30),
        deletion_protection: true,
        tags: [("Name".into(), "wire".into())].into(),
        arn: Computed::default(),
        endpoint: Computed::default(),
        certificate_authority: Computed::default(),
        security_group: Computed::default(),
        running_version: Computed::default(),
    }
}

fn world(cluster: EksCluster) -> Vec<(&'static str, Object)> {
    ground().into_iter().chain([("eks_cluster.main", cluster.into())]).collect()
}

pub fn case() -> Case {
    let with = |change: fn(&mut EksCluster)| {
        let mut other = cluster();
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("deletion_protection", with(|c| c.deletion_protection = false)),
        ("log_retention_days", with(|c| c.log_retention_days = Some(7))),
        ("log_retention_days: forever", with(|c| c.log_retention_days = None)),
        ("logs", with(|c| c.logs = texts(&["api", "controllerManager"]))),
        ("logs: none", with(|c| c.logs = BTreeSet::new())),
        ("node_pools", with(|c| c.node_pools = texts(&["system"]))),
        ("public_access", with(|c| c.public_access = texts(&["203.0.113.0/24"]))),
        ("public_access: none", with(|c| c.public_access = BTreeSet::new())),
        ("public_access: not from within", with(|c| (c.private_access, c.public_access) = (false, texts(&["203.0.113.0/24"])))),
        ("subnets", with(|c| c.subnets = [Ref::to("b"), Ref::to("c")].into())),
        ("support", with(|c| c.support = "EXTENDED".into())),
        (
            "several at once",
            with(|c| (c.logs, c.public_access, c.support) = (texts(&["api"]), texts(&["203.0.113.0/24"]), "EXTENDED".into())),
        ),
        ("tags", with(|c| c.tags = [("team".into(), "a b".into())].into())),
        ("version: EKS's choice", with(|c| c.version = None)),
        ("without Auto Mode", with(|c| (c.node_role, c.node_pools) = (None, BTreeSet::new()))),
        ("version", with(|c| c.version = Some("1.34".into()))),
    ];
    Case { address: "eks_cluster.main", world: world(cluster()), variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::EksCluster,
    lists: &["GET /clusters"],
    creates: &[],
    unseen: &[
        ("DescribeInsight", Why::Rare("only a plan of an upgrade asks it; `an_upgrade_waits_until_nothing_would_break` does")),
        ("ListInsights", Why::Rare("only a plan of an upgrade asks it; `an_upgrade_waits_until_nothing_would_break` does")),
    ],
};

async fn go(cloud: &Clients, cluster: EksCluster, run: &str) {
    let want = stack("wire-cluster", world(cluster));
    let plan = plan_for(cloud, &want).await.unwrap();
    let (outcome, events) = apply(cloud, &plan, run).await;
    assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
    settled(cloud, &want, run).await;
}

/// A list has pages; another stack's cluster, whose name begins alike, is none of ours; a version of EKS's own choice is told and is no difference; one
/// version at a time, and never beside another change that is under way; where the API is, is what EKS says.
#[tokio::test]
async fn versions_rise_one_by_one() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    eks::serve_at(&moto.endpoint, "https://127.0.0.1:6443", "Y2VydGlmaWNhdGU=").await;
    let chosen = EksCluster { version: None, ..cluster() };
    for other in ["wire-cluster-eu", "wire-cluster-us"] {
        let plan = plan_for(&cloud, &stack(other, world(chosen.clone()))).await.unwrap();
        assert_eq!(apply(&cloud, &plan, "r").await.0, Outcome::Applied);
    }
    go(&cloud, chosen, "r1").await;
    let seen = async || {
        let all = Observe::list(&cloud, Kind::EksCluster, "wire-cluster").await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        (all[0].id.clone(), all[0].object.outputs())
    };
    let (name, outputs) = seen().await;
    let told = ["version", "endpoint", "certificate_authority"].map(|attr| outputs[attr].as_str());
    assert_eq!(told, ["1.34", "https://127.0.0.1:6443", "Y2VydGlmaWNhdGU="]);

    let version = |version: &str| EksCluster { version: Some(version.into()), ..cluster() };
    let refused = plan_for(&cloud, &stack("wire-cluster", world(version("1.36")))).await.unwrap_err();
    let [PlanError::Refused { .. }] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(format!("{refused:?}").contains("1.35"), "{refused:?}");

    // Somebody else changes it meanwhile.
    let theirs = cloud.eks().update_cluster_config().name(&name).deletion_protection(false);
    theirs.send().await.unwrap();
    proxy.reset();
    go(&cloud, EksCluster { logs: texts(&["api"]), ..version("1.35") }, "r2").await;
    let log = proxy.log();
    let changes = log.iter().filter(|c| c.service == "eks" && c.mutating && c.status == 200).map(eks::operation);
    let changes: Vec<&str> = changes.filter(|o| o.starts_with("UpdateCluster")).collect();
    assert_eq!(changes, ["UpdateClusterConfig", "UpdateClusterConfig", "UpdateClusterVersion"]);
    assert_eq!(seen().await.1["version"], "1.35");
    let group = format!("/aws/eks/{name}/cluster");
    let kept = cloud.logs().describe_log_groups().log_group_name_prefix(&group).send().await.unwrap().log_groups.unwrap();
    assert_eq!(kept[0].retention_in_days, Some(30), "made before EKS makes it by itself");

    let plan = plan_for(&cloud, &stack("wire-cluster", [])).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r3").await.0, Outcome::Applied);
    let left = cloud.logs().describe_log_groups().log_group_name_prefix(&group).send().await.unwrap().log_groups.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

/// What EKS says would break is told before anything is changed, and EKS refuses the upgrade for it. A warning, another version's insight and the way back are no matter.
#[tokio::test]
async fn an_upgrade_waits_until_nothing_would_break() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let version = |version: &str| EksCluster { version: Some(version.into()), ..cluster() };
    let want = stack("wire-cluster", world(version("1.34")));
    go(&cloud, version("1.33"), "r1").await;
    let insight = |id: &str, name: &str, version: &str, status: &str, about: serde_json::Value| {
        let status = json!({ "status": status, "reason": "as it is found" });
        let mut insight =
            json!({ "id": id, "name": name, "category": "UPGRADE_READINESS", "kubernetesVersion": version, "insightStatus": status });
        insight.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        insight
    };
    let usage = json!({ "usage": "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas", "replacedWith": "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
        "stopServingVersion": "1.34", "clientStats": [{ "userAgent": "operator/2.1", "numberOfRequestsLast30Days": 7 }] });
    let found = json!([
        insight(
            "a",
            "Deprecated APIs removed in Kubernetes v1.34",
            "1.34",
            "ERROR",
            json!({ "categorySpecificSummary": { "deprecationDetails": [usage] } })
        ),
        insight(
            "b",
            "Kubelet version skew",
            "1.34",
            "ERROR",
            json!({ "resources": [{ "kubernetesResourceUri": "/api/v1/nodes/i-0a1b" }] })
        ),
        insight("c", "Cluster health issues", "1.34", "WARNING", json!({})),
        insight("d", "Deprecated APIs removed in Kubernetes v1.36", "1.36", "ERROR", json!({})),
    ]);
    eks::find(&moto.endpoint, found).await;
    let plan = plan_for(&cloud, &want).await.unwrap();
    let refused = unoffered(&cloud, &plan, &want).await;
    let told: Vec<String> = refused.iter().map(|problem| format!("{problem:?}")).collect();
    let says = |words: &[&str]| told.iter().any(|problem| words.iter().all(|word| problem.contains(word)));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(says(&["Deprecated APIs removed in Kubernetes v1.34", "v1beta3/flowschemas (now ", "operator/2.1"]), "{told:#?}");
    assert!(says(&["Kubelet version skew", "/api/v1/nodes/i-0a1b"]), "{told:#?}");
    let (outcome, events) = apply(&cloud, &plan, "r2").await;
    assert!(outcome != Outcome::Applied && format!("{events:?}").contains("InvalidStateException"), "{outcome:?} {events:#?}");

    eks::find(&moto.endpoint, json!([])).await;
    let plan = plan_for(&cloud, &want).await.unwrap();
    assert!(unoffered(&cloud, &plan, &want).await.is_empty());
    go(&cloud, version("1.34"), "r3").await;
    eks::find(&moto.endpoint, json!([insight("e", "Kubelet version skew", "1.33", "ERROR", json!({}))])).await;
    let back = stack("wire-cluster", world(version("1.33")));
    let plan = plan_for(&cloud, &back).await.unwrap();
    assert!(unoffered(&cloud, &plan, &back).await.is_empty(), "EKS judges the way back itself");
}
