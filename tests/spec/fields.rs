//! A plan names the user's own field: every scalar of the examples is changed, and what that changes in the objects leads back to it.
use infra::diff::{Context, diff};
use infra::stack::{Field, Stack};
use serde_json::Value;
use std::collections::BTreeSet;

const FILES: [&str; 2] = ["examples/production.yaml", "tests/laws/full.yaml"];

/// What is tried in place of a text; what does not fit is left out.
const TEXTS: &[&str] = &[
    "20s",
    "90s",
    "10m",
    "2h",
    "8d",
    "60d",
    "200GiB",
    "600GiB",
    "10.1.0.0/16",
    "203.0.113.0/25",
    "7.0",
    "8.0",
    "16.3",
    "t3.large",
    "t4g.small",
    "cache.r7g.xlarge",
    "db.r7g.xlarge",
    "ghcr.io/example/shop:2.0",
    "ami-0123456789abcdef1",
    "public",
    "private",
    "isolated",
    "single",
    "none",
    "per_zone",
    "internal",
    "internet_facing",
    "gp2",
    "gp3",
    "io1",
    "redis",
    "valkey",
    "mysql",
    "mariadb",
    "postgres",
    "off",
    "flexible",
    "full",
    "strict",
    "1.3",
    "1.1",
    "medium",
    "low",
    "high",
    "block",
    "log",
    "js_challenge",
    "managed_challenge",
    "free",
    "data",
    "app",
    "https",
    "http",
    "vpc",
    "anywhere",
    "cdn",
    "assets.example.com",
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
    "tcp",
    "udp",
    "9000-9001",
    "s3",
    "dynamodb",
    "ssl",
    "shop2",
    "'\"quoted\"'",
    "issuewild",
    "eu-central-1",
    "all",
];

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
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(on) => vec![(!on).into()],
        Value::Number(number) => {
            let n = number.as_i64().unwrap_or_default();
            [n + 1, n - 1, n * 2].into_iter().map(Value::from).collect()
        }
        _ => TEXTS.iter().map(|text| (*text).into()).collect(),
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

#[test]
fn what_a_field_changes_leads_back_to_it() {
    let mut wrong = BTreeSet::new();
    let (mut changed, mut spellings, mut idle) = (0, 0, BTreeSet::new());
    for file in FILES {
        let spec = super::yaml(file);
        let (before, whole) = stack(&spec).expect(file);
        let mut paths = Vec::new();
        scalars(&spec, &mut Vec::new(), &mut paths);
        for path in paths {
            let place = pointer(&path);
            let mut tried = 0;
            for other in others(spec.pointer(&place).expect("it was found there")) {
                let mut spoilt = spec.clone();
                let here = spoilt.pointer_mut(&place).expect("it was found there");
                if *here == other {
                    continue;
                }
                *here = other;
                let Some((after, now)) = stack(&spoilt) else { continue };
                tried += 1;
                let names = [named(&whole, &path), named(&now, &path), path.clone()];
                for (address, object) in &after.nodes {
                    for change in diff(before.nodes.get(address), Some(object), &Context::still()) {
                        if !before.nodes.contains_key(address) {
                            continue;
                        }
                        changed += 1;
                        let fields = after.fields_of(address, &change.path);
                        if !fields.iter().any(|field| names.iter().any(|path| leads(field, path))) {
                            wrong.insert(format!("{}: {address} {}", path.join("."), change.path));
                        }
                        let own = fields.iter().find(|field| names.iter().any(|path| field.path == path.join(".")));
                        let value = change.after.as_ref().filter(|value| !value.is_object() && !value.is_null());
                        if let Some(spelled) = own.and_then(|own| own.spelling.spelled(value?)) {
                            spellings += 1;
                            assert_eq!(Some(&spelled), now.pointer(&place), "{}: {address} {}", path.join("."), change.path);
                        }
                    }
                }
                if tried == 3 {
                    break;
                }
            }
            if tried == 0 {
                idle.insert(path.join("."));
            }
        }
    }
    println!(
        "{changed} attributes changed, {spellings} of them spelled as the field is; of {} fields there is no other value: {idle:#?}",
        idle.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(changed > 500 && spellings > 100, "only {changed} attributes changed, {spellings} spelled");
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
                assert!(there(schema, schema, &steps), "{}: {}", address.kind.label(), rule.field);
            }
        }
    }
}

/// Whether a path leads to something in a schema.
fn there(root: &Value, schema: &Value, steps: &[&str]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return root.pointer(name.trim_start_matches('#')).is_some_and(|target| there(root, target, steps));
    }
    let branches = ["anyOf", "oneOf"].iter().filter_map(|word| schema.get(*word)?.as_array()).flatten();
    if branches.into_iter().any(|branch| there(root, branch, steps)) {
        return true;
    }
    if let Some(field) = schema.get("properties").and_then(|fields| fields.get(*step)) {
        return there(root, field, rest);
    }
    let free = ["{}", "*"].contains(step);
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|fields| fields.values());
    if free && fields.into_iter().any(|field| there(root, field, rest)) {
        return true;
    }
    let entries = schema.get("patternProperties").and_then(|entries| entries.as_object()?.values().next());
    let below = entries.or(schema.get("additionalProperties")).or(schema.get("items"));
    free && below.is_some_and(|below| below.is_object() && there(root, below, rest))
}
