//! A plan that is kept, shown, approved and applied: `plan --out`, `show`, `apply FILE`.
use infra::plan::Saved;
use infra::redact::Redactor;

use super::{Infra, Said};

const SPEC: &str = "stack: shop
region: us-east-1
env: [RELEASE]
tags: {release: \"${env.RELEASE}\"}
vpc:
  cidr: 10.0.0.0/16
  availability_zones: [us-east-1a, us-east-1b]
  security_groups: {bastion: {ingress: [{port: 22, from: [203.0.113.0/24]}]}}
compute:
  app: {image: 'example/shop:1', port: 8080, env: {API_TOKEN: {from_env: API_TOKEN}}}
";

fn sandbox(name: &str) -> (Infra, String) {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.env.push(("RELEASE", "one".into()));
    infra.env.push(("API_TOKEN", "correct-horse-battery".into()));
    let spec = infra.file("infra.yaml", SPEC);
    (infra, spec)
}

fn planned(infra: &Infra, args: &[&str]) -> Said {
    let mut all = vec!["plan", "--out", "p.infraplan"];
    all.extend(args);
    let said = infra.run(&all);
    assert_eq!(said.code, 0, "{}", said.err);
    said
}

/// What was shown is what is shown again, and what is applied; a saved plan is the approval, and good for one time.
#[test]
fn a_saved_plan_is_shown_and_applied() {
    let (infra, spec) = sandbox("saved");
    let plan = planned(&infra, &[]);
    assert_eq!(infra.run(&["show", "p.infraplan"]).out, plan.out);
    assert_eq!(infra.run(&["show", "p.infraplan", "-v"]).out, infra.run(&["plan", "-v"]).out);
    let document = |args: &[&str]| serde_json::from_str::<serde_json::Value>(&infra.run(args).out).unwrap();
    let mut kept = document(&["show", "p.infraplan", "--format", "json"]);
    assert!(kept.as_object_mut().unwrap().remove("created").is_some_and(|created| created.is_string()), "when it was made: {kept}");
    assert_eq!(kept, document(&["plan", "--format", "json"]));
    // The file is all it takes; that there is no spec to compare it with is told.
    std::fs::remove_file(&spec).unwrap();
    let applied = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert!(applied.err.contains("made from infra.yaml: nothing here to compare it with"), "{}", applied.err);
    assert!(applied.out.starts_with(&plan.out), "{}", applied.out);
    let again = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(again.code, 7, "{}", again.err);
    infra.file("infra.yaml", SPEC);
    assert_eq!(infra.run(&["plan", "--detailed-exitcode"]).code, 0, "applied in full");
}

/// A selection, and the deletion of everything, are kept too; and so is what may be lost.
#[test]
fn a_saved_plan_keeps_what_was_chosen() {
    let (infra, spec) = sandbox("saved-chosen");
    planned(&infra, &["--target", "vpc.main"]);
    assert_eq!(infra.run(&["apply", "p.infraplan"]).code, 0);
    assert!(infra.run(&["plan"]).out.contains("security_group.bastion"), "only the VPC was made");
    planned(&infra, &[]);
    assert_eq!(infra.run(&["apply", "p.infraplan"]).code, 0);
    infra.file("infra.yaml", &format!("{SPEC}cache: {{main: {{}}}}\ndatabase: {{main: {{engine: postgres, version: \"16.11\"}}}}\n"));
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    assert_eq!(infra.run(&["plan", "--destroy", "--out", "p.infraplan"]).code, 1, "data is guarded");
    let lost = "db_instance.main,replication_group.main,log_group.flow_logs";
    planned(&infra, &["--destroy", "--allow-data-loss", lost]);
    std::fs::remove_file(spec).unwrap();
    let refused = infra.run(&["apply", "p.infraplan", "--allow-data-loss", "db_instance.main"]);
    assert_eq!(refused.code, 1, "{}", refused.out);
    assert!(refused.err.starts_with("The plan allows data to be lost: db_instance.main, log_group.flow_logs,"), "{}", refused.err);
    assert!(refused.flat().contains("--allow-data-loss log_group.flow_logs,replication_group.main"), "{}", refused.err);
    let applied = infra.run(&["apply", "p.infraplan", "--allow-data-loss", lost]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    infra.file("infra.yaml", SPEC);
    assert_eq!(infra.run(&["plan", "--destroy", "--detailed-exitcode"]).code, 0, "nothing is left");
}

/// Live: what the plan touches has moved. Here: the environment says otherwise. Both are named, before and now.
#[test]
fn a_stale_plan_is_refused() {
    let (mut infra, _) = sandbox("saved-stale");
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    infra.file("infra.yaml", &SPEC.replace("port: 22,", "port: 2222,"));
    planned(&infra, &[]);
    let other = infra.file("other.yaml", &SPEC.replace("203.0.113.0/24", "198.51.100.0/24"));
    assert_eq!(infra.run(&["apply", "-f", &other, "--auto-approve"]).code, 0);
    let stale = infra.run(&["apply", "p.infraplan"]);
    assert_eq!((stale.code, stale.out.as_str()), (7, ""), "{}", stale.err);
    Said { out: stale.err.clone(), err: String::new(), code: 7 }.snapshot("apply_stale");

    planned(&infra, &[]);
    infra.env.retain(|(name, _)| *name != "RELEASE");
    infra.env.push(("RELEASE", "two".into()));
    let stale = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(stale.code, 7, "{}", stale.err);
    assert!(stale.err.contains("tags.release was one when the plan was made, and is two now"), "{}", stale.err);
    let stream = infra.run(&["apply", "p.infraplan", "--json"]);
    assert!(stream.code == 7 && stream.out.contains("\"infra::plan::stale\""), "{}", stream.out);
}

/// A secret that is another one now is told as such, and not shown.
#[test]
fn another_secret_makes_a_plan_stale() {
    let (mut infra, _) = sandbox("saved-secret");
    planned(&infra, &[]);
    infra.env.push(("API_TOKEN", "another-battery-staple".into()));
    let stale = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(stale.code, 7, "{}", stale.err);
    assert!(stale.err.contains("secret.app.API_TOKEN: value was (sensitive)"), "{}", stale.err);
    assert!(!stale.err.contains("staple") && !stale.err.contains("horse"), "{}", stale.err);
}

/// Elsewhere in the stack anything may have moved: the plan does what was approved, and nothing else.
#[test]
fn what_a_plan_leaves_alone_may_move() {
    let (infra, _) = sandbox("saved-elsewhere");
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    infra.file("infra.yaml", &SPEC.replace("port: 22,", "port: 2222,"));
    planned(&infra, &[]);
    let other = infra.file("other.yaml", &SPEC.replace("10.0.0.0/16\n", "10.0.0.0/16\n  nat: none\n").replace("shop:1", "shop:2"));
    let released = ["--allow-data-loss", "elastic_ip.nat-a,elastic_ip.nat-b"];
    assert_eq!(infra.run(&[&["apply", "-f", &other, "--auto-approve"][..], &released].concat()).code, 0);
    let applied = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert!(applied.out.contains("Plan: 1 to update."), "{}", applied.out);
    let now = infra.run(&["plan"]).out;
    assert!(now.contains("example/shop:2 -> example/shop:1") && !now.contains("security_group.bastion"), "{now}");
}

/// Any byte that is another one, another version, another account, another region: a sentence, and nothing is changed.
#[test]
fn a_plan_that_is_not_ours_is_refused() {
    let (infra, _) = sandbox("saved-tampered");
    planned(&infra, &[]);
    let kept = std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap();
    let refused = |text: &str, why: &str| {
        infra.file("p.infraplan", text);
        for args in [&["show", "p.infraplan"][..], &["apply", "p.infraplan"]] {
            let said = infra.run(args);
            assert_eq!(said.code, 1, "{why}: {}", said.err);
            assert!(said.err.contains("infra::plan::saved") && said.err.contains(why), "{why}: {}", said.err);
        }
    };
    refused(&kept.replace("10.0.0.0/16", "10.9.0.0/16"), "it was changed after it had been written");
    refused(&kept.replacen("\"infra\":\"", "\"infra\":\"9.", 1), "infra 9.");
    refused(&kept[..kept.len() / 2], "it was changed after it had been written");
    refused("stack: shop\n", "it is no saved plan");
    refused("", "it is no saved plan");
    let mut elsewhere = Saved::parse(&kept).unwrap();
    elsewhere.scene.account = "999999999999".into();
    infra.file("p.infraplan", &elsewhere.redacted(&Redactor::default()).write());
    let said = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("account 999999999999") && said.err.contains("account 123456789012"), "{}", said.err);
    assert_eq!(infra.run(&["plan", "--destroy", "--detailed-exitcode"]).code, 0, "nothing was changed");
    assert!(infra.run(&["show", "nothing.infraplan"]).err.contains("nothing.infraplan can't be used"));
}

/// The digest that was approved can be demanded.
#[test]
fn only_the_approved_plan_is_applied() {
    let (infra, _) = sandbox("saved-digest");
    planned(&infra, &[]);
    let refused = infra.run(&["apply", "p.infraplan", "--digest", "0123456789abcdef"]);
    assert!(refused.code == 1 && refused.err.contains("0123456789abcdef"), "{}", refused.err);
    let digest = Saved::parse(&std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap()).unwrap().plan.digest;
    assert_eq!(infra.run(&["apply", "p.infraplan", "--digest", &digest]).code, 0);
}

/// A failed apply of a saved plan is taken back like any other; then the plan fits again.
#[test]
fn a_saved_plan_rolls_back() {
    let (infra, _) = sandbox("saved-rollback");
    planned(&infra, &[]);
    assert_eq!(infra.run(&["apply", "p.infraplan", "--sandbox-fail", "7"]).code, 3);
    let applied = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
}

/// Another spec than the one that lies here is not applied, whatever the file says that it was made from: a plan that somebody slipped in,
/// with permission to lose data in it, and one whose layers are said to be the ones here.
#[test]
fn a_plan_of_another_spec_is_refused() {
    let (infra, spec) = sandbox("saved-another");
    let database = format!("{SPEC}database: {{main: {{engine: postgres, version: \"16.11\", deletion_protection: false}}}}\n");
    infra.file("infra.yaml", &database);
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    let evil = infra.file("evil.yaml", &SPEC.replace("shop:1", "evil:1"));
    planned(&infra, &["-f", &evil, "--allow-data-loss", "db_instance.main"]);
    let refused = |infra: &Infra, args: &[&str], why: &str| {
        let mut all = vec!["apply", "p.infraplan", "--allow-data-loss", "db_instance.main"];
        all.extend(args);
        let said = infra.run(&all);
        assert_eq!((said.code, said.out.as_str()), (7, ""), "{}", said.err);
        assert!(said.flat().contains(why), "{}", said.err);
    };
    refused(&infra, &["--file", &spec], "infra.yaml: what lies here is not the layer that the plan was made from");
    refused(&infra, &["--file", &evil, "--file", &spec], "infra.yaml: what lies here");
    let mut reviewed = Infra { folder: infra.folder.clone(), env: infra.env.clone() };
    reviewed.env.push(("INFRA_FILE", "infra.yaml".into()));
    refused(&reviewed, &[], "infra.yaml: what lies here");
    // A file of the recorded name that says something else now.
    infra.file("evil.yaml", SPEC);
    refused(&infra, &[], "evil.yaml: what lies here");

    let mut forged = Saved::parse(&std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap()).unwrap();
    forged.layers = vec![infra::stack::Layer::of(std::path::Path::new("infra.yaml"), &database)];
    infra.file("p.infraplan", &forged.write());
    refused(&reviewed, &[], "the spec in the plan is not what its layers say");
    refused(&infra, &[], "the spec in the plan is not what its layers say");
    assert_eq!(reviewed.run(&["plan", "--detailed-exitcode"]).code, 0, "nothing was changed");
    planned(&reviewed, &[]);
    assert_eq!(reviewed.run(&["apply", "p.infraplan"]).code, 0, "the reviewed spec's own plan");
}

/// Whoever names the digest has seen what may be lost.
#[test]
fn the_digest_stands_for_what_may_be_lost() {
    let (infra, _) = sandbox("saved-lost");
    let database = "database: {main: {engine: postgres, version: \"16.11\", deletion_protection: false}}\n";
    infra.file("infra.yaml", &format!("{SPEC}{database}"));
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    infra.file("infra.yaml", SPEC);
    planned(&infra, &["--allow-data-loss", "db_instance.main"]);
    let refused = infra.run(&["apply", "p.infraplan"]);
    assert!(refused.code == 1 && refused.err.contains("--allow-data-loss db_instance.main"), "{}", refused.err);
    let digest = Saved::parse(&std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap()).unwrap().plan.digest;
    assert_eq!(infra.run(&["apply", "p.infraplan", "--digest", &digest]).code, 0);
}
