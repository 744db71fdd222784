//! Policies of a role's own that follow from the ARNs of what it uses.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::IamRole;
use crate::canon::{Document, Open};
use crate::kinds::{Links, Text};
use crate::wire::CloudError;

/// A policy of a role's own that follows from ARNs: its name, and what it says of them.
type Following = (&'static str, fn(&Value) -> Value);

/// The policy that lets a role read secrets.
pub const READ_SECRETS: &str = "read-secrets";
/// The policy that lets a role read what is in buckets.
pub const READ_BUCKETS: &str = "read-buckets";
/// The policy that lets a role write to buckets.
pub const WRITE_BUCKETS: &str = "write-buckets";
/// The policy that lets a role use the keys that buckets encrypt with.
pub const USE_KEYS: &str = "use-bucket-keys";

/// The policy that lets a role be told of flags.
pub const READ_FLAGS: &str = "read-flags";

fn allow(actions: &[&str], resources: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn document_of(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The policy of a role that may read the secrets with these ARNs.
pub fn reading(arns: &Value) -> Value {
    document_of(vec![allow(&["secretsmanager:GetSecretValue"], arns)])
}

/// What a role may do with buckets that it reads: list what is in them, and read it, older versions, too.
pub const READS: (&[&str], &[&str]) =
    (&["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"], &["s3:GetObject", "s3:GetObjectVersion"]);

/// What a role may do with buckets that it writes to: put objects there, also in parts, and delete them. Older versions stay out of its reach, and so does
/// the bucket itself.
pub const WRITES: (&[&str], &[&str]) = (
    &["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
    &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
);

/// What a role may do with the keys of its buckets, when S3 asks for it.
pub const KEYS: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

/// The policy of a role that may read what is in the buckets with these ARNs.
pub fn reading_buckets(arns: &Value) -> Value {
    document_of(vec![allow(READS.0, arns), allow(READS.1, &objects(arns))])
}

/// The policy of a role that may write to the buckets with these ARNs.
pub fn writing_buckets(arns: &Value) -> Value {
    document_of(vec![allow(WRITES.0, arns), allow(WRITES.1, &objects(arns))])
}

/// The policy of a role that may use the keys with these ARNs, through S3 alone.
pub fn using_keys(arns: &Value) -> Value {
    let mut statement = allow(KEYS, arns);
    statement["Condition"] = json!({ "StringLike": { "kms:ViaService": "s3.*" } });
    document_of(vec![statement])
}

/// What a role does that asks for flags ("Retrieving feature flags and configuration data").
pub const FLAGS: &[&str] = &["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"];

/// The policy of a role that may be told of the flags with these ARNs.
pub fn reading_flags(arns: &Value) -> Value {
    document_of(vec![allow(FLAGS, arns)])
}

/// The ARNs of all that is in buckets.
fn objects(arns: &Value) -> Value {
    let inside = |arn: &Value| arn.as_str().map(|arn| Value::from(format!("{arn}/*")));
    arns.as_array().into_iter().flatten().filter_map(inside).collect()
}

/// The ARNs that a policy follows from; `None` when it says anything else, too.
fn read(policy: &Value, make: fn(&Value) -> Value) -> Option<BTreeSet<Text>> {
    let arns = policy.pointer("/Statement/0/Resource")?;
    let all = arns.as_array()?.iter().map(|arn| arn.as_str().map(Text::literal)).collect::<Option<_>>()?;
    (*policy == make(arns)).then_some(all)
}

impl IamRole {
    /// Itself with the ARNs that its texts name now, as a list would show it.
    pub(super) fn resolved(&self, links: &Links) -> Result<Self, CloudError> {
        let mut role = self.clone();
        for (_, arns) in role.following() {
            *arns = arns.iter().map(|arn| arn.resolve(links).map(Text::literal)).collect::<Result<_, _>>()?;
        }
        Ok(role)
    }

    /// The ARNs that policies of the role's own follow from.
    fn following(&mut self) -> [(Following, &mut BTreeSet<Text>); 5] {
        [
            ((READ_SECRETS, reading), &mut self.readable),
            ((READ_BUCKETS, reading_buckets), &mut self.readable_buckets),
            ((WRITE_BUCKETS, writing_buckets), &mut self.writable_buckets),
            ((USE_KEYS, using_keys), &mut self.bucket_keys),
            ((READ_FLAGS, reading_flags), &mut self.readable_flags),
        ]
    }

    /// All policies of the role's own, by name.
    pub(super) fn inline(&self) -> Open<Document> {
        let mut role = self.clone();
        let mut all = std::mem::take(&mut role.inline_policies);
        for ((name, make), arns) in role.following() {
            if !arns.is_empty() {
                let arns: BTreeSet<String> = arns.iter().filter_map(Text::plain).collect();
                all.insert(name.into(), make(&json!(arns)).into());
            }
        }
        all
    }

    /// Takes what follows from ARNs alone out of the policies.
    pub(super) fn known(mut self) -> Self {
        let mut rest = std::mem::take(&mut self.inline_policies);
        for ((name, make), arns) in self.following() {
            if let Some(found) = rest.get(name).and_then(|policy| read(policy, make)).filter(|found| !found.is_empty()) {
                *arns = found;
                rest.remove(name);
            }
        }
        self.inline_policies = rest;
        self
    }
}
