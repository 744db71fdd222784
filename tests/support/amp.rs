//! Managed Prometheus in the emulator: requests to it, which it tells apart by method and path.
use super::proxy;

/// The API's own name of a request.
pub fn operation(call: &proxy::Call) -> &'static str {
    let (method, path) = call.operation.split_once(' ').unwrap();
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, &steps[..]) {
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("DELETE", ["workspaces", _]) => "DeleteWorkspace",
        ("DELETE", ["workspaces", _, "alertmanager", "definition"]) => "DeleteAlertManagerDefinition",
        ("DELETE", ["workspaces", _, "rulegroupsnamespaces", _]) => "DeleteRuleGroupsNamespace",
        ("GET", ["workspaces"]) => "ListWorkspaces",
        ("GET", ["workspaces", _]) => "DescribeWorkspace",
        ("GET", ["workspaces", _, "alertmanager", "definition"]) => "DescribeAlertManagerDefinition",
        ("GET", ["workspaces", _, "api", "v1", "query"]) => "QueryMetrics",
        ("GET", ["workspaces", _, "api", "v1", "rules"]) => "ListRules",
        ("GET", ["workspaces", _, "configuration"]) => "DescribeWorkspaceConfiguration",
        ("GET", ["workspaces", _, "rulegroupsnamespaces", _]) => "DescribeRuleGroupsNamespace",
        ("PATCH", ["workspaces", _, "configuration"]) => "UpdateWorkspaceConfiguration",
        ("POST", ["tags", ..]) => "TagResource",
        ("POST", ["workspaces"]) => "CreateWorkspace",
        ("POST", ["workspaces", _, "alertmanager", "definition"]) => "CreateAlertManagerDefinition",
        ("POST", ["workspaces", _, "rulegroupsnamespaces"]) => "CreateRuleGroupsNamespace",
        ("PUT", ["workspaces", _, "alertmanager", "definition"]) => "PutAlertManagerDefinition",
        ("PUT", ["workspaces", _, "rulegroupsnamespaces", _]) => "PutRuleGroupsNamespace",
        _ => panic!("{call:?} is no request of ours"),
    }
}

/// The ARN of what a request is about.
pub fn arn(call: &proxy::Call, place: &str) -> String {
    let path = percent_encoding::percent_decode_str(&call.operation).decode_utf8_lossy().into_owned();
    if let Some((_, arn)) = path.split_once("/tags/") {
        return arn.to_owned();
    }
    let steps: Vec<&str> = path.split('/').skip(2).collect();
    match steps[..] {
        [id, "rulegroupsnamespaces", ..] => format!("arn:aws:aps:{place}:rulegroupsnamespace/{id}/infra"),
        [id, ..] => format!("arn:aws:aps:{place}:workspace/{id}"),
        [] => format!("arn:aws:aps:{place}:workspace/*"),
    }
}

/// The kind of resource that an ARN is of.
pub fn kind(arn: &str) -> &'static str {
    if arn.contains(":rulegroupsnamespace/") { "rulegroupsnamespace" } else { "workspace" }
}

/// Whether a request gives tags to what it makes.
pub fn makes(operation: &str) -> bool {
    ["CreateWorkspace", "CreateRuleGroupsNamespace"].contains(&operation)
}
