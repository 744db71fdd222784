//! Requests to Lambda, which tells its operations apart by method and path.
use super::proxy;

/// The API's own name of a request.
pub fn operation(call: &proxy::Call) -> &'static str {
    let (method, path) = call.operation.split_once(' ').unwrap();
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, &steps[1..]) {
        ("DELETE", ["functions", _]) => "DeleteFunction",
        ("DELETE", ["functions", _, "concurrency"]) => "DeleteFunctionConcurrency",
        ("DELETE", ["functions", _, "policy", _]) => "RemovePermission",
        ("DELETE", ["functions", _, "provisioned-concurrency"]) => "DeleteProvisionedConcurrencyConfig",
        ("DELETE", ["functions", _, "url"]) => "DeleteFunctionUrlConfig",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["functions", _]) => "GetFunction",
        ("GET", ["functions", _, "aliases", _]) => "GetAlias",
        ("GET", ["functions", _, "concurrency"]) => "GetFunctionConcurrency",
        ("GET", ["functions", _, "policy"]) => "GetPolicy",
        ("GET", ["functions", _, "provisioned-concurrency"]) => "GetProvisionedConcurrencyConfig",
        ("GET", ["functions", _, "url"]) => "GetFunctionUrlConfig",
        ("GET", ["functions", _, "versions"]) => "ListVersionsByFunction",
        ("POST", ["functions"]) => "CreateFunction",
        ("POST", ["functions", _, "aliases"]) => "CreateAlias",
        ("POST", ["functions", _, "policy"]) => "AddPermission",
        ("POST", ["functions", _, "url"]) => "CreateFunctionUrlConfig",
        ("POST", ["functions", _, "versions"]) => "PublishVersion",
        ("POST", ["tags", ..]) => "TagResource",
        ("PUT", ["functions", _, "aliases", _]) => "UpdateAlias",
        ("PUT", ["functions", _, "code"]) => "UpdateFunctionCode",
        ("PUT", ["functions", _, "concurrency"]) => "PutFunctionConcurrency",
        ("PUT", ["functions", _, "configuration"]) => "UpdateFunctionConfiguration",
        ("PUT", ["functions", _, "provisioned-concurrency"]) => "PutProvisionedConcurrencyConfig",
        ("PUT", ["functions", _, "url"]) => "UpdateFunctionUrlConfig",
        _ => panic!("{call:?} is no request of ours"),
    }
}

/// The function that a request is about, by its ARN.
pub fn function(call: &proxy::Call, place: &str) -> String {
    let path = percent_encoding::percent_decode_str(&call.operation).decode_utf8_lossy().into_owned();
    if let Some((_, arn)) = path.split_once("/tags/") {
        return arn.to_owned();
    }
    let made = || serde_json::from_str::<serde_json::Value>(&call.body).ok()?["FunctionName"].as_str().map(String::from);
    let name = path.split_once("/functions/").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    format!("arn:aws:lambda:{place}:function:{}", name.or_else(made).unwrap_or_default())
}
