//! Rules: what a person reads of them, and what happens when two write at once.
use std::sync::{Arc, Weak};

use infra::kinds::custom_rules::Filter;
use infra::kinds::{CustomRules, Rule};
use infra::model::{Computed, Ranked};
use infra::render::style::Style;
use infra::render::text::{Detail, plan};
use infra::stack::Stack;
use serde_json::json;

use super::{Edge, ZONE};
use crate::support::cloudflare::{Cloudflare, Reaction};
use crate::support::only::Only;
use crate::support::{sparse, stack};

const PHASE: &str = "http_request_firewall_custom";

fn want(rules: &[(&str, &str)]) -> Stack {
    let rule = |(name, action): &(&str, &str)| {
        let expression = format!("http.request.uri.path contains \"/{name}\"");
        ((*name).to_owned(), Rule { expression, action: Filter((*action).into()), enabled: true })
    };
    let rules = CustomRules { zone: ZONE.into(), rules: Ranked(rules.iter().map(rule).collect()), others: Computed(None) };
    stack("edge", [("custom_rules.main", rules.into())])
}

/// A new rule is one line wherever it comes in; a move is a move; a change names its rule.
#[tokio::test]
async fn a_plan_names_rules() {
    let edge = Edge::start("enterprise").await;
    edge.apply(&want(&[("admin", "block"), ("login", "log"), ("shop", "log"), ("cart", "log")]), "r1").await;
    let ids =
        |edge: &Edge| edge.fake.rules(&edge.zone, PHASE).unwrap().iter().map(|r| (r["ref"].clone(), r["id"].clone())).collect::<Vec<_>>();
    let before = ids(&edge);
    let next = want(&[("cart", "log"), ("admin", "managed_challenge"), ("new", "block"), ("login", "log")]);
    let planned = edge.plan(&next).await.unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("plan_rules", plan(&planned, Detail { style: Style { color: false }, verbose: false })));
    edge.apply(&next, "r2").await;
    let after = ids(&edge);
    for (name, id) in after.iter().filter(|(name, _)| name != "infra_edge-32631_new") {
        assert!(before.contains(&(name.clone(), id.clone())), "a rule keeps its id: {name}");
    }
}

/// Somebody adds a rule just between our read and our write: it isn't lost.
#[tokio::test]
async fn a_rule_that_comes_in_between_is_kept() {
    let edge = Edge::start("enterprise").await;
    edge.apply(&want(&[("admin", "block")]), "r1").await;
    let Edge { moto, fake, zone, cloud } = edge;
    let fake = Arc::new(fake);
    let (weak, there): (Weak<Cloudflare>, String) = (Arc::downgrade(&fake), zone.clone());
    let done = std::sync::atomic::AtomicBool::new(false);
    fake.rule(move |call, _| {
        if call.method == "PUT" && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let fake = weak.upgrade().unwrap();
            let mut rules = fake.rules(&there, PHASE).unwrap();
            rules.push(json!({ "ref": "theirs", "expression": "true", "action": "log" }));
            fake.put_rules(&there, PHASE, rules);
        }
        Reaction::Pass
    });
    let next = want(&[("admin", "log")]);
    let planned = crate::support::plan_for(&Only::edge(&cloud), &next).await.unwrap();
    let (outcome, events) = crate::support::apply(&cloud, &planned, "r2").await;
    assert_eq!(outcome, infra::run::Outcome::Applied, "{events:#?}");
    let rules = fake.rules(&zone, PHASE).unwrap();
    let seen: Vec<_> = rules.iter().map(|r| (r["ref"].as_str().unwrap(), r["action"].as_str().unwrap())).collect();
    assert_eq!(seen, [("infra_edge-32631_admin", "log"), ("theirs", "log")], "{:#?}", fake.log());
    drop(moto);
}

/// Two stacks write the rules of one phase at once, in whatever order their requests arrive, beside somebody else's rule: nobody loses one.
#[tokio::test]
async fn writers_at_once_lose_nothing() {
    const STACKS: [&str; 2] = ["a", "b"];
    let edge = Edge::start("enterprise").await;
    edge.fake.put_rules(&edge.zone, PHASE, vec![json!({ "ref": "theirs", "expression": "true", "action": "log" })]);
    edge.fake.rule(|_, _| Reaction::Delay(std::time::Duration::from_millis(fastrand::u64(0..12))));
    let clouds = STACKS.map(|_| edge.with_token("test-token"));
    let versions = "GET /zones/:id/rulesets/phases/http_request_firewall_custom/entrypoint/versions/";
    for round in 0..sparse(40, 15) {
        let name = format!("r{round}");
        let wants = STACKS.map(|of| Stack { name: of.into(), ..want(&[(&name, "block"), ("same", "log")]) });
        let apply = async |(cloud, want): (&infra::wire::Clients, &Stack)| {
            let planned = crate::support::plan_for(&Only::edge(cloud), want).await.unwrap();
            crate::support::apply(cloud, &planned, &name).await
        };
        for (outcome, events) in futures_util::future::join_all(clouds.iter().zip(&wants).map(apply)).await {
            assert_eq!(outcome, infra::run::Outcome::Applied, "{events:#?}");
        }
        let rules = edge.fake.rules(&edge.zone, PHASE).unwrap();
        let mut seen: Vec<_> = rules.iter().map(|r| r["ref"].as_str().unwrap().to_owned()).collect();
        seen.sort();
        let mut all: Vec<String> =
            STACKS.iter().flat_map(|s| [format!("infra_{s}-32631_{name}"), format!("infra_{s}-32631_same")]).collect();
        all.push("theirs".into());
        all.sort();
        assert_eq!(seen, all, "round {round}");
    }
    let met = edge.fake.log().iter().filter(|c| c.shape().starts_with(versions)).count();
    println!("writers at once: they met {met} times");
    assert!(met > sparse(5, 1), "they have met: {met}");
}
