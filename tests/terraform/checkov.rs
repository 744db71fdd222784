//! Checkov reads the documents, finds every resource in them under its type, and judges them as it judges Terraform's own.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use infra::kinds::Object;
use infra::render::terraform;
use serde_json::Value;

use super::{document, list, saved, word};
use crate::laws::world::{sandbox, with};
use crate::support::reference::lower;
use crate::support::venv::venv;

const VERSION: &str = "3.3.30";

/// Prints how many resources of each type the parser sees, then every check with its result and resource.
const SCRIPT: &str = r#"
import json, sys
from checkov.runner_filter import RunnerFilter
from checkov.terraform.plan_parser import parse_tf_plan
from checkov.terraform.plan_runner import Runner
errors = {}
definition, _ = parse_tf_plan(sys.argv[1], errors)
types = {}
for block in definition["resource"]:
    for kind in block: types[kind] = types.get(kind, 0) + 1
report = Runner().run(root_folder=None, files=[sys.argv[1]], runner_filter=RunnerFilter(framework=["terraform_plan"]))
records = [[c.check_id, c.check_result["result"].value, c.resource] for c in report.passed_checks + report.failed_checks]
print(json.dumps({"errors": len(errors) + len(report.parsing_errors), "types": types, "records": records}))
"#;

/// What Checkov says of a plan.
struct Judged {
    types: BTreeMap<String, usize>,
    passed: BTreeSet<(String, String)>,
    failed: BTreeSet<(String, String)>,
}

impl Judged {
    fn fails(&self, check: &str, resource: &str) -> bool {
        self.failed.contains(&(check.into(), resource.into()))
    }
    fn passes(&self, check: &str, resource: &str) -> bool {
        self.passed.contains(&(check.into(), resource.into()))
    }
}

/// In an environment without keys, and with proxies that lead nowhere: it asks nobody.
pub fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new(venv("checkov", VERSION, "checkov").join("python"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    for (name, value) in [("PATH", "/usr/bin:/bin"), ("HOME", env!("CARGO_TARGET_TMPDIR")), ("LOG_LEVEL", "ERROR")] {
        command.env(name, value);
    }
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command
}

fn judged(name: &str, document: &Value) -> Judged {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("terraform");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, document.to_string()).unwrap();
    let said = python(&["-c", SCRIPT, &file.display().to_string()]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{err}");
    let answer: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(answer["errors"], 0, "{err}");
    let of = |result: &str| -> BTreeSet<(String, String)> {
        let records = list(&answer, "/records").iter().filter(|r| r[1] == result);
        records.map(|r| (word(r, "/0").into(), word(r, "/2").into())).collect()
    };
    let judged = Judged { types: serde_json::from_value(answer["types"].clone()).unwrap(), passed: of("PASSED"), failed: of("FAILED") };
    println!("{name}: {} passed, {} failed", judged.passed.len(), judged.failed.len());
    judged
}

fn types(document: &Value) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for r in list(document, "/planned_values/root_module/resources") {
        *out.entry(word(r, "/type").to_owned()).or_default() += 1;
    }
    out
}

fn production(layer: &str) -> infra::stack::Stack {
    lower(&[("production.yaml", include_str!("../../examples/production.yaml")), ("layer.yaml", layer)])
}

/// The example, planned before it stands and after; it is judged alike.
#[tokio::test(start_paused = true)]
async fn the_example_is_read_and_judged() {
    let want = production("");
    let new = document(&saved(&sandbox(1), &want).await);
    let there = document(&saved(&with(&want, 1).await, &want).await);
    for (name, document) in [("new", &new), ("there", &there)] {
        let judged = judged(name, document);
        assert_eq!(judged.types, types(document), "{name}: every resource, under its type");
        assert!(judged.passed.len() > 110, "{name}: {} passed", judged.passed.len());
        assert!(judged.passes("CKV_AWS_24", "aws_security_group.bastion"), "{name}: SSH isn't open");
        assert!(judged.passes("CKV_AWS_16", "aws_db_instance.main"), "{name}: the database is encrypted");
        assert!(judged.passes("CKV_AWS_2", "aws_lb_listener.https"), "{name}: HTTPS");
        assert!(!judged.failed.iter().any(|(check, _)| ["CKV_AWS_16", "CKV_AWS_24"].contains(&check.as_str())), "{name}");
        let failed: BTreeSet<&str> = judged.failed.iter().map(|(check, _)| check.as_str()).collect();
        println!("{name}: {failed:?}");
    }
}

/// What is wrong is found.
#[tokio::test(start_paused = true)]
async fn mistakes_are_found() {
    let open = "vpc: { security_groups: { bastion: { ingress: [{ port: 22, from: [anywhere], description: all }] } } }";
    let mut saved = saved(&sandbox(1), &production(open)).await;
    for object in saved.stack.nodes.values_mut() {
        if let Object::DbInstance(db) = object {
            db.storage_encrypted = false;
        }
    }
    let judged = judged("wrong", &terraform::json::plan(&saved));
    assert!(judged.fails("CKV_AWS_24", "aws_security_group.bastion"), "SSH from anywhere");
    assert!(judged.fails("CKV_AWS_16", "aws_db_instance.main"), "a database without encryption");
}

/// The program itself, as people run it in CI.
#[tokio::test(start_paused = true)]
async fn the_command_line_reads_it() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("terraform-cli.json");
    std::fs::write(&file, document(&saved(&sandbox(1), &production("")).await).to_string()).unwrap();
    let program = venv("checkov", VERSION, "checkov").join("checkov");
    let name = file.display().to_string();
    let arguments = ["-f", &name, "--framework", "terraform_plan", "-o", "json", "--skip-download", "--soft-fail", "--quiet"];
    let said = python(&[&[program.to_str().unwrap()], &arguments[..]].concat()).output().unwrap();
    let report: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&said.stderr)));
    assert_eq!(report["summary"]["parsing_errors"], 0);
    assert!(report["summary"]["passed"].as_u64().unwrap() > 110, "{}", report["summary"]);
    println!("{}", report["summary"]);
}
