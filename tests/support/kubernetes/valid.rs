//! What the API server refuses of an object (422), all causes at once.
use serde_json::Value;

use super::reply::Cause;

/// The causes for which an object isn't taken; `old` is the one that stands.
pub fn causes(kind: &str, old: Option<&Value>, new: &Value) -> Vec<Cause> {
    let mut causes = labels("metadata", &new["metadata"]["labels"]);
    match kind {
        "ConfigMap" => map(old, new, &mut causes),
        "Deployment" => deployment(old, new, &mut causes),
        "Secret" => secret(old, new, &mut causes),
        "Service" => service(new, &mut causes),
        "NetworkPolicy" => policy(new, &mut causes),
        "NodePool" => pool(new, &mut causes),
        "TargetGroupBinding" => binding(old, new, &mut causes),
        "HorizontalPodAutoscaler" => autoscaler(&new["spec"], &mut causes),
        _ => {}
    }
    causes
}

/// A label's value has at most 63 characters: letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit.
fn labels(at: &str, labels: &Value) -> Vec<Cause> {
    let mut causes = vec![];
    for value in labels.as_object().into_iter().flat_map(|m| m.values()).filter_map(Value::as_str) {
        let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
        if value.len() > 63 {
            causes.push(Cause::invalid(format!("{at}.labels"), format!("{value:?}: must be no more than 63 characters")));
        } else if !value.chars().all(inner) || !edge(value.chars().next()) || !edge(value.chars().last()) {
            let rule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
            causes.push(Cause::invalid(format!("{at}.labels"), format!("{value:?}: {rule}")));
        }
    }
    causes
}

/// As Go prints a map of strings.
fn go(map: &Value) -> String {
    let pairs = map.as_object().into_iter().flatten().map(|(k, v)| format!("{k:?}:{v}"));
    format!("map[string]string{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

fn deployment(old: Option<&Value>, new: &Value, causes: &mut Vec<Cause>) {
    let (spec, template) = (&new["spec"], &new["spec"]["template"]);
    let selector = &spec["selector"]["matchLabels"];
    if selector.as_object().is_none_or(|s| s.is_empty()) {
        causes.push(Cause::required("spec.selector"));
    }
    let labels_of = &template["metadata"]["labels"];
    causes.extend(labels("spec.template", labels_of).into_iter().map(|c| Cause { field: "spec.template.labels".into(), ..c }));
    if selector.as_object().into_iter().flatten().any(|(k, v)| labels_of[k] != *v) {
        let message = format!("{}: `selector` does not match template `labels`", go(labels_of));
        causes.push(Cause::invalid("spec.template.metadata.labels", message));
    }
    if template["spec"]["containers"].as_array().is_none_or(Vec::is_empty) {
        causes.push(Cause::required("spec.template.spec.containers"));
    }
    let volumes: Vec<&Value> = template["spec"]["volumes"].as_array().into_iter().flatten().map(|volume| &volume["name"]).collect();
    for (i, container) in template["spec"]["containers"].as_array().into_iter().flatten().enumerate() {
        for (n, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
            if !volumes.contains(&&mount["name"]) {
                let field = format!("spec.template.spec.containers[{i}].volumeMounts[{n}].name");
                causes.push(Cause::invalid(field, format!("{}: Not found", mount["name"])));
            }
        }
        for field in ["name", "image"] {
            if container[field].as_str().is_none_or(str::is_empty) {
                causes.push(Cause::required(format!("spec.template.spec.containers[{i}].{field}")));
            }
        }
        for (name, amount) in container["resources"]["requests"].as_object().into_iter().flatten() {
            let limit = &container["resources"]["limits"][name];
            if amounts(amount).zip(amounts(limit)).is_some_and(|(a, l)| a > l) {
                let field = format!("spec.template.spec.containers[{i}].resources.requests");
                causes.push(Cause::invalid(field, format!("{amount}: must be less than or equal to {name} limit")));
            }
        }
    }
    if old.is_some_and(|old| old["spec"]["selector"] != spec["selector"]) {
        let text = format!("v1.LabelSelector{{MatchLabels:{}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}}", go(selector));
        causes.push(Cause::invalid("spec.selector", format!("{text}: field is immutable")));
    }
}

/// An amount as a number, of canonical text.
fn amounts(value: &Value) -> Option<f64> {
    let text = value.as_str()?;
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let by = match unit {
        "m" => 0.001,
        "k" => 1e3,
        "Ki" => 1024.0,
        "M" => 1e6,
        "Mi" => 1024f64.powi(2),
        "G" => 1e9,
        "Gi" => 1024f64.powi(3),
        _ => 1.0,
    };
    number.parse::<f64>().ok().map(|n| n * by)
}

/// "An individual secret is limited to 1MiB", and one that is immutable stays what it is.
fn secret(old: Option<&Value>, new: &Value, causes: &mut Vec<Cause>) {
    let sizes = new["data"].as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str()).map(|v| v.len() / 4 * 3);
    if sizes.sum::<usize>() > 1024 * 1024 {
        causes.push(Cause::invalid("data", "Too long: must have at most 1048576 bytes"));
    }
    if let Some(old) = old.filter(|old| old["immutable"] == true) {
        for field in ["data", "immutable"].into_iter().filter(|field| old[*field] != new[*field]) {
            causes.push(Cause::invalid(field, "Forbidden: field is immutable when `immutable` is set"));
        }
    }
    if old.is_some_and(|old| old["type"] != new["type"]) {
        causes.push(Cause::invalid("type", format!("{}: field is immutable", new["type"])));
    }
}

/// As the schema of the resource and its webhook: a binding stays with its target group (`aws-load-balancer-controller`, of which EKS's own is made).
fn binding(old: Option<&Value>, new: &Value, causes: &mut Vec<Cause>) {
    let spec = &new["spec"];
    for (field, there) in [
        ("spec.serviceRef.name", spec["serviceRef"]["name"].is_string()),
        ("spec.serviceRef.port", !spec["serviceRef"]["port"].is_null()),
        ("spec.targetGroupARN", spec["targetGroupARN"].as_str().is_some_and(|arn| arn.starts_with("arn:"))),
    ] {
        if !there {
            causes.push(Cause::required(field));
        }
    }
    for field in ["targetGroupARN", "targetType"] {
        if old.is_some_and(|old| old["spec"][field] != spec[field]) {
            causes.push(Cause::invalid(format!("spec.{field}"), format!("{}: field is immutable", spec[field])));
        }
    }
}

/// As `ValidateHorizontalPodAutoscalerSpec`; without a feature gate one pod is the least.
fn autoscaler(spec: &Value, causes: &mut Vec<Cause>) {
    let number = |f: &str| spec[f].as_i64().unwrap_or(1);
    if number("minReplicas") < 1 {
        causes.push(Cause::invalid("spec.minReplicas", format!("{}: must be greater than or equal to 1", number("minReplicas"))));
    }
    if number("maxReplicas") < 1 {
        causes.push(Cause::invalid("spec.maxReplicas", format!("{}: must be greater than 0", number("maxReplicas"))));
    }
    if number("maxReplicas") < number("minReplicas") {
        let message = format!("{}: must be greater than or equal to `minReplicas`", number("maxReplicas"));
        causes.push(Cause::invalid("spec.maxReplicas", message));
    }
    for field in ["kind", "name"] {
        if spec["scaleTargetRef"][field].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("spec.scaleTargetRef.{field}")));
        }
    }
    for (i, metric) in spec["metrics"].as_array().into_iter().flatten().enumerate() {
        let (at, target) = (format!("spec.metrics[{i}]"), &metric["resource"]["target"]);
        if metric["type"] != "Resource" || metric["resource"]["name"].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("{at}.resource")));
        } else if target["type"] == "Utilization" && target["averageUtilization"].as_i64().is_none_or(|percent| percent < 1) {
            let field = format!("{at}.resource.target.averageUtilization");
            causes.push(Cause::invalid(field, format!("{}: must be greater than 0", target["averageUtilization"])));
        }
    }
}

/// As the schema of Karpenter's `NodePool`, and what it says of requirements.
fn pool(new: &Value, causes: &mut Vec<Cause>) {
    let (spec, template) = (&new["spec"], &new["spec"]["template"]["spec"]);
    let class = &template["nodeClassRef"];
    for (field, there) in [
        ("spec.template.spec.nodeClassRef", ["group", "kind", "name"].iter().all(|f| class[*f].as_str().is_some_and(|t| !t.is_empty()))),
        ("spec.template.spec.requirements", template["requirements"].is_array()),
        ("spec.disruption.consolidateAfter", spec["disruption"]["consolidateAfter"].is_string()),
    ] {
        if !there {
            causes.push(Cause::required(field));
        }
    }
    for (i, requirement) in template["requirements"].as_array().into_iter().flatten().enumerate() {
        let values: Vec<&str> = requirement["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fits = match requirement["operator"].as_str() {
            Some("In") => !values.is_empty(),
            Some("Gt" | "Lt") => values.len() == 1 && values[0].parse::<u32>().is_ok(),
            Some("NotIn" | "Exists" | "DoesNotExist") => true,
            _ => false,
        };
        if !fits {
            causes.push(Cause::invalid(
                format!("spec.template.spec.requirements[{i}]"),
                format!("{requirement}: operator and values don't fit"),
            ));
        }
    }
    for (i, budget) in spec["disruption"]["budgets"].as_array().into_iter().flatten().enumerate() {
        let nodes = budget["nodes"].as_str().unwrap_or_default();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let share = nodes.strip_suffix('%').is_some_and(|n| digits(n) && n.parse::<u32>().is_ok_and(|n| n <= 100));
        if !share && !digits(nodes) {
            causes.push(Cause::invalid(
                format!("spec.disruption.budgets[{i}].nodes"),
                format!("{nodes:?}: should match '^((100|[0-9]{{1,2}})%|[0-9]+)$'"),
            ));
        }
    }
    for (name, most) in spec["limits"].as_object().into_iter().flatten() {
        if amounts(most).is_none() {
            causes.push(Cause::invalid(format!("spec.limits.{name}"), format!("{most}: should be an amount")));
        }
    }
}

/// As `ValidateConfigMap` and `ValidateConfigMapUpdate`.
fn map(old: Option<&Value>, new: &Value, causes: &mut Vec<Cause>) {
    for key in new["data"].as_object().into_iter().flat_map(|data| data.keys()) {
        let inner = key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !inner || key.is_empty() || key.len() > 253 || key == "." || key.starts_with("..") {
            causes.push(Cause::invalid(
                format!("data[{key}]"),
                format!("{key:?}: a valid config key must consist of alphanumeric characters"),
            ));
        }
    }
    if let Some(old) = old.filter(|old| old["immutable"] == true) {
        for field in ["immutable", "data", "binaryData"].iter().filter(|field| old[**field] != new[**field]) {
            causes.push(Cause {
                reason: "FieldValueForbidden",
                field: (*field).into(),
                message: "Forbidden: field is immutable when `immutable` is set".into(),
            });
        }
    }
}

/// As `ValidateNetworkPolicySpec` of `pkg/apis/networking/validation`.
fn policy(new: &Value, causes: &mut Vec<Cause>) {
    let spec = &new["spec"];
    if !spec["podSelector"].is_object() {
        causes.push(Cause::required("spec.podSelector"));
    }
    for (i, rule) in spec["ingress"].as_array().into_iter().flatten().enumerate() {
        for (j, port) in rule["ports"].as_array().into_iter().flatten().enumerate() {
            if port["port"].as_i64().is_some_and(|p| !(1..=65535).contains(&p)) {
                let message = format!("{}: must be between 1 and 65535, inclusive", port["port"]);
                causes.push(Cause::invalid(format!("spec.ingress[{i}].ports[{j}].port"), message));
            }
        }
        for (j, peer) in rule["from"].as_array().into_iter().flatten().enumerate() {
            let at = format!("spec.ingress[{i}].from[{j}]");
            let selects = ["podSelector", "namespaceSelector"].iter().any(|by| !peer[by].is_null());
            let block = &peer["ipBlock"]["cidr"];
            if selects != peer["ipBlock"].is_null() {
                causes.push(Cause::invalid(at, "must specify a peer, of one kind"));
            } else if !selects && block.as_str().is_none_or(|b| b.parse::<ipnet::IpNet>().is_err()) {
                causes.push(Cause::invalid(format!("{at}.ipBlock.cidr"), format!("{block}: must be a valid CIDR value")));
            }
        }
    }
}

fn service(new: &Value, causes: &mut Vec<Cause>) {
    let ports = new["spec"]["ports"].as_array();
    if ports.is_none_or(Vec::is_empty) {
        causes.push(Cause::required("spec.ports"));
    }
    for (i, port) in ports.into_iter().flatten().enumerate() {
        if port["port"].as_u64().is_none_or(|p| !(1..=65535).contains(&p)) {
            let message = format!("{}: must be between 1 and 65535, inclusive", port["port"]);
            causes.push(Cause::invalid(format!("spec.ports[{i}].port"), message));
        }
    }
}
