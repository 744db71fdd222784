//! The policies of buckets, and which purpose each follows from.
use serde_json::{Value, json};

use super::Purpose;
use crate::model::partition;
use crate::model::partition::principal;

/// The policy's text; empty where there should be none.
pub(super) fn text(purpose: &Purpose, region: &str, account: &str, name: &str) -> String {
    match purpose {
        Purpose::LoadBalancerLogs => log_delivery(region, account, name).to_string(),
        Purpose::Storage => tls_only(region, name).to_string(),
        Purpose::Other(text) => text.clone(),
    }
}

/// What a policy that was read is for.
pub(super) fn purpose(policy: Option<Value>, region: &str, account: &str, name: &str) -> Purpose {
    match policy {
        Some(policy) if policy == log_delivery(region, account, name) => Purpose::LoadBalancerLogs,
        Some(policy) if policy == tls_only(region, name) => Purpose::Storage,
        other => Purpose::Other(other.map_or(String::new(), |p| p.to_string())),
    }
}

/// Lets load balancers write the logs of this account, and of no other, since each is written under its account's number.
fn log_delivery(region: &str, account: &str, name: &str) -> Value {
    let partition = partition(region).name;
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": principal!("logdelivery.elasticloadbalancing") },
            "Action": "s3:PutObject",
            "Resource": format!("arn:{partition}:s3:::{name}/AWSLogs/{account}/*"),
        }],
    })
}

/// Refuses whatever comes in the clear. It allows nobody anything: that is for the roles of those who use the bucket.
fn tls_only(region: &str, name: &str) -> Value {
    let partition = partition(region).name;
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [format!("arn:{partition}:s3:::{name}"), format!("arn:{partition}:s3:::{name}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
}
