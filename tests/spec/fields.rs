//! A plan names the user's own field: every scalar of the examples is changed, and what that changes in the objects leads back to it.
use infra::diff::{Context, diff};
use infra::stack::{Field, Stack};
use serde_json::Value;
use std::collections::BTreeSet;

use crate::support::sparse;

const FILES: [&str; 2] = ["examples/production.yaml", "tests/laws/full.yaml"];

/// What is tried in place of a text, where the field's schema takes it; what the spec does not fit with then is left out.
const TEXTS: &[&str] = &[
    "tests/support/code/other",
    "python3.14",
    "30 9 * * *",
    "Europe/Paris",
    "assets.example.com",
    "app",
    "hello",
    "data",
    "https",
    "http",
    "vpc",
    "anywhere",
    "cdn",
    "20s",
    "90s",
    "10m",
    "2h",
    "8d",
    "60d",
    "400d",
    "200GiB",
    "600GiB",
    "10.1.0.0/16",
    "203.0.113.0/25",
    "1.35",
    "7.0",
    "8.0",
    "16.3",
    "t3.large",
    "t4g.small",
    "cache.r7g.xlarge",
    "db.r7g.xlarge",
    "s3:PutObject",
    "arn:aws:lambda:us-east-1:123456789012:layer:fonts:4",
    "arn:aws:s3:::shop-other/*",
    "ghcr.io/example/shop:2.0",
    "ami-0123456789abcdef1",
    "https://shop.example.com",
    "2030-12-01T05:00Z",
    "arn:aws:kms:us-east-1:123456789012:key/1",
    "/ready",
    "/y/*",
    "https://www.example.com/y",
    "200-204",
    "sat:05:00-sat:06:00",
    "07:00-08:00",
    "us-east-1d",
    "ELBSecurityPolicy-2016-08",
    "192.0.2.7",
    "mx2.example.net",
    "9000-9001",
    "ssl",
    "'quoted'",
];

/// How many values of a field are tried.
const TRIED: usize = 12;

/// Changes that must come together.
const JOINT: [(&str, &str); 3] =
    [("us-east-1", "eu-central-1"), ("example.com", "example.org"), ("policy/infra-full", "policy/infra-other")];

/// The objects of a spec, and the spec with every default.
fn stack(spec: &Value) -> Option<(Stack, Value)> {
    let text = serde_yaml::to_string(spec).expect("plain data");
    let loaded = infra::spec::load(&[("infra.yaml".into(), text)], &|_| None).ok()?;
    let stack = infra::spec::lower::lower(&loaded.spec, &|_| Some("swordfish".into())).ok()?;
    Some((stack, serde_json::to_value(&loaded.spec).expect("plain data")))
}

fn scalars(value: &Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        _ => return out.push(path.clone()),
    };
    for (step, value) in below {
        path.push(step);
        scalars(value, path, out);
        path.pop();
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Other values for a scalar.
fn others(value: &Value, schemas: &[&Value]) -> Vec<Value> {
    match value {
        Value::Bool(on) => vec![(!on).into()],
        Value::Number(number) => {
            let n = number.as_i64().unwrap_or_default();
            [n + 1, n - 1, n * 2].into_iter().map(Value::from).collect()
        }
        _ => {
            let words = schemas.iter().filter_map(|schema| schema.get("const").cloned());
            let texts = |schema: &&&Value| schema.get("type") == Some(&"string".into());
            let takes = |text: &&&str| schemas.iter().filter(texts).any(|schema| jsonschema::is_valid(schema, &(**text).into()));
            words.chain(TEXTS.iter().filter(takes).map(|text| (*text).into())).collect()
        }
    }
}

/// The names that a path goes by: an item of a list goes by its name where it has one.
fn named(whole: &Value, path: &[String]) -> Vec<String> {
    let name = |depth: usize| {
        let item = whole.pointer(&pointer(&path[..=depth]))?;
        path[depth].parse::<usize>().ok()?;
        item.get("name")?.as_str().map(str::to_string)
    };
    (0..path.len()).map(|depth| name(depth).unwrap_or_else(|| path[depth].clone())).collect()
}

/// Whether a field is the one at a path, or something that this is a part of.
fn leads(field: &Field, path: &[String]) -> bool {
    let steps: Vec<&str> = field.path.split('.').collect();
    let whole = path.join(".");
    field.path == whole || steps.len() <= path.len() && steps.iter().zip(path).all(|(step, own)| *step == "*" || step == own)
}

/// What leads where.
#[derive(Default)]
struct Tally {
    changed: usize,
    spelled: usize,
    wrong: BTreeSet<String>,
}

/// A spec before and after the fields at `paths` were changed.
fn compare(tally: &mut Tally, (before, whole): &(Stack, Value), (after, now): &(Stack, Value), paths: &[Vec<String>]) {
    let names: BTreeSet<Vec<String>> = paths.iter().flat_map(|path| [named(whole, path), named(now, path), path.clone()]).collect();
    for (address, object) in &after.nodes {
        let Some(old) = before.nodes.get(address) else { continue };
        for change in diff(Some(old), Some(object), &Context::still()) {
            tally.changed += 1;
            let fields = after.fields_of(address, &change.path);
            if !fields.iter().any(|field| names.iter().any(|path| leads(field, path))) {
                tally.wrong.insert(format!("{}: {address} {}", paths[0].join("."), change.path));
            }
            let own = fields.iter().find(|field| names.iter().any(|path| field.path == path.join(".")));
            let value = change.after.as_ref().filter(|value| !value.is_object() && !value.is_null());
            if let (Some(spelled), [path]) = (own.and_then(|own| own.spelling.spelled(value?)), paths) {
                tally.spelled += 1;
                assert_eq!(Some(&spelled), now.pointer(&pointer(path)), "{}: {address} {}", path.join("."), change.path);
            }
        }
    }
}

#[test]
fn what_a_field_changes_leads_back_to_it() {
    let schema = infra::spec::schema::typed();
    let (mut tally, mut idle) = (Tally::default(), BTreeSet::new());
    for file in FILES {
        let spec = super::yaml(file);
        let before = stack(&spec).expect(file);
        let mut paths = Vec::new();
        scalars(&spec, &mut Vec::new(), &mut paths);
        for path in paths.iter().step_by(sparse(1, 3)) {
            let (place, mut schemas) = (pointer(path), Vec::new());
            there(schema, schema, &path.iter().map(String::as_str).collect::<Vec<_>>(), &mut schemas);
            let own = spec.pointer(&place).expect("it was found there");
            let others = others(own, &schemas).into_iter().filter(|other| other != own).take(TRIED);
            let changed = others.filter_map(|other| {
                let mut changed = spec.clone();
                *changed.pointer_mut(&place).expect("it was found there") = other;
                stack(&changed)
            });
            let mut fitting = 0;
            for after in changed.take(sparse(3, 1)) {
                fitting += 1;
                compare(&mut tally, &before, &after, std::slice::from_ref(path));
            }
            // Entries of a list of names are alike.
            let alike = path.iter().filter(|step| step.parse::<usize>().is_err()).cloned().collect::<Vec<_>>();
            idle.extend((fitting == 0).then(|| alike.join(".")));
        }
        for (from, to) in JOINT {
            let changed = serde_json::to_string(&spec).expect("plain data").replace(from, to);
            let changed: Value = serde_json::from_str(&changed).expect("still JSON");
            let moved: Vec<Vec<String>> =
                paths.iter().filter(|path| spec.pointer(&pointer(path)) != changed.pointer(&pointer(path))).cloned().collect();
            compare(&mut tally, &before, &stack(&changed).expect(to), &moved);
        }
    }
    let Tally { changed, spelled, wrong } = tally;
    println!(
        "{changed} attributes changed, {spelled} of them spelled as the field is; {} fields can't be changed alone: {idle:#?}",
        idle.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        changed > sparse(500, 100) && spelled > sparse(100, 20) && idle.len() < 64,
        "{changed} attributes changed, {spelled} spelled, idle: {idle:#?}"
    );
}

/// Fields that are named stand in the schema, and attributes in their kinds.
#[test]
fn rules_name_what_there_is() {
    let schema = infra::spec::schema::typed();
    for file in FILES {
        let (stack, _) = stack(&super::yaml(file)).expect(file);
        for (address, object) in &stack.nodes {
            let section = stack.origins[address].split('.').next().expect("a section");
            let known: BTreeSet<&str> = object.attributes().iter().map(|attribute| attribute.name).collect();
            for rule in &stack.fields[section][address.kind.label()] {
                let attribute = rule.attribute.split('.').next().expect("an attribute");
                let tag = attribute == "tags";
                assert!(tag || known.contains(attribute), "{}: {}", address.kind.label(), rule.attribute);
                let steps: Vec<&str> = rule.field.split('.').collect();
                assert!(there(schema, schema, &steps, &mut Vec::new()), "{}: {}", address.kind.label(), rule.field);
            }
        }
    }
}

/// The schemas without branches that a path leads to; `{}` and `*` are any name. Whether there is one.
fn there<'a>(root: &'a Value, schema: &'a Value, steps: &[&str], out: &mut Vec<&'a Value>) -> bool {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return root.pointer(name.trim_start_matches('#')).is_some_and(|target| there(root, target, steps, out));
    }
    let branches = ["anyOf", "oneOf"].iter().filter_map(|word| schema.get(*word)?.as_array()).flatten();
    let found = out.len();
    for branch in branches {
        there(root, branch, steps, out);
    }
    let Some((step, rest)) = steps.split_first() else {
        out.extend((out.len() == found).then_some(schema));
        return true;
    };
    let free = ["{}", "*"].contains(step);
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (_, field) in fields.filter(|(name, _)| free || name == step) {
        there(root, field, rest, out);
    }
    let entries = schema.get("patternProperties").and_then(|entries| entries.as_object()?.values().next());
    if let Some(below) = entries.or(schema.get("additionalProperties")).or(schema.get("items")).filter(|below| below.is_object()) {
        there(root, below, rest, out);
    }
    out.len() > found
}
