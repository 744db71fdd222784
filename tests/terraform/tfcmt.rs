//! tfcmt's own regular expressions over the text: it finds the same resources as the document tells.
use regex::Regex;

use infra::kinds::{Part, Text};
use infra::render::terraform;

use super::{acting, document, ways, word};

/// What a line's first group is, of all lines that match.
fn found(text: &str, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let mut out: Vec<String> = text.lines().filter_map(|l| Some(pattern.captures(l)?.get(1)?.as_str().into())).collect();
    out.sort();
    out
}

#[tokio::test(start_paused = true)]
async fn tfcmt_reads_every_plan() {
    let has = |text: &str, pattern: &str| Regex::new(pattern).unwrap().is_match(text);
    let mut moved = 0;
    for (way, saved) in ways().await {
        let (document, text) = (document(&saved), terraform::text::plan(&saved));
        assert!(has(&text, r"(?m)^(Plan: \d|No changes.)"), "{way}: {text}");
        assert!(!has(&text, r"(?m)^([│|] )?(Error: )"), "{way}");
        let (created, updated, deleted) = (acting(&document, &["create"]), acting(&document, &["update"]), acting(&document, &["delete"]));
        let mut replaced = [acting(&document, &["create", "delete"]), acting(&document, &["delete", "create"])].concat();
        replaced.sort();
        assert_eq!(found(&text, r"^ *# (.*) will be created$"), created, "{way}");
        assert_eq!(found(&text, r"^ *# (.*) will be updated in-place$"), updated, "{way}");
        assert_eq!(found(&text, r"^ *# (.*) will be destroyed$"), deleted, "{way}");
        assert_eq!(found(&text, r"^ *# (.*?)(?: is tainted, so)? must be replaced$"), replaced, "{way}");
        let (add, destroy) = (created.len() + replaced.len(), deleted.len() + replaced.len());
        let nothing = add + updated.len() + destroy == 0;
        assert_eq!(has(&text, r"(?m)^(No changes\.|Plan: 0 to add, 0 to change, 0 to destroy\.)"), nothing, "{way}");
        assert_eq!(has(&text, r"(?m)([1-9][0-9]* to destroy.)"), destroy > 0, "{way}");
        if !nothing {
            let line = format!("\nPlan: {add} to add, {} to change, {destroy} to destroy.\n", updated.len());
            assert!(text.contains(&line) && text.contains("\nTerraform will perform the following actions:\n"), "{way}: {line} {text}");
        }
        assert_eq!(saved.plan.is_empty(), text == "No changes. Your infrastructure matches the configuration.\n", "{way}");
        let names = super::list(&document, "/resource_changes").iter().filter(|c| c.get("previous_address").is_some());
        let mut previous: Vec<&str> = names.map(|c| word(c, "/previous_address")).collect();
        previous.sort_unstable();
        let mut told = [found(&text, r"^ *# (.*?) has moved to (.*?)$"), found(&text, r"^ *# \(moved from (.*?)\)$")].concat();
        told.sort();
        assert_eq!(told, previous, "{way}");
        moved += told.len();
        println!("{way}: {}", text.lines().find(|l| l.starts_with("Plan:") || l.starts_with("No")).unwrap());
    }
    assert!(moved > 5);
}

/// Blocks are closed, replaced attributes say so, and what isn't known or may not be seen is told in Terraform's words.
#[tokio::test(start_paused = true)]
async fn bodies_are_whole() {
    for (way, saved) in ways().await {
        let text = terraform::text::plan(&saved);
        let n = |end: &str| text.lines().filter(|l| l.ends_with(end)).count();
        assert_eq!(
            n("{") + n("{ # forces replacement"),
            n("}") + n("},") + n("} -> null") + n("} # forces replacement") - n("{}") - n("{} -> null"),
            "{way}: {text}"
        );
        assert_eq!(text.contains("# forces replacement"), text.contains(" must be replaced"), "{way}");
    }
    let mut new = super::way("nothing", "full").await;
    let host = Part::Output { r#ref: "load_balancer.main".parse().unwrap(), attr: "dns_name".into() };
    new.stack.outputs.insert("host".into(), Text(vec![host]));
    let new = terraform::text::plan(&new);
    for line in [
        r#"  + resource "aws_vpc" "main" {"#,
        r#"      + vpc_id                  = (known after apply)"#,
        r#"      + ingress {"#,
        "  + host = (known after apply)",
    ] {
        assert!(new.contains(line), "{line}");
    }
    let changed = terraform::text::plan(&super::way("full", "a new image, bigger machines").await);
    let data = |line: &str| line.starts_with("      ~ user_data     = \"") && line.ends_with(" # forces replacement");
    assert!(changed.lines().any(data), "{changed}");
}
