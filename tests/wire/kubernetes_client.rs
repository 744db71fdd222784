//! The client of the Kubernetes API against the fake: applies, lists in pages, deletions, tokens, and what it does with refusals and lost answers.
use std::cell::Cell;
use std::time::Duration;

use infra::model::Secret;
use infra::wire::kubernetes::{Endpoint, Kubernetes as Client, Tokens, Type};
use infra::wire::policy::Policy;
use infra::wire::{Class, CloudError};
use serde_json::{Value, json};

use crate::support::cloudflare::Reaction;
use crate::support::kubernetes::{Kubernetes, TOKEN};

const NAMESPACES: Type = Type { api: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };
const MAPS: Type = Type { api: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };

/// Makes the same token each time, and counts.
struct Known<'a>(&'a Cell<u32>);

impl Tokens for Known<'_> {
    async fn token(&self, _cluster: &str) -> Result<Secret, CloudError> {
        self.0.set(self.0.get() + 1);
        Ok(Secret::new(TOKEN))
    }
}

fn client<'a>(url: &str, made: &'a Cell<u32>) -> Client<Known<'a>> {
    Client::new(Endpoint { cluster: "main".into(), url: url.into(), authority: String::new() }, Known(made))
}

/// A policy that gives up soon.
fn policy() -> Policy {
    let second = Duration::from_secs(1);
    let mut policy = Policy::new(4);
    (policy.passing, policy.conflicts, policy.throttled) = (second, second, second);
    policy
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
    let (fake, made, policy) = (Kubernetes::start(), Cell::new(0), policy());
    let client = client(&fake.endpoint, &made);
    assert!(client.create(&policy, NAMESPACES, "infra", &namespace()).await.unwrap().created);
    let first = client.apply(&policy, MAPS, "infra", &map("a", "1")).await.unwrap();
    let again = client.apply(&policy, MAPS, "infra", &map("a", "1")).await.unwrap();
    assert_eq!(
        (first.created, again.created, &first.object),
        (true, false, &again.object),
        "an apply that changes nothing leaves no trace"
    );
    // Others' fields stay, and what somebody else has changed becomes ours again.
    client.apply(&policy, MAPS, "other", &json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "namespace": "shop" }, "data": { "k": "2", "l": "3" } })).await.unwrap();
    let back = client.apply(&policy, MAPS, "infra", &map("a", "1")).await.unwrap();
    assert_eq!(back.object["data"], json!({ "k": "1", "l": "3" }));
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let uid = text(&back.object["metadata"]["uid"]);
    let strange = client.delete(&policy, MAPS, "shop", "a", "another").await.unwrap_err();
    assert_eq!(strange.class, Class::NotFound, "an object of another uid is not the one that was to go");
    client.delete(&policy, MAPS, "shop", "a", &uid).await.unwrap();
    let mut looks = 0;
    while let Ok(found) = client.get(&policy, MAPS, "shop", "a").await {
        assert_ne!(found["metadata"]["deletionTimestamp"], Value::Null);
        looks += 1;
    }
    assert!(looks > 0, "what belongs to it goes first");
    assert_eq!(client.delete(&policy, MAPS, "shop", "a", &uid).await.unwrap_err().class, Class::NotFound);
    assert_eq!(made.get(), 1, "one token serves for all");
}

#[tokio::test]
async fn lists_go_on_over_pages_and_begin_anew_when_those_expire() {
    let (fake, made, policy) = (Kubernetes::start(), Cell::new(0), policy());
    let client = client(&fake.endpoint, &made);
    client.apply(&policy, NAMESPACES, "infra", &namespace()).await.unwrap();
    client.apply(&policy, MAPS, "infra", &map("m", "1")).await.unwrap();
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
    assert_eq!(client.list(&policy, MAPS, "stack=s").await.unwrap().len(), 1201);
    assert_eq!(fake.log().len() - before, 3);
    assert!(client.list(&policy, MAPS, "stack=other").await.unwrap().is_empty());
    let once = std::sync::atomic::AtomicBool::new(true);
    fake.rule(move |call, _| match call.query.contains("continue") && once.swap(false, std::sync::atomic::Ordering::Relaxed) {
        true => refusal(410, "Expired", "The provided continue parameter is too old"),
        false => Reaction::Pass,
    });
    assert_eq!(client.list(&policy, MAPS, "stack=s").await.unwrap().len(), 1201, "nothing is missing, and nothing is told twice");
    fake.rule(|call, _| if call.query.contains("continue") { refusal(410, "Expired", "too old") } else { Reaction::Pass });
    assert_eq!(client.list(&policy, MAPS, "stack=s").await.unwrap_err().code, "Expired");
}

#[tokio::test]
async fn refusals_have_their_classes_and_lost_answers_are_settled() {
    let (fake, made, policy) = (Kubernetes::start(), Cell::new(0), policy());
    let client = client(&fake.endpoint, &made);
    let nowhere = client.apply(&policy, MAPS, "infra", &map("a", "1")).await.unwrap_err();
    assert_eq!((nowhere.class, nowhere.code.as_str()), (Class::NotFound, "NotFound"));
    client.apply(&policy, NAMESPACES, "infra", &namespace()).await.unwrap();
    let mut long = map("a", "1");
    long["metadata"]["labels"]["stack"] = "x".repeat(64).into();
    let invalid = client.apply(&policy, MAPS, "infra", &long).await.unwrap_err();
    assert_eq!((invalid.class, invalid.operation.as_str()), (Class::Invalid, "patch configmaps"));
    assert!(invalid.message.contains("must be no more than 63 characters"), "{invalid}");
    let mut unknown = map("a", "1");
    unknown["dat"] = json!({});
    assert_eq!(client.apply(&policy, MAPS, "infra", &unknown).await.unwrap_err().class, Class::Invalid);

    // What says the same twice is said again; a creation is not, for the second answer could be about a stranger's object.
    fake.rule(|call, n| if call.method == "PATCH" && n == 0 { Reaction::CutAfter } else { Reaction::Pass });
    let settled = client.apply(&policy, MAPS, "infra", &map("b", "1")).await.unwrap();
    assert!(!settled.created, "the first request had done it");
    fake.rule(|call, _| if call.method == "PATCH" { Reaction::CutAfter } else { Reaction::Pass });
    assert_eq!(client.create(&policy, MAPS, "infra", &map("c", "1")).await.unwrap_err().class, Class::Ambiguous);
    assert_eq!(client.get(&policy, MAPS, "shop", "c").await.unwrap()["data"]["k"], "1");

    // One that was throttled was not looked at.
    fake.rule(
        |call, n| if call.method == "PATCH" && n == 0 { refusal(429, "TooManyRequests", "too many requests") } else { Reaction::Pass },
    );
    assert!(client.create(&policy, MAPS, "infra", &map("d", "1")).await.unwrap().created);
    fake.rule(|_, n| if n == 0 { refusal(503, "ServiceUnavailable", "etcd is away") } else { Reaction::Pass });
    client.list(&policy, MAPS, "stack=s").await.unwrap();

    let going = client.get(&policy, NAMESPACES, "", "shop").await.unwrap()["metadata"]["uid"].as_str().unwrap().to_owned();
    client.delete(&policy, NAMESPACES, "", "shop", &going).await.unwrap();
    fake.world().lively = false;
    let refused = client.apply(&policy, MAPS, "infra", &map("e", "1")).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (Class::Conflict, "Forbidden"), "it waits until the namespace is gone");
}

/// Of who asks: a new cluster or entry may not know it for a minute. A plan doesn't wait for that.
#[tokio::test]
async fn who_asks_may_be_unknown_at_first() {
    let (fake, made, policy) = (Kubernetes::start(), Cell::new(0), policy());
    let client = client(&fake.endpoint, &made);
    fake.rule(|_, n| if n < 2 { refusal(401, "Unauthorized", "Unauthorized") } else { Reaction::Pass });
    assert_eq!(client.list(&policy, NAMESPACES, "stack=s").await.unwrap_err().class, Class::Denied);
    client.apply(&policy, NAMESPACES, "infra", &namespace()).await.unwrap();
    assert_eq!((fake.log().len(), made.get()), (4, 4), "a token that was refused is made anew");

    fake.rule(|_, _| Reaction::Pass);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(14 * 60)).await;
    tokio::time::resume();
    client.get(&policy, NAMESPACES, "", "shop").await.unwrap();
    assert_eq!(made.get(), 5, "no token is older than 14 minutes");
    let sent = fake.log().len();
    fake.rule(|_, _| refusal(403, "Forbidden", "namespaces \"shop\" is forbidden"));
    let denied = client.apply(&policy, NAMESPACES, "infra", &namespace()).await.unwrap_err();
    assert_eq!((denied.class, fake.log().len() - sent), (Class::Denied, 1), "after the first minute it is told at once");
}

#[tokio::test]
async fn a_token_goes_to_the_cluster_alone() {
    let (made, policy) = (Cell::new(0), policy());
    let plain = client("http://cluster.example.com", &made);
    let refused = plain.get(&policy, NAMESPACES, "", "shop").await.unwrap_err();
    assert_eq!((refused.code.as_str(), made.get()), ("BadEndpoint", 0), "{refused}");
    let bad = Endpoint { cluster: "main".into(), url: "https://127.0.0.1:1".into(), authority: "?".into() };
    let refused = Client::new(bad, Known(&made)).get(&policy, NAMESPACES, "", "shop").await.unwrap_err();
    assert_eq!((refused.code.as_str(), made.get()), ("BadAuthority", 0), "{refused}");
    let away = client("https://127.0.0.1:1", &made).get(&policy, NAMESPACES, "", "shop").await.unwrap_err();
    assert_eq!((away.class, away.code.as_str()), (Class::Transient, "Unreachable"));
    assert!(!format!("{away:?} {away}").contains(TOKEN));
}
