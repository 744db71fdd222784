//! The call table as an IAM policy.
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::kinds::calls::{Call, GENERAL, On};
use crate::kinds::{Kind, NameRule};
use crate::model::partition;

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
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    pub version: &'static str,
    /// By name, and so by service.
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

/// One statement for each service and each way of narrowing.
fn policy(place: Place, calls: impl Iterator<Item = Named>) -> Policy {
    let mut all: BTreeMap<String, Statement> = BTreeMap::new();
    for (call, names) in calls {
        let action = call.action();
        for on in call.on {
            let sid = sid(&action, *on);
            let new = || Statement { sid: sid.clone(), effect: "Allow", action: [].into(), resource: [].into(), condition: [].into() };
            let statement = all.entry(sid.clone()).or_insert_with(new);
            statement.action.insert(action.clone());
            place.narrow(&action, *on, names, statement);
        }
    }
    Policy { version: "2012-10-17", statement: all.into_values().collect() }
}

/// The part of an action before the colon.
fn prefix(action: &str) -> &str {
    action.split(':').next().unwrap_or(action)
}

/// The statement's name: the service, and how the action is narrowed.
fn sid(action: &str, on: On) -> String {
    let how = match on {
        On::Any => return "Read".into(),
        On::New => "Create",
        On::NewTags => "TagAtCreation",
        On::Own => "Own",
        On::Named(_) => "Named",
        On::Also(_) => "Also",
        On::Passed(_) => "PassRole",
        On::Linked(_) => "LinkRole",
        On::Launched => "Launch",
        On::Through(_) => "Use",
    };
    let (first, rest) = prefix(action).split_at(1);
    format!("{}{rest}{how}", first.to_uppercase())
}

impl Place<'_> {
    /// Adds to a statement what allows an action on this.
    fn narrow(&self, action: &str, on: On, names: Option<NameRule>, statement: &mut Statement) {
        let stack = "aws:RequestTag/infra:stack";
        match on {
            On::Any => self.everywhere(statement),
            On::New => {
                self.everywhere(statement);
                self.here(statement);
                condition(statement, "StringEquals", stack, self.stack);
            }
            On::NewTags => {
                self.everywhere(statement);
                self.here(statement);
                condition(statement, "StringEquals", stack, self.stack);
                condition(statement, "Null", &format!("{}:CreateAction", prefix(action)), "false");
            }
            On::Own => {
                self.everywhere(statement);
                self.here(statement);
                condition(statement, "StringEquals", "aws:ResourceTag/infra:stack", self.stack);
            }
            On::Named(arn) | On::Also(arn) => self.resource(statement, arn, names),
            On::Passed(to) => {
                self.resource(statement, "iam::{account}:role/infra/{stack}/{region}/*", None);
                // In China a service's name has one more part.
                condition(statement, "StringLike", "iam:PassedToService", &format!("{to}*"));
            }
            On::Linked(service) => {
                self.resource(statement, "iam::{account}:role/aws-service-role/*", None);
                condition(statement, "StringEquals", "iam:AWSServiceName", &format!("{service}.amazonaws.com"));
            }
            On::Launched => {
                self.everywhere(statement);
                let template = self.arn("ec2:{region}:{account}:launch-template/*", None);
                condition(statement, "ArnLike", "ec2:LaunchTemplate", &template);
            }
            On::Through(service) => {
                self.resource(statement, "kms:{region}:{account}:key/*", None);
                condition(statement, "StringLike", "kms:ViaService", &format!("{service}.{}.*", self.region));
            }
        }
    }

    fn everywhere(&self, statement: &mut Statement) {
        statement.resource.insert("*".into());
    }

    /// Only in the stack's region.
    fn here(&self, statement: &mut Statement) {
        condition(statement, "StringEquals", "aws:RequestedRegion", self.region);
    }

    fn resource(&self, statement: &mut Statement, arn: &str, names: Option<NameRule>) {
        let arn = self.arn(arn, names);
        statement.resource.insert(arn);
    }

    /// A whole ARN of one in the table.
    fn arn(&self, short: &str, names: Option<NameRule>) -> String {
        let partition = partition(self.region).name;
        let names = names.map_or_else(|| "*".into(), |rule| pattern(&rule, self.stack));
        let account = self.account.unwrap_or("*");
        let words = [("{names}", names.as_str()), ("{stack}", self.stack), ("{region}", self.region), ("{account}", account)];
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
                let Some(rule) =
                    kind.names().filter(|_| kind.calls().write.iter().any(|call| call.on.iter().any(|on| matches!(on, On::Named(_)))))
                else {
                    continue;
                };
                let stamp = Stamp {
                    stack: stack.into(),
                    address: crate::kinds::Address::new(*kind, "main"),
                    run: "r".into(),
                    step: 1,
                    digest: String::new(),
                };
                let name = stamp.physical_name(&rule);
                assert!(name.starts_with(pattern(&rule, stack).trim_end_matches('*')), "{name} and {}", pattern(&rule, stack));
            }
        }
    }
}
