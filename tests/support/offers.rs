//! What RDS and ElastiCache offer, as far as tests ask: the emulator tells nothing of it. Answers after the API reference.
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::proxy::Call;

/// Answers any of these requests with a refusal, as one gets who may not read them.
pub fn denied(call: &Call) -> Option<(u16, String)> {
    let code = if call.service == "ec2" { "UnauthorizedOperation" } else { "AccessDenied" };
    let error = format!("<Error><Code>{code}</Code><Message>you may not {}</Message></Error>", call.operation);
    let body = if call.service == "ec2" {
        format!("<Response><Errors>{error}</Errors></Response>")
    } else {
        format!("<ErrorResponse>{error}</ErrorResponse>")
    };
    asked(call).then_some((403, body))
}

/// Whether a request asks what the region offers.
pub fn asked(call: &Call) -> bool {
    let operations = [
        "DescribeCacheEngineVersions",
        "DescribeDBEngineVersions",
        "DescribeEngineDefaultParameters",
        "DescribeInstanceTypeOfferings",
        "DescribeInstanceTypes",
        "DescribeOrderableDBInstanceOptions",
        "DescribeSSLPolicies",
        "GetServiceQuota",
    ];
    operations.contains(&call.operation.as_str())
}

/// The vCPUs that the account may have of standard instances here, as EC2 and Service Quotas tell them.
pub fn vcpus(call: &Call, quota: u32) -> Option<(u16, String)> {
    match call.operation.as_str() {
        "DescribeInstanceTypes" => {
            let seen = "<item><instanceType>m7i.4xlarge</instanceType><vCpuInfo><defaultVCpus>16</defaultVCpus></vCpuInfo></item>";
            Some((200, format!("<DescribeInstanceTypesResponse><instanceTypeSet>{seen}</instanceTypeSet></DescribeInstanceTypesResponse>")))
        }
        "GetServiceQuota" => Some((200, serde_json::json!({ "Quota": { "QuotaCode": "L-1216C47A", "Value": quota } }).to_string())),
        _ => None,
    }
}

/// The answer to a request of RDS, ElastiCache or Elastic Load Balancing.
pub fn answer(call: &Call, body: &str) -> Option<(u16, String)> {
    let form: BTreeMap<&str, String> = body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k, percent_decode_str(v).decode_utf8_lossy().into_owned()))
        .collect();
    let of = |key: &str| form.get(key).map_or("", String::as_str);
    let list = |name: &str, item: &str, all: Vec<String>| {
        let items: String = all.iter().map(|inner| format!("<{item}>{inner}</{item}>")).collect();
        format!("<{name}>{items}</{name}>")
    };
    let inner = match call.operation.as_str() {
        "DescribeCacheEngineVersions" => {
            let versions = if of("Engine") == "redis" { ["7.0", "7.1"] } else { ["7.2", "8.0"] };
            let versions = versions.map(|v| format!("<EngineVersion>{v}</EngineVersion>"));
            list("CacheEngineVersions", "CacheEngineVersion", versions.into())
        }
        "DescribeDBEngineVersions" => {
            let version = |(version, targets): &(&str, &[&str])| {
                let targets = targets.iter().map(|v| format!("<Engine>postgres</Engine><EngineVersion>{v}</EngineVersion>")).collect();
                format!("<EngineVersion>{version}</EngineVersion>{}", list("ValidUpgradeTarget", "UpgradeTarget", targets))
            };
            let closed: &[(&str, &[&str])] = &[("15.2", &["15.17", "16.11"])];
            let open: &[(&str, &[&str])] = &[("15.17", &["16.11"]), ("16.10", &["16.11"]), ("16.11", &[])];
            let all = if of("IncludeAll") == "true" { [closed, open].concat() } else { open.to_vec() };
            let asked = all.iter().filter(|(v, _)| of("EngineVersion").is_empty() || *v == of("EngineVersion"));
            list("DBEngineVersions", "DBEngineVersion", asked.map(version).collect())
        }
        "DescribeOrderableDBInstanceOptions" => {
            let class = |class: &str| format!("<DBInstanceClass>{class}</DBInstanceClass><StorageType>gp3</StorageType><Vpc>true</Vpc>");
            let classes = ["db.r7g.large", "db.r7g.xlarge", "db.t4g.micro", "db.t4g.medium"].map(class);
            list("OrderableDBInstanceOptions", "OrderableDBInstanceOption", classes.into())
        }
        "DescribeSSLPolicies" => {
            let policies = ["TLS13-1-2-2021-06", "TLS13-1-4-2027-01"].map(|name| format!("<Name>ELBSecurityPolicy-{name}</Name>"));
            list("SslPolicies", "member", policies.into())
        }
        "DescribeEngineDefaultParameters" => {
            let parameter = |(name, kind, allowed, fixed): (&str, &str, &str, bool)| {
                let change = if fixed { ("static", "requires-reboot") } else { ("dynamic", "immediate") };
                let types = format!("<ApplyType>{}</ApplyType><ChangeType>{}</ChangeType>", change.0, change.1);
                let values = format!("<DataType>{kind}</DataType><AllowedValues>{allowed}</AllowedValues>");
                format!("<ParameterName>{name}</ParameterName>{values}{types}<IsModifiable>true</IsModifiable>")
            };
            let all = [
                ("log_min_duration_statement", "integer", "-1-2147483647", false),
                ("max_connections", "integer", "6-262143", true),
                ("maxmemory-policy", "string", "volatile-lru,allkeys-lru,allkeys-lfu,noeviction", false),
            ];
            format!("<EngineDefaults>{}</EngineDefaults>", list("Parameters", "Parameter", all.map(parameter).into()))
        }
        _ => return None,
    };
    let op = &call.operation;
    Some((200, format!("<{op}Response><{op}Result>{inner}</{op}Result></{op}Response>")))
}
