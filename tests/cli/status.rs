//! `infra status`: how the environment fares, on the sandbox.
use std::io::{BufRead, BufReader};

use serde_json::Value;

use super::Infra;
use super::recover::signal;

fn applied(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.file("infra.yaml", &std::fs::read_to_string(Infra::example("production")).unwrap());
    let said = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(said.code, 0, "{}", said.err);
    infra
}

/// What stands fares well; what is bent is told by how bad it is, and the worst decides about the exit code.
#[test]
fn what_fares_badly_is_told() {
    let infra = applied("status");
    infra.run(&["status"]).snapshot("status");
    let bent = ["--sandbox-bend", "compute.app.targets=0,compute.app.instances=2,load_balancer.days=20,cache.main.state=modifying"];
    infra.run(&[&["status"], &bent[..]].concat()).snapshot("status_bent");
    for (bent, code, level) in [("database.main.state=upgrading", 0, "warning"), ("db_instance.main.state=storage-full", 2, "critical")] {
        let said = infra.run(&["status", "--json", "--sandbox-bend", bent]);
        assert_eq!(said.code, code, "{bent}: {}", said.err);
        let told: Value = serde_json::from_str(&said.out).unwrap();
        let signs = told["health"].as_array().unwrap();
        let of = signs.iter().find(|s| s["address"] == "db_instance.main").unwrap();
        assert_eq!((of["part"].as_str(), of["level"].as_str()), (Some("database.main"), Some(level)), "{bent}");
    }
    for wrong in ["compute.ap.targets=1", "compute.app.cores=1", "compute.app.targets", "targets=1"] {
        let said = infra.run(&["status", "--sandbox-bend", wrong]);
        assert!(said.code == 1 && said.flat().contains(&format!("`{wrong}` names nothing that can be bent")), "{}", said.err);
    }
}

/// An alarm fires when what it looks at is bent beyond its own threshold, and is told with what it means; by how grave it is the exit code is.
#[test]
fn alarms_judge_by_their_own_definitions() {
    let infra = applied("alerts");
    infra.run(&["alerts"]).snapshot("alerts");
    let bent = "compute.app.cpu=99,cache.main.memory=92%,database.main.storage=1";
    infra.run(&["alerts", "--sandbox-bend", bent]).snapshot("alerts_bent");
    infra.run(&["status", "--sandbox-bend", bent]).snapshot("status_alarms");
    for (bent, code, firing) in [("compute.app.cpu=85", 0, 0), ("compute.app.cpu=85.5", 0, 1), ("cache.main.memory=90.5", 2, 4)] {
        let said = infra.run(&["alerts", "--json", "--sandbox-bend", bent]);
        let told: Value = serde_json::from_str(&said.out).unwrap();
        let fires = told.as_array().unwrap().iter().filter(|alarm| alarm["state"] == "firing").count();
        assert_eq!((said.code, fires), (code, firing), "{bent}: {}", said.err);
    }
    infra.file("more.yaml", "monitoring: { alerting: { rules: { busy: { of: compute.app, metric: requests, above: 9000 } } } }");
    let said = infra.run(&["alerts", "--file", "infra.yaml", "--file", "more.yaml"]);
    assert!(said.out.ends_with("1 of the spec are not made yet: infra apply\n"), "{}", said.out);
}

/// A group that fires is told beside the alarms for which it does: since when, what it means and which they are. It counts once, with its alarms.
#[test]
fn groups_that_fire_are_told() {
    let infra = applied("status-groups");
    infra.file("more.yaml", "monitoring: { alerting: { groups: { front: [compute.app] } } }");
    let both = ["--file", "infra.yaml", "--file", "more.yaml"];
    assert_eq!(infra.run(&[&["apply", "--auto-approve"], &both[..]].concat()).code, 0);
    let said = infra.run(&[&["status", "--sandbox-bend", "compute.app.cpu=99"], &both[..]].concat());
    let line =
        |start: &str| said.out.lines().find(|line| line.contains(start)).unwrap_or_else(|| panic!("{start}: {}", said.out)).to_owned();
    let (group, alarm) = (line("composite_alarm.group.front"), line("metric_alarm.compute.app.cpu "));
    assert!(
        group.contains("warning") && group.contains("fires, since 20") && group.ends_with("(compute.app.cpu transitioned to ALARM)"),
        "{group}"
    );
    assert!(alarm.ends_with("(Threshold Crossed: 99 is greater than the threshold (85))"), "{alarm}");
    assert!(said.out.contains("\n0 critical, 1 warning.\n"), "{}", said.out);
    let json = infra.run(&[&["status", "--json", "--sandbox-bend", "compute.app.cpu=99"], &both[..]].concat());
    let told: Value = serde_json::from_str(&json.out).unwrap();
    let fires = |sign: &&Value| sign["text"].as_str().unwrap().starts_with("fires, since");
    let part = |sign: &Value| sign["part"].as_str().unwrap().to_owned();
    assert_eq!(told["health"].as_array().unwrap().iter().filter(fires).map(part).collect::<Vec<_>>(), ["compute.app", "group"]);
    let well = infra.run(&[&["status"], &both[..]].concat());
    assert!(!well.out.contains("composite_alarm") && well.out.contains("All of it is well."), "{}", well.out);
}

/// What a rule counts is bent by its name, or by whose logs it looks through; a disk and a replica tell how they fare when they are bent, and so do the alarms on
/// them. What is silenced says until when, and a silence that has ended is pointed out.
#[test]
fn rules_are_bent_by_name_and_silences_are_told() {
    let mut infra = Infra::new("silences");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let until = minute(1);
    let spec = |from: &str, until: &str| {
        format!(
            "stack: shop\nregion: us-east-1\nvpc: {{ nat: none }}\ncompute: {{ app: {{ image: nginx:1 }} }}\ndatabase: {{ main: {{ engine: postgres, version: \"16.11\", instance_class: db.t4g.medium, replicas: 1 }} }}
monitoring:\n  notify: [ops@example.com]\n  alerting:\n    groups: {{ app: [compute.app] }}
    silences: {{ move: {{ rules: [group.app, mistakes], from: \"{from}\", until: \"{until}\", reason: it moves }} }}
    rules: {{ mistakes: {{ logs: app, match: ERROR, above: 10 }} }}\n"
        )
    };
    infra.file("infra.yaml", &spec(&minute(-1), &until));
    let said = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for (bent, firing) in [("logs.mistakes=10", 0), ("logs.mistakes=11", 1), ("compute.app.mistakes=11", 1), ("rule.mistakes=11", 1)] {
        let said = infra.run(&["alerts", "--json", "--sandbox-bend", bent]);
        let told: Value = serde_json::from_str(&said.out).unwrap();
        let fires: Vec<&Value> = told.as_array().unwrap().iter().filter(|alarm| alarm["state"] == "firing").collect();
        assert_eq!(fires.len(), firing, "{bent}: {}", said.err);
        assert!(fires.iter().all(|alarm| alarm["silenced_until"].as_str().unwrap().starts_with(&until[..16])), "{told:#}");
    }
    let said = infra.run(&["alerts"]);
    let lines: Vec<&str> = said.out.lines().filter(|line| line.ends_with(&format!(", silenced until {until} (it moves)"))).collect();
    assert!(
        lines.len() > 2 && lines.iter().all(|line| ["compute.app.", "rule.mistakes", "group.app."].iter().any(|name| line.contains(name))),
        "{}",
        said.out
    );
    assert!(said.out.contains(&format!("{} alarms tell nobody now.\n", lines.len())), "{}", said.out);
    let said = infra.run(&["status", "--sandbox-bend", "database.main.storage=5,database.main.lag=90"]);
    assert!(said.code == 2 && said.out.contains("5% of") && said.out.contains("90 s behind"), "{}{}", said.out, said.err);
    assert!(
        said.out.contains("metric_alarm.database.main.storage") && said.out.contains("metric_alarm.database.main.lag.1"),
        "{}",
        said.out
    );
    // It ends by itself, and stands for nothing from then on.
    infra.file("infra.yaml", &spec(&minute(-2), &minute(-1)));
    assert!(infra.run(&["apply", "--auto-approve"]).flat().contains("the silence `move` has ended"));
    assert!(!infra.run(&["alerts"]).out.contains("silenced"));
    assert!(infra.run(&["plan"]).flat().contains("the silence `move` has ended"));
}

/// What a topic's subscription over https would be sent is posted to an address of this machine: each alarm that fires once, a group's instead of its children's, and nothing
/// that is silenced or told by mail alone.
#[test]
fn alarms_are_posted_as_they_would_be() {
    let mut infra = Infra::new("webhook");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alerts", listener.local_addr().unwrap());
    let (send, received) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut head, mut body, mut line) = (String::new(), vec![], String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                head += &std::mem::take(&mut line);
            }
            let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap();
            std::io::Read::read_to_end(&mut std::io::Read::take(&mut reader, length), &mut body).unwrap();
            std::io::Write::write_all(reader.get_mut(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            send.send((head, String::from_utf8(body).unwrap())).unwrap();
        }
    });
    let spec = |more: &str| {
        format!(
            "stack: shop\nregion: us-east-1\nvpc: {{ nat: none }}\ncompute: {{ app: {{ image: nginx:1 }}, worker: {{ image: nginx:1 }} }}
monitoring: {{ notify: {{ critical: [ops@example.com], warning: [\"https://events.example.com/alerts\"] }}, alerting: {{ groups: {{ all: [compute.app] }}{more} }} }}\n"
        )
    };
    infra.file("infra.yaml", &spec(""));
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    let told = |bent: &str| {
        let said = infra.run(&["status", "--sandbox-webhook", &url, "--sandbox-bend", bent]);
        assert!(said.out.contains("fires"), "{} {}", said.out, said.err);
        received.try_iter().collect::<Vec<(String, String)>>()
    };
    let message = |body: &str, field: &str| -> String {
        let said: Value = serde_json::from_str(body).unwrap();
        let alarm: Value = serde_json::from_str(said["Message"].as_str().unwrap()).unwrap();
        assert_eq!((said["Type"].as_str(), alarm["OldStateValue"].as_str()), (Some("Notification"), Some("OK")));
        alarm[field].as_str().unwrap().to_owned()
    };
    // By mail alone: `below_min` is critical.
    let posts = told("compute.worker.cpu=99,compute.app.cpu=99,compute.worker.lacking=1");
    let names: Vec<String> = posts.iter().map(|(_, body)| message(body, "AlarmName")).collect();
    assert_eq!(names, ["compute.worker.cpu", "group.all.warning"]);
    assert!(
        posts.iter().all(|(head, _)| head.starts_with("POST /alerts ") && head.contains("x-amz-sns-message-type: Notification")),
        "{posts:?}"
    );
    assert!(message(&posts[1].1, "NewStateReason").contains("compute.app.cpu transitioned to ALARM"));
    let silence = format!(", silences: {{ now: {{ rules: [compute.worker], from: \"{}\", until: \"{}\" }} }}", minute(-1), minute(1));
    infra.file("infra.yaml", &spec(&silence));
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    assert_eq!(told("compute.worker.cpu=99").len(), 0);
    for wrong in ["https://127.0.0.1:9000/", "http://192.0.2.1:9000/", "http://localhost/"] {
        assert_ne!(infra.run(&["status", "--sandbox-webhook", wrong]).code, 0, "{wrong}");
    }
}

/// A minute so many hours from now.
fn minute(hours: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(now.checked_add_signed(3600 * hours).unwrap());
    format!("{}Z", &humantime::format_rfc3339_seconds(at).to_string()[..16])
}

/// Before anything stands, nothing is ill.
#[test]
fn nothing_stands_yet() {
    let mut infra = Infra::new("status-nothing");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.file("infra.yaml", "stack: shop\nregion: us-east-1\n");
    let said = infra.run(&["status"]);
    assert_eq!((said.code, said.out.as_str()), (0, "Nothing of shop stands that could tell how it fares.\n\nNothing runs on shop.\n"));
}

/// It is told again and again, with what has changed meanwhile, until Ctrl-C.
#[test]
fn it_is_watched() {
    let infra = applied("status-watched");
    let mut child = infra.command(&["status", "--watch", "--interval", "100ms", "--json"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = |what: &str| lines.any(|line| line.unwrap().contains(what));
    assert!(seen("targets healthy"));
    let destroyed = infra.run(&["destroy", "--auto-approve", "--allow-data-loss", super::sandbox::ALL_DATA]);
    assert_eq!(destroyed.code, 0, "{}", destroyed.err);
    assert!(seen("\"health\": []"), "it tells what is so now");
    signal(&child, "-INT");
    // What it says meanwhile is read, or it could not end.
    assert!(lines.all(|line| line.is_ok()));
    assert!(child.wait().unwrap().success());
}
