//! The call table as an IAM policy.
pub mod boundary;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::kinds::calls::{ALL, Call, DATABASE, Deed, GENERAL, KEPT, On, deed};
use crate::kinds::{Kind, NameRule, bucket, db_instance, eks_cluster, function};
use crate::model::partition;
use crate::model::partition::principal_in;

/// How many characters a managed policy may have, white space aside.
pub const MANAGED: usize = 6_144;
/// How many characters the policies within one role may have together, white space aside.
pub const INLINE: usize = 10_240;

/// The stack that a policy is for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub stack: &'a str,
    pub region: &'a str,
    /// `None`: any account, which is the one that the policy is put into.
    pub account: Option<&'a str>,
    /// The policy under which alone roles are made; `None`: roles may be given anything.
    pub boundary: Option<&'a str>,
    /// The ARNs of the managed policies that roles may be given.
    pub policies: &'a BTreeSet<String>,
    /// Archives of functions' code in S3, as `BUCKET/KEY`.
    pub archives: &'a BTreeSet<String>,
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    pub version: &'static str,
    /// What is allowed, by name; then what is denied.
    pub statement: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    pub sid: String,
    pub effect: &'static str,
    pub action: BTreeSet<String>,
    pub resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: Condition,
}

impl Statement {
    fn new(sid: impl Into<String>, effect: &'static str) -> Self {
        Statement { sid: sid.into(), effect, action: [].into(), resource: [].into(), condition: [].into() }
    }
}

/// The language of policies.
const VERSION: &str = "2012-10-17";

/// Operator to key to values.
type Condition = BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>;

/// The policy that a plan needs. It lists all kinds, whatever the spec has: an earlier spec may have left something.
pub fn read_only(place: Place) -> Policy {
    policy(place, reads())
}

/// The policy that an apply of exactly these kinds needs.
pub fn apply(place: Place, kinds: &BTreeSet<Kind>) -> Policy {
    let writes = kinds.iter().flat_map(|kind| of(*kind, kind.calls().write));
    policy(place, reads().chain(general(GENERAL.write)).chain(writes))
}

/// A request, and what its kind's service takes as names.
type Named = (&'static Call, Option<NameRule>);

fn reads() -> impl Iterator<Item = Named> {
    Kind::ALL.iter().flat_map(|kind| of(*kind, kind.calls().read)).chain(general(GENERAL.read))
}

fn of(kind: Kind, calls: &'static [Call]) -> impl Iterator<Item = Named> {
    calls.iter().map(move |call| (call, kind.names()))
}

fn general(calls: &'static [Call]) -> impl Iterator<Item = Named> {
    calls.iter().map(|call| (call, None))
}

impl Policy {
    /// The document, for people and for IAM.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data") + "\n"
    }

    /// The same statements, in their order, in policies that each fit into a managed one.
    pub fn parts(&self) -> Vec<Policy> {
        let mut parts: Vec<Policy> = vec![];
        for statement in &self.statement {
            let alone = Policy { version: self.version, statement: vec![statement.clone()] };
            match parts.last_mut() {
                Some(last) if last.size() + alone.size() <= MANAGED => last.statement.push(statement.clone()),
                _ => parts.push(alone),
            }
        }
        parts
    }

    /// Its characters as IAM counts them, without white space.
    pub fn size(&self) -> usize {
        serde_json::to_string(self).expect("plain data").chars().filter(|c| !c.is_whitespace()).count()
    }
}

/// One statement for each way of narrowing, and what is denied whoever else allows it.
fn policy(place: Place, calls: impl Iterator<Item = Named>) -> Policy {
    let mut all: BTreeMap<String, Statement> = BTreeMap::new();
    for (call, names) in calls {
        let action = call.action();
        let deed = deed(&action);
        if !place.grants(deed) {
            continue;
        }
        for on in call.on.iter().filter(|on| **on != On::Code || !place.archives.is_empty()) {
            let sid = sid(&action, *on, deed);
            let statement = all.entry(sid.clone()).or_insert_with(|| Statement::new(sid, "Allow"));
            statement.action.insert(action.clone());
            place.narrow(&action, *on, names, statement);
            place.restrain(&action, *on, deed, statement);
        }
    }
    let mut statement: Vec<Statement> = all.into_values().collect();
    if statement.iter().any(|s| s.action.contains("iam:CreateRole")) {
        statement.extend(place.boundary.into_iter().flat_map(boundary::kept));
    }
    Policy { version: VERSION, statement }
}

/// The part of an action before the colon.
fn prefix(action: &str) -> &str {
    action.split(':').next().unwrap_or(action)
}

/// The statement's name: how the action is narrowed. ARNs and actions have their service in them, so that one statement serves for all that are narrowed
/// alike; the service is named where a condition is its own.
fn sid(action: &str, on: On, deed: Option<Deed>) -> String {
    let how = match on {
        On::Any => return "Read".into(),
        On::New(ALL) => "Create",
        On::New(_) => "CreateNamed",
        On::NewTags(ALL) => "TagAtCreation",
        On::NewTags(_) => "TagNamedAtCreation",
        On::Own(ALL) => "Own",
        On::Own(_) => "OwnNamed",
        On::Named(_) => "Named",
        On::Also(_) => "Also",
        On::Passed(_) => "PassRole",
        On::Linked(_) => "LinkRole",
        On::Launched => "Launch",
        On::Through(_) => "Use",
        On::Here => "Here",
        On::InClusters => "InClusters",
        On::Kept => "Kept",
        On::Code => "Code",
    };
    let deed = match deed {
        Some(Deed::Tags) if !matches!(on, On::NewTags(_)) => "Tags",
        Some(Deed::Untags) => "Untags",
        Some(Deed::Grants) => "Grants",
        Some(Deed::Attaches) => "Attach",
        Some(Deed::Frees) => "Free",
        _ => "",
    };
    let service = match (prefix(action), on) {
        ("acm", On::NewTags(ALL)) => "Acm",
        ("ec2", On::NewTags(ALL)) => "Ec2",
        ("elasticloadbalancing", On::NewTags(ALL)) => "Elb",
        ("s3", On::Named(_) | On::Also(_)) => "S3",
        _ => "",
    };
    format!("{service}{how}{deed}")
}

/// The tag of the stack that a request gives.
const GIVEN: &str = "aws:RequestTag/infra:stack";
/// The tag of the stack that an object carries.
const CARRIED: &str = "aws:ResourceTag/infra:stack";
/// RDS writes down whose password a secret of its own is.
const KEPT_FOR: &str = "secretsmanager:ResourceTag/aws:rds:primaryDBInstanceArn";
/// EKS writes down for which cluster it has made a group ("View Amazon EKS security group requirements for clusters").
const CLUSTERS_OWN: &str = "aws:ResourceTag/aws:eks:cluster-name";
/// What a launch makes, and what it takes that is nobody's of the account.
const LAUNCHED: &[&str] = &[
    "ec2:{region}::image/*",
    "ec2:{region}::snapshot/*",
    "ec2:{region}:{account}:instance/*",
    "ec2:{region}:{account}:network-interface/*",
    "ec2:{region}:{account}:volume/*",
];
/// The tags of a stamp.
const STAMP: &[&str] = &["infra:address", "infra:digest", "infra:run", "infra:stack"];
/// Services that tell tags given by a creation from tags given later.
const TELL: &[&str] = &["ec2", "elasticloadbalancing"];

impl Place<'_> {
    /// Whether the policy has this at all: under a boundary nobody takes one away, and what isn't attached needs no right.
    fn grants(&self, deed: Option<Deed>) -> bool {
        match deed {
            Some(Deed::Frees) => self.boundary.is_none(),
            Some(Deed::Attaches) => !self.policies.is_empty(),
            _ => true,
        }
    }

    /// Adds to a statement what allows an action on this.
    fn narrow(&self, action: &str, on: On, names: Option<NameRule>, statement: &mut Statement) {
        match on {
            On::Any => self.everywhere(statement),
            On::New(arn) => {
                self.resource(statement, arn, names);
                condition(statement, "StringEquals", GIVEN, self.stack);
            }
            On::NewTags(arn) => {
                self.resource(statement, arn, names);
                condition(statement, "StringEquals", GIVEN, self.stack);
                if TELL.contains(&prefix(action)) {
                    condition(statement, "Null", &format!("{}:CreateAction", prefix(action)), "false");
                } else {
                    condition(statement, "StringEqualsIfExists", CARRIED, self.stack);
                }
            }
            On::Own(arn) => {
                self.resource(statement, arn, names);
                condition(statement, "StringEquals", CARRIED, self.stack);
            }
            On::Named(arn) | On::Also(arn) => self.resource(statement, arn, names),
            On::Passed(to) => {
                self.resource(statement, "iam::{account}:role/infra/{stack}/{region}/*", None);
                condition(statement, "StringEquals", "iam:PassedToService", &principal_in(to, self.region));
            }
            On::Linked(service) => {
                self.resource(statement, "iam::{account}:role/aws-service-role/*", None);
                condition(statement, "StringEquals", "iam:AWSServiceName", &principal_in(service, self.region));
            }
            On::Launched => {
                LAUNCHED.iter().for_each(|arn| self.resource(statement, arn, None));
                let template = self.arn("ec2:{region}:{account}:launch-template/*", None);
                condition(statement, "ArnLike", "ec2:LaunchTemplate", &template);
            }
            On::Through(service) => {
                self.resource(statement, "kms:{region}:{account}:key/*", None);
                condition(statement, "StringLike", "kms:ViaService", &format!("{service}.{}.*", self.region));
            }
            On::Code => {
                let partition = partition(self.region).name;
                statement.resource.extend(self.archives.iter().map(|at| format!("arn:{partition}:s3:::{at}")));
            }
            On::Here => self.resource(statement, ALL, names),
            On::InClusters => {
                self.resource(statement, "ec2:{region}:{account}:security-group/*", None);
                condition(statement, "StringLike", CLUSTERS_OWN, &pattern(&eks_cluster::NAMES, self.stack));
            }
            On::Kept => {
                self.resource(statement, KEPT, None);
                condition(statement, "ArnLike", KEPT_FOR, &self.arn(DATABASE, Some(db_instance::NAMES)));
            }
        }
    }

    /// Adds to a statement what holds of an action wherever it is allowed.
    fn restrain(&self, action: &str, on: On, deed: Option<Deed>, statement: &mut Statement) {
        match deed {
            Some(Deed::Tags) if !matches!(on, On::NewTags(_)) => {
                condition(statement, "StringEqualsIfExists", GIVEN, self.stack);
                if !matches!(on, On::Own(_)) {
                    condition(statement, "StringEqualsIfExists", CARRIED, self.stack);
                }
            }
            Some(Deed::Untags) => {
                STAMP.iter().for_each(|key| condition(statement, "ForAllValues:StringNotEquals", "aws:TagKeys", key));
                // Without keys EC2 takes all tags away.
                condition(statement, "Null", "aws:TagKeys", "false");
            }
            Some(Deed::Grants | Deed::Attaches) => {
                if let Some(boundary) = self.boundary {
                    condition(statement, "StringEquals", "iam:PermissionsBoundary", boundary);
                }
                if deed == Some(Deed::Attaches) {
                    self.policies.iter().for_each(|arn| condition(statement, "ArnEquals", "iam:PolicyARN", arn));
                }
            }
            _ => {}
        }
        // Whoever makes a bucket has it; any other is in whichever account took the name first.
        if prefix(action) == "s3" && matches!(on, On::Named(_) | On::Also(_)) {
            condition(statement, "StringEquals", "s3:ResourceAccount", self.account.unwrap_or("${aws:PrincipalAccount}"));
        }
    }

    fn everywhere(&self, statement: &mut Statement) {
        statement.resource.insert("*".into());
    }

    /// What has this ARN; where that is everything, only in the stack's region.
    fn resource(&self, statement: &mut Statement, arn: &str, names: Option<NameRule>) {
        if arn == ALL {
            self.everywhere(statement);
            condition(statement, "StringEquals", "aws:RequestedRegion", self.region);
        } else {
            statement.resource.insert(self.arn(arn, names));
        }
    }

    /// A whole ARN of one in the table.
    fn arn(&self, short: &str, names: Option<NameRule>) -> String {
        let partition = partition(self.region).name;
        let names = names.map_or_else(|| "*".into(), |rule| pattern(&rule, self.stack));
        let account = self.account.unwrap_or("*");
        let [buckets, clusters, functions] = [bucket::NAMES, eks_cluster::NAMES, function::NAMES].map(|rule| pattern(&rule, self.stack));
        let words = [
            ("{names}", names.as_str()),
            ("{buckets}", &buckets),
            ("{clusters}", &clusters),
            ("{functions}", &functions),
            ("{stack}", self.stack),
            ("{region}", self.region),
            ("{account}", account),
        ];
        let filled = words.iter().fold(short.to_owned(), |text, (word, value)| text.replace(word, value));
        format!("arn:{partition}:{filled}")
    }
}

fn condition(statement: &mut Statement, operator: &'static str, key: &str, value: &str) {
    statement.condition.entry(operator).or_default().entry(key.into()).or_default().insert(value.into());
}

/// What the names of all objects of a stack match. They begin as all names of RDS and ElastiCache do that leave the least room: one pattern serves
/// for the kinds of a service together.
fn pattern(rule: &NameRule, stack: &str) -> String {
    let shortest = NameRule { most: rule.most.min(40), ..*rule };
    format!("{}*", shortest.start(stack))
}

/// What a token of Cloudflare needs: to read all kinds there are, and to write those that the stack has.
pub fn token(zone: &str, written: &BTreeSet<Kind>) -> String {
    let write: BTreeSet<&str> = written.iter().filter_map(|k| k.permission()).collect();
    let all: BTreeSet<&str> = Kind::ALL.iter().filter_map(|k| k.permission()).collect();
    let one = |p: &str| format!("{p} {}", if write.contains(p) { "Write" } else { "Read" });
    let needed: Vec<String> = ["Zone Read".to_owned()].into_iter().chain(all.into_iter().map(one)).collect();
    format!("CLOUDFLARE_API_TOKEN needs, for the zone {zone}: {}.", needed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Stamp;

    #[test]
    fn the_pattern_matches_every_name_that_a_stack_gives() {
        for stack in [
            "a",
            "a-",
            "xn--a",
            "production",
            "a-stack-of-31-characters-exactly",
            "a-dash-at-the-end-of-31-chars--",
            "it-has-32-characters-as-allowed-",
        ] {
            for kind in Kind::ALL {
                let named = |on: &On| matches!(on, On::New(arn) if *arn != ALL);
                let Some(rule) = kind.names().filter(|_| kind.calls().write.iter().any(|call| call.on.iter().any(named))) else {
                    continue;
                };
                let stamp = Stamp {
                    stack: stack.into(),
                    address: crate::kinds::Address::new(*kind, "main"),
                    run: "r".into(),
                    step: 1,
                    identity: String::new(),
                    digest: String::new(),
                };
                let name = stamp.physical_name(&rule);
                assert!(name.starts_with(pattern(&rule, stack).trim_end_matches('*')), "{name} and {}", pattern(&rule, stack));
            }
        }
    }
}
