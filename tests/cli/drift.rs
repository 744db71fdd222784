//! `infra drift`: what somebody changes by hand is told from what the spec changes.
use serde_json::{Value, json};

use super::{Infra, Said};

const NEXT: &str = "compute: { app: { instances: { max: 12 } } }\n";
const SECRET: &str = "compute: { app: { env: { API_TOKEN: { from_env: API_TOKEN } } } }\n";

/// The production example on a sandbox of its own, applied.
struct Desk {
    infra: Infra,
    spec: String,
}

impl Desk {
    fn open(name: &str, layers: &[&str]) -> Desk {
        let mut infra = Infra::new(name);
        infra.env.push(("INFRA_CLOUD", "sandbox:cloud.jsonl".into()));
        infra.env.push(("API_TOKEN", "a-token-that-nobody-may-see".into()));
        let layers = layers.iter().enumerate().map(|(i, text)| infra.file(&format!("layer-{i}.yaml"), text));
        let spec = [Infra::example("production")].into_iter().chain(layers).collect::<Vec<_>>().join(",");
        let desk = Desk { infra, spec };
        let applied = desk.run("apply", &["--auto-approve"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        desk
    }

    fn run(&self, command: &str, more: &[&str]) -> Said {
        self.infra.run(&[&[command, "-f", &self.spec], more].concat())
    }

    fn drift(&self, more: &[&str]) -> Said {
        self.run("drift", more)
    }

    /// The lines of the sandbox's file.
    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.infra.folder.join("cloud.jsonl")).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    fn write(&self, line: &Value) {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new().append(true).open(self.infra.folder.join("cloud.jsonl")).unwrap();
        writeln!(file, "{line}").unwrap();
    }

    fn find(&self, address: &str) -> Value {
        let of = |l: &Value| l.pointer("/put/live/stamp/address").and_then(Value::as_str) == Some(address);
        self.lines().into_iter().rfind(of).unwrap_or_else(|| panic!("{address}"))
    }

    /// Somebody changes an object by hand.
    fn bend(&self, address: &str, change: impl FnOnce(&mut Value)) {
        let mut line = self.find(address);
        change(line.pointer_mut("/put/live/object").unwrap().as_object_mut().unwrap().values_mut().next().unwrap());
        self.write(&line);
    }

    /// Somebody deletes it.
    fn delete(&self, address: &str) {
        let id = self.find(address)["put"]["live"]["id"].clone();
        self.write(&json!({ "delete": id }));
    }
}

/// Several kinds changed by hand, one deleted: drift names them, and applying mends them.
#[test]
fn what_is_changed_by_hand_is_told() {
    let desk = Desk::open("drift", &[]);
    let before = desk.lines().len();
    let clean = desk.drift(&[]);
    assert_eq!(clean.code, 0, "{} {}", clean.out, clean.err);
    clean.snapshot("drift_none");
    assert_eq!(desk.lines().len(), before, "nothing is written, no lease is taken");

    desk.bend("security_group.bastion", |group| {
        let mut rule = group["ingress"][0].clone();
        rule["description"] = "mine".into();
        rule["from_port"] = 443.into();
        rule["to_port"] = 443.into();
        group["ingress"].as_array_mut().unwrap().push(rule);
    });
    desk.bend("auto_scaling_group.app", |group| group["max"] = 4.into());
    desk.bend("dns_record.www", |record| record["proxied"] = false.into());
    desk.bend("zone_setting.ssl", |setting| setting["value"] = "off".into());
    desk.bend("auto_scaling_group.app", |group| group["desired"] = 7.into());
    desk.delete("rate_limit_rules.main");
    let bent = desk.drift(&[]);
    assert_eq!(bent.code, 2, "{} {}", bent.out, bent.err);
    bent.snapshot("drift_by_hand");

    let part = desk.drift(&["--target", "auto_scaling_group.app", "--json"]);
    let document: Value = serde_json::from_str(&part.out).unwrap();
    let found: Vec<&str> = document["objects"].as_array().unwrap().iter().map(|o| o["address"].as_str().unwrap()).collect();
    assert_eq!((part.code, found), (2, vec!["auto_scaling_group.app"]));
    assert_eq!(desk.drift(&["--target", "vpc.main"]).code, 0);
    assert_eq!(desk.drift(&["--target", "nothing.here"]).code, 1);

    assert_eq!(desk.run("apply", &["--auto-approve"]).code, 0);
    assert_eq!(desk.drift(&[]).code, 0, "applying mends it");
}

/// A change of the spec is none of somebody else's; both at once are told apart, object by object. What was updated in place is told the same.
#[test]
fn a_change_of_the_spec_is_no_drift() {
    let mut desk = Desk::open("drift-spec", &[]);
    let next = desk.infra.file("next.yaml", NEXT);
    desk.spec = format!("{},{next}", desk.spec);
    let wanted = desk.drift(&[]);
    assert_eq!(wanted.code, 2, "{} {}", wanted.out, wanted.err);
    assert!(!wanted.out.contains("behind"), "{}", wanted.out);
    desk.bend("vpc.main", |vpc| vpc["dns_hostnames"] = false.into());
    let both = desk.drift(&[]);
    assert_eq!(both.code, 2);
    both.snapshot("drift_and_spec");
    assert_eq!(desk.run("apply", &["--auto-approve"]).code, 0);
    assert_eq!(desk.drift(&[]).code, 0);
    desk.bend("auto_scaling_group.app", |group| group["max"] = 3.into());
    desk.bend("vpc.main", |vpc| vpc["dns_hostnames"] = false.into());
    let again: Value = serde_json::from_str(&desk.drift(&["--json"]).out).unwrap();
    assert_eq!(again["summary"], json!({ "changed": 2 }), "{again:#}");
}

/// The document is what its schema says, and no secret is in it, nor in the text.
#[test]
fn the_document_of_drift() {
    let mut desk = Desk::open("drift-json", &[SECRET]);
    desk.bend("secret.app.API_TOKEN", |secret| {
        let text = secret.to_string();
        let at = text.find(r#"{"$secret":""#).expect("a secret") + r#"{"$secret":""#.len();
        *secret = serde_json::from_str(&format!("{}0123456789ab{}", &text[..at], &text[at + 12..])).unwrap();
    });
    desk.bend("iam_role.app", |role| role["tags"] = json!({ "api_token": "a-token-that-nobody-may-see" }));
    desk.infra.env.push(("NO_COLOR", "1".into()));
    let (text, said) = (desk.drift(&[]), desk.drift(&["--json"]));
    assert_eq!((text.code, said.code), (2, 2), "{}", said.err);
    assert!(text.out.contains("(sensitive)"), "{}", text.out);
    for out in [&text.out, &said.out] {
        assert!(!out.contains("nobody-may-see") && !out.contains("0123456789ab"), "{out}");
    }
    let schema: Value = serde_json::from_str(&desk.infra.run(&["schema", "drift"]).out).unwrap();
    let document: Value = serde_json::from_str(&said.out).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(&document).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // A stamp says nothing of secrets: it can't tell whether the spec's is another one now.
    let secret = document["objects"].as_array().unwrap().iter().find(|o| o["address"] == "secret.app.API_TOKEN").unwrap();
    assert_eq!((&secret["cause"], &secret["attributes"][0]["mode"]), (&json!("unclear"), &json!("replace")));
}

/// A stack of which nothing is live was never applied; a spec that can't be read is an error.
#[test]
fn the_exit_codes_of_drift() {
    let mut infra = Infra::new("drift-codes");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let minimal = Infra::example("minimal");
    let never = infra.run(&["drift", "-f", &minimal]);
    assert_eq!(never.code, 2, "{}", never.err);
    never.snapshot("drift_never_applied");
    assert_eq!(infra.run(&["apply", "-f", &minimal, "--auto-approve"]).code, 0);
    assert_eq!(infra.run(&["drift", "-f", &minimal]).code, 0);
    assert_eq!(infra.run(&["drift", "-f", "no-such-file.yaml"]).code, 1);
    let smaller = infra.file("smaller.yaml", "stack: minimal\nregion: us-east-1\n");
    let unwanted = infra.run(&["drift", "-f", &smaller]);
    assert_eq!(unwanted.code, 2, "{}", unwanted.err);
    unwanted.snapshot("drift_unwanted");
}
