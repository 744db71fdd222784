//! What `terraform show -json` prints of a plan, in format 1.2. Unlike Terraform's it holds no secret: what may not be shown is `(sensitive)`.
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::parts::said;
use super::plan_view::{PlanView, Side};
use super::value::{Body, Node, body, expressions, masks};
use super::{TerraformAction, TerraformResource, resources};
use crate::model::Order;
use crate::plan::{Guarded, Saved};
use crate::render::words;

/// The version whose output this is; the format has not changed since 1.5.
const TERRAFORM: &str = "1.9.0";

/// The document of a plan.
pub fn plan(saved: &Saved) -> Value {
    let view = PlanView::of(saved);
    let resources = resources(&view);
    let outputs = outputs(&view);
    let planned = resources.iter().filter_map(|r| Some(resource(r, r.after.as_ref()?)));
    // A generation that an address no longer means stands in `resource_changes` alone.
    let prior = resources.iter().filter(|r| r.deposed.is_none()).filter_map(|r| Some(resource(r, r.before.as_ref()?)));
    let before = outputs.iter().filter_map(|o| Some((o.name.clone(), value(&o.before.as_ref()?.json()?)))).collect::<Map<_, _>>();
    let mut document = json!({
        "format_version": "1.2",
        "terraform_version": TERRAFORM,
        "planned_values": {
            "outputs": outputs.iter().map(|o| (o.name.clone(), o.after.json().map_or(json!({ "sensitive": false }), |v| value(&v)))).collect::<Map<_, _>>(),
            "root_module": { "resources": planned.collect::<Vec<_>>() },
        },
        "resource_changes": resources.iter().map(change).collect::<Vec<_>>(),
        "output_changes": outputs.iter().map(|o| (o.name.clone(), o.change())).collect::<Map<_, _>>(),
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": TERRAFORM,
            "values": { "outputs": before, "root_module": { "resources": prior.collect::<Vec<_>>() } },
        },
        "configuration": configuration(&view, &resources, &outputs),
        "timestamp": saved.created,
        "applyable": !saved.plan.is_empty() && saved.plan.refused.is_empty(),
        "complete": true,
        "errored": !saved.plan.refused.is_empty(),
    });
    let checks: Vec<Value> = resources.iter().filter_map(|r| check(r, &saved.plan.refused)).collect();
    if !checks.is_empty() {
        document["checks"] = checks.into();
    }
    document
}

/// What is refused of a resource, as a check that fails.
fn check(r: &TerraformResource, refused: &[Guarded]) -> Option<Value> {
    let guarded = r.guarded.as_ref()?;
    let address = r.address();
    let message = format!("{}; allow it with {}", words::guarded(guarded), words::permission(refused));
    Some(json!({
        "address": { "kind": "resource", "mode": "managed", "type": r.r#type, "name": r.name, "to_display": address },
        "status": "fail",
        "instances": [{ "address": { "to_display": address }, "status": "fail", "problems": [{ "message": message }] }],
    }))
}

fn resource(r: &TerraformResource, b: &Body) -> Value {
    json!({
        "address": r.address(),
        "mode": "managed",
        "type": r.r#type,
        "name": r.name,
        "provider_name": provider_name(r.provider()),
        "schema_version": 0,
        "values": body(b),
        "sensitive_values": masks(b, &Node::sensitive),
    })
}

fn provider_name(provider: &str) -> String {
    let owner = if provider == "aws" { "hashicorp" } else { provider };
    format!("registry.terraform.io/{owner}/{provider}")
}

fn change(r: &TerraformResource) -> Value {
    let side = |b: &Option<Body>| b.as_ref().map_or(Value::Null, body);
    let mask = |b: &Option<Body>, f: &dyn Fn(&Node) -> Value| b.as_ref().map_or(Value::Bool(false), |b| masks(b, f));
    let mut what = json!({
        "actions": actions(r.action),
        "before": side(&r.before),
        "after": side(&r.after),
        "after_unknown": mask(&r.after, &Node::unknown),
        "before_sensitive": mask(&r.before, &Node::sensitive),
        "after_sensitive": mask(&r.after, &Node::sensitive),
    });
    let mut out = json!({
        "address": r.address(),
        "mode": "managed",
        "type": r.r#type,
        "name": r.name,
        "provider_name": provider_name(r.provider()),
    });
    if !r.forced.is_empty() {
        what["replace_paths"] = r.forced.iter().map(|name| json!([name])).collect();
    }
    if let Some(reason) = reason(r) {
        out["action_reason"] = reason.into();
    }
    if let Some(key) = &r.deposed {
        out["deposed"] = key.as_str().into();
    }
    if let Some(previous) = &r.previous {
        out["previous_address"] = previous.as_str().into();
    }
    out["change"] = what;
    out
}

fn actions(action: TerraformAction) -> &'static [&'static str] {
    match action {
        TerraformAction::NoOp => &["no-op"],
        TerraformAction::Create => &["create"],
        TerraformAction::Update => &["update"],
        TerraformAction::Delete => &["delete"],
        TerraformAction::Replace(Order::CreateFirst) => &["create", "delete"],
        TerraformAction::Replace(Order::DeleteFirst) => &["delete", "create"],
    }
}

fn reason(r: &TerraformResource) -> Option<&'static str> {
    match r.action {
        TerraformAction::Replace(_) if r.forced.is_empty() => Some("replace_by_triggers"),
        TerraformAction::Replace(_) => Some("replace_because_cannot_update"),
        TerraformAction::Delete if r.deposed.is_none() => Some("delete_because_no_resource_config"),
        _ => None,
    }
}

/// An output, before and after.
pub(super) struct Output {
    pub name: String,
    /// `None` when what it names isn't there.
    pub before: Option<Node>,
    pub after: Node,
}

pub(super) fn outputs(view: &PlanView) -> Vec<Output> {
    let one = |(name, text): (&String, &crate::kinds::Text)| {
        let before = said(text, view, Side::Before);
        Output { name: name.clone(), before: before.json().map(|_| before), after: said(text, view, Side::After) }
    };
    view.saved.stack.outputs.iter().map(one).collect()
}

impl Output {
    /// No note is kept of what an output said; it is read off what stands.
    pub(super) fn action(&self) -> Option<TerraformAction> {
        match &self.before {
            None => Some(TerraformAction::Create),
            Some(before) if before.trace() == self.after.trace() => None,
            Some(_) => Some(TerraformAction::Update),
        }
    }

    fn change(&self) -> Value {
        json!({
            "actions": actions(self.action().unwrap_or(TerraformAction::NoOp)),
            "before": self.before.as_ref().and_then(Node::json),
            "after": self.after.json(),
            "after_unknown": self.after.unknown(),
            "before_sensitive": self.before.as_ref().map_or(Value::Bool(false), Node::sensitive),
            "after_sensitive": self.after.sensitive(),
        })
    }
}

fn value(v: &Value) -> Value {
    json!({ "sensitive": false, "type": "string", "value": v })
}

fn configuration(view: &PlanView, resources: &[TerraformResource], outputs: &[Output]) -> Value {
    let wanted: Vec<Value> = resources.iter().filter_map(|r| Some(configured(r, r.wanted.as_ref()?))).collect();
    let providers: BTreeSet<&str> = resources.iter().filter(|r| r.wanted.is_some()).map(TerraformResource::provider).collect();
    let provider = |name: &&str| {
        let mut config = json!({ "name": name, "full_name": provider_name(name) });
        if *name == "aws" {
            config["expressions"] = json!({ "region": { "constant_value": view.saved.scene.region } });
        }
        ((*name).to_owned(), config)
    };
    let said = outputs.iter().filter_map(|o| Some((o.name.clone(), json!({ "expression": o.after.expression()? })))).collect::<Map<_, _>>();
    json!({
        "provider_config": providers.iter().map(provider).collect::<Map<_, _>>(),
        "root_module": { "outputs": said, "resources": wanted },
    })
}

fn configured(r: &TerraformResource, wanted: &Body) -> Value {
    let mut out = json!({
        "address": r.address(),
        "mode": "managed",
        "type": r.r#type,
        "name": r.name,
        "provider_config_key": r.provider(),
        "schema_version": 0,
        "expressions": expressions(wanted),
    });
    if !r.depends.is_empty() {
        out["depends_on"] = r.depends.clone().into();
    }
    out
}
