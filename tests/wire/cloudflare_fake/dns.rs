//! DNS records of the fake: one canonical form, what may stand together, batches, lists.
use serde_json::{Value, json};

use super::{call, get};
use crate::support::cloudflare::Cloudflare;

fn a(name: &str, content: &str) -> Value {
    json!({ "type": "A", "name": name, "content": content })
}

#[tokio::test]
async fn records_are_kept_in_one_form() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    let path = format!("/zones/{zone}/dns_records");
    let long = "k".repeat(300);
    let cut = format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45));
    let srv = json!({ "priority": 1, "weight": 2, "port": 5060, "target": "SIP.example.com." });
    let caa = json!({ "flags": 0, "tag": "issue", "value": "letsencrypt.org" });
    let cases = [
        (a("WWW", "192.0.2.1"), "www.example.com", "192.0.2.1"),
        (a("@", "192.0.2.1"), "example.com", "192.0.2.1"),
        (a("*.Example.Com.", "192.0.2.1"), "*.example.com", "192.0.2.1"),
        (a("xn--bcher-kva", "192.0.2.1"), "xn--bcher-kva.example.com", "192.0.2.1"),
        (json!({ "type": "AAAA", "name": "six", "content": "2001:DB8:0:0::1" }), "six.example.com", "2001:db8::1"),
        (json!({ "type": "CNAME", "name": "_acm", "content": "X.acm.example.net." }), "_acm.example.com", "x.acm.example.net"),
        (json!({ "type": "MX", "name": "@", "content": "mx.example.net", "priority": 10 }), "example.com", "mx.example.net"),
        (json!({ "type": "NS", "name": "sub", "content": "ns.example.net" }), "sub.example.com", "ns.example.net"),
        (json!({ "type": "TXT", "name": "@", "content": "v=spf1 -all" }), "example.com", "\"v=spf1 -all\""),
        (json!({ "type": "TXT", "name": "q", "content": "say \"hi\"" }), "q.example.com", "\"say \\\"hi\\\"\""),
        (json!({ "type": "TXT", "name": "kept", "content": "\"a\"  \"b\"" }), "kept.example.com", "\"a\" \"b\""),
        (json!({ "type": "TXT", "name": "dkim", "content": long }), "dkim.example.com", &cut),
        (json!({ "type": "SRV", "name": "_sip._tcp", "data": srv }), "_sip._tcp.example.com", "2 5060 sip.example.com"),
        (json!({ "type": "CAA", "name": "@", "data": caa }), "example.com", "0 issue \"letsencrypt.org\""),
    ];
    for (body, name, content) in cases {
        let made = call(&fake, "POST", &path, body.clone()).await.ok();
        assert_eq!((&made["name"], &made["content"]), (&json!(name), &json!(content)), "{body}");
        let id = made["id"].as_str().unwrap();
        let at = format!("{path}/{id}");
        assert_eq!(get(&fake, &at).await.ok(), made);
        let touched = call(&fake, "PATCH", &at, json!({ "comment": "ours" })).await.ok();
        let mut plain = touched.clone();
        plain["comment"] = Value::Null;
        plain["modified_on"] = made["modified_on"].clone();
        assert_eq!(plain, made, "a patch leaves what it doesn't name");
        assert!(touched["modified_on"].as_str() > made["modified_on"].as_str());
        assert_eq!(call(&fake, "POST", &path, body.clone()).await.refused(), (400, 81058), "{body}");
    }
    let shown = fake.records(&zone).into_iter().find(|r| r["type"] == "SRV").unwrap();
    assert_eq!((&shown["priority"], &shown["data"]["target"], &shown["proxiable"]), (&json!(1), &json!("sip.example.com"), &json!(false)));
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let fake = Cloudflare::start();
    let (zone, other) = (fake.zone("example.com", "free"), fake.zone("example.org", "enterprise"));
    let path = format!("/zones/{zone}/dns_records");
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let txt = json!({ "type": "TXT", "name": "t", "content": "t" });
    let cases = [
        (with(a("a", "192.0.2.1"), "ttl", json!(30)), 9021),
        (with(a("a", "192.0.2.1"), "ttl", json!(86401)), 9021),
        (with(a("a", "192.0.2.1"), "colour", json!("red")), 9207),
        (with(a("a", "192.0.2.1"), "created_on", json!("x")), 9207),
        (with(a("a", "192.0.2.1"), "tags", json!(["x"])), 9301),
        (with(a("a", "192.0.2.1"), "comment", json!("c".repeat(101))), 9300),
        (with(a("a", "192.0.2.1"), "comment", json!("a\nb")), 9300),
        (with(a("a", "10.0.0.1"), "proxied", json!(true)), 9003),
        (with(txt.clone(), "proxied", json!(true)), 9004),
        (with(txt, "content", json!("\"open")), 9010),
        (a("a", "2001:db8::1"), 9005),
        (a("büro", "192.0.2.1"), 9000),
        (json!({ "type": "AAAA", "name": "a", "content": "192.0.2.1" }), 9006),
        (json!({ "type": "CNAME", "name": "a", "content": "192.0.2.1" }), 9007),
        (json!({ "type": "MX", "name": "a", "content": "mx.example.net" }), 9100),
        (json!({ "type": "CAA", "name": "a", "content": "0 issue \"x\"" }), 9101),
        (json!({ "type": "URI", "name": "a", "content": "x" }), 9001),
    ];
    for (body, code) in cases {
        assert_eq!(call(&fake, "POST", &path, body.clone()).await.refused(), (400, code), "{body}");
    }
    assert_eq!(fake.records(&zone), Vec::<Value>::new());
    let short = call(&fake, "POST", &format!("/zones/{other}/dns_records"), with(a("a", "192.0.2.1"), "ttl", json!(30))).await.ok();
    assert_eq!(short["ttl"], 30);
    let proxied = with(with(a("p", "192.0.2.1"), "proxied", json!(true)), "ttl", json!(300));
    let proxied = call(&fake, "POST", &path, proxied).await.ok();
    assert_eq!(proxied["ttl"], 1);
    let at = format!("{path}/{}", proxied["id"].as_str().unwrap());
    assert_eq!(call(&fake, "PATCH", &at, json!({ "type": "AAAA", "content": "2001:db8::1" })).await.refused(), (400, 9002));
    let put = call(&fake, "PUT", &at, a("p", "192.0.2.2")).await.ok();
    assert_eq!((&put["proxied"], &put["content"], &put["created_on"]), (&json!(false), &json!("192.0.2.2"), &proxied["created_on"]));
    assert_eq!(call(&fake, "DELETE", &at, Value::Null).await.ok(), json!({ "id": proxied["id"] }));
    for method in ["GET", "DELETE"] {
        assert_eq!(call(&fake, method, &at, Value::Null).await.refused(), (404, 81044));
    }
}

#[tokio::test]
async fn an_alias_stands_alone() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    let path = format!("/zones/{zone}/dns_records");
    let alias = |name: &str| json!({ "type": "CNAME", "name": name, "content": "example.net" });
    for body in [a("a", "192.0.2.1"), a("a", "192.0.2.2"), alias("c"), json!({ "type": "TXT", "name": "c", "content": "x" })] {
        call(&fake, "POST", &path, body).await.ok();
    }
    let second = json!({ "type": "CNAME", "name": "c", "content": "example.org" });
    for (body, code) in [(alias("a"), 81053), (second, 81053), (a("c", "192.0.2.1"), 81054), (a("A", "192.0.2.2"), 81058)] {
        assert_eq!(call(&fake, "POST", &path, body).await.refused(), (400, code));
    }
    let first = fake.records(&zone).into_iter().find(|r| r["content"] == "192.0.2.1").unwrap();
    let at = format!("{path}/{}", first["id"].as_str().unwrap());
    assert_eq!(call(&fake, "PATCH", &at, json!({ "content": "192.0.2.2" })).await.refused(), (400, 81058));
}

#[tokio::test]
async fn a_batch_happens_as_a_whole_or_not_at_all() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    let path = format!("/zones/{zone}/dns_records/batch");
    let [gone, patched, put] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|ip| fake.add_record(&zone, a("old", ip)));
    let before = fake.photo();
    let body = |last: Value| {
        json!({
            "posts": [{ "type": "CNAME", "name": "alias", "content": "example.net" }, last],
            "deletes": [{ "id": gone, "name": "ignored" }],
            "patches": [{ "id": patched, "ttl": 300, "name": "alias2" }],
            "puts": [{ "id": put, "type": "A", "name": "put", "content": "192.0.2.9" }],
        })
    };
    assert_eq!(call(&fake, "POST", &path, body(a("alias", "192.0.2.1"))).await.refused(), (400, 81054));
    assert_eq!(fake.photo(), before, "nothing happened");
    let done = call(&fake, "POST", &path, body(a("old", "192.0.2.1"))).await.ok();
    let ids = |part: &str| done[part].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!([ids("deletes"), ids("patches"), ids("puts")], [[&*gone], [&*patched], [&*put]]);
    assert_eq!([&done["posts"][0]["type"], &done["posts"][1]["name"]], ["CNAME", "old.example.com"], "as they were asked for");
    assert_eq!((&done["patches"][0]["name"], &done["patches"][0]["ttl"]), (&json!("alias2.example.com"), &json!(300)));
    assert_eq!(fake.records(&zone).len(), 4);
    let empty = call(&fake, "POST", &path, json!({})).await.ok();
    assert_eq!(empty, json!({ "deletes": [], "patches": [], "puts": [], "posts": [] }));
    assert_eq!(call(&fake, "POST", &path, json!({ "post": [] })).await.refused(), (400, 9207));
    assert_eq!(call(&fake, "POST", &path, json!({ "deletes": [{ "id": gone }] })).await.refused(), (404, 81044));
}

#[tokio::test]
async fn batches_and_zones_have_limits() {
    let fake = Cloudflare::start();
    let free = fake.zone("example.com", "free");
    let paid = fake.zone("example.org", "pro");
    (0..300).for_each(|i| drop(fake.add_record(&free, a(&format!("foreign{i}"), "192.0.2.1"))));
    let posts = |n: usize| json!({ "posts": (0..n).map(|i| a(&format!("n{i}"), "192.0.2.1")).collect::<Vec<_>>() });
    let batch = |zone: &str| format!("/zones/{zone}/dns_records/batch");
    assert_eq!(call(&fake, "POST", &batch(&free), posts(201)).await.refused(), (400, 9208));
    call(&fake, "POST", &batch(&free), posts(200)).await.ok();
    let one_more = call(&fake, "POST", &format!("/zones/{free}/dns_records"), a("more", "192.0.2.1")).await;
    assert_eq!(one_more.refused(), (400, 81045), "foreign records don't count, ours do");
    call(&fake, "POST", &batch(&paid), posts(201)).await.ok();
    assert_eq!(fake.records(&free).len(), 500);
}

#[tokio::test]
async fn lists_have_pages_and_filters() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    (0..250).for_each(|i| drop(fake.add_record(&zone, a(&format!("n{i:03}"), "192.0.2.1"))));
    fake.add_record(&zone, json!({ "type": "TLSA", "name": "_443._tcp", "data": { "usage": 3 }, "content": "3 1 1 ab" }));
    fake.add_record(&zone, json!({ "type": "TXT", "name": "@", "content": "mark", "comment": "stack=web x" }));
    let path = format!("/zones/{zone}/dns_records");
    let names = async |query: &str| {
        let found = get(&fake, &format!("{path}?{query}")).await.ok();
        found.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("per_page=5000000").await.len(), 252);
    assert_eq!(names("").await.len(), 100);
    assert_eq!(names("type=A&page=3").await.len(), 50);
    assert_eq!(names("type=A&order=name&direction=desc&per_page=1").await, ["n249.example.com"]);
    assert_eq!(names("name=N007.example.com").await, ["n007.example.com"]);
    assert_eq!(names("name.exact=n007.example.com").await, ["n007.example.com"]);
    assert_eq!(names("comment.contains=stack%3Dweb+x").await, ["example.com"]);
    assert_eq!(names("type=TLSA").await, ["_443._tcp.example.com"]);
    assert_eq!(names("match=any&type=TLSA&comment.present=").await.len(), 2);
    assert_eq!(names("name.startswith=n00&name.contains=9").await, ["n009.example.com"]);
    let info = get(&fake, &format!("{path}?per_page=100&page=3")).await.body["result_info"].clone();
    assert_eq!(info, json!({ "page": 3, "per_page": 100, "count": 52, "total_count": 252, "total_pages": 3 }));
    for wrong in ["per_page=5000001", "page=0", "colour=red"] {
        assert_eq!(get(&fake, &format!("{path}?{wrong}")).await.refused(), (400, 1004), "{wrong}");
    }
}
