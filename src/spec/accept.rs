//! Risks that a spec accepts, each with its reason: they are no longer told to whoever reads a plan every day.
use super::check::Check;
use super::suggest::{list, nearest};
use crate::diag::{Code, Finding, Risk};
use miette::Severity;

/// Marks the risks that are accepted by name or by the path of their field. What is accepted is a risk, is there, and has a reason.
pub fn check(cx: &mut Check<'_>) {
    let spec = cx.spec;
    for (name, reason) in &spec.accept {
        let mut used = false;
        for finding in &mut cx.found {
            if let Some(named) = &mut finding.risk
                && (named.risk.text() == name || named.path == *name)
            {
                used = true;
                if reason.trim().is_empty() {
                    continue;
                }
                named.accepted = Some(reason.clone());
                finding.severity = Severity::Advice;
                finding.help = format!("accepted: {reason}");
            }
        }
        let path = ["accept", name.as_str()];
        if reason.trim().is_empty() {
            cx.error(
                Code::Accept,
                &path,
                "no reason",
                format!("`{name}` is accepted without a reason"),
                "write why, for whoever reads it next",
            );
        }
        if !used {
            unused(cx, name);
        }
    }
}

/// What no risk of the spec is. A name or a field that could be one is only told: another layer may bring the risk.
fn unused(cx: &mut Check<'_>, name: &str) {
    let known = Risk::ALL.iter().map(|risk| risk.text());
    let field = serde_json::to_value(cx.spec).is_ok_and(|spec| spec.pointer(&format!("/{}", name.replace('.', "/"))).is_some());
    let finding = if field || known.clone().any(|risk| risk == name) {
        let message = format!("`{name}` is accepted, but the spec has no such risk");
        Finding::warning(Code::Accept, message, "take it out of `accept`")
    } else {
        let all = format!("the risks are {}", list(known.clone()));
        let help = nearest(name, known).map_or(all.clone(), |near| format!("did you mean `{near}`? {all}"));
        Finding::error(Code::Accept, format!("there is no risk `{name}`, and no field of that path"), help)
    };
    let path = ["accept", name];
    let place = cx.sources.place(cx.sources.key(&path), "accepted here");
    cx.say(&[&path], finding.at(place));
}
