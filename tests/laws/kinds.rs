//! What holds for every kind.
use infra::cloud::{Cloud, Observe};
use infra::diff::{Context, diff};
use infra::kinds::{Kind, Links, Object, Stamp, refs};
use infra::model::{Mode, Secret};
use infra::observe::observe;
use infra::plan::{PlanError, Verb};
use infra::redact::Redactor;
use infra::run::Outcome;
use infra::wire::Class;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use super::world::{FULL, apply, copy, examples, sandbox, settled_plan, stack, with};

#[test]
fn an_object_does_not_differ_from_itself() {
    for (address, object) in &examples().nodes {
        assert_eq!(diff(Some(object), Some(object), &Context::still()), vec![], "{address}");
    }
}

#[test]
fn serde_and_schema_go_round() {
    for (address, object) in &examples().nodes {
        let json = serde_json::to_value(object).unwrap();
        let back: Object = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), json, "{address}");
        let inner = json.as_object().unwrap().values().next().unwrap();
        let schema = object.kind().schema().to_value();
        let errors: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(inner).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{address}: {errors:?}");
    }
}

/// Every single change of an attribute is applied in place or by a replacement, arrives, and is then no change.
#[tokio::test(start_paused = true)]
async fn every_attribute_can_be_changed() {
    let full = examples();
    let world = with(&full, 3).await;
    let mut cases = 0;
    for kind in Kind::ALL {
        let (address, object) = full.nodes.iter().find(|(a, _)| a.kind == *kind).unwrap();
        for attribute in object.attributes().into_iter().filter(|a| a.mode.compared()) {
            let Some(other) = mutated(object, attribute.name) else { continue };
            let tag = format!("{address}.{}", attribute.name);
            let mut to = full.clone();
            to.nodes.insert(address.clone(), other);
            let cloud = copy(&world, 3);
            let plan = match settled_plan(&cloud, &to).await {
                Ok(plan) => plan,
                // Refused: a service takes no such value there.
                Err(e) if e.iter().all(|p| matches!(p, PlanError::Blocked { .. } | PlanError::Refused { .. })) => continue,
                Err(e) => panic!("{tag}: {e:?}"),
            };
            let change = plan.changes.iter().find(|c| c.address == *address).unwrap_or_else(|| panic!("{tag}: no change"));
            assert_eq!(matches!(change.verb, Verb::Replace(_)), attribute.mode == Mode::Replace, "{tag}");
            assert!(change.attrs.iter().any(|a| a.path.starts_with(attribute.name)), "{tag}");
            let (outcome, events) = apply(&cloud, &plan, "r1").await;
            assert_eq!(outcome, Outcome::Applied, "{tag} {events:#?}");
            let rest = settled_plan(&cloud, &to).await.unwrap();
            assert!(rest.is_empty(), "{tag}: {:#?}", rest.changes);
            cases += 1;
        }
    }
    println!("attributes changed: {cases}");
    assert!(cases > 100);
}

/// The object with one attribute changed by hand; `None` for what can't be changed without its whole neighbourhood (references).
pub(super) fn mutated(object: &Object, name: &str) -> Option<Object> {
    let mut json = serde_json::to_value(object).unwrap();
    let field = json.as_object_mut().unwrap().values_mut().next().unwrap().get_mut(name).unwrap();
    if !change(field) {
        return None;
    }
    serde_json::from_value(json).ok()
}

fn change(v: &mut Value) -> bool {
    match v {
        Value::Bool(b) => *b = !*b,
        Value::Number(n) => *v = n.as_i64().map_or_else(|| json!(n.as_f64().unwrap() + 1.0), |n| json!(n + 1)),
        Value::String(s) if s.ends_with(".0/16") => *v = json!("10.0.0.0/15"),
        Value::String(s) if s.parse::<ipnet::Ipv4Net>().is_ok() => *v = json!("10.0.240.0/20"),
        Value::String(s) if s.starts_with("t3.") => *v = json!("t3.large"),
        // What the region offers beside what the examples have.
        Value::String(s) if s == "16.11" => *v = json!("16.13"),
        Value::String(s) if s == "db.t4g.medium" => *v = json!("db.t4g.large"),
        Value::String(s) if s == "allkeys-lru" => *v = json!("allkeys-lfu"),
        Value::String(s) if s.starts_with("ELBSecurityPolicy-") => *v = json!("ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
        Value::String(s) if s.ends_with(|c: char| c.is_ascii_digit()) => s.push('1'),
        Value::String(s) => s.push('x'),
        Value::Object(m) if m.contains_key("$ref") => return false,
        Value::Object(m) => return m.values_mut().any(change),
        Value::Array(a) if a.iter().any(|x| x.as_str().is_some_and(|s| s.starts_with("arn:"))) => {
            a.push(json!("arn:aws:iam::aws:policy/Another"))
        }
        Value::Array(a) if a.iter().any(Value::is_string) => a.push(json!("another.example.com")),
        Value::Array(a) => return a.iter_mut().any(change),
        Value::Null => return false,
    }
    true
}

/// Whatever keys users choose: in every map of every kind they come back, are compared entry by entry, name nothing, and switch no redaction off.
#[test]
fn keys_of_users_are_theirs() {
    const KEYS: &[&str] = &["ref", "secret", "text", "computed", "ranked", "plain", "$ref", "$secret", "$$", "literal", "output"];
    let full = stack(&[FULL]);
    let redactor = Redactor::new(["swordfish9".to_owned()]);
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (address, object) in &full.nodes {
        let whole = serde_json::to_value(object).unwrap();
        for path in maps(&whole) {
            let entry = |key: &str, value: &Value| {
                let mut changed = whole.clone();
                changed.pointer_mut(&path).unwrap().as_object_mut().unwrap().insert(key.into(), value.clone());
                serde_json::from_value::<Object>(changed).ok()
            };
            let samples = ["x", "swordfish9"].map(|text| sample(whole.pointer(&path).unwrap(), text));
            let Some(before) = entry("ref", &samples[0]) else { continue };
            if serde_json::to_value(&before).unwrap() == whole {
                continue; // no map, but a struct that ignores what it doesn't know
            }
            found.insert(format!("{} {path}", address.kind.label()));
            for key in KEYS {
                let mark = if key.starts_with('$') { format!("${key}") } else { (*key).to_owned() };
                let [one, other] = [&samples[0], &samples[1]].map(|v| entry(&mark, v).unwrap());
                let here = serde_json::to_value(&one).unwrap();
                assert_eq!(here.pointer(&path).unwrap().get(&mark), Some(&samples[0]), "{address} {path}: {key} comes back");
                assert_eq!(serde_json::from_value::<Object>(here).unwrap(), one, "{address} {path}: {key}");
                assert!(refs(&one).eq(refs(object)), "{address} {path}: {key} is no reference");
                if samples[0] != samples[1] {
                    let changes = diff(Some(&one), Some(&other), &Context::still());
                    let compared = object.attributes().iter().any(|a| path.split('/').nth(2) == Some(a.name) && a.mode.compared());
                    assert_eq!(!changes.is_empty(), compared, "{address} {path}: {key}: {changes:?}");
                    // Within an entry of a list the whole entry differs.
                    let listed = path.split('/').any(|step| step.parse::<usize>().is_ok());
                    let named = |path: &str| path.split('.').any(|part| part == *key);
                    assert!(listed || changes.iter().all(|c| named(&c.path)), "{address} {path}: {key}: {changes:?}");
                }
                for attribute in &mut other.attributes() {
                    redactor.attribute(attribute.name, &mut attribute.value);
                    assert!(
                        !attribute.value.to_string().contains("swordfish9"),
                        "{address} {path}: {key} hides its neighbour from redaction"
                    );
                }
            }
            // A key that looks like a mark is written as none.
            let alone = serde_json::to_value(entry("$ref", &samples[0]).unwrap()).unwrap();
            assert!(
                alone.pointer(&path).unwrap().get("$$ref").is_some(),
                "{address} {path} is a map of users' keys, but not an `Open` one"
            );
        }
    }
    let kinds: BTreeSet<&str> = found.iter().filter_map(|f| f.split(' ').next()).collect();
    let tagged = full.nodes.values().filter(|o| o.attributes().iter().any(|a| a.name == "tags")).map(|o| o.kind().label());
    assert!(tagged.collect::<BTreeSet<_>>().is_subset(&kinds), "{found:#?}");
    for more in ["route_table", "db_parameter_group", "header_rules", "iam_role", "prefix_list", "zone_setting"] {
        assert!(kinds.contains(more), "{more} has a map of its own: {found:#?}");
    }
}

/// Where maps stand in a value, as JSON pointers.
fn maps(v: &Value) -> Vec<String> {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let inner: Vec<(String, &Value)> = match v {
        Value::Object(m) => m.iter().map(|(k, v)| (escape(k), v)).collect(),
        Value::Array(a) => a.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => vec![],
    };
    let own = v.is_object().then(String::new);
    own.into_iter().chain(inner.iter().flat_map(|(step, v)| maps(v).into_iter().map(move |rest| format!("/{step}{rest}")))).collect()
}

/// A value for one more entry of a map: with this text in it where its entries hold one.
fn sample(map: &Value, text: &str) -> Value {
    fn fill(v: &mut Value, text: &str) -> bool {
        match v {
            Value::String(s) if !s.contains('.') => {
                *s = text.into();
                true
            }
            Value::Object(m) if m.keys().any(|k| k == "$ref" || k == "$secret" || k == "output") => false,
            Value::Object(m) => m.values_mut().any(|v| fill(v, text)),
            Value::Array(a) => a.iter_mut().any(|v| fill(v, text)),
            _ => false,
        }
    }
    let entries = || map.as_object().unwrap().values();
    let filled = |v: &Value| {
        let mut value = v.clone();
        fill(&mut value, text).then_some(value)
    };
    let first = || entries().find(|v| v.is_object()).or(entries().next()).cloned();
    let value = entries().filter(|v| v.is_object()).find_map(filled).or_else(|| first().map(|v| filled(&v).unwrap_or(v)));
    value.unwrap_or(json!(text))
}

/// Every verb run twice gives the same world; deleting twice succeeds; nothing is deleted that is in use.
#[tokio::test(start_paused = true)]
async fn verbs_may_be_run_twice() {
    let full = examples();
    let cloud = with(&full, 5).await;
    let world = observe(&cloud, "full", &full.renamed).await.unwrap();
    let links = Links(world.live.iter().map(|(a, g)| (a.clone(), g[0].clone())).collect());
    for live in world.live.values().flatten() {
        let before = super::world::view(&cloud);
        cloud.update(live, &live.object, &links, &live.stamp).await.unwrap();
        cloud.update(live, &live.object, &links, &live.stamp).await.unwrap();
        assert_eq!(super::world::view(&cloud), before, "{}", live.stamp.address);
        let used = world.live.values().flatten().any(|l| l.points.contains(&live.id));
        if used {
            assert_eq!(cloud.delete(live).await.unwrap_err().class, Class::Conflict, "{}", live.stamp.address);
        }
    }
    for kind in Kind::ALL {
        let cloud = sandbox(1);
        let object = full.nodes.iter().find(|(a, _)| a.kind == *kind).unwrap();
        let stamp = Stamp {
            stack: "full".into(),
            address: object.0.clone(),
            run: "r".into(),
            step: 0,
            identity: String::new(),
            digest: "d".into(),
        };
        let live = cloud.create(object.1, &links, &stamp).await;
        let Ok(live) = live else { continue }; // it points at what is not in this empty world
        cloud.delete(&live).await.unwrap();
        cloud.delete(&live).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(cloud.list(*kind, "full").await.unwrap(), vec![]);
    }
}

/// No secret in any byte of a plan, its renderings, the events, the sandbox or a Debug output.
#[tokio::test(start_paused = true)]
async fn secrets_stay_secret() {
    let secret = "value-of-API_TOKEN";
    let full = stack(&[FULL]);
    assert!(format!("{:?}", Secret::new(secret)).find(secret).is_none());
    let cloud = sandbox(1);
    let plan = settled_plan(&cloud, &full).await.unwrap();
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied);
    let changed = stack(&[&FULL.replace("from_env: API_TOKEN", "from_env: OTHER"), ""]);
    let next = settled_plan(&cloud, &changed).await.unwrap();
    assert!(next.changes.iter().any(|c| c.attrs.iter().any(|a| a.path.contains("API_TOKEN"))), "a changed secret is a change");
    for plan in [&plan, &next] {
        let detail = infra::render::text::Detail { style: infra::render::style::Style { color: true }, verbose: true };
        let everything = [
            format!("{plan:?}"),
            serde_json::to_string(plan).unwrap(),
            infra::render::text::plan(plan, detail),
            infra::render::json::plan(plan, crate::support::scene(), None).to_string(),
            serde_json::to_string(&events).unwrap(),
            infra::render::report::outcome(plan, &events, &outcome, 1, detail),
            format!("{:?}", cloud.objects()),
            serde_json::to_string(&cloud.objects()).unwrap(),
        ];
        for (i, text) in everything.iter().enumerate() {
            assert!(!text.contains("value-of-"), "a secret in {i}");
        }
    }
}

/// What a kind says of a new object in one line is of attributes that it has, and something of it is said of its example.
#[test]
fn hints_name_attributes() {
    use infra::diff::{Context, diff};
    for kind in Kind::ALL.iter().filter(|kind| !kind.hint().is_empty()) {
        let example = kind.example();
        let names: Vec<&str> = example.attributes().iter().map(|a| a.name).collect();
        for slot in kind.hint().iter().flat_map(|piece| piece.split('{').skip(1)) {
            let path = slot.split(['}', '?', '#', '@']).next().unwrap();
            let first = path.split('.').next().unwrap();
            assert!(names.contains(&first), "{}: {path} is no attribute", kind.label());
        }
        let attrs = diff(None, Some(&example), &Context::still());
        let said = kind.hint().iter().filter(|piece| infra::render::hint::filled(piece, &attrs).is_some()).count();
        assert!(said > 0, "{}: nothing is said of its example", kind.label());
    }
}
