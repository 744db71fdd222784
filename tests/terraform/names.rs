//! Every name is Terraform's own, at every depth (`tests/reference/terraform.json`, made by the script beside it).
use std::collections::BTreeSet;
use std::sync::LazyLock;

use infra::kinds::Kind;
use infra::kinds::terraform::{Line, Says};
use serde_json::{Map, Value, json};

use super::{document, list, ways, word};

static REFERENCE: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../reference/terraform.json")).unwrap());

fn names(r#type: &str) -> &'static Map<String, Value> {
    REFERENCE.get(r#type).and_then(Value::as_object).unwrap_or_else(|| panic!("Terraform has no {type}"))
}

/// Every attribute of every kind has its place in the kind's table, or a reason why it has none.
#[test]
fn nothing_is_forgotten() {
    for kind in Kind::ALL {
        let object = kind.example();
        let table = kind.terraform();
        let all: BTreeSet<&str> = object.attributes().iter().map(|a| a.name).collect();
        let left_out: BTreeSet<&str> = table.left_out.iter().map(|(name, _)| *name).collect();
        let said: BTreeSet<&str> = table.reads().union(&left_out).copied().collect();
        assert_eq!(said, all, "{}", kind.label());
        assert!(table.reads().is_disjoint(&left_out), "{}", kind.label());
        assert!(table.left_out.iter().all(|(_, why)| why.len() > 10), "{}", kind.label());
    }
}

/// The tables themselves: names, whether one is a block, and that they stand in order, each once.
#[test]
fn tables_have_terraforms_names() {
    let mut types = BTreeSet::new();
    for kind in Kind::ALL {
        for made in kind.terraform().made {
            types.insert(made.r#type);
            lines(made.r#type, made.lines, names(made.r#type));
        }
    }
    let known: BTreeSet<&str> = REFERENCE.keys().map(String::as_str).collect();
    assert_eq!(types, known, "the reference has just the types that are used");
    println!("types: {}", types.len());
}

fn lines(path: &str, lines_: &[Line], names: &Map<String, Value>) {
    let order: Vec<&str> = lines_.iter().map(|l| l.name).collect();
    assert!(order.is_sorted() && order.windows(2).all(|w| w[0] != w[1]), "{path}: {order:?}");
    for line in lines_ {
        let here = format!("{path}.{}", line.name);
        let name = names.get(line.name).unwrap_or_else(|| panic!("Terraform has no {here}"));
        match line.says {
            Says::Block(inner) | Says::Given(_, inner) | Says::Absent(_, inner) | Says::Each(_, inner) => {
                let list = name.get("list").and_then(Value::as_object).unwrap_or_else(|| panic!("{here} is no list of blocks"));
                lines(&here, inner, list);
            }
            Says::Via(..) => {}
            _ => assert!(name.is_string(), "{here} is nested"),
        }
    }
}

/// What is printed: every name, at every depth, has Terraform's type; what is required is there.
#[tokio::test(start_paused = true)]
async fn documents_have_terraforms_names_and_types() {
    let mut checked = 0;
    for (way, saved) in ways().await {
        let document = document(&saved);
        for change in list(&document, "/resource_changes") {
            for side in ["before", "after"].iter().filter(|side| change["change"][side].is_object()) {
                let unknown = if *side == "after" { &change["change"]["after_unknown"] } else { &Value::Null };
                let here = format!("{way}: {} {side}", word(change, "/address"));
                checked += body(&here, &change["change"][side], unknown, names(word(change, "/type")));
            }
        }
    }
    println!("values checked: {checked}");
    assert!(checked > 10_000);
}

fn body(here: &str, value: &Value, unknown: &Value, names: &Map<String, Value>) -> usize {
    let mut checked = 0;
    let map = value.as_object().unwrap_or_else(|| panic!("{here} is no map: {value}"));
    for (name, v) in map {
        let here = format!("{here}.{name}");
        let shape = names.get(name).unwrap_or_else(|| panic!("Terraform has no {here}"));
        checked += one(&here, v, unknown.get(name).unwrap_or(&Value::Null), shape);
    }
    for (name, _) in names.iter().filter(|(_, shape)| shape.as_str().is_some_and(|s| s.ends_with('!'))) {
        let known = map.get(name).is_some_and(|v| !v.is_null());
        assert!(known || unknown.get(name) == Some(&json!(true)), "{here}: {name} is required");
    }
    checked
}

fn one(here: &str, v: &Value, unknown: &Value, shape: &Value) -> usize {
    if v.is_null() || v == "(sensitive)" {
        return 1;
    }
    let at = |i: usize| unknown.get(i).unwrap_or(&Value::Null);
    if let Some(nested) = shape.as_object() {
        let (kind, inner) = nested.iter().next().unwrap();
        let inner = inner.as_object().unwrap();
        return match (kind.as_str(), v) {
            ("list", Value::Array(blocks)) => blocks.iter().enumerate().map(|(i, b)| body(&format!("{here}[{i}]"), b, at(i), inner)).sum(),
            ("object", Value::Object(_)) => body(here, v, unknown, inner),
            ("map", Value::Object(map)) => map.iter().map(|(k, b)| body(&format!("{here}[{k}]"), b, &Value::Null, inner)).sum(),
            _ => panic!("{here} is no {kind}: {v}"),
        };
    }
    let plain = |v: &Value| v.is_string() || v.is_number() || v.is_boolean();
    let fits = match shape.as_str().unwrap().trim_end_matches('!') {
        "string" => v.is_string(),
        "number" => v.is_number(),
        "bool" => v.is_boolean(),
        "list" => v.as_array().is_some_and(|l| l.iter().all(plain)),
        "map" => v.as_object().is_some_and(|m| m.values().all(plain)),
        "any" => true,
        other => panic!("{other}"),
    };
    assert!(fits, "{here} is no {shape}: {v}");
    1
}
