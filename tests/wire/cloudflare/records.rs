//! Records: batches, one form for both sides, others' records in the way.
use std::pin::pin;
use std::time::{Duration, Instant};

use infra::kinds::rate_limit_rules::RateLimit;
use infra::kinds::{DnsRecord, RateLimitRules, Rule, Text};
use infra::model::Ranked;
use infra::plan::PlanError;
use infra::run::Outcome;
use serde_json::json;

use super::{Edge, ZONE, record, records};
use crate::support::cloudflare::Reaction;

/// Changes that may start at the same moment are one request, and so is taking them back.
#[tokio::test]
async fn records_go_in_batches() {
    let edge = Edge::start("free").await;
    let many = |content: &str| {
        let named: Vec<(String, DnsRecord)> = (0..150).map(|i| (format!("n{i}"), record(&format!("n{i}.example.com"), content))).collect();
        records(named.iter().map(|(k, r)| (k.as_str(), r.clone())))
    };
    edge.apply(&many("192.0.2.1"), "r1").await;
    assert_eq!(edge.count("POST /zones/:id/dns_records/batch"), 1, "however many they are");
    edge.fake.reset_log();
    edge.apply(&many("192.0.2.2"), "r2").await;
    let batches: Vec<_> = edge.fake.log().into_iter().filter(|c| c.method == "POST").collect();
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].body.as_ref().unwrap()["patches"].as_array().unwrap().len(), 150);
    // A rollback is the inverse batch.
    edge.fake.reset_log();
    edge.fake.rule(|call, n| match call.shape() == "PUT /zones/:id/rulesets/phases/http_ratelimit/entrypoint" && n == 0 {
        true => Reaction::Answer {
            status: 400,
            headers: vec![],
            body: json!({ "success": false, "errors": [{ "code": 1, "message": "no" }], "result": null }),
        },
        false => Reaction::Pass,
    });
    let mut more = many("192.0.2.3");
    let limit = RateLimit { action: "log".into(), requests: 1, period: 10, timeout: 10 };
    let rule = Rule { expression: "true".into(), action: limit, enabled: true };
    let rules = RateLimitRules { zone: ZONE.into(), rules: Ranked(vec![("one".into(), rule)]), others: Default::default() };
    more.nodes.insert("rate_limit_rules.main".parse().unwrap(), rules.into());
    let (outcome, _) = edge.run(&more, "r3").await;
    assert!(matches!(outcome, Outcome::RolledBack(_)), "{outcome:?}");
    let batches: Vec<_> = edge.fake.log().into_iter().filter(|c| c.method == "POST").map(|c| c.body.unwrap()).collect();
    assert_eq!(batches.len(), 2);
    let first =
        |i: usize| batches[i]["patches"].as_array().unwrap().iter().map(|p| (p["id"].clone(), p["content"].clone())).collect::<Vec<_>>();
    let ids = |i: usize| first(i).into_iter().map(|(id, _)| id.to_string()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids(0), ids(1), "there and back");
    assert!(first(0).iter().all(|(_, c)| c == "192.0.2.3") && first(1).iter().all(|(_, c)| c == "192.0.2.2"));
    edge.apply(&records([]), "r4").await;
    assert_eq!(edge.fake.records(&edge.zone), Vec::<serde_json::Value>::new());
}

/// Case, trailing dots, quotes, escapes, and how addresses are written never show as a difference.
#[tokio::test]
async fn both_sides_have_one_form() {
    let edge = Edge::start("free").await;
    let of = |kind: &str, name: &str, content: &str| DnsRecord { r#type: kind.into(), ..record(name, content) };
    let want = records([
        ("alias", of("CNAME", "alias.example.com", "origin.example.net")),
        ("six", of("AAAA", "six.example.com", "2001:db8::1")),
        ("text", of("TXT", "example.com", "v=DKIM1; k=\"rsa\"; p=AbC")),
    ]);
    edge.apply(&want, "r1").await;
    for (name, content) in [("alias.example.com", "ORIGIN.Example.Net."), ("six.example.com", "2001:0db8:0:0::0001")] {
        edge.fake.set_record(&edge.zone, edge.record(name)["id"].as_str().unwrap(), json!({ "content": content }));
    }
    let text = edge.record("example.com");
    edge.fake.set_record(&edge.zone, text["id"].as_str().unwrap(), json!({ "content": "\"v=DKIM1; k=\\\"rsa\\\"; \" \"p=AbC\"" }));
    let plan = edge.plan(&want).await.unwrap();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
}

/// An identical record of somebody else's is used as it is; another one in the same place refuses the plan before anything is changed.
#[tokio::test]
async fn others_records_serve_or_stand_in_the_way() {
    let edge = Edge::start("free").await;
    let id = edge.fake.add_record(
        &edge.zone,
        json!({ "type": "A", "name": "www.example.com", "content": "192.0.2.1", "ttl": 300, "comment": "by hand" }),
    );
    let before = edge.fake.photo();
    let want = records([("www", record("www.example.com", "192.0.2.1"))]);
    let plan = edge.plan(&want).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!((plan.adopted[0].address.to_string(), &plan.adopted[0].id), ("dns_record.www".into(), &id));
    edge.apply(&want, "r1").await;
    edge.apply(&records([]), "r2").await;
    assert_eq!(edge.fake.photo(), before);

    let alias = DnsRecord { r#type: "CNAME".into(), content: Text::literal("origin.example.net"), ..record("www.example.com", "") };
    let problems = edge.plan(&records([("www", alias)])).await.unwrap_err();
    assert!(matches!(&problems[..], [PlanError::Taken { id: found, .. }] if *found == id), "{problems:?}");
    // Addresses stand beside each other.
    edge.apply(&records([("www", record("www.example.com", "192.0.2.2"))]), "r3").await;
    // A change that would meet somebody else's is refused too.
    let problems = edge.plan(&records([("www", record("www.example.com", "192.0.2.1"))])).await.unwrap_err();
    assert!(matches!(&problems[..], [PlanError::Taken { .. }]), "{problems:?}");
    assert!(edge.fake.log().iter().filter(|c| c.method == "POST").count() <= 2, "nothing was tried");
}

/// Between the plan and the call somebody makes just the record that is wanted: it serves, and a rollback leaves it.
#[tokio::test]
async fn an_identical_record_that_comes_in_between_serves() {
    let edge = Edge::start("free").await;
    let want = records([("www", record("www.example.com", "192.0.2.1")), ("api", record("api.example.com", "192.0.2.1"))]);
    let plan = edge.plan(&want).await.unwrap();
    let id = edge
        .fake
        .add_record(&edge.zone, json!({ "type": "A", "name": "www.example.com", "content": "192.0.2.1", "ttl": 300, "comment": "" }));
    let (outcome, events) = crate::support::apply(&edge.cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert_eq!(edge.record("www.example.com")["id"], json!(id));
    assert!(edge.record("api.example.com")["comment"].as_str().unwrap().starts_with("infra edge-32631 api "));
    edge.apply(&records([]), "r2").await;
    assert_eq!(edge.record("www.example.com")["id"], json!(id), "it is not ours to delete");
}

/// What somebody has deleted already counts as deleted, and the others of the batch go all the same.
#[tokio::test]
async fn a_deletion_that_comes_too_late_succeeds() {
    let edge = Edge::start("free").await;
    let all = records([("a", record("a.example.com", "192.0.2.1")), ("b", record("b.example.com", "192.0.2.1"))]);
    edge.apply(&all, "r1").await;
    let plan = edge.plan(&records([])).await.unwrap();
    edge.fake.remove_record(&edge.zone, edge.record("a.example.com")["id"].as_str().unwrap());
    let (outcome, events) = crate::support::apply(&edge.cloud, &plan, "r2").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert!(edge.fake.records(&edge.zone).is_empty());
}

/// Clients that resolved a name themselves are given its time to live before anything that it led to may leave; those behind Cloudflare need none.
#[tokio::test]
async fn resolvers_are_given_time_to_forget() {
    let mut edge = Edge::start("free").await;
    edge.cloud.policy.unseen = Duration::from_secs(1);
    let of = |content: &str, proxied: bool| {
        let ttl = if proxied { 1 } else { 300 };
        records([("www", DnsRecord { proxied, ttl, ..record("www.example.com", content) })])
    };
    let waits = async || {
        while !edge.cloud.policy.waits().values().any(|what| what.contains("resolvers")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = async |want: &infra::stack::Stack, run: &str| {
        let plan = edge.plan(want).await.unwrap();
        let started = Instant::now();
        let mut applied = pin!(crate::support::apply(&edge.cloud, &plan, run));
        let (waited, (outcome, _)) = tokio::select! {
            ended = &mut applied => (false, ended),
            () = waits() => (true, applied.await),
        };
        assert_eq!(outcome, Outcome::Applied);
        assert!(!waited || started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
        waited
    };
    assert!(!waited(&of("192.0.2.1", false), "r1").await, "nobody knows a new name");
    assert!(waited(&of("192.0.2.2", false), "r2").await);
    assert!(waited(&of("192.0.2.2", true), "r3").await, "clients still go there directly");
    assert!(!waited(&of("192.0.2.3", true), "r4").await);
}

/// A mark of an earlier version names no place: it is the stack's, and renewed by the next change; one of another place is somebody else's.
#[tokio::test]
async fn an_old_mark_is_renewed() {
    let edge = Edge::start("pro").await;
    let want = records([("api", record("api.example.com", "192.0.2.1"))]);
    edge.apply(&want, "r1").await;
    let mut old = edge.record("api.example.com");
    let mark = |comment: &str| json!(comment.replace("edge-32631", "edge"));
    let id = old["id"].as_str().unwrap().to_owned();
    old["comment"] = mark(old["comment"].as_str().unwrap());
    edge.fake.remove_record(&edge.zone, &id);
    edge.fake.add_record(&edge.zone, old);
    let plan = edge.plan(&want).await.unwrap();
    assert_eq!((plan.changes.len(), plan.changes[0].attrs.len(), plan.changes[0].verb), (1, 0, infra::plan::Verb::Update));
    edge.apply(&want, "r2").await;
    assert!(edge.record("api.example.com")["comment"].as_str().unwrap().starts_with("infra edge-32631 api r1/"));
    assert!(edge.plan(&want).await.unwrap().is_empty());
}
