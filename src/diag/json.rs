//! Findings for programs; the shape is `schemas/findings.schema.json`.
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Finding, Place};

/// What a command says that did nothing, and what `infra validate --json` says of a spec: `findings`, beside what else a command says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingsDocument {
    pub findings: Vec<FindingDocument>,
}

/// Something wrong (or risky): what, where, by which rule, and what to do instead.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingDocument {
    /// `infra::spec::unknown_key`; `infra explain CODE` tells more of it.
    pub code: &'static str,
    /// `error`, `warning`; `info` for a risk that the spec accepts.
    pub severity: &'static str,
    /// Where the cause stands; `null` where no file holds it.
    pub place: Option<PlaceDocument>,
    /// What is wrong, in a sentence.
    pub what: String,
    /// The rule that it breaks.
    pub why: &'static str,
    /// What to write or to do instead.
    pub remedy: String,
    /// Other places that have a part in it, perhaps in other files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<PlaceDocument>,
    /// The name of a risk: `single_nat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<&'static str>,
    /// Why the spec accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceDocument {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// From 0, in bytes.
    pub offset: usize,
    /// In bytes.
    pub length: usize,
    /// What is to be said of this place.
    pub label: String,
}

/// Findings for programs.
pub fn json(findings: &[Finding]) -> FindingsDocument {
    FindingsDocument { findings: findings.iter().map(one).collect() }
}

/// The JSON schema of [`json`]'s answer.
pub fn findings_schema() -> Value {
    schemars::schema_for!(FindingsDocument).to_value()
}

fn one(finding: &Finding) -> FindingDocument {
    let mut places = finding.places.iter().map(place);
    FindingDocument {
        code: finding.code.text(),
        severity: finding.gravity(),
        place: places.next(),
        what: finding.message.clone(),
        why: finding.code.rule(),
        remedy: finding.help.clone(),
        related: places.collect(),
        risk: finding.risk.as_ref().map(|named| named.risk.text()),
        accepted: finding.risk.as_ref().and_then(|named| named.accepted.clone()),
    }
}

fn place(place: &Place) -> PlaceDocument {
    let start = place.start();
    PlaceDocument {
        file: place.source.name().into(),
        line: start.line,
        column: start.column,
        offset: start.byte,
        length: place.span.len(),
        label: place.label.clone(),
    }
}
