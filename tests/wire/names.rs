//! The names that objects get, of any stack and entry, held against each kind's rule, the service's own model, and what it says in words.
use infra::kinds::{Address, Kind, Stamp};
use infra::render::iam::{Place, apply};
use proptest::prelude::*;

use crate::support::models::{Model, documented};

/// Where a kind's name is sent: service, operation, parameter.
const SENT: &[(Kind, &str, &str, &str)] = &[
    (Kind::AutoScalingGroup, "autoscaling", "CreateAutoScalingGroup", "AutoScalingGroupName"),
    (Kind::Bucket, "s3", "CreateBucket", "Bucket"),
    (Kind::CacheParameterGroup, "elasticache", "CreateCacheParameterGroup", "CacheParameterGroupName"),
    (Kind::CacheSubnetGroup, "elasticache", "CreateCacheSubnetGroup", "CacheSubnetGroupName"),
    (Kind::DbInstance, "rds", "CreateDBInstance", "DBInstanceIdentifier"),
    (Kind::DbParameterGroup, "rds", "CreateDBParameterGroup", "DBParameterGroupName"),
    (Kind::DbReplica, "rds", "CreateDBInstanceReadReplica", "DBInstanceIdentifier"),
    (Kind::DbSubnetGroup, "rds", "CreateDBSubnetGroup", "DBSubnetGroupName"),
    (Kind::EksCluster, "eks", "CreateCluster", "name"),
    (Kind::EventRule, "events", "PutRule", "Name"),
    (Kind::EventSubscription, "rds", "CreateEventSubscription", "SubscriptionName"),
    (Kind::FlagSet, "appconfig", "CreateApplication", "Name"),
    (Kind::Function, "lambda", "CreateFunction", "FunctionName"),
    (Kind::IamRole, "iam", "CreateRole", "RoleName"),
    (Kind::InstanceProfile, "iam", "CreateInstanceProfile", "InstanceProfileName"),
    (Kind::LaunchTemplate, "ec2", "CreateLaunchTemplate", "LaunchTemplateName"),
    (Kind::LoadBalancer, "elasticloadbalancing", "CreateLoadBalancer", "Name"),
    (Kind::MetricsWorkspace, "aps", "CreateWorkspace", "alias"),
    (Kind::PrefixList, "ec2", "CreateManagedPrefixList", "PrefixListName"),
    (Kind::ReplicationGroup, "elasticache", "CreateReplicationGroup", "ReplicationGroupId"),
    (Kind::Secret, "secretsmanager", "CreateSecret", "Name"),
    (Kind::SecurityGroup, "ec2", "CreateSecurityGroup", "GroupName"),
    (Kind::TargetGroup, "elasticloadbalancing", "CreateTargetGroup", "Name"),
    (Kind::Topic, "sns", "CreateTopic", "Name"),
];

fn stamp(kind: Kind, stack: &str, entry: &str, step: usize) -> Stamp {
    Stamp {
        stack: stack.into(),
        address: Address::new(kind, entry),
        run: "0123456789ab".into(),
        step,
        identity: String::new(),
        digest: String::new(),
    }
}

/// What is wrong with a name, by whoever says so.
fn wrong(kind: Kind, stack: &str, entry: &str, step: usize) -> Option<String> {
    let rule = kind.names()?;
    let name = stamp(kind, stack, entry, step).physical_name(&rule);
    if !rule.holds(&name) {
        return Some(format!("{name} breaks {rule:?}"));
    }
    if !name.starts_with(&rule.start(stack)) {
        return Some(format!("{name} doesn't begin with {}, by which it is found again", rule.start(stack)));
    }
    let (_, service, operation, parameter) = SENT.iter().find(|(k, ..)| *k == kind)?;
    if let Some(says) = documented::refusal(operation, parameter, &name) {
        return Some(format!("{operation}: {name} {says}"));
    }
    let model = Model::of(service).unwrap();
    let input = model.shape(model.operations[*operation].input.as_ref().unwrap());
    let shape = model.shape(&input.members[*parameter]);
    let fits = shape.max.is_none_or(|max| name.len() as f64 <= max) && shape.matches(&name) == Some(true);
    (!fits).then(|| format!("{operation}: {name} is not what the model takes"))
}

#[test]
fn every_rule_of_names_is_told_where_it_is_sent() {
    let rules: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.names().is_some()).collect();
    assert_eq!(rules, SENT.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>());
}

#[test]
fn names_that_a_service_keeps_for_itself_are_never_given() {
    const STACKS: &[&str] = &[
        "a",
        "s-",
        "a--b",
        "internal",
        "internal-",
        "internal-shop",
        "xn",
        "xn-",
        "xn--shop",
        "sthree",
        "sthree-configurator",
        "amzn-s3-demo-bucket",
        "amzn",
        "sg",
        "sg-shop",
        "com-amazonaws",
        "aws",
        "default",
        "it-has-32-characters-as-allowed-",
        "a-stack-of-31-characters-exactl",
        "a-stack-of-23-character",
        "a------------------------------b",
    ];
    for stack in STACKS {
        for entry in [
            "main",
            "access_logs",
            "load_balancer",
            "a",
            "a-",
            "a--b",
            "nat-a",
            "*.example.com",
            "www.example.com-s3alias",
            "this-entry-has-32-characters-all-",
        ] {
            for kind in Kind::ALL {
                assert_eq!(wrong(*kind, stack, entry, 7), None, "{} of {stack}", kind.label());
            }
        }
    }
}

#[test]
fn ordinary_names_stay_what_they_were() {
    let name = |kind: Kind, entry| stamp(kind, "shop-eu-prod", entry, 3).physical_name(&kind.names().unwrap());
    assert!(name(Kind::LoadBalancer, "main").starts_with("shop-eu-prod-main-"));
    assert!(name(Kind::TargetGroup, "web").starts_with("shop-eu-prod-web-"));
    assert!(name(Kind::Bucket, "access_logs").starts_with("shop-eu-prod-access-log-"));
    assert!(name(Kind::ReplicationGroup, "main").starts_with("shop-eu-prod-main-"));
    assert_eq!(name(Kind::IamRole, "flow_logs").len(), "shop-eu-prod-flow-logs-12345678".len());
}

/// A policy for a stack allows what it does to its own objects, whatever they had to be called.
#[test]
fn policies_name_the_objects_that_a_stack_gets() {
    for stack in ["internal-shop", "xn--shop", "a--b", "s-"] {
        let policies = std::collections::BTreeSet::new();
        let place = Place {
            stack,
            region: "eu-central-1",
            account: Some("123456789012"),
            boundary: None,
            policies: &policies,
            archives: &policies,
        };
        let policy = apply(place, &Kind::ALL.iter().copied().collect());
        let resources: Vec<String> = policy.statement.iter().flat_map(|s| s.resource.iter().cloned()).collect();
        for (kind, before) in [(Kind::Bucket, ":s3:::"), (Kind::DbInstance, ":db:"), (Kind::ReplicationGroup, ":replicationgroup:")] {
            let name = stamp(kind, stack, "main", 1).physical_name(&kind.names().unwrap());
            let allowed =
                resources.iter().filter_map(|r| r.split_once(before)).any(|(_, pattern)| name.starts_with(pattern.trim_end_matches('*')));
            assert!(allowed, "{name} by {resources:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_name_holds(stack in "[a-z][a-z0-9-]{0,31}", entry in "[a-z*][a-z0-9._-]{0,40}", step in 0usize..500) {
        for kind in Kind::ALL {
            prop_assert_eq!(wrong(*kind, &stack, &entry, step), None);
        }
    }
}

/// A stamp in tags holds what any service takes, whatever the address, and comes back.
#[test]
fn stamps_are_tags_of_every_service() {
    let names = ["main", "*.example.com", "access_logs", "a@b", "bücher.example", "x,y(z)"];
    for name in names {
        for kind in [Kind::Certificate, Kind::IamRole] {
            let stamp = Stamp { digest: "0123456789abcdef".into(), ..stamp(kind, "shop", name, 3) };
            let tags = stamp.tags(&infra::model::Tags::new());
            assert_eq!(Stamp::read("shop", tags.0.clone()).unwrap().0, stamp);
            for (service, key, value) in
                [("acm", "TagKey", "TagValue"), ("iam", "tagKeyType", "tagValueType"), ("logs", "TagKey", "TagValue")]
            {
                let model = Model::of(service).unwrap();
                for (k, v) in tags.iter() {
                    assert_eq!(
                        (model.shapes[key].matches(k), model.shapes[value].matches(v)),
                        (Some(true), Some(true)),
                        "{service}: {k}={v}"
                    );
                }
            }
        }
    }
}
