//! What holds for every kind.
use infra::cloud::{Class, Cloud, Observe};
use infra::diff::{Context, diff};
use infra::kinds::{Kind, Links, Object};
use infra::model::{Mode, Secret, Stamp};
use infra::observe::observe;
use infra::plan::{PlanError, Verb};
use infra::run::Outcome;
use serde_json::{Value, json};

use super::world::{FULL, apply, copy, sandbox, settled_plan, stack, with};

#[test]
fn an_object_does_not_differ_from_itself() {
    for (address, object) in &stack(&[FULL]).nodes {
        assert_eq!(diff(Some(object), Some(object), &Context::still()), vec![], "{address}");
    }
}

#[test]
fn serde_and_schema_go_round() {
    for (address, object) in &stack(&[FULL]).nodes {
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
    let full = stack(&[FULL]);
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
                Err(e) if e.iter().all(|p| matches!(p, PlanError::Blocked { .. })) => continue,
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
        Value::Number(n) => *v = json!(n.as_i64().unwrap() + 1),
        Value::String(s) if s.ends_with(".0/16") => *v = json!("10.0.0.0/15"),
        Value::String(s) if s.parse::<ipnet::Ipv4Net>().is_ok() => *v = json!("10.0.240.0/20"),
        Value::String(s) => s.push('x'),
        Value::Object(m) if m.contains_key("ref") => return false,
        Value::Object(m) => return m.values_mut().any(change),
        Value::Array(a) if a.iter().any(Value::is_string) => a.push(json!("another")),
        Value::Array(a) => return a.iter_mut().any(change),
        Value::Null => return false,
    }
    true
}

/// Every verb run twice gives the same world; deleting twice succeeds; nothing is deleted that is in use.
#[tokio::test(start_paused = true)]
async fn verbs_may_be_run_twice() {
    let full = stack(&[FULL]);
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
        let stamp = Stamp { stack: "full".into(), address: object.0.clone(), run: "r".into(), step: 0, digest: "d".into() };
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
            infra::render::json::plan(plan).to_string(),
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
