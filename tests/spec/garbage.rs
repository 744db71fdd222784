//! Whatever bytes a spec has: it is read or refused with places, and nothing panics.
use crate::support::sparse;

#[test]
fn mutated_examples() {
    let mut random = fastrand::Rng::with_seed(42);
    let validator = jsonschema::validator_for(&infra::spec::schema::infra_schema()).expect("a schema");
    let (mut read, mut refused) = (0, 0);
    for file in
        ["examples/minimal.yaml", "examples/production.yaml", "examples/staging.yaml", "examples/services.yaml", "examples/kubernetes.yaml"]
    {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let whole = std::fs::read(path).expect(file);
        for _ in 0..sparse(1500, 150) {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..=6) {
                mutate(&mut bytes, &mut random);
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let value = serde_yaml::from_str::<serde_json::Value>(&text).ok();
            match infra::spec::load(&[(file.into(), text.clone())], &|_| Some("x".into())) {
                Ok(_) => {
                    read += 1;
                    let value = value.filter(|_| !text.contains("<<")).map(written);
                    let errors = value.map(|value| validator.iter_errors(&value).map(|e| e.to_string()).collect::<Vec<_>>());
                    assert!(errors.is_none_or(|errors| errors.is_empty()), "{text}");
                }
                Err(found) => {
                    refused += 1;
                    assert!(found.refuse());
                    assert!(!found.to_string().is_empty());
                    assert_eq!(infra::diag::json(&found.0).findings.len(), found.0.len());
                }
            }
        }
    }
    println!("{read} read, {refused} refused");
}

/// A spec without keys that have no value: these stand for their defaults, and an editor's schema knows none.
fn written(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, written(v))).collect(),
        serde_json::Value::Array(list) => list.into_iter().map(written).collect(),
        other => other,
    }
}

const PIECES: &[&str] = &[
    "\n",
    "  ",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "${",
    "$$",
    "${env.X}",
    "&a ",
    "*a",
    "<<: *a",
    "|",
    ">",
    "null",
    "~",
    "é",
    "\t",
    "#",
    "%",
    "!",
    "99999999999999999999",
    "-1",
    "1e999",
    ",",
    "?",
    "---\n",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(0..bytes.len().max(1)).min(bytes.len());
    let end = (at + random.usize(0..12)).min(bytes.len());
    match random.u8(0..5) {
        0 => drop(bytes.drain(at..end)),
        1 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        2 if at < bytes.len() => bytes[at] = random.u8(..),
        3 => bytes.truncate(at.max(bytes.len() / 2)),
        _ => {
            let piece = PIECES[random.usize(0..PIECES.len())];
            bytes.splice(at..at, piece.bytes());
        }
    }
}

#[test]
fn no_layers_are_an_empty_one() {
    let found = infra::spec::load(&[], &|_| None).expect_err("a spec has a stack");
    assert_eq!(found.0.len(), 2);
}

#[test]
fn hostile_documents() {
    let deep = "[".repeat(100_000);
    let mut laughs = String::from("a: &a0 [x]\n");
    for n in 1..40 {
        laughs += &format!("b{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1);
    }
    for text in [deep, laughs, "&a [*a]".into(), "? [x]\n: y".into(), "\u{feff}stack: x".into(), "- a".into(), "just words".into()] {
        let found = infra::spec::load(&[("spec.yaml".into(), text)], &|_| None).expect_err("hostile");
        assert!(!found.to_string().is_empty());
    }
}

/// Very many keys and very many mistakes are read as fast as few, one by one: their keys are found by an index, and of the findings the first are told.
#[test]
fn size_is_no_burden() {
    let lines = |n: usize, line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<String>();
    let tags = format!("stack: shop\nregion: us-east-1\ntags:\n{}", lines(8_000, &|i| format!("  key-{i}: value\n")));
    let over = format!("tags:\n{}", lines(8_000, &|i| format!("  key-{i}: other\n")));
    let load = |layers: &[&str]| {
        let layers: Vec<_> = layers.iter().map(|text| ("infra.yaml".into(), (*text).to_owned())).collect();
        infra::spec::load(&layers, &|_| None).expect_err("too much").0
    };
    let found = load(&[&tags, &over]);
    assert!(found.len() == 1 && found[0].message == "8000 tags are too many", "{found:?}");
    let unknown = format!("stack: shop\nregion: us-east-1\n{}", lines(8_000, &|i| format!("key-{i}: value\n")));
    let found = load(&[&unknown]);
    assert_eq!((found.len(), found[200].message.as_str(), found[200].is_error()), (201, "there are 7800 findings more", true));
}
