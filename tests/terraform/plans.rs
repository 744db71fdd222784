//! What the documents say of a plan.
use std::collections::BTreeSet;

use infra::kinds::{Kind, Object};
use infra::model::Order;
use infra::plan::{Saved, Verb};
use infra::render::terraform;
use serde_json::{Value, json};

use super::{acting, document, list, saved, way, ways, word};
use crate::cli::Infra;
use crate::laws::world::{FULL, stack, with, with_examples};
use crate::support::sparse;

/// No canonical value is left in what is printed, and no secret.
#[tokio::test(start_paused = true)]
async fn values_are_plain() {
    for (way, saved) in ways().await {
        let document = document(&saved);
        tags(&way, &document["resource_changes"]);
        tags(&way, &document["planned_values"]);
        tags(&way, &document["prior_state"]);
        let everything = format!("{document}{}", terraform::text::plan(&saved));
        assert!(!everything.contains("value-of-") && !everything.contains("(sensitive:"), "{way}: a secret");
        assert!(!everything.contains("\"=") && !everything.contains("${"), "{way}: a place that is not filled in");
    }
}

fn tags(path: &str, v: &Value) {
    match v {
        Value::Object(map) => {
            for tag in ["$computed", "$ranked", "$text", "$secret", "$plain"] {
                assert!(!map.contains_key(tag), "{path}: {v}");
            }
            assert!(map.len() > 1 || !map.contains_key("$ref"), "{path}: {v}");
            map.iter().for_each(|(k, v)| tags(&format!("{path}.{k}"), v));
        }
        Value::Array(list) => list.iter().for_each(|v| tags(path, v)),
        _ => {}
    }
}

/// An update differs, and what stays doesn't; each side is there just when it should be; nothing known is called unknown.
#[tokio::test(start_paused = true)]
async fn actions_are_as_the_sides_say() {
    let mut cases = 0;
    for (way, saved) in ways().await {
        let document = document(&saved);
        for entry in list(&document, "/resource_changes") {
            let (change, here) = (&entry["change"], format!("{way}: {}", word(entry, "/address")));
            let actions: Vec<&str> = list(change, "/actions").iter().map(|a| a.as_str().unwrap()).collect();
            let (before, after) = (!change["before"].is_null(), !change["after"].is_null());
            let unknown = change["after_unknown"].to_string().contains("true");
            let differs = change["before"] != change["after"] || unknown;
            let hidden = change["after_sensitive"].to_string().contains("true");
            match actions[..] {
                ["create"] => assert!(!before && after, "{here}"),
                ["delete"] => assert!(before && !after, "{here}"),
                ["update"] => assert!(before && after && (differs || hidden), "{here}"),
                ["no-op"] => assert!(before && after && !differs, "{here}: {change:#}"),
                ["create", "delete"] | ["delete", "create"] => assert!(before && after && entry.get("action_reason").is_some(), "{here}"),
                _ => panic!("{here}: {actions:?}"),
            }
            for path in change.get("replace_paths").and_then(Value::as_array).into_iter().flatten() {
                let name = path[0].as_str().unwrap();
                let hidden = change["after_sensitive"][name] == true;
                let differs = change["before"][name] != change["after"][name] || change["after_unknown"][name] == true;
                assert!(differs || hidden, "{here}: {name}");
            }
            let masked = change["after_unknown"].as_object().into_iter().flatten().filter(|(_, v)| **v == json!(true));
            masked.for_each(|(name, _)| assert!(change["after"].get(name).is_none(), "{here}: {name}"));
            cases += 1;
        }
    }
    println!("changes: {cases}");
    assert!(cases > 500);
}

/// Every object of both worlds is there, with the action that the plan has for it; what is wanted stands in the planned values.
#[tokio::test(start_paused = true)]
async fn documents_hold_the_whole_plan() {
    for (way, saved) in ways().await {
        let document = document(&saved);
        let main: BTreeSet<&str> = Kind::ALL.iter().map(|k| k.terraform_type()).collect();
        let of = |pointer: &str| list(&document, pointer).iter().filter(|r| main.contains(word(r, "/type"))).count();
        assert_eq!(of("/planned_values/root_module/resources"), saved.stack.nodes.len(), "{way}");
        assert_eq!(of("/prior_state/values/root_module/resources"), saved.read.live.len(), "{way}");
        assert_eq!(of("/configuration/root_module/resources"), saved.stack.nodes.len(), "{way}");
        let n = |f: fn(Verb) -> bool| saved.plan.changes.iter().filter(|c| f(c.verb)).count();
        let mains = |actions: &[&[&str]]| {
            let all = list(&document, "/resource_changes").iter().filter(|r| main.contains(word(r, "/type")));
            all.filter(|r| actions.iter().any(|a| r["change"]["actions"] == json!(a))).count()
        };
        assert_eq!(mains(&[&["create"]]), n(|v| v == Verb::Create), "{way}");
        assert_eq!(mains(&[&["delete"]]), n(|v| v == Verb::Delete), "{way}");
        assert_eq!(mains(&[&["create", "delete"]]), n(|v| v == Verb::Replace(Order::CreateFirst)), "{way}");
        assert_eq!(mains(&[&["delete", "create"]]), n(|v| v == Verb::Replace(Order::DeleteFirst)), "{way}");
        for pointer in ["/planned_values/root_module/resources", "/prior_state/values/root_module/resources", "/resource_changes"] {
            let all = list(&document, pointer);
            let addresses: BTreeSet<(&str, &str)> = all.iter().map(|r| (word(r, "/address"), word(r, "/deposed"))).collect();
            assert_eq!(addresses.len(), all.len(), "{way}: {pointer}");
        }
        assert_eq!(document["applyable"], json!(!saved.plan.is_empty()));
    }
}

/// A pointer is its target's id, or its ARN where Terraform says so; it is unknown while the target isn't there.
#[tokio::test(start_paused = true)]
async fn pointers_are_resolved() {
    let find = |document: &Value, address: &str| -> Value {
        let all = list(document, "/resource_changes");
        all.iter().find(|r| r["address"] == address).unwrap_or_else(|| panic!("{address}"))["change"].clone()
    };
    let new = document(&way("nothing", "full").await);
    let subnet = find(&new, "aws_subnet.public-a");
    assert_eq!((subnet["after"].get("vpc_id"), &subnet["after_unknown"]["vpc_id"]), (None, &json!(true)));
    assert_eq!(subnet["after"]["cidr_block"], "10.0.0.0/24");
    let configured = list(&new, "/configuration/root_module/resources").iter().find(|r| r["address"] == "aws_subnet.public-a").unwrap();
    assert_eq!(configured["expressions"]["vpc_id"]["references"], json!(["aws_vpc.main.id", "aws_vpc.main"]));
    assert_eq!(configured["expressions"]["cidr_block"]["constant_value"], "10.0.0.0/24");
    let there = document(&way("full", "full").await);
    let vpc = find(&there, "aws_vpc.main");
    assert_eq!(find(&there, "aws_subnet.public-a")["after"]["vpc_id"], vpc["after"]["id"]);
    let role = find(&there, "aws_flow_log.main")["after"]["iam_role_arn"].as_str().unwrap().to_owned();
    assert!(role.starts_with("arn:aws:iam::123456789012:role/infra/full/us-east-1/"), "{role}");
    let moved = document(&way("full", "another network").await);
    let subnet = find(&moved, "aws_subnet.public-a");
    assert_eq!(subnet["before"]["vpc_id"], vpc["after"]["id"], "the old one keeps its place");
    assert_eq!(subnet["after_unknown"]["vpc_id"], true);
    assert_eq!(subnet["replace_paths"], json!([["cidr_block"], ["vpc_id"]]));
}

/// What was left by an earlier run stands beside what an address means, as a deposed object.
#[tokio::test(start_paused = true)]
async fn generations_are_deposed() {
    let full = stack(&[FULL]);
    let cloud = with(&full, 1).await;
    let mut saved = saved(&cloud, &full).await;
    let address = crate::support::address("vpc.main");
    let mut other = saved.read.live[&address][0].clone();
    other.id = "vpc-left".into();
    other.stamp.run = "left".into();
    saved.read.live.get_mut(&address).unwrap().push(other);
    let allowed = saved.allowed.clone();
    saved.plan = infra::plan::plan(&saved.stack, &saved.read, &allowed).unwrap();
    let document = document(&saved);
    let gone = acting(&document, &["delete"]);
    assert_eq!(gone.len(), 1);
    assert!(gone[0].starts_with("aws_vpc.main (deposed object "), "{gone:?}");
    let text = terraform::text::plan(&saved);
    assert!(text.contains(&format!("  # {} will be destroyed\n", gone[0])), "{text}");
    let all = list(&document, "/prior_state/values/root_module/resources");
    assert_eq!(all.iter().filter(|r| r["address"] == "aws_vpc.main").count(), 1);
}

/// Every single value of an object is somewhere in what Terraform would know of it: another value, another document.
#[tokio::test(start_paused = true)]
async fn every_value_is_said() {
    // With a secret among its variables the whole boot script is hidden, and so are all variables of a function.
    // So is one that names its log group, or the workspace that it writes to, which are not there yet, and a dashboard that names what it draws.
    let open = "compute: {app: {env: null}}\nfunctions: {hello: {env: {CACHE_URL: null, TOKEN: null}}}\nmonitoring: {dashboard: {widgets: [{namespace: AWS/SQS, metric: NumberOfMessagesSent}]}, logging: {off: [app]}, metrics: {custom: {app: null, jobs: null}}, alerting: {rules: {mistakes: {logs: hello}}}}";
    let full = with_examples(stack(&[FULL, open]));
    let cloud = with(&full, 1).await;
    let base = saved(&cloud, &full).await;
    let (planned, mut cases) = (document(&base)["configuration"].clone(), 0);
    let mut values = 0;
    for kind in Kind::ALL {
        let (address, object) = base.stack.nodes.iter().find(|(a, _)| a.kind == *kind).unwrap();
        let silent: Vec<&str> = kind.terraform().left_out.iter().map(|(name, _)| *name).collect();
        for attribute in object.attributes().iter().filter(|a| a.mode.compared() && !silent.contains(&a.name)) {
            for pointer in leaves(&attribute.value) {
                values += 1;
                let Some(other) = changed(object, attribute.name, &pointer).filter(|_| values % sparse(1, 9) == 0) else { continue };
                let mut saved: Saved = base.clone();
                saved.stack.nodes.insert(address.clone(), other);
                assert!(document(&saved)["configuration"] != planned, "{address}.{}{pointer}", attribute.name);
                cases += 1;
            }
        }
    }
    println!("values changed: {cases}");
    assert!(cases > sparse(150, 20));
}

/// JSON pointers to all plain values.
fn leaves(v: &Value) -> Vec<String> {
    let under = |key: String, v: &Value| leaves(v).into_iter().map(move |p| format!("/{key}{p}")).collect::<Vec<_>>();
    let refers = |v: &Value| v["$text"].as_array().is_some_and(|parts| parts.iter().any(|p| p.get("output").is_some()));
    let text = |v: &Value| v.is_string() || v.get("$text").is_some();
    match v {
        Value::Object(m) if ["$ref", "$secret", "output"].iter().any(|mark| m.contains_key(*mark)) => vec![],
        // Of an expression Terraform's form has what it refers to, and nothing that stands beside that: in a text, or in a map of texts.
        Value::Object(m) if refers(v) || m.values().any(refers) && m.values().all(text) => vec![],
        Value::Object(m) => m.iter().flat_map(|(k, v)| under(k.replace('~', "~0").replace('/', "~1"), v)).collect(),
        Value::Array(a) => a.iter().enumerate().flat_map(|(i, v)| under(i.to_string(), v)).collect(),
        Value::Null => vec![],
        _ => vec![String::new()],
    }
}

/// The object with one value changed; `None` where that is no object any more.
fn changed(object: &Object, name: &str, pointer: &str) -> Option<Object> {
    let mut json = serde_json::to_value(object).unwrap();
    let leaf = json.as_object_mut().unwrap().values_mut().next().unwrap()[name].pointer_mut(pointer).unwrap();
    match leaf {
        Value::Bool(b) => *b = !*b,
        Value::Number(n) => *leaf = n.as_i64().map_or_else(|| json!(n.as_f64().unwrap() + 2.0), |n| json!(n + 2)),
        Value::String(s) if s.parse::<ipnet::Ipv4Net>().is_ok() => *leaf = json!("10.0.240.0/20"),
        Value::String(s) if s == "internet-facing" => *leaf = json!("internal"),
        Value::String(s) => s.push('x'),
        _ => return None,
    }
    serde_json::from_value(json).ok()
}

#[test]
fn both_forms_of_an_example() {
    let mut infra = Infra::new("terraform");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let minimal = Infra::example("minimal");
    let text = infra.run(&["plan", "-f", &minimal, "--format", "terraform-text", "--out", "p.infraplan"]);
    text.snapshot("terraform_text_minimal");
    assert_eq!(infra.run(&["show", "p.infraplan", "--format", "terraform-text"]).out, text.out);
    let json = infra.run(&["show", "p.infraplan", "--format", "terraform-json"]);
    let pretty: Value = serde_json::from_str(&json.out).unwrap();
    crate::cli::Said { out: format!("{pretty:#}"), ..json }.snapshot("terraform_json_minimal");
}
