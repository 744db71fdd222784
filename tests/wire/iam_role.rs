use std::collections::BTreeSet;

use infra::kinds::{IamRole, Kind, Text};
use serde_json::{Value, json};

use super::{Case, Sends};

/// A role for a service, which may do one thing.
pub fn role(service: &str) -> IamRole {
    IamRole {
        managed_policies: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore".into()].into(),
        inline_policies: [("read".into(), policy("s3:GetObject").into())].into(),
        tags: [("Name".into(), "wire".into())].into(),
        ..IamRole::plain(service)
    }
}

fn policy(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": [action, "s3:ListBucket"], "Resource": "*" }] })
}

fn buckets(names: &[&str]) -> BTreeSet<Text> {
    names.iter().map(|name| Text::literal(format!("arn:aws:s3:::{name}"))).collect()
}

pub fn case() -> Case {
    let base = role("ec2.amazonaws.com");
    let managed = |names: &[&str]| names.iter().map(|n| format!("arn:aws:iam::aws:policy/{n}")).collect();
    let both = [("read".into(), policy("s3:GetObject").into()), ("write+b".into(), policy("s3:PutObject").into())].into();
    let variants = vec![
        ("service", IamRole { service: "vpc-flow-logs.amazonaws.com".into(), ..base.clone() }.into()),
        ("a trust policy of another form", {
            let service = json!({
                "Version": "2012-10-17",
                "Statement": [{ "Effect": "Allow", "Principal": { "Service": ["ec2.amazonaws.com"] }, "Action": "sts:AssumeRole" }],
            });
            IamRole { service: service.to_string(), ..base.clone() }.into()
        }),
        ("a managed policy more", {
            let managed_policies = managed(&["AmazonEC2ContainerRegistryReadOnly", "AmazonSSMManagedInstanceCore"]);
            IamRole { managed_policies, ..base.clone() }.into()
        }),
        ("another managed policy", IamRole { managed_policies: managed(&["ReadOnlyAccess"]), ..base.clone() }.into()),
        ("no managed policy", IamRole { managed_policies: [].into(), ..base.clone() }.into()),
        ("an inline policy changed", {
            IamRole { inline_policies: [("read".into(), policy("s3:GetObjectTagging").into())].into(), ..base.clone() }.into()
        }),
        ("an inline policy more", IamRole { inline_policies: both, ..base.clone() }.into()),
        ("a boundary", {
            IamRole { permissions_boundary: Some("arn:aws:iam::123456789012:policy/infra-wire".into()), ..base.clone() }.into()
        }),
        ("secrets that it may read", {
            let arns = ["shop/a-??????", "rds!db-53af62e6-0001-4b1e-9d6f-5f3b1d0c7a11-AbCdEf"];
            let arn = |name| Text::literal(format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}"));
            IamRole { readable: arns.map(arn).into(), ..base.clone() }.into()
        }),
        ("buckets that it may read", IamRole { readable_buckets: buckets(&["a", "b"]), ..base.clone() }.into()),
        ("buckets that it may write to, and their keys", {
            let key = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab";
            IamRole { writable_buckets: buckets(&["b"]), bucket_keys: [Text::literal(key)].into(), ..base.clone() }.into()
        }),
        ("flags that it may be told of", {
            let arn = "arn:aws:appconfig:us-east-1:123456789012:application/a1b2c3d/environment/e4f5g6h/configuration/i7j8k9l";
            IamRole { readable_flags: [Text::literal(arn)].into(), ..base.clone() }.into()
        }),
        ("no inline policy", IamRole { inline_policies: [].into(), ..base.clone() }.into()),
        ("tags", IamRole { tags: [("Name".into(), "x".into()), ("team".into(), "a b".into())].into(), ..base.clone() }.into()),
    ];
    Case { address: "iam_role.app", world: vec![("iam_role.app", base.into())], variants }
}

pub const SENDS: Sends = Sends {
    kind: Kind::IamRole,
    lists: &["GetAccountAuthorizationDetails"],
    // Two have policies of their own; one has a managed one. What they may do with buckets, and where they write logs, is one more each.
    creates: &[("CreateRole", 3), ("AttachRolePolicy", 1), ("PutRolePolicy", 7)],
    unseen: &[],
};
