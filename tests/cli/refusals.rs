//! Refusals as data: whichever command refuses, a program reads why. And arguments that are none, which are refused like anything else.
use std::collections::BTreeSet;

use clap::CommandFactory;
use serde_json::Value;

use super::{Infra, Said};

const STREAMS: &[&str] = &["apply", "destroy", "plan", "recover"];

/// Arguments for which each command refuses in a folder whose spec has a mistake.
const REFUSED: &[&[&str]] = &[
    &["alerts", "--json"],
    &["apply", "--json"],
    &["apply", "none.infraplan", "--json"],
    &["destroy", "--json"],
    &["drift", "--json"],
    &["explain", "nothing.at.all", "--json"],
    &["history", "nothing", "--json"],
    &["logs", "compute.app", "--json"],
    &["output", "--json"],
    &["plan", "--json"],
    &["plan", "--format", "json"],
    &["recover", "--json"],
    &["show", "none.infraplan", "--format", "json"],
    &["status", "--json"],
    &["validate", "--json"],
    &["version", "--json", "--nothing"],
    &["plan", "--json", "--nothing"],
];

/// The findings that a command told, checked against the schema that the binary itself prints; of a stream those of its last line.
fn findings(said: &Said, args: &[&str], schema: &jsonschema::Validator) -> Vec<Value> {
    // History tells on stderr that it knows this machine alone.
    assert!(said.code == 1 && (said.err.is_empty() || args[0] == "history"), "{args:?} {} {} {}", said.code, said.out, said.err);
    let stream = STREAMS.contains(&args[0]) && args.contains(&"--json");
    let text = if stream { said.out.lines().last().unwrap() } else { &said.out };
    let document: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{args:?} {e}: {}", said.out));
    assert!(!stream || document["type"] == "refusal", "{document}");
    let errors: Vec<String> = schema.iter_errors(&document).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{args:?} {errors:?} {document}");
    document["findings"].as_array().unwrap().clone()
}

#[test]
fn whoever_refuses_says_why_to_programs() {
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into())], ..Infra::new("refusals") };
    infra.file("infra.yaml", "stack: shop\nregion: us-east-1\nvpx: {}\nvpc: { cidr: 10.0.0.0/99 }\n");
    let schema: Value = serde_json::from_str(&infra.run(&["schema", "findings"]).out).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for args in REFUSED {
        let found = findings(&infra.run(args), args, &schema);
        assert!(!found.is_empty(), "{args:?}");
        for finding in &found {
            assert!(["what", "why", "remedy"].iter().all(|key| finding[*key].as_str().is_some_and(|text| !text.is_empty())), "{finding}");
        }
        let key = found.iter().find(|finding| finding["code"] == "infra::spec::unknown_key");
        if let Some(key) = key {
            assert_eq!(
                (&key["place"]["file"], &key["place"]["line"], &key["place"]["column"]),
                (&"infra.yaml".into(), &3.into(), &1.into())
            );
        }
        let reads = ["plan", "apply", "status"].contains(&args[0]) && args.len() == 2;
        assert!(!reads || key.is_some() && found.len() >= 2, "{args:?} {found:?}");
    }
    let tried: BTreeSet<&str> = REFUSED.iter().map(|args| args[0]).collect();
    let json = |c: &clap::Command| {
        let of = |arg: &clap::Arg| match arg.get_id().as_str() {
            "json" => true,
            "format" => arg.get_possible_values().iter().any(|value| value.get_name() == "json"),
            _ => false,
        };
        c.get_arguments().any(of)
    };
    for command in infra::cli::Cli::command().get_subcommands().filter(|c| json(c)) {
        assert!(tried.contains(command.get_name()), "no refusal of `infra {}` was tried", command.get_name());
    }
}

/// What one may not do with a plan is said by the plan itself: there is one document on stdout.
#[test]
fn a_plan_that_is_refused_is_one_document() {
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into()), (super::PACE, "0.01".into())], ..Infra::new("refused-plan") };
    infra.file("infra.yaml", "stack: shop\nregion: us-east-1\nstorage: { files: {} }\n");
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    let said = infra.run(&["plan", "--destroy", "--format", "json"]);
    let plan: Value = serde_json::from_str(&said.out).unwrap();
    assert!(said.code == 1 && plan["refused_unless"].is_string() && said.err.contains("--allow-data-loss"), "{}", said.err);
}

/// Wrong arguments end with 1, as every refusal: 2 is what `--detailed-exitcode` says of changes.
#[test]
fn wrong_arguments_are_no_changes() {
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into())], ..Infra::new("usage") };
    infra.file("infra.yaml", "stack: shop\nregion: us-east-1\nvpc: { nat: none }\n");
    for args in [&["plan", "--detailed-exitcode", "--nothing"][..], &["plan", "--parallelism", "none"], &["show"], &["nothing"], &[]] {
        let said = infra.run(args);
        assert!(said.code == 1 && said.out.is_empty() && said.err.contains("--help"), "{args:?} {} {}", said.code, said.err);
    }
    assert_eq!(infra.run(&["plan", "--detailed-exitcode"]).code, 2, "there is something to do");
    for asked in ["--help", "--version"] {
        assert_eq!(infra.run(&[asked]).code, 0);
    }
    let said = infra.run(&["validate", "--json", "--fil", "infra.yaml"]);
    let document: Value = serde_json::from_str(&said.out).unwrap();
    let finding = &document["findings"][0];
    assert_eq!((&finding["code"], &finding["place"]), (&"infra::usage".into(), &Value::Null), "{document}");
    assert!(
        finding["remedy"].as_str().is_some_and(|remedy| remedy.contains("--file") && remedy.contains("`infra validate --help`")),
        "{finding}"
    );
}
