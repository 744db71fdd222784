//! Who may read a part of what is in a cluster: a plan that would need more is no plan, and says which right is missing and what gives it.
use std::path::PathBuf;
use std::process::Stdio;

use super::*;

const ROLES: Type = Type { api: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", plural: "clusterroles", namespaced: false };
const BINDINGS: Type =
    Type { api: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", plural: "clusterrolebindings", namespaced: false };

/// Kinds that a plan lists, by their groups, as `AmazonEKSViewPolicy` has them ("Review access policy permissions").
const VIEW: &[(&str, &[&str])] = &[
    ("", &["configmaps", "namespaces", "pods", "pods/log", "serviceaccounts", "services"]),
    ("apps", &["deployments"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    ("networking.k8s.io", &["networkpolicies"]),
    ("policy", &["poddisruptionbudgets"]),
];

/// From now on whoever asks may read what these rules say, and write nothing.
async fn reads(place: &Place, rules: Value) {
    place.api.world().tokens.clear();
    let api = "rbac.authorization.k8s.io";
    place.put(ROLES, json!({ "apiVersion": ROLES.api, "kind": ROLES.kind, "metadata": { "name": "reader" }, "rules": rules })).await;
    let bound = json!({
        "apiVersion": BINDINGS.api, "kind": BINDINGS.kind, "metadata": { "name": "reader" },
        "roleRef": { "apiGroup": api, "kind": "ClusterRole", "name": "reader" },
        "subjects": [{ "apiGroup": api, "kind": "Group", "name": "readers" }],
    });
    place.put(BINDINGS, bound).await;
    place.api.world().tokens.insert("presigned".into(), ("ci".into(), vec!["readers".into()]));
}

fn rules(all: &[(&str, &[&str])]) -> Value {
    all.iter()
        .map(|(group, resources)| json!({ "apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"] }))
        .collect()
}

/// What the binary says of the stack, over the same emulators, and how it ends.
async fn said(place: &Place, args: &[&str]) -> (Option<i32>, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readers");
    std::fs::create_dir_all(&folder).unwrap();
    let workloads = "kubernetes:\n  workloads:\n    shop: { image: 'ghcr.io/example/shop:1', port: 8080 }\n";
    std::fs::write(folder.join("infra.yaml"), format!("stack: {STACK}\nregion: us-east-1\n{workloads}")).unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_infra"));
    command.args(args).args(["-f", "infra.yaml"]).current_dir(&folder).env_clear();
    let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_ENDPOINT_URL", place.proxy.endpoint.as_str())];
    command.envs(keys).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    // Lines are broken where the terminal ends.
    let text = String::from_utf8_lossy(&output.stderr).replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.code(), text)
}

/// Whoever may see all but Secrets can't plan, and whoever may see these, too, can, without a single write; whose pods can't be seen, their logs can't either.
#[tokio::test]
async fn a_plan_says_which_right_is_missing() {
    let place = Place::start().await;
    place.go(&image("1"), "r1").await;
    let more: &[(&str, &[&str])] = &[("karpenter.sh", &["nodepools"]), ("eks.amazonaws.com", &["targetgroupbindings"])];
    reads(&place, rules(&[VIEW, more].concat())).await;
    let lost = observe(&place.cloud, STACK, &Default::default()).await.unwrap_err();
    assert_eq!((lost.class, lost.operation.as_str()), (Class::Denied, "list secrets"), "{lost}");
    let (code, text) = said(&place, &["plan"]).await;
    assert_eq!((code, text.matches('×').count()), (Some(1), 1), "{text}");
    for part in
        ["User \"ci\" cannot list resource \"secrets\"", "`AmazonEKSAdminViewPolicy` gives this right", "`kubernetes.cluster.planners`"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // As it is with that policy, of which EKS's own kinds are a part, too.
    reads(&place, rules(VIEW)).await;
    assert_eq!(said(&place, &["plan"]).await.0, Some(1));
    reads(&place, rules(&[("*", &["*"])])).await;
    let before = place.api.log().len();
    settled(&place.cloud, &image("1"), "who may read all of it").await;
    assert!(place.api.log()[before..].iter().all(|call| call.method == "GET" && call.status == 200));

    reads(&place, rules(&[("apps", &["deployments"])])).await;
    let (code, text) = said(&place, &["logs", "kubernetes.workloads.shop"]).await;
    assert_eq!((code, text.matches('×').count()), (Some(1), 1), "{text}");
    for part in ["cannot list resource \"pods\"", "`AmazonEKSViewPolicy` gives this right", "`kubernetes.cluster.viewers`"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
