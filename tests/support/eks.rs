//! EKS in the emulator: requests to it, which it tells apart by method and path, and where the API servers of its clusters are.
use super::kubernetes::Kubernetes;
use super::proxy;

/// The API's own name of a request.
pub fn operation(call: &proxy::Call) -> &'static str {
    let (method, path) = call.operation.split_once(' ').unwrap();
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, &steps[..]) {
        ("DELETE", ["clusters", _]) => "DeleteCluster",
        ("DELETE", ["clusters", _, "access-entries", _]) => "DeleteAccessEntry",
        ("DELETE", ["clusters", _, "access-entries", _, "access-policies", _]) => "DisassociateAccessPolicy",
        ("DELETE", ["clusters", _, "addons", _]) => "DeleteAddon",
        ("DELETE", ["clusters", _, "pod-identity-associations", _]) => "DeletePodIdentityAssociation",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["clusters"]) => "ListClusters",
        ("GET", ["clusters", _]) => "DescribeCluster",
        ("GET", ["clusters", _, "access-entries"]) => "ListAccessEntries",
        ("GET", ["clusters", _, "access-entries", _]) => "DescribeAccessEntry",
        ("GET", ["clusters", _, "access-entries", _, "access-policies"]) => "ListAssociatedAccessPolicies",
        ("GET", ["clusters", _, "addons"]) => "ListAddons",
        ("GET", ["clusters", _, "addons", _]) => "DescribeAddon",
        ("GET", ["clusters", _, "insights", _]) => "DescribeInsight",
        ("GET", ["clusters", _, "pod-identity-associations"]) => "ListPodIdentityAssociations",
        ("GET", ["clusters", _, "pod-identity-associations", _]) => "DescribePodIdentityAssociation",
        ("GET", ["clusters", _, "updates", _]) => "DescribeUpdate",
        ("POST", ["clusters"]) => "CreateCluster",
        ("POST", ["clusters", _, "access-entries"]) => "CreateAccessEntry",
        ("POST", ["clusters", _, "access-entries", _, "access-policies"]) => "AssociateAccessPolicy",
        ("POST", ["clusters", _, "addons"]) => "CreateAddon",
        ("POST", ["clusters", _, "addons", _, "update"]) => "UpdateAddon",
        ("POST", ["clusters", _, "insights"]) => "ListInsights",
        ("POST", ["clusters", _, "pod-identity-associations"]) => "CreatePodIdentityAssociation",
        ("POST", ["clusters", _, "pod-identity-associations", _]) => "UpdatePodIdentityAssociation",
        ("POST", ["clusters", _, "update-config"]) => "UpdateClusterConfig",
        ("POST", ["clusters", _, "updates"]) => "UpdateClusterVersion",
        ("POST", ["tags", ..]) => "TagResource",
        _ => panic!("{call:?} is no request of ours"),
    }
}

/// The ARN of what a request is about.
pub fn arn(call: &proxy::Call, place: &str) -> String {
    let path = percent_encoding::percent_decode_str(&call.operation).decode_utf8_lossy().into_owned();
    if let Some((_, arn)) = path.split_once("/tags/") {
        return arn.to_owned();
    }
    if let Some((cluster, entry)) = path.split_once("/clusters/").and_then(|(_, rest)| rest.split_once("/access-entries/")) {
        let who = entry.split(":iam::").nth(1).and_then(|rest| rest.split("/access-policies").next()).unwrap_or_default();
        let (account, role) = who.split_once(":role/").unwrap_or_default();
        return format!("arn:aws:eks:{place}:access-entry/{cluster}/role/{account}/{role}/0a1b");
    }
    if let Some((cluster, addon)) = path.split_once("/clusters/").and_then(|(_, rest)| rest.split_once("/addons/")) {
        return format!("arn:aws:eks:{place}:addon/{cluster}/{}/0a1b", addon.split('/').next().unwrap_or_default());
    }
    if let Some((cluster, id)) = path.split_once("/clusters/").and_then(|(_, rest)| rest.split_once("/pod-identity-associations/")) {
        return format!("arn:aws:eks:{place}:podidentityassociation/{cluster}/{id}");
    }
    let made = || serde_json::from_str::<serde_json::Value>(&call.body).ok()?["name"].as_str().map(String::from);
    let name = path.split_once("/clusters/").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    format!("arn:aws:eks:{place}:cluster/{}", name.or_else(made).unwrap_or_default())
}

/// Says what EKS finds of the emulator's clusters from now on.
pub async fn find(endpoint: &str, insights: serde_json::Value) {
    tell(endpoint, serde_json::json!({ "insights": insights })).await;
}

/// Says where the API servers of the emulator's clusters are from now on, and what signs their certificates (in Base64); `endpoint` is the emulator's own.
pub async fn serve_at(endpoint: &str, api: &str, certificate_authority: &str) {
    tell(endpoint, serde_json::json!({ "endpoint": api, "certificateAuthority": certificate_authority })).await;
}

async fn tell(endpoint: &str, said: serde_json::Value) {
    let answer = reqwest::Client::new().post(format!("{endpoint}/fake/eks")).body(said.to_string()).send().await.unwrap();
    assert!(answer.status().is_success());
}

/// Lets what EKS installs under a name come to nothing, for this reason.
pub async fn fails(endpoint: &str, addon: &str, why: &str) {
    let said = serde_json::json!({ "addons": { addon: why } }).to_string();
    let answer = reqwest::Client::new().post(format!("{endpoint}/fake/eks")).body(said).send().await.unwrap();
    assert!(answer.status().is_success());
}

/// An API server for all of the emulator's clusters.
pub async fn with_api(endpoint: &str) -> Kubernetes {
    let api = Kubernetes::start();
    serve_at(endpoint, &api.endpoint, "").await;
    api
}
