//! How many requests a plan and an apply take, as a proxy counts them.
use std::collections::BTreeMap;

use infra::kinds::Kind;
use infra::run::Outcome;

use super::calls::request;
use super::sends;
use crate::support::reference::{Reference, lower};
use crate::support::{apply, plan_for};

/// What a plan asks beside the lists of kinds: for the zones at Cloudflare in which the stack has something.
const GENERAL: &[&str] = &["GetParametersByPath"];

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
    let (counts, sends) = (reference.proxy.counts(), sends());
    for (operation, n) in &counts {
        println!("{n:4} {operation}");
        let lists = sends.iter().flat_map(|s| s.lists).chain(GENERAL).filter(|o| *o == operation).count();
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
    let sends = sends();
    for kind in Kind::ALL {
        let objects = want.nodes.keys().filter(|a| a.kind == *kind).count();
        let table = sends.iter().find(|s| s.kind == *kind).and_then(|s| s.creates.first()).map_or(0, |(_, n)| *n);
        assert_eq!(objects, table, "the table's {}", kind.label());
    }
    reference.proxy.reset();
    let (outcome, events) = apply(&reference.cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let mut must: BTreeMap<&str, usize> = BTreeMap::new();
    sends.iter().flat_map(|s| s.creates).for_each(|(operation, n)| *must.entry(operation).or_default() += n);
    let (writes, reads): (Vec<_>, Vec<_>) = reference.proxy.log().into_iter().partition(|c| c.mutating);
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for call in &writes {
        let bucket = ["PUT /production-access-logs-", "PUT /production-uploads-"].iter().any(|path| call.operation.starts_with(path));
        let named = |part: &str| if part.starts_with("production-") { "NAME".into() } else { part.to_owned() };
        let operation = call.operation.split('/').map(named).collect::<Vec<_>>().join("/");
        *made.entry(if bucket { "PUT /BUCKET/".into() } else { operation }).or_default() += 1;
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

/// What a plan that finds nothing to do asks of each object that no list of AWS's shows whole, by the kind that asks; all else is asked by pages.
const EACH: &[(&str, usize)] = &[
    ("EventBridge ListTagsForResource", 1),
    ("EventBridge ListTargetsByRule", 1),
    ("Lambda GetAlias", 1),
    ("Lambda GetFunction", 1),
    ("Lambda GetFunctionConcurrency", 1),
    ("Lambda GetFunctionUrlConfig", 1),
    // Whether the rule may call it, and whether the bucket may.
    ("Lambda GetPolicy", 2),
    ("Lambda GetProvisionedConcurrencyConfig", 1),
    ("S3 GetBucketCors", 1),
    ("S3 GetBucketEncryption", 1),
    ("S3 GetBucketLifecycleConfiguration", 1),
    ("S3 GetBucketNotificationConfiguration", 1),
    ("S3 GetBucketOwnershipControls", 1),
    ("S3 GetBucketPolicy", 1),
    ("S3 GetBucketTagging", 1),
    ("S3 GetBucketVersioning", 1),
    ("S3 GetPublicAccessBlock", 1),
];

/// Buckets, functions, their roles and rules grow in number, and a plan asks so much more for each, and no more than that.
#[tokio::test]
async fn what_no_list_shows_is_asked_of_each_object() {
    let mut seen: Vec<BTreeMap<String, usize>> = vec![];
    for n in [1, 3] {
        let reference = Reference::start().await;
        let function = |i: usize| {
            let on = format!("on: {{ storage: {{ b{i}: {{ prefix: in/ }} }}, schedule: {{ often: {{ expression: rate(5 minutes) }} }} }}");
            format!("  f{i}: {{ code: tests/support/code/hello, runtime: python3.13, subnets: none, {on} }}\n")
        };
        let all = |of: &dyn Fn(usize) -> String| (0..n).map(of).collect::<String>();
        let buckets = all(&|i| format!("  b{i}: {{ allow_from: [f{i}] }}\n"));
        let spec = format!("stack: each\nregion: us-east-1\nfunctions:\n{}storage:\n{buckets}", all(&function));
        let want = lower(&[("each.yaml", &spec)]);
        reference.apply(&want, "r1").await;
        reference.proxy.reset();
        assert!(plan_for(&reference.cloud, &want).await.unwrap().is_empty());
        let mut counts = BTreeMap::new();
        reference
            .proxy
            .log()
            .iter()
            .map(request)
            .for_each(|(service, operation)| *counts.entry(format!("{service:?} {operation}")).or_default() += 1);
        seen.push(counts);
    }
    let more = seen[1].iter().map(|(operation, n)| (operation.as_str(), n - seen[0].get(operation).copied().unwrap_or(0)));
    let more: BTreeMap<&str, usize> = more.filter(|(_, n)| *n > 0).collect();
    let twice: BTreeMap<&str, usize> = EACH.iter().map(|(operation, n)| (*operation, 2 * n)).collect();
    assert_eq!(more, twice);
}
