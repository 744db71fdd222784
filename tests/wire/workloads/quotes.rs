//! What a failure quotes: the end of the log of the container that fails, and of no other.
use super::super::job::job;
use super::agents::measured;
use super::*;
use crate::support::kubernetes::world::{Object, World};

/// What asked for a log: the pod, and whether it asked for the container before.
fn asked(place: &Place) -> Vec<(String, bool)> {
    let log = place.api.log().into_iter();
    let of = |path: &str| path.strip_suffix("/log").and_then(|path| path.rsplit('/').next()).map(String::from);
    log.filter_map(|call| Some((of(&call.path)?, call.query.contains("previous=true")))).collect()
}

/// A pod of a version before, made again in the middle of the rollout, or standing since before it: it isn't ready, and its log explains nothing.
fn older(place: &Place, name: &str, made: Option<&str>, waits: bool) {
    let mut world = place.api.world();
    let owned = |(_, pod): &(&_, &Object)| !pod.meta()["ownerReferences"].is_null();
    let hash = world.of("", "pods").find(owned).unwrap().1.meta()["labels"]["pod-template-hash"].clone();
    world.run("wire", "shop", name);
    let (_, pod) = world.objects.iter_mut().find(|(key, _)| key.1 == "pods" && key.3 == name).unwrap();
    pod.body["metadata"]["labels"]["pod-template-hash"] = hash;
    pod.body["status"]["containerStatuses"][0]["ready"] = false.into();
    if let Some(made) = made {
        pod.body["metadata"]["creationTimestamp"] = made.into();
    }
    if waits {
        let why = json!({ "reason": "CreateContainerConfigError", "message": "of an older version" });
        pod.body["status"]["containerStatuses"][0]["state"] = json!({ "waiting": why });
    }
    world.write(name, std::time::SystemTime::now(), &format!("{name}: not this one\n"));
}

/// It is a pod of the newest version that is quoted, what it wrote before it ended, whichever others aren't ready either.
#[tokio::test]
async fn a_rollout_quotes_the_newest_pods() {
    let place = Place::start().await;
    place.go(&image("1"), "r1").await;
    older(&place, "shop-000-before", None, false);
    older(&place, "shop-000-again", Some("2027-01-01T00:00:00Z"), false);
    place.api.world().logs.insert("shop".into(), "why it fails\n".into());
    place.api.fate("shop", Fate::Waits("CrashLoopBackOff", "back-off 40s restarting failed container"));
    let plan = place.plan(&image("2")).await;
    let (outcome, events) = apply(&place.cloud, &plan, "r2").await;
    assert!(matches!(&outcome, Outcome::RolledBack(Some(why)) if why.code == "RolloutFailed"), "{outcome:?}");
    let (said, asked) = (failure(&events), asked(&place));
    let [(pod, true)] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(!pod.starts_with("shop-000"), "{pod}");
    assert!(said.ends_with(&format!("; the log of {pod} ends with: why it fails")), "{said}");
    settled(&place.cloud, &image("1"), "r2").await;
    // One of an older version that can't be made again keeps no rollout from its end.
    place.api.world().fates.clear();
    place.api.world().lose("shop-000-again");
    older(&place, "shop-000-again", Some("2027-01-01T00:00:00Z"), true);
    place.go(&image("3"), "r3").await;
}

/// Of a pod whose application is ready, it is the agent's log that says why.
#[tokio::test]
async fn what_is_ready_is_not_quoted() {
    let place = Place::start().await;
    place.go(&measured(|_| ()), "r1").await;
    place.api.world().logs.extend([("shop".to_owned(), "all is well\n".to_owned()), ("shop-agent".into(), "no such host\n".into())]);
    place.api.fate("shop-agent", Fate::Stuck("CrashLoopBackOff", "back-off 40s restarting failed container"));
    let plan = place.plan(&measured(|d| d.image = "ghcr.io/example/shop:2".into())).await;
    let (outcome, events) = apply(&place.cloud, &plan, "r2").await;
    assert!(matches!(&outcome, Outcome::RolledBack(Some(why)) if why.code == "RolloutFailed"), "{outcome:?}");
    let said = failure(&events);
    assert!(said.ends_with(" ends with: no such host") && said.contains("shop-agent: CrashLoopBackOff"), "{said}");
}

/// A job that fails says why in its last try's own words; a log that isn't told hides nothing else.
#[tokio::test]
async fn a_failed_job_quotes_its_last_try() {
    let place = Place::start().await;
    let log: String = (0..40).map(|i| format!("line {i}\n")).collect();
    place.api.world().logs.insert(job().name, format!("{log}fatal: relation \"orders\" is locked\n"));
    place.api.fate(&job().name, Fate::Stuck("BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    place.go(&stack(STACK, around()), "r1").await;
    // Another job's pods have the same container.
    place.api.world().run("wire", &job().name, "migrate-000");
    place.api.world().write("migrate-000", std::time::SystemTime::now(), "not this one\n");
    place.api.world().restart("migrate-000", std::time::SystemTime::now(), Some("CrashLoopBackOff"));
    let key = place.api.world().objects.keys().find(|key| key.3 == "migrate-000").unwrap().clone();
    let later =
        |world: &mut World| world.objects.get_mut(&key).unwrap().body["metadata"]["creationTimestamp"] = "2027-01-01T00:00:00Z".into();
    later(&mut place.api.world());
    let want = stack(STACK, around().into_iter().chain([("job.migrate", job().into())]));
    let fails = async |run: &str| {
        let plan = place.plan(&want).await;
        let (outcome, events) = apply(&place.cloud, &plan, run).await;
        assert!(matches!(&outcome, Outcome::RolledBack(Some(why)) if why.code == "JobFailed"), "{outcome:?}");
        settled(&place.cloud, &stack(STACK, around()), run).await;
        failure(&events)
    };
    let says = "BackoffLimitExceeded: Job has reached the specified backoff limit";
    let said = fails("r2").await;
    let lines: Vec<String> = (33..40).map(|i| format!("line {i}")).chain(["fatal: relation \"orders\" is locked".into()]).collect();
    assert!(said.contains(&format!("{says}; the log of ")) && said.ends_with(&format!("-b ends with: {}", lines.join(" | "))), "{said}");
    place.api.rule(|call, _| {
        let refused = json!({ "kind": "Status", "reason": "Forbidden", "message": "no pods" });
        let pods = call.path.contains("/pods");
        if pods { Reaction::Answer { status: 403, headers: vec![], body: refused } } else { Reaction::Pass }
    });
    assert!(fails("r3").await.ends_with(says));
}
