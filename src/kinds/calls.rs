//! Which API operations each kind's verbs send, and which IAM actions allow them: what `infra iam-policy` is made of. Each kind has its own; here are
//! their form, and what several share.
//!
//! Resources and conditions follow AWS's Service Authorization Reference. A narrower right than shown there is never assumed: where the
//! reference leaves it open, an action is allowed on everything.
use super::Kind;
use crate::wire::Service;

/// The requests of one kind: `read` is what its list sends, `write` what its other verbs send beside that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    pub read: &'static [Call],
    pub write: &'static [Call],
}

impl Calls {
    /// No request of the kind goes to AWS. Cloudflare's kinds have permissions of their own; what the stack notes of settings is among [`GENERAL`].
    pub const NONE: Calls = Calls { read: &[], write: &[] };
}

/// One action that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub service: Service,
    /// The request, by the API's own name.
    pub operation: &'static str,
    /// The action with its prefix where its name isn't the request's (`s3:ListAllMyBuckets`), or where the service asks for more than one.
    other: Option<&'static str>,
    /// What the action is allowed on. Several: the service checks several objects of one request, each of which needs its own permission.
    pub on: &'static [On],
}

impl Call {
    /// `ec2:CreateVpc`.
    pub fn action(&self) -> String {
        self.other.map_or_else(|| format!("{}:{}", self.service.prefix(), self.operation), String::from)
    }
}

/// What an action is allowed on. In an ARN, which stands without its first two words, `{names}` is the pattern of the names that the kind's objects get in the
/// stack, `{buckets}`, `{clusters}` and `{functions}` those of buckets, clusters and functions, whatever kind asks; `{stack}`, `{region}` and `{account}` are the stack's own; [`ALL`]
/// is everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// Everything. Only what reads is allowed so.
    Any,
    /// What the request makes under this ARN, when it gives it the stack's tag.
    New(&'static str),
    /// The tags that a request gives to what it makes under this ARN, when the stack's is among them.
    NewTags(&'static str),
    /// What has this ARN and carries the stack's tag.
    Own(&'static str),
    /// What has this ARN, where the service takes no tags for a condition, or where the ARN's path is the stack's alone.
    Named(&'static str),
    /// What has this ARN but isn't one of the stack's objects. Only the actions that name it are allowed on it.
    Also(&'static str),
    /// The stack's roles, when they are handed to this service, by its short name.
    Passed(&'static str),
    /// The role that this service makes for itself, once in an account.
    Linked(&'static str),
    /// What a launch from a launch template makes or takes from AWS: the template itself, subnets and security groups must be the stack's.
    Launched,
    /// Keys, when this service uses them on the caller's behalf.
    Through(&'static str),
    /// Everything in the stack's region, where AWS knows no narrower right.
    Here,
    /// The security groups that EKS makes for the stack's clusters.
    InClusters,
    /// Secrets that RDS keeps for instances with the stack's names, once they are there.
    Kept,
    /// The archives in S3 that the spec names as code of functions.
    Code,
}

/// Every object there is.
pub const ALL: &str = "*";

/// What an action does beside its name, on which a condition stands wherever the action is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It gives an object tags: never another stack's.
    Tags,
    /// It takes tags away: never those of the stamp.
    Untags,
    /// It gives a role rights: only under the boundary, where the spec has one.
    Grants,
    /// It attaches a policy to a role: one of those that the spec names, and only under the boundary.
    Attaches,
    /// It takes a role's boundary away: never, where the spec has one.
    Frees,
}

/// What is to be feared of an action, by its access level `Tagging` and by what IAM's actions do.
pub fn deed(action: &str) -> Option<Deed> {
    Some(match action {
        "acm:AddTagsToCertificate"
        | "appconfig:TagResource"
        | "aps:TagResource"
        | "autoscaling:CreateOrUpdateTags"
        | "cloudwatch:TagResource"
        | "ec2:CreateTags"
        | "eks:TagResource"
        | "elasticache:AddTagsToResource"
        | "elasticloadbalancing:AddTags"
        | "events:TagResource"
        | "iam:TagInstanceProfile"
        | "iam:TagRole"
        | "lambda:TagResource"
        | "logs:TagResource"
        | "rds:AddTagsToResource"
        | "s3:TagResource"
        | "secretsmanager:TagResource"
        | "sns:TagResource" => Deed::Tags,
        "acm:RemoveTagsFromCertificate"
        | "appconfig:UntagResource"
        | "aps:UntagResource"
        | "autoscaling:DeleteTags"
        | "ec2:DeleteTags"
        | "eks:UntagResource"
        | "elasticache:RemoveTagsFromResource"
        | "elasticloadbalancing:RemoveTags"
        | "events:UntagResource"
        | "iam:UntagInstanceProfile"
        | "iam:UntagRole"
        | "lambda:UntagResource"
        | "rds:RemoveTagsFromResource"
        | "secretsmanager:UntagResource"
        | "sns:UntagResource" => Deed::Untags,
        "iam:CreateRole" | "iam:PutRolePermissionsBoundary" | "iam:PutRolePolicy" => Deed::Grants,
        "iam:AttachRolePolicy" => Deed::Attaches,
        "iam:DeleteRolePermissionsBoundary" => Deed::Frees,
        _ => return None,
    })
}

/// The permission that a request needs first of all, as policies name it: `s3:ListAllMyBuckets`.
pub fn action(service: Service, operation: &str) -> String {
    let all = Kind::ALL.iter().map(|k| k.calls()).chain([GENERAL]).flat_map(|c| c.read.iter().chain(c.write));
    let plain = format!("{}:{operation}", service.prefix());
    let mut needed = all.filter(|c| c.service == service && c.operation == operation).map(Call::action);
    let first = needed.next();
    if needed.any(|a| a == plain) { plain } else { first.unwrap_or(plain) }
}

/// What a request needs whose action has its name.
pub(super) const fn call(service: Service, operation: &'static str, on: &'static [On]) -> Call {
    Call { service, operation, other: None, on }
}

/// What a request needs under another name.
pub(super) const fn needs(service: Service, operation: &'static str, action: &'static str, on: &'static [On]) -> Call {
    Call { service, operation, other: Some(action), on }
}

/// A request that reads.
pub(super) const fn reads(service: Service, operation: &'static str) -> Call {
    call(service, operation, &[On::Any])
}

/// A request that makes something, in nothing that is there.
pub(super) const NEW: &[On] = &[On::New(ALL)];
/// A request that makes something in or for what the stack has.
pub(super) const NEW_IN_OWN: &[On] = &[On::New(ALL), On::Own(ALL)];
pub(super) const OWN: &[On] = &[On::Own(ALL)];
/// The same, where it may be in the group that EKS makes for a cluster.
pub(super) const NEW_IN_OWN_OR_CLUSTERS: &[On] = &[On::New(ALL), On::Own(ALL), On::InClusters];
pub(super) const OWN_OR_CLUSTERS: &[On] = &[On::Own(ALL), On::InClusters];
/// Tags are given by the creating request, and changed later.
pub(super) const TAGGED: &[On] = &[On::NewTags(ALL), On::Own(ALL)];

pub(super) const EC2_TAG: Call = call(Service::Ec2, "CreateTags", TAGGED);
pub(super) const EC2_UNTAG: Call = call(Service::Ec2, "DeleteTags", OWN);
pub(super) const ELB_TAG: Call = call(Service::Elb, "AddTags", TAGGED);
pub(super) const ELB_UNTAG: Call = call(Service::Elb, "RemoveTags", OWN);

const ROLE: &str = "iam::{account}:role/infra/{stack}/{region}/*";
pub(super) const NEW_ROLES: &[On] = &[On::New(ROLE)];
pub(super) const ROLES: &[On] = &[On::Named(ROLE)];

/// `GetParametersByPath` is checked on the path, the others on the parameter.
const NOTES: &[On] =
    &[On::Named("ssm:{region}:{account}:parameter/infra/{stack}"), On::Named("ssm:{region}:{account}:parameter/infra/{stack}/*")];
/// The key is in no path that those may read who only look.
const NOTES_AND_KEY: &[On] =
    &[On::Named("ssm:{region}:{account}:parameter/infra/{stack}/*"), On::Named("ssm:{region}:{account}:parameter/infra-keys/{stack}")];

pub const DATABASE: &str = "rds:{region}:{account}:db:{names}";
const DB_PARAMETERS: &str = "rds:{region}:{account}:pg:{names}";
const DB_SUBNETS: &str = "rds:{region}:{account}:subgrp:{names}";
/// The option group that every instance is given when none is asked for.
const DB_OPTIONS: On = On::Also("rds:{region}:{account}:og:default*");
pub(super) const NEW_DATABASES: &[On] = &[On::New(DATABASE), DB_OPTIONS, On::Own(DB_PARAMETERS), On::Own(DB_SUBNETS)];
pub(super) const DATABASES: &[On] = &[On::Own(DATABASE)];
pub(super) const DATABASES_AND_MORE: &[On] = &[On::Own(DATABASE), DB_OPTIONS, On::Own(DB_PARAMETERS), On::Own(DB_SUBNETS)];
pub(super) const DATABASE_TAGS: &[On] = &[On::NewTags(DATABASE), On::Own(DATABASE)];
pub(super) const NEW_DB_PARAMETER_GROUPS: &[On] = &[On::New(DB_PARAMETERS)];
pub(super) const DB_PARAMETER_GROUPS: &[On] = &[On::Own(DB_PARAMETERS)];
pub(super) const DB_PARAMETER_GROUP_TAGS: &[On] = &[On::NewTags(DB_PARAMETERS), On::Own(DB_PARAMETERS)];
pub(super) const NEW_DB_SUBNET_GROUPS: &[On] = &[On::New(DB_SUBNETS)];
pub(super) const NEW_DB_SUBNET_GROUP_TAGS: &[On] = &[On::NewTags(DB_SUBNETS)];
pub(super) const DB_SUBNET_GROUPS: &[On] = &[On::Own(DB_SUBNETS)];

pub const SECRET: &str = "secretsmanager:{region}:{account}:secret:{names}";
/// Those that RDS keeps: it alone makes secrets whose names begin so.
pub const KEPT: &str = "secretsmanager:{region}:{account}:secret:rds!*";
pub(super) const NEW_SECRETS: &[On] = &[On::New(SECRET)];
pub(super) const NEW_SECRET_TAGS: &[On] = &[On::NewTags(SECRET)];
pub(super) const SECRETS: &[On] = &[On::Own(SECRET)];

const CACHE_PARAMETERS: &str = "elasticache:{region}:{account}:parametergroup:{names}";
const CACHE_SUBNETS: &str = "elasticache:{region}:{account}:subnetgroup:{names}";
const CACHE: &str = "elasticache:{region}:{account}:replicationgroup:{names}";
/// The nodes are named after their group, and made with it.
const CACHE_NODES: &str = "elasticache:{region}:{account}:cluster:{names}";
/// The engine's own parameters, where the spec has none.
const CACHE_DEFAULTS: On = On::Also("elasticache:{region}:{account}:parametergroup:default.*");
pub(super) const NEW_CACHES: &[On] =
    &[On::New(CACHE), On::Named(CACHE_NODES), On::Own(CACHE_PARAMETERS), CACHE_DEFAULTS, On::Own(CACHE_SUBNETS)];
pub(super) const NEW_CACHE_TAGS: &[On] = &[On::NewTags(CACHE), On::NewTags(CACHE_NODES)];
pub(super) const CACHES: &[On] = &[On::Own(CACHE)];
pub(super) const CACHES_AND_MORE: &[On] = &[On::Own(CACHE), On::Own(CACHE_PARAMETERS), CACHE_DEFAULTS];
pub(super) const NEW_CACHE_PARAMETER_GROUPS: &[On] = &[On::New(CACHE_PARAMETERS)];
pub(super) const CACHE_PARAMETER_GROUPS: &[On] = &[On::Own(CACHE_PARAMETERS)];
pub(super) const CACHE_PARAMETER_GROUP_TAGS: &[On] = &[On::NewTags(CACHE_PARAMETERS), On::Own(CACHE_PARAMETERS)];
pub(super) const NEW_CACHE_SUBNET_GROUPS: &[On] = &[On::New(CACHE_SUBNETS)];
pub(super) const NEW_CACHE_SUBNET_GROUP_TAGS: &[On] = &[On::NewTags(CACHE_SUBNETS)];
pub(super) const CACHE_SUBNET_GROUPS: &[On] = &[On::Own(CACHE_SUBNETS)];

const FUNCTION: &str = "lambda:{region}:{account}:function:{functions}";
pub(super) const NEW_FUNCTIONS: &[On] = &[On::New(FUNCTION)];
pub(super) const NEW_FUNCTION_TAGS: &[On] = &[On::NewTags(FUNCTION), On::Own(FUNCTION)];
pub(super) const FUNCTIONS: &[On] = &[On::Own(FUNCTION)];
/// Versions have their function's name; whether AWS tells their function's tags with them, its reference leaves open.
pub(super) const FUNCTIONS_AND_VERSIONS: &[On] = &[On::Own(FUNCTION), On::Named("lambda:{region}:{account}:function:{functions}:*")];
pub(super) const TO_FUNCTIONS: &[On] = &[On::Passed("lambda")];

/// What applications wrote may be read by whoever may change them, not by whoever only plans.
const LOGS: &[On] = &[On::Named("logs:{region}:{account}:log-group:/infra/{stack}/*")];

const CLUSTER: &str = "eks:{region}:{account}:cluster/{clusters}";
pub(super) const NEW_CLUSTER_TAGS: &[On] = &[On::NewTags(CLUSTER)];
pub(super) const CLUSTER_TAGS: &[On] = &[On::NewTags(CLUSTER), On::Own(CLUSTER)];
pub(super) const CLUSTERS: &[On] = &[On::Own(CLUSTER)];
/// Another stack's may have a name that begins as this one's do, and only its tags tell.
pub(super) const KNOWN_CLUSTERS: &[On] = &[On::Named(CLUSTER)];
const ACCESS_ENTRY: &str = "eks:{region}:{account}:access-entry/{clusters}/*";
pub(super) const NEW_ACCESS_ENTRY_TAGS: &[On] = &[On::NewTags(ACCESS_ENTRY), On::Own(ACCESS_ENTRY)];
pub(super) const ACCESS_ENTRIES: &[On] = &[On::Own(ACCESS_ENTRY)];
/// EKS makes some itself, and only their tags tell.
pub(super) const KNOWN_ACCESS_ENTRIES: &[On] = &[On::Named(ACCESS_ENTRY)];
const ADDON: &str = "eks:{region}:{account}:addon/{clusters}/*";
pub(super) const NEW_ADDON_TAGS: &[On] = &[On::NewTags(ADDON), On::Own(ADDON)];
pub(super) const ADDON_TAGS: &[On] = NEW_ADDON_TAGS;
pub(super) const ADDONS: &[On] = &[On::Own(ADDON)];
/// An update is asked for by the cluster's name, of an addon by both names; which of them is looked at, AWS's reference leaves open.
pub(super) const ADDONS_AND_CLUSTERS: &[On] = &[On::Own(ADDON), On::Own(CLUSTER)];
/// Others have some, and only their tags tell.
pub(super) const KNOWN_ADDONS: &[On] = &[On::Named(ADDON)];
const POD_IDENTITY: &str = "eks:{region}:{account}:podidentityassociation/{clusters}/*";
pub(super) const NEW_POD_IDENTITY_TAGS: &[On] = &[On::NewTags(POD_IDENTITY), On::Own(POD_IDENTITY)];
pub(super) const POD_IDENTITIES: &[On] = &[On::Own(POD_IDENTITY)];
/// Add-ons and others make some, and only their tags tell.
pub(super) const KNOWN_POD_IDENTITIES: &[On] = &[On::Named(POD_IDENTITY)];
/// The log group that EKS writes to has the cluster's name in its own.
pub(super) const CLUSTER_LOG: &str = "logs:{region}:{account}:log-group:/aws/eks/{clusters}/cluster*";
/// The log groups that RDS writes to have the instance's name in theirs.
const DATABASE_LOG: &str = "logs:{region}:{account}:log-group:/aws/rds/instance/{names}/*";
pub(super) const NEW_DATABASE_LOGS: &[On] = &[On::New(DATABASE_LOG)];
pub(super) const NEW_DATABASE_LOG_TAGS: &[On] = &[On::NewTags(DATABASE_LOG)];
pub(super) const DATABASE_LOGS: &[On] = &[On::Named(DATABASE_LOG)];
pub(super) const NEW_CLUSTER_LOGS: &[On] = &[On::New(CLUSTER_LOG)];
pub(super) const NEW_CLUSTER_LOG_TAGS: &[On] = &[On::NewTags(CLUSTER_LOG)];
pub(super) const CLUSTER_LOGS: &[On] = &[On::Named(CLUSTER_LOG)];

pub const TOPIC: &str = "sns:{region}:{account}:{names}";
pub(super) const NEW_TOPICS: &[On] = &[On::New(TOPIC)];
pub(super) const NEW_TOPIC_TAGS: &[On] = &[On::NewTags(TOPIC), On::Own(TOPIC)];
pub(super) const TOPICS: &[On] = &[On::Own(TOPIC)];

/// AWS's public parameters, by which an image may be named. Whoever launches it, or says so in a template, reads them.
pub(super) const IMAGE_NAMES: &[On] = &[On::Also("ssm:{region}::parameter/aws/*")];
pub(super) const DB_KEYS: &[On] = &[On::Through("rds"), On::Through("secretsmanager")];
pub(super) const TO_INSTANCES: &[On] = &[On::Passed("ec2")];

/// What belongs to no kind: who is asking; what the region offers; the lease and the notes of a run; and, when a request was refused, what the refusal is about.
pub const GENERAL: Calls = Calls {
    read: &[
        reads(Service::CloudTrail, "LookupEvents"),
        reads(Service::Ec2, "DescribeAvailabilityZones"),
        reads(Service::Ec2, "DescribeInstanceTypeOfferings"),
        reads(Service::Ec2, "DescribeInstanceTypes"),
        reads(Service::ElastiCache, "DescribeCacheEngineVersions"),
        reads(Service::ElastiCache, "DescribeEngineDefaultParameters"),
        reads(Service::Elb, "DescribeSSLPolicies"),
        reads(Service::Rds, "DescribeDBEngineVersions"),
        reads(Service::Rds, "DescribeEngineDefaultParameters"),
        reads(Service::Rds, "DescribeOrderableDBInstanceOptions"),
        reads(Service::ServiceQuotas, "GetServiceQuota"),
        call(Service::Ssm, "GetParametersByPath", NOTES),
        reads(Service::Sts, "GetCallerIdentity"),
    ],
    write: &[
        reads(Service::Ec2, "DescribeNetworkInterfaces"),
        call(Service::CloudWatchLogs, "FilterLogEvents", LOGS),
        call(Service::Iam, "ListInstanceProfilesForRole", ROLES),
        reads(Service::ServiceQuotas, "GetAWSDefaultServiceQuota"),
        call(Service::Ssm, "DeleteParameters", NOTES),
        call(Service::Ssm, "GetParameter", NOTES_AND_KEY),
        call(Service::Ssm, "PutParameter", NOTES_AND_KEY),
        reads(Service::Sts, "DecodeAuthorizationMessage"),
    ],
};
