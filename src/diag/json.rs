//! Findings for programs.
use serde_json::{Value, json};

use super::{Finding, Place};

/// Findings for programs: a list of objects with `code`, `severity`, `message`, `help`,
/// of a risk its name as `risk` and why it is `accepted`, and `places` (`file`, `line` and `column` from 1 in characters, `offset` and `length` in bytes, `label`).
pub fn json(findings: &[Finding]) -> Value {
    findings.iter().map(one).collect()
}

fn one(finding: &Finding) -> Value {
    let places: Vec<Value> = finding.places.iter().map(place).collect();
    let mut out = json!({
        "code": finding.code.text(),
        "severity": finding.gravity(),
        "message": finding.message,
        "help": finding.help,
        "places": places,
    });
    if let Some(named) = &finding.risk {
        out["risk"] = named.risk.text().into();
        out["accepted"] = named.accepted.clone().into();
    }
    out
}

fn place(place: &Place) -> Value {
    let start = place.start();
    json!({
        "file": place.source.name(),
        "line": start.line,
        "column": start.column,
        "offset": start.byte,
        "length": place.span.len(),
        "label": place.label,
    })
}
