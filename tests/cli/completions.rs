//! What a shell proposes, asked as bash asks it.
use super::Infra;

const SPEC: &str = "stack: shop\nregion: us-east-1\nload_balancer: {listeners: {http: {port: 80, forward: app}}}\ncompute: {app: {image: nginx:1.29, port: 80}}\ndatabase: {main: {engine: postgres, allow_from: [app]}}\nkubernetes: {cluster: {}, workloads: {web: {image: 'nginx:1.29'}}, jobs: {migrate: {image: 'nginx:1.29'}}}\noutputs: {url: '${load_balancer.url}', db: '${database.main.endpoint}'}\n";

/// What is proposed for the last word of a line.
fn proposed(infra: &Infra, line: &[&str]) -> Vec<String> {
    let mut command = infra.program(env!("CARGO_BIN_EXE_infra"), &[&["--", "infra"], line].concat());
    let index = line.len().to_string();
    let ended = command
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", index)
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .output();
    let said = super::said(ended.unwrap());
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    said.out.lines().filter(|word| !word.starts_with('-')).map(String::from).collect()
}

#[test]
fn what_the_spec_has_is_proposed() {
    let infra = Infra::new("complete");
    let has = |line: &[&str], words: &[&str]| {
        let all = proposed(&infra, line);
        words.iter().for_each(|word| assert!(all.iter().any(|w| w == word), "{line:?} lacks {word}: {all:?}"));
        all
    };
    has(&["pl"], &["plan"]);
    has(&["plan", "--cloud", ""], &["aws", "sandbox"]);
    has(&["explain", "exi"], &["exit-codes"]);
    has(&["explain", ""], &["database", "rollback", "infra::spec::risk"]);
    has(&["completions", ""], &["bash", "fish", "zsh"]);
    assert!(proposed(&infra, &["plan", "--target", ""]).is_empty(), "without a spec there is nothing to name, and no file is proposed");
    infra.file("infra.yaml", SPEC);
    has(&["plan", "--target", ""], &["compute", "compute.app", "database.main", "subnet", "db_instance.main"]);
    let guarded = has(&["apply", "--allow-data-loss", ""], &["db_instance.main", "load_balancer.main"]);
    assert!(!guarded.contains(&"vpc.main".to_owned()), "{guarded:?}");
    has(&["output", ""], &["url", "db"]);
    let logs = has(&["logs", ""], &["compute.app", "kubernetes.jobs.migrate", "kubernetes.workloads.web"]);
    assert_eq!(logs.len(), 3, "{logs:?}");
    std::fs::rename(infra.folder.join("infra.yaml"), infra.folder.join("other.yaml")).unwrap();
    has(&["plan", "-f", "other.yaml", "--target", "compute."], &["compute.app"]);
    infra.file("infra.yaml", "stack: [");
    assert!(proposed(&infra, &["plan", "--target", ""]).is_empty(), "a spec with mistakes proposes nothing, and says nothing");
}

#[test]
fn runs_are_proposed() {
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into()), (super::PACE, "0.01".into())], ..Infra::new("complete-runs") };
    infra.file("infra.yaml", "stack: shop\nregion: us-east-1\n");
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    let runs = proposed(&infra, &["history", ""]);
    assert!(runs.len() == 1 && runs[0].len() == 12, "{runs:?}");
}

/// The scripts that are printed work in the shells themselves, where these are installed.
#[test]
fn scripts_load() {
    let infra = Infra::new("complete-scripts");
    for shell in ["bash", "zsh", "fish"] {
        let script = infra.file(&format!("infra.{shell}"), &infra.run(&["completions", shell]).out);
        let load = match shell {
            "zsh" => format!("autoload -U compinit; compinit -u -d {script}.dump; source {script}"),
            _ => format!("source {script}"),
        };
        let Ok(ended) = infra.program(shell, &["-c", &load]).output() else { continue };
        let said = super::said(ended);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{shell}");
    }
}
