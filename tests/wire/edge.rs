//! The reference environment, whole: one plan, one run and one rollback over both clouds.
mod faults;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use infra::kinds::Object;
use infra::kinds::security_group::{Peer, Rule};
use infra::plan::Plan;
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::{Clients, Cloudflare};
use serde_json::{Value, json};

use super::kill::canon::canon;
use super::production::look::look;
use crate::support::cloudflare::Cloudflare as Fake;
use crate::support::moto::Moto;
use crate::support::reference::{Reference, lower};
use crate::support::{apply, plan_identified, settled, stack};

const ZONE: &str = "example.com";

/// What the emulator lacks of the example.
const EMULATOR: &str = "database: { main: { performance_insights: false } }\n";

/// Every part of the section, changed.
const CHANGED: &str = r#"
cdn:
  records:
    shop: { to: load_balancer }
    v4: { type: a, content: 192.0.2.1, ttl: 5m }
    mail: { type: mx, name: "@", content: mx.example.net, priority: 10 }
    spf: { type: txt, name: "@", content: "v=spf1 include:example.net -all" }
    sip: { type: srv, name: _sip._tcp, content: sip.example.net, priority: 10, weight: 5, port: 5060 }
    caa: { type: caa, name: "@", tag: issue, content: amazon.com }
  static_assets:
    - { match: "/api/*", bypass: true }
    - { match: "/static/*", edge_ttl: 7d, browser_ttl: 2h, query: { exclude: [utm_source] } }
  tls: { mode: full, min_version: "1.3", always_use_https: false, tls_1_3: true, hsts: { max_age: 180d } }
  waf: { owasp: { sensitivity: high }, custom: [{ name: no-admin, when: 'http.request.uri.path contains "/admin"', action: managed_challenge }] }
  rate_limits: [{ name: login, when: 'http.request.uri.path eq "/login"', requests: 20, per: 1m, action: block }]
  ddos: { sensitivity: low }
  redirects: [{ from: "/old/*", to: "https://www.example.com/new" }]
  headers: [{ name: security, set: { X-Frame-Options: DENY } }]
"#;

/// Both clouds, with what others have in them.
struct Site {
    reference: Reference,
    fake: Arc<Fake>,
    zone: String,
    cloud: Clients,
    runs: AtomicUsize,
}

impl Site {
    async fn start() -> Site {
        let (reference, fake) = (Reference::start().await, Fake::start());
        let zone = fake.zone(ZONE, "business");
        for (kind, name, content) in [
            ("A", "blog.example.com", "192.0.2.50"),
            ("TXT", "example.com", "\"by hand\""),
            ("LOC", "example.com", "51 30 12.748 N 0 7 39.612 W 0.00m"),
        ] {
            fake.add_record(&zone, json!({ "type": kind, "name": name, "content": content, "ttl": 300, "comment": "by hand" }));
        }
        let limit =
            json!({ "characteristics": ["cf.colo.id", "ip.src"], "period": 60, "requests_per_period": 5, "mitigation_timeout": 60 });
        let away = json!({ "from_value": { "status_code": 302, "target_url": { "value": "https://example.net/" }, "preserve_query_string": false } });
        for (phase, action, parameters, limit) in [
            ("http_request_firewall_custom", "log", Value::Null, Value::Null),
            ("http_ratelimit", "log", Value::Null, limit),
            ("http_request_cache_settings", "set_cache_settings", json!({ "cache": false }), Value::Null),
            ("http_request_dynamic_redirect", "redirect", away, Value::Null),
        ] {
            let mut rule = json!({ "ref": "theirs", "expression": "false", "action": action, "description": "by hand" });
            for (key, value) in [("action_parameters", parameters), ("ratelimit", limit)] {
                if !value.is_null() {
                    rule[key] = value;
                }
            }
            fake.put_rules(&zone, phase, vec![rule]);
        }
        for phase in ["http_request_firewall_managed", "ddos_l7", "http_response_headers_transform"] {
            fake.put_rules(&zone, phase, vec![]);
        }
        let cloudflare = Cloudflare::new(Some(ZONE.into()), Some("test-token".into()), Some(fake.endpoint.clone()));
        let mut cloud = Moto::clients(&reference.proxy.endpoint).with_cloudflare(cloudflare);
        cloud.policy.unseen = std::time::Duration::ZERO;
        Site { reference, fake: Arc::new(fake), zone, cloud, runs: AtomicUsize::new(0) }
    }

    async fn run(&self, want: &Stack, run: &str) -> (Plan, Outcome) {
        // No two runs have one id: a token that repeats would name a certificate that has left.
        let run = &format!("{run}x{}", self.runs.fetch_add(1, SeqCst));
        let plan = plan_identified(&self.cloud, want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        let (outcome, events) = apply(&self.cloud, &plan, run).await;
        assert!(!matches!(outcome, Outcome::Stuck(_) | Outcome::Unfinished(_)), "{run}: {outcome:?} {events:#?}");
        (plan, outcome)
    }

    /// Plans and applies; afterwards there is nothing to do.
    async fn apply(&self, want: &Stack, run: &str) -> Plan {
        let (plan, outcome) = self.run(want, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run}");
        settled(&self.cloud, want, run).await;
        plan
    }

    /// The records of a name, as the API shows them: type, content, proxied, ttl, priority.
    fn records(&self, name: &str) -> Vec<Value> {
        let shown = |r: &Value| json!([r["type"], r["content"], r["proxied"], r["ttl"], r["priority"]]);
        let ours = |r: &&Value| r["name"] == name && r["comment"].as_str().is_some_and(|c| c.starts_with("infra production-32631 "));
        self.fake.records(&self.zone).iter().filter(ours).map(shown).collect()
    }

    /// The stack's rules in a phase: reference, expression, action, parameters, rate limit.
    fn rules(&self, phase: &str) -> Vec<Value> {
        let rules = self.fake.rules(&self.zone, phase).unwrap();
        let ours = |r: &&Value| r["ref"].as_str().unwrap().starts_with("infra_production-32631_");
        let shown = |r: &Value| {
            let name = r["ref"].as_str().unwrap().trim_start_matches("infra_production-32631_").to_owned();
            json!([name, r["expression"], r["action"], r["action_parameters"], r["ratelimit"]])
        };
        rules.iter().filter(ours).map(shown).collect()
    }

    fn setting(&self, id: &str) -> Value {
        self.fake.setting(&self.zone, id)
    }

    /// Everything in both clouds, ids and marks of runs left out.
    async fn picture(&self) -> Vec<String> {
        let timeless = |text: String| {
            text.lines()
                .filter(|l| !["in_use_by", "not_after", "not_before"].iter().any(|w| l.starts_with(w)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let mut all: Vec<String> = canon(&self.reference.config).await.into_iter().map(timeless).collect();
        let plain = |v: &str| {
            let passing = |l: &&str| {
                ["\"id\"", "\"comment\": \"infra", "\"description\": \"", ".acm-validations.", "elb.amazonaws.com"]
                    .iter()
                    .any(|w| l.contains(w))
            };
            v.lines().filter(|l| !passing(l)).collect::<Vec<_>>().join("\n")
        };
        all.extend(
            self.fake.photo().into_iter().filter(|(k, _)| !k.contains("/rules/http") || k.matches('/').count() > 2).map(|(_, v)| plain(&v)),
        );
        all.sort();
        all
    }
}

fn production(layer: &str) -> Stack {
    let base = include_str!("../../examples/production.yaml");
    let mut stack = lower(&[("production.yaml", base), ("emulator.yaml", EMULATOR), ("layer.yaml", layer)]);
    // The emulator forgets the description of a rule that names a prefix list.
    for object in stack.nodes.values_mut() {
        if let Object::SecurityGroup(group) = object {
            let bare = |r: &Rule| Rule { description: String::new(), ..r.clone() };
            let listed = |r: &Rule| matches!(r.peer, Peer::PrefixList(_));
            group.ingress = group.ingress.iter().map(|r| if listed(r) { bare(r) } else { r.clone() }).collect();
        }
    }
    stack
}

fn execute(id: &str, overrides: Option<Value>) -> Value {
    overrides.map_or(json!({ "id": id }), |o| json!({ "id": id, "overrides": o }))
}

/// Applied, read back by plain requests against hand-written literals, changed in every part, read back, destroyed: nothing of others has moved.
#[tokio::test]
async fn the_whole_environment_spans_both_clouds() {
    let site = Site::start().await;
    let before = site.fake.photo();
    let account = canon(&site.reference.config).await;
    site.apply(&production(""), "r1").await;

    let seen = look(&site.reference.config).await;
    let balancer = seen.balancers["load_balancer.main"].0.dns_name().unwrap().to_lowercase();
    let origin = json!(["CNAME", balancer, true, 1, null]);
    assert_eq!([site.records("www.example.com"), site.records("assets.example.com")], [vec![origin.clone()], vec![origin.clone()]]);
    let acm = aws_sdk_acm::Client::new(&site.reference.config);
    let arn = seen.listeners["listener.https"].certificates()[0].certificate_arn().unwrap().to_owned();
    let certificate = acm.describe_certificate().certificate_arn(&arn).send().await.unwrap().certificate.unwrap();
    let mut names = certificate.subject_alternative_names().to_vec();
    names.sort();
    assert_eq!(
        (certificate.domain_name(), names),
        (Some("www.example.com"), vec!["assets.example.com".to_owned(), "www.example.com".into()])
    );
    for option in certificate.domain_validation_options() {
        let record = option.resource_record().unwrap();
        let (name, value) = (record.name().trim_end_matches('.').to_lowercase(), record.value().trim_end_matches('.').to_lowercase());
        assert_eq!(site.records(&name), [json!(["CNAME", value, false, 1, null])], "{name}");
    }
    let ec2 = aws_sdk_ec2::Client::new(&site.reference.config);
    let permissions = seen.groups["security_group.load_balancer"].ip_permissions();
    assert_eq!(permissions.len(), 2, "a port each: {permissions:?}");
    for permission in permissions {
        assert!(permission.ip_ranges().is_empty(), "nobody but Cloudflare: {permission:?}");
        let list = permission.prefix_list_ids()[0].prefix_list_id().unwrap();
        let entries = ec2.get_managed_prefix_list_entries().prefix_list_id(list).send().await.unwrap();
        let blocks: Vec<&str> = entries.entries().iter().filter_map(|e| e.cidr()).collect();
        assert!(blocks.len() == 15 && blocks.contains(&"173.245.48.0/20"), "{blocks:?}");
    }
    assert_eq!(
        [site.setting("ssl"), site.setting("min_tls_version"), site.setting("always_use_https")],
        [json!("strict"), json!("1.2"), json!("on")]
    );
    let hosts = r#"http.host in {"assets.example.com" "www.example.com"}"#;
    let ttl = |n: i64| json!({ "mode": "override_origin", "default": n });
    assert_eq!(
        site.rules("http_request_cache_settings"),
        [json!([
            "static",
            format!(r#"{hosts} and starts_with(http.request.uri.path, "/static/")"#),
            "set_cache_settings",
            { "cache": true, "edge_ttl": ttl(2_592_000), "browser_ttl": ttl(3600) },
            null
        ])]
    );
    let admin = |action: &str| json!(["no-admin", "http.request.uri.path contains \"/admin\"", action, null, null]);
    assert_eq!(site.rules("http_request_firewall_custom"), [admin("block")]);
    let managed = site.rules("http_request_firewall_managed");
    assert_eq!((managed.len(), &managed[0][3]), (1, &execute("efb7b8c949ac4650a09736fc376e9aee", None)));
    let limit = |requests: i64, timeout: i64| json!({ "characteristics": ["cf.colo.id", "ip.src"], "period": 60, "requests_per_period": requests, "mitigation_timeout": timeout });
    let login = "http.request.uri.path eq \"/login\"";
    assert_eq!(site.rules("http_ratelimit"), [json!(["login", login, "managed_challenge", null, limit(10, 0)])]);
    assert_eq!(site.rules("ddos_l7"), Vec::<Value>::new());

    site.apply(&production(CHANGED), "r2").await;
    assert_eq!(site.records("shop.example.com"), std::slice::from_ref(&origin));
    assert_eq!(site.records("v4.example.com"), [json!(["A", "192.0.2.1", false, 300, null])]);
    let mut apex = site.records("example.com");
    apex.sort_by_key(|r| r[0].to_string());
    assert_eq!(
        apex,
        [
            json!(["CAA", "0 issue \"amazon.com\"", false, 1, null]),
            json!(["MX", "mx.example.net", false, 1, 10]),
            json!(["TXT", "\"v=spf1 include:example.net -all\"", false, 1, null])
        ]
    );
    assert_eq!(site.records("_sip._tcp.example.com")[0][0], "SRV");
    let hsts = json!({ "enabled": true, "max_age": 15_552_000, "include_subdomains": false, "preload": false, "nosniff": false });
    let header = site.setting("security_header");
    for (key, value) in hsts.as_object().unwrap().iter().filter(|(k, _)| ["enabled", "max_age"].contains(&k.as_str())) {
        assert_eq!(&header["strict_transport_security"][key], value, "{key}");
    }
    let now = ["ssl", "min_tls_version", "always_use_https", "tls_1_3"].map(|id| site.setting(id));
    assert_eq!(now, [json!("full"), json!("1.3"), json!("off"), json!("on")]);
    let caching = site.rules("http_request_cache_settings");
    assert_eq!((caching.len(), &caching[0][0], &caching[0][3]), (2, &json!("api"), &json!({ "cache": false })));
    assert_eq!(caching[1][3]["cache_key"], json!({ "custom_key": { "query_string": { "exclude": { "list": ["utm_source"] } } } }));
    assert_eq!(site.rules("http_request_firewall_custom"), [admin("managed_challenge")]);
    let score = json!({ "rules": [{ "id": "6179ae15870a4bb7b2d480d4843b323c", "score_threshold": 25 }] });
    let managed: Vec<Value> = site.rules("http_request_firewall_managed").iter().map(|r| r[3]["id"].clone()).collect();
    assert_eq!(managed, ["efb7b8c949ac4650a09736fc376e9aee", "4814384a9e5d4991b9815dcfc25d2f1f"]);
    assert_eq!(
        site.rules("http_request_firewall_managed")[1][3]["overrides"]["rules"][0]["score_threshold"],
        score["rules"][0]["score_threshold"]
    );
    assert_eq!(site.rules("http_ratelimit"), [json!(["login", login, "block", null, limit(20, 60)])]);
    assert_eq!(site.rules("ddos_l7")[0][3]["overrides"], json!({ "sensitivity_level": "low" }));
    assert_eq!(
        site.rules("http_request_dynamic_redirect")[0][3]["from_value"]["target_url"],
        json!({ "value": "https://www.example.com/new" })
    );
    assert_eq!(
        site.rules("http_response_headers_transform")[0][3],
        json!({ "headers": { "X-Frame-Options": { "operation": "set", "value": "DENY" } } })
    );
    let later = look(&site.reference.config).await.listeners["listener.https"].certificates()[0].certificate_arn().unwrap().to_owned();
    assert_ne!(later, arn, "a name more is another certificate");
    assert!(acm.describe_certificate().certificate_arn(&arn).send().await.is_err(), "the old one has left");

    site.apply(&production(""), "r3").await;
    site.apply(&stack("production", []), "r4").await;
    let after = site.fake.photo();
    for (key, value) in &before {
        assert_eq!(after.get(key), Some(value), "{key}");
    }
    assert_eq!(after.len(), before.len(), "nothing more is left");
    assert_eq!(canon(&site.reference.config).await, account, "nothing is left in the account");
}

/// Cloudflare publishes another range: the plan shows it, the new one is let in and the old one shut out in one step.
#[tokio::test]
async fn ranges_follow_what_is_published() {
    let site = Site::start().await;
    site.apply(&production(""), "r1").await;
    site.fake.set_ipv4(vec!["173.245.48.0/20", "203.0.113.0/24"]);
    let plan = site.apply(&production(""), "r2").await;
    assert_eq!(plan.changes.len(), 1, "{:#?}", plan.changes);
    let paths: Vec<&str> = plan.changes[0].attrs.iter().map(|a| a.path.as_str()).collect();
    assert!(paths.contains(&"entries.203.0.113.0/24") && paths.iter().all(|p| p.starts_with("entries.")), "{paths:?}");
}
