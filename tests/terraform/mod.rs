//! A plan in Terraform's words: the names are Terraform's own, the two forms say the same, and the tools that read them find what is there.
pub mod checkov;
mod names;
mod plans;
mod policy;
mod tfcmt;

use infra::cloud::Cloud;
use infra::model::Moment;
use infra::observe::{complete, observe};
use infra::plan::saved::{CloudProvider, Scene, SceneZone};
use infra::plan::{Allowed, Saved, Selection, plan};
use infra::redact::Redactor;
use infra::render::terraform;
use infra::stack::Stack;
use serde_json::Value;

use crate::laws::world::{stacks, with};

/// A plan with all that it was made from, as `infra plan --out` keeps it; everything that holds data may go.
pub async fn saved(cloud: &impl Cloud, want: &Stack) -> Saved {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let mut stack = want.clone();
    complete(cloud, &mut stack.nodes).await.unwrap();
    let read = observe(cloud, &want.name, &want.renamed).await.unwrap();
    let allowed: Allowed = read.live.keys().cloned().collect();
    let plan = plan(&stack, &read, &allowed).unwrap_or_else(|e| panic!("{e:#?}"));
    let zone = Some(SceneZone { name: "example.com".into(), id: "023e105f4ecef8ad9ca31a8372d0c353".into() });
    let saved = Saved {
        created: Moment(std::time::UNIX_EPOCH),
        command: "apply".into(),
        scene: Scene { provider: CloudProvider::Aws, account: "123456789012".into(), region: "us-east-1".into(), zone },
        layers: vec![],
        spec: String::new(),
        selection: Selection::default(),
        allowed,
        stack,
        read,
        plan,
    };
    saved.redacted(&Redactor::default())
}

/// From one stack of the laws to another.
async fn way(from: &str, to: &str) -> Saved {
    let all = stacks();
    let get = |name: &str| &all.iter().find(|(n, _)| *n == name).unwrap().1;
    saved(&with(get(from), 1).await, get(to)).await
}

/// Ways on which everything happens: creation, changes in place, replacement, renaming, destruction, nothing.
async fn ways() -> Vec<(String, Saved)> {
    let mut out = vec![];
    for (from, to) in [
        ("nothing", "full"),
        ("full", "full"),
        ("full", "a new image, bigger machines"),
        ("full", "another network"),
        ("full", "an internal balancer, no cache"),
        ("full", "renamed"),
        ("more zones", "full"),
        ("full", "nothing"),
    ] {
        out.push((format!("{from} -> {to}"), way(from, to).await));
    }
    out
}

/// The document of a plan.
fn document(saved: &Saved) -> Value {
    terraform::json::plan(saved)
}

/// The entries of a list in a document.
fn list<'v>(document: &'v Value, pointer: &str) -> &'v [Value] {
    document.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}"))
}

/// A text in a document.
fn word<'v>(v: &'v Value, pointer: &str) -> &'v str {
    v.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The addresses whose actions are these.
fn acting(document: &Value, actions: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = list(document, "/resource_changes")
        .iter()
        .filter(|c| c["change"]["actions"] == serde_json::json!(actions))
        .map(|c| match c.get("deposed").and_then(Value::as_str) {
            Some(key) => format!("{} (deposed object {key})", word(c, "/address")),
            None => word(c, "/address").into(),
        })
        .collect();
    out.sort();
    out
}
