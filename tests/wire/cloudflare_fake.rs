//! The fake of Cloudflare's API over plain HTTP: its envelope, tokens, zones, settings and faults.
mod dns;
mod rulesets;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::cloudflare::{Cloudflare, Reaction};

/// What came back; status 0 when nothing did.
struct Got {
    status: u16,
    head: String,
    body: Value,
}

impl Got {
    /// The result of an answer that must have gone well.
    fn ok(self) -> Value {
        assert!(self.status == 200 && self.body["success"] == true, "{} {:#}", self.status, self.body);
        self.body["result"].clone()
    }

    /// The status and the code of the first error; of its cause, where there is a chain.
    fn refused(self) -> (u16, u64) {
        assert!(self.body["success"] == false && self.body["result"].is_null(), "{:#}", self.body);
        let error = &self.body["errors"][0];
        let cause = if error["code"] == 1004 && !error["error_chain"].is_null() { &error["error_chain"][0] } else { error };
        (self.status, cause["code"].as_u64().unwrap())
    }

    /// Where a ruleset was refused.
    fn pointer(self) -> (u64, String) {
        let error = &self.body["errors"][0];
        (error["code"].as_u64().unwrap(), error["source"]["pointer"].as_str().unwrap().to_owned())
    }
}

/// Bytes sent on a connection of their own, and all that came back.
async fn raw(fake: &Cloudflare, request: &str) -> String {
    let host = fake.endpoint.trim_start_matches("http://").split('/').next().unwrap();
    let mut socket = TcpStream::connect(host).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![];
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn call_as(fake: &Cloudflare, token: &str, method: &str, path: &str, body: Option<Value>) -> Got {
    let body = body.map_or(String::new(), |b| b.to_string());
    let (length, auth) = (body.len(), format!("Authorization: Bearer {token}\r\n"));
    let auth = if token.is_empty() { "" } else { &auth };
    let head = format!("{method} /client/v4{path} HTTP/1.1\r\nHost: x\r\n{auth}Connection: close\r\nContent-Length: {length}\r\n");
    let answer = raw(fake, &format!("{head}\r\n{body}")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("", ""));
    let status = head.split(' ').nth(1).map_or(0, |s| s.parse().unwrap());
    Got { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
}

async fn call(fake: &Cloudflare, method: &str, path: &str, body: Value) -> Got {
    call_as(fake, "test-token", method, path, Some(body).filter(|b| !b.is_null())).await
}

async fn get(fake: &Cloudflare, path: &str) -> Got {
    call(fake, "GET", path, Value::Null).await
}

#[tokio::test]
async fn zones_are_found_by_name_and_tell_their_plan() {
    let fake = Cloudflare::start();
    assert!(fake.endpoint.ends_with("/client/v4/"));
    let (a, b) = (fake.zone("example.com", "free"), fake.zone("example.org", "business"));
    let found = get(&fake, "/zones?name=example.org&per_page=50").await;
    for header in ["Ratelimit: \"default\";r=1199;t=300", "Ratelimit-Policy: \"default\";q=1200;w=300", "cf-ray: "] {
        assert!(found.head.contains(header), "{}", found.head);
    }
    assert_eq!(found.body["result_info"], json!({ "page": 1, "per_page": 50, "count": 1, "total_count": 1, "total_pages": 1 }));
    let found = found.ok();
    assert_eq!((&found[0]["id"], &found[0]["plan"]["legacy_id"]), (&json!(b), &json!("business")));
    assert_eq!(get(&fake, "/zones").await.ok().as_array().unwrap().len(), 2);
    assert_eq!(get(&fake, &format!("/zones/{a}")).await.ok()["name"], "example.com");
    assert_eq!(get(&fake, "/zones?name=example.net").await.ok(), json!([]));
    assert_eq!(get(&fake, "/zones?per_page=5000").await.refused(), (400, 1004));
    assert_eq!(get(&fake, "/zones/00000000000000000000000000000000").await.refused(), (403, 10000));
    for nowhere in ["/nothing", &format!("/zones/{a}/nothing"), &format!("/zones/{a}/settings")] {
        assert_eq!(get(&fake, nowhere).await.refused(), (404, 7003), "{nowhere}");
    }
}

#[tokio::test]
async fn a_token_may_do_what_it_says() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "pro");
    fake.token("reader", &["Zone Read", "DNS Read", "Zone WAF Read"]);
    fake.token("writer", &["DNS Write", "Cache Settings Write"]);
    let at = |path: &str| format!("/zones/{zone}{path}");
    let (record, rules) = (json!({ "type": "A", "name": "a", "content": "192.0.2.1" }), json!({ "rules": [] }));
    let custom = at("/rulesets/phases/http_request_firewall_custom/entrypoint");
    let cache = at("/rulesets/phases/http_request_cache_settings/entrypoint");
    let cases = [
        ("nobody", "GET", "/zones".to_owned(), None, Some((403, 9109))),
        ("nobody", "GET", "/user/tokens/verify".into(), None, Some((401, 1000))),
        ("reader", "GET", "/user/tokens/verify".into(), None, None),
        ("reader", "GET", at(""), None, None),
        ("writer", "GET", at(""), None, Some((403, 10000))),
        ("reader", "GET", at("/dns_records"), None, None),
        ("writer", "GET", at("/dns_records"), None, None),
        ("reader", "POST", at("/dns_records"), Some(record.clone()), Some((403, 10000))),
        ("writer", "POST", at("/dns_records"), Some(record), None),
        ("reader", "GET", at("/settings/ssl"), None, Some((403, 10000))),
        ("reader", "GET", custom.clone(), None, Some((404, 10003))),
        ("reader", "PUT", custom.clone(), Some(rules.clone()), Some((403, 10000))),
        ("writer", "GET", custom, None, Some((403, 10000))),
        ("reader", "PUT", cache.clone(), Some(rules.clone()), Some((403, 10000))),
        ("writer", "PUT", cache, Some(rules), None),
    ];
    for (token, method, path, body, refusal) in cases {
        let got = call_as(&fake, token, method, &path, body).await;
        let refused = (got.body["success"] == false).then(|| got.refused());
        assert_eq!(refused, refusal, "{token} {method} {path}");
    }
    assert_eq!(call_as(&fake, "writer", "GET", "/zones", None).await.ok(), json!([]), "a zone that can't be read doesn't show");
    assert_eq!(call_as(&fake, "", "GET", "/zones", None).await.refused(), (400, 9106));
    let seen = call_as(&fake, "writer", "GET", &at("/rulesets"), None).await.ok();
    let phases: Vec<&str> = seen.as_array().unwrap().iter().map(|r| r["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["http_request_cache_settings"]);
}

#[tokio::test]
async fn settings_are_checked_and_can_be_locked() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    let at = |id: &str| format!("/zones/{zone}/settings/{id}");
    assert_eq!(get(&fake, &at("ssl")).await.ok(), json!({ "id": "ssl", "value": "full", "editable": true, "modified_on": null }));
    let header = |flags: Value| json!({ "strict_transport_security": flags });
    let full = json!({ "enabled": true, "max_age": 300, "include_subdomains": false, "preload": false, "nosniff": false });
    for (id, value, kept) in [
        ("ssl", json!("strict"), json!("strict")),
        ("min_tls_version", json!("1.2"), json!("1.2")),
        ("tls_1_3", json!("zrt"), json!("zrt")),
        ("security_header", header(json!({ "enabled": true, "max_age": 300 })), header(full)),
    ] {
        let changed = call(&fake, "PATCH", &at(id), json!({ "value": value })).await.ok();
        assert!(changed["value"] == kept && changed["modified_on"].is_string(), "{changed:#}");
        assert_eq!(fake.setting(&zone, id), kept);
    }
    for (id, body) in [
        ("ssl", json!({ "value": "on" })),
        ("ssl", json!({ "enabled": true })),
        ("ssl", json!({})),
        ("http3", json!({ "value": true })),
        ("security_header", json!({ "value": header(json!({ "max_age": "1" })) })),
    ] {
        assert_eq!(call(&fake, "PATCH", &at(id), body).await.refused(), (400, 1007), "{id}");
    }
    assert_eq!(get(&fake, &at("nothing")).await.refused(), (400, 1006));
    fake.set_setting(&zone, "ipv6", json!("off"));
    fake.lock_setting(&zone, "ipv6");
    let locked = get(&fake, &at("ipv6")).await.ok();
    assert_eq!((&locked["value"], &locked["editable"]), (&json!("off"), &json!(false)));
    assert_eq!(call(&fake, "PATCH", &at("ipv6"), json!({ "value": "on" })).await.refused(), (403, 1015));
}

#[tokio::test]
async fn addresses_are_public_and_change() {
    let fake = Cloudflare::start();
    let before = call_as(&fake, "", "GET", "/ips", None).await.ok();
    assert_eq!(["ipv4_cidrs", "ipv6_cidrs"].map(|k| before[k].as_array().unwrap().len()), [15, 7]);
    fake.set_ipv4(vec!["192.0.2.0/24"]);
    let after = get(&fake, "/ips").await.ok();
    assert_eq!(after["ipv4_cidrs"], json!(["192.0.2.0/24"]));
    assert_ne!(before["etag"], after["etag"]);
}

#[tokio::test]
async fn faults_come_on_demand() {
    let fake = std::sync::Arc::new(Cloudflare::start());
    let zone = fake.zone("example.com", "free");
    let path = format!("/zones/{zone}/dns_records");
    let headers = vec![("Retry-After".to_owned(), "7".to_owned()), ("ratelimit".to_owned(), "\"default\";r=0;t=7".to_owned())];
    let slow = Duration::from_millis(120);
    fake.rule(move |call, n| match (call.method.as_str(), n) {
        ("POST", 0) => Reaction::Answer { status: 429, headers: headers.clone(), body: json!({ "success": false }) },
        ("POST", 1) => Reaction::Cut,
        ("POST", 2) => Reaction::After { status: 502, headers: vec![], body: Value::Null },
        ("POST", 3) => Reaction::CutAfter,
        ("POST", 4) => Reaction::Delay(slow),
        _ => Reaction::Pass,
    });
    let mut seen = vec![];
    let begin = Instant::now();
    for i in 0..6 {
        let got = call(&fake, "POST", &path, json!({ "type": "A", "name": format!("n{i}"), "content": "192.0.2.1" })).await;
        assert_eq!(got.status == 429, got.head.contains("Retry-After: 7") && !got.head.contains("r=1199"), "{}", got.head);
        seen.push((got.status, fake.records(&zone).len()));
    }
    assert_eq!(seen, [(429, 0), (0, 0), (502, 1), (0, 2), (200, 3), (200, 4)]);
    assert!(begin.elapsed() >= slow);
    let log = fake.log();
    assert_eq!(log.iter().map(|c| c.status).collect::<Vec<_>>(), [429, 0, 502, 0, 200, 200]);
    assert!(log.iter().all(|c| c.path == path && c.shape() == "POST /zones/:id/dns_records"));
    assert_eq!(log[5].body.as_ref().unwrap()["name"], "n5");
    fake.reset_log();
    assert_eq!(fake.log(), []);
    let (weak, own) = (std::sync::Arc::downgrade(&fake), zone.clone());
    fake.rule(move |_, _| {
        weak.upgrade().unwrap().set_setting(&own, "ssl", json!("off"));
        Reaction::Pass
    });
    let ssl = get(&fake, &format!("/zones/{zone}/settings/ssl?x=1")).await.ok();
    assert_eq!(ssl["value"], "off", "a rule may change the world before the call happens");
    assert_eq!(fake.log()[0].query, "x=1");
}

#[tokio::test]
async fn connections_are_kept_and_garbage_is_refused() {
    let fake = Cloudflare::start();
    fake.zone("example.com", "free");
    let ask = "GET /client/v4/zones?name=example%2Ecom HTTP/1.1\r\nauthorization: Bearer test-token\r\n";
    let both = raw(&fake, &format!("{ask}\r\n{ask}connection: close\r\n\r\n")).await;
    assert_eq!(both.matches("HTTP/1.1 200 OK").count(), 2, "{both}");
    assert_eq!(both.matches("\"total_count\":1").count(), 2, "{both}");
    let garbled = format!("{}connection: close\r\ncontent-length: 2\r\n\r\n{{]", ask.replace("GET", "POST"));
    assert!(raw(&fake, &garbled).await.contains("\"code\":6007"));
    let endpoint = fake.endpoint.clone();
    drop(fake);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let host = endpoint.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    assert!(TcpStream::connect(host).await.is_err(), "it ends with its owner");
}

#[tokio::test]
async fn a_photo_shows_every_difference_but_times() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    let id = fake.add_record(&zone, json!({ "type": "LOC", "name": "here", "content": "51 N 0 W" }));
    let rule = |name: &str| json!({ "ref": name, "expression": "true", "action": "log" });
    let phase = "http_request_firewall_custom";
    fake.put_rules(&zone, phase, vec![rule("one"), rule("two")]);
    let before = fake.photo();
    let keys = [format!("dns/{id}"), format!("rules/{phase}"), format!("rules/{phase}/one"), "setting/ssl".into()];
    assert!(keys.iter().all(|k| before.contains_key(&format!("example.com/{k}"))), "{before:#?}");
    fake.set_record(&zone, &id, json!({ "content": "52 N 0 W" }));
    fake.set_setting(&zone, "ssl", json!("off"));
    fake.put_rules(&zone, phase, vec![rule("two"), rule("one")]);
    let after = fake.photo();
    let differing: Vec<&String> = before.keys().filter(|k| before[*k] != after[*k]).collect();
    assert_eq!(differing, [&format!("example.com/dns/{id}"), &format!("example.com/rules/{phase}"), "example.com/setting/ssl"]);
    fake.set_record(&zone, &id, json!({ "content": "51 N 0 W" }));
    fake.set_setting(&zone, "ssl", json!("full"));
    fake.put_rules(&zone, phase, vec![rule("one"), rule("two")]);
    assert_eq!(fake.photo(), before);
    fake.remove_record(&zone, &id);
    assert_eq!(fake.photo().len() + 1, before.len());
}
