//! `--json`: one object a line, each as the published schema says.
use serde_json::Value;

use super::{Infra, Said};

fn sandbox(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.file("infra.yaml", SPEC);
    infra
}

const SPEC: &str = "stack: shop
region: us-east-1
vpc: {cidr: 10.0.0.0/16, availability_zones: [us-east-1a, us-east-1b], nat: none}
outputs: {vpc: \"${vpc.id}\"}
";

/// The lines, each checked against the schema that the binary itself prints.
fn lines(infra: &Infra, said: &Said) -> Vec<Value> {
    let schema: Value = serde_json::from_str(&infra.run(&["schema", "stream"]).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let lines: Vec<Value> = said.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
    for line in &lines {
        let errors: Vec<String> = validator.iter_errors(line).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
    assert_eq!(lines[0]["type"], "version");
    lines
}

fn types(lines: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> = lines.iter().map(|l| l["type"].as_str().unwrap()).collect();
    types.dedup();
    types
}

#[test]
fn a_plan_is_a_line_a_change() {
    let infra = sandbox("stream-plan");
    let said = infra.run(&["plan", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let lines = lines(&infra, &said);
    assert_eq!(types(&lines), ["version", "planned_change", "change_summary"]);
    let changes = lines.iter().filter(|l| l["type"] == "planned_change").count();
    let summary = &lines[lines.len() - 1]["changes"];
    assert_eq!((summary["add"].as_u64(), summary["change"].as_u64(), summary["remove"].as_u64()), (Some(changes as u64), Some(0), Some(0)));
    let vpc = lines.iter().find(|l| l["change"]["resource"]["addr"] == "vpc.main").unwrap();
    assert_eq!((&vpc["change"]["action"], &vpc["change"]["resource"]["implied_provider"]), (&"create".into(), &"aws".into()));
    assert_eq!(infra.run(&["plan", "--json", "--detailed-exitcode"]).code, 2);
}

#[test]
fn a_run_is_a_line_an_event() {
    let infra = sandbox("stream-run");
    let failed = infra.run(&["apply", "--auto-approve", "--json", "--sandbox-fail", "3", "--parallelism", "1"]);
    assert_eq!(failed.code, 3, "{}", failed.err);
    let told = lines(&infra, &failed);
    for kind in [
        "planned_change",
        "change_summary",
        "run_start",
        "apply_start",
        "apply_complete",
        "apply_errored",
        "rollback_start",
        "rollback_complete",
    ] {
        assert!(told.iter().any(|l| l["type"] == kind), "{kind}: {}", failed.out);
    }
    let errored = told.iter().find(|l| l["type"] == "apply_errored").unwrap();
    assert!(errored["hook"]["error"]["message"].is_string() && errored["@level"] == "error", "{errored}");
    assert_eq!(told[told.len() - 1]["outcome"], "rolled_back");

    let applied = infra.run(&["apply", "--auto-approve", "--json"]);
    let told = lines(&infra, &applied);
    let end = &told[told.len() - 2..];
    assert_eq!((&end[0]["outcome"], &end[1]["type"]), (&"applied".into(), &"outputs".into()));
    assert!(end[1]["outputs"]["vpc"]["value"].as_str().is_some_and(|v| v.starts_with("vpc-")), "{}", end[1]);
    let made = told.iter().filter(|l| l["type"] == "apply_complete").all(|l| l["hook"]["id_value"].is_string());
    assert!(made, "every creation tells its id");

    let destroyed = infra.run(&["destroy", "--auto-approve", "--json", "--allow-data-loss", "log_group.flow_logs"]);
    let told = lines(&infra, &destroyed);
    assert_eq!(told.iter().find(|l| l["type"] == "change_summary").unwrap()["changes"]["operation"], "destroy");
}

/// Findings are lines too, with the place in the spec.
#[test]
fn findings_are_diagnostics() {
    let infra = sandbox("stream-findings");
    infra.file("infra.yaml", "stack: shop\nregion: us-east-1\nvpx: {}\nvpc: {cidr: 10.0.0.0/99}\n");
    let said = infra.run(&["plan", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    let lines = lines(&infra, &said);
    assert_eq!(types(&lines), ["version", "diagnostic", "refusal"]);
    let key = lines.iter().find(|l| l["diagnostic"]["code"] == "infra::spec::unknown_key").unwrap();
    let start = &key["diagnostic"]["range"]["start"];
    assert_eq!((start["line"].as_u64(), start["column"].as_u64()), (Some(3), Some(1)), "{key}");
}

/// What goes on for long is told every ten seconds.
#[tokio::test(start_paused = true)]
async fn what_takes_long_is_told() {
    use infra::render::progress::{Progress, Screen};
    use std::cell::RefCell;
    let plan = super::progress::plan().await;
    let told = RefCell::new(String::new());
    let mut progress = Progress::new(Screen::Json(Box::new(|line| told.borrow_mut().push_str(line))), &plan, Default::default());
    progress.event(&plan, &infra::run::Event::Began(0)).unwrap();
    for _ in 0..20 {
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        progress.tick(&plan, &[(0, "vpc-1 to be available".to_owned())].into());
    }
    progress.event(&plan, &infra::run::Event::Done(0, None)).unwrap();
    progress.finish();
    drop(progress);
    let lines: Vec<Value> = told.borrow().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let elapsed: Vec<_> = lines.iter().map(|l| (l["type"].as_str().unwrap(), l["hook"]["elapsed_seconds"].as_u64())).collect();
    assert_eq!(elapsed, [("apply_start", None), ("apply_progress", Some(10)), ("apply_progress", Some(20)), ("apply_complete", Some(20))]);
    assert_eq!(lines[1]["hook"]["waits_for"], "vpc-1 to be available");
}
