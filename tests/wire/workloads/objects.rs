//! What stands around workloads: policies that are held to, and jobs that come first.
use super::super::job::job;
use super::super::network_policy::policy;
use super::*;

/// Policies are held to where the cluster says so, which is one entry of a map that is not ours: it is seen when somebody turns it off, and all else there stays.
#[tokio::test]
async fn policies_are_enforced() {
    let place = Place::start().await;
    let map = |data: Value| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "amazon-vpc-cni", "namespace": "kube-system" }, "data": data });
    place.put(MAPS, map(json!({ "branch-eni-cooldown": "60" }))).await;
    let want = stack(STACK, around().into_iter().chain([("network_policy.shop", policy().into())]));
    let before = place.api.log().len();
    place.go(&stack(STACK, around()), "r1").await;
    let asked =
        |log: &[crate::support::cloudflare::Call]| log.iter().filter(|call| call.path.ends_with("configmaps/amazon-vpc-cni")).count();
    assert_eq!(asked(&place.api.log()[before..]), 0, "without policies nobody asks");
    place.go(&want, "r2").await;
    let now = async || place.theirs().get(&place.cloud, MAPS, "kube-system", "amazon-vpc-cni").await.unwrap()["data"].clone();
    let on = json!({ "branch-eni-cooldown": "60", "enable-network-policy-controller": "true" });
    assert_eq!(now().await, on);
    place.put(MAPS, map(json!({ "branch-eni-cooldown": "60", "enable-network-policy-controller": "false" }))).await;
    let plan = place.go(&want, "r3").await;
    let [mended] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(mended.attrs.iter().map(|a| a.path.as_str()).collect::<Vec<_>>(), ["enforced"]);
    assert_eq!(now().await, on);
    place.go(&stack(STACK, around()), "r4").await;
    assert_eq!(now().await, on, "others' policies count on");
}

/// A job comes to its end before what waits for it is changed; one that fails changes nothing, in its controller's words.
#[tokio::test]
async fn jobs_come_first() {
    let place = Place::start().await;
    let want = |tag: &str| {
        let image = format!("ghcr.io/example/shop:{tag}");
        let work = infra::kinds::work::Work { image: image.clone(), ..super::super::cron_job::work() };
        let waits_for = [infra::kinds::Pointer::to(Kind::Job, "migrate")].into();
        let shop = Deployment { image, waits_for, ..deployment() };
        stack(
            STACK,
            around().into_iter().chain([("deployment.shop", shop.into()), ("job.migrate", infra::kinds::Job { work, ..job() }.into())]),
        )
    };
    place.go(&want("1"), "r1").await;
    let order = |events: &[Event]| {
        let done = |e: &Event| if let Event::Done(_, Some(live)) = e { Some(live.stamp.address.kind) } else { None };
        events.iter().filter_map(done).collect::<Vec<_>>()
    };
    let plan = place.plan(&want("2")).await;
    let (outcome, events) = apply(&place.cloud, &plan, "r2").await;
    assert_eq!((outcome, order(&events)), (Outcome::Applied, vec![Kind::Job, Kind::Deployment]));
    settled(&place.cloud, &want("2"), "r2").await;
    place.api.fate("migrate", Fate::Stuck("BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    let plan = place.plan(&want("3")).await;
    let (outcome, events) = apply(&place.cloud, &plan, "r3").await;
    assert!(matches!(&outcome, Outcome::RolledBack(Some(why)) if why.code == "JobFailed"), "{outcome:?}");
    assert!(failure(&events).contains("BackoffLimitExceeded: Job has reached the specified backoff limit"), "{}", failure(&events));
    settled(&place.cloud, &want("2"), "nothing was changed").await;
    assert_eq!(place.live().await.image, "ghcr.io/example/shop:2");
}
