//! Functions as people deploy them: what a plan says of code, and that a plan that is kept is good for that code alone.
use std::path::Path;

use super::Infra;

const SPEC: &str = "stack: shop
region: us-east-1
vpc: {flow_logs: false}
functions:
  hello: {code: ./hello, runtime: python3.13, env: {GREETING: good day}, permissions: [{actions: [\"s3:GetObject\"], resources: [\"*\"]}]}
";

/// What stands in the code, and nowhere else.
const MARK: &str = "nobody-reads-this-but-lambda";

/// Files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

/// Code is named by its digest: another one is a change, a plan that is kept is applied with the same or not at all, and no file of infra's holds it.
#[test]
fn a_saved_plan_is_for_the_code_that_it_was_made_from() {
    let mut infra = Infra::new("functions");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.env.push(("INFRA_FILE", "envs/shop.yaml".into()));
    std::fs::create_dir_all(infra.folder.join("envs/hello")).unwrap();
    let code = |n: u8| infra.file("envs/hello/app.py", &format!("def handler(event, context):\n    return '{MARK} {n}'\n"));
    infra.file("envs/shop.yaml", SPEC);
    code(1);
    let first = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(first.code, 0, "{} {}", first.out, first.err);
    code(2);
    let plan = infra.run(&["plan", "--out", "p.infraplan"]);
    plan.snapshot("function_code_changes");
    code(3);
    let stale = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(stale.code, 7, "{}", stale.err);
    assert!(stale.flat().contains("function.hello") && stale.flat().contains("sha256:"), "{}", stale.err);
    code(2);
    let applied = infra.run(&["apply", "p.infraplan"]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    assert_eq!(infra.run(&["plan", "--detailed-exitcode"]).code, 0);
    assert_eq!(holding(&infra.folder, MARK), ["app.py"]);
}
