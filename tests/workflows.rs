//! The workflows of this repository and those of `examples/ci/`: what the forges publish about their form holds, and every command in them is one of ours.
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use infra::cli::Cli;
use serde_yaml::Value;

use crate::support::venv::venv;

/// The version of `check-jsonschema`, which has the published schemas of workflows with it.
const SCHEMAS: &str = "0.39.0";
/// The version of `zizmor`, which looks for holes in workflows.
const HOLES: &str = "1.32.0";

const OURS: &str = ".github/workflows";
const EXAMPLES: &str = "examples/ci/github/workflows";
const ACTION: &str = "examples/ci/github/actions/infra/action.yml";
const GITLAB: &str = "examples/ci/gitlab/.gitlab-ci.yml";

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn workflows() -> Vec<PathBuf> {
    let list = |folder: &str| std::fs::read_dir(path(folder)).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let mut all = [list(OURS), list(EXAMPLES)].concat();
    all.sort();
    assert_eq!(all.len(), 6, "{all:?}");
    all
}

/// Runs a checker; it must find nothing.
fn clean(command: &mut Command) {
    let said = command.output().unwrap();
    assert!(said.status.success(), "{command:?}\n{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
}

#[test]
fn workflows_have_the_published_form() {
    let checker = venv("check-jsonschema", SCHEMAS, "check-jsonschema").join("check-jsonschema");
    let check = |schema: &str| {
        let mut command = Command::new(&checker);
        command.args(["--builtin-schema", schema]);
        command
    };
    clean(check("vendor.github-workflows").args(workflows()));
    clean(check("vendor.github-actions").arg(path(ACTION)));
    clean(check("vendor.gitlab-ci").args(["--data-transform", "gitlab-ci"]).arg(path(GITLAB)));
}

#[test]
fn workflows_have_no_known_holes() {
    let zizmor = venv("zizmor", HOLES, "zizmor").join("zizmor");
    clean(
        Command::new(zizmor)
            .args(["--offline", "--no-progress", "--quiet", "--min-severity", "medium"])
            .args(workflows())
            .arg(path(ACTION)),
    );
}

/// All strings in a document's `run:` and `script:`.
fn scripts(v: &Value, within: bool, out: &mut Vec<String>) {
    match v {
        Value::String(s) if within => out.push(s.clone()),
        Value::Sequence(list) => list.iter().for_each(|v| scripts(v, within, out)),
        Value::Mapping(m) => m.iter().for_each(|(k, v)| scripts(v, matches!(k.as_str(), Some("run" | "script" | "before_script")), out)),
        _ => {}
    }
}

/// The calls of `infra` in a script, each as its words.
fn calls(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    let commands = joined
        .split(['\n', ';', '|', '&'])
        .map(|c| c.trim().trim_start_matches("exec ").trim_start_matches("if ").trim_start_matches("then "));
    let words = |c: &str| c.split_whitespace().take_while(|w| !w.starts_with('>')).map(|w| w.trim_matches('"').to_owned()).collect();
    commands.filter(|c| c.starts_with("infra ")).map(words).collect()
}

/// Every command line is one that this version takes: an example can't rot.
#[test]
fn every_command_is_one_of_ours() {
    let (mut wrong, mut seen) = (vec![], vec![]);
    for file in workflows().into_iter().chain([path(ACTION), path(GITLAB)]) {
        let document: Value = serde_yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let mut all = vec![];
        scripts(&document, false, &mut all);
        for call in all.iter().flat_map(|s| calls(s)) {
            if let Err(e) = Cli::try_parse_from(&call) {
                wrong.push(format!("{}: {}: {}", file.display(), call.join(" "), e.to_string().lines().next().unwrap_or_default()));
            }
            seen.push(call[1].clone());
        }
    }
    for command in ["apply", "comment", "drift", "plan", "recover", "show", "validate", "version"] {
        assert!(seen.iter().any(|s| s == command), "no workflow calls {command}: {seen:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Actions are pinned by commit, and nothing runs a fork's code with this repository's rights.
#[test]
fn actions_are_pinned_and_forks_are_kept_out() {
    let mut pinned = 0;
    for file in workflows().into_iter().chain([path(ACTION)]) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("pull_request_target"), "{}", file.display());
        for used in text.lines().filter_map(|l| l.trim().trim_start_matches("- ").strip_prefix("uses: ")).filter(|u| !u.starts_with("./")) {
            let commit = used.split(['@', ' ']).nth(1).unwrap();
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()) && used.contains(" # v"),
                "{}: {used}",
                file.display()
            );
            pinned += 1;
        }
    }
    assert!(pinned > 10, "{pinned}");
}

/// What the spec reads of the environment stands in one block, the same in every workflow.
#[test]
fn every_workflow_has_the_same_environment() {
    let env = |name: &str| {
        let text = std::fs::read_to_string(path(EXAMPLES).join(name)).unwrap();
        serde_yaml::from_str::<Value>(&text).unwrap()["env"].clone()
    };
    assert!(env("plan.yml").is_mapping());
    assert_eq!((env("plan.yml"), env("drift.yml")), (env("apply.yml"), env("apply.yml")));
}

/// What a cancelled job had begun is taken back without a person, in an environment that only the job for that has.
#[test]
fn recovery_waits_for_nobody() {
    let read = |file: &str| serde_yaml::from_str::<Value>(&std::fs::read_to_string(path(file)).unwrap()).unwrap();
    let apply = read(&format!("{EXAMPLES}/apply.yml"));
    let jobs = apply["jobs"].as_mapping().unwrap();
    let of = |environment: &str| -> Vec<&str> {
        let of = jobs.iter().filter(|(_, job)| job["environment"] == environment);
        of.map(|(name, _)| name.as_str().unwrap()).collect()
    };
    assert_eq!((of("production"), of("recovery")), (vec!["apply"], vec!["recover"]));
    let gitlab = read(GITLAB);
    assert_eq!((&gitlab["recover"]["environment"]["name"], &gitlab["recover"]["rules"][0]["when"]), (&"recovery".into(), &"always".into()));
    for job in [&jobs["recover"], &gitlab["recover"]] {
        let mut all = vec![];
        scripts(job, false, &mut all);
        let calls: Vec<String> = all.iter().flat_map(|s| calls(s)).map(|call| call[1].clone()).collect();
        assert_eq!(calls, ["recover"], "it can only take back");
    }
}

/// What is applied was planned in the same run, and is named by its digest, which goes another way than the file. Nothing is taken from the run of a
/// pull request, whose workflow its author writes.
#[test]
fn only_the_own_plan_is_applied() {
    let text = std::fs::read_to_string(path(EXAMPLES).join("apply.yml")).unwrap();
    let apply: Value = serde_yaml::from_str(&text).unwrap();
    assert!(["run-id", "gh api", "plan.yml/"].iter().all(|from| !text.contains(from)), "it takes something from another run");
    assert_eq!(apply["jobs"]["plan"]["outputs"]["digest"], "${{ steps.plan.outputs.digest }}");
    let gitlab: Value = serde_yaml::from_str(&std::fs::read_to_string(path(GITLAB)).unwrap()).unwrap();
    assert_eq!(gitlab["plan main"]["artifacts"]["reports"]["dotenv"], "digest.env");
    for job in ["plan", "plan main"] {
        assert_eq!(gitlab[job]["artifacts"]["access"], "developer", "{job}");
    }
    for job in [&apply["jobs"]["apply"], &gitlab["apply"]] {
        let mut all = vec![];
        scripts(job, false, &mut all);
        let call = all.iter().flat_map(|s| calls(s)).next().unwrap();
        assert_eq!(call[..5], ["infra", "apply", "p.infraplan", "--digest", "$DIGEST"], "{call:?}");
    }
    let steps = apply["jobs"]["apply"]["steps"].as_sequence().unwrap();
    assert_eq!(steps.last().unwrap()["env"]["DIGEST"], "${{ needs.plan.outputs.digest }}");
}
