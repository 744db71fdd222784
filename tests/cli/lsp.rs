//! `infra lsp`, asked as an editor asks it.
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Infra, said};

/// What is said of a file that is opened, and after each text that is typed into it.
fn typed(infra: &Infra, file: &str, args: &[&str], texts: &[&str]) -> Vec<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/editor.py");
    let mut editor = infra.program("python3", &[&[script, file, env!("CARGO_BIN_EXE_infra"), "lsp"], args].concat());
    let mut editor = editor.stdin(Stdio::piped()).spawn().unwrap();
    let questions: Vec<Value> = texts.iter().map(|text| json!(["type", text])).collect();
    editor.stdin.take().unwrap().write_all(json!(questions).to_string().as_bytes()).unwrap();
    let ended = said(editor.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    told["answers"].as_array().unwrap().iter().map(|found| found.as_array().unwrap().clone()).collect()
}

const SPEC: &str = "stack: shop\nregion: us-east-1\ntags: {team: größe}\nvpc: {nat: none}\ncompute: {app: {image: nginx, port: 80, env: {DB: '${database.mian.endpoint}'}}}\ndatabase: {main: {engine: postgres, allow_from: [app]}}\n";

/// What no schema knows: names that are referred to, told while one types, and no longer once it is mended. Characters are counted as editors do.
#[test]
fn names_are_told_while_one_types() {
    let infra = Infra::new("lsp");
    infra.file("infra.yaml", "stack: shop\n");
    let mended = SPEC.replace("mian", "main");
    let wide = SPEC.replace("{app: {image", "{'𝔞pp': {image");
    let told = typed(&infra, "infra.yaml", &[], &[SPEC, &mended, "stack: [", &wide]);
    let unknown = told[0].iter().find(|d| d["code"] == "infra::spec::unknown_name").unwrap_or_else(|| panic!("{:#?}", told[0]));
    assert_eq!((&unknown["range"]["start"]["line"], &unknown["severity"], &unknown["source"]), (&json!(4), &json!(1), &json!("infra")));
    assert!(unknown["message"].as_str().unwrap().contains("did you mean `main`"), "{unknown}");
    let column = SPEC.lines().nth(4).unwrap().find("mian").unwrap() as u64;
    let (start, end) = (&unknown["range"]["start"]["character"], &unknown["range"]["end"]["character"]);
    assert!(start.as_u64().unwrap() <= column && column < end.as_u64().unwrap(), "{unknown}");
    assert!(told[1].iter().all(|d| d["severity"] != 1), "{:#?}", told[1]);
    assert_eq!(told[2][0]["code"], "infra::spec::syntax");
    let name = told[3].iter().find(|d| d["code"] == "infra::spec::bad_name").unwrap_or_else(|| panic!("{:#?}", told[3]));
    let units = name["range"]["end"]["character"].as_u64().unwrap() - name["range"]["start"]["character"].as_u64().unwrap();
    assert!([4, 6].contains(&units), "with or without quotes, of which 𝔞 is two units: {name}");
}

/// A layer is looked at with the others; a file that is no part of a spec is left alone.
#[test]
fn layers_belong_together() {
    let infra = Infra::new("lsp-layers");
    let layers = ["--file", "base.yaml", "--file", "over.yaml"];
    infra.file("base.yaml", SPEC);
    infra.file("over.yaml", "vpc: {}\n");
    let told = typed(&infra, "over.yaml", &layers, &["vpc: {nat: single}\ncompute: {app: {allow_from: [wbe]}}\n", "vpc: {nat: single}\n"]);
    assert!(told[0].iter().any(|d| d["code"] == "infra::spec::unknown_name" && d["range"]["start"]["line"] == 1), "{:#?}", told[0]);
    assert!(
        told[1].iter().all(|d| d["code"] != "infra::spec::unknown_name"),
        "what is wrong in the other file is told there: {:#?}",
        told[1]
    );
    assert!(told[1].iter().any(|d| d["code"] == "infra::spec::risk" && d["severity"] == 2), "{:#?}", told[1]);
    infra.file("other.yaml", "stack: shop\n");
    let told = typed(&infra, "other.yaml", &layers, &["stack: shop\nregion: mars\n"]);
    assert_eq!(told[0][0]["code"], "infra::spec::bad_region", "a spec by itself");
}
