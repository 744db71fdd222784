//! Pods that are given a role of AWS: it stands before they start and until they are gone, whatever is made, taken back or taken away; another
//! association takes new pods; one of a stranger's is never taken.
use infra::kinds::{Address, Deployment, Ref};
use infra::plan::{Plan, PlanError, Verb};
use infra::run::{Event, Outcome};
use infra::stack::Stack;
use serde_json::Value;

use super::deployment::deployment;
use super::pod_identity_association::identified;
use crate::support::kubernetes::Kubernetes;
use crate::support::kubernetes::rollout::Fate;
use crate::support::moto::Moto;
use crate::support::{address, apply, eks, plan_for, settled, stack};

const STACK: &str = "wire-identity";

fn shop(image: &str) -> Stack {
    let shop = Deployment { image: image.into(), service_account: Some(Ref::to("shop")), identity: Some(Ref::to("shop")), ..deployment() };
    stack(STACK, identified().into_iter().chain([("deployment.shop", shop.into())]))
}

/// The addresses of what a run did, each as often as something of it ended, in that order; `back` those of what was taken back.
fn ended(plan: &Plan, events: &[Event], back: bool) -> Vec<Address> {
    let step = |event: &Event| match event {
        Event::Done(step, _) if !back => Some(*step),
        Event::Undone(step, _) if back => Some(*step),
        _ => None,
    };
    events.iter().filter_map(step).map(|step| plan.steps[step].address.clone()).collect()
}

fn before(order: &[Address], first: &str, then: &str) {
    let at = |what: &str| order.iter().position(|a| *a == address(what)).unwrap_or_else(|| panic!("{what}: {order:?}"));
    assert!(at(first) < at(then), "{first} before {then}: {order:?}");
}

/// The annotation of the newest pods, and the account that they run under.
fn pods(api: &Kubernetes) -> (Value, Value) {
    let world = api.world();
    let (_, pod) = world.of("apps", "deployments").next().unwrap();
    let template = &pod.body["spec"]["template"];
    (template["metadata"]["annotations"]["infra.dev/identity"].clone(), template["spec"]["serviceAccountName"].clone())
}

#[tokio::test]
async fn the_role_stands_before_pods_and_until_they_are_gone() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let go = async |want: &Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        let (outcome, events) = apply(&cloud, &plan, run).await;
        (plan, outcome, events)
    };
    // The first rollout fails: all of it goes again, pods first.
    api.fate("shop", Fate::Stuck("ImagePullBackOff", "no such image"));
    let (plan, outcome, events) = go(&shop("shop:1"), "r1").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
    before(&ended(&plan, &events, true), "pod_identity_association.shop", "service_account.shop");
    before(&ended(&plan, &events, true), "pod_identity_association.shop", "iam_role.pods");
    api.world().fates.clear();

    let (plan, outcome, events) = go(&shop("shop:1"), "r2").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    before(&ended(&plan, &events, false), "pod_identity_association.shop", "deployment.shop");
    before(&ended(&plan, &events, false), "service_account.shop", "deployment.shop");
    settled(&cloud, &shop("shop:1"), "r2").await;
    let (first, account) = pods(&api);
    assert!(first.as_str().is_some_and(|id| id.starts_with("a-")) && account == "shop", "{first} {account}");

    // Somebody takes the association away: another one is made, and pods that were given nothing by it make room for new ones.
    let cluster = cloud.eks().list_clusters().send().await.unwrap().clusters.unwrap().remove(0);
    let request = cloud.eks().delete_pod_identity_association().cluster_name(&cluster).association_id(first.as_str().unwrap());
    request.send().await.unwrap();
    let (plan, outcome, events) = go(&shop("shop:1"), "r3").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let mut verbs: Vec<(String, Verb)> = plan.changes.iter().map(|c| (c.address.to_string(), c.verb)).collect();
    verbs.sort_by(|a, b| a.0.cmp(&b.0));
    let wanted = [("deployment.shop", Verb::Update), ("pod_identity_association.shop", Verb::Create)];
    assert_eq!(verbs, wanted.map(|(address, verb)| (address.to_owned(), verb)));
    before(&ended(&plan, &events, false), "pod_identity_association.shop", "deployment.shop");
    assert!(pods(&api).0 != first && pods(&api).0.is_string());

    // A change that fails is taken back with the association that stands.
    api.fate("shop", Fate::Stuck("ImagePullBackOff", "no such image"));
    let kept = pods(&api).0;
    let (_, outcome, events) = go(&shop("shop:2"), "r4").await;
    assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{outcome:?} {events:#?}");
    assert_eq!(pods(&api), (kept, "shop".into()));
    api.world().fates.clear();
    settled(&cloud, &shop("shop:1"), "r4").await;

    // Pods that may do nothing any more run under the namespace's own account, before what they had goes.
    let plain = stack(STACK, super::namespace::around().into_iter().chain([("deployment.shop", deployment().into())]));
    let (plan, outcome, events) = go(&plain, "r5").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    before(&ended(&plan, &events, false), "deployment.shop", "pod_identity_association.shop");
    assert_eq!(pods(&api), (Value::Null, "default".into()));
    settled(&cloud, &plain, "r5").await;

    go(&shop("shop:1"), "r6").await;
    let (plan, outcome, events) = go(&stack(STACK, []), "r7").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    before(&ended(&plan, &events, false), "deployment.shop", "pod_identity_association.shop");
}

/// Somebody has given the account a role already.
#[tokio::test]
async fn a_strangers_association_is_never_taken() {
    let moto = Moto::start().await;
    let _api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let without = stack(STACK, identified().into_iter().filter(|(a, _)| !a.starts_with("pod_identity")));
    let plan = plan_for(&cloud, &without).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied);
    let cluster = cloud.eks().list_clusters().send().await.unwrap().clusters.unwrap().remove(0);
    let roles = cloud.iam().list_roles().send().await.unwrap().roles;
    let arn = roles.iter().map(|role| role.arn.as_str()).find(|arn| arn.contains("pods")).unwrap();
    let theirs = cloud.eks().create_pod_identity_association().cluster_name(&cluster).namespace("wire").service_account("shop");
    let theirs = theirs.role_arn(arn).send().await.unwrap().association.unwrap();

    let refused = plan_for(&cloud, &stack(STACK, identified())).await.unwrap_err();
    let [PlanError::Taken { address: taken, .. }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(*taken, address("pod_identity_association.shop"));
    // A role that nobody but machines may assume is refused in EKS's own words.
    let machines = roles.iter().map(|role| role.arn.as_str()).find(|arn| arn.contains("nodes")).unwrap();
    let id = theirs.association_id.unwrap();
    let wrong = cloud.eks().update_pod_identity_association().cluster_name(&cluster).association_id(&id).role_arn(machines).send().await;
    assert!(format!("{wrong:?}").contains("Trust policy of the role provided is invalid"), "{wrong:?}");
    let plan = plan_for(&cloud, &stack(STACK, [])).await.unwrap();
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
}

/// One that somebody makes in the middle of a run is never taken either: what refuses a second one for the account is theirs, by its stamp. An account of the same
/// name in another namespace is another one.
#[tokio::test]
async fn an_association_that_is_made_meanwhile_is_never_taken() {
    let moto = Moto::start().await;
    let _api = eks::with_api(&moto.endpoint).await;
    let cloud = Moto::clients(&moto.endpoint);
    let without = stack(STACK, identified().into_iter().filter(|(a, _)| !a.starts_with("pod_identity")));
    let go = async |want: &Stack, run: &str| {
        let plan = plan_for(&cloud, want).await.unwrap_or_else(|e| panic!("{run}: {e:#?}"));
        apply(&cloud, &plan, run).await
    };
    assert_eq!(go(&without, "r1").await.0, Outcome::Applied);
    let cluster = cloud.eks().list_clusters().send().await.unwrap().clusters.unwrap().remove(0);
    let roles = cloud.iam().list_roles().send().await.unwrap().roles;
    let arn = roles.iter().map(|role| role.arn.as_str()).find(|arn| arn.contains("pods")).unwrap();
    let make = async |namespace: &str, account: &str| {
        let request = cloud.eks().create_pod_identity_association().cluster_name(&cluster).namespace(namespace).service_account(account);
        request.role_arn(arn).send().await.unwrap().association.unwrap()
    };
    let now = async |id: &str| {
        let request = cloud.eks().describe_pod_identity_association().cluster_name(&cluster).association_id(id);
        request.send().await.unwrap().association.unwrap()
    };
    // Others' accounts, of the same name and beside it, take nothing from ours.
    let mut others = vec![make("other", "shop").await];
    for account in ["a", "b", "c", "d"] {
        others.push(make("wire", account).await);
    }
    let plan = plan_for(&cloud, &stack(STACK, identified())).await.unwrap();
    let theirs = make("wire", "shop").await;
    let (outcome, events) = apply(&cloud, &plan, "r2").await;
    let Outcome::RolledBack(Some(why)) = outcome else { panic!("{outcome:?} {events:#?}") };
    let id = theirs.association_id.clone().unwrap();
    assert!(why.code == "NameTaken" && why.message.contains(&id), "{why}");
    assert_eq!(now(&id).await, theirs, "nothing of it has changed");

    cloud.eks().delete_pod_identity_association().cluster_name(&cluster).association_id(&id).send().await.unwrap();
    assert_eq!(go(&stack(STACK, identified()), "r3").await.0, Outcome::Applied);
    settled(&cloud, &stack(STACK, identified()), "r3").await;
    assert_eq!(go(&without, "r4").await.0, Outcome::Applied);
    for other in others {
        assert_eq!(now(other.association_id.as_ref().unwrap()).await, other);
    }
}
