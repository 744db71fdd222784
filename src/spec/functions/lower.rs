//! `functions`: the role, the log group and the function of each entry.
use std::collections::BTreeSet;

use super::{Architecture, Function as Entry, url};
use crate::canon::{Document, Open};
use crate::kinds::function::{Variable, zipped};
use crate::kinds::{Function, IamRole, Ref, Text};
use crate::model::partition::principal;
use crate::model::{Ranked, Secret};
use crate::spec::env::{EnvSource, SecretRef};
use crate::spec::feature_flags;
use crate::spec::lower::{Lower, int};
use crate::spec::monitoring::logging;
use crate::spec::permissions;
use crate::spec::storage;
use crate::spec::units::Name;

/// What Lambda does in a function's role for its network interfaces ("Required IAM permissions" of VPC access).
const INTERFACES: &[&str] = &[
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// The name of what belongs to a function alone.
pub fn own(name: &Name) -> String {
    format!("function.{name}")
}

pub fn lower(name: &Name, entry: &Entry, l: &mut Lower<'_>) {
    let old = entry.renamed_from.as_ref();
    let origin = format!("functions.{name}");
    logging::add(l, own(name), &origin, name);
    let role = role(name, entry, l);
    l.renamed::<IamRole>(own(name), old.map(own));
    l.add(own(name), &origin, role);
    let function = function(name, entry, l);
    l.renamed::<Function>(name.as_str(), old.map(Name::to_string));
    l.add(name.as_str(), origin, function);
}

fn role(name: &Name, entry: &Entry, l: &Lower<'_>) -> IamRole {
    let (partition, region, account) = (l.partition(), &l.spec.region, l.account());
    let mut policies: Open<Document> = [("write-logs".into(), logging::write(l, &own(name)).into())].into();
    if entry.inside() {
        policies.insert("network".into(), network(&format!("arn:{partition}:lambda:{region}:{account}:function:*")).into());
    }
    policies.extend(permissions::policy(&entry.permissions));
    let used = storage::used(l, name);
    IamRole {
        permissions_boundary: l.boundary(),
        inline_policies: policies,
        readable: entry.env.values().flat_map(|v| readable(l, v)).collect(),
        readable_buckets: used.read,
        writable_buckets: used.written,
        bucket_keys: used.keys,
        readable_flags: feature_flags::told(l, name),
        tags: l.tags(name.as_str()),
        ..IamRole::plain(principal!("lambda"))
    }
}

/// Lambda may manage interfaces, and the function's own code may not: requests that come from within one name it.
fn network(functions: &str) -> serde_json::Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": INTERFACES, "Resource": ["*"] },
            { "Effect": "Deny", "Action": INTERFACES, "Resource": "*", "Condition": { "ArnLike": { "lambda:SourceFunctionArn": functions } } },
        ],
    })
}

/// The secrets that the code asks for: those that it is given by name, and those whose ARN is handed to it.
fn readable(l: &Lower<'_>, value: &EnvSource) -> Vec<Text> {
    match value {
        EnvSource::Secret(SecretRef::FromSecretsManager(id)) => vec![l.secret_arn(id.as_str())],
        EnvSource::Secret(SecretRef::FromEnv(_)) => vec![],
        EnvSource::Text(text) => text.references().filter(|r| r.attribute == "secret_arn").map(|r| l.named(r)).collect(),
    }
}

fn function(name: &Name, entry: &Entry, l: &mut Lower<'_>) -> Function {
    let mut env = Open::new();
    for (key, value) in &entry.env {
        let value = match value {
            EnvSource::Text(text) => Variable::Plain(l.text(text)),
            EnvSource::Secret(SecretRef::FromSecretsManager(id)) => Variable::Plain(Text::literal(id.to_string())),
            EnvSource::Secret(SecretRef::FromEnv(var)) => match (l.env)(var.as_str()) {
                Some(value) => Variable::Secret(Secret::new(value)),
                None => {
                    l.unset.push(format!("functions.{name}.env.{key}"));
                    continue;
                }
            },
        };
        env.insert(key.to_string(), value);
    }
    let lies = match (&entry.code, &entry.sha256) {
        (Some(code), Some(sha256)) if entry.stored() => (zipped(sha256.as_str()), code.to_string()),
        _ => (zipped(&entry.packed.package.sha256), entry.packed.path.display().to_string()),
    };
    let layer = |arn: &str| arn.rsplit_once(':').map(|(layer, version)| (layer.to_owned(), version.to_owned()));
    Function {
        package: if entry.image.is_some() { "Image" } else { "Zip" }.into(),
        code: entry.image.as_ref().map_or(lies.0, ToString::to_string),
        source: lies.1,
        runtime: entry.runtime.as_ref().map(ToString::to_string),
        handler: entry.handler.as_ref().map(ToString::to_string),
        architecture: match entry.architecture {
            Architecture::Arm64 => "arm64",
            Architecture::X86_64 => "x86_64",
        }
        .into(),
        memory_mib: int(entry.memory.as_mib()),
        timeout: int(entry.timeout.as_seconds()),
        role: Ref::to(own(name)),
        log_group: Ref::to(own(name)),
        subnets: if entry.inside() { l.subnets(&entry.subnets) } else { BTreeSet::new() },
        security_groups: entry.inside().then(|| Ref::to(own(name))).into_iter().collect(),
        layers: Ranked(entry.layers.iter().filter_map(|arn| layer(arn.as_str())).collect()),
        env,
        reserved_concurrency: entry.reserved_concurrency.map(int),
        provisioned_concurrency: entry.provisioned_concurrency.map(int),
        url: entry.url.as_ref().map(url::lower),
        routing: None,
        tags: l.tags(name.as_str()),
        version: Default::default(),
        arn: Default::default(),
        address: Default::default(),
    }
}
