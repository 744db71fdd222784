//! AppConfig in front of the emulator: requests to it, which it tells apart by method and path.
use super::proxy;

/// Says how many seconds a minute of AppConfig has from now on; `endpoint` is the emulator's own.
pub async fn minute(endpoint: &str, seconds: f64) {
    let said = serde_json::json!({ "minute": seconds }).to_string();
    let answer = reqwest::Client::new().post(format!("{endpoint}/fake/appconfig")).body(said).send().await.unwrap();
    assert!(answer.status().is_success());
}

/// The API's own name of a request.
pub fn operation(call: &proxy::Call) -> &'static str {
    let (method, path) = call.operation.split_once(' ').unwrap();
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, &steps[..]) {
        ("DELETE", ["applications", _]) => "DeleteApplication",
        ("DELETE", ["applications", _, "configurationprofiles", _]) => "DeleteConfigurationProfile",
        ("DELETE", ["applications", _, "configurationprofiles", _, "hostedconfigurationversions", _]) => "DeleteHostedConfigurationVersion",
        ("DELETE", ["applications", _, "environments", _]) => "DeleteEnvironment",
        ("DELETE", ["applications", _, "environments", _, "deployments", _]) => "StopDeployment",
        ("DELETE", ["deployementstrategies", _]) => "DeleteDeploymentStrategy",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["applications"]) => "ListApplications",
        ("GET", ["applications", _, "configurationprofiles"]) => "ListConfigurationProfiles",
        ("GET", ["applications", _, "configurationprofiles", _, "hostedconfigurationversions"]) => "ListHostedConfigurationVersions",
        ("GET", ["applications", _, "configurationprofiles", _, "hostedconfigurationversions", _]) => "GetHostedConfigurationVersion",
        ("GET", ["applications", _, "environments"]) => "ListEnvironments",
        ("GET", ["applications", _, "environments", _, "deployments"]) => "ListDeployments",
        ("GET", ["applications", _, "environments", _, "deployments", _]) => "GetDeployment",
        ("GET", ["deploymentstrategies"]) => "ListDeploymentStrategies",
        ("GET", ["tags", ..]) => "ListTagsForResource",
        ("PATCH", ["applications", _, "environments", _]) => "UpdateEnvironment",
        ("PATCH", ["deploymentstrategies", _]) => "UpdateDeploymentStrategy",
        ("POST", ["applications"]) => "CreateApplication",
        ("POST", ["applications", _, "configurationprofiles"]) => "CreateConfigurationProfile",
        ("POST", ["applications", _, "configurationprofiles", _, "hostedconfigurationversions"]) => "CreateHostedConfigurationVersion",
        ("POST", ["applications", _, "environments"]) => "CreateEnvironment",
        ("POST", ["applications", _, "environments", _, "deployments"]) => "StartDeployment",
        ("POST", ["deploymentstrategies"]) => "CreateDeploymentStrategy",
        ("POST", ["tags", ..]) => "TagResource",
        _ => panic!("{call:?} is no request of ours"),
    }
}

/// The ARNs of all that a request is about: what its path and its body name, and what it makes, whose id isn't known yet.
pub fn arns(call: &proxy::Call, place: &str) -> Vec<String> {
    let path = percent_encoding::percent_decode_str(call.operation.split_once(' ').unwrap().1).decode_utf8_lossy().into_owned();
    if let Some((_, arn)) = path.split_once("/tags/") {
        return vec![arn.to_owned()];
    }
    let said = |name: &str| serde_json::from_str::<serde_json::Value>(&call.body).ok()?[name].as_str().map(String::from);
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let mut all: Vec<String> = match steps[..] {
        ["applications"] => vec!["application/*".into()],
        ["deploymentstrategies"] => vec!["deploymentstrategy/*".into()],
        ["deployementstrategies" | "deploymentstrategies", id] => vec![format!("deploymentstrategy/{id}")],
        _ => vec![],
    };
    if let ["applications", id, ref below @ ..] = steps[..] {
        let own = format!("application/{id}");
        let named = said("ConfigurationProfileId").map(|id| format!("{own}/configurationprofile/{id}"));
        let (mut part, mut below) = (own.clone(), below);
        all.push(own);
        // Names of parts are in the plural in paths.
        while let [kind, id, ref rest @ ..] = *below {
            part = format!("{part}/{}/{id}", kind.trim_end_matches('s'));
            all.push(part.clone());
            below = rest;
        }
        all.extend(named);
    }
    all.extend(said("DeploymentStrategyId").map(|id| format!("deploymentstrategy/{id}")));
    all.into_iter().map(|path| format!("arn:aws:appconfig:{place}:{path}")).collect()
}

/// The kind of resource that an ARN is of.
pub fn kind(arn: &str) -> &'static str {
    let path: Vec<&str> = arn.rsplit(':').next().unwrap().split('/').collect();
    match path[path.len() - 2] {
        "application" => "application",
        "configurationprofile" => "configurationprofile",
        "deployment" => "deployment",
        "deploymentstrategy" => "deploymentstrategy",
        "environment" => "environment",
        "hostedconfigurationversion" => "hostedconfigurationversion",
        other => panic!("{other} is no kind of {arn}"),
    }
}
