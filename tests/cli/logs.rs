//! `infra logs`: what applications wrote, over the sandbox and over the wire, on a terminal too.
use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use infra::cloud::LogEvent;
use infra::render::logs;
use infra::render::style::Style;
use infra::wire::Clients;
use serde_json::{Value, json};
use tokio::io::AsyncBufReadExt;

use super::aws::run;
use super::{Infra, Said, said};
use crate::support::cloudflare::Reaction;
use crate::support::eks;
use crate::support::moto::Moto;

const SPEC: &str = "stack: talk\nregion: us-east-1\nvpc: { flow_logs: false }\ncompute:\n  app: { image: 'example/shop:1', port: 80 }\n  quiet: { image: 'example/shop:1' }\n  plain: {}\nfunctions:\n  hello: { image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/hello@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }\n";

const LOGGED: &str = "monitoring: { logging: { off: [quiet] } }\n";

/// All events of a group are seen once, in their order, with who wrote them; the same whenever they are asked for.
#[test]
fn the_sandbox_talks() {
    let mut infra = Infra::new("logs");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let (bare, spec) = (infra.file("bare.yaml", SPEC), infra.file("infra.yaml", &format!("{SPEC}{LOGGED}")));
    assert_eq!(infra.run(&["apply", "-f", &bare, "--auto-approve"]).code, 0);
    for (name, file, entry) in [
        ("off", &bare, "compute.app"),
        ("entry", &spec, "compute.quiet"),
        ("script", &spec, "compute.plain"),
        ("near", &spec, "compute.ap"),
        ("early", &spec, "compute.app"),
    ] {
        let no = infra.run(&["logs", entry, "-f", file]);
        assert_eq!(no.code, 1, "{}", no.out);
        Said { out: no.err, err: String::new(), code: no.code }.snapshot(&format!("logs_none_{name}"));
    }
    // Turning logs on is a new boot script, for which the fleet rolls.
    infra.run(&["plan", "-f", &spec]).snapshot("logs_turned_on");
    let applied = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let read = |more: &[&str]| {
        let all = [&["logs", "compute.app", "-f", &spec, "--json", "--since", "30s"], more].concat();
        let said = infra.run(&all);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let (all, again) = (read(&[]), read(&[]));
    let of = |field: &str, event: &Value| event[field].as_str().unwrap().to_owned();
    assert!(all.is_sorted_by_key(|e| of("at", e)));
    let instances: std::collections::BTreeSet<String> = all.iter().map(|e| of("instance", e)).collect();
    assert_eq!(instances.len(), 2, "one a running instance: {instances:?}");
    let common: Vec<&Value> = all.iter().filter(|e| again.contains(e)).collect();
    assert!(common.len() > 20 && all.ends_with(&common.into_iter().cloned().collect::<Vec<_>>()), "what is read again is the same");
    let errors = read(&["--grep", "\"level\":\"error\""]);
    assert!(!errors.is_empty() && errors.iter().all(|e| of("message", e).contains("does not answer")), "{errors:?}");
    let function = infra.run(&["logs", "functions.hello", "-f", &spec]);
    assert!(function.out.contains("RequestId"), "{} {}", function.out, function.err);
}

/// What a person reads: nothing of it commands a terminal, and a narrow one has room for the text.
#[test]
fn events_are_shown_as_text() {
    let event = |at, stream: &str, message: &str| LogEvent { id: String::new(), at, stream: stream.into(), message: message.into() };
    let all = [
        event(1_790_000_000_000, "i-0123456789abcdef0", "GET /orders/7 200\n"),
        event(1_790_000_000_250, "i-0fedcba9876543210", "panic: no such order\n\tat main.rs:7\n"),
        event(1_790_000_001_000, "2026/11/29/[4]0f1e2d3c4b5a69788796a5b4c3d2e1f0", "\u{1b}[2Jpassword=hunter2 \u{202e}"),
        event(1_790_000_002_000, "i-0123456789abcdef0", "::error::of no CI system"),
    ];
    let shown = |style, width| all.iter().zip([0, 1, 2, 0]).map(|(e, nth)| logs::text(e, nth, style, width)).collect::<String>();
    let json = all.iter().map(|e| logs::json("compute.app", e)).collect::<String>();
    let colour = shown(Style { color: true }, 100).replace('\u{1b}', "ESC");
    let out = format!("{}--- 60 columns\n{}--- colour\n{colour}--- json\n{json}", shown(Style::PLAIN, 100), shown(Style::PLAIN, 60));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("logs", out));
}

fn at(ago: i64) -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    i64::try_from(now).unwrap() - ago
}

async fn put(cloud: &Clients, stream: &str, events: &[(i64, &str)]) {
    let events = events.iter().map(|(at, message)| InputLogEvent::builder().timestamp(*at).message(*message).build().unwrap());
    let events = Some(events.collect());
    cloud.logs().put_log_events().log_group_name(GROUP).log_stream_name(stream).set_log_events(events).send().await.unwrap();
}

const GROUP: &str = "/infra/talk/compute.app/r1-1";

/// What stands there is read over the wire; with `--follow`, on a terminal, what is written later too, until Ctrl-C.
#[tokio::test]
async fn logs_are_followed_on_a_terminal() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    cloud.logs().create_log_group().log_group_name(GROUP).send().await.unwrap();
    for stream in ["i-0aaaaaaaaaaaaaaaa", "i-0bbbbbbbbbbbbbbbb"] {
        cloud.logs().create_log_stream().log_group_name(GROUP).log_stream_name(stream).send().await.unwrap();
    }
    put(
        &cloud,
        "i-0aaaaaaaaaaaaaaaa",
        &[(at(7_200_000), "long ago"), (at(30_000), "first"), (at(10_000), "third API_TOKEN=hunter2hunter2")],
    )
    .await;
    put(&cloud, "i-0bbbbbbbbbbbbbbbb", &[(at(20_000), "second \u{1b}[2J")]).await;
    let mut infra = Infra::new("logs-wire");
    let values = [
        ("AWS_ENDPOINT_URL", moto.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("API_TOKEN", "hunter2hunter2"),
        ("TERM", "xterm"),
    ];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    let spec = infra.file("infra.yaml", &format!("{SPEC}{LOGGED}"));
    let args = ["logs", "compute.app", "-f", &spec, "--since", "1h"];
    let whole = said(infra.command(&args).output().unwrap());
    let words: Vec<&str> = whole.out.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!((words, whole.code), (vec!["first", "second", "third"], 0), "{} {}", whole.out, whole.err);
    assert!(
        whole.out.contains("API_TOKEN=hunter2hunter2") && !whole.out.contains('\u{1b}'),
        "as it was written, but for what commands: {}",
        whole.out
    );
    let some = said(infra.command(&[&args[..], &["--grep", "second"]].concat()).output().unwrap());
    assert_eq!(some.out.lines().count(), 1, "{}", some.out);

    let line = format!("exec {} {} --follow", env!("CARGO_BIN_EXE_infra"), args.join(" "));
    let mut terminal = infra.program("script", &["-qefc", &line, "/dev/null"]);
    let mut terminal = terminal.env("COLUMNS", "60").stdin(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let reader = std::thread::spawn(move || {
        let (mut text, mut piece) = (String::new(), [0; 4096]);
        while let Ok(n @ 1..) = output.read(&mut piece) {
            text.push_str(&String::from_utf8_lossy(&piece[..n]));
            let _ = send.send(text.clone());
        }
        text
    });
    let mut until = async |word: &str| while !receive.recv().await.expect("it goes on").contains(word) {};
    until("third").await;
    put(&cloud, "i-0bbbbbbbbbbbbbbbb", &[(at(40_000), "late"), (at(0), "fourth")]).await;
    until("fourth").await;
    input.write_all(b"\x03").unwrap();
    let ended = terminal.wait().unwrap();
    let text = reader.join().unwrap();
    assert_eq!(ended.code(), Some(0), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("i-0")).collect();
    assert_eq!(lines.len(), 5, "each once, and what came late too: {text}");
    assert!(lines.iter().all(|line| line.contains("\u{1b}[3") && !line.contains("\u{1b}[2J")), "{text:?}");
    let shown = |line: &&&str| line.replace("\u{1b}[36m", "").replace("\u{1b}[33m", "").replace("\u{1b}[0m", "").len();
    assert!(lines.iter().all(|line| shown(&line) < 60), "{text:?}");
}

const SHOP: &str = "stack: shop
region: us-east-1
vpc: { flow_logs: false, nat: single }
accept: { single_nat: a test, no_deletion_protection: a test }
kubernetes:
  cluster: { deletion_protection: false }
  workloads: { web: { image: 'ghcr.io/example/shop:1', port: 8080 } }
  jobs: { migrate: { image: 'ghcr.io/example/shop:1' }, nightly: { image: 'ghcr.io/example/shop:1', schedule: '0 3 * * *' } }
";

/// Pods of the sandbox write as instances do, each under a name of its own, the same whenever they are asked.
#[test]
fn pods_of_the_sandbox_talk() {
    let mut infra = Infra::new("logs-pods");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let spec = infra.file("infra.yaml", SHOP);
    let none = |entry: &str, name: &str| {
        let no = infra.run(&["logs", entry]);
        assert_eq!(no.code, 1, "{}", no.out);
        Said { out: no.err, err: String::new(), code: no.code }.snapshot(name);
    };
    none("kubernetes.workloads.web", "logs_none_cluster");
    none("kubernetes.workloads.wep", "logs_none_workload");
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    let more = SHOP.replace(
        "workloads: { web:",
        "workloads: { api: { image: 'ghcr.io/example/shop:1', replicas: 3 }, idle: { image: 'ghcr.io/example/shop:1', replicas: 0 }, web:",
    );
    std::fs::write(&spec, more).unwrap();
    none("kubernetes.workloads.api", "logs_none_yet");
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    none("kubernetes.workloads.idle", "logs_none_pod");
    let read = |entry: &str| {
        let said = infra.run(&["logs", entry, "--json", "--since", "30s"]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let of = |field: &str, event: &Value| event[field].as_str().unwrap().to_owned();
    let pods = |all: &[Value]| all.iter().map(|e| of("instance", e)).collect::<std::collections::BTreeSet<_>>();
    let (all, again) = (read("kubernetes.workloads.api"), read("kubernetes.workloads.api"));
    assert!(all.is_sorted_by_key(|e| of("at", e)) && all.iter().all(|e| of("entry", e) == "kubernetes.workloads.api"));
    assert!(pods(&all).len() == 3 && pods(&all).iter().all(|pod| pod.starts_with("api-")), "{:?}", pods(&all));
    let common: Vec<Value> = all.iter().filter(|e| again.contains(e)).cloned().collect();
    assert!(common.len() > 20 && all.ends_with(&common), "what is read again is the same");
    assert_eq!(pods(&read("kubernetes.workloads.web")).len(), 2);
    for job in ["migrate", "nightly"] {
        assert_eq!(pods(&read(&format!("kubernetes.jobs.{job}"))).len(), 1);
    }
    let found = infra.run(&["logs", "kubernetes.workloads.api", "--since", "1m", "--grep", "does not answer"]);
    assert!(found.out.lines().count() > 0 && found.out.lines().all(|line| line.contains("does not answer")), "{}", found.out);
}

/// What pods wrote is read from them, over restarts; with `--follow` what they write from then on is told once, whichever pods come and go. Who may not read is told
/// what would let them.
#[tokio::test]
async fn pods_are_followed() {
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let mut infra = Infra::new("logs-pods-wire");
    let values = [("AWS_ENDPOINT_URL", moto.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    infra.file("infra.yaml", SHOP);
    let early = run(&infra, &["logs", "kubernetes.workloads.web"]).await;
    assert!(early.code == 1 && early.flat().contains("shop has no Kubernetes cluster yet"), "{}", early.err);
    let applied = run(&infra, &["apply", "--auto-approve"]).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    api.world().lively = false;
    let [one, two]: [String; 2] = api.world().pods("web").try_into().unwrap();
    let ago = |seconds: u64| SystemTime::now() - Duration::from_secs(seconds);
    {
        let world = &mut *api.world();
        world.write(&one, ago(7200), "long ago\n");
        world.write(&one, ago(30), "first\n");
        world.write(&two, ago(20), "second \u{1b}[2J\n");
        world.restart(&one, ago(15), None);
        world.write(&one, ago(10), "third API_TOKEN=hunter2hunter2\n");
        world.run("shop", "migrate", "migrate-1");
        world.write("migrate-1", ago(5), "migrated\n");
    }
    let args = ["logs", "kubernetes.workloads.web", "--since", "1h"];
    let whole = run(&infra, &args).await;
    let words: Vec<&str> = whole.out.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!((words, whole.code), (vec!["first", "second", "third"], 0), "{} {}", whole.out, whole.err);
    assert!(whole.out.contains("API_TOKEN=hunter2hunter2") && !whole.out.contains('\u{1b}'), "{}", whole.out);
    let some = run(&infra, &[&args[..], &["--grep", "second", "--json"]].concat()).await;
    let some: Value = serde_json::from_str(&some.out).unwrap();
    assert_eq!((&some["instance"], &some["entry"]), (&json!(two), &json!("kubernetes.workloads.web")));
    assert!(run(&infra, &["logs", "kubernetes.jobs.migrate"]).await.out.ends_with(" migrated\n"));

    let mut follow = tokio::process::Command::from(infra.command(&[&args[..], &["--follow"]].concat())).spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(follow.stdout.take().unwrap()).lines();
    let mut seen: Vec<String> = vec![];
    let mut until = async |word: &str| {
        while seen.last().is_none_or(|line| !line.contains(word)) {
            seen.push(lines.next_line().await.unwrap().expect("it goes on"));
        }
        seen.clone()
    };
    until("third").await;
    {
        let world = &mut *api.world();
        world.lose(&two);
        world.write(&one, ago(1), "fourth\n");
        world.restart(&one, ago(0), None);
        world.run("shop", "web", "web-new");
        world.write("web-new", ago(0), "fifth\n");
    }
    until("fifth").await;
    api.world().write(&one, ago(0), "sixth\n");
    let all = until("sixth").await;
    assert!(std::process::Command::new("kill").args(["-INT", &follow.id().unwrap().to_string()]).status().unwrap().success());
    assert_eq!(follow.wait().await.unwrap().code(), Some(0));
    let words: Vec<&str> = all.iter().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!(words, ["first", "second", "third", "fourth", "fifth", "sixth"], "each once");

    api.rule(|call, _| {
        let message =
            "pods \"web-1\" is forbidden: User \"viewer\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"shop\"";
        let refused = json!({ "kind": "Status", "reason": "Forbidden", "message": message });
        if call.path.ends_with("/log") { Reaction::Answer { status: 403, headers: vec![], body: refused } } else { Reaction::Pass }
    });
    let denied = run(&infra, &args).await;
    assert!(denied.code == 1 && denied.flat().contains("logs of pods (`pods/log`) too"), "{}", denied.err);
    api.rule(|_, _| Reaction::Pass);
    api.world().lose(&one);
    api.world().lose("web-new");
    let nobody = run(&infra, &args).await;
    assert!(nobody.code == 1 && nobody.flat().contains("`kubernetes.workloads.web` has no pod"), "{}", nobody.err);
}
