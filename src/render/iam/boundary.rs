//! The boundary of a stack's roles: what they need, and nothing by which one could get more.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CARRIED, KEPT_FOR, Place, Policy, Statement, VERSION, condition};
use crate::kinds::bucket::{self, BUCKET};
use crate::kinds::calls::{DATABASE, KEPT, SECRET};
use crate::kinds::iam_role::{FLAGS, KEYS, READS, WRITES};
use crate::kinds::{IamRole, Kind, Part, Text, db_instance, secret};
use crate::model::digest;

/// What roles use of AWS's own policies that `infra` gives them. Of `AmazonSSMManagedInstanceCore` that is all but reading parameters, which it may do with
/// every one of the account.
const USED: &[(&str, &str, &[&str])] = &[
    (
        "AmazonEC2ContainerRegistryReadOnly",
        "FetchImages",
        &["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"],
    ),
    (
        "AmazonSSMManagedInstanceCore",
        "SessionManager",
        &[
            "ec2messages:AcknowledgeMessage",
            "ec2messages:DeleteMessage",
            "ec2messages:FailMessage",
            "ec2messages:GetEndpoint",
            "ec2messages:GetMessages",
            "ec2messages:SendReply",
            "ssm:DescribeAssociation",
            "ssm:DescribeDocument",
            "ssm:GetDeployablePatchSnapshotForInstance",
            "ssm:GetDocument",
            "ssm:GetManifest",
            "ssm:ListAssociations",
            "ssm:ListInstanceAssociations",
            "ssm:PutComplianceItems",
            "ssm:PutConfigurePackageResult",
            "ssm:PutInventory",
            "ssm:UpdateAssociationStatus",
            "ssm:UpdateInstanceAssociationStatus",
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ],
    ),
];

/// The policy that `permissions_boundary` is to name.
pub fn boundary<'a>(place: Place, roles: impl IntoIterator<Item = &'a IamRole>) -> Policy {
    let mut all = BTreeMap::new();
    for role in roles {
        for (_, sid, actions) in role.managed_policies.iter().filter_map(|arn| used(arn)) {
            let statement = allow(&mut all, sid);
            statement.action.extend(actions.iter().map(ToString::to_string));
            statement.resource.insert("*".into());
        }
        for (name, document) in role.inline_policies.iter() {
            let name: String = name.split(|c: char| !c.is_ascii_alphanumeric()).map(capital).collect();
            let allowed = |s: &&Value| s.get("Effect").and_then(Value::as_str) == Some("Allow");
            for given in document.get("Statement").and_then(Value::as_array).into_iter().flatten().filter(allowed) {
                // What a user allows is his own for each function: together it would be more.
                let own = if name == "Permissions" { digest(given)[..8].to_owned() } else { String::new() };
                let statement = allow(&mut all, &format!("{name}{own}"));
                statement.action.extend(texts(given.get("Action")));
                statement.resource.extend(texts(given.get("Resource")));
                // What is known by its tags alone is so here, too.
                let carried = given.pointer("/Condition/StringEquals").and_then(|keys| keys.get(CARRIED)).and_then(Value::as_str);
                carried.into_iter().for_each(|stack| condition(statement, "StringEquals", CARRIED, stack));
            }
        }
        role.readable.iter().for_each(|arn| secrets(place, arn, &mut all));
        buckets(place, "ReadBuckets", READS, &role.readable_buckets, &mut all);
        buckets(place, "WriteBuckets", WRITES, &role.writable_buckets, &mut all);
        for key in role.bucket_keys.iter().filter_map(Text::plain) {
            let statement = allow(&mut all, "BucketKeys");
            statement.action.extend(KEYS.iter().map(ToString::to_string));
            statement.resource.insert(key);
            condition(statement, "StringLike", "kms:ViaService", "s3.*");
        }
        if !role.readable_flags.is_empty() {
            // The ids aren't known here, and whether AWS tells the environment's tags with a configuration, its reference leaves open.
            let statement = allow(&mut all, "ReadFlags");
            statement.action.extend(FLAGS.iter().map(ToString::to_string));
            statement.resource.insert(place.arn("appconfig:{region}:{account}:application/*/environment/*/configuration/*", None));
        }
    }
    Policy { version: VERSION, statement: all.into_values().collect() }
}

/// The policies of roles of which the boundary doesn't know what they are for.
pub fn unknown<'a>(roles: impl IntoIterator<Item = &'a IamRole>) -> BTreeSet<&'a str> {
    roles.into_iter().flat_map(|role| &role.managed_policies).filter(|arn| used(arn).is_none()).map(String::as_str).collect()
}

/// What is denied to who applies: to take a boundary from a role, to set another, and to change what it says.
pub(super) fn kept(arn: &str) -> [Statement; 3] {
    let deny = |sid: &str, actions: &[&str], resource: &str| Statement {
        action: actions.iter().map(ToString::to_string).collect(),
        resource: [resource.to_owned()].into(),
        ..Statement::new(sid, "Deny")
    };
    let edits = ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"];
    let mut other = deny("NoOtherBoundary", &["iam:PutRolePermissionsBoundary"], "*");
    condition(&mut other, "StringNotEquals", "iam:PermissionsBoundary", arn);
    [deny("NoLessBoundary", &["iam:DeleteRolePermissionsBoundary"], "*"), other, deny("NoNewBoundary", &edits, arn)]
}

/// Of AWS's policies alone.
fn used(arn: &str) -> Option<&'static (&'static str, &'static str, &'static [&'static str])> {
    let (_, name) = arn.split_once(":iam::aws:policy/")?;
    USED.iter().find(|(policy, ..)| *policy == name)
}

/// A secret that a role reads. The ARNs of those that a run makes aren't known here, but whose they are is.
fn secrets(place: Place, arn: &Text, all: &mut BTreeMap<String, Statement>) {
    let of = |part: &Part| if let Part::Output { r#ref, .. } = part { Some(r#ref.kind) } else { None };
    let (statement, arn) = match arn.0.iter().find_map(of) {
        None => (allow(all, "Secrets"), arn.plain().unwrap_or_default()),
        Some(Kind::Secret) => {
            let own = allow(all, "StackSecrets");
            condition(own, "StringEquals", CARRIED, place.stack);
            (own, place.arn(SECRET, Some(secret::NAMES)))
        }
        Some(_) => {
            let kept = allow(all, "DatabaseSecrets");
            condition(kept, "ArnLike", KEPT_FOR, &place.arn(DATABASE, Some(db_instance::NAMES)));
            (kept, place.arn(KEPT, None))
        }
    };
    statement.action.insert("secretsmanager:GetSecretValue".into());
    statement.resource.insert(arn);
}

/// Buckets that a role uses: their ARNs aren't known here, but how all of the stack's begin is, and whose they are.
fn buckets(place: Place, sid: &str, (own, inside): (&[&str], &[&str]), arns: &BTreeSet<Text>, all: &mut BTreeMap<String, Statement>) {
    if arns.is_empty() {
        return;
    }
    let names = place.arn(BUCKET, Some(bucket::NAMES));
    let statement = allow(all, sid);
    statement.action.extend(own.iter().chain(inside).map(ToString::to_string));
    statement.resource.extend([names.clone(), format!("{names}/*")]);
    condition(statement, "StringEquals", "s3:ResourceAccount", place.account.unwrap_or("${aws:PrincipalAccount}"));
}

fn allow<'a>(all: &'a mut BTreeMap<String, Statement>, sid: &str) -> &'a mut Statement {
    all.entry(sid.into()).or_insert_with(|| Statement::new(sid, "Allow"))
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(|v| v.as_str().map(String::from))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
