//! How many requests a plan and an apply take, as a proxy counts them.
use std::collections::BTreeMap;

use infra::kinds::Kind;
use infra::run::Outcome;

use crate::support::reference::{Reference, lower};
use crate::support::{apply, plan_for};

/// What a plan asks: each operation, and how many kinds' lists begin with it. All lists here fit into one page.
const LISTS: &[(&str, usize)] = &[
    ("DescribeAddresses", 1),
    ("DescribeAutoScalingGroups", 1),
    ("DescribeCacheSubnetGroups", 1),
    ("DescribeDBInstances", 2), // instances, replicas
    ("DescribeDBParameterGroups", 1),
    ("DescribeDBSubnetGroups", 1),
    ("DescribeFlowLogs", 1),
    ("DescribeInternetGateways", 1),
    ("DescribeLaunchTemplates", 1),
    ("DescribeLoadBalancers", 2), // balancers, listeners
    ("DescribeLogGroups", 1),
    ("DescribeManagedPrefixLists", 1),
    ("DescribeNatGateways", 1),
    ("DescribeReplicationGroups", 1),
    ("DescribeRouteTables", 1),
    ("DescribeSecurityGroups", 1),
    ("DescribeSubnets", 1),
    ("DescribeTargetGroups", 1),
    ("DescribeVpcAttribute", 1), // for each VPC that is ours: DescribeVpcs doesn't show it
    ("DescribeVpcEndpoints", 1),
    ("DescribeVpcs", 1),
    ("GET /", 1), // buckets
    ("GetAccountAuthorizationDetails", 1),
    ("GetResources", 2),        // cache parameter groups, certificates
    ("GetParametersByPath", 1), // zones at Cloudflare in which the stack has something: none
    ("ListInstanceProfiles", 1),
];

/// What creating the reference environment takes: each kind with the call that creates its objects, then those that must follow, and how
/// often in all.
const CREATES: &[(Kind, &[(&str, usize)])] = &[
    (Kind::AutoScalingGroup, &[("CreateAutoScalingGroup", 1), ("PutScalingPolicy", 1)]),
    // The bucket, its public access block, policy, lifecycle, and tags, which the emulator does not take with the creation.
    (Kind::Bucket, &[("PUT /BUCKET/", 1), ("PUT /BUCKET/", 4)]),
    (Kind::CacheSubnetGroup, &[("CreateCacheSubnetGroup", 1)]),
    (Kind::DbInstance, &[("CreateDBInstance", 1)]),
    (Kind::DbParameterGroup, &[("CreateDBParameterGroup", 1)]),
    (Kind::DbReplica, &[("CreateDBInstanceReadReplica", 1)]),
    (Kind::DbSubnetGroup, &[("CreateDBSubnetGroup", 1)]),
    (Kind::ElasticIp, &[("AllocateAddress", 3)]),
    (Kind::FlowLog, &[("CreateFlowLogs", 1)]),
    // One has a policy of its own, the other a managed one.
    (Kind::IamRole, &[("CreateRole", 2), ("AttachRolePolicy", 1), ("PutRolePolicy", 1)]),
    (Kind::InstanceProfile, &[("CreateInstanceProfile", 1), ("AddRoleToInstanceProfile", 1)]),
    (Kind::InternetGateway, &[("CreateInternetGateway", 1), ("AttachInternetGateway", 1)]),
    (Kind::LaunchTemplate, &[("CreateLaunchTemplate", 1)]),
    (Kind::Listener, &[("CreateListener", 2)]),
    (Kind::LoadBalancer, &[("CreateLoadBalancer", 1), ("ModifyLoadBalancerAttributes", 1)]),
    (Kind::LogGroup, &[("CreateLogGroup", 1), ("PutRetentionPolicy", 1)]),
    (Kind::NatGateway, &[("CreateNatGateway", 3)]),
    (Kind::ReplicationGroup, &[("CreateReplicationGroup", 1)]),
    // Four tables have a way out; nine subnets follow the five tables.
    (Kind::RouteTable, &[("CreateRouteTable", 5), ("CreateRoute", 4), ("AssociateRouteTable", 9)]),
    // Every group has rules for what comes in; what goes out is as AWS has it.
    (Kind::SecurityGroup, &[("CreateSecurityGroup", 5), ("AuthorizeSecurityGroupIngress", 5)]),
    (Kind::Subnet, &[("CreateSubnet", 9)]),
    (Kind::TargetGroup, &[("CreateTargetGroup", 1), ("ModifyTargetGroupAttributes", 1)]),
    (Kind::Vpc, &[("CreateVpc", 1), ("ModifyVpcAttribute", 1)]),
    (Kind::VpcEndpoint, &[("CreateVpcEndpoint", 1)]),
];

/// 84 tiers over 6 zones, and 50 security groups of 3 rules.
fn wide() -> String {
    let tiers: String = (0..84).map(|i| format!("    t{i}: {{ tier: isolated, prefix: 28 }}\n")).collect();
    let rule = |i: usize, port: usize| format!("{{ port: {port}, from: [10.{i}.0.0/16] }}");
    let group = |i: usize| format!("    g{i}: {{ ingress: [{}, {}, {}] }}\n", rule(i, 22), rule(i, 80), rule(i, 443));
    let groups: String = (0..50).map(group).collect();
    let zones = ["a", "b", "c", "d", "e", "f"].map(|z| format!("us-east-1{z}")).join(", ");
    let vpc = format!("  nat: none\n  flow_logs: false\n  availability_zones: [{zones}]\n  subnets:\n{tiers}  security_groups:\n{groups}");
    format!("stack: wide\nregion: us-east-1\nvpc:\n{vpc}")
}

#[tokio::test]
async fn a_plan_that_finds_nothing_to_do_reads_by_pages() {
    let reference = Reference::start().await;
    let want = lower(&[("wide.yaml", &wide())]);
    let of = |kind| want.nodes.keys().filter(|a| a.kind == kind).count();
    assert_eq!((of(Kind::Subnet), of(Kind::RouteTable), of(Kind::SecurityGroup)), (504, 84, 50));
    reference.apply(&want, "r1").await;
    reference.proxy.reset();
    assert!(plan_for(&reference.cloud, &want).await.unwrap().is_empty());
    assert!(reference.proxy.log().iter().all(|c| !c.mutating), "a plan writes");
    let counts = reference.proxy.counts();
    for (operation, n) in &counts {
        println!("{n:4} {operation}");
        let lists = LISTS.iter().find(|(o, _)| o == operation).map_or(0, |(_, lists)| *lists);
        assert!(*n <= lists, "{operation}: {n} times for {lists} lists");
    }
    // Every list asks once even when there is nothing; what shows objects has one page of them here.
    let pages = Kind::ALL.iter().filter(|kind| of(**kind) > 0).count();
    let all: usize = counts.values().sum();
    println!("{all:4} in all, for {} kinds and {pages} pages", Kind::ALL.len());
    assert!(all <= Kind::ALL.len() + pages, "{counts:#?}");
}

#[tokio::test]
async fn an_apply_makes_the_calls_it_must() {
    let reference = Reference::start().await;
    let want = reference.production("");
    reference.proxy.reset();
    let plan = plan_for(&reference.cloud, &want).await.unwrap();
    assert!(reference.proxy.log().iter().all(|c| !c.mutating), "a plan writes");
    for kind in Kind::ALL {
        let objects = want.nodes.keys().filter(|a| a.kind == *kind).count();
        let table = CREATES.iter().find(|(k, _)| k == kind).map_or(0, |(_, calls)| calls[0].1);
        assert_eq!(objects, table, "the table's {}", kind.label());
    }
    reference.proxy.reset();
    let (outcome, events) = apply(&reference.cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let mut must: BTreeMap<&str, usize> = BTreeMap::new();
    CREATES.iter().flat_map(|(_, calls)| *calls).for_each(|(operation, n)| *must.entry(operation).or_default() += n);
    let (writes, reads): (Vec<_>, Vec<_>) = reference.proxy.log().into_iter().partition(|c| c.mutating);
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for call in &writes {
        let bucket = call.operation.starts_with("PUT /production-access-logs-");
        *made.entry(if bucket { "PUT /BUCKET/".into() } else { call.operation.clone() }).or_default() += 1;
    }
    for (operation, n) in &made {
        println!("{n:4} {operation}, of {}", must.get(operation.as_str()).copied().unwrap_or(0));
    }
    let (least, objects) = (must.values().sum::<usize>(), want.nodes.len());
    println!("{:4} writes, of {least}; {} reads while waiting for {objects} objects", writes.len(), reads.len());
    assert!(made.keys().all(|operation| must.contains_key(operation.as_str())), "a call that nobody expects: {made:#?}");
    assert!(writes.len() * 10 <= least * 11, "{made:#?}");
    assert!(reads.len() <= 2 * objects, "{reads:#?}");
}
