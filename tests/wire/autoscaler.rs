use infra::cloud::Observe;
use infra::kinds::{Autoscaler, Deployment, Kind, Level, Object, Ref};
use infra::model::Computed;
use infra::plan::{PlanError, Verb};
use infra::run::Outcome;
use infra::wire::Clients;
use infra::wire::kubernetes::{Endpoint, Kubernetes as Client, Type};
use serde_json::{Value, json};

use super::deployment::deployment;
use super::namespace::around;
use super::{Case, Sends};
use crate::support::kubernetes::Kubernetes;
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;
use crate::support::{apply, eks, plan_for, settled, stack};

const AUTOSCALERS: Type =
    Type { api: "autoscaling/v2", kind: "HorizontalPodAutoscaler", plural: "horizontalpodautoscalers", namespaced: true };
const DEPLOYMENTS: Type = Type { api: "apps/v1", kind: "Deployment", plural: "deployments", namespaced: true };

fn autoscaler(name: &str) -> Autoscaler {
    Autoscaler {
        cluster: Ref::to("main"),
        namespace: Ref::to("main"),
        name: name.into(),
        deployment: Ref::to(name),
        min: 2,
        max: 6,
        target_cpu: Some(60),
        target_memory: None,
        uid: Computed::default(),
    }
}

fn scaled(name: &str) -> Deployment {
    Deployment { name: name.into(), replicas: None, ..deployment() }
}

pub fn case() -> Case {
    let mut world = around();
    world.extend([
        ("deployment.shop", scaled("shop").into()),
        ("deployment.other", scaled("other").into()),
        ("autoscaler.shop", autoscaler("shop").into()),
    ]);
    let with = |change: fn(&mut Autoscaler)| {
        let mut other = autoscaler("shop");
        change(&mut other);
        Object::from(other)
    };
    let variants = vec![
        ("deployment", with(|a| (a.name, a.deployment) = ("other".into(), Ref::to("other")))),
        ("max", with(|a| a.max = 8)),
        ("min", with(|a| a.min = 3)),
        ("target_cpu", with(|a| a.target_cpu = Some(75))),
        ("target_memory", with(|a| a.target_memory = Some(80))),
        ("target_memory alone", with(|a| (a.target_cpu, a.target_memory) = (None, Some(80)))),
    ];
    Case { address: "autoscaler.shop", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Autoscaler, lists: &[], creates: &[], unseen: &[] };

struct Place {
    _moto: Moto,
    api: Kubernetes,
    cloud: Clients,
}

impl Place {
    async fn start() -> Place {
        let moto = Moto::start().await;
        let api = eks::with_api(&moto.endpoint).await;
        let cloud = Moto::clients(&moto.endpoint);
        Place { _moto: moto, api, cloud }
    }

    /// Somebody's client.
    fn theirs(&self) -> Client {
        Client::new(Endpoint { cluster: "any".into(), url: self.api.endpoint.clone(), authority: String::new() })
    }

    async fn seen(&self) -> Value {
        self.theirs().get(&self.cloud, DEPLOYMENTS, "wire", "shop").await.unwrap()
    }

    async fn pods(&self) -> i64 {
        self.seen().await["spec"]["replicas"].as_i64().unwrap()
    }

    /// Who says how many pods there are.
    async fn counters(&self) -> Vec<String> {
        let seen = self.seen().await;
        let managers = seen["metadata"]["managedFields"].as_array().unwrap().clone();
        let counts = |m: &&Value| m["fieldsV1"]["f:spec"]["f:replicas"].is_object();
        managers.iter().filter(counts).map(|m| m["manager"].as_str().unwrap().to_owned()).collect()
    }

    /// Applies, and there is nothing to do; what was changed.
    async fn go(&self, what: Vec<(&'static str, Object)>, run: &str) -> Vec<(String, Verb)> {
        let want = stack("wire-autoscaler", around().into_iter().chain(what));
        let plan = plan_for(&self.cloud, &want).await.unwrap_or_else(|e| panic!("{run} {e:#?}"));
        let (outcome, events) = apply(&self.cloud, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        settled(&self.cloud, &want, run).await;
        plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect()
    }

    /// Writes to workloads so far, in their order.
    fn writes(&self) -> Vec<String> {
        let log = self.api.log();
        let name = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().to_owned();
        log.iter().filter(|c| c.method != "GET" && c.path.contains("/wire/")).map(|c| format!("{} {}", c.method, name(&c.path))).collect()
    }
}

fn fixed(pods: i32) -> Vec<(&'static str, Object)> {
    vec![("deployment.shop", Deployment { replicas: Some(pods), desired: pods, ..scaled("shop") }.into())]
}

fn loose(image: &str) -> Vec<(&'static str, Object)> {
    let deployment = Deployment { image: format!("ghcr.io/example/shop:{image}"), ..scaled("shop") };
    vec![("deployment.shop", deployment.into()), ("autoscaler.shop", autoscaler("shop").into())]
}

/// A workload that begins to scale keeps its pods; what the autoscaler or somebody says stays, whatever is applied; and where the number is fixed again nobody
/// else says it any more.
#[tokio::test]
async fn what_an_autoscaler_says_stays() {
    let place = Place::start().await;
    place.go(fixed(4), "r1").await;
    assert_eq!((place.pods().await, place.counters().await), (4, vec!["infra".to_owned()]));
    let changed = place.go(loose("1"), "r2").await;
    assert_eq!(changed, [("autoscaler.shop".to_owned(), Verb::Create), ("deployment.shop".to_owned(), Verb::Update)]);
    assert_eq!((place.pods().await, place.counters().await), (4, vec!["infra-initial".to_owned()]), "it never fell to one");

    place.api.load("shop", 6);
    let want = stack("wire-autoscaler", around().into_iter().chain(loose("1")));
    settled(&place.cloud, &want, "the load has risen").await;
    assert_eq!((place.pods().await, place.counters().await), (6, vec!["kube-controller-manager".to_owned()]));
    let by_hand = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop", "namespace": "wire" }, "spec": { "replicas": 5 } });
    place.api.load("shop", 5);
    place.theirs().apply(&place.cloud, DEPLOYMENTS, "theirs", &by_hand).await.unwrap();
    settled(&place.cloud, &want, "by hand").await;
    assert_eq!(place.go(loose("2"), "r3").await, [("deployment.shop".to_owned(), Verb::Update)]);
    assert_eq!(place.pods().await, 5, "a new image rolls through as many as there are");

    let before = place.writes().len();
    place.go(fixed(1), "r4").await;
    assert_eq!((place.pods().await, place.counters().await), (1, vec!["infra".to_owned()]));
    let writes = place.writes().split_off(before);
    assert_eq!(
        writes[..2],
        ["DELETE horizontalpodautoscalers".to_owned(), "PATCH deployments".to_owned()],
        "nobody sets it back: {writes:?}"
    );
}

/// A new workload begins with the fewest pods; a rollout that fails, with a number that was to be fixed, goes back to what the autoscaler had said.
#[tokio::test]
async fn a_failure_gives_the_number_back() {
    let place = Place::start().await;
    place.go(loose("1"), "r1").await;
    assert_eq!((place.pods().await, place.counters().await), (2, vec!["infra-initial".to_owned()]));
    place.api.load("shop", 5);
    place.pods().await;
    assert_eq!(place.pods().await, 5, "what a look sees is what was before it");
    place.api.fate("shop", Fate::Waits("CreateContainerConfigError", "image will run as root"));
    let want = [("deployment.shop", Deployment { replicas: Some(3), image: "ghcr.io/example/shop:9".into(), ..scaled("shop") }.into())];
    let want = stack("wire-autoscaler", around().into_iter().chain(want));
    let plan = plan_for(&place.cloud, &want).await.unwrap();
    place.api.world().loads.clear();
    let (outcome, events) = apply(&place.cloud, &plan, "r2").await;
    assert!(matches!(&outcome, Outcome::RolledBack(Some(why)) if why.code == "RolloutFailed"), "{outcome:?} {events:#?}");
    settled(&place.cloud, &stack("wire-autoscaler", around().into_iter().chain(loose("1"))), "back").await;
    assert_eq!((place.pods().await, place.counters().await), (5, vec!["infra-initial".to_owned()]));
}

/// An autoscaler of somebody else's that counts a deployment's pods refuses ours, whatever it is called, and a number that is fixed; one of another deployment's,
/// or in another namespace, is nobody's concern.
#[tokio::test]
async fn anothers_autoscaler_is_told() {
    let place = Place::start().await;
    place.go(fixed(2), "r1").await;
    let theirs = |namespace: &str, name: &str, deployment: &str| {
        let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": deployment });
        let metric =
            json!({ "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 50 } } });
        let spec = json!({ "scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 9, "metrics": [metric] });
        json!({ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": name, "namespace": namespace }, "spec": spec })
    };
    let put = async |namespace: &str, name: &str, deployment: &str| {
        place.theirs().apply(&place.cloud, AUTOSCALERS, "theirs", &theirs(namespace, name, deployment)).await.unwrap();
    };
    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "other" } });
    let namespaces = Type { api: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };
    place.theirs().apply(&place.cloud, namespaces, "theirs", &namespace).await.unwrap();
    put("other", "shop", "shop").await;
    put("wire", "beside", "other").await;
    place.go(fixed(3), "r2").await;

    let taken = async |what: Vec<(&'static str, Object)>| {
        let refused = plan_for(&place.cloud, &stack("wire-autoscaler", around().into_iter().chain(what))).await.unwrap_err();
        let [PlanError::Taken { address, id, .. }] = refused.as_slice() else { panic!("{refused:?}") };
        (address.to_string(), id.rsplit_once("/horizontalpodautoscalers/").unwrap().1.to_owned())
    };
    put("wire", "theirs", "shop").await;
    let of = |address: &str, id: &str| (address.to_owned(), id.to_owned());
    assert_eq!(taken(loose("1")).await, of("autoscaler.shop", "wire/theirs"));
    place.api.load("shop", 7);
    place.pods().await;
    assert_eq!(place.pods().await, 7, "it counts them");
    assert_eq!(taken(fixed(3)).await, of("deployment.shop", "wire/theirs"));
    let found = place.theirs().get(&place.cloud, AUTOSCALERS, "wire", "theirs").await.unwrap();
    let uid = found["metadata"]["uid"].as_str().unwrap();
    place.theirs().delete(&place.cloud, AUTOSCALERS, "wire", "theirs", uid).await.unwrap();
    place.api.world().loads.clear();
    place.go(fixed(3), "r3").await;
    put("wire", "shop", "other").await;
    assert_eq!(taken(loose("1")).await, of("autoscaler.shop", "wire/shop"), "one of its name");
    place.go(fixed(2), "r4").await;
}

/// What an autoscaler can't do, and that it may add no more, is told as its controller tells it.
#[tokio::test]
async fn an_autoscaler_fares_as_its_controller_says() {
    let place = Place::start().await;
    place.go(loose("1"), "r1").await;
    let told = async || {
        place.pods().await;
        place.pods().await;
        let live = place.cloud.list(Kind::Autoscaler, "wire-autoscaler").await.unwrap().remove(0);
        let sign = place.cloud.health(&live).await.unwrap().remove(0);
        (sign.level, sign.text)
    };
    assert_eq!(told().await, (Level::Ok, "2 pods, 2 to 6".into()));
    place.api.load("shop", 9);
    assert_eq!(told().await, (Level::Warning, "6 pods, 2 to 6: no more may come".into()));
    let none = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop", "namespace": "wire" }, "spec": { "replicas": 0 } });
    place.theirs().apply(&place.cloud, DEPLOYMENTS, "theirs", &none).await.unwrap();
    let says = "doesn't scale: ScalingDisabled: scaling is disabled since the replica count of the target is zero";
    assert_eq!(told().await, (Level::Warning, says.into()));
}
