//! How large the quota is here that an error says is reached.
use aws_sdk_servicequotas::config::{Config, Region};
use aws_sdk_servicequotas::types::ServiceQuota;

use crate::kinds::{Kind, Quota};
use crate::wire::{Clients, CloudError, Service};

/// Services that are the same in every region have their quotas in this one.
const HOME: &str = "us-east-1";

/// The quota that an error says is reached, and its value here; `None` when the error means none that is known.
pub async fn reached(cx: &Clients, e: &CloudError) -> Option<String> {
    let means = |q: &&Quota| Some(q.service) == e.service && q.code == e.code && e.operation.starts_with(q.operation);
    let quota = Kind::ALL.iter().flat_map(|kind| kind.quotas()).find(means)?;
    let (service, code) = quota.at;
    if code.is_empty() {
        return Some(format!("the quota \"{}\" of {service} is reached", quota.name));
    }
    let named = format!("the quota \"{}\" ({service}/{code})", quota.name);
    let region = if matches!(quota.service, Service::Iam | Service::S3) { HOME } else { cx.region() };
    let (found, here) = match applied(cx, region, quota.at).await {
        Some(found) => (Some(found), format!("here ({region})")),
        None => (usual(cx, region, quota.at).await, "by default".to_owned()),
    };
    Some(match found.and_then(|q| Some((q.value?, q.adjustable))) {
        Some((value, true)) => format!("{named} is {value} {here} and can be raised in Service Quotas"),
        Some((value, false)) => format!("{named} is {value} {here} and can't be raised"),
        None => format!("{named} is reached; its value could not be read"),
    })
}

/// The quota as it applies to this account; `None` when it was never changed, as with some services, or can't be read.
async fn applied(cx: &Clients, region: &str, (service, code): (&str, &str)) -> Option<ServiceQuota> {
    let request = cx.quotas().get_service_quota().service_code(service).quota_code(code);
    let send = async || request.clone().customize().config_override(at(region)).send().await;
    cx.hint(Service::ServiceQuotas, "GetServiceQuota", send).await?.quota
}

/// The quota as every account begins with it.
async fn usual(cx: &Clients, region: &str, (service, code): (&str, &str)) -> Option<ServiceQuota> {
    let request = cx.quotas().get_aws_default_service_quota().service_code(service).quota_code(code);
    let send = async || request.clone().customize().config_override(at(region)).send().await;
    cx.hint(Service::ServiceQuotas, "GetAWSDefaultServiceQuota", send).await?.quota
}

fn at(region: &str) -> aws_sdk_servicequotas::config::Builder {
    Config::builder().region(Region::new(region.to_owned()))
}
