//! What stands in a cluster, over EKS's stand-in and the fake of its API: rollouts that fail, objects of others, answers that are lost, clusters that
//! can't be reached.
mod agents;
mod logs;
mod objects;
mod quotes;
mod readers;

use std::time::Duration;

use infra::cloud::Observe;
use infra::kinds::{Deployment, Kind, Object, Ref};
use infra::observe::observe;
use infra::plan::{Plan, PlanError, Verb};
use infra::run::{Event, Outcome};
use infra::stack::Stack;
use infra::wire::kubernetes::{Endpoint, Kubernetes as Client, Type};
use infra::wire::{Class, Clients};
use serde_json::{Value, json};

use super::deployment::deployment;
use super::eks_cluster::{cluster, ground};
use super::namespace::around;
use super::service::service;
use crate::support::cloudflare::Reaction;
use crate::support::kubernetes::Kubernetes;
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;
use crate::support::{apply, eks, plan_for, settled, stack};

const STACK: &str = "wire-workloads";
const DEPLOYMENTS: Type = Type { api: "apps/v1", kind: "Deployment", plural: "deployments", namespaced: true };
const MAPS: Type = Type { api: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };
const NAMESPACES: Type = Type { api: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };

/// An EKS, and the API server of all its clusters: the fake, or one that nothing is known of but its address.
pub struct Place<A = Kubernetes> {
    moto: Moto,
    proxy: Proxy,
    api: A,
    url: String,
    cloud: Clients,
}

impl Place {
    async fn start() -> Place {
        let api = Kubernetes::start();
        let url = api.endpoint.clone();
        Place::over(api, url).await
    }
}

impl<A> Place<A> {
    pub async fn over(api: A, url: String) -> Place<A> {
        let moto = Moto::start().await;
        let proxy = Proxy::start(&moto.endpoint);
        eks::serve_at(&moto.endpoint, &url, "").await;
        let mut policy = Moto::policy();
        policy.passing = Duration::from_millis(200);
        let cloud = Clients::with_config(Moto::config(&proxy.endpoint), policy);
        Place { moto, proxy, api, url, cloud }
    }

    /// Takes the stack's namespace away, and all that is in it.
    pub async fn clear(&self) {
        let api = self.theirs();
        let found = api.get(&self.cloud, NAMESPACES, "", "wire").await.unwrap();
        api.delete(&self.cloud, NAMESPACES, "", "wire", found["metadata"]["uid"].as_str().unwrap()).await.unwrap();
        while api.get(&self.cloud, NAMESPACES, "", "wire").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn plan(&self, want: &Stack) -> Plan {
        plan_for(&self.cloud, want).await.unwrap_or_else(|e| panic!("{e:#?}"))
    }

    /// Applies, and there is nothing to do.
    async fn go(&self, want: &Stack, run: &str) -> Plan {
        let plan = self.plan(want).await;
        let (outcome, events) = apply(&self.cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        settled(&self.cloud, want, run).await;
        plan
    }

    /// Somebody else's client.
    fn theirs(&self) -> Client {
        Client::new(Endpoint { cluster: "any".into(), url: self.url.clone(), authority: String::new() })
    }

    async fn put(&self, kind: Type, object: Value) {
        self.theirs().apply(&self.cloud, kind, "theirs", &object).await.unwrap();
    }

    /// The objects that stand in the cluster and are said to be theirs.
    async fn photo(&self, objects: &[(Type, &str)]) -> Vec<Value> {
        let (api, mut found) = (self.theirs(), vec![]);
        for (kind, name) in objects {
            found.push(api.get(&self.cloud, *kind, "wire", name).await.unwrap());
        }
        found
    }

    async fn live(&self) -> Deployment {
        let all = Observe::list(&self.cloud, Kind::Deployment, STACK).await.unwrap();
        let ours = all.into_iter().find(|l| l.stamp.stack == STACK).unwrap();
        Deployment::try_from(ours.object).unwrap()
    }
}

fn shop(change: impl FnOnce(&mut Deployment)) -> Stack {
    let mut shop = deployment();
    change(&mut shop);
    stack(STACK, around().into_iter().chain([("deployment.shop", shop.into()), ("service.shop", service().into())]))
}

fn image(tag: &str) -> Stack {
    let tag = format!("ghcr.io/example/shop:{tag}");
    shop(|d| d.image = tag)
}

fn their_deployment(name: &str, namespace: &str) -> Value {
    let labels = json!({ "app": name });
    let pod = json!({ "containers": [{ "name": name, "image": "theirs:1" }] });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "namespace": namespace },
        "spec": { "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels }, "spec": pod } },
    })
}

fn their_map(namespace: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "settings", "namespace": namespace }, "data": { "k": "1" } })
}

/// Nothing of the stack is in the cluster: whether its API can be reached doesn't matter.
#[tokio::test]
async fn a_cluster_alone_needs_no_api() {
    let place = Place::start().await;
    eks::serve_at(&place.moto.endpoint, "https://127.0.0.1:1", "").await;
    let want = stack(STACK, ground().into_iter().chain([("eks_cluster.main", cluster().into())]));
    place.go(&want, "r1").await;
    place.proxy.reset();
    assert!(place.plan(&want).await.is_empty());
    let counts = place.proxy.counts();
    assert_eq!(counts.get("GET /clusters"), Some(&1), "all lists share one look at the clusters: {counts:#?}");
    assert_eq!(
        counts
            .iter()
            .filter(|(operation, _)| operation.starts_with("GET /clusters/") && operation.matches('/').count() == 2)
            .map(|(_, n)| n)
            .sum::<usize>(),
        1
    );
    place.go(&stack(STACK, []), "r2").await;
    assert!(place.api.log().is_empty());
}

/// What can't be reached is no empty cluster: a plan would make everything anew.
#[tokio::test]
async fn a_cluster_that_is_away_is_not_empty() {
    let place = Place::start().await;
    place.go(&image("1"), "r1").await;
    eks::serve_at(&place.moto.endpoint, "https://127.0.0.1:1", "").await;
    let lost = observe(&place.cloud, STACK, &Default::default()).await.unwrap_err();
    assert_eq!((lost.class, lost.code.as_str()), (Class::Transient, "Unreachable"));
    assert!(lost.message.contains("api.allow_from"), "{lost}");
    eks::serve_at(&place.moto.endpoint, &place.api.endpoint, "").await;
    place.api.rule(|_, _| Reaction::Answer { status: 403, headers: vec![], body: json!({ "reason": "Forbidden", "message": "no" }) });
    assert_eq!(observe(&place.cloud, STACK, &Default::default()).await.unwrap_err().class, Class::Denied);
    place.api.rule(|_, _| Reaction::Pass);
    settled(&place.cloud, &image("1"), "back").await;
}

fn failure(events: &[Event]) -> String {
    let failed = events.iter().find_map(|e| if let Event::Failed(_, e) = e { Some(e.to_string()) } else { None });
    failed.unwrap_or_else(|| panic!("{events:#?}"))
}

/// A change whose pods don't come to serve is taken back, in these words; the first image serves on.
async fn taken_back<A>(place: &Place<A>, want: &Stack, run: &str, says: &str) {
    let plan = place.plan(want).await;
    let (outcome, events) = apply(&place.cloud, &plan, run).await;
    let Outcome::RolledBack(Some(why)) = &outcome else { panic!("{outcome:?} {events:#?}") };
    assert_eq!((why.code.as_str(), why.class), ("RolloutFailed", Class::Invalid));
    assert!(failure(&events).contains(says), "{}", failure(&events));
    settled(&place.cloud, &image("1"), says).await;
    let now = place.live().await;
    assert_eq!((now.image.as_str(), now.replicas, now.rolled_out), ("ghcr.io/example/shop:1", Some(2), true));
}

/// The same where pods fare by the tag of their image.
pub async fn failing<A>(place: &Place<A>) {
    place.go(&image("1"), "r1").await;
    taken_back(place, &image("away"), "r2", "ImagePullBackOff: Back-off pulling image").await;
    taken_back(place, &image("crashes"), "r3", "CrashLoopBackOff: back-off 40s").await;
    taken_back(place, &image("root"), "r4", "CreateContainerConfigError: image will run as root").await;
    let slow = |d: &mut Deployment| (d.image, d.deadline, d.replicas) = ("ghcr.io/example/shop:slow".into(), 5, Some(3));
    taken_back(place, &shop(slow), "r5", "ProgressDeadlineExceeded").await;
    place.go(&image("2"), "r6").await;
}

/// New pods that don't come to serve end the rollout early, in the container's own words, and the old template is back.
#[tokio::test]
async fn a_rollout_that_fails_is_taken_back() {
    let place = Place::start().await;
    place.go(&image("1"), "r1").await;
    let waits = |reason, message| Fate::Waits(reason, message);
    let fates = [
        (
            Fate::Stuck("ImagePullBackOff", "Back-off pulling image \"shop:2\""),
            "Back-off pulling image \"shop:2\"; ProgressDeadlineExceeded",
        ),
        (waits("CrashLoopBackOff", "back-off 40s restarting failed container"), "CrashLoopBackOff: back-off 40s"),
        (waits("CreateContainerConfigError", "image will run as root"), "CreateContainerConfigError: image will run as root"),
    ];
    for (i, (fate, says)) in fates.into_iter().enumerate() {
        place.api.fate("shop", fate);
        let want = shop(|d| (d.image, d.replicas) = (format!("ghcr.io/example/shop:{}", i + 2), Some(3)));
        taken_back(&place, &want, &format!("r{}", i + 2), says).await;
    }
    // One that never came to serve doesn't stay.
    place.go(&stack(STACK, around()), "r8").await;
    let plan = place.plan(&image("1")).await;
    place.api.world().serving.clear();
    let (outcome, events) = apply(&place.cloud, &plan, "r9").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
    settled(&place.cloud, &stack(STACK, around()), "nothing of it is left").await;
    // And one that a run left in the middle is gone on with.
    place.api.world().fates.clear();
    place.go(&shop(|d| d.rolled_out = false), "r10").await;
    let plan = place.go(&image("1"), "r11").await;
    assert_eq!(plan.changes.iter().map(|c| (c.verb, c.attrs.len())).collect::<Vec<_>>(), [(Verb::Update, 1)]);
}

/// What a container wrote before it ended is told, too, its last lines: why it crashes stands there and nowhere else.
#[tokio::test]
async fn a_failed_rollout_quotes_the_log() {
    let place = Place::start().await;
    place.go(&image("1"), "r1").await;
    let log: String = (0..40).map(|i| format!("line {i}\n")).collect();
    place.api.world().logs.insert("shop".into(), format!("{log}fatal: DATABASE_HOST isn't set\u{1b}[0m\n\n"));
    place.api.fate("shop", Fate::Waits("CrashLoopBackOff", "back-off 40s restarting failed container"));
    let says = "it ended with 1 (Error); the log of shop-";
    taken_back(&place, &image("2"), "r2", says).await;
    taken_back(&place, &image("2"), "r3", "line 39 | fatal: DATABASE_HOST isn't set").await;
    let asked = place.api.log().into_iter().filter(|call| call.path.ends_with("/log")).map(|call| call.query);
    assert!(asked.clone().count() == 2 && asked.clone().all(|query| query.contains("tailLines=8")), "{:?}", asked.collect::<Vec<_>>());
    // A log that isn't told hides nothing else.
    place.api.rule(|call, _| {
        let refused = json!({ "kind": "Status", "reason": "Forbidden", "message": "no logs" });
        let log = call.path.ends_with("/log");
        if log { Reaction::Answer { status: 403, headers: vec![], body: refused } } else { Reaction::Pass }
    });
    taken_back(&place, &image("2"), "r4", "CrashLoopBackOff: back-off 40s restarting failed container; it ended with 1 (Error)").await;
}

/// Others' objects stay byte for byte, and so do their fields of ours; what they change of ours is mended.
#[tokio::test]
async fn what_others_have_stays() {
    others_have(&Place::start().await).await;
}

pub async fn others_have<A>(place: &Place<A>) {
    place.go(&image("1"), "r1").await;
    place.put(DEPLOYMENTS, their_deployment("theirs", "wire")).await;
    place.put(MAPS, their_map("wire")).await;
    let theirs = [(DEPLOYMENTS, "theirs"), (MAPS, "settings")];
    let before = place.photo(&theirs).await;
    let label =
        |value: &str| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "wire", "labels": { "team": value } } });
    place.put(NAMESPACES, label("shop")).await;
    let change = |fields: Value| {
        let container = |mut fields: Value| {
            fields["name"] = "shop".into();
            fields
        };
        let pod = json!({ "containers": [container(fields)] });
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop", "namespace": "wire" }, "spec": { "template": { "spec": pod } } })
    };
    place.put(DEPLOYMENTS, change(json!({ "env": [{ "name": "TRACE", "value": "on" }] }))).await;
    settled(&place.cloud, &image("1"), "their label and their variable are theirs").await;

    place.put(DEPLOYMENTS, change(json!({ "image": "ghcr.io/example/shop:0", "env": [{ "name": "TRACE", "value": "on" }] }))).await;
    let plan = place.go(&image("1"), "r2").await;
    let [mended] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(mended.attrs.iter().map(|a| a.path.as_str()).collect::<Vec<_>>(), ["image"]);
    place.go(&image("2"), "r3").await;
    let now = place.theirs().get(&place.cloud, DEPLOYMENTS, "wire", "shop").await.unwrap();
    let env = now["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
    assert!(env.contains(&json!({ "name": "TRACE", "value": "on" })), "{env:?}");
    let namespace = place.theirs().get(&place.cloud, NAMESPACES, "", "wire").await.unwrap();
    assert_eq!(namespace["metadata"]["labels"]["team"], "shop");

    // The namespace stays as long as they have something in it, and the run says what.
    let plan = place.plan(&stack(STACK, [])).await;
    let (outcome, events) = apply(&place.cloud, &plan, "r4").await;
    let Outcome::Leftovers(why) = outcome else { panic!("{outcome:?} {events:#?}") };
    assert!(why.code == "NamespaceInUse" && why.message.contains("Deployment theirs"), "{why}");
    let after = place.photo(&theirs).await;
    let plain =
        |all: &[Value]| all.iter().map(|o| (o["spec"].clone(), o["data"].clone(), o["metadata"]["uid"].clone())).collect::<Vec<_>>();
    assert_eq!(plain(&after), plain(&before));
    let managers = after.iter().flat_map(|o| o["metadata"]["managedFields"].as_array().unwrap());
    assert_eq!(managers.filter(|m| m["manager"] == "infra").count(), 0);
}

/// One of theirs that has our name refuses the plan; where nobody looked before, the run itself refuses it, and nothing of it is changed.
#[tokio::test]
async fn a_strangers_object_is_never_taken() {
    strangers_name(&Place::start().await).await;
    unseen_stranger(&Place::start().await).await;
}

pub async fn strangers_name<A>(place: &Place<A>) {
    place.go(&stack(STACK, around()), "r1").await;
    place.put(DEPLOYMENTS, their_deployment("shop", "wire")).await;
    let refused = plan_for(&place.cloud, &image("1")).await.unwrap_err();
    let [PlanError::Taken { address, .. }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(address.to_string(), "deployment.shop");
}

/// A cluster in which nothing of the stack is yet isn't asked.
pub async fn unseen_stranger<A>(place: &Place<A>) {
    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "wire", "labels": { "team": "other" } } });
    place.put(NAMESPACES, namespace).await;
    let before = place.photo(&[(NAMESPACES, "wire")]).await;
    let plan = place.plan(&image("1")).await;
    let (outcome, events) = apply(&place.cloud, &plan, "r1").await;
    let Outcome::RolledBack(Some(why)) = outcome else { panic!("{outcome:?} {events:#?}") };
    assert_eq!(why.code, "NameTaken");
    assert_eq!(place.photo(&[(NAMESPACES, "wire")]).await, before);
}

/// A lost answer is settled by a look, whichever request it is the answer to.
#[tokio::test]
async fn lost_answers_are_settled() {
    for lost in 0..6 {
        let place = Place::start().await;
        let (count, hit) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::Ordering::Relaxed);
        place.api.rule(move |call, _| {
            let write = call.method == "PATCH";
            if write && count.fetch_add(1, hit) == lost { Reaction::CutAfter } else { Reaction::Pass }
        });
        place.go(&image("1"), "r1").await;
    }
}

/// A plan asks once a kind, whatever the number of workloads.
#[tokio::test]
async fn lists_grow_with_pages_alone() {
    let place = Place::start().await;
    let several = |n: usize| -> Vec<(String, Object)> {
        let each = |i: usize| (format!("deployment.shop{i}"), Deployment { name: format!("shop{i}"), ..deployment() }.into());
        (0..n).map(each).collect()
    };
    for n in [1, 5] {
        let more = several(n);
        let want = stack(STACK, around().into_iter().chain(more.iter().map(|(a, o)| (a.as_str(), o.clone()))));
        place.go(&want, &format!("r{n}")).await;
        let before = place.api.log().len();
        assert!(place.plan(&want).await.is_empty());
        let asked: Vec<String> = place.api.log()[before..].iter().map(|c| format!("{} {}", c.method, c.path)).collect();
        assert_eq!(asked.len(), 13, "{asked:#?}");
    }
}
