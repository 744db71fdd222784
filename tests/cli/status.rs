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
