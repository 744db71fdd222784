//! Rulesets of the fake: ids by `ref`, versions, what a phase and a plan allow.
use serde_json::{Value, json};

use super::{call, get};
use crate::support::cloudflare::Cloudflare;

const CUSTOM: &str = "http_request_firewall_custom";

fn rule(name: &str) -> Value {
    json!({ "ref": name, "expression": "(ip.src in {192.0.2.1})", "action": "block" })
}

fn limiter(period: u64) -> Value {
    let limit =
        json!({ "characteristics": ["ip.src", "cf.colo.id"], "period": period, "requests_per_period": 9, "mitigation_timeout": 10 });
    json!({ "expression": "true", "action": "block", "ratelimit": limit })
}

fn execute(id: &str) -> Value {
    json!({ "expression": "true", "action": "execute", "action_parameters": { "id": id } })
}

fn entry(zone: &str, phase: &str) -> String {
    format!("/zones/{zone}/rulesets/phases/{phase}/entrypoint")
}

#[tokio::test]
async fn rules_keep_their_ids_by_ref() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    let path = entry(&zone, CUSTOM);
    assert!(get(&fake, &path).await.body["errors"][0]["message"] == format!("could not find entrypoint ruleset in the {CUSTOM} phase"));
    assert_eq!(get(&fake, &path).await.refused(), (404, 10003));
    assert_eq!(fake.rules(&zone, CUSTOM), None);
    let unnamed = json!({ "expression": "true", "action": "log", "enabled": false, "description": "by hand" });
    let first = call(&fake, "PUT", &path, json!({ "rules": [rule("one"), unnamed], "description": "d" })).await.ok();
    let (one, two) = (&first["rules"][0], &first["rules"][1]);
    assert_eq!([&first["version"], &first["kind"], &first["phase"], &first["description"]], ["1", "zone", CUSTOM, "d"]);
    assert_eq!((&one["enabled"], &one["version"], &two["enabled"], &two["ref"]), (&json!(true), &json!("1"), &json!(false), &two["id"]));
    let mut changed = rule("one");
    changed["action"] = "log".into();
    let back = json!({ "ref": two["ref"], "expression": "true", "action": "log", "enabled": false, "description": "by hand" });
    let second = call(&fake, "PUT", &path, json!({ "rules": [back, changed, rule("three")] })).await.ok();
    assert_eq!((&second["version"], &second["id"]), (&json!("2"), &first["id"]));
    assert_eq!(second["rules"][0], *two, "untouched over a move");
    assert_eq!((&second["rules"][1]["id"], &second["rules"][1]["version"]), (&one["id"], &json!("2")));
    assert_eq!(get(&fake, &path).await.ok(), second);
    let third = call(&fake, "PUT", &path, json!({ "rules": [] })).await.ok();
    assert_eq!((&third["rules"], fake.rules(&zone, CUSTOM)), (&json!([]), Some(vec![])));
    let again = call(&fake, "PUT", &path, json!({ "rules": [rule("one")] })).await.ok();
    assert_ne!(again["rules"][0]["id"], one["id"], "a rule that went comes back as another");
    let versions = get(&fake, &format!("{path}/versions")).await.ok();
    assert_eq!(versions.as_array().unwrap().iter().map(|v| v["version"].as_str().unwrap()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    assert!(versions[0]["rules"].is_null());
    assert_eq!(get(&fake, &format!("{path}/versions/2")).await.ok(), second);
    assert_eq!(get(&fake, &format!("{path}/versions/9")).await.refused(), (404, 10002));
}

#[tokio::test]
async fn a_refusal_points_to_its_place() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "pro");
    let with = |mut rule: Value, field: &str, value: Value| {
        rule[field] = value;
        rule
    };
    let expression = |text: &str| with(rule("r"), "expression", text.into());
    let mut colo = limiter(10);
    colo["ratelimit"]["characteristics"] = json!(["ip.src"]);
    let cases = [
        (CUSTOM, with(rule("r"), "colour", json!(1)), 20021, "colour"),
        (CUSTOM, with(rule("r"), "version", json!("1")), 20021, "version"),
        (CUSTOM, with(rule("r"), "last_updated", json!("x")), 20021, "last_updated"),
        (CUSTOM, with(rule("r"), "categories", json!([])), 20021, "categories"),
        (CUSTOM, with(rule("r"), "id", json!("x")), 20120, "id"),
        (CUSTOM, with(rule("r"), "action", json!("execute")), 20120, "action"),
        (CUSTOM, with(rule("r"), "action", json!("skip")), 20120, "action_parameters"),
        (CUSTOM, with(rule("r"), "ratelimit", limiter(10)["ratelimit"].clone()), 20120, "ratelimit"),
        (CUSTOM, with(rule("r"), "enabled", json!("yes")), 20120, "enabled"),
        (CUSTOM, rule("first"), 20120, "ref"),
        (CUSTOM, expression(" "), 20127, "expression"),
        (CUSTOM, expression("(a eq \"(\""), 20127, "expression"),
        (CUSTOM, expression("a eq \"b"), 20127, "expression"),
        (CUSTOM, expression("a in {1)"), 20127, "expression"),
        ("http_ratelimit", rule("r"), 20120, "ratelimit"),
        ("http_ratelimit", limiter(120), 20217, "ratelimit/period"),
        ("http_ratelimit", colo, 20120, "ratelimit/characteristics"),
        ("http_request_firewall_managed", execute("4d21379b4f9f4bb088e0729962c8b3cf"), 20120, "action_parameters/id"),
        ("http_request_cache_settings", rule("r"), 20120, "action"),
        (
            "http_request_dynamic_redirect",
            json!({ "expression": "true", "action": "redirect", "action_parameters": { "x": 1 } }),
            20120,
            "action_parameters/from_value",
        ),
        (
            "http_response_headers_transform",
            json!({ "expression": "true", "action": "rewrite", "action_parameters": { "headers": {} } }),
            20120,
            "action_parameters/headers",
        ),
    ];
    for (phase, wrong, code, place) in cases {
        let good = match phase {
            CUSTOM => rule("first"),
            "http_ratelimit" => limiter(10),
            "http_request_firewall_managed" => execute("efb7b8c949ac4650a09736fc376e9aee"),
            "http_request_cache_settings" => {
                json!({ "expression": "true", "action": "set_cache_settings", "action_parameters": { "cache": true } })
            }
            "http_request_dynamic_redirect" => {
                json!({ "expression": "true", "action": "redirect", "action_parameters": { "from_value": { "target_url": { "value": "/" } } } })
            }
            _ => {
                json!({ "expression": "true", "action": "rewrite", "action_parameters": { "headers": { "x": { "operation": "remove" } } } })
            }
        };
        let (path, before) = (entry(&zone, phase), fake.rules(&zone, phase));
        let refused = call(&fake, "PUT", &path, json!({ "rules": [good, wrong] })).await;
        assert_eq!((refused.status, refused.pointer()), (400, (code, format!("/rules/1/{place}"))), "{phase} {wrong}");
        assert_eq!(fake.rules(&zone, phase), before, "nothing was made");
        call(&fake, "PUT", &path, json!({ "rules": [good] })).await.ok();
    }
    for fine in ["a eq \"\\\")\"", "a matches r\"\\\"", "a matches r#\"\"(\"#", "(a) and (b in {1 2})"] {
        call(&fake, "PUT", &entry(&zone, CUSTOM), json!({ "rules": [expression(fine)] })).await.ok();
    }
    for (field, value) in [("colour", json!(1)), ("kind", json!("root")), ("phase", json!("ddos_l7")), ("rules", json!({}))] {
        let body = with(json!({ "rules": [] }), field, value);
        assert_eq!(call(&fake, "PUT", &entry(&zone, CUSTOM), body).await.pointer().1, format!("/{field}"));
    }
    assert_eq!(get(&fake, &entry(&zone, "http_nothing")).await.pointer().1, "/phase");
}

#[tokio::test]
async fn plans_allow_so_many_rules_and_no_more() {
    let fake = Cloudflare::start();
    let (free, pro) = (fake.zone("example.com", "free"), fake.zone("example.org", "pro"));
    let many = |n: usize, one: Value| json!({ "rules": vec![one; n] });
    let plain = json!({ "expression": "true", "action": "log" });
    let cached =
        |ttl: u64| json!({ "expression": "true", "action": "set_cache_settings", "action_parameters": { "edge_ttl": { "default": ttl } } });
    let cases = [
        (&free, CUSTOM, many(5, plain.clone()), true),
        (&free, CUSTOM, many(6, plain.clone()), false),
        (&pro, CUSTOM, many(20, plain.clone()), true),
        (&pro, CUSTOM, many(21, plain), false),
        (&free, "http_ratelimit", many(1, limiter(10)), true),
        (&free, "http_ratelimit", many(2, limiter(10)), false),
        (&free, "http_ratelimit", many(1, limiter(60)), false),
        (&pro, "http_ratelimit", many(2, limiter(60)), true),
        (&free, "http_request_cache_settings", many(11, cached(7200)), false),
        (&free, "http_request_cache_settings", many(10, cached(7200)), true),
        (&free, "http_request_cache_settings", many(1, cached(3600)), false),
        (&pro, "http_request_cache_settings", many(1, cached(3600)), true),
        (&free, "http_request_firewall_managed", many(1, execute("efb7b8c949ac4650a09736fc376e9aee")), false),
        (&free, "http_request_firewall_managed", many(1, execute("77454fe2d30c4220b5701f6fdfb893ba")), true),
        (&pro, "http_request_firewall_managed", many(1, execute("4814384a9e5d4991b9815dcfc25d2f1f")), true),
        (&free, "ddos_l7", many(1, execute("4d21379b4f9f4bb088e0729962c8b3cf")), true),
    ];
    for (zone, phase, body, fine) in cases {
        let got = call(&fake, "PUT", &entry(zone, phase), body).await;
        let code = got.body["errors"][0]["code"].clone();
        assert_eq!(code, if fine { Value::Null } else { json!(20217) }, "{phase} {:#}", got.body);
    }
}

#[tokio::test]
async fn single_rules_come_change_move_and_go() {
    let fake = Cloudflare::start();
    let zone = fake.zone("example.com", "free");
    fake.put_rules(&zone, CUSTOM, vec![rule("one"), rule("two")]);
    let set = get(&fake, &entry(&zone, CUSTOM)).await.ok();
    let path = format!("/zones/{zone}/rulesets/{}", set["id"].as_str().unwrap());
    let refs = |set: &Value| set["rules"].as_array().unwrap().iter().map(|r| r["ref"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(get(&fake, &path).await.ok(), set);
    let mut third = rule("three");
    third["position"] = json!({ "before": set["rules"][1]["id"] });
    let added = call(&fake, "POST", &format!("{path}/rules"), third).await.ok();
    assert_eq!((refs(&added), &added["version"]), (["one", "three", "two"].map(String::from).to_vec(), &json!("2")));
    assert_eq!(call(&fake, "POST", &format!("{path}/rules"), rule("two")).await.pointer(), (20120, "/ref".into()));
    let one = format!("{path}/rules/{}", set["rules"][0]["id"].as_str().unwrap());
    let changed = call(&fake, "PATCH", &one, json!({ "expression": "true", "action": "log" })).await.ok();
    let (old, new) = (&set["rules"][0], &changed["rules"][0]);
    assert_eq!((&new["id"], &new["ref"], &new["action"], &new["version"]), (&old["id"], &json!("one"), &json!("log"), &json!("2")));
    assert_eq!(call(&fake, "PATCH", &one, json!({ "action": "log" })).await.pointer(), (20127, "/expression".into()));
    let moved = call(&fake, "PATCH", &one, json!({ "position": { "index": 3 } })).await.ok();
    assert_eq!(refs(&moved), ["three", "two", "one"]);
    let left = call(&fake, "DELETE", &one, Value::Null).await.ok();
    assert_eq!(refs(&left), ["three", "two"]);
    assert_eq!(call(&fake, "DELETE", &one, Value::Null).await.refused(), (404, 10002));
    for name in ["a", "b", "c"] {
        call(&fake, "POST", &format!("{path}/rules"), rule(name)).await.ok();
    }
    assert_eq!(call(&fake, "POST", &format!("{path}/rules"), rule("d")).await.refused(), (400, 20217));
}

#[tokio::test]
async fn the_list_holds_managed_rulesets() {
    let fake = Cloudflare::start();
    let (free, pro) = (fake.zone("example.com", "free"), fake.zone("example.org", "pro"));
    fake.put_rules(&free, CUSTOM, vec![rule("one")]);
    let listed = get(&fake, &format!("/zones/{free}/rulesets")).await.ok();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.iter().map(|r| r["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["zone", "managed", "managed"]);
    assert!(listed.iter().all(|r| r.get("rules").is_none()));
    let ddos = listed.iter().find(|r| r["phase"] == "ddos_l7").unwrap();
    assert_eq!(ddos["id"], "4d21379b4f9f4bb088e0729962c8b3cf");
    let one = |zone: &str, id: &str| format!("/zones/{zone}/rulesets/{id}");
    assert_eq!(get(&fake, &one(&free, ddos["id"].as_str().unwrap())).await.ok()["rules"], json!([]));
    assert_eq!(get(&fake, &one(&free, "efb7b8c949ac4650a09736fc376e9aee")).await.refused(), (404, 10000));
    assert_eq!(get(&fake, &one(&pro, "efb7b8c949ac4650a09736fc376e9aee")).await.ok()["kind"], "managed");
    assert_eq!(get(&fake, &format!("/zones/{pro}/rulesets")).await.ok().as_array().unwrap().len(), 4);
}
