//! `infra explain`: fields, topics and codes.
use infra::diag::Code;
use infra::render::style::Style;
use infra::render::topics::{self, PAGES};

use super::Infra;

/// Every topic fits a narrow terminal, says what it is about, and is linked from the README; every code has a page that names a cure.
#[test]
fn every_topic_and_code_has_a_page() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for page in PAGES {
        let link = format!("| [{}](src/render/topics/{}.md) | ", page.name, page.name);
        assert!(readme.contains(&link), "README links {link}");
        assert!(page.text.starts_with("# ") && page.about().ends_with('.'), "{}: its first line says what it is about", page.name);
        fits(page.text, page.name);
    }
    for code in Code::ALL {
        let text = topics::code(code.text()).unwrap_or_else(|| panic!("{} has no page", code.text()));
        assert!(text.contains("\nCure: "), "{text}");
        assert_eq!(topics::code(code.text().strip_prefix("infra::").unwrap()), Some(text.clone()));
        fits(&text, code.text());
    }
}

fn fits(markdown: &str, name: &str) {
    let code = |line: &&str| !line.starts_with("    ") || line.contains("  `");
    for columns in [60, 100] {
        let text = topics::text(markdown, columns, Style::PLAIN);
        for line in text.lines().filter(code).filter(|line| line.chars().count() > columns) {
            // What stands between backticks is copied, and stays whole.
            let words = line.split('`').enumerate().flat_map(|(i, part)| if i % 2 == 1 { vec![part] } else { part.split(' ').collect() });
            let longest = words.map(|word| word.chars().count()).max().unwrap_or_default();
            assert!(longest + 24 > columns, "{name} at {columns}: {line}");
        }
    }
}

#[test]
fn pages_are_looked_at() {
    let infra = Infra::new("explain");
    for (name, args) in [
        ("explain_topics", &["topics"][..]),
        ("explain_rollback", &["rollback"]),
        ("explain_code", &["infra::spec::risk"]),
        ("explain_database_recursive", &["database", "--recursive"]),
        ("explain_json", &["cache", "--json"]),
    ] {
        let said = infra.run(&[&["explain"], args].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        said.snapshot(name);
    }
    let unknown = infra.run(&["explain", "rolback"]);
    assert!(unknown.code == 1 && unknown.err.contains("did you mean `rollback`?"), "{}", unknown.err);
}

/// A name of an entry may stand in a path, as it does in a spec.
#[test]
fn entries_may_be_named() {
    let infra = Infra::new("explain-entries");
    let page = |topic: &str| infra.run(&["explain", topic]);
    let said = page("compute.app.health_check");
    assert_eq!((said.code, said.out), (0, page("compute.health_check").out));
    assert!(page("compute.app").out.starts_with("compute (one entry per name)\n"), "an entry is what all entries are");
    let wrong = page("compute.app.helth_check");
    assert!(wrong.code == 1 && wrong.err.contains("did you mean `health_check`?"), "{}", wrong.err);
}

/// Every field stands in the tree of its section.
#[test]
fn the_tree_is_whole() {
    let infra = Infra::new("explain-tree");
    let tree = infra.run(&["explain", "stack", "--recursive"]).out;
    for path in
        ["compute.NAME.health_check.interval", "load_balancer.listeners.NAME.port", "cdn.waf.managed", "database.NAME.engine", "region"]
    {
        assert!(
            tree.lines().any(|line| line.split_whitespace().next().map(|word| word.trim_end_matches('*')) == Some(path)),
            "{path}: {tree}"
        );
    }
}
