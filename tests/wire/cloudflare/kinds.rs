//! Each kind: made, read back, every attribute changed and changed back, gone.

use infra::kinds::cache_rules::{Caching, Query};
use infra::kinds::custom_rules::Filter;
use infra::kinds::ddos_rules::Override;
use infra::kinds::header_rules::{Header, Headers};
use infra::kinds::managed_rules::Managed;
use infra::kinds::rate_limit_rules::RateLimit;
use infra::kinds::redirect_rules::{Redirect, Target};
use infra::kinds::{
    CacheRules, CustomRules, DdosRules, DnsRecord, HeaderRules, ManagedRules, Object, RateLimitRules, RedirectRules, Rule, Text,
    ZoneSetting,
};
use infra::model::{Computed, Ranked};
use serde_json::{Value, json};

use super::super::{Case, check};
use super::{Edge, ZONE, record};
use crate::support::stack;

fn case(address: &'static str, object: impl Into<Object>, variants: Vec<(&'static str, Object)>) -> Case {
    Case { address, world: vec![(address, object.into())], variants }
}

fn ranked<A: Clone>(rules: &[(&str, &str, A)]) -> Ranked<Rule<A>> {
    let rule = |(name, when, action): &(&str, &str, A)| {
        ((*name).to_owned(), Rule { expression: (*when).to_owned(), action: action.clone(), enabled: true })
    };
    Ranked(rules.iter().map(rule).collect())
}

/// The cases of a kind of rules: another expression, another action, one more, one less, another order, one turned off.
macro_rules! phase {
    ($address:literal $kind:ident [$($action:expr),+]) => {{
        let actions = [$($action),+];
        let make = |rules: Ranked<_>| $kind { zone: ZONE.into(), rules, others: Computed(None) };
        let (one, two) = (actions[0].clone(), actions[actions.len() - 1].clone());
        let base = ranked(&[("first", r#"http.host eq "a.example.com""#, one.clone()), ("second", r#"http.host eq "b.example.com""#, two.clone())]);
        let mut variants: Vec<(&'static str, Object)> = vec![
            ("expression", make(ranked(&[("first", r#"http.host eq "z.example.com""#, one.clone()), ("second", r#"http.host eq "b.example.com""#, two.clone())])).into()),
            ("one more", make(Ranked([&base.0[..], &ranked(&[("third", "true", one.clone())]).0[..]].concat())).into()),
            ("one less", make(Ranked(base.0[1..].to_vec())).into()),
            ("order", make(Ranked(base.0.iter().rev().cloned().collect())).into()),
        ];
        let mut off = base.clone();
        off.0[0].1.enabled = false;
        variants.push(("enabled", make(off).into()));
        for action in &actions[1..] {
            let mut other = base.clone();
            other.0[0].1.action = action.clone();
            variants.push(("action", make(other).into()));
        }
        case($address, make(base), variants)
    }};
}

fn cases() -> Vec<Case> {
    let caching = Caching { bypass: false, edge_ttl: Some(86400), browser_ttl: Some(3600), query: Query::All };
    let names = |n: &[&str]| n.iter().map(|s| (*s).to_owned()).collect();
    let header = |name: &str, h: Header| Headers([(name.to_owned(), h)].into());
    let managed = |ruleset: &str, score: Option<i64>, action: Option<&str>| Managed {
        ruleset: ruleset.into(),
        score_threshold: score,
        action: action.map(String::from),
    };
    let limit = RateLimit { action: "block".into(), requests: 10, period: 60, timeout: 600 };
    let redirect = Redirect { to: Target::Value("https://www.example.com/".into()), status: 301, preserve_query: true };
    let base = record("www.example.com", "192.0.2.1");
    let over = |f: &dyn Fn(&mut DnsRecord)| {
        let mut other = base.clone();
        f(&mut other);
        other.into()
    };
    let text = |f: &str| Text::literal(f);
    let records = vec![
        ("content", over(&|r| r.content = text("192.0.2.2"))),
        ("name", over(&|r| r.name = text("web.example.com"))),
        ("ttl", over(&|r| r.ttl = 60)),
        ("proxied", over(&|r| (r.proxied, r.ttl) = (true, 1))),
        ("type: AAAA", over(&|r| (r.r#type, r.content) = ("AAAA".into(), text("2001:db8::1")))),
        ("type: CNAME", over(&|r| (r.r#type, r.content) = ("CNAME".into(), text("origin.example.net")))),
        ("type: MX", over(&|r| (r.r#type, r.content, r.priority) = ("MX".into(), text("mx.example.net"), Some(10)))),
        ("type: TXT", over(&|r| (r.r#type, r.content) = ("TXT".into(), text(&format!("k=\"{}\"", "x".repeat(400)))))),
        ("type: SRV", over(&|r| (r.r#type, r.content, r.priority) = ("SRV".into(), text("5 5060 sip.example.net"), Some(1)))),
        ("type: CAA", over(&|r| (r.r#type, r.content) = ("CAA".into(), text("0 issue amazon.com")))),
        ("type: NS", over(&|r| (r.r#type, r.content) = ("NS".into(), text("ns1.example.net")))),
    ];
    let mx = DnsRecord { r#type: "MX".into(), content: text("mx.example.net"), priority: Some(10), ..base.clone() };
    let setting = |id: &str, value: Value| ZoneSetting {
        zone: ZONE.into(),
        setting: id.into(),
        value: value.into(),
        before: Computed(None),
        waits_for: [].into(),
    };
    let hsts = |age: i64| {
        let value = json!({ "enabled": true, "max_age": age, "include_subdomains": true, "preload": false, "nosniff": true });
        json!({ "strict_transport_security": value })
    };
    vec![
        case("dns_record.www", base.clone(), records),
        case("dns_record.mail", mx.clone(), vec![("priority", DnsRecord { priority: Some(20), ..mx }.into())]),
        case("zone_setting.ssl", setting("ssl", json!("strict")), vec![("value", setting("ssl", json!("full")).into())]),
        case("zone_setting.tls", setting("tls_1_3", json!("on")), vec![("setting", setting("min_tls_version", json!("1.2")).into())]),
        case("zone_setting.hsts", setting("security_header", hsts(86400)), vec![("value", setting("security_header", hsts(3600)).into())]),
        phase!("cache_rules.main" CacheRules [
            caching.clone(),
            Caching { edge_ttl: None, ..caching.clone() },
            Caching { browser_ttl: Some(60), ..caching.clone() },
            Caching { bypass: true, edge_ttl: None, browser_ttl: None, query: Query::All },
            Caching { query: Query::None, ..caching.clone() },
            Caching { query: Query::Include(names(&["v"])), ..caching.clone() },
            Caching { query: Query::Exclude(names(&["utm_source", "utm_medium"])), ..caching }
        ]),
        phase!("custom_rules.main" CustomRules [Filter("block".into()), Filter("managed_challenge".into()), Filter("log".into()), Filter("skip".into())]),
        phase!("ddos_rules.main" DdosRules [
            Override { sensitivity: "medium".into(), action: None },
            Override { sensitivity: "low".into(), action: Some("log".into()) },
            Override { sensitivity: "eoff".into(), action: None }
        ]),
        phase!("header_rules.main" HeaderRules [
            header("X-Frame-Options", Header::Set("DENY".into())),
            header("X-Frame-Options", Header::Set("SAMEORIGIN".into())),
            header("Link", Header::Add("</style.css>".into())),
            header("Server", Header::Remove)
        ]),
        phase!("managed_rules.main" ManagedRules [
            managed("cloudflare", None, None),
            managed("cloudflare", None, Some("log")),
            managed("owasp", Some(25), Some("managed_challenge")),
            managed("owasp", Some(40), None)
        ]),
        phase!("rate_limit_rules.main" RateLimitRules [
            limit.clone(),
            RateLimit { requests: 20, ..limit.clone() },
            RateLimit { period: 120, ..limit.clone() },
            RateLimit { timeout: 300, ..limit.clone() },
            RateLimit { action: "managed_challenge".into(), timeout: 0, ..limit }
        ]),
        phase!("redirect_rules.main" RedirectRules [
            redirect.clone(),
            Redirect { status: 308, ..redirect.clone() },
            Redirect { preserve_query: false, ..redirect.clone() },
            Redirect { to: Target::Value("https://example.com/".into()), ..redirect.clone() },
            Redirect { to: Target::Expression(r#"concat("https://example.com", http.request.uri.path)"#.into()), ..redirect }
        ]),
    ]
}

/// Every kind's cases, as a test of their own.
macro_rules! kinds {
    ($($kind:ident),+ $(,)?) => {
        mod every_kind_obeys_its_laws {
            $(
                #[tokio::test]
                async fn $kind() {
                    super::obeys(stringify!($kind)).await;
                }
            )+
        }

        #[test]
        fn no_case_is_left_out() {
            let kinds = [$(stringify!($kind)),+];
            assert!(cases().iter().all(|case| kinds.contains(&case.address.split('.').next().unwrap())));
        }
    };
}

kinds! {
    cache_rules,
    custom_rules,
    ddos_rules,
    dns_record,
    header_rules,
    managed_rules,
    rate_limit_rules,
    redirect_rules,
    zone_setting,
}

async fn obeys(kind: &str) {
    let edge = Edge::start("enterprise").await;
    let before = edge.fake.photo();
    let cases: Vec<Case> = cases().into_iter().filter(|c| c.address.split('.').next() == Some(kind)).collect();
    assert!(!cases.is_empty());
    for case in cases {
        check(&edge.cloud, case).await;
    }
    assert_eq!(edge.fake.photo(), before, "the zone is as it was found");
}

/// What is written is what Cloudflare's reference says, read back as it stands there.
#[tokio::test]
async fn what_is_written_reads_as_the_reference_says() {
    let edge = Edge::start("enterprise").await;
    let caching = Caching { bypass: false, edge_ttl: Some(86400), browser_ttl: Some(3600), query: Query::Include(["v".to_owned()].into()) };
    let limit = RateLimit { action: "block".into(), requests: 10, period: 60, timeout: 600 };
    let redirect = Redirect { to: Target::Value("https://www.example.com/".into()), status: 301, preserve_query: true };
    macro_rules! rules {
        ($kind:ident $action:expr) => {
            $kind { zone: ZONE.into(), rules: ranked(&[("one", "true", $action)]), others: Computed(None) }.into()
        };
    }
    let headers = Headers([("X-Frame-Options".into(), Header::Set("DENY".into())), ("Server".into(), Header::Remove)].into());
    let want: Vec<(&str, Object)> = vec![
        ("cache_rules.main", rules!(CacheRules caching)),
        ("custom_rules.main", rules!(CustomRules Filter("block".into()))),
        ("ddos_rules.main", rules!(DdosRules Override { sensitivity: "low".into(), action: Some("log".into()) })),
        ("dns_record.www", DnsRecord { proxied: true, ttl: 1, ..record("www.example.com", "192.0.2.1") }.into()),
        ("header_rules.main", rules!(HeaderRules headers)),
        (
            "managed_rules.main",
            rules!(ManagedRules Managed { ruleset: "owasp".into(), score_threshold: Some(40), action: Some("log".into()) }),
        ),
        ("rate_limit_rules.main", rules!(RateLimitRules limit)),
        ("redirect_rules.main", rules!(RedirectRules redirect)),
    ];
    edge.apply(&stack("edge", want), "r1").await;
    let www = edge.record("www.example.com");
    let (kind, content, proxied, ttl) = (&www["type"], &www["content"], &www["proxied"], &www["ttl"]);
    assert_eq!(json!([kind, content, proxied, ttl]), json!(["A", "192.0.2.1", true, 1]));
    let comment = www["comment"].as_str().unwrap();
    assert!(comment.starts_with("infra edge-32631 www r1/") && comment.len() <= 100, "{comment}");
    let rule = |phase: &str| {
        let mut rules = edge.fake.rules(&edge.zone, phase).unwrap();
        assert_eq!(rules.len(), 1, "{phase}");
        let mut rule = rules.remove(0);
        assert_eq!(rule["ref"], "infra_edge-32631_one");
        assert!(rule["description"].as_str().unwrap().starts_with("one (infra edge-32631 r1/"), "{rule}");
        assert_eq!((&rule["expression"], &rule["enabled"]), (&json!("true"), &json!(true)));
        json!([rule["action"].take(), rule["action_parameters"].take(), rule["ratelimit"].take()])
    };
    let ttl = |n: i64| json!({ "mode": "override_origin", "default": n });
    let key = json!({ "custom_key": { "query_string": { "include": { "list": ["v"] } } } });
    assert_eq!(
        rule("http_request_cache_settings"),
        json!(["set_cache_settings", { "cache": true, "edge_ttl": ttl(86400), "browser_ttl": ttl(3600), "cache_key": key }, null])
    );
    assert_eq!(rule("http_request_firewall_custom"), json!(["block", null, null]));
    let ddos = json!({ "id": "4d21379b4f9f4bb088e0729962c8b3cf", "overrides": { "sensitivity_level": "low", "action": "log" } });
    assert_eq!(rule("ddos_l7"), json!(["execute", ddos, null]));
    let headers = json!({ "X-Frame-Options": { "operation": "set", "value": "DENY" }, "Server": { "operation": "remove" } });
    assert_eq!(rule("http_response_headers_transform"), json!(["rewrite", { "headers": headers }, null]));
    let score = json!({ "id": "6179ae15870a4bb7b2d480d4843b323c", "score_threshold": 40, "action": "log" });
    let owasp = json!({ "id": "4814384a9e5d4991b9815dcfc25d2f1f", "overrides": { "rules": [score] } });
    assert_eq!(rule("http_request_firewall_managed"), json!(["execute", owasp, null]));
    let limit = json!({ "characteristics": ["cf.colo.id", "ip.src"], "period": 60, "requests_per_period": 10, "mitigation_timeout": 600 });
    assert_eq!(rule("http_ratelimit"), json!(["block", null, limit]));
    let to = json!({ "status_code": 301, "target_url": { "value": "https://www.example.com/" }, "preserve_query_string": true });
    assert_eq!(rule("http_request_dynamic_redirect"), json!(["redirect", { "from_value": to }, null]));
}

/// A setting gets back what it was found with, however often it was changed in between; what can't be edited is refused before anything is noted.
#[tokio::test]
async fn settings_are_given_back() {
    let edge = Edge::start("pro").await;
    let want = |value: &str| {
        let setting = ZoneSetting {
            zone: ZONE.into(),
            setting: "ssl".into(),
            value: json!(value).into(),
            before: Computed(None),
            waits_for: [].into(),
        };
        stack("edge", [("zone_setting.ssl", setting.into())])
    };
    edge.fake.set_setting(&edge.zone, "ssl", json!("flexible"));
    edge.apply(&want("full"), "r1").await;
    edge.apply(&want("strict"), "r2").await;
    assert_eq!(edge.fake.setting(&edge.zone, "ssl"), "strict");
    edge.fake.set_setting(&edge.zone, "ssl", json!("off"));
    let plan = edge.plan(&want("strict")).await.unwrap();
    assert_eq!(plan.changes[0].attrs[0].before, Some(json!("off")), "drift shows");
    edge.apply(&want("strict"), "r3").await;
    edge.apply(&stack("edge", []), "r4").await;
    assert_eq!(edge.fake.setting(&edge.zone, "ssl"), "flexible", "as it was found before the first change");

    edge.fake.lock_setting(&edge.zone, "ssl");
    let (outcome, _) = edge.run(&want("strict"), "r5").await;
    assert!(format!("{outcome:?}").contains("can't be edited"), "{outcome:?}");
    assert!(edge.plan(&stack("edge", [])).await.unwrap().is_empty(), "nothing is left");
}
