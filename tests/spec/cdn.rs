//! The CDN's section: expressions, defaults that follow from paths, and what becomes of it all.
use infra::kinds::{Address, Object};
use infra::model::Ranked;
use infra::spec::expression::{check, string};
use infra::spec::{self, Spec};
use infra::stack::Stack;
use proptest::prelude::*;

fn load(text: &str) -> Spec {
    let text = format!("stack: shop\nregion: us-east-1\n{text}");
    spec::load(&[("infra.yaml".into(), text)], &|_| None).unwrap_or_else(|found| panic!("{found}")).spec
}

fn lower(text: &str) -> Stack {
    spec::lower::lower(&load(text), &|_| None).expect("nothing is secret")
}

fn value(stack: &Stack, address: &str) -> serde_json::Value {
    let address: Address = address.parse().expect(address);
    let object = stack
        .nodes
        .get(&address)
        .unwrap_or_else(|| panic!("no {address} in {:?}", stack.nodes.keys().map(ToString::to_string).collect::<Vec<_>>()));
    let attributes = object.attributes().into_iter().map(|a| (a.name.to_string(), a.value));
    serde_json::Value::Object(attributes.collect())
}

/// Expressions whose pairs are pairs: what is between them may hold any letter, as long as it is quoted.
fn balanced() -> impl Strategy<Value = String> {
    let quoted = any::<String>().prop_map(|text| string(&text));
    let raw = "[^\"]{0,9}".prop_map(|text| format!("r#\"({text}\"\"{{\"#"));
    let leaf = prop_oneof![Just("ssl".to_string()), Just("cf.bot_management.score lt 30".to_string()), quoted, raw];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|x| format!("({x})")),
            inner.clone().prop_map(|x| format!("http.request.headers[{x}]")),
            inner.clone().prop_map(|x| format!("ip.src in {{{x} {x}}}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} and not\n({b})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn balanced_expressions_pass(text in balanced()) {
        prop_assume!(text.chars().count() <= 4096);
        prop_assert_eq!(check(&text), Ok(()));
    }

    #[test]
    fn one_more_or_one_less_is_seen(text in balanced(), closes in any::<bool>()) {
        prop_assume!(text.chars().count() < 4096);
        let text = if closes { format!("{text})") } else { format!("({text}") };
        prop_assert!(check(&text).is_err(), "{}", text);
    }

    #[test]
    fn any_text_is_looked_at(text in any::<String>()) {
        let _ = check(&text);
    }
}

#[test]
fn faults_have_columns() {
    for (text, said) in [
        ("(a and (b)", "has a `(` in column 1 that nothing closes"),
        ("a)", "has a `)` in column 2 that closes nothing"),
        ("x in {1 2)", "has a `)` in column 10, where the `{` in column 6 is open"),
        ("\u{e4} eq \"x", "has a quote in column 6 that nothing closes"),
        ("a and\n  (b", "has a `(` in line 2, column 3 that nothing closes"),
        ("p matches r#\"x\"", "has a raw string in column 11 that nothing closes"),
        (" ", "is empty"),
    ] {
        assert_eq!(check(text).map_err(|fault| fault.message), Err(said.to_string()), "{text}");
    }
}

#[test]
fn names_follow_from_paths() {
    let spec = load(
        "cdn:\n  zone: example.com\n  records: { www: { type: a, content: 192.0.2.1, proxied: true } }\n  static_assets:\n    \
         - match: /static/*\n    - match: '/*'\n    - match: /404.html\n    - match: /IMG/*/Large.png\n    - match: /a-very-long-path/that-goes-on/and-on\n",
    );
    let names: Vec<String> =
        spec.cdn.iter().flat_map(|cdn| &cdn.static_assets).map(|rule| rule.name.as_ref().expect("derived").to_string()).collect();
    assert_eq!(names, ["static", "all", "path-404-html", "img-large-png", "a-very-long-path-that-goes-on-an"]);
}

#[test]
fn paths_become_expressions() {
    let stack = lower(
        "cdn:\n  zone: Example.COM\n  records:\n    www: { type: a, content: 192.0.2.1, proxied: true }\n    apex: { type: a, name: '@', content: 192.0.2.1, proxied: true }\n    \
         plain: { type: a, content: 192.0.2.1 }\n  static_assets:\n    - match: /static/*\n    - match: '/*'\n    - match: /a/*/b\n    - match: /one\n    - { name: own, when: ssl }\n",
    );
    let Some(Object::CacheRules(rules)) = stack.nodes.get(&"cache_rules.main".parse::<Address>().expect("an address")) else {
        panic!("no rules")
    };
    let Ranked(rules) = &rules.rules;
    let said: Vec<&str> = rules.iter().map(|(_, rule)| rule.expression.as_str()).collect();
    let hosts = "http.host in {\"example.com\" \"www.example.com\"}";
    assert_eq!(
        said,
        [
            format!("{hosts} and starts_with(http.request.uri.path, \"/static/\")"),
            hosts.to_string(),
            format!("{hosts} and http.request.uri.path strict wildcard \"/a/*/b\""),
            format!("{hosts} and http.request.uri.path eq \"/one\""),
            "ssl".to_string(),
        ]
    );
    assert!(said.iter().all(|expression| check(expression).is_ok()));
    assert_eq!(stack.zone.as_deref(), Some("example.com"));
}

#[test]
fn records_have_one_form() {
    let stack = lower(
        "cdn:\n  zone: m\u{fc}nchen.example\n  records:\n    mail: { type: mx, name: '@', content: MX.Example.net., priority: 10 }\n    \
         spf: { type: txt, name: '@', content: '\"v=spf1\" \" -all\"' }\n    sip: { type: srv, name: _sip._TCP, content: sip.example.net, priority: 1, weight: 5, port: 5060 }\n    \
         caa: { type: caa, name: '@', tag: issue, content: amazon.com }\n    six: { type: aaaa, name: '*.dev', content: '2001:DB8:0::1', ttl: 5m }\n",
    );
    let said = |key: &str| {
        let record = value(&stack, &format!("dns_record.{key}"));
        [&record["name"], &record["content"]].map(|v| v.as_str().unwrap_or_default().to_string())
    };
    assert_eq!(said("mail"), ["xn--mnchen-3ya.example", "mx.example.net"]);
    assert_eq!(said("spf"), ["xn--mnchen-3ya.example", "v=spf1 -all"]);
    assert_eq!(said("sip"), ["_sip._tcp.xn--mnchen-3ya.example", "5 5060 sip.example.net"]);
    assert_eq!(said("caa"), ["xn--mnchen-3ya.example", "0 issue amazon.com"]);
    assert_eq!(said("six"), ["*.dev.xn--mnchen-3ya.example", "2001:db8::1"]);
    assert_eq!(value(&stack, "dns_record.six")["ttl"], 300);
    assert_eq!(value(&stack, "dns_record.mail")["ttl"], 1);
}

const BALANCED: &str = "load_balancer:\n  listeners:\n    https: { port: 443, certificate: WWW.example.com, forward: app }\n    http: { port: 80, redirect: https }\n\
    compute: { app: { port: 80 } }\n";

#[test]
fn what_leads_to_the_balancer_comes_last() {
    let stack = lower(&format!(
        "{BALANCED}cdn:\n  zone: example.com\n  records: {{ www: {{ to: load_balancer }}, star: {{ name: '*', to: load_balancer }}, apex: {{ name: '@', to: load_balancer }} }}\n  \
         tls: {{ mode: strict }}\n  waf: {{ managed: free }}\n  origin: {{ locked_to_cloudflare: true }}\n"
    ));
    let www = value(&stack, "dns_record.www");
    let waits: Vec<&str> = www["waits_for"].as_array().expect("a list").iter().map(|p| p["$ref"].as_str().expect("an address")).collect();
    assert_eq!(waits, ["auto_scaling_group.app", "listener.http", "listener.https", "managed_rules.main", "zone_setting.ssl"]);
    assert_eq!(www["opens"][0], "security_group.load_balancer");
    let certificate = value(&stack, "certificate.www.example.com");
    assert_eq!(certificate["names"], serde_json::json!(["*.example.com", "example.com", "www.example.com"]));
    let listener = value(&stack, "listener.https");
    assert_eq!(listener["certificate"]["$ref"], "certificate.www.example.com");
    assert_eq!(
        listener["waits_for"].as_array().map(Vec::len),
        Some(3),
        "who answers, and records: `*.example.com` and `example.com` share one"
    );
    let record = value(&stack, "dns_record.certificate.example.com");
    assert_eq!(record["name"]["$text"][0]["output"]["attr"], "validation_name.*.example.com");
    let group = value(&stack, "security_group.load_balancer");
    assert_eq!(group["reached_by"].as_array().map(Vec::len), Some(3));
    let ingress = group["ingress"].as_array().expect("rules");
    assert!(ingress.iter().all(|rule| rule["peer"]["prefix_list"]["$ref"] == "prefix_list.cloudflare"), "{ingress:?}");
    assert!(stack.nodes.contains_key(&"prefix_list.cloudflare".parse::<Address>().expect("an address")));
    assert_eq!(value(&stack, "zone_setting.ssl")["waits_for"][0]["$ref"], "listener.https");
}

/// `allow_from: [cdn]` and `locked_to_cloudflare: true` are two ways to say one thing.
#[test]
fn two_ways_to_lock() {
    let cdn = "cdn:\n  zone: example.com\n  records: { www: { to: load_balancer } }\n";
    let long = load(&format!("{}{cdn}", BALANCED.replace("load_balancer:\n", "load_balancer:\n  allow_from: [cdn]\n")));
    let short = load(&format!("{BALANCED}{cdn}  origin: {{ locked_to_cloudflare: true }}\n"));
    assert_eq!(long, short);
    let open = load(&format!("{BALANCED}{cdn}"));
    assert!(open.cdn.is_some_and(|cdn| !cdn.origin.locked_to_cloudflare));
}

/// Only what is written is governed.
#[test]
fn an_empty_section_makes_nothing() {
    let stack = lower("cdn: { zone: example.com }\n");
    assert!(stack.nodes.values().all(|object| object.kind().service() != infra::wire::Service::Cloudflare));
}

#[test]
fn references_to_the_zone_are_its_name() {
    let stack = lower("cdn: { zone: example.com }\noutputs: { site: 'https://${cdn.zone}' }\n");
    assert_eq!(serde_json::to_value(&stack.outputs["site"]).ok(), Some("https://example.com".into()));
}
