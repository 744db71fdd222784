//! Agents beside containers: a rollout is judged by the container, and tells what is the matter with the agent.
use super::super::deployment::{agent, agent_map};
use super::super::pod_identity_association::identified;
use super::*;

pub fn measured(change: impl FnOnce(&mut Deployment)) -> Stack {
    let own = Deployment { agent: Some(agent()), service_account: Some(Ref::to("shop")), identity: Some(Ref::to("shop")), ..deployment() };
    let mut shop = own;
    change(&mut shop);
    stack(STACK, identified().into_iter().chain([("config_map.agent", agent_map().into()), ("deployment.shop", shop.into())]))
}

/// An agent whose image is away for a while ends no rollout; one that hasn't started when the controller gives up is named. The container's own reason comes first.
#[tokio::test]
async fn rollouts_are_judged_by_the_container() {
    let place = Place::start().await;
    place.go(&measured(|_| ()), "r1").await;
    let at = |tag: &str| {
        let image = format!("ghcr.io/example/shop:{tag}");
        measured(|d| d.image = image)
    };
    let image = "Back-off pulling image \"prometheus:1\"";
    place.api.fate("shop-agent", Fate::Waits("ImagePullBackOff", image));
    let (plan, before) = (place.plan(&at("2")).await, place.api.log().len());
    // As many looks as end a rollout whose container waits for this reason, twice.
    let pods = || place.api.log()[before..].iter().filter(|call| call.path.ends_with("/pods")).count();
    let back = async {
        for _ in 0..3000 {
            if pods() < 16 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        place.api.world().fates.clear();
    };
    let ((outcome, events), ()) = tokio::join!(apply(&place.cloud, &plan, "r2"), back);
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    settled(&place.cloud, &at("2"), "the agent came").await;

    for (fate, says) in [
        (
            Fate::Stuck("ImagePullBackOff", image),
            "serve: shop-agent: ImagePullBackOff: Back-off pulling image \"prometheus:1\"; ProgressDeadlineExceeded",
        ),
        (
            Fate::Waits("CreateContainerConfigError", "image has non-numeric user"),
            "serve: shop-agent: CreateContainerConfigError: image has non-numeric user",
        ),
    ] {
        place.api.fate("shop-agent", fate);
        let plan = place.plan(&at("3")).await;
        let (outcome, events) = apply(&place.cloud, &plan, "r3").await;
        assert!(matches!(&outcome, Outcome::RolledBack(Some(why)) if why.code == "RolloutFailed"), "{outcome:?}");
        assert!(failure(&events).contains(says), "{}", failure(&events));
        settled(&place.cloud, &at("2"), says).await;
    }
    place.api.world().fates.clear();
    place.go(&at("3"), "r4").await;
    assert_eq!(place.live().await.agent.map(|agent| agent.image), Some("prometheus:1".into()));
}

/// Pods that don't keep to the namespace's standard are made by nobody; those of an agent do.
#[tokio::test]
async fn agents_keep_to_the_standard() {
    let place = Place::start().await;
    place.go(&measured(|_| ()), "r1").await;
    let pods = Type { api: "v1", kind: "Pod", plural: "pods", namespaced: true };
    let (api, name) = (place.theirs(), "app.kubernetes.io/name=shop");
    let made = api.within(&place.cloud, pods, "wire", name).await.unwrap();
    let all = |pod: &Value| pod["status"]["containerStatuses"].as_array().unwrap().iter().map(|c| c["ready"] == true).collect::<Vec<_>>();
    assert_eq!(made.iter().map(all).collect::<Vec<_>>(), [[true, true], [true, true]]);
    let loose = json!({ "containers": [{ "name": "shop-agent", "securityContext": { "allowPrivilegeEscalation": true } }] });
    place.put(DEPLOYMENTS, json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop", "namespace": "wire" }, "spec": { "template": { "spec": loose } } })).await;
    let plan = place.go(&measured(|_| ()), "r2").await;
    let [mended] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(mended.attrs.iter().map(|a| a.path.as_str()).collect::<Vec<_>>(), ["agent.image"]);
}
