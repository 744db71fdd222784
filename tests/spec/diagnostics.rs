//! One bad spec per code, and exactly what is said about each.
use infra::diag::{Code, Finding, Findings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn the_environment_is_what_a_field_takes() {
    let text = "stack: ${env.INFRA_VAR_NAME:-shop}\nenv: [ACCOUNT, HTTP2, PORT, PRICE]\nregion: us-east-1\naccount: ${env.ACCOUNT}\n\
        load_balancer: { http2: \"${env.HTTP2}\", listeners: { http: { port: \"${env.PORT}\", forward: app } } }\n\
        compute: { app: { port: 80, env: { COST: \"$$5 ${env.PRICE}\" } } }\n";
    let env = |name: &str| match name {
        "ACCOUNT" => Some("123456789012".to_string()),
        "HTTP2" => Some("false".into()),
        "PORT" => Some("8080".into()),
        "PRICE" => Some("${vpc.id} $$".into()),
        _ => None,
    };
    let loaded = infra::spec::load(&[("infra.yaml".into(), text.into())], &env);
    let spec = loaded.unwrap_or_else(|found| panic!("{found}")).spec;
    let balancer = spec.load_balancer.expect("written");
    assert_eq!((spec.stack.as_str(), balancer.http2), ("shop", false));
    assert_eq!(balancer.listeners["http"].port, 8080);
    let infra::spec::env::EnvSource::Text(cost) = &spec.compute["app"].env["COST"] else {
        panic!("text was written");
    };
    assert_eq!(cost.literal(), Some("$5 ${vpc.id} $$"));
}

/// Codes that no spec brings about.
const ELSEWHERE: &[Code] = &[Code::UnknownTopic];

/// Bad specs that the published schema refuses too; it takes all others.
const SEEN: &[&str] = &[
    "bad_account",
    "bad_arn",
    "bad_block",
    "bad_block.six",
    "bad_class",
    "bad_duration",
    "bad_duration.metrics",
    "bad_env_name",
    "bad_host",
    "bad_name",
    "bad_peer",
    "bad_region",
    "bad_size",
    "bad_text",
    "bad_text.config",
    "bad_text.control",
    "bad_text.description",
    "bad_text.flags",
    "bad_text.minute",
    "bad_text.monitoring",
    "bad_text.schedule",
    "bad_text.storage",
    "bad_text.tag",
    "bad_text.workloads",
    "bad_version",
    "bad_window",
    "count.flags",
    "duplicate.monitoring",
    "instances.schedules",
    "literal_secret",
    "missing",
    "missing.value",
    "out_of_range",
    "unknown_key",
    "unknown_key.flags",
    "unknown_key.monitoring",
    "unknown_value",
    "wrong_type",
    "wrong_type.cdn",
    "wrong_type.flags",
];

fn files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let names = std::fs::read_dir(folder).expect("tests/bad").map(|entry| entry.expect("an entry").file_name());
    let stem = |name: std::ffi::OsString| name.to_str().and_then(|n| n.strip_suffix(".yaml")).map(str::to_string);
    let mut stems: Vec<String> = names.filter_map(stem).collect();
    stems.sort();
    stems
}

fn findings(stem: &str) -> Vec<Finding> {
    match super::load(&[&format!("tests/bad/{stem}.yaml")]) {
        Ok(loaded) => loaded.warnings,
        Err(Findings(found)) => found,
    }
}

#[test]
fn codes_are_unique() {
    let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|code| code.rule().ends_with('.')));
}

#[test]
fn every_code_has_a_bad_spec() {
    let mut by_code: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for stem in files() {
        let code = stem.split('.').next().unwrap_or_default();
        let found = findings(&stem);
        let hit = found.iter().find(|finding| finding.code.text() == format!("infra::spec::{code}"));
        let hit = hit.unwrap_or_else(|| panic!("{stem}: {}", Findings(found.clone())));
        by_code.entry(hit.code.text()).or_default().push(stem);
        assert!(found.iter().all(|finding| !finding.places.is_empty() && !finding.help.is_empty()));
    }
    for code in Code::ALL.iter().filter(|code| code.text().starts_with("infra::spec::") && !ELSEWHERE.contains(code)) {
        assert!(by_code.contains_key(code.text()), "{} has no bad spec", code.text());
    }
}

#[test]
fn said() {
    for stem in files() {
        let text = infra::diag::render(&findings(&stem), false, 100);
        super::settings().bind(|| insta::assert_snapshot!(format!("bad_{stem}"), text));
    }
}

#[test]
fn as_json() {
    let value = infra::diag::json(&findings("unknown_key"));
    let text = serde_json::to_string_pretty(&value).expect("findings are JSON");
    super::settings().bind(|| insta::assert_snapshot!("bad_unknown_key_json", text));
}

/// Every finding of every bad spec is data: what, where, why, and what to do, as the published schema says.
#[test]
fn every_finding_is_data() {
    let schema = jsonschema::validator_for(&infra::diag::findings_schema()).expect("a schema");
    let mut told = 0;
    for stem in files() {
        let found = findings(&stem);
        let value = serde_json::to_value(infra::diag::json(&found)).expect("findings are JSON");
        let errors: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{stem}: {errors:?}");
        let all = value["findings"].as_array().expect("a list");
        assert_eq!(all.len(), found.len());
        for (finding, told_to_people) in all.iter().zip(&found) {
            let text = |key: &str| finding[key].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{stem}: {finding}"));
            assert_eq!((text("what"), text("remedy")), (told_to_people.message.as_str(), told_to_people.help.as_str()));
            assert!(text("why").ends_with('.') && text("code").starts_with("infra::"), "{finding}");
            let source = told_to_people.places[0].source.inner();
            let number = |key: &str| finding["place"][key].as_u64().expect("a number") as usize;
            let (line, column, offset, length) = (number("line"), number("column"), number("offset"), number("length"));
            let before: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
            let within: usize = source[before..].chars().take(column - 1).map(char::len_utf8).sum();
            assert_eq!(before + within, offset, "{finding}");
            assert!(source.get(offset..offset + length).is_some(), "{finding}");
            assert!(finding["place"]["file"].as_str().is_some_and(|file| file.ends_with(&format!("{stem}.yaml"))), "{finding}");
            assert_eq!(finding["related"].as_array().map_or(0, Vec::len), told_to_people.places.len() - 1);
            told += 1;
        }
        let line: serde_json::Value = serde_json::from_str(&infra::render::stream::refusal(&found)).expect("a line");
        assert_eq!(line["findings"], value["findings"], "{stem}: a stream says the same");
    }
    assert!(told > 150, "{told}");
}

#[test]
fn schema_sees_what_it_can() {
    let schema = infra::spec::schema::infra_schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for stem in files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(root.join(format!("tests/bad/{stem}.yaml"))).expect("a file");
        let Ok(value) = serde_yaml::from_str::<serde_json::Value>(&text) else {
            continue;
        };
        assert_eq!(!validator.is_valid(&value), SEEN.contains(&stem.as_str()), "{stem}");
    }
}

/// A spec reads no more of the environment than its first layer lists, and nothing whose value is a secret's, whatever its name.
#[test]
fn the_environment_is_read_by_its_names() {
    let secret = "postgres://app:hunter2pw@db.example.com/app";
    let env = |_: &str| Some(secret.to_owned());
    let read = |layers: &[(&str, &str)]| {
        let layers: Vec<_> = layers.iter().map(|(name, text)| (name.into(), (*text).to_owned())).collect();
        infra::spec::load(&layers, &env).map(|_| ()).unwrap_err()
    };
    let base = "stack: shop\nregion: us-east-1\nenv: [DATABASE_URL]\n";
    let over = "env: [DATABASE_URL, RAILS_MASTER_KEY, OTHER]\ntags: { a: '${env.DATABASE_URL}', b: '${env.RAILS_MASTER_KEY}', c: '${env.OTHER}', d: '${env.INFRA_VAR_D}' }\n";
    let found = read(&[("base.yaml", base), ("over.yaml", over)]);
    let codes: Vec<Code> = found.0.iter().map(|f| f.code).collect();
    assert_eq!(codes, [Code::UnlistedEnv, Code::LiteralSecret, Code::LiteralSecret, Code::UnlistedEnv, Code::LiteralSecret], "{found}");
    assert!(!found.to_string().contains("hunter2pw"), "{found}");
}

#[test]
fn layers_point_into_their_own_files() {
    let layers = [
        ("base.yaml", "stack: shop\nregion: us-east-1\nvpc:\n  cidr: 10.0.0.0/16\ncompute:\n  app: { image: nginx, allow_from: [ap] }\n"),
        (
            "over.yaml",
            "vpc:\n  availability_zones: [us-east-1a, us-east-1b]\n  subnets:\n    public: { tier: public, cidrs: [10.1.0.0/24, 10.0.1.0/24] }\n    app: { tier: private }\n",
        ),
    ];
    let layers = layers.map(|(name, text)| (name.into(), text.to_string()));
    let found = infra::spec::load(&layers, &|_| None).expect_err("both layers are wrong");
    super::settings().bind(|| insta::assert_snapshot!("bad_layers", found.to_string()));
}

/// Every risk has a bad spec, so that its name and its help are read by somebody.
#[test]
fn every_risk_has_a_bad_spec() {
    let risky = files().into_iter().filter(|stem| stem.starts_with("risk"));
    let told: BTreeSet<&str> = risky.flat_map(|stem| findings(&stem)).filter_map(|f| Some(f.risk?.risk.text())).collect();
    let missing: Vec<&str> = infra::diag::Risk::ALL.iter().map(|risk| risk.text()).filter(|text| !told.contains(text)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Keys of one's own at the top are nothing but a place for anchors.
#[test]
fn keys_of_ones_own_anchor_what_stands_elsewhere() {
    let text =
        "x-env: &env { LOG: debug }\nx-anything: [1, {unknown: true}]\nstack: shop\nregion: us-east-1\ncompute: { app: { env: *env } }\n";
    let loaded = infra::spec::load(&[("infra.yaml".into(), text.into())], &|_| None).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(loaded.spec.compute["app"].env.len(), 1);
    assert!(!loaded.written().contains("x-"), "{}", loaded.written());
    let inner = text.replace("env: *env", "env: *env, x-more: 1");
    assert!(infra::spec::load(&[("infra.yaml".into(), inner)], &|_| None).is_err(), "only at the top");
    let schema = jsonschema::validator_for(&infra::spec::schema::infra_schema()).unwrap();
    assert!(schema.is_valid(&serde_yaml::from_str(text).unwrap()));
}
