use super::{Infra, PACE};

const COMMANDS: &[&str] = &[
    "abort",
    "apply",
    "approve",
    "comment",
    "completions",
    "destroy",
    "drift",
    "explain",
    "history",
    "iam-policy",
    "init",
    "kubeconfig",
    "logs",
    "lsp",
    "output",
    "plan",
    "recover",
    "schema",
    "status",
    "show",
    "token",
    "unlock",
    "validate",
    "version",
];

#[test]
fn every_help() {
    let infra = Infra::new("help");
    infra.run(&["--help"]).snapshot("help");
    for command in COMMANDS {
        let said = infra.run(&[command, "--help"]);
        assert!(said.out.contains("Example:"), "{command} has an example");
        assert!(said.out.lines().count() <= 78, "{command} is short");
        said.snapshot(&format!("help_{command}"));
    }
}

/// Every flag can be given by the environment.
#[test]
fn every_flag_has_a_twin() {
    let infra = Infra::new("twins");
    let mut checked = 0;
    for command in COMMANDS {
        let help = infra.run(&[command, "--help"]).out;
        let options = help.lines().map(str::trim_start).filter(|l| l.starts_with('-') && !l.starts_with("- "));
        for flag in options.filter_map(|l| l.split_whitespace().find_map(|w| w.strip_prefix("--"))).filter(|f| *f != "help") {
            let twin = format!("INFRA_{}", flag.replace('-', "_").to_uppercase());
            assert!(help.contains(&twin), "{command} --{flag} has no {twin}");
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn versions_and_completions() {
    let infra = Infra::new("version");
    assert_eq!(infra.run(&["version"]).out, format!("infra {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(infra.run(&["--version"]).out, format!("infra {}\n", env!("CARGO_PKG_VERSION")));
    assert!(infra.run(&["version", "--json"]).out.contains("\"version\""));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(infra.run(&["completions", shell]).out.contains("infra"), "{shell}");
    }
}

#[test]
fn the_schemas_of_outputs_are_current() {
    let infra = Infra::new("output-schemas");
    for what in ["drift", "findings", "history", "plan", "stream"] {
        let path = format!("{}/schemas/{what}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let now = infra.run(&["schema", what]).out;
        if std::env::var_os("INFRA_UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        assert!(std::fs::read_to_string(path).unwrap_or_default() == now, "{what}: INFRA_UPDATE_SCHEMAS=1 cargo test renews it");
    }
}

/// What the README shows is what is printed, and what the examples are.
#[test]
fn the_readme_is_true() {
    let read = |path: &str| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let readme = read("README.md");
    let plan = read("snapshots/plan_replacement.snap");
    let plan = plan.splitn(3, "---\n").nth(2).unwrap().split("\n--- exit").next().unwrap();
    assert!(readme.contains(plan.trim_end()), "the picture of a plan is that of snapshots/plan_replacement.snap");
    let minimal = read("examples/minimal.yaml");
    let minimal = minimal.split_once('\n').unwrap().1;
    assert!(readme.contains(minimal), "the spec is examples/minimal.yaml");
}

/// The commands of README's first two minutes do what they are said to do, one after the other.
#[test]
fn the_first_two_minutes_are_true() {
    let readme = std::fs::read_to_string(format!("{}/README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (_, block) = readme.split_once("infra init --stack").unwrap();
    let block = format!("infra init --stack{}", block.split("```").next().unwrap());
    let infra = Infra { env: vec![(PACE, "0.01".into()), ("INFRA_CLOUD", "sandbox".into())], ..Infra::new("two-minutes") };
    let mut codes = vec![];
    for line in block.lines().filter_map(|line| line.strip_prefix("infra ")) {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        if words.contains(&"--sandbox-fail") {
            let spec = std::fs::read_to_string(infra.folder.join("infra.yaml")).unwrap();
            infra.file("infra.yaml", &spec.replace("nginx:1.29", "nginx:1.30"));
        }
        let said = match words[0] {
            "apply" | "destroy" => infra.run(&[&words[..], &["--auto-approve"]].concat()),
            _ => infra.run(&words),
        };
        assert!(words[0] != "destroy" || said.err.contains("--allow-data-loss"), "{}", said.err);
        assert!(!words.contains(&"--sandbox-fail") || said.out.contains("Rolled back"), "{}", said.out);
        codes.push((words[0].to_owned(), said.code));
    }
    let codes: Vec<(&str, i32)> = codes.iter().map(|(command, code)| (command.as_str(), *code)).collect();
    assert_eq!(codes, [("init", 0), ("plan", 0), ("apply", 0), ("apply", 3), ("destroy", 1)]);
}
