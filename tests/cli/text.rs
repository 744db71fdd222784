//! What others wrote, as a terminal and a CI log get it: seen in every character, and no command.
use infra::cloud::Sandbox;
use infra::cloud::sandbox::Pace;
use infra::kinds::{Kind, Live, Object};
use infra::visible::is_visible;
use infra::wire::policy::Policy;

use super::{Infra, Said};

const SPEC: &str = "stack: shop
region: us-east-1
vpc: {cidr: 10.0.0.0/16, availability_zones: [us-east-1a, us-east-1b]}
outputs: {code: '::set-output name=code::0', group: 'a ##[group]b'}
";

/// Somebody's tag of a VPC: it goes up, clears, forges a line, and commands.
const TAG: &str = "ok\n::error title=x::y\r\u{1b}[1F\u{1b}[0J\u{202e}##[group]z";

fn clean(said: &Said) {
    for line in said.out.lines().chain(said.err.lines()) {
        assert!(is_visible(line), "{line:?}");
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
}

#[test]
fn nothing_commands_a_terminal_or_a_ci_system() {
    let mut infra = Infra::new("text");
    infra.env.push(("INFRA_CLOUD", "sandbox:cloud".into()));
    infra.env.push(("GITHUB_ACTIONS", "true".into()));
    infra.file("infra.yaml", SPEC);
    let run = |args: &[&str], code: i32| {
        let said = infra.run(args);
        assert_eq!(said.code, code, "{args:?}: {} {}", said.out, said.err);
        clean(&said);
        said
    };
    let applied = run(&["apply", "--auto-approve"], 0);
    assert!(applied.out.contains("code = ::set-output name=code::0\n"), "{}", applied.out);
    assert_eq!(run(&["output", "code"], 0).out, "\\u{3a}:set-output name=code::0\n");
    assert_eq!(run(&["output", "group"], 0).out, "a \\u{23}#[group]b\n");
    let exact: serde_json::Value = serde_json::from_str(&run(&["output", "--json"], 0).out).unwrap();
    assert_eq!(exact, serde_json::json!({ "code": "::set-output name=code::0", "group": "a ##[group]b" }));

    let sandbox = Sandbox::open(&infra.folder.join("cloud"), "us-east-1", Pace::INSTANT, Policy::new(1)).unwrap();
    let live = sandbox.objects().into_iter().find(|l| l.object.kind() == Kind::Vpc).unwrap();
    let mut value = serde_json::to_value(&live.object).unwrap();
    value["vpc"]["tags"]["note"] = TAG.into();
    let object: Object = serde_json::from_value(value).unwrap();
    sandbox.put(Live { object, ..live }).unwrap();
    drop(sandbox);
    let told = "ok\\n::error title=x::y\\r\\u{1b}[1F\\u{1b}[0J\\u{202e}\\u{23}#[group]z";
    let plan = run(&["plan", "--out", "p.infraplan"], 0);
    assert!(plan.out.contains(&format!("tags.note: - \"{told}\"")), "{}", plan.out);
    let drift = run(&["drift"], 2);
    assert!(drift.out.contains(&format!("\"{told}\" is there, and should not be")), "{}", drift.out);
    for format in ["text", "markdown", "terraform-text"] {
        run(&["show", "p.infraplan", "--format", format], 0);
    }
    for args in [&["plan", "--json"][..], &["show", "p.infraplan", "--format", "json"], &["drift", "--json"]] {
        let said = run(args, if args[0] == "drift" { 2 } else { 0 });
        let whole = said.out.lines().flat_map(serde_json::from_str::<serde_json::Value>).chain(serde_json::from_str(&said.out));
        assert!(whole.map(|v| v.to_string()).any(|v| v.contains(&serde_json::json!(TAG).to_string())), "{args:?}: {}", said.out);
    }
    run(&["apply", "p.infraplan"], 0);
    run(&["history"], 0);
    run(&["status"], 0);
}

/// Whoever reads a log sees that nobody asked for it this time.
#[test]
fn what_the_environment_disarms_is_told() {
    let mut infra = Infra::new("disarmed");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.file("infra.yaml", SPEC);
    let said = infra.run(&["apply", "--auto-approve"]);
    assert!(said.code == 0 && !said.err.contains("environment"), "{}", said.err);
    infra.env.push(("INFRA_AUTO_APPROVE", "true".into()));
    infra.env.push(("INFRA_ALLOW_DATA_LOSS", "log_group.flow_logs".into()));
    infra.env.push(("INFRA_IGNORE_EXPIRY", "false".into()));
    let said = infra.run(&["destroy"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("--auto-approve comes from the environment, by INFRA_AUTO_APPROVE.\n"), "{}", said.err);
    assert!(said.err.contains("--allow-data-loss comes from the environment, by INFRA_ALLOW_DATA_LOSS.\n"), "{}", said.err);
    assert!(!said.err.contains("INFRA_IGNORE_EXPIRY"), "{}", said.err);
}
