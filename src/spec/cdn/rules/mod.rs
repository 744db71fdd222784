//! Rules for caching, redirects and headers.
pub(super) mod check;
pub(super) mod lower;

use crate::spec::units::{Duration, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept: for `match` or `when`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheRule {
    /// The rule's name: its identity, wherever it stands in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "from `match`: static for /static/*; with `when` it is required"))]
    pub name: Option<Name>,
    /// For which paths of the stack's own proxied records; `*` stands for any characters.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For which requests of the zone, as an expression of Cloudflare's Rules language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Whether nothing is kept.
    #[serde(default)]
    pub bypass: bool,
    /// How long Cloudflare keeps it, whatever the stack says; when left out, the stack says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_ttl: Option<Duration>,
    /// How long clients keep it, whatever the stack says; when left out, the stack says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_ttl: Option<Duration>,
    /// What of the query string makes another answer.
    #[serde(default)]
    pub query: Query,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// Parts of a query string.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// All of it.
    #[default]
    All,
    /// Nothing.
    None,
    /// These parameters.
    Include(BTreeSet<String>),
    /// All but these parameters.
    Exclude(BTreeSet<String>),
}

/// Where clients are sent on: from `from` or `when`, to `to` or `to_expression`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The rule's name: its identity, wherever it stands in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "from `from`: old for /old/*; with `when` it is required"))]
    pub name: Option<Name>,
    /// From which paths of the stack's own proxied records; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// For which requests of the zone, as an expression of Cloudflare's Rules language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The URL they are sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// An expression that gives the URL for each request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_expression: Option<String>,
    /// The HTTP status: 301, 302, 303, 307 or 308. Browsers keep 301 and 308 for good.
    #[serde(default = "status")]
    #[schemars(range(min = 301, max = 308))]
    pub status: u16,
    /// Whether the query string is sent on.
    #[serde(default)]
    pub preserve_query: bool,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What becomes of answers' headers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderRule {
    /// The rule's name: its identity, wherever it stands in the list.
    pub name: Name,
    /// For which requests of the zone, as an expression of Cloudflare's Rules language.
    #[serde(default = "always")]
    pub when: String,
    /// Headers that get this value, whatever they had.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Headers that are there once more with this value.
    #[serde(default)]
    pub add: BTreeMap<String, String>,
    /// Headers that go.
    #[serde(default)]
    pub remove: BTreeSet<String>,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

fn status() -> u16 {
    302
}

fn always() -> String {
    "true".into()
}

/// The name that follows from a path: `static` from `/static/*`.
pub fn slug(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    let name = match name.chars().next() {
        None => "all".into(),
        Some(first) if first.is_ascii_digit() => format!("path-{name}"),
        Some(_) => name,
    };
    name.chars().take(32).collect::<String>().trim_end_matches('-').to_string()
}
