//! The policy of a topic: AWS's own for the account, and what lets services publish.
use serde_json::{Value, json};

use super::*;

/// The account of a topic.
fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// What the account itself may do: the statement of the policy that SNS gives to a new topic.
fn owner(arn: &str) -> Value {
    json!({
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": [
            "SNS:GetTopicAttributes",
            "SNS:SetTopicAttributes",
            "SNS:AddPermission",
            "SNS:RemovePermission",
            "SNS:DeleteTopic",
            "SNS:Subscribe",
            "SNS:ListSubscriptionsByTopic",
            "SNS:Publish",
        ],
        "Resource": arn,
        "Condition": { "StringEquals": { "AWS:SourceOwner": account(arn) } },
    })
}

/// What a service may do: Managed Prometheus looks at a topic before it publishes ("Giving Amazon Managed Service for Prometheus permission to send alert
/// messages to your Amazon SNS topic").
fn actions(service: &str) -> Value {
    if service == principal!("aps") { json!(["sns:GetTopicAttributes", "sns:Publish"]) } else { json!("sns:Publish") }
}

/// Lets a service publish, on behalf of this account alone.
fn publish(service: &str, arn: &str) -> Value {
    json!({
        "Sid": sid(service),
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": actions(service),
        "Resource": arn,
        "Condition": { "StringEquals": { "aws:SourceAccount": account(arn) } },
    })
}

/// A service's name in letters alone.
fn sid(service: &str) -> String {
    service.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The policy's text.
pub(super) fn text(publishers: &BTreeSet<String>, arn: &str) -> String {
    let services = publishers.iter().map(|service| publish(service, arn));
    let statements: Vec<Value> = [owner(arn)].into_iter().chain(services).collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// Who may publish by a policy that was read. A statement that isn't of ours stands as itself, and so does the absence of the owner's.
pub(super) fn publishers(text: &str, arn: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(text).unwrap_or_default();
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    let owned = statements.contains(&owner(arn));
    let said = statements.into_iter().filter(|statement| *statement != owner(arn)).map(|statement| {
        let service = statement["Principal"]["Service"].as_str().unwrap_or_default();
        if statement == publish(service, arn) { service.to_owned() } else { statement.to_string() }
    });
    let lacking = (!owned).then(|| "nobody of the account".to_owned());
    said.chain(lacking).collect()
}
