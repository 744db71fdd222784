//! The binary on a terminal, at several widths.
use super::{Infra, PACE, said};

/// What stands on a terminal so many columns wide; each of `words` is typed when something is asked.
pub fn seen(infra: &Infra, columns: usize, words: &str, args: &[&str]) -> (String, i32) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/terminal.py");
    let width = columns.to_string();
    let mut command = infra.program("python3", &[&[script, &width, words, env!("CARGO_BIN_EXE_infra")], args].concat());
    let ended = said(command.env_remove("COLUMNS").env("TERM", "xterm").output().unwrap());
    assert_eq!(ended.err, "");
    (ended.out.replace("\r\n", "\n"), ended.code)
}

/// A text without what only colours it, and without what was written over.
pub fn plain(text: &str) -> String {
    uncoloured(text).lines().map(|line| line.rsplit('\r').next().unwrap_or_default().to_owned() + "\n").collect()
}

fn uncoloured(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\u{1b}[") {
        out += before;
        rest = behind.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, after)| after);
    }
    out + rest
}

/// At every width no line is longer than the terminal, no word is broken, and the same is said.
#[test]
fn a_plan_fits_the_terminal() {
    let infra = Infra::new("terminal");
    let mut infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into())], ..infra };
    infra.env.push((PACE, "0.01".into()));
    let production = Infra::example("production");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let piped = infra.run(&["plan", "-f", &production]);
    assert_eq!(piped.code, 0, "{}", piped.err);
    for columns in [40, 60, 80, 200] {
        let (text, code) = seen(&infra, columns, "", &["plan", "-f", &production]);
        let text = plain(&text);
        let (warned, plan) = text.split_once("production -> ").unwrap_or_else(|| panic!("{text}"));
        assert!(code == 0 && !warned.contains("Reading"), "{warned}");
        assert_eq!(words(&format!("production -> {plan}")), words(&piped.out), "at {columns} columns");
        let longest = plan.lines().max_by_key(|line| line.chars().count()).unwrap();
        let unbreakable = longest.split_whitespace().map(str::len).max().unwrap() + 12 >= columns;
        assert!(longest.chars().count() <= columns || unbreakable, "{columns}: {longest}");
    }
}

/// The question says what would be changed and where; only `yes` goes on.
#[test]
fn a_question_says_where() {
    let infra = Infra::new("question");
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into()), (PACE, "0.01".into())], ..infra };
    let spec = infra.file("infra.yaml", "stack: shop\nregion: us-east-1\nvpc: {cidr: 10.0.0.0/16}\n");
    let (text, code) = seen(&infra, 100, "y", &["apply", "-f", &spec]);
    let text = plain(&text);
    assert!(text.contains("shop -> the sandbox, us-east-1\n"), "{text}");
    assert!(text.contains("Apply this to shop (the sandbox, us-east-1)? Only `yes` does: "), "{text}");
    assert!(text.contains("Nothing was changed.") && code == 1, "{code} {text}");
    let (text, code) = seen(&infra, 100, "yes", &["apply", "-f", &spec]);
    assert!(plain(&text).contains("Applied: ") && code == 0, "{code} {text}");
    let (text, code) = seen(
        &infra,
        100,
        "yes",
        &[
            "destroy",
            "-f",
            &spec,
            "--progress",
            "plain",
            "--allow-data-loss",
            "log_group.flow_logs,elastic_ip.nat-a,elastic_ip.nat-b,elastic_ip.nat-c",
        ],
    );
    let text = plain(&text);
    assert!(text.contains("Destroy shop (the sandbox, us-east-1)? Only `yes` does: ") && code == 0, "{code} {text}");
    assert!(text.contains("- vpc.main deleted") && !text.contains('█'), "{text}");
}

/// `CI` on a terminal: nobody is asked, and it is said why.
#[test]
fn in_ci_nobody_is_asked() {
    let infra = Infra::new("ci");
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into()), ("CI", "true".into())], ..infra };
    let spec = infra.file("infra.yaml", "stack: shop\nregion: us-east-1\nvpc: {cidr: 10.0.0.0/16}\n");
    let (text, code) = seen(&infra, 100, "yes", &["apply", "-f", &spec]);
    assert!(text.contains("the variable CI is set") && code == 1, "{code} {text}");
}
