use std::io::Write;
use std::process::Stdio;

use infra::plan::Saved;

use super::recover::{rest, signal, started};
use super::{Infra, said};

const NEXT: &str = "compute: { app: { image: 'ghcr.io/example/shop:1.5.0', instances: { max: 12 } } }\nvpc: { security_groups: { bastion: { ingress: [{ port: 22, from: [198.51.100.0/24], description: new office }] } } }\n";
pub const ALL_DATA: &str = "bucket.access_logs,bucket.uploads,db_instance.main,db_replica.main-1,load_balancer.main,log_group.cache.main,log_group.compute.app,log_group.flow_logs,log_group.function.thumbnails,replication_group.main";

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
    infra.run(&["plan", "-f", &Infra::example("services")]).snapshot("plan_services");
    infra.run(&["plan", "-f", &Infra::example("kubernetes")]).snapshot("plan_kubernetes");
    let document = ["plan", "-f", &production, "--format", "json"];
    let twice = [infra.run(&document).out, infra.run(&document).out];
    assert_eq!(twice[0], twice[1], "the same bytes");
    let schema: serde_json::Value = serde_json::from_str(&infra.run(&["schema", "plan"]).out).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&twice[0]).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(&plan).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// The script that the README begins with ends well, and leaves nothing behind. The binary stands in for `cargo run`, which would build it again.
#[test]
fn the_tour_ends() {
    use std::os::unix::fs::PermissionsExt;
    let infra = sandbox("tour");
    let binary = env!("CARGO_BIN_EXE_infra");
    let cargo = infra.file("cargo", &format!("#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec {binary} \"$@\"\n"));
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = [infra.folder.display().to_string(), std::env::var("PATH").unwrap_or_default()].join(":");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tour.sh");
    let toured = said(infra.program("sh", &[script.to_str().unwrap()]).env("PATH", path).output().unwrap());
    assert_eq!(toured.code, 0, "{} {}", toured.out, toured.err);
    assert_eq!((toured.out.matches(" created in ").count(), toured.out.matches(" deleted in ").count()), (4, 4), "{}", toured.out);
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
    assert!(applied.out.contains("Applied: 98 created"), "{}", applied.out);
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
    let away = infra.run(&["plan", "-f", &production, "--destroy"]);
    assert!(["\nvpc\n", "\ndatabase\n", "\ncdn\n"].iter().all(|section| away.out.contains(section)), "{}", away.out);
    assert!(!away.out.contains("no longer in the spec") && !away.err.contains("╭─"), "{} {}", away.out, away.err);
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
    let last = failed.out.trim_end().lines().last().unwrap();
    assert!(
        last.starts_with("Cause: ") && last.ends_with("fault injected at mutation 42."),
        "the cause stands last, and whole: {}",
        failed.out
    );
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

/// `--color never`, `NO_COLOR` and a pipe give plain text; `--color always`, `FORCE_COLOR` and `CLICOLOR_FORCE` give colour, and a flag outweighs a variable.
#[test]
fn colour_follows_the_conventions() {
    let mut infra = sandbox("colour");
    let minimal = Infra::example("minimal");
    assert!(!infra.run(&["plan", "-f", &minimal]).out.contains('\u{1b}'));
    assert!(infra.run(&["plan", "-f", &minimal, "--color", "always"]).out.contains('\u{1b}'));
    for variable in ["CLICOLOR_FORCE", "FORCE_COLOR"] {
        infra.env.push((variable, "1".into()));
        assert!(infra.run(&["plan", "-f", &minimal]).out.contains('\u{1b}'), "{variable}");
        infra.env.pop();
    }
    infra.env.push(("FORCE_COLOR", "1".into()));
    assert!(!infra.run(&["plan", "-f", &minimal, "--color", "never"]).out.contains('\u{1b}'));
    infra.env.push(("NO_COLOR", "1".into()));
    assert!(!infra.run(&["plan", "-f", &minimal]).out.contains('\u{1b}'));
    assert!(infra.run(&["plan", "-f", &minimal, "--color", "always"]).out.contains('\u{1b}'));
}

/// A new image whose old template could not be deleted: what is left out of a later plan is what serves, not what was left.
#[test]
fn what_is_left_out_is_what_serves() {
    let infra = sandbox("left-out");
    let (minimal, next) = (Infra::example("minimal"), infra.file("next.yaml", "compute: { app: { image: 'nginx:1.30' } }\n"));
    assert_eq!(infra.run(&["apply", "-f", &minimal, "--auto-approve"]).code, 0);
    let left = infra.run(&["apply", "-f", &minimal, "-f", &next, "--auto-approve", "--sandbox-fail", "2"]);
    assert_eq!(left.code, 5, "{}", left.out);
    for choice in [["--target", "vpc.main"], ["--exclude", "compute"]] {
        let said = infra.run(&["plan", "-f", &minimal, "-f", &next, choice[0], choice[1]]);
        assert!(said.out.contains("No changes"), "{choice:?}: {}", said.out);
    }
}

/// What would be refused is shown in every format, with what allows it. Apply alone needs the permission, and says so before any effect.
#[test]
fn what_is_refused_is_shown() {
    let infra = sandbox("refused");
    let spec = infra.file(
        "shop.yaml",
        "stack: shop\nregion: us-east-1\ndatabase: { main: { engine: postgres, version: '16.11', allow_from: [vpc] } }\n",
    );
    let next = infra.file("next.yaml", "database: null\n");
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0);
    let plan = |more: &[&str]| infra.run(&[&["plan", "-f", &spec, "-f", &next][..], more].concat());
    let shown = plan(&["--out", "p.infraplan"]);
    shown.snapshot("plan_refused");
    assert!(shown.err.contains("db_instance.main holds data and would be deleted"), "{}", shown.err);
    let mut page = plan(&["--format", "markdown"]);
    let kept = Saved::parse(&std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap()).unwrap();
    // The digest covers ids, which the sandbox gives in the order in which its requests come.
    page.out = page.out.replace(&kept.plan.digest, "[digest]");
    page.snapshot("plan_refused_markdown");
    let allow = "--allow-data-loss db_instance.main";
    for format in ["json", "terraform-json", "terraform-text"] {
        let said = plan(&["--format", format]);
        assert!(said.code == 1 && said.out.contains(allow) && said.out.contains("main"), "{format}: {}", said.out);
        let kept = infra.run(&["show", "p.infraplan", "--format", format]).out;
        assert!(kept.contains(allow), "{format}: {kept}");
    }
    let stream = plan(&["--json"]);
    assert!(stream.code == 1 && stream.out.contains("\"planned_change\"") && stream.out.contains("plan::guarded"), "{}", stream.out);
    for apply in [&["apply", "-f", &spec, "-f", &next, "--auto-approve"][..], &["apply", "p.infraplan"]] {
        let said = infra.run(apply);
        assert!(said.code == 1 && said.out.contains(allow) && said.err.contains(allow), "{} {}", said.out, said.err);
        assert!(infra.run(&["plan", "-f", &spec]).out.contains("No changes"), "{apply:?} did something");
    }
    assert_eq!(plan(&["--allow-data-loss", "db_instance.main"]).code, 0);
    let allowed = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--allow-data-loss", "db_instance.main"]);
    assert_eq!(allowed.code, 0, "{}", allowed.err);
}

/// Zones leave, come and change places, and no subnet that stays moves.
#[test]
fn zones_come_and_go() {
    let infra = sandbox("zones");
    let minimal = Infra::example("minimal");
    let zones = |letters: &str| {
        let zones: Vec<String> = letters.chars().map(|letter| format!("us-east-1{letter}")).collect();
        infra.file(&format!("{letters}.yaml"), &format!("vpc: {{ availability_zones: [{}] }}\n", zones.join(", ")))
    };
    assert_eq!(infra.run(&["apply", "-f", &minimal, "--auto-approve"]).code, 0);
    let fewer = zones("ac");
    infra.run(&["plan", "-f", &minimal, "-f", &fewer]).snapshot("plan_fewer_zones");
    for letters in ["ac", "bca", "cdab"] {
        let applied =
            infra.run(&["apply", "-f", &minimal, "-f", &zones(letters), "--auto-approve", "--allow-data-loss", "elastic_ip.nat-b"]);
        assert_eq!(applied.code, 0, "{letters}: {} {}", applied.out, applied.err);
        assert!(!applied.out.contains("replaced in"), "{letters}: {}", applied.out);
        assert!(infra.run(&["plan", "-f", &minimal, "-f", &zones(letters)]).out.contains("No changes"), "{letters}");
    }
}

/// A zone that isn't there is told at its line before anything is changed, with the line to write.
#[test]
fn a_zone_that_is_not_there_is_told() {
    let infra = sandbox("no-zone");
    let bare = infra.file("tokyo.yaml", "stack: tokyo\nregion: ap-northeast-1\n");
    let told = infra.run(&["apply", "-f", &bare, "--auto-approve"]);
    assert_eq!(told.code, 1, "{}", told.out);
    let help = "availability_zones: [ap-northeast-1a, ap-northeast-1c, ap-northeast-1d]";
    let said = told.err.replace("\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("no zone ap-northeast-1b") && said.contains("tokyo.yaml:2"), "{}", told.err);
    assert!(said.contains(help), "{}", told.err);
    assert_eq!(infra.run(&["validate", "-f", &bare]).code, 0, "it asks nobody");
    let written = infra.file("written.yaml", &format!("vpc: {{ {help} }}\n"));
    assert_eq!(infra.run(&["apply", "-f", &bare, "-f", &written, "--auto-approve"]).code, 0);
}

/// What listens to nobody is planned, applied, and changed.
#[test]
fn a_worker_has_no_port() {
    let infra = sandbox("worker");
    let spec =
        |image: &str| infra.file("worker.yaml", &format!("stack: jobs\nregion: us-east-1\ncompute: {{ worker: {{ image: {image} }} }}\n"));
    for image in ["nginx:1.29", "nginx:1.30"] {
        let applied = infra.run(&["apply", "-f", &spec(image), "--auto-approve"]);
        assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
        assert!(infra.run(&["plan", "-f", &spec(image)]).out.contains("No changes"));
    }
}

/// An accepted risk is told only to whoever wants to know more, and to programs.
#[test]
fn an_accepted_risk_is_told_once_a_reader_asks() {
    let infra = sandbox("accepted");
    let spec =
        infra.file("shop.yaml", "stack: shop\nregion: us-east-1\nvpc: { nat: single }\naccept: { single_nat: staging may lose a zone }\n");
    let plan = |more: &[&str]| infra.run(&[&["plan", "-f", &spec][..], more].concat());
    assert_eq!(plan(&[]).err, "");
    assert!(plan(&["-v"]).err.contains("accepted: staging may lose a zone"));
    assert!(plan(&["--json"]).out.contains("\"accepted\":\"staging may lose a zone\""));
    let valid: serde_json::Value = serde_json::from_str(&infra.run(&["validate", "-f", &spec, "--json"]).out).unwrap();
    let finding = &valid["findings"][0];
    assert_eq!((&finding["risk"], &finding["severity"]), (&"single_nat".into(), &"info".into()), "{valid}");
    assert_eq!(finding["accepted"], "staging may lose a zone");
}

/// A spec on standard input, as a layer among files.
#[test]
fn a_spec_is_read_from_standard_input() {
    let infra = sandbox("stdin");
    let layer = infra.file("layer.yaml", "vpc: { nat: none }\n");
    let read = |text: &str| {
        let mut child = infra.command(&["validate", "-f", "-", "-f", &layer]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        super::said(child.wait_with_output().unwrap())
    };
    assert_eq!(read("stack: shop\nregion: us-east-1\n").out.split(':').next(), Some("`shop` is valid"));
    let wrong = read("stack: shop\nregion: mars\n");
    assert!(wrong.code == 1 && wrong.err.contains("standard input:2"), "{}", wrong.err);
}

/// The plan says how long what decides it may take at most, where the spec says so.
#[test]
fn a_timeout_is_shown_in_the_plan() {
    let infra = sandbox("timeouts");
    let spec = infra.file(
        "shop.yaml",
        "stack: shop\nregion: us-east-1\ndatabase: { main: { engine: postgres, allow_from: [vpc], timeouts: { create: 90m } } }\n",
    );
    let said = infra.run(&["plan", "-f", &spec]).out;
    assert!(said.contains("db_instance.main (12 min, at most 1 h 30 min)"), "{said}");
    let plan: serde_json::Value = serde_json::from_str(&infra.run(&["plan", "-f", &spec, "--format", "json"]).out).unwrap();
    let step = plan["steps"].as_array().unwrap().iter().find(|s| s["address"] == "db_instance.main").unwrap();
    assert_eq!(step["timeout_seconds"], 5400);
}

/// Groups that allow each other, whatever the order in which the rules come and go: entries, groups by hand, and rings of three.
#[test]
fn groups_may_know_each_other() {
    let infra = sandbox("rings");
    let spec = |web: &str, worker: &str, by_hand: &str| {
        let text = format!(
            "stack: shop\nregion: us-east-1\ncompute:\n  web: {{ image: nginx:1.29, port: 80, allow_from: [{web}] }}\n  worker: {{ image: nginx:1.29, port: 81, allow_from: [{worker}] }}\n\
             vpc: {{ security_groups: {{ {by_hand} }} }}\n"
        );
        infra.file("shop.yaml", &text)
    };
    let ring = "a: { ingress: [{ port: 1, from: [b] }] }, b: { ingress: [{ port: 2, from: [c] }] }, c: { egress: [{ port: 3, to: [a], description: back }] }";
    let first = spec("worker", "web", ring);
    infra.run(&["plan", "-f", &first, "--target", "security_group_rule"]).snapshot("plan_rings");
    for (web, worker, by_hand) in [("worker", "web", ring), ("", "web", ""), ("worker", "web", ""), ("worker", "", ring), ("", "", "")] {
        let spec = spec(web, worker, by_hand);
        let applied = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
        assert_eq!(applied.code, 0, "{web} {worker}: {} {}", applied.out, applied.err);
        assert!(infra.run(&["plan", "-f", &spec]).out.contains("No changes"), "{web} {worker}");
    }
    let renamed = infra.file("renamed.yaml", "compute: { web: null, front: { image: nginx:1.29, port: 80, allow_from: [worker], renamed_from: web }, worker: { allow_from: [front] } }\n");
    assert_eq!(infra.run(&["apply", "-f", &spec("worker", "web", ""), "--auto-approve"]).code, 0);
    let plan = infra.run(&["plan", "-f", &spec("worker", "web", ""), "-f", &renamed]).out;
    assert!(plan.contains("renamed from security_group_rule.") && plan.contains(" to update.\n"), "{plan}");
}
