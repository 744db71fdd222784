//! References in texts: what they name exists.
use super::Check;
use crate::diag::{Code, Finding};
use crate::spec::env::EnvValue;
use crate::spec::near::{list, nearest};
use crate::spec::stack::Spec;
use crate::spec::substitute::within;
use crate::spec::units::{Name, Reference, Target, Text};

/// Every text in the spec, by its path.
pub(super) fn texts(spec: &Spec) -> Vec<(Vec<String>, &Text)> {
    let path = |steps: &[&str]| steps.iter().map(|step| step.to_string()).collect();
    let mut texts = Vec::new();
    for (name, entry) in &spec.compute {
        for (key, value) in &entry.env {
            if let EnvValue::Text(text) = value {
                texts.push((path(&["compute", name.as_str(), "env", key.as_str()]), text));
            }
        }
        texts.extend(entry.user_data.iter().map(|text| (path(&["compute", name.as_str(), "user_data"]), text)));
    }
    for (name, record) in spec.cdn.iter().flat_map(|cdn| &cdn.records) {
        texts.extend(record.content.iter().map(|text| (path(&["cdn", "records", name.as_str(), "content"]), text)));
    }
    texts.extend(spec.outputs.iter().map(|(name, text)| (path(&["outputs", name.as_str()]), text)));
    texts
}

pub(super) fn check(cx: &mut Check<'_>) {
    let spec = cx.spec;
    for (path, text) in texts(spec) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        for reference in text.references() {
            let known: Vec<&str> = match &reference.target {
                Target::Cache(_) => spec.cache.keys().map(Name::as_str).collect(),
                Target::Compute(_) => spec.compute.keys().map(Name::as_str).collect(),
                Target::Database(_) => spec.database.keys().map(Name::as_str).collect(),
                Target::Cdn if spec.cdn.is_some() => continue,
                Target::LoadBalancer if spec.load_balancer.is_some() => continue,
                Target::Cdn | Target::LoadBalancer => Vec::new(),
                Target::Vpc => continue,
            };
            if !reference.target.name().is_some_and(|name| known.contains(&name.as_str())) {
                missing(cx, &path, reference, &known);
            }
        }
    }
}

fn missing(cx: &mut Check<'_>, path: &[&str], reference: &Reference, known: &[&str]) {
    let section = reference.target.section();
    let at = within(cx.sources, cx.sources.value(path), &reference.to_string());
    let (message, help) = match reference.target.name() {
        None => (format!("`{reference}` refers to a section that the spec does not have"), format!("add `{section}:`")),
        Some(name) => {
            let all = match known {
                [] => format!("the spec has no section `{section}`"),
                _ => format!("`{section}` has {}", list(known.iter().copied())),
            };
            let near = nearest(name.as_str(), known.iter().copied());
            let help = near.map_or(all.clone(), |near| format!("did you mean `{near}`? {all}"));
            (format!("`{section}` has no entry `{name}` to refer to"), help)
        }
    };
    let place = cx.sources.place(at, "this reference");
    cx.say(path, Finding::error(Code::UnknownName, message, help).at(place));
}
