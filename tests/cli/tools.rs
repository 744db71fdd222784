//! What people use beside infra, really run: an editor's language server, bash, zsh and fish, a browser that shows a comment. Only in the full run
//! (`INFRA_TEST_TOOLS=all`).
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Infra, said};
use crate::support::{all_tools, debian, node};

/// What a language server says of `infra.yaml`: its findings, and its answer to each question.
fn edited(infra: &Infra, questions: &Value) -> (Vec<Value>, Vec<Value>) {
    let server = node::modules("editor", &["yaml-language-server@1.19.2"]).join("node_modules/.bin/yaml-language-server");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/editor.py");
    let mut editor = infra.program("python3", &[script, "infra.yaml", "node", &server.display().to_string(), "--stdio"]);
    let mut editor = editor.stdin(Stdio::piped()).spawn().unwrap();
    editor.stdin.take().unwrap().write_all(questions.to_string().as_bytes()).unwrap();
    let ended = said(editor.wait_with_output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.err);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    (told["diagnostics"].as_array().unwrap().clone(), told["answers"].as_array().unwrap().clone())
}

/// What `infra init` writes works in an editor: mistakes are underlined with words, a hover says what a field is and its default, a new entry is proposed
/// whole, and no value is proposed that means nothing.
#[test]
fn an_editor_knows_the_spec() {
    if !all_tools() {
        return;
    }
    let infra = Infra::new("editor");
    let made = infra.run(&["init", "--stack", "shop", "--region", "us-east-1", "--image", "nginx:1.29"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let starter = std::fs::read_to_string(infra.folder.join("infra.yaml")).unwrap();
    let modeline = starter
        .lines()
        .find(|line| line.contains("yaml-language-server"))
        .expect("init writes the line by which editors find the schema")
        .to_owned();
    assert_eq!(edited(&infra, &json!([])).0, Vec::<Value>::new(), "{starter}");

    let spec = [
        modeline.as_str(),
        "stack: shop",
        "region: mars",
        "load_balancer:",
        "  http2: ",
        "  listeners:",
        "    http: { port: 80, forward: app, colour: red }",
        "compute:",
        "  app:",
        "    image: nginx:1.29",
        "    port: http",
        "database:",
        "  ",
        "cache:",
        "  ",
    ];
    infra.file("infra.yaml", &(spec.join("\n") + "\n"));
    let (found, answers) =
        edited(&infra, &json!([["hover", 4, 4], ["completion", 4, 9], ["completion", 12, 2], ["hover", 2, 2], ["completion", 14, 2]]));
    let at = |line: u64| -> Vec<&str> {
        let here = found.iter().filter(|d| d["range"]["start"]["line"] == line);
        here.map(|d| d["message"].as_str().unwrap()).collect()
    };
    assert!(at(2).iter().any(|text| text.contains("Such as `us-east-1`")), "in words, not as a pattern: {found:#?}");
    assert!(at(6).iter().any(|text| text.contains("colour")), "{found:#?}");
    assert!(at(10).iter().any(|text| text.contains("integer")), "{found:#?}");
    assert!(found.iter().all(|d| !d.to_string().contains("null")), "{found:#?}");
    let hover = |answer: &Value| answer["contents"]["value"].as_str().unwrap_or_default().to_owned();
    assert!(hover(&answers[0]).contains("HTTP/2") && hover(&answers[0]).contains("Default: true."), "{}", answers[0]);
    assert!(hover(&answers[3]).contains("Required."), "{}", answers[3]);
    assert!(!hover(&answers[0]).contains("||"), "{}", answers[0]);
    let proposed = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| item["textEdit"]["newText"].as_str().or(item["insertText"].as_str()).unwrap().to_owned()).collect()
    };
    assert_eq!(proposed(&answers[1]).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["false".into(), "true".into()]));
    assert!(proposed(&answers[2]).iter().any(|text| text.contains("main:") && text.contains("engine: postgres")), "{}", answers[2]);
    assert_eq!(proposed(&answers[4]), ["main: {}"], "an entry without a value would be none");
}

/// What bash, zsh and fish themselves propose.
#[test]
fn shells_propose() {
    if !all_tools() {
        return;
    }
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into())], ..Infra::new("shells") };
    let home = debian::shells();
    let path = |inner: &str| home.join(inner).display().to_string();
    let infra_bin = std::path::Path::new(env!("CARGO_BIN_EXE_infra")).parent().unwrap().display().to_string();
    std::fs::copy(Infra::example("production"), infra.folder.join("infra.yaml")).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        infra.file(&format!("infra.{shell}"), &infra.run(&["completions", shell]).out);
    }
    let asked = |program: &str, args: &[&str]| {
        let mut command = infra.program(program, args);
        command.env("LD_LIBRARY_PATH", debian::libraries(&home)).env("HOME", &infra.folder);
        let ended = said(command.env("PATH", format!("{infra_bin}:{}", std::env::var("PATH").unwrap())).output().unwrap());
        assert_eq!(ended.code, 0, "{program} {args:?} {} {}", ended.out, ended.err);
        ended.out.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let modules = std::fs::read_dir(path(&format!("usr/lib/{}-linux-gnu/zsh", std::env::consts::ARCH))).unwrap();
    let modules = modules.map(|folder| folder.unwrap().path()).next().unwrap().display().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/complete.zsh");
    let minimal = Infra::example("minimal");
    let begun = infra.run(&["apply", "--file", &minimal, "--auto-approve"]);
    let run = begun.err.split_once("Run ").and_then(|(_, behind)| behind.split(' ').next()).unwrap();
    let history = format!("infra history {}", &run[..6]);
    for (line, words) in [
        ("infra expl", &["explain"][..]),
        ("infra apply --allow-data-loss db_i", &["db_instance.main"]),
        (history.as_str(), &[run]),
        ("infra plan --cloud ", &["aws", "sandbox"]),
        ("infra plan --target compute", &["compute", "compute.app"]),
        ("infra explain infra::spec::ri", &["infra::spec::risk"]),
        ("infra output u", &["url"]),
    ] {
        let zsh = asked(
            &path("bin/zsh"),
            &[
                "-f",
                script,
                &path("bin/zsh"),
                &path("usr/share/zsh/functions"),
                &modules,
                &infra.folder.join("infra.zsh").display().to_string(),
                line,
            ],
        );
        let fish = asked(&path("usr/bin/fish"), &["-c", &format!("source infra.fish; complete -C '{line}'")]);
        let bash = asked("bash", &[concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/complete.bash"), "infra.bash", line]);
        let words: BTreeSet<String> = words.iter().map(|word| word.to_string()).collect();
        assert_eq!(bash, words, "bash: {line}");
        assert_eq!(zsh, words, "zsh: {line}");
        assert_eq!(fish, words, "fish: {line}");
    }
}

/// Comments as a code host shows them: nothing is out of sight, broken or told by its marks, and what one needs first stands on one screen. The pictures
/// stay in `target/tmp/cli/comments`.
#[test]
fn comments_are_read_at_a_glance() {
    if !all_tools() {
        return;
    }
    let infra = Infra::new("comments");
    let modules = node::modules("comment", &["marked@16.4.1", "github-markdown-css@5.9.0"]).display().to_string();
    let home = debian::chromium();
    let fonts = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig><dir>{}</dir><dir>/usr/share/fonts</dir><cachedir>{}</cachedir></fontconfig>",
        home.join("usr/share/fonts").display(),
        infra.folder.join("fonts").display()
    );
    let fonts = infra.file("fonts.conf", &fonts);
    let browser = home.join("usr/lib/chromium/chromium-headless-shell").display().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/comment.mjs");
    let shown = |args: &[&str]| {
        let mut command: Command = infra.program(&browser, &[&["--no-sandbox", "--disable-gpu", "--hide-scrollbars"], args].concat());
        command.env("LD_LIBRARY_PATH", debian::libraries(&home)).env("FONTCONFIG_FILE", &fonts).env("HOME", &infra.folder);
        let ended = command.stderr(Stdio::null()).output().unwrap();
        assert!(ended.status.success(), "{args:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    let cases = [("production", 750), ("small", 300), ("replacement", 750), ("data_loss", 1900), ("destroy", 1500), ("rolled_back", 900)];
    for (name, highest) in cases {
        let snapshot = format!("{}/snapshots/markdown_{name}.snap", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(snapshot).unwrap();
        let comment = infra.file(&format!("{name}.md"), text.splitn(3, "---\n").nth(2).unwrap());
        let page = infra.folder.join(format!("{name}.html")).display().to_string();
        let made = said(infra.program("node", &[script, &modules, &comment, &page]).output().unwrap());
        assert_eq!(made.code, 0, "{}", made.err);
        let dom = shown(&["--dump-dom", &format!("file://{page}")]);
        let (_, measured) = dom.split_once("id=\"measured\">").unwrap();
        let measured: Value = serde_json::from_str(measured.split_once("</script>").unwrap().0).unwrap();
        let height = measured["height"].as_u64().unwrap();
        shown(&[&format!("--window-size=830,{}", height + 40), &format!("--screenshot={name}.png"), &format!("file://{page}")]);
        let mut seen = measured.clone();
        seen.as_object_mut().unwrap().remove("seen");
        assert_eq!((&measured["wide"], &measured["broken"], &measured["marks"]), (&json!([]), &json!([]), &json!(0)), "{name}: {seen}");
        assert!(name != "rolled_back" || measured["fences"] == 0, "a failure is read without scrolling: {seen}");
        assert!(height <= highest && measured["row"].as_u64().unwrap() < 120, "{name}: {seen}");
        println!("{name}: {height} px, {} rows, {} folded", measured["rows"], measured["folded"]);
    }
}
