//! Functions as people deploy them: what a plan says of code, and that a plan that is kept is good for that code alone.
use std::path::Path;

use super::Infra;
use super::aws::run;
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;

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

/// A plan names the files of code that change: it reads their names and checksums, once, off the end of the archive that runs, and nothing when no code
/// changes. When that can't be read, the names alone are missing. No file's content is in what is printed.
#[tokio::test]
async fn a_plan_names_the_files_of_code_that_change() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let mut infra = Infra::new("function-files");
    let values = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    let spec = infra.file("shop.yaml", &SPEC.replace("runtime: python3.13,", "runtime: python3.13, subnets: none,"));
    std::fs::create_dir_all(infra.folder.join("hello/lib")).unwrap();
    let code = |file: &str, text: &str| infra.file(&format!("hello/{file}"), &format!("# {MARK}\n{text}\n"));
    code("app.py", "def handler(event, context):\n    return 1");
    code("lib/old.py", "OLD = 1");
    code("lib/same.py", "SAME = 1");
    let asks = || proxy.counts().iter().filter(|(operation, _)| operation.contains("/functions/")).map(|(_, n)| n).sum::<usize>();
    let applied = run(&infra, &["apply", "-f", &spec, "--auto-approve"]).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    proxy.reset();
    assert_eq!(run(&infra, &["plan", "-f", &spec, "--detailed-exitcode"]).await.code, 0);
    let nothing = asks();

    code("app.py", "def handler(event, context):\n    return 2");
    std::fs::rename(infra.folder.join("hello/lib/old.py"), infra.folder.join("hello/lib/new.py")).unwrap();
    proxy.reset();
    let plan = run(&infra, &["plan", "-f", &spec]).await;
    assert_eq!(asks(), nothing + 1, "{:?}", proxy.counts());
    assert!(!plan.out.contains(MARK) && !plan.err.contains(MARK));
    plan.snapshot("function_code_files");
    let saved = infra.file("plan.infraplan", "");
    assert_eq!(run(&infra, &["plan", "-f", &spec, "--out", &saved]).await.code, 0);
    let comment = infra.run(&["show", &saved, "--format", "markdown"]);
    assert!(!comment.out.contains(MARK));
    assert!(comment.out.contains("  (3 files changed: app.py, + lib/new.py, - lib/old.py)\n"), "{}", comment.out);

    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&Moto::config(&moto.endpoint)).force_path_style(true).build());
    let kept = s3.list_objects_v2().bucket("awslambda-us-east-1-tasks").send().await.unwrap().contents.unwrap().remove(0).key.unwrap();
    s3.delete_object().bucket("awslambda-us-east-1-tasks").key(kept).send().await.unwrap();
    let unread = run(&infra, &["plan", "-f", &spec]).await;
    assert_eq!(unread.out, plan.out.replace("  (3 files changed: app.py, + lib/new.py, - lib/old.py)", ""));
    assert_eq!((unread.code, unread.err), (plan.code, plan.err));
}
