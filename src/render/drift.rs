//! What is not as the spec says, and who did it. For programs the shape is `schemas/drift.schema.json`.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::style::{Label, Style};
use super::values::{count, maybe, value};
use super::words;
use crate::cloud::{AuditEvent, AuditLog};
use crate::kinds::Address;
use crate::model::{AttrChange, Mode};
use crate::plan::Drift;
use crate::plan::drift::{Cause, Deviation};
use crate::visible::visible;
use crate::wire::CloudError;

const CAUSES: [Cause; 6] = [Cause::Changed, Cause::Missing, Cause::Unapplied, Cause::Unclear, Cause::Unwanted, Cause::Leftover];

/// A group's heading, its sign, and how many of it there are in a summary.
fn describe(cause: Cause) -> (&'static str, &'static str, &'static str) {
    match cause {
        Cause::Changed => ("changed behind infra's back", "~", "changed behind infra's back"),
        Cause::Missing => ("missing: deleted by somebody, or not made yet", "+", "missing"),
        Cause::Unapplied => ("not applied yet: the spec asks for something else than it last did", "~", "not applied yet"),
        Cause::Unclear => ("changed, by somebody or by the spec: its stamp does not tell", "~", "changed by somebody or by the spec"),
        Cause::Unwanted => ("no longer in the spec", "-", "no longer in the spec"),
        Cause::Leftover => ("left by an earlier run", "-", "left by an earlier run"),
    }
}

/// Drift as text.
pub fn text(d: &Drift, log: &AuditLog, style: Style) -> String {
    if d.is_empty() {
        return format!("No drift: `{}` is as the spec says ({}).\n", visible(&d.stack), count(d.same.len(), "object"));
    }
    let mut out = String::new();
    for cause in CAUSES {
        let group: Vec<&Deviation> = d.found.iter().filter(|f| f.cause == cause).collect();
        if !group.is_empty() {
            out += &format!("{}\n", style.paint(Label::Heading, describe(cause).0));
            group.iter().for_each(|f| out += &deviation(f, log, style));
            out.push('\n');
        }
    }
    for error in &log.unread {
        out += &format!("{}\n", unread(error));
    }
    out + &format!("Drift: {}.\n`infra plan` shows what is to be done, `infra apply` makes it what the spec says.\n", summary(d))
}

/// `2 changed behind infra's back, 1 missing; 56 as the spec says`; what there is none of is left out.
fn summary(d: &Drift) -> String {
    let counts = CAUSES.iter().map(|c| (d.count(*c), describe(*c).2)).filter(|(n, _)| *n > 0);
    let mut said: Vec<String> = counts.map(|(n, what)| format!("{n} {what}")).collect();
    if !d.follows.is_empty() {
        said.push(format!("{} that only point at those", d.follows.len()));
    }
    format!("{}; {} as the spec says", said.join(", "), d.same.len())
}

fn deviation(d: &Deviation, log: &AuditLog, style: Style) -> String {
    let (_, sign, _) = describe(d.cause);
    let label = match sign {
        "+" => Label::Added,
        "-" => Label::Removed,
        _ => Label::Changed,
    };
    let dim = |s: &str| style.paint(Label::Dim, s);
    let mut out = style.paint(label, &format!("{sign:>5} {}", d.address));
    if let Some(live) = &d.live {
        out += &dim(&format!("  ({})", visible(&live.id)));
    }
    if let Some(old) = &d.renamed_from {
        out += &dim(&format!("  (stands as {old})"));
    }
    out.push('\n');
    d.attrs.iter().for_each(|a| out += &format!("        {}\n", attribute(a, style)));
    if matches!(d.cause, Cause::Changed | Cause::Unclear) {
        let events = d.live.as_ref().and_then(|l| log.events.get(&l.id)).filter(|d| !d.is_empty());
        match events {
            Some(events) => events.iter().for_each(|event| out += &format!("        {}\n", dim(&who(event)))),
            None => out += &format!("        {}\n", dim("by whom: (the API doesn't tell)")),
        }
    }
    out
}

/// One attribute: what it is, and what it should be.
fn attribute(a: &AttrChange, style: Style) -> String {
    let mut line = match (&a.before, &a.after) {
        (Some(is), None) => style.paint(Label::Removed, &format!("{}: {} is there, and should not be", words::attribute(a), value(is))),
        (None, Some(should)) => {
            style.paint(Label::Added, &format!("{}: {} should be there, and is not", words::attribute(a), value(should)))
        }
        (is, should) => format!("{}: is {}, should be {}", words::attribute(a), maybe(is.as_ref()), maybe(should.as_ref())),
    };
    if let Some(field) = words::field(a) {
        line += &style.paint(Label::Dim, &format!("  ({field})"));
    }
    if a.mode == Mode::Replace {
        line += &style.paint(Label::Forced, "  # only a replacement brings it back");
    }
    line
}

fn who(d: &AuditEvent) -> String {
    let mut line = format!("by {}, {}, {}", visible(&d.who), d.when, visible(&d.what));
    for (word, text) in [("from", &d.from), ("with", &d.with)] {
        if !text.is_empty() {
            line += &format!(", {word} {}", visible(text));
        }
    }
    line
}

fn unread(e: &CloudError) -> String {
    match (e.of_cloudflare(), e.forbidden()) {
        (false, true) => {
            format!("Who did it can't be told: {e}\nThe permission cloudtrail:LookupEvents would tell (`infra iam-policy --read-only`).")
        }
        (true, _) => format!("Who did it can't be told: {e}\nThe token's permission Account Settings Read would tell."),
        (false, false) => format!("Who did it can't be told: {e}"),
    }
}

/// What `infra drift --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct DriftDocument {
    /// `2`. Grows when a field changes its meaning or goes.
    pub format_version: u32,
    pub stack: String,
    /// Whether anything is not as the spec says.
    pub drifted: bool,
    /// How many objects of each cause; those that there is none of are left out.
    pub summary: BTreeMap<Cause, usize>,
    /// Objects that are as the spec says.
    pub same: usize,
    /// Objects that change only because what they point at does.
    pub follows: Vec<Address>,
    pub objects: Vec<Drifted>,
    /// Records that could not be read, and why.
    pub unread: Vec<CloudError>,
}

/// An object that is not as the spec says.
#[derive(Serialize, JsonSchema)]
pub struct Drifted {
    pub address: Address,
    pub cause: Cause,
    /// Where in the spec it comes from.
    pub origin: Option<String>,
    /// Its physical id.
    pub id: Option<String>,
    pub attributes: Vec<DriftedAttribute>,
    /// The address under which it stands so far.
    pub renamed_from: Option<Address>,
    /// What others did to it lately, the newest first.
    pub audit: Vec<AuditEvent>,
}

#[derive(Serialize, JsonSchema)]
pub struct DriftedAttribute {
    pub path: String,
    /// What is; `null` when there is nothing.
    pub is: Option<Value>,
    /// What the spec says; `null` when there should be nothing.
    pub should: Option<Value>,
    /// What it costs to bring it back.
    pub mode: Mode,
}

/// Drift as JSON. Secrets are left out.
pub fn json(d: &Drift, log: &AuditLog) -> Value {
    let attribute = |a: &AttrChange| DriftedAttribute { path: a.path.clone(), is: a.before.clone(), should: a.after.clone(), mode: a.mode };
    let object = |f: &Deviation| Drifted {
        address: f.address.clone(),
        cause: f.cause,
        origin: f.origin.clone(),
        id: f.live.as_ref().map(|l| l.id.clone()),
        attributes: f.attrs.iter().map(attribute).collect(),
        renamed_from: f.renamed_from.clone(),
        audit: f.live.as_ref().and_then(|l| log.events.get(&l.id)).cloned().unwrap_or_default(),
    };
    let document = DriftDocument {
        format_version: 2,
        stack: d.stack.clone(),
        drifted: !d.is_empty(),
        summary: CAUSES.into_iter().map(|c| (c, d.count(c))).filter(|(_, n)| *n > 0).collect(),
        same: d.same.len(),
        follows: d.follows.iter().cloned().collect(),
        objects: d.found.iter().map(object).collect(),
        unread: log.unread.clone(),
    };
    let mut value = serde_json::to_value(document).expect("plain data");
    super::json::redact(&mut value);
    value
}

/// The JSON schema of [`json`]'s answer.
pub fn schema() -> Value {
    schemars::schema_for!(DriftDocument).to_value()
}
