//! A plan in the sentences that Terraform prints, for the tools that read them line by line.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::json::{Output, outputs};
use super::plan_view::PlanView;
use super::value::{Body, Node, trace};
use super::{TerraformAction, TerraformResource, counts, resources};
use crate::model::Order;
use crate::plan::Saved;
use crate::render::words;

/// The whole plan.
pub fn plan(saved: &Saved) -> String {
    let view = PlanView::of(saved);
    let resources = resources(&view);
    let shown: Vec<&TerraformResource> = resources.iter().filter(|r| r.action != TerraformAction::NoOp || r.previous.is_some()).collect();
    let outputs: Vec<Output> = outputs(&view).into_iter().filter(|o| o.action().is_some()).collect();
    if shown.is_empty() && outputs.is_empty() {
        return "No changes. Your infrastructure matches the configuration.\n".into();
    }
    let mut out = legend(&shown);
    shown.iter().for_each(|r| out += &resource(r));
    let (add, change, destroy) = counts(&resources);
    out += &format!("Plan: {add} to add, {change} to change, {destroy} to destroy.\n");
    if !saved.plan.refused.is_empty() {
        let why: Vec<String> = saved.plan.refused.iter().map(words::guarded).collect();
        out += &format!("\nWarning: {}; apply refuses this without {}\n", why.join("; "), words::permission(&saved.plan.refused));
    }
    if !outputs.is_empty() {
        out += "\nChanges to Outputs:\n";
        outputs.iter().for_each(|o| entry(&mut out, 2, &o.name, o.before.as_ref(), Some(&o.after), 0, false));
    }
    out
}

/// The signs that are used, and the sentence that tools wait for.
fn legend(shown: &[&TerraformResource]) -> String {
    let signs: BTreeMap<u8, (&str, &str)> =
        shown.iter().filter_map(|r| sign(r.action)).map(|(rank, sign, words)| (rank, (sign, words))).collect();
    let lines: String = signs.values().map(|(sign, words)| format!("{sign:>3} {words}\n")).collect();
    let first = if lines.is_empty() { lines } else { format!("Resource actions are indicated with the following symbols:\n{lines}\n") };
    format!("{first}Terraform will perform the following actions:\n\n")
}

fn sign(action: TerraformAction) -> Option<(u8, &'static str, &'static str)> {
    match action {
        TerraformAction::NoOp => None,
        TerraformAction::Create => Some((0, "+", "create")),
        TerraformAction::Update => Some((1, "~", "update in-place")),
        TerraformAction::Delete => Some((2, "-", "destroy")),
        TerraformAction::Replace(Order::CreateFirst) => Some((3, "+/-", "create replacement and then destroy")),
        TerraformAction::Replace(Order::DeleteFirst) => Some((4, "-/+", "destroy and then create replacement")),
    }
}

fn resource(r: &TerraformResource) -> String {
    let address = r.address();
    let whole = r.deposed.as_ref().map_or(address.clone(), |key| format!("{address} (deposed object {key})"));
    let what = match (r.action, &r.previous) {
        (TerraformAction::NoOp, Some(previous)) => format!("{previous} has moved to {address}"),
        (TerraformAction::NoOp, None) => format!("{whole} stays"),
        (TerraformAction::Create, _) => format!("{whole} will be created"),
        (TerraformAction::Update, _) => format!("{whole} will be updated in-place"),
        (TerraformAction::Delete, _) => format!("{whole} will be destroyed"),
        (TerraformAction::Replace(_), _) => format!("{whole} must be replaced"),
    };
    let mut out = format!("  # {what}\n");
    if let Some(previous) = r.previous.as_ref().filter(|_| r.action != TerraformAction::NoOp) {
        out += &format!("  # (moved from {previous})\n");
    }
    if r.action == TerraformAction::Delete && r.deposed.is_none() {
        out += &format!("  # (because {address} is not in configuration)\n");
    }
    let sign = sign(r.action).map_or("", |(_, sign, _)| sign);
    out += &format!("{sign:>3} resource \"{}\" \"{}\" {{\n", r.r#type, r.name);
    bodies(&mut out, 6, r.before.as_ref(), r.after.as_ref(), &r.forced);
    out + "    }\n\n"
}

/// The attributes that differ, then the blocks; those that don't are counted.
fn bodies(out: &mut String, indent: usize, before: Option<&Body>, after: Option<&Body>, forced: &BTreeSet<&'static str>) {
    let names: BTreeSet<&str> = before.into_iter().chain(after).flat_map(|b| b.keys().copied()).collect();
    let sides = |name: &str| (before.and_then(|b| b.get(name)).filter(|n| set(n)), after.and_then(|b| b.get(name)).filter(|n| set(n)));
    let (blocks, plain): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| {
        let (b, a) = sides(name);
        [b, a].into_iter().flatten().any(|n| matches!(n, Node::Blocks(_)))
    });
    let differs = |name: &&str| {
        let (b, a) = sides(name);
        b.map(Node::trace) != a.map(Node::trace)
    };
    let changed: Vec<&str> = plain.iter().copied().filter(differs).collect();
    let width = changed.iter().map(|name| name.len()).max().unwrap_or(0);
    for name in &changed {
        let (b, a) = sides(name);
        entry(out, indent, name, b, a, width, forced.contains(name));
    }
    let same = plain.iter().filter(|name| sides(name).0.is_some() && !differs(name)).count();
    hidden(out, indent + 2, same, "attribute");
    let mut same = 0;
    for name in &blocks {
        let (b, a) = sides(name);
        same += nested(out, indent, name, b, a, forced.contains(name));
    }
    if same > 0 {
        out.push('\n');
        hidden(out, indent + 2, same, "block");
    }
}

/// Whether there is anything to say.
fn set(n: &Node) -> bool {
    !matches!(n, Node::Plain(Value::Null) | Node::Decided(Some(Value::Null)))
}

fn hidden(out: &mut String, indent: usize, n: usize, what: &str) {
    if n > 0 {
        let s = if n == 1 { "" } else { "s" };
        *out += &format!("{:indent$}# ({n} unchanged {what}{s} hidden)\n", "");
    }
}

/// One attribute: `+ name = "value"`.
fn entry(out: &mut String, indent: usize, name: &str, before: Option<&Node>, after: Option<&Node>, width: usize, forced: bool) {
    let (sign, value) = match (before, after) {
        (None, Some(a)) => ("+", show(a, indent, "+")),
        (Some(b), None) => ("-", format!("{} -> null", show(b, indent, "-"))),
        (Some(b), Some(a)) => ("~", between(b, a, indent)),
        (None, None) => return,
    };
    let why = if forced { " # forces replacement" } else { "" };
    *out += &format!("{:indent$}{sign} {name:width$} = {value}{why}\n", "");
}

/// The blocks of one name that are not on both sides; one that stands in the place of another is changed, unless there are several. Gives how many
/// are the same.
fn nested(out: &mut String, indent: usize, name: &str, before: Option<&Node>, after: Option<&Node>, forced: bool) -> usize {
    let list = |n: Option<&Node>| if let Some(Node::Blocks(list)) = n { list.clone() } else { vec![] };
    let (before, after) = (list(before), list(after));
    let lacks = |list: &[Body], b: &Body| !list.iter().any(|o| trace(o) == trace(b));
    let gone: Vec<&Body> = before.iter().filter(|b| lacks(&after, b)).collect();
    let new: Vec<&Body> = after.iter().filter(|b| lacks(&before, b)).collect();
    let why = if forced { " # forces replacement" } else { "" };
    let mut one = |sign: &str, b: Option<&Body>, a: Option<&Body>| {
        *out += &format!("\n{:indent$}{sign} {name} {{{why}\n", "");
        bodies(out, indent + 4, b, a, &BTreeSet::new());
        *out += &format!("{:width$}}}\n", "", width = indent + 2);
    };
    if let ([b], [a]) = (&gone[..], &new[..]) {
        one("~", Some(b), Some(a));
    } else {
        gone.iter().for_each(|b| one("-", Some(b), None));
        new.iter().for_each(|a| one("+", None, Some(a)));
    }
    before.len() - gone.len()
}

fn between(before: &Node, after: &Node, indent: usize) -> String {
    let maps = [before, after].map(|n| n.json().and_then(|v| v.as_object().cloned()));
    let lists = [before, after].map(|n| n.json().and_then(|v| v.as_array().cloned()));
    match (maps, lists) {
        _ if [before, after].iter().any(|n| matches!(n, Node::Hidden(_))) => "(sensitive value)".into(),
        ([Some(b), Some(a)], _) => {
            let names: BTreeSet<&String> = b.keys().chain(a.keys()).collect();
            let (same, changed): (Vec<&String>, Vec<&String>) = names.into_iter().partition(|name| b.get(*name) == a.get(*name));
            let mut out = String::from("{\n");
            for name in changed {
                let (b, a) = (b.get(name).cloned().map(Node::Plain), a.get(name).cloned().map(Node::Plain));
                entry(&mut out, indent + 4, &quoted(name), b.as_ref(), a.as_ref(), 0, false);
            }
            hidden(&mut out, indent + 6, same.len(), "element");
            format!("{out}{:width$}}}", "", width = indent + 2)
        }
        (_, [Some(b), Some(a)]) => {
            let mut out = String::from("[\n");
            let mut line = |sign: &str, v: &Value| out += &format!("{:width$}{sign} {},\n", "", scalar(v, indent + 4), width = indent + 4);
            b.iter().filter(|v| !a.contains(v)).for_each(|v| line("-", v));
            a.iter().filter(|v| !b.contains(v)).for_each(|v| line("+", v));
            hidden(&mut out, indent + 6, b.iter().filter(|v| a.contains(v)).count(), "element");
            format!("{out}{:width$}]", "", width = indent + 2)
        }
        _ => format!("{} -> {}", show(before, indent, ""), show(after, indent, "")),
    }
}

fn show(n: &Node, indent: usize, sign: &str) -> String {
    match (n, n.json()) {
        (Node::Hidden(_), _) => "(sensitive value)".into(),
        (_, None) => "(known after apply)".into(),
        (_, Some(v)) => value(&v, indent, sign),
    }
}

fn value(v: &Value, indent: usize, sign: &str) -> String {
    let line = |text: String| format!("{:width$}{sign}{}{text}\n", "", if sign.is_empty() { "" } else { " " }, width = indent + 4);
    let close = |open: &str, body: String, end: &str| format!("{open}\n{body}{:width$}{end}", "", width = indent + 2);
    match v {
        Value::Array(list) if !list.is_empty() => {
            close("[", list.iter().map(|v| line(format!("{},", value(v, indent + 4, sign)))).collect(), "]")
        }
        Value::Object(map) if !map.is_empty() => {
            let width = map.keys().map(|k| quoted(k).len()).max().unwrap_or(0);
            close("{", map.iter().map(|(k, v)| line(format!("{:width$} = {}", quoted(k), value(v, indent + 4, sign)))).collect(), "}")
        }
        other => scalar(other, indent),
    }
}

fn quoted(name: &str) -> String {
    Value::from(name).to_string()
}

fn scalar(v: &Value, indent: usize) -> String {
    match v {
        Value::Array(list) if list.is_empty() => "[]".into(),
        Value::Object(map) if map.is_empty() => "{}".into(),
        Value::Array(_) | Value::Object(_) => value(v, indent, ""),
        Value::Null => "null".into(),
        other => other.to_string(),
    }
}
