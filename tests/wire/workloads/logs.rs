//! What pods have written, read from the fake, which tells logs as the API server and its kubelets do.
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use infra::cloud::{LogEvent, LogQuery, Logs, Source};
use infra::kinds::Live;

use super::super::job::job;
use super::*;

const BEGIN: u64 = 1_790_000_000_000;
const ROLES: Type = Type { api: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", plural: "clusterroles", namespaced: false };
const BINDINGS: Type =
    Type { api: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", plural: "clusterrolebindings", namespaced: false };

/// So many milliseconds after the beginning.
fn at(ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(BEGIN + ms)
}

/// A deployment of two pods, whose controller rests from now on.
async fn talking() -> (Place, Live, [String; 2]) {
    let place = Place::start().await;
    place.go(&image("1"), "r1").await;
    place.api.world().lively = false;
    let pods = place.api.world().pods("shop").try_into().unwrap();
    let live = found(&place, Kind::Deployment).await;
    (place, live, pods)
}

async fn found(place: &Place, kind: Kind) -> Live {
    let all = Observe::list(&place.cloud, kind, STACK).await.unwrap();
    all.into_iter().find(|live| live.stamp.stack == STACK).unwrap()
}

/// What is told from so many milliseconds on.
#[derive(Default)]
struct Told {
    events: Vec<LogEvent>,
    notes: BTreeSet<String>,
    pages: usize,
}

impl Told {
    fn messages(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.message.as_str()).collect()
    }
}

async fn told(place: &Place, live: &Live, from: u64, text: Option<&str>) -> Result<Told, infra::wire::CloudError> {
    let (mut told, mut next) = (Told::default(), None::<String>);
    loop {
        let query = LogQuery { of: Source::Pods(live), from: (BEGIN + from) as i64, text, page: next.as_deref() };
        let page = place.cloud.log_events(&query).await?;
        told.events.extend(page.events);
        told.notes.extend(page.notes);
        told.pages += 1;
        next = page.next;
        if next.is_none() {
            let ids: BTreeSet<&String> = told.events.iter().map(|event| &event.id).collect();
            assert_eq!(ids.len(), told.events.len(), "nothing is told twice");
            assert!(told.events.is_sorted_by_key(|event| event.at), "in the order of time");
            return Ok(told);
        }
    }
}

/// The queries of requests for logs since a call.
fn asked(place: &Place, since: usize) -> Vec<(String, String)> {
    let log = place.api.log().split_off(since);
    log.into_iter().filter_map(|call| Some((call.path.strip_suffix("/log")?.rsplit('/').next()?.to_owned(), call.query))).collect()
}

#[tokio::test]
async fn pods_are_read_in_the_order_of_time() {
    let (place, live, [a, b]) = talking().await;
    {
        let world = &mut *place.api.world();
        for (pod, ms, text) in
            [(&a, 0, "a: early\n"), (&b, 1, "b: one\n"), (&a, 1, "a: one\n"), (&a, 1, "a: one\n"), (&b, 1500, "b: two\n"), (&a, 2000, "\n")]
        {
            world.write(pod, at(ms), text);
        }
        world.write(&a, at(2999), "a long ");
        world.write(&a, at(3001), "line\n");
        world.write(&b, at(3500), "without an end");
    }
    let before = place.api.log().len();
    let all = told(&place, &live, 1, None).await.unwrap();
    assert_eq!(all.messages(), ["a: one", "a: one", "b: one", "b: two", "", "a long line", "without an end"], "but what is older");
    assert!(all.notes.is_empty() && all.pages == 1, "{:?}", all.notes);
    assert_eq!((all.events[2].at, all.events[2].stream.as_str()), (BEGIN as i64 + 1, b.as_str()));
    let queries = asked(&place, before);
    let wanted = ["container=shop", "limitBytes=1048576", "previous=false", "sinceTime=2026-09-21T14%3A13%3A20Z", "timestamps=true"];
    assert!(queries.len() == 2 && queries.iter().all(|(_, q)| wanted.iter().all(|w| q.split('&').any(|p| p == *w))), "{queries:?}");
    assert_eq!(told(&place, &live, 0, Some("one")).await.unwrap().messages(), ["a: one", "a: one", "b: one"]);
    // What goes on with a line that began before has no moment, and what a kubelet says in place of a log neither.
    let late = told(&place, &live, 3000, None).await.unwrap();
    assert_eq!((late.messages(), &late.notes), (vec!["without an end"], &[format!("{a}: line")].into()));
}

/// What a container wrote that has ended is told, too, as long as it is kept; what is new is told as soon as it is there, and what is gone hinders nobody.
#[tokio::test]
async fn containers_and_pods_come_and_go() {
    let (place, live, [a, b]) = talking().await;
    {
        let world = &mut *place.api.world();
        world.write(&a, at(0), "a: first\n");
        world.write(&b, at(1000), "b: first\n");
        world.restart(&a, at(2000), None);
        world.write(&a, at(3000), "a: second\n");
        world.restart(&b, at(4000), Some("CrashLoopBackOff"));
        world.run("wire", "shop", "shop-new");
        let key = world.objects.keys().find(|key| key.3 == "shop-new").unwrap().clone();
        let own = &mut world.objects.get_mut(&key).unwrap().body["status"]["containerStatuses"][0];
        (own["state"], own["containerID"]) = (json!({ "waiting": { "reason": "ContainerCreating" } }), "".into());
        // Another's container in the same pod, and another's pod.
        world.objects.get_mut(&key).unwrap().body["spec"]["containers"].as_array_mut().unwrap().push(json!({ "name": "proxy" }));
        let key = world.objects.keys().find(|key| key.3 == b).unwrap().clone();
        let all = &mut world.objects.get_mut(&key).unwrap().body["status"]["containerStatuses"];
        all.as_array_mut().unwrap().insert(0, json!({ "name": "proxy", "state": { "running": {} }, "lastState": {} }));
        world.run("wire", "other", "other-1");
        world.write("other-1", at(0), "of another\n");
    }
    let before = place.api.log().len();
    let all = told(&place, &live, 0, None).await.unwrap();
    assert_eq!(all.messages(), ["a: first", "b: first", "a: second"]);
    assert_eq!(all.notes, ["shop-new has written nothing yet: ContainerCreating".to_owned()].into());
    let previous = |since: usize| {
        let mut all: Vec<_> = asked(&place, since).into_iter().map(|(pod, q)| (pod, q.contains("previous=true"))).collect();
        all.sort();
        all
    };
    assert_eq!(previous(before), [(a.clone(), false), (a.clone(), true), (b.clone(), true)]);
    let before = place.api.log().len();
    assert_eq!(told(&place, &live, 3000, None).await.unwrap().messages(), ["a: second"]);
    assert_eq!(previous(before), [(a.clone(), false), (b.clone(), true)], "one that ended before has nothing new");

    // One that is away is told of, one that goes meanwhile isn't, and neither keeps the others back.
    place.api.world().run("wire", "shop", "shop-gone");
    let away = a.clone();
    place.api.rule(move |call, _| match call.path.rsplit('/').nth(1) {
        Some(pod) if pod == away => {
            Reaction::Answer { status: 500, headers: vec![], body: json!({ "message": "dial tcp: no route to host" }) }
        }
        Some("shop-gone") => {
            Reaction::Answer { status: 404, headers: vec![], body: json!({ "reason": "NotFound", "message": "not found" }) }
        }
        _ => Reaction::Pass,
    });
    let some = told(&place, &live, 0, None).await.unwrap();
    let notes = [format!("{a} isn't read: dial tcp: no route to host"), "shop-new has written nothing yet: ContainerCreating".into()];
    assert_eq!((some.messages(), &some.notes), (vec!["b: first"], &notes.into()));
}

/// No answer is longer than was asked for, and nothing is lost by that but what was written in one second of which no answer holds all: that is said.
#[tokio::test]
async fn no_answer_is_longer_than_was_asked_for() {
    let (place, live, [a, b]) = talking().await;
    let line = |n: usize| format!("{n:>999}\n");
    {
        let world = &mut *place.api.world();
        for n in 0..3000 {
            world.write(&a, at(n * 10), &line(n as usize));
        }
        (0..30).for_each(|n| world.write(&b, at(n * 1000 + 5), &format!("b: {n}\n")));
    }
    let all = told(&place, &live, 0, None).await.unwrap();
    assert!(all.notes.is_empty() && all.pages == 3, "{} {:?}", all.pages, all.notes);
    let of = |pod: &str, all: &Told| all.events.iter().filter(|event| event.stream == pod).map(|e| e.message.clone()).collect::<Vec<_>>();
    let whole: Vec<String> = (0..3000).map(|n| line(n).trim_end().to_owned()).collect();
    assert!(of(&a, &all) == whole && of(&b, &all).len() == 30, "all of it, whole lines");

    {
        let world = &mut *place.api.world();
        (0..2000).for_each(|n| world.write(&a, at(40_000 + n / 4), &line(n as usize)));
        world.write(&b, at(40_900), "b: meanwhile\n");
        world.write(&a, at(41_000), "a: later\n");
        world.write(&a, at(50_000), &format!("{}\n", "x".repeat(3 << 19)));
        world.write(&a, at(51_000), "a: at last\n");
    }
    let most = told(&place, &live, 40_000, None).await.unwrap();
    let own = of(&a, &most);
    assert!(own.len() > 1000 && own.len() < 1100, "{}", own.len());
    assert_eq!((own[own.len() - 2..].to_vec(), of(&b, &most)), (vec!["a: later".into(), "a: at last".into()], vec!["b: meanwhile".into()]));
    let cut = |second| format!("{a} wrote more than 1024 KiB in the second 2026-09-21T14:14:{second}Z: the rest of them is left out");
    assert_eq!(most.notes, [cut("00"), cut("10")].into());
}

/// Who may read pods but no logs is told so, and what would give that; so is who is unknown, and who can't reach the cluster.
#[tokio::test]
async fn logs_that_cant_be_read_say_why() {
    let (place, live, [a, _]) = talking().await;
    place.api.world().write(&a, at(0), "a\n");
    let role = |resources: Value| {
        let rules = json!([{ "apiGroups": [""], "resources": resources, "verbs": ["get", "list"] }]);
        json!({ "apiVersion": ROLES.api, "kind": ROLES.kind, "metadata": { "name": "reader" }, "rules": rules })
    };
    let api = "rbac.authorization.k8s.io";
    let bound = json!({
        "apiVersion": BINDINGS.api, "kind": BINDINGS.kind, "metadata": { "name": "reader" },
        "roleRef": { "apiGroup": api, "kind": "ClusterRole", "name": "reader" },
        "subjects": [{ "apiGroup": api, "kind": "Group", "name": "readers" }],
    });
    place.put(ROLES, role(json!(["pods", "pods/log"]))).await;
    place.put(BINDINGS, bound).await;
    place.put(ROLES, role(json!(["pods"]))).await;
    place.api.world().tokens.insert("presigned".into(), ("viewer".into(), vec!["readers".into()]));
    let before = place.api.log().len();
    let denied = told(&place, &live, 0, None).await.err().unwrap();
    assert_eq!((denied.class, denied.code.as_str()), (Class::Denied, "Forbidden"));
    let says = "is forbidden: User \"viewer\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"wire\"";
    assert!(denied.message.contains(says), "{denied}");
    assert_eq!(asked(&place, before).len(), 2, "it isn't asked again");
    place.api.world().tokens.clear();
    place.put(ROLES, role(json!(["pods", "pods/log"]))).await;
    place.api.world().tokens.insert("presigned".into(), ("viewer".into(), vec!["readers".into()]));
    assert_eq!(told(&place, &live, 0, None).await.unwrap().messages(), ["a"]);
    place.api.rule(|_, _| Reaction::Answer {
        status: 401,
        headers: vec![],
        body: json!({ "reason": "Unauthorized", "message": "Unauthorized" }),
    });
    assert_eq!(told(&place, &live, 0, None).await.err().unwrap().class, Class::Denied);
    eks::serve_at(&place.moto.endpoint, "https://127.0.0.1:1", "").await;
    let away = told(&place, &live, 0, None).await.err().unwrap();
    assert!(away.class == Class::Transient && away.message.contains("api.allow_from"), "{away}");
}

/// The pods of a job, after it has ended, too.
#[tokio::test]
async fn jobs_are_read_as_workloads_are() {
    let place = Place::start().await;
    place.go(&stack(STACK, around().into_iter().chain([("job.migrate", job().into())])), "r1").await;
    let (live, name) = (found(&place, Kind::Job).await, job().name);
    let nobody = place.cloud.log_events(&LogQuery { of: Source::Pods(&live), from: 0, text: None, page: None }).await.unwrap();
    assert!(nobody.nobody && nobody.events.is_empty(), "no pod is there");
    {
        let world = &mut *place.api.world();
        world.lively = false;
        world.run("wire", &name, "migrate-x");
        world.write("migrate-x", at(0), "done\n");
        let key = world.objects.keys().find(|key| key.3 == "migrate-x").unwrap().clone();
        let own = &mut world.objects.get_mut(&key).unwrap().body["status"]["containerStatuses"][0];
        own["state"] = json!({ "terminated": { "containerID": own["containerID"], "exitCode": 0, "reason": "Completed" } });
    }
    assert_eq!(told(&place, &live, 0, None).await.unwrap().messages(), ["done"]);
}

/// What the fake is asked as it should not be is refused as the API server and its kubelets refuse it.
#[tokio::test]
async fn the_fake_tells_logs_as_a_kubelet_does() {
    let api = Kubernetes::start();
    api.world().run("wire", "shop", "shop-1");
    (0..4).for_each(|n| api.world().write("shop-1", at(n * 400), &format!("line {n}\n")));
    let ask = async |pod: &str, query: &str| {
        let url = format!("{}/api/v1/namespaces/wire/pods/{pod}/log?{query}", api.endpoint);
        let answer = reqwest::Client::new().get(url).bearer_auth(crate::support::kubernetes::TOKEN).send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        let said = serde_json::from_str::<Value>(&text).ok().and_then(|v| v["message"].as_str().map(String::from));
        (status, said.unwrap_or(text))
    };
    let of = |status: u16, text: &str| (status, text.to_owned());
    assert_eq!(ask("shop-2", "").await, of(404, "pods \"shop-2\" not found"));
    assert_eq!(ask("shop-1", "container=proxy").await, of(400, "container proxy is not valid for pod shop-1"));
    let none = "previous terminated container \"shop\" in pod \"shop-1\" not found";
    assert_eq!(ask("shop-1", "previous=true").await, of(400, none));
    let limit = "PodLogOptions \"shop-1\" is invalid: limitBytes: Invalid value: 0: must be greater than 0";
    assert_eq!(ask("shop-1", "limitBytes=0").await, of(422, limit));
    assert_eq!(ask("shop-1", "limitBytes=10").await, of(200, "line 0\nlin"));
    assert_eq!(ask("shop-1", "tailLines=1&limitBytes=4").await, of(200, "line"));
    let stamped = "2026-09-21T14:13:20.800000000Z line 2\n2026-09-21T14:13:21.200000000Z line 3\n";
    assert_eq!(ask("shop-1", "timestamps=true&tailLines=2").await, of(200, stamped));
    assert_eq!(ask("shop-1", "sinceTime=2026-09-21T14:13:20.9Z").await, of(200, "line 0\nline 1\nline 2\nline 3\n"), "seconds alone count");
    assert_eq!(ask("shop-1", "sinceTime=2026-09-21T14:13:21Z").await, of(200, "line 3\n"));
    assert_eq!(ask("shop-1", "sinceTime=yesterday").await.0, 400);
    api.world().restart("shop-1", at(2000), Some("CrashLoopBackOff"));
    assert_eq!(ask("shop-1", "tailLines=1").await, ask("shop-1", "tailLines=1&previous=true").await, "the one that ended last");
    let waits = json!({ "name": "shop", "state": { "waiting": { "reason": "ContainerCreating" } }, "lastState": {} });
    api.world().objects.values_mut().find(|o| o.body["kind"] == "Pod").unwrap().body["status"]["containerStatuses"][0] = waits;
    assert_eq!(ask("shop-1", "").await, of(400, "container \"shop\" in pod \"shop-1\" is waiting to start: ContainerCreating"));
}
