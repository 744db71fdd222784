//! Secrets of a cluster: none is told to whoever asks, another value takes new pods before the old one goes, and what fails gives the old one back.
use infra::cloud::Observe;
use infra::kinds::{Deployment, Kind, Ref};
use infra::run::Outcome;
use infra::stack::Stack;
use serde_json::json;

use super::deployment::deployment;
use super::kubernetes_secret::secret;
use super::namespace::around;
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;
use crate::support::{apply, eks, plan_for, settled, stack};

const STACK: &str = "wire-secrets";

fn shop(token: &str) -> Stack {
    let shop = Deployment { env_from: Some(Ref::to("shop")), ..deployment() };
    let secret = secret(&[("API_TOKEN", token)]);
    stack(STACK, around().into_iter().chain([("kubernetes_secret.shop", secret.into()), ("deployment.shop", shop.into())]))
}

#[tokio::test]
async fn another_value_is_another_secret() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let go = async |want: &Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        apply(&cloud, &plan, run).await
    };
    let names = || api.world().of("", "secrets").map(|(key, _)| key.3.clone()).collect::<Vec<_>>();
    let given = || {
        let world = api.world();
        let (_, object) = world.of("apps", "deployments").next().unwrap();
        object.body["spec"]["template"]["spec"]["containers"][0]["envFrom"].clone()
    };
    assert_eq!(go(&shop("one"), "r1").await.0, Outcome::Applied);
    let first = names();
    assert_eq!(given(), json!([{ "secretRef": { "name": first[0] } }]));
    settled(&cloud, &shop("one"), "r1").await;

    // New pods don't come to serve: they are taken back, and so is their secret.
    api.fate("shop", Fate::Stuck("CrashLoopBackOff", "the token is refused"));
    let (outcome, events) = go(&shop("two"), "r2").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
    assert_eq!((names(), given()), (first.clone(), json!([{ "secretRef": { "name": first[0] } }])));
    settled(&cloud, &shop("one"), "r2").await;
    api.world().fates.clear();

    let (outcome, events) = go(&shop("two"), "r3").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert!(names().len() == 1 && names() != first, "{:?}", names());
    settled(&cloud, &shop("two"), "r3").await;

    // One of theirs with our label is none of ours, and none of all that was asked for was told.
    let live = Observe::list(&cloud, Kind::KubernetesSecret, STACK).await.unwrap();
    assert_eq!(live.len(), 1);
    assert_eq!(go(&stack(STACK, []), "r4").await.0, Outcome::Applied);
    assert_eq!((names(), api.world().told.clone()), (vec![], vec![]));
}

/// What the API takes of a secret, and what it tells of one.
#[tokio::test]
async fn a_secret_stays_what_it_is() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let plan = plan_for(&cloud, &shop("one")).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    let name = api.world().of("", "secrets").map(|(key, _)| key.3.clone()).next().unwrap();
    let url = format!("{}/api/v1/namespaces/wire/secrets/{name}", api.endpoint);
    let client = reqwest::Client::new();
    let ask = async |accept: &str| {
        let asked = client.get(&url).bearer_auth(crate::support::kubernetes::TOKEN).header("accept", accept);
        asked.send().await.unwrap().json::<serde_json::Value>().await.unwrap()
    };
    let metadata = ask("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1").await;
    assert!(metadata["kind"] == "PartialObjectMetadata" && metadata["data"].is_null() && metadata["metadata"]["name"] == name.as_str());
    assert_eq!(ask("application/json").await["data"]["API_TOKEN"], "b25l");
    assert_eq!(api.world().told.len(), 1, "whoever asks for all of it is seen");
    let other =
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name, "namespace": "wire" }, "data": { "API_TOKEN": "dHdv" } });
    let change = client.patch(format!("{url}?fieldManager=theirs&force=true")).bearer_auth(crate::support::kubernetes::TOKEN);
    let change = change.header("content-type", "application/apply-patch+yaml").body(other.to_string()).send().await.unwrap();
    assert_eq!(change.status(), 422);
    assert!(change.text().await.unwrap().contains("field is immutable when `immutable` is set"));
}
