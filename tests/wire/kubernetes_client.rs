//! The client of the Kubernetes API against the fake: applies, lists in pages, deletions, tokens, and what it does with refusals and lost answers.
use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use infra::model::Secret;
use infra::wire::kubernetes::{Asker, Endpoint, Kubernetes as Client, Type};
use infra::wire::policy::Policy;
use infra::wire::{Class, Clients, CloudError};
use serde_json::{Value, json};

use crate::support::cloudflare::Reaction;
use crate::support::kubernetes::{Kubernetes, TOKEN};
use crate::support::moto::{Moto, python};

const NAMESPACES: Type = Type { api: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };
const MAPS: Type = Type { api: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };

/// Makes the same token each time, and counts.
struct Known {
    policy: Policy,
    made: Cell<u32>,
}

impl Asker for Known {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    async fn token(&self, _cluster: &str) -> Result<Secret, CloudError> {
        self.made.set(self.made.get() + 1);
        Ok(Secret::new(TOKEN))
    }
}

/// One that gives up soon.
fn asker() -> Known {
    let second = Duration::from_secs(1);
    let mut policy = Policy::new(4);
    (policy.passing, policy.conflicts, policy.throttled) = (second, second, second);
    Known { policy, made: Cell::new(0) }
}

fn client(url: &str) -> Client {
    Client::new(Endpoint { cluster: "main".into(), url: url.into(), authority: String::new() })
}

fn namespace() -> Value {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop", "labels": { "stack": "s" } } })
}

fn map(name: &str, value: &str) -> Value {
    let meta = json!({ "name": name, "namespace": "shop", "labels": { "stack": "s" } });
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": { "k": value } })
}

fn refusal(status: u16, reason: &str, message: &str) -> Reaction {
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": status });
    Reaction::Answer { status, headers: vec![], body }
}

#[tokio::test]
async fn objects_are_applied_listed_and_deleted() {
    let fake = Kubernetes::start();
    assert!(applied_and_deleted(&fake.endpoint).await > 0, "what belongs to it goes first");
}

/// Applies and deletes; how often the object was seen on its way out. The server is empty.
pub async fn applied_and_deleted(url: &str) -> usize {
    let (client, by) = (client(url), asker());
    assert!(client.create(&by, NAMESPACES, "infra", &namespace()).await.unwrap().created);
    let first = client.apply(&by, MAPS, "infra", &map("a", "1")).await.unwrap();
    let again = client.apply(&by, MAPS, "infra", &map("a", "1")).await.unwrap();
    assert_eq!(
        (first.created, again.created, &first.object),
        (true, false, &again.object),
        "an apply that changes nothing leaves no trace"
    );
    // Others' fields stay, and what somebody else has changed becomes ours again.
    client.apply(&by, MAPS, "other", &json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "namespace": "shop" }, "data": { "k": "2", "l": "3" } })).await.unwrap();
    let back = client.apply(&by, MAPS, "infra", &map("a", "1")).await.unwrap();
    assert_eq!(back.object["data"], json!({ "k": "1", "l": "3" }));
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let uid = text(&back.object["metadata"]["uid"]);
    let strange = client.delete(&by, MAPS, "shop", "a", "another").await.unwrap_err();
    assert_eq!(strange.class, Class::NotFound, "an object of another uid is not the one that was to go");
    client.delete(&by, MAPS, "shop", "a", &uid).await.unwrap();
    let mut looks = 0;
    while let Ok(found) = client.get(&by, MAPS, "shop", "a").await {
        assert_ne!(found["metadata"]["deletionTimestamp"], Value::Null);
        looks += 1;
    }
    assert_eq!(client.delete(&by, MAPS, "shop", "a", &uid).await.unwrap_err().class, Class::NotFound);
    assert_eq!(by.made.get(), 1, "one token serves for all");
    looks
}

#[tokio::test]
async fn lists_go_on_over_pages_and_begin_anew_when_those_expire() {
    let (fake, by) = (Kubernetes::start(), asker());
    let client = client(&fake.endpoint);
    client.apply(&by, NAMESPACES, "infra", &namespace()).await.unwrap();
    client.apply(&by, MAPS, "infra", &map("m", "1")).await.unwrap();
    {
        let mut world = fake.world();
        let (key, one) = world.objects.iter().find(|(k, _)| k.3 == "m").map(|(k, o)| (k.clone(), o.clone())).unwrap();
        for i in 0..1200 {
            let mut next = one.clone();
            next.body["metadata"]["name"] = format!("m{i}").into();
            world.objects.insert((key.0.clone(), key.1.clone(), key.2.clone(), format!("m{i}")), next);
        }
    }
    let before = fake.log().len();
    assert_eq!(client.list(&by, MAPS, "stack=s").await.unwrap().len(), 1201);
    assert_eq!(fake.log().len() - before, 3);
    assert!(client.list(&by, MAPS, "stack=other").await.unwrap().is_empty());
    let once = std::sync::atomic::AtomicBool::new(true);
    fake.rule(move |call, _| match call.query.contains("continue") && once.swap(false, std::sync::atomic::Ordering::Relaxed) {
        true => refusal(410, "Expired", "The provided continue parameter is too old"),
        false => Reaction::Pass,
    });
    assert_eq!(client.list(&by, MAPS, "stack=s").await.unwrap().len(), 1201, "nothing is missing, and nothing is told twice");
    fake.rule(|call, _| if call.query.contains("continue") { refusal(410, "Expired", "too old") } else { Reaction::Pass });
    assert_eq!(client.list(&by, MAPS, "stack=s").await.unwrap_err().code, "Expired");
}

/// More objects than a page holds, by requests; the namespace is there.
pub async fn pages(url: &str) {
    let (client, by) = (client(url), asker());
    for i in 0..501 {
        client.apply(&by, MAPS, "infra", &map(&format!("m{i}"), "1")).await.unwrap();
    }
    let mut found: Vec<String> =
        client.list(&by, MAPS, "stack=s").await.unwrap().iter().map(|m| m["metadata"]["name"].to_string()).collect();
    found.dedup();
    assert_eq!(found.len(), 501, "nothing is missing, and nothing is told twice");
    assert!(client.list(&by, MAPS, "stack=other").await.unwrap().is_empty());
}

/// What is refused, and how that is told; nothing but the namespace is there.
pub async fn refused(url: &str) {
    let (client, by) = (client(url), asker());
    let mut elsewhere = map("a", "1");
    elsewhere["metadata"]["namespace"] = "nowhere".into();
    let nowhere = client.apply(&by, MAPS, "infra", &elsewhere).await.unwrap_err();
    assert_eq!((nowhere.class, nowhere.code.as_str()), (Class::NotFound, "NotFound"));
    let mut long = map("a", "1");
    long["metadata"]["labels"]["stack"] = "x".repeat(64).into();
    let invalid = client.apply(&by, MAPS, "infra", &long).await.unwrap_err();
    assert_eq!((invalid.class, invalid.operation.as_str()), (Class::Invalid, "patch configmaps"));
    assert!(invalid.message.contains("must be no more than 63 characters"), "{invalid}");
    let mut unknown = map("a", "1");
    unknown["dat"] = json!({});
    assert_eq!(client.apply(&by, MAPS, "infra", &unknown).await.unwrap_err().class, Class::Invalid);
}

/// A namespace that is on its way out takes nothing; something in it holds it back.
pub async fn held(url: &str) {
    let (client, by) = (client(url), asker());
    let mut holder = map("holder", "1");
    holder["metadata"]["finalizers"] = json!(["example.com/held"]);
    client.apply(&by, MAPS, "infra", &holder).await.unwrap();
    let going = client.get(&by, NAMESPACES, "", "shop").await.unwrap()["metadata"]["uid"].as_str().unwrap().to_owned();
    client.delete(&by, NAMESPACES, "", "shop", &going).await.unwrap();
    let refused = client.apply(&by, MAPS, "infra", &map("e", "1")).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (Class::Conflict, "Forbidden"), "it waits until the namespace is gone");
}

#[tokio::test]
async fn refusals_have_their_classes_and_lost_answers_are_settled() {
    let (fake, by) = (Kubernetes::start(), asker());
    let client = client(&fake.endpoint);
    client.apply(&by, NAMESPACES, "infra", &namespace()).await.unwrap();
    refused(&fake.endpoint).await;

    // What says the same twice is said again; a creation is not, for the second answer could be about a stranger's object.
    fake.rule(|call, n| if call.method == "PATCH" && n == 0 { Reaction::CutAfter } else { Reaction::Pass });
    let settled = client.apply(&by, MAPS, "infra", &map("b", "1")).await.unwrap();
    assert!(!settled.created, "the first request had done it");
    fake.rule(|call, _| if call.method == "PATCH" { Reaction::CutAfter } else { Reaction::Pass });
    assert_eq!(client.create(&by, MAPS, "infra", &map("c", "1")).await.unwrap_err().class, Class::Ambiguous);
    assert_eq!(client.get(&by, MAPS, "shop", "c").await.unwrap()["data"]["k"], "1");

    // One that was throttled was not looked at.
    fake.rule(
        |call, n| if call.method == "PATCH" && n == 0 { refusal(429, "TooManyRequests", "too many requests") } else { Reaction::Pass },
    );
    assert!(client.create(&by, MAPS, "infra", &map("d", "1")).await.unwrap().created);
    fake.rule(|_, n| if n == 0 { refusal(503, "ServiceUnavailable", "etcd is away") } else { Reaction::Pass });
    client.list(&by, MAPS, "stack=s").await.unwrap();

    fake.rule(|_, _| Reaction::Pass);
    held(&fake.endpoint).await;
}

/// Of who asks: a new cluster or entry may not know it for a minute. A plan doesn't wait for that.
#[tokio::test]
async fn who_asks_may_be_unknown_at_first() {
    let (fake, by) = (Kubernetes::start(), asker());
    let client = client(&fake.endpoint);
    fake.rule(|_, n| if n < 2 { refusal(401, "Unauthorized", "Unauthorized") } else { Reaction::Pass });
    assert_eq!(client.list(&by, NAMESPACES, "stack=s").await.unwrap_err().class, Class::Denied);
    client.apply(&by, NAMESPACES, "infra", &namespace()).await.unwrap();
    assert_eq!((fake.log().len(), by.made.get()), (4, 4), "a token that was refused is made anew");

    fake.rule(|_, _| Reaction::Pass);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(14 * 60)).await;
    tokio::time::resume();
    client.get(&by, NAMESPACES, "", "shop").await.unwrap();
    assert_eq!(by.made.get(), 5, "no token is older than 14 minutes");
    let sent = fake.log().len();
    fake.rule(|_, _| refusal(403, "Forbidden", "namespaces \"shop\" is forbidden"));
    let denied = client.apply(&by, NAMESPACES, "infra", &namespace()).await.unwrap_err();
    assert_eq!((denied.class, fake.log().len() - sent), (Class::Denied, 1), "after the first minute it is told at once");
}

#[tokio::test]
async fn a_token_goes_to_the_cluster_alone() {
    let by = asker();
    let plain = client("http://cluster.example.com");
    let refused = plain.get(&by, NAMESPACES, "", "shop").await.unwrap_err();
    assert_eq!((refused.code.as_str(), by.made.get()), ("BadEndpoint", 0), "{refused}");
    let bad = Endpoint { cluster: "main".into(), url: "https://127.0.0.1:1".into(), authority: "?".into() };
    let refused = Client::new(bad).get(&by, NAMESPACES, "", "shop").await.unwrap_err();
    assert_eq!((refused.code.as_str(), by.made.get()), ("BadAuthority", 0), "{refused}");
    let away = client("https://127.0.0.1:1").get(&by, NAMESPACES, "", "shop").await.unwrap_err();
    assert_eq!((away.class, away.code.as_str()), (Class::Transient, "Unreachable"));
    assert!(!format!("{away:?} {away}").contains(TOKEN));
}

/// The authority that the cluster names is the only one: whose certificate another has signed, though it has the same name, hears nothing.
#[tokio::test]
async fn a_cluster_is_known_by_its_own_authority() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/kubernetes/tls.py");
    let mut command = Command::new(python());
    let mut server = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (port, own, other) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
    let at = |authority: &str| Endpoint { cluster: "main".into(), url: format!("https://127.0.0.1:{port}"), authority: authority.into() };
    let by = asker();
    let seen = async || Client::new(at(&own)).get(&by, NAMESPACES, "", "shop").await.unwrap()["seen"].clone();
    assert_eq!(seen().await, 1);
    for stranger in [at(&other), at("")] {
        let refused = Client::new(stranger).get(&by, NAMESPACES, "", "shop").await.unwrap_err();
        assert_eq!((refused.class, refused.code.as_str()), (Class::Transient, "Unreachable"), "{refused}");
        assert!(refused.message.contains("certificate"), "{refused}");
    }
    assert_eq!(seen().await, 2, "nobody else's request has come");
    drop(server.stdin.take());
    server.wait().unwrap();
}

/// The clients of a run ask with their own credentials: the token is what the cluster takes for an identity. Any other token is none.
#[tokio::test]
async fn a_run_asks_with_its_own_credentials() {
    let fake = Kubernetes::start();
    let cloud = Clients::with_config(Moto::config("http://127.0.0.1:1"), Moto::policy());
    assert!(client(&fake.endpoint).create(&cloud, NAMESPACES, "infra", &namespace()).await.unwrap().created);
    fake.world().tokens.clear();
    let refused = client(&fake.endpoint).list(&asker(), NAMESPACES, "stack=s").await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (Class::Denied, "Unauthorized"));
    let found = client(&fake.endpoint).list(&cloud, NAMESPACES, "stack=s").await.unwrap();
    assert_eq!(found.len(), 1);
    let here = client(&fake.endpoint).within(&cloud, MAPS, "shop", "").await.unwrap();
    assert!(here.is_empty() && fake.log().last().unwrap().path == "/api/v1/namespaces/shop/configmaps");
}
