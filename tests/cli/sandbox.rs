use super::Infra;
use super::recover::{rest, signal, started};

const NEXT: &str = "compute: { app: { image: 'ghcr.io/example/shop:1.5.0', instances: { max: 12 } } }\nvpc: { security_groups: { bastion: { ingress: [{ port: 22, from: [198.51.100.0/24], description: new office }] } } }\n";
const ALL_DATA: &str =
    "bucket.access_logs,db_instance.main,db_replica.main-1,load_balancer.main,log_group.flow_logs,replication_group.main";

fn sandbox(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra
}

#[test]
fn the_plan_of_every_example() {
    let infra = sandbox("plans");
    let (minimal, production, staging) = (Infra::example("minimal"), Infra::example("production"), Infra::example("staging"));
    infra.run(&["plan", "-f", &minimal]).snapshot("plan_minimal");
    infra.run(&["plan", "-f", &production]).snapshot("plan_production");
    infra.run(&["plan", "-f", &production, "--verbose"]).snapshot("plan_production_verbose");
    infra.run(&["plan", "-f", &production, "-f", &staging]).snapshot("plan_staging");
    let document = ["plan", "-f", &production, "--format", "json"];
    let twice = [infra.run(&document).out, infra.run(&document).out];
    assert_eq!(twice[0], twice[1], "the same bytes");
    let schema: serde_json::Value = serde_json::from_str(&infra.run(&["schema", "plan"]).out).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&twice[0]).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(&plan).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// Validate, plan, apply, plan again, change, output, destroy: each in a process of its own.
#[test]
fn the_main_job() {
    let infra = sandbox("main-job");
    let production = Infra::example("production");
    let next = infra.file("next.yaml", NEXT);
    assert_eq!(infra.run(&["validate", "-f", &production]).code, 0);
    assert_eq!(infra.run(&["plan", "-f", &production, "--detailed-exitcode"]).code, 2);
    let unattended = infra.run(&["apply", "-f", &production]);
    assert_eq!(unattended.code, 1);
    assert!(unattended.err.contains("--auto-approve"), "{}", unattended.err);
    let applied = infra.run(&["apply", "-f", &production, "--auto-approve"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.out.contains("Applied: 59 created"), "{}", applied.out);
    assert!(applied.err.contains("+ vpc.main created"), "{}", applied.err);
    infra.run(&["plan", "-f", &production, "--detailed-exitcode"]).snapshot("plan_no_changes");
    infra.run(&["output", "-f", &production]).snapshot("output");
    infra.run(&["output", "url", "-f", &production]).snapshot("output_one");
    infra.run(&["plan", "-f", &production, "-f", &next]).snapshot("plan_replacement");
    let target = infra.run(&["plan", "-f", &production, "-f", &next, "--target", "vpc.security_groups.bastion"]);
    assert!(target.err.contains("security_group.bastion\n") && target.err.contains("vpc.main\n"), "{}", target.err);
    target.snapshot("plan_target");
    let unknown = infra.run(&["plan", "-f", &production, "--target", "nothing.here"]);
    assert_eq!(unknown.code, 1);
    let stream = infra.run(&["apply", "-f", &production, "-f", &next, "--auto-approve", "--json"]);
    assert_eq!(stream.code, 0, "{}", stream.err);
    let lines: Vec<serde_json::Value> = stream.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[lines.len() - 2]["outcome"]), (&"version".into(), &"applied".into()));
    let refused = infra.run(&["destroy", "-f", &production, "--auto-approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("--allow-data-loss"), "{}", refused.err);
    let destroyed = infra.run(&["destroy", "-f", &production, "--auto-approve", "--allow-data-loss", ALL_DATA]);
    assert_eq!(destroyed.code, 0, "{}", destroyed.err);
    assert_eq!(infra.run(&["plan", "-f", &production, "--destroy", "--detailed-exitcode"]).code, 0, "nothing is left");
}

#[test]
fn a_failure_is_taken_back() {
    let infra = sandbox("rollback");
    let (production, next) = (Infra::example("production"), infra.file("next.yaml", NEXT));
    let failed = infra.run(&["apply", "-f", &production, "--auto-approve", "--sandbox-fail", "42"]);
    assert_eq!(failed.code, 3, "{}", failed.err);
    assert!(failed.out.contains("Everything is as it was before."), "{}", failed.out);
    assert_eq!(infra.run(&["plan", "-f", &production, "--destroy", "--detailed-exitcode"]).code, 0, "nothing is left");
    assert_eq!(infra.run(&["apply", "-f", &production, "--auto-approve"]).code, 0);
    let failed = infra.run(&["apply", "-f", &production, "-f", &next, "--auto-approve", "--sandbox-fail", "2", "--parallelism", "1"]);
    failed.snapshot("apply_rolled_back");
    let text = format!("{}{}", failed.out, failed.err);
    assert_eq!(text.matches("fault injected").count(), 1, "what failed is told once: {text}");
    assert_eq!(infra.run(&["plan", "-f", &production, "--detailed-exitcode"]).code, 0, "as it was");
}

/// SIGINT: nothing new starts, what runs ends, everything is taken back.
#[test]
fn an_interruption_is_taken_back() {
    let infra = sandbox("interrupt");
    let production = Infra::example("production");
    let run = started(&infra, &production, "vpc.main created");
    signal(&run.0, "-INT");
    let said = rest(run);
    assert_eq!(said.code, 130, "{} {}", said.out, said.err);
    assert_eq!(infra.run(&["plan", "-f", &production, "--destroy", "--detailed-exitcode"]).code, 0, "nothing is left");
}

#[test]
fn another_account_is_refused() {
    let infra = sandbox("account");
    let other = std::fs::read_to_string(Infra::example("production")).unwrap().replace("\"123456789012\"", "\"999999999999\"");
    let spec = infra.file("infra.yaml", &other);
    let said = infra.run(&["plan", "-f", &spec]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("999999999999") && said.err.contains("infra.yaml:4"), "{}", said.err);
}

/// `--no-color`, `NO_COLOR` and a pipe give plain text; `CLICOLOR_FORCE` gives colour.
#[test]
fn colour_follows_the_conventions() {
    let mut infra = sandbox("colour");
    let minimal = Infra::example("minimal");
    assert!(!infra.run(&["plan", "-f", &minimal]).out.contains('\u{1b}'));
    infra.env.push(("CLICOLOR_FORCE", "1".into()));
    assert!(infra.run(&["plan", "-f", &minimal]).out.contains('\u{1b}'));
    assert!(!infra.run(&["plan", "-f", &minimal, "--no-color"]).out.contains('\u{1b}'));
    infra.env.push(("NO_COLOR", "1".into()));
    assert!(!infra.run(&["plan", "-f", &minimal]).out.contains('\u{1b}'));
}
