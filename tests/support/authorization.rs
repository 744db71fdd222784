//! What a request must be allowed to do: the questions that AWS asks IAM about it, with what it supplies for each.
//!
//! Objects that a request names are the stack's own, with its tag; what it makes has the tags that it gives.
mod cloudwatch;
mod rest;

use std::collections::BTreeMap;

use infra::kinds::calls::Call;
use serde_json::Value;

use super::iam::{Request, keys};
use super::proxy;

const PLACE: &str = "us-east-1:123456789012";
/// Services whose requests are told apart by method and path.
const REST: &[&str] = &["appconfig", "aps", "eks", "lambda"];

/// What a request says: its parameters by path, whatever the protocol.
struct Said {
    operation: String,
    params: Vec<(String, String)>,
}

impl Said {
    fn of(call: &proxy::Call, operation: &str) -> Said {
        let mut params = vec![];
        match serde_json::from_str::<Value>(&call.body) {
            Ok(body @ Value::Object(_)) if call.service != "s3" => flat(&body, String::new(), &mut params),
            _ if REST.contains(&call.service.as_str()) => {}
            _ if call.body.contains("Action=") => params.extend(form(&call.body)),
            _ => {
                params.push(("Bucket".into(), call.operation.split(['/', '?']).nth(1).unwrap_or_default().into()));
                for (i, tag) in call.body.split("<Tag>").skip(1).enumerate() {
                    let between = |a: &str, b: &str| tag.split_once(a).and_then(|(_, r)| r.split_once(b)).map_or("", |(v, _)| v).to_owned();
                    params.push((format!("Tags.{i}.Key"), between("<Key>", "</Key>")));
                    params.push((format!("Tags.{i}.Value"), between("<Value>", "</Value>")));
                }
            }
        }
        match call.service.as_str() {
            "appconfig" => params.extend(super::appconfig::arns(call, PLACE).into_iter().map(|arn| ("Arn".into(), arn))),
            "aps" => params.push(("Arn".into(), super::amp::arn(call, PLACE))),
            "eks" => params.push(("Arn".into(), super::eks::arn(call, PLACE))),
            _ => {}
        }
        if REST.contains(&call.service.as_str()) {
            // Tags are a map here, and keys that are taken away stand in the query.
            params.iter_mut().for_each(|(path, _)| *path = path.replacen("Tags.", "tags.", 1));
            let keys = form(&call.query).into_iter().filter(|(name, _)| name == "tagKeys");
            params.extend(keys.enumerate().map(|(i, (_, key))| (format!("TagKeys.{i}"), key)));
        }
        if call.service == "lambda" {
            params.push(("Function".into(), super::lambda::function(call, PLACE)));
        }
        Said { operation: operation.into(), params }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |(k, _)| k.split('.').next() == Some(name)).map(|(_, v)| v.as_str())
    }

    fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The tags that it gives, or whose keys it takes away.
    fn tags(&self) -> BTreeMap<String, Option<String>> {
        let mut out = BTreeMap::new();
        for (path, value) in &self.params {
            let (before, last) = path.rsplit_once('.').unwrap_or(("", path));
            let parent = before.split('.').rev().find(|p| p.parse::<u8>().is_err() && *p != "member").unwrap_or_default();
            match (parent, last) {
                ("Tag" | "Tags", "Key") => {
                    let twin = format!("{before}.Value");
                    out.insert(value.clone(), self.params.iter().find(|(p, _)| *p == twin).map(|(_, v)| v.clone()));
                }
                ("tags", key) => drop(out.insert(key.into(), Some(value.clone()))),
                ("TagKeys", _) => drop(out.insert(value.clone(), None)),
                _ => {}
            }
        }
        out
    }
}

fn form(body: &str) -> Vec<(String, String)> {
    let plain = |s: &str| percent_encoding::percent_decode_str(&s.replace('+', " ")).decode_utf8_lossy().into_owned();
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (plain(k), plain(v))).collect()
}

fn flat(v: &Value, path: String, out: &mut Vec<(String, String)>) {
    let under = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match v {
        Value::Object(map) => map.iter().for_each(|(k, v)| flat(v, under(k), out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| flat(v, under(&i.to_string()), out)),
        Value::String(s) => out.push((path, s.clone())),
        other => out.push((path, other.to_string())),
    }
}

/// One object that a request is about.
struct Thing {
    kind: &'static str,
    arn: String,
    new: bool,
}

fn old(kind: &'static str, arn: impl Into<String>) -> Thing {
    Thing { kind, arn: arn.into(), new: false }
}

/// Prefixes of EC2's ids, and the kinds of resources that they are of.
const IDS: &[(&str, &str)] = &[
    ("eipalloc", "elastic-ip"),
    ("fl", "vpc-flow-log"),
    ("igw", "internet-gateway"),
    ("lt", "launch-template"),
    ("nat", "natgateway"),
    ("pl", "prefix-list"),
    ("rtb", "route-table"),
    ("sg", "security-group"),
    ("sgr", "security-group-rule"),
    ("subnet", "subnet"),
    ("vpc", "vpc"),
    ("vpce", "vpc-endpoint"),
];

/// The objects of a request, after its own service.
fn things(service: &str, said: &Said, stack: &str) -> Vec<Thing> {
    let makes = ["Allocate", "Authorize", "Create", "Request"].iter().any(|verb| said.operation.starts_with(verb))
        && !said.operation.ends_with("Tags");
    let named = |rows: &[(&str, &'static str, &str)]| -> Vec<Thing> {
        let row = |(param, kind, arn): &(&str, &'static str, &str)| {
            let (kind, arn) = (*kind, (*arn).to_owned());
            said.all(param).map(move |v| old(kind, arn.replace("{}", v))).collect::<Vec<_>>()
        };
        rows.iter().flat_map(row).collect()
    };
    let first = |mut things: Vec<Thing>| {
        if let Some(first) = things.first_mut() {
            first.new = makes;
        }
        things
    };
    match service {
        "ec2" => {
            let ids = said.params.iter().filter(|(path, _)| !path.contains("Tag.")).filter_map(|(_, v)| {
                let (kind, _) = v.split_once('-').and_then(|(p, _)| IDS.iter().find(|(id, _)| *id == p).map(|(_, kind)| (*kind, ())))?;
                Some(old(kind, format!("arn:aws:ec2:{PLACE}:{kind}/{v}")))
            });
            let made =
                keys_of(&format!("ec2:{}", said.operation)).into_iter().filter(|(_, keys)| keys.iter().any(|k| k == "aws:RequestTag"));
            let made = made.filter(|_| makes && !said.tags().is_empty()).map(|(kind, _)| Thing {
                kind,
                arn: format!("arn:aws:ec2:{PLACE}:{kind}/*"),
                new: true,
            });
            ids.chain(made)
                .filter(|thing| keys_of(&format!("ec2:{}", said.operation)).iter().any(|(kind, _)| *kind == thing.kind))
                .collect()
        }
        "elasticloadbalancing" => {
            let arns = said.params.iter().filter(|(_, v)| v.starts_with("arn:aws:elasticloadbalancing:"));
            let mut all: Vec<Thing> = arns
                .map(|(_, arn)| {
                    let path = arn.rsplit(':').next().unwrap();
                    let kind = match path.split('/').next().unwrap() {
                        "listener" => "listener/app",
                        "listener-rule" => "listener-rule/app",
                        "targetgroup" => "targetgroup",
                        _ => "loadbalancer/app/",
                    };
                    old(kind, arn.clone())
                })
                .filter(|thing| keys_of(&format!("elasticloadbalancing:{}", said.operation)).iter().any(|(kind, _)| *kind == thing.kind))
                .collect();
            let made = match said.operation.as_str() {
                "CreateLoadBalancer" => Some(("loadbalancer/app/", "loadbalancer/app/x/1")),
                "CreateTargetGroup" => Some(("targetgroup", "targetgroup/x/1")),
                _ => None,
            };
            all.extend(made.map(|(kind, path)| Thing { kind, arn: format!("arn:aws:elasticloadbalancing:{PLACE}:{path}"), new: true }));
            all
        }
        "acm" => match said.one("CertificateArn") {
            Some(arn) => vec![old("certificate", arn)],
            None => vec![Thing { kind: "certificate", arn: "*".into(), new: true }],
        },
        "appconfig" | "aps" => rest::things(service, said),
        "autoscaling" => {
            let name = said
                .one("AutoScalingGroupName")
                .or_else(|| said.params.iter().find(|(path, _)| path.ends_with(".ResourceId")).map(|(_, v)| v.as_str()));
            let arn = format!("arn:aws:autoscaling:{PLACE}:autoScalingGroup:0a1b:autoScalingGroupName/{}", name.unwrap_or_default());
            vec![Thing { kind: "autoScalingGroup", arn, new: makes }]
        }
        "eks" => {
            let arn = said.one("Arn").unwrap_or_default();
            let own = ["access-entry", "addon", "podidentityassociation"].into_iter().find(|kind| arn.contains(&format!(":{kind}/")));
            let kind = own.unwrap_or("cluster");
            vec![Thing { kind, arn: arn.into(), new: said.operation == "CreateCluster" }]
        }
        "elasticache" => {
            let arn = |kind: &str| format!("arn:aws:elasticache:{PLACE}:{kind}:{{}}");
            let group = said.operation != "ModifyReplicationGroup";
            let mut all = first(named(&[
                ("ReplicationGroupId", "replicationgroup", &arn("replicationgroup")),
                ("CacheParameterGroupName", "parametergroup", &arn("parametergroup")),
                ("CacheSubnetGroupName", "subnetgroup", &arn("subnetgroup")),
            ]));
            let nodes = said.one("ReplicationGroupId").filter(|_| makes).map(|id| format!("arn:aws:elasticache:{PLACE}:cluster:{id}-001"));
            all.extend(nodes.map(|arn| Thing { kind: "cluster", arn, new: true }));
            all.retain(|t| group || t.kind != "subnetgroup");
            all.extend(said.one("ResourceName").map(|arn| old("parametergroup", arn)));
            all
        }
        "events" => {
            let rule = "rule-on-default-event-bus";
            let arn = format!("arn:aws:events:{PLACE}:rule/{{}}");
            let mut all = named(&[("Name", rule, &arn), ("Rule", rule, &arn), ("ResourceARN", rule, "{}")]);
            // Tags are said of a rule that isn't there yet.
            all.iter_mut().for_each(|thing| thing.new = said.operation == "PutRule" && !said.tags().is_empty());
            all
        }
        "iam" => {
            let arn = |kind: &str| format!("arn:aws:iam::123456789012:{kind}/infra/{stack}/us-east-1/{{}}");
            let profile = said.operation.contains("InstanceProfile") && !said.operation.ends_with("ForRole");
            let row = if profile { ("InstanceProfileName", "instance-profile") } else { ("RoleName", "role") };
            first(named(&[(row.0, row.1, &arn(row.1))]))
        }
        "lambda" => {
            let arn = said.one("Function").unwrap_or_default();
            // Instances that are there beforehand are the alias'.
            if said.operation.contains("ProvisionedConcurrency") {
                return vec![old("function alias", format!("{arn}:live"))];
            }
            vec![Thing { kind: "function", arn: arn.into(), new: said.operation == "CreateFunction" }]
        }
        "logs" => first(named(&[("logGroupName", "log-group", &format!("arn:aws:logs:{PLACE}:log-group:{{}}"))])),
        "rds" => {
            let arn = |kind: &str| format!("arn:aws:rds:{PLACE}:{kind}:{{}}");
            let mut all = first(named(&[
                ("DBInstanceIdentifier", "db", &arn("db")),
                ("DBParameterGroupName", "pg", &arn("pg")),
                ("DBSubnetGroupName", "subgrp", &arn("subgrp")),
                ("SubscriptionName", "es", &arn("es")),
            ]));
            all.extend(said.one("ResourceName").map(|arn| {
                let kind = ["db", "es", "pg", "subgrp"].into_iter().find(|kind| arn.split(':').nth(5) == Some(kind));
                old(kind.unwrap_or_else(|| panic!("{arn}")), arn)
            }));
            if said.operation.contains("DBInstance") && makes {
                all.push(old("og", format!("arn:aws:rds:{PLACE}:og:default:postgres-16")));
            }
            all
        }
        "s3" => {
            let (kind, object) =
                if said.operation == "DeleteObject" { ("object", "/AWSLogs/123456789012/ELBAccessLogTestFile") } else { ("bucket", "") };
            vec![Thing { kind, arn: format!("arn:aws:s3:::{}{object}", said.one("Bucket").unwrap_or_default()), new: makes }]
        }
        "secretsmanager" => {
            let id = said.one("SecretId").map(|id| {
                if id.starts_with("arn:") { id.to_owned() } else { format!("arn:aws:secretsmanager:{PLACE}:secret:{id}-AbCdEf") }
            });
            let name = said.one("Name").map(|name| format!("arn:aws:secretsmanager:{PLACE}:secret:{name}-AbCdEf"));
            vec![Thing { kind: "Secret", arn: id.or(name).unwrap_or_default(), new: makes }]
        }
        "cloudwatch" => cloudwatch::things(said),
        "sns" => {
            let arn = said.one("TopicArn").or(said.one("ResourceArn")).map(String::from);
            let arn = arn.or(said.one("Name").map(|name| format!("arn:aws:sns:{PLACE}:{name}")));
            vec![Thing { kind: "topic", arn: arn.unwrap_or_default(), new: makes }]
        }
        "ssm" => {
            let names = said.all("Name").chain(said.all("Names")).chain(said.all("Path"));
            names.map(|name| old("parameter", format!("arn:aws:ssm:{PLACE}:parameter{name}"))).collect()
        }
        other => panic!("no objects of {other} are known here"),
    }
}

/// The kinds of resources of an action, each with its condition keys.
fn keys_of(action: &str) -> Vec<(&'static str, Vec<String>)> {
    let row = super::iam::REFERENCE.get(action).unwrap_or_else(|| panic!("{action} is not in the reference"));
    let kinds = row["on"].as_object().unwrap().keys();
    kinds.map(|kind| (kind.as_str(), keys(action, kind))).filter(|(kind, _)| *kind != "-").collect()
}

/// Whether an action is allowed on no resource in particular.
fn global(action: &str) -> bool {
    keys_of(action).is_empty()
}

/// The questions that a request raises: one for each action that it needs and each object that it is about.
pub fn questions(call: &proxy::Call, service: &str, needed: &[Call], stack: &str, boundary: Option<&str>) -> Vec<Request> {
    let Some(operation) = needed.first().map(|c| c.operation) else { return vec![] };
    let said = Said::of(call, operation);
    let mut out = vec![];
    for need in needed {
        let action = need.action();
        // Who gives no tags need not be allowed to give any.
        if action.ends_with(":TagResource") && operation != "TagResource" && said.tags().is_empty() {
            continue;
        }
        if global(&action) || need.on == [infra::kinds::calls::On::Any] {
            let nothing = Thing { kind: "-", arn: "*".into(), new: true };
            out.push(ask(&action, &nothing, &said, (stack, boundary)));
        } else if action.starts_with(&format!("{service}:")) && action != "iam:PassRole" {
            out.extend(things(service, &said, stack).into_iter().map(|thing| ask(&action, &thing, &said, (stack, boundary))));
        } else {
            out.extend(behalf(&action, &said, service, stack));
        }
    }
    // Tags in a request that makes something are given by an action of their own.
    if ["ec2", "elasticloadbalancing"].contains(&service) && !said.tags().is_empty() && !operation.ends_with("Tags") {
        let tag = if service == "ec2" { "ec2:CreateTags" } else { "elasticloadbalancing:AddTags" };
        let create = |thing: Thing| ask(tag, &thing, &said, (stack, boundary)).with(&format!("{service}:CreateAction"), operation);
        out.extend(things(service, &said, stack).into_iter().filter(|t| t.new).map(create));
    }
    out
}

fn ask(action: &str, thing: &Thing, said: &Said, (stack, boundary): (&str, Option<&str>)) -> Request {
    let mut request = Request::new(action, thing.kind, &thing.arn);
    for (key, value) in said.tags() {
        request = request.with("aws:TagKeys", &key);
        if let Some(value) = value {
            request = request.with(&format!("aws:RequestTag/{key}"), &value);
        }
    }
    let default = thing.kind == "og" || thing.arn.contains(":parametergroup:default.");
    if !thing.new && !default {
        request = request.of(stack);
    }
    for (param, key) in [("PolicyArn", "iam:PolicyARN"), ("PermissionsBoundary", "iam:PermissionsBoundary")] {
        request = said.one(param).into_iter().fold(request, |r, value| r.with(key, value));
    }
    // A role that is there has the boundary, whatever the request says.
    if let Some(boundary) = boundary.filter(|_| thing.kind == "role" && !thing.new && said.one("PermissionsBoundary").is_none()) {
        request = request.with("iam:PermissionsBoundary", boundary);
    }
    if thing.arn.starts_with("arn:aws:s3:") { request.with("s3:ResourceAccount", "123456789012") } else { request }
}

/// What another service does on the caller's behalf, or asks whether the caller might.
fn behalf(action: &str, said: &Said, service: &str, stack: &str) -> Vec<Request> {
    let place = |rest: &str| format!("arn:aws:ec2:{PLACE}:{rest}");
    let kept = || {
        Request::new(action, "Secret", format!("arn:aws:secretsmanager:{PLACE}:secret:rds!db-53af62e6-0001-4b1e-9d6f-5f3b1d0c7a11-AbCdEf"))
    };
    match action {
        "iam:PassRole" => {
            let to = match service {
                "appconfig" => "appconfig.amazonaws.com",
                "ec2" => "vpc-flow-logs.amazonaws.com",
                "eks" => "eks.amazonaws.com",
                "lambda" => "lambda.amazonaws.com",
                _ => "ec2.amazonaws.com",
            };
            let role = format!("arn:aws:iam::123456789012:role/infra/{stack}/us-east-1/{stack}-app-12345678");
            vec![Request::new(action, "role", role).with("iam:PassedToService", to)]
        }
        "iam:CreateServiceLinkedRole" => {
            let role = format!("arn:aws:iam::123456789012:role/aws-service-role/{service}.amazonaws.com/AWSServiceRole");
            vec![Request::new(action, "role", role).with("iam:AWSServiceName", &format!("{service}.amazonaws.com"))]
        }
        "kms:CreateGrant" | "kms:Decrypt" | "kms:GenerateDataKey" => {
            let key = format!("arn:aws:kms:{PLACE}:key/0a1b2c3d");
            vec![Request::new(action, "key", key).with("kms:ViaService", "rds.us-east-1.amazonaws.com")]
        }
        "secretsmanager:CreateSecret" => vec![kept()],
        "secretsmanager:TagResource" => vec![kept().tagging(&[("aws:rds:primaryDBInstanceArn", "x")])],
        "secretsmanager:DeleteSecret" | "secretsmanager:RotateSecret" => {
            let instance = format!("arn:aws:rds:{PLACE}:db:{}", said.one("DBInstanceIdentifier").unwrap());
            vec![kept().with("secretsmanager:ResourceTag/aws:rds:primaryDBInstanceArn", &instance)]
        }
        "s3:GetObject" | "s3:GetObjectVersion" => {
            let at = |name: &str| said.params.iter().find(|(path, _)| path.rsplit('.').next() == Some(name)).map(|(_, v)| v.as_str());
            let read = at("S3ObjectVersion").is_some() == (action == "s3:GetObjectVersion");
            let object = at("S3Bucket").zip(at("S3Key")).filter(|_| read);
            object.map(|(bucket, key)| Request::new(action, "object", format!("arn:aws:s3:::{bucket}/{key}"))).into_iter().collect()
        }
        "ssm:GetParameters" => {
            vec![Request::new(action, "parameter", "arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023")]
        }
        "ec2:RunInstances" => {
            let of = |kind: &'static str, arn: String| {
                Request::new(action, kind, arn).with("ec2:LaunchTemplate", &place("launch-template/lt-1"))
            };
            let made = ["instance", "network-interface", "volume"].map(|kind| of(kind, place(&format!("{kind}/*"))));
            let own = ["launch-template", "security-group", "subnet"].map(|kind| of(kind, place(&format!("{kind}/x-1"))).of(stack));
            made.into_iter().chain(own).chain([of("image", "arn:aws:ec2:us-east-1::image/ami-1".into())]).collect()
        }
        other => panic!("{other} on behalf of {service} is not known here"),
    }
}
