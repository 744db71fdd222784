//! The published schemas are those of the types, and accept what the parser accepts.
use serde_json::Value;
use std::path::Path;

/// A file and what stands in it.
type Generated = (&'static str, fn() -> Value);

const FILES: [Generated; 2] =
    [("schemas/infra.schema.json", infra::spec::schema::infra_schema), ("schemas/layer.schema.json", infra::spec::schema::layer_schema)];

/// With `INFRA_UPDATE_SCHEMAS` set, writes them instead.
#[test]
fn current() {
    for (file, schema) in FILES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = serde_json::to_string_pretty(&schema()).expect("a schema is JSON") + "\n";
        if std::env::var_os("INFRA_UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).expect("schemas/ can be written");
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "{file} is old: run the tests with INFRA_UPDATE_SCHEMAS=1");
    }
}

#[test]
fn examples_pass() {
    let [whole, layer] = FILES.map(|(_, schema)| jsonschema::validator_for(&schema()).expect("a schema"));
    for (file, validator) in [
        ("examples/flags.yaml", &whole),
        ("examples/kubernetes.yaml", &whole),
        ("examples/minimal.yaml", &whole),
        ("examples/production.yaml", &whole),
        ("examples/production.yaml", &layer),
        ("examples/services.yaml", &whole),
        ("examples/staging.yaml", &layer),
    ] {
        let value = super::yaml(file);
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{file}: {errors:#?}");
    }
    assert!(!whole.is_valid(&super::yaml("examples/staging.yaml")), "a layer is not a whole spec");
}

/// Editors would offer it as a value; in a layer it removes.
#[test]
fn a_whole_spec_has_no_null() {
    fn nulls(schema: &Value) -> usize {
        match schema {
            Value::Object(map) => usize::from(map.get("type").is_some_and(|t| *t == "null")) + map.values().map(nulls).sum::<usize>(),
            Value::Array(list) => {
                list.iter().map(nulls).sum::<usize>() + usize::from(schema[0].is_string() && list.iter().any(|t| *t == "null"))
            }
            _ => 0,
        }
    }
    let [whole, layer] = FILES.map(|(_, schema)| nulls(&schema()));
    assert_eq!(whole, 0);
    assert!(layer > 200, "{layer}");
}

/// What an editor writes for a first entry is one.
#[test]
fn a_first_entry_is_one() {
    let schema = infra::spec::schema::infra_schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut told = 0;
    for (section, field) in schema["properties"].as_object().expect("fields") {
        let Some(text) = field["defaultSnippets"][0]["bodyText"].as_str() else { continue };
        let entry: Value = serde_yaml::from_str(text).expect(section);
        let spec = serde_json::json!({ "stack": "shop", "region": "us-east-1", section.as_str(): entry });
        let errors: Vec<String> = validator.iter_errors(&spec).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty() && entry.as_object().is_some_and(|map| map.len() == 1), "{section}: {text} {errors:?}");
        told += 1;
    }
    assert!(told >= 4, "{told}");
}

#[test]
fn every_pattern_has_a_unit() {
    let schema = infra::spec::schema::typed();
    let mut patterns = std::collections::BTreeMap::new();
    for (name, def) in schema["$defs"].as_object().expect("definitions") {
        if def.get("pattern").is_none() {
            continue;
        }
        // A key that names an entry is known by its unit's pattern alone.
        let other = patterns.insert(def["pattern"].as_str().expect(name), name);
        assert_eq!(other, None, "{name} has the same pattern");
        let examples = def["examples"].as_array().expect(name);
        let pattern = jsonschema::validator_for(def).expect(name);
        assert!(!examples.is_empty() && examples.iter().all(|e| pattern.is_valid(e)), "{name}");
    }
}
