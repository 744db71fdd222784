//! What a person reads when Cloudflare is in the stack: limits, permissions, others' records.
use serde_json::json;

use super::{Infra, Said, said};
use crate::support::cloudflare::{Cloudflare, Reaction};
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;

const ZONE: &str = "example.com";

const SPEC: &str = r#"stack: edge
region: us-east-1
vpc: { nat: none, flow_logs: false }
cdn:
  zone: example.com
  records:
    www: { type: a, content: 192.0.2.1, proxied: true }
    api: { type: a, content: 192.0.2.2 }
  static_assets:
    - { match: "/static/*", edge_ttl: 10m }
  tls: { mode: strict }
  waf:
    managed: true
    custom:
      - { name: no-admin, when: 'http.request.uri.path contains "/admin"', action: block }
  rate_limits:
    - { name: login, when: 'http.request.uri.path eq "/login"', requests: 10, per: 1m, action: block }
    - { name: search, when: 'http.request.uri.path eq "/search"', requests: 50, per: 1m, action: block }
"#;

/// What was said beside the result.
fn told(said: Said) -> Said {
    Said { out: said.err.clone(), err: said.err, code: said.code }
}

/// Both clouds, and the binary pointed at them.
struct Desk {
    _moto: Moto,
    _proxy: Proxy,
    fake: Cloudflare,
    zone: String,
    infra: Infra,
    spec: String,
}

impl Desk {
    async fn open(name: &str, plan: &str) -> Desk {
        let (moto, fake) = (Moto::start().await, Cloudflare::start());
        let proxy = Proxy::start(&moto.endpoint);
        let zone = fake.zone(ZONE, plan);
        let mut infra = Infra::new(name);
        let values = [
            ("AWS_ENDPOINT_URL", proxy.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("CLOUDFLARE_BASE_URL", fake.endpoint.as_str()),
            ("CLOUDFLARE_API_TOKEN", "test-token"),
            ("INFRA_QUIET_PERIOD", "300ms"),
        ];
        infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
        let spec = infra.file("infra.yaml", SPEC);
        Desk { _moto: moto, _proxy: proxy, fake, zone, infra, spec }
    }

    fn with(&mut self, name: &'static str, value: &str) {
        self.infra.env.retain(|(k, _)| *k != name);
        self.infra.env.push((name, value.into()));
    }

    /// The fake lives in this process, so nobody may stand still meanwhile.
    async fn run(&self, verb: &[&str]) -> Said {
        let command = self.infra.command(&[verb, &["-f", &self.spec]].concat());
        said(tokio::process::Command::from(command).output().await.unwrap())
    }

    /// What it says when it refuses.
    async fn refusal(&self, name: &str) {
        let said = self.run(&["plan"]).await;
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
        assert!(!said.err.contains("made-up") && !said.err.contains("test-token"), "a token is shown: {}", said.err);
        told(said).snapshot(name);
    }
}

#[tokio::test]
async fn a_zone_that_the_token_does_not_see() {
    let mut desk = Desk::open("cloudflare-zone", "pro").await;
    desk.fake.zone("example.org", "pro");
    desk.spec = desk.infra.file("infra.yaml", &SPEC.replace("zone: example.com", "zone: exmaple.com"));
    desk.refusal("cloudflare_unknown_zone").await;
}

#[tokio::test]
async fn a_token_that_lacks_something() {
    let mut desk = Desk::open("cloudflare-token", "pro").await;
    desk.fake.token(
        "no-waf",
        &[
            "Zone Read",
            "DNS Write",
            "Zone Settings Write",
            "Cache Settings Write",
            "Dynamic URL Redirects Read",
            "Transform Rules Read",
            "HTTP DDoS Managed Ruleset Read",
        ],
    );
    desk.with("CLOUDFLARE_API_TOKEN", "no-waf");
    desk.refusal("cloudflare_permission").await;
    desk.with("CLOUDFLARE_API_TOKEN", "made-up");
    desk.refusal("cloudflare_token").await;
    desk.with("CLOUDFLARE_API_TOKEN", "");
    desk.refusal("cloudflare_no_token").await;
    desk.with("CLOUDFLARE_BASE_URL", "not an address");
    desk.with("CLOUDFLARE_API_TOKEN", "test-token");
    desk.refusal("cloudflare_base_url").await;
}

/// A zone's limits are told while planning, with the place in the spec; Cloudflare then decides.
#[tokio::test]
async fn limits_of_a_zone_are_told_before() {
    let desk = Desk::open("cloudflare-gates", "free").await;
    let rule = |i: usize| json!({ "ref": format!("theirs-{i}"), "expression": "false", "action": "log", "description": "by hand" });
    desk.fake.put_rules(&desk.zone, "http_request_firewall_custom", (0..5).map(rule).collect());
    let said = desk.run(&["plan"]).await;
    assert_eq!(said.code, 0);
    told(said).snapshot("cloudflare_gates");
    let said = desk.run(&["apply", "--auto-approve"]).await;
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(
        said.out.contains("rolled back") || said.err.contains("rolled back") || said.out.contains("taken back"),
        "{} {}",
        said.out,
        said.err
    );
    assert!(desk.fake.records(&desk.zone).is_empty());
}

#[tokio::test]
async fn others_records_are_told() {
    let desk = Desk::open("cloudflare-records", "enterprise").await;
    let id = desk.fake.add_record(&desk.zone, json!({ "type": "CNAME", "name": "www.example.com", "content": "old.example.net", "ttl": 1, "proxied": true, "comment": "by hand" }));
    let hide = |said: Said| Said { out: said.out.replace(&id, "[id]"), err: said.err.replace(&id, "[id]"), code: said.code };
    let said = hide(desk.run(&["plan"]).await);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    told(said).snapshot("cloudflare_taken");

    desk.fake.remove_record(&desk.zone, &id);
    let same = desk.fake.add_record(
        &desk.zone,
        json!({ "type": "A", "name": "api.example.com", "content": "192.0.2.2", "ttl": 1, "proxied": false, "comment": "by hand" }),
    );
    let said = desk.run(&["plan", "--target", "cdn.records"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    Said { out: said.out.replace(&same, "[id]"), err: said.err, code: said.code }.snapshot("cloudflare_adopted");
    // A saved plan counts on what it uses of others.
    assert_eq!(desk.run(&["plan", "--out", "p.infraplan"]).await.code, 0);
    desk.fake.set_record(&desk.zone, &same, json!({ "content": "192.0.2.3" }));
    let stale = super::said(tokio::process::Command::from(desk.infra.command(&["apply", "p.infraplan"])).output().await.unwrap());
    assert_eq!(stale.code, 7, "{}", stale.err);
    assert!(stale.err.contains("dns_record.api: content was 192.0.2.2"), "{}", stale.err);
    desk.fake.set_record(&desk.zone, &same, json!({ "content": "192.0.2.2" }));
    let applied = super::said(tokio::process::Command::from(desk.infra.command(&["apply", "p.infraplan"])).output().await.unwrap());
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    let again = desk.run(&["plan", "--detailed-exitcode"]).await;
    assert_eq!(again.code, 0, "{}", again.out);
    assert!(again.out.contains("isn't of this stack"), "{}", again.out);
    let destroyed = desk.run(&["destroy", "--auto-approve"]).await;
    assert_eq!(destroyed.code, 0, "{} {}", destroyed.out, destroyed.err);
    let left: Vec<_> = desk.fake.records(&desk.zone).into_iter().map(|r| r["id"].clone()).collect();
    assert_eq!(left, [json!(same)], "what was used as it is stays");
}

/// The section goes away; what it had is found and taken back, and after that nothing is asked of Cloudflare any more.
#[tokio::test]
async fn a_section_that_goes_away_leaves_nothing() {
    let mut desk = Desk::open("cloudflare-leaves", "enterprise").await;
    let before = desk.fake.photo();
    let applied = desk.run(&["apply", "--auto-approve"]).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    desk.spec = desk.infra.file("infra.yaml", SPEC.split("cdn:").next().unwrap());
    let applied = desk.run(&["apply", "--auto-approve"]).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert_eq!(desk.fake.photo(), before);
    desk.fake.reset_log();
    desk.with("CLOUDFLARE_API_TOKEN", "");
    let said = desk.run(&["plan", "--detailed-exitcode"]).await;
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    assert!(desk.fake.log().is_empty());
}

/// A saved plan over both clouds: what moved at Cloudflare is named, what moved elsewhere is none of its business, and another zone of the
/// same name is another place.
#[tokio::test]
async fn a_saved_plan_goes_over_both_clouds() {
    let mut desk = Desk::open("cloudflare-saved", "enterprise").await;
    // Nobody resolves the name to the record's own address, so that nothing waits for resolvers to forget it.
    let spec = SPEC.replace("content: 192.0.2.2", "content: 192.0.2.2, proxied: true");
    desk.spec = desk.infra.file("infra.yaml", &spec);
    let file = desk.infra.folder.join("p.infraplan").display().to_string();
    let keep = ["plan", "--out", &file];
    let apply = async |desk: &Desk| said(tokio::process::Command::from(desk.infra.command(&["apply", &file])).output().await.unwrap());
    assert_eq!(desk.run(&keep).await.code, 0);
    let applied = apply(&desk).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);

    desk.spec = desk.infra.file("infra.yaml", &spec.replace("192.0.2.2", "192.0.2.9"));
    assert_eq!(desk.run(&keep).await.code, 0);
    let find =
        |name: &str| desk.fake.records(&desk.zone).into_iter().find(|r| r["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
    let (www, api) = (find("www.example.com"), find("api.example.com"));
    desk.fake.set_record(&desk.zone, &api, json!({ "content": "192.0.2.66" }));
    let stale = apply(&desk).await;
    assert_eq!(stale.code, 7, "{}", stale.err);
    assert!(stale.err.contains("dns_record.api: content was 192.0.2.2"), "{}", stale.err);
    desk.fake.set_record(&desk.zone, &api, json!({ "content": "192.0.2.2" }));
    desk.fake.set_record(&desk.zone, &www, json!({ "content": "192.0.2.77" }));
    let applied = apply(&desk).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert!(applied.out.contains("1 updated"), "{}", applied.out);

    assert_eq!(desk.run(&keep).await.code, 0);
    let mut kept = infra::plan::Saved::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept.scene.zone.as_ref().unwrap().id, desk.zone);
    kept.scene.zone.as_mut().unwrap().id = "0123".into();
    std::fs::write(&file, kept.write()).unwrap();
    let refused = apply(&desk).await;
    assert!(refused.code == 1 && refused.err.contains("(0123)") && refused.err.contains(&desk.zone), "{}", refused.err);
}

/// A service's own words may repeat what it was sent. They are told and kept without it.
#[tokio::test]
async fn words_of_a_service_are_told_without_secrets() {
    let mut desk = Desk::open("cloudflare-echo", "enterprise").await;
    let permissions = [
        "Zone Read",
        "DNS Write",
        "Zone Settings Write",
        "Cache Settings Read",
        "Dynamic URL Redirects Read",
        "HTTP DDoS Managed Ruleset Read",
        "Transform Rules Read",
        "Zone WAF Read",
    ];
    desk.fake.token("very-secret-token", &permissions);
    desk.with("CLOUDFLARE_API_TOKEN", "very-secret-token");
    desk.spec = desk.infra.file("infra.yaml", SPEC.split("  static_assets:").next().unwrap());
    desk.fake.rule(|call, _| match (call.method.as_str(), call.path.ends_with("/dns_records/batch")) {
        ("POST", true) => Reaction::Answer {
            status: 400,
            headers: vec![],
            body: json!({ "success": false, "result": null, "messages": [], "errors": [{ "code": 9005, "message": "no: very-secret-token" }] }),
        },
        _ => Reaction::Pass,
    });
    for args in [&["apply", "--auto-approve", "-v"][..], &["apply", "--auto-approve", "--json"]] {
        let failed = desk.run(args).await;
        assert_eq!(failed.code, 3, "{} {}", failed.out, failed.err);
        let all = format!("{}{}", failed.out, failed.err);
        assert!(all.contains("9005") && all.contains("no: (sensitive)") && !all.contains("very-secret"), "{all}");
    }
    let kept = super::secrets::everything(&desk.infra.folder, "nothing");
    assert!(kept.iter().any(|(_, text)| text.contains("no: (sensitive)")), "the journal tells why");
    assert!(kept.iter().all(|(_, text)| !text.contains("very-secret")), "{kept:?}");
}
