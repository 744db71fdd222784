//! What goes wrong at Cloudflare: told with its cause, looked up and never repeated, taken back.
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use infra::kinds::custom_rules::Filter;
use infra::kinds::{CustomRules, DnsRecord, Object, Rule, ZoneSetting};
use infra::model::{Computed, Ranked};
use infra::run::{Event, Outcome};
use infra::stack::Stack;
use serde_json::json;

use super::{Edge, ZONE, record, records};
use crate::support::cloudflare::Reaction;
use crate::support::stack;

const BATCH: &str = "POST /zones/:id/dns_records/batch";

fn two() -> Stack {
    records([("a", record("a.example.com", "192.0.2.1")), ("b", record("b.example.com", "192.0.2.1"))])
}

fn broken() -> serde_json::Value {
    json!({ "success": false, "errors": [{ "code": 10000, "message": "internal" }], "messages": [], "result": null })
}

/// A batch whose answer is lost is looked up, and sent again only when nothing of it stands: four times in all.
#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    for happened in [true, false] {
        for cut in [true, false] {
            let edge = Edge::start("free").await;
            edge.fake.rule(move |call, _| match (call.shape() == BATCH, happened, cut) {
                (false, ..) => Reaction::Pass,
                (_, true, true) => Reaction::CutAfter,
                (_, false, true) => Reaction::Cut,
                (_, true, false) => Reaction::After { status: 502, headers: vec![], body: broken() },
                (_, false, false) => Reaction::Answer { status: 502, headers: vec![], body: broken() },
            });
            let (outcome, events) = edge.run(&two(), "r1").await;
            assert_eq!(edge.count(BATCH), if happened { 1 } else { 4 });
            match happened {
                true => assert_eq!(outcome, Outcome::Applied, "{events:#?}"),
                false => assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?}"),
            }
            assert_eq!(edge.fake.records(&edge.zone).len(), if happened { 2 } else { 0 });
        }
    }
}

/// One server's error on any write, whether it took effect or not, takes nothing back.
#[tokio::test]
async fn one_error_of_the_server_is_gone_on_from() {
    let (first, then) = (mixed("admin", "full", "192.0.2.1"), mixed("shop", "strict", "192.0.2.2"));
    for happened in [true, false] {
        let edge = Edge::start("pro").await;
        for (run, want) in [("r1", &first), ("r2", &then)] {
            let spoilt = std::sync::Mutex::new(std::collections::BTreeSet::new());
            edge.fake.rule(move |call, _| match (call.method != "GET" && spoilt.lock().unwrap().insert(call.shape()), happened) {
                (false, _) => Reaction::Pass,
                (_, true) => Reaction::After { status: 502, headers: vec![], body: broken() },
                (_, false) => Reaction::Answer { status: 502, headers: vec![], body: broken() },
            });
            let (outcome, events) = edge.run(want, run).await;
            assert_eq!(outcome, Outcome::Applied, "happened: {happened}: {events:#?}");
            assert!(!events.iter().any(|e| matches!(e, Event::Failed(..))), "{events:#?}");
        }
        assert!(edge.plan(&then).await.unwrap().is_empty());
        assert_eq!(edge.fake.records(&edge.zone).len(), 2, "none is there twice");
    }
}

/// One list tells of all records of a batch whose answer was lost.
#[tokio::test]
async fn a_batch_is_looked_up_in_one_list() {
    let edge = Edge::start("free").await;
    let plan = edge.plan(&two()).await.unwrap();
    edge.fake.reset_log();
    edge.fake.rule(|call, _| if call.shape() == BATCH { Reaction::CutAfter } else { Reaction::Pass });
    let (outcome, _) = crate::support::apply(&edge.cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(edge.count("GET /zones/:id/dns_records"), 1);
}

/// "Slow down" is obeyed, for as long as it says, whatever the method.
#[tokio::test]
async fn throttling_is_waited_out() {
    let edge = Edge::start("free").await;
    edge.fake.rule(|call, n| match call.shape() == BATCH && n == 0 {
        true => Reaction::Answer {
            status: 429,
            headers: vec![("Retry-After".into(), "1".into())],
            body: json!({ "success": false, "errors": [{ "code": 971, "message": "Please wait and consider throttling your request speed" }], "result": null }),
        },
        false => Reaction::Pass,
    });
    let started = Instant::now();
    let (outcome, _) = edge.run(&two(), "r1").await;
    assert_eq!(outcome, Outcome::Applied);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(edge.count(BATCH), 2);
}

/// The cause stands in the chain, and a pointer says where.
#[tokio::test]
async fn errors_say_their_cause() {
    let edge = Edge::start("free").await;
    let want = records([("www", DnsRecord { ttl: 7, ..record("www.example.com", "192.0.2.1") })]);
    let (outcome, _) = edge.run(&want, "r1").await;
    let Outcome::RolledBack(Some(e)) = outcome else { panic!("{outcome:?}") };
    assert!(e.to_string().contains("Batch DNS Records") && e.message.contains("Invalid TTL"), "{e}");
    assert!(e.request_id.is_some(), "cf-ray is told");

    let rule = Rule { expression: "true".into(), action: Filter("explode".into()), enabled: true };
    let rules = CustomRules { zone: ZONE.into(), rules: Ranked(vec![("one".into(), rule)]), others: Computed(None) };
    let (outcome, _) = edge.run(&stack("edge", [("custom_rules.main", rules.into())]), "r2").await;
    let Outcome::RolledBack(Some(e)) = outcome else { panic!("{outcome:?}") };
    assert!(e.message.contains("/rules/0/action"), "{e}");
}

/// A token that may not do something is told what it lacks.
#[tokio::test]
async fn a_missing_permission_is_named() {
    let edge = Edge::start("free").await;
    edge.fake.token("reader", &["Zone Read", "DNS Read"]);
    let cloud = edge.with_token("reader");
    let e = infra::observe::observe(&cloud, "edge", &Default::default()).await.unwrap_err();
    assert!(e.message.contains("the token needs the permission") && e.message.contains("Read"), "{e}");
    edge.fake.token("blind", &[]);
    let e = infra::observe::observe(&edge.with_token("blind"), "edge", &Default::default()).await.unwrap_err();
    assert!(e.to_string().contains("Zone Read") || e.code == "UnknownZone", "{e}");
    let e = infra::observe::observe(&edge.with_token("made up"), "edge", &Default::default()).await.unwrap_err();
    assert_eq!(e.class, infra::wire::Class::Denied, "{e}");
}

fn mixed(path: &str, ssl: &str, content: &str) -> Stack {
    let rule = Rule { expression: format!("http.request.uri.path eq \"/{path}\""), action: Filter("block".into()), enabled: true };
    let rules = CustomRules { zone: ZONE.into(), rules: Ranked(vec![("one".into(), rule)]), others: Computed(None) };
    let ssl =
        ZoneSetting { zone: ZONE.into(), setting: "ssl".into(), value: json!(ssl).into(), before: Computed(None), waits_for: [].into() };
    let all: Vec<(&str, Object)> = vec![
        ("custom_rules.main", rules.into()),
        ("dns_record.a", record("a.example.com", content).into()),
        ("dns_record.b", record("b.example.com", content).into()),
        ("zone_setting.ssl", ssl.into()),
    ];
    stack("edge", all)
}

/// Each write in turn is refused, answered with a server's error, or cut before and after its effect: old or new, and nothing in between.
#[tokio::test]
async fn any_spoilt_write_leaves_the_old_or_the_new_world() {
    let (first, then, nothing) = (mixed("admin", "full", "192.0.2.1"), mixed("shop", "strict", "192.0.2.2"), stack("edge", []));
    let edge = Edge::start("pro").await;
    let mut ends = std::collections::BTreeMap::<String, usize>::new();
    for (from, to) in [(&nothing, &first), (&first, &then), (&first, &nothing)] {
        for (how, n) in (0..3).flat_map(|how| (0..3).map(move |n| (how, n))) {
            edge.fake.rule(|_, _| Reaction::Pass);
            edge.apply(from, "r1").await;
            let before = strip(edge.fake.photo());
            let count = AtomicUsize::new(0);
            edge.fake.rule(move |call, _| match (call.method == "GET" || count.fetch_add(1, SeqCst) != n, how) {
                (true, _) => Reaction::Pass,
                (_, 0) => Reaction::Answer { status: 403, headers: vec![], body: broken() },
                (_, 1) => Reaction::Cut,
                _ => Reaction::After { status: 500, headers: vec![], body: broken() },
            });
            let (outcome, events) = edge.run(to, "r2").await;
            edge.fake.rule(|_, _| Reaction::Pass);
            let tag = format!("write {n}, way {how}: {outcome:?} {events:#?}");
            let end = match outcome {
                Outcome::Applied => {
                    assert!(edge.plan(to).await.unwrap().is_empty(), "{tag}");
                    "applied"
                }
                Outcome::RolledBack(_) => {
                    assert_eq!(strip(edge.fake.photo()), before, "{tag}");
                    "rolled back"
                }
                Outcome::Leftovers(_) => {
                    assert_eq!(edge.plan(to).await.unwrap().commit, 0, "{tag}");
                    "leftovers"
                }
                _ => panic!("{tag}"),
            };
            *ends.entry(end.to_owned()).or_default() += 1;
        }
    }
    println!("spoilt writes: {ends:?}");
    assert_eq!(ends.len(), 3, "{ends:?}");
}

/// A photo without the marks of the run, and ids, which a record that is made again has anew.
fn strip(photo: std::collections::BTreeMap<String, String>) -> Vec<String> {
    let mut all: Vec<String> =
        photo.into_values().map(|v| v.lines().filter(|l| !l.contains("\"id\"")).collect::<Vec<_>>().join("\n")).collect();
    all.sort();
    all
}
