//! The fake of the Kubernetes API beside a real server: what 1.20.2 with its controllers answered is what the fake answers.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::kubernetes::rollout::{Fate, Stage, status};
use crate::support::kubernetes::route::Request;
use crate::support::kubernetes::transcript::{TRANSCRIPT, differ, play, text};
use crate::support::kubernetes::world::Object;
use crate::support::kubernetes::{Kubernetes, TOKEN, answer};

#[test]
fn the_fake_answers_as_a_real_server_did() {
    let unlike = play(TRANSCRIPT.lines());
    assert!(unlike.is_empty(), "{} differences: {unlike:#?}", unlike.len());
}

/// What the fake's own controller says at each stage is what the real one said.
#[test]
fn rollouts_go_through_a_real_servers_stages() {
    let mut seen = vec![];
    for line in TRANSCRIPT.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (real, path) = (&line["answer"], text(&line["path"]));
        if line["method"] != "GET"
            || !path.ends_with("/deployments/web")
            || line["status"] != 200
            || !real["metadata"]["deletionTimestamp"].is_null()
        {
            continue;
        }
        let progress = real["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Progressing").unwrap();
        let stage = match text(&progress["reason"]) {
            "ReplicaSetUpdated" => Stage::Progressing,
            "NewReplicaSetAvailable" => Stage::Ready,
            "ProgressDeadlineExceeded" => Stage::Stuck,
            other => panic!("no stage has the reason {other}"),
        };
        let hash = text(&progress["message"]).split('"').nth(1).unwrap().trim_start_matches("web-").to_owned();
        let mut before = Object { body: real.clone(), managers: vec![] };
        // The controller hasn't looked yet where the generation is newer.
        if real["status"]["observedGeneration"] == real["metadata"]["generation"] {
            before.body["metadata"]["generation"] = real["status"]["observedGeneration"].clone();
        } else {
            continue;
        }
        let mut differences = vec![];
        differ("", &real["status"], &status(&before, &hash, stage, "now"), &mut differences);
        assert!(differences.is_empty(), "{stage:?}: {differences:#?}");
        seen.push(stage);
    }
    for stage in [Stage::Progressing, Stage::Ready, Stage::Stuck] {
        assert!(seen.contains(&stage), "{stage:?} was never seen");
    }
}

/// A rollout reads old at first, goes on a step with each look, and ends as the test wants it.
#[tokio::test]
async fn rollouts_take_their_time_and_the_course_that_a_test_wants() {
    let fake = Kubernetes::start();
    fake.fate("sick", Fate::Stuck("ImagePullBackOff", "no such image"));
    fake.fate("slow", Fate::Slow);
    let world = &mut *fake.world();
    let mut ask = |method: &str, path: &str, body: Value| {
        let apply = [("fieldManager", "infra"), ("force", "true")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: if method == "PATCH" { apply.into() } else { BTreeMap::new() },
            token: Some(TOKEN.into()),
            content: "application/apply-patch+yaml".into(),
            agent: String::new(),
            accept: String::new(),
            body,
        };
        answer(world, &request).1
    };
    ask("PATCH", "/api/v1/namespaces/shop", json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop" } }));
    let mut stages = |name: &str, image: &str| {
        let path = format!("/apis/apps/v1/namespaces/shop/deployments/{name}");
        let containers = json!([{ "name": "app", "image": image }]);
        let template = json!({ "metadata": { "labels": { "app": name } }, "spec": { "containers": containers } });
        let spec = json!({ "replicas": 2, "selector": { "matchLabels": { "app": name } }, "template": template });
        ask(
            "PATCH",
            &path,
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "namespace": "shop" }, "spec": spec }),
        );
        let look = |_| {
            let found = ask("GET", &path, Value::Null);
            let status = &found["status"];
            let why = status["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|c| c["type"] == "Progressing")
                .map_or("", |c| text(&c["reason"]));
            let current = status["observedGeneration"] == found["metadata"]["generation"];
            format!("{} {} {why}", if current { "current" } else { "old" }, status["availableReplicas"].as_u64().unwrap_or(0))
        };
        (0..3).map(look).collect::<Vec<_>>()
    };
    assert_eq!(stages("shop", "a:1"), ["old 0 ", "current 0 ReplicaSetUpdated", "current 2 NewReplicaSetAvailable"]);
    assert_eq!(stages("shop", "a:2"), ["old 2 NewReplicaSetAvailable", "current 2 ReplicaSetUpdated", "current 2 NewReplicaSetAvailable"]);
    assert_eq!(stages("sick", "a:1"), ["old 0 ", "current 0 ReplicaSetUpdated", "current 0 ProgressDeadlineExceeded"]);
    assert_eq!(stages("slow", "a:1"), ["old 0 ", "current 0 ReplicaSetUpdated", "current 0 ReplicaSetUpdated"]);
    let pods = ask("GET", "/api/v1/namespaces/shop/pods", Value::Null);
    let waits = pods["items"].as_array().unwrap().iter().find(|p| p["metadata"]["labels"]["app"] == "sick").unwrap();
    assert_eq!(waits["status"]["containerStatuses"][0]["state"]["waiting"]["message"], "no such image");
}
