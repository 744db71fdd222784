//! The documents that a role holds, and what they mean.
use super::{Breach, Open};
use crate::canon::Document;
use crate::diag::Code;
use crate::kinds::pod_identity_association::PODS;
use crate::model::partition::principal;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// Whether a text is the ARN of a managed policy, at least 20 characters long (`PolicyArn` of `AttachRolePolicy`).
pub(super) fn is_policy(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    arn.len() >= 20 && matches!(parts[..], [_, _, "iam", "", account, resource] if !account.is_empty() && resource.starts_with("policy/"))
}

/// Characters of all inline policies of a role together, blanks left out (`PutRolePolicy`, "IAM and AWS STS quotas"; it can't be raised).
const INLINE: usize = 10_240;

/// A role's own policies are as long as IAM takes them, without those whose length is known only when what they name is there.
pub(super) fn too_long(own: &Open<Document>) -> Option<Breach> {
    let long: usize = own.values().map(|policy| policy.0.to_string().chars().filter(|c| !c.is_whitespace()).count()).sum();
    let message = format!("what the role may do takes {long} characters, and IAM takes {INLINE} at most");
    let help = "name several resources by one pattern, or put some of it into a managed policy";
    (long > INLINE).then(|| Breach::new(Code::Count, "inline_policies", message, help))
}

/// A policy as IAM returns it: JSON, percent-encoded after RFC 3986. What isn't JSON is shown as it is.
pub(super) fn document(text: &str) -> Value {
    let plain = percent_decode_str(text).decode_utf8_lossy();
    // A document begins with a brace; where it wasn't encoded, a percent sign in it is its own.
    let plain = if text.trim_start().starts_with('{') { text.into() } else { plain };
    serde_json::from_str(&plain).unwrap_or_else(|_| Value::String(plain.into_owned()))
}

/// The trust policy's text: a service's, or one that was read in another form and is written back.
pub(super) fn trust(service: &str) -> String {
    if service.starts_with('{') { service.into() } else { trust_of(service).to_string() }
}

/// Services that tag the sessions of the roles that they assume ("Amazon EKS Auto Mode cluster IAM role", "Create IAM role with trust policy required by
/// EKS Pod Identity").
const TAGS_SESSIONS: &[&str] = &[principal!("eks"), PODS];

pub(super) fn trust_of(service: &str) -> Value {
    let action = if TAGS_SESSIONS.contains(&service) { json!(["sts:AssumeRole", "sts:TagSession"]) } else { json!("sts:AssumeRole") };
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": action }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_encoded_and_plain() {
        let plain = r#"{"Statement":[{"Condition":{"StringLike":{"aws:x":"100%25"}}}]}"#;
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Condition%22%3A%7B%22StringLike%22%3A%7B%22aws%3Ax%22%3A%22100%2525%22%7D%7D%7D%5D%7D";
        assert_eq!(document(plain), document(encoded));
        assert_eq!(document(plain).to_string(), plain);
    }

    #[test]
    fn a_trust_policy_of_another_form_is_written_back_as_it_was() {
        let other = json!({ "Statement": [] }).to_string();
        assert_eq!(trust(&other), other);
    }
}
