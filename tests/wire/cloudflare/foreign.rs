//! What others have in a zone stays as it is, byte for byte.
use infra::kinds::custom_rules::Filter;
use infra::kinds::{CustomRules, Object, Rule, ZoneSetting};
use infra::model::{Computed, Ranked};
use infra::stack::Stack;
use serde_json::{Value, json};

use super::{Edge, ZONE, record};
use crate::support::stack;

/// Records of every type that a zone can have.
fn foreign_records() -> Vec<Value> {
    let plain =
        |kind: &str, name: &str, content: &str| json!({ "type": kind, "name": name, "content": content, "ttl": 300, "comment": "by hand" });
    vec![
        plain("A", "example.com", "192.0.2.10"),
        plain("A", "example.com", "192.0.2.11"),
        plain("AAAA", "example.com", "2001:db8::10"),
        plain("CNAME", "blog.example.com", "blog.example.net"),
        json!({ "type": "MX", "name": "example.com", "content": "mx.example.net", "priority": 10, "ttl": 300 }),
        plain("TXT", "example.com", "\"v=spf1 -all\""),
        plain("NS", "sub.example.com", "ns.example.net"),
        json!({ "type": "CAA", "name": "example.com", "data": { "flags": 0, "tag": "issue", "value": "amazon.com" }, "content": "0 issue \"amazon.com\"", "ttl": 300 }),
        json!({ "type": "SRV", "name": "_sip._tcp.example.com", "data": { "priority": 1, "weight": 2, "port": 5060, "target": "sip.example.net" }, "content": "2 5060 sip.example.net", "ttl": 300 }),
        plain("LOC", "example.com", "51 30 12.748 N 0 7 39.612 W 0.00m 0.00m 0.00m 0.00m"),
        plain("URI", "_http._tcp.example.com", "10 1 \"https://example.net\""),
        plain("TLSA", "_443._tcp.example.com", "3 1 1 abcdef"),
        plain("HTTPS", "example.com", "1 . alpn=\"h2\""),
        // Another stack's.
        json!({ "type": "A", "name": "other.example.com", "content": "192.0.2.12", "ttl": 1, "proxied": true, "comment": "infra edge2 www r1/3 01234567" }),
        // An equally named stack's of another account or region.
        json!({ "type": "A", "name": "there.example.com", "content": "192.0.2.13", "ttl": 1, "proxied": true, "comment": "infra edge-00000 www r1/3 01234567" }),
    ]
}

fn foreign_rules() -> Vec<Value> {
    let rule = |name: &str, expression: &str| json!({ "ref": name, "description": "by hand", "expression": expression, "action": "log", "enabled": false });
    vec![
        rule("hand-1", r#"ip.src eq 192.0.2.1"#),
        json!({ "expression": "http.host eq \"x.example.com\"", "action": "skip", "action_parameters": { "phases": ["http_ratelimit"] }, "logging": { "enabled": true } }),
        rule("infra_edge2_no-admin", r#"http.request.uri.path contains "/admin""#),
        rule("infra_edge-00000_admin", r#"http.request.uri.path eq "/there""#),
    ]
}

fn want(paths: &[&str]) -> Stack {
    let rule = |path: &&str| {
        let rule = Rule { expression: format!("http.request.uri.path eq \"/{path}\""), action: Filter("block".into()), enabled: true };
        ((*path).to_owned(), rule)
    };
    let rules = CustomRules { zone: ZONE.into(), rules: Ranked(paths.iter().map(rule).collect()), others: Computed(None) };
    let ssl = ZoneSetting {
        zone: ZONE.into(),
        setting: "ssl".into(),
        value: json!("strict").into(),
        before: Computed(None),
        waits_for: [].into(),
    };
    let all: Vec<(&str, Object)> = vec![
        ("custom_rules.main", rules.into()),
        ("dns_record.www", record("www.example.com", "192.0.2.1").into()),
        ("zone_setting.ssl", ssl.into()),
    ];
    stack("edge", all)
}

#[tokio::test]
async fn nothing_of_others_is_touched() {
    let edge = Edge::start("pro").await;
    for r in foreign_records() {
        edge.fake.add_record(&edge.zone, r);
    }
    edge.fake.put_rules(&edge.zone, "http_request_firewall_custom", foreign_rules());
    edge.fake.put_rules(&edge.zone, "http_request_dynamic_redirect", vec![]);
    edge.fake.set_setting(&edge.zone, "min_tls_version", json!("1.1"));
    let before = edge.fake.photo();
    let same = |what: &str| {
        let now = edge.fake.photo();
        for (key, value) in &before {
            let ours = key.ends_with("/setting/ssl") || key.ends_with("/rules/http_request_firewall_custom");
            assert!(ours || now.get(key) == Some(value), "{what}: {key}: {value} -> {:?}", now.get(key));
        }
    };
    edge.apply(&want(&["admin", "login"]), "r1").await;
    same("applied");
    edge.apply(&want(&["login", "shop", "admin"]), "r2").await;
    same("changed");
    // What somebody puts between ours stays between them.
    let mut rules = edge.fake.rules(&edge.zone, "http_request_firewall_custom").unwrap();
    rules.insert(5, json!({ "ref": "between", "expression": "true", "action": "log" }));
    edge.fake.put_rules(&edge.zone, "http_request_firewall_custom", rules);
    edge.apply(&want(&["shop", "login", "admin"]), "r3").await;
    let order: Vec<String> = edge
        .fake
        .rules(&edge.zone, "http_request_firewall_custom")
        .unwrap()
        .iter()
        .map(|r| r["ref"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(order[0], "hand-1");
    assert_eq!(order[4..], ["infra_edge-32631_shop", "between", "infra_edge-32631_login", "infra_edge-32631_admin"], "{order:?}");
    let mut rules = edge.fake.rules(&edge.zone, "http_request_firewall_custom").unwrap();
    rules.retain(|r| r["ref"] != "between");
    edge.fake.put_rules(&edge.zone, "http_request_firewall_custom", rules);
    edge.apply(&stack("edge", []), "r4").await;
    assert_eq!(edge.fake.photo(), before, "destroyed: everything is as it was");
}

/// Whatever is in a zone, one request lists it.
#[tokio::test]
async fn a_full_zone_is_one_request() {
    let edge = Edge::start("enterprise").await;
    let kinds = foreign_records();
    for i in 0..3000 {
        let mut record = kinds[i % kinds.len()].clone();
        record["name"] = json!(format!("n{i}.example.com"));
        edge.fake.add_record(&edge.zone, record);
    }
    edge.apply(&want(&["admin"]), "r1").await;
    edge.fake.reset_log();
    assert!(edge.plan(&want(&["admin"])).await.unwrap().is_empty());
    assert_eq!(edge.count("GET /zones/:id/dns_records"), 1);
    let log = edge.fake.log();
    assert!(log.iter().all(|c| c.method == "GET"), "a plan reads only");
    // The list, seven phases, one setting; the zone's id is known.
    assert_eq!(log.len(), 9, "{:#?}", log.iter().map(|c| c.shape()).collect::<Vec<_>>());
}

/// A stack that no longer has a zone in its spec still finds what it left there.
#[tokio::test]
async fn a_forgotten_zone_is_found() {
    let edge = Edge::start("pro").await;
    let before = edge.fake.photo();
    edge.apply(&want(&["admin"]), "r1").await;
    let without = infra::wire::Cloudflare::new(None, Some("test-token".into()), Some(edge.fake.endpoint.clone()));
    let other = crate::support::moto::Moto::clients(&edge.moto.endpoint).with_cloudflare(without);
    let plan = crate::support::plan_for(&other, &stack("edge", [])).await.unwrap();
    assert_eq!(plan.changes.len(), 3, "{:#?}", plan.changes);
    let (outcome, _) = crate::support::apply(&other, &plan, "r2").await;
    assert_eq!(outcome, infra::run::Outcome::Applied);
    assert_eq!(edge.fake.photo(), before);
}
