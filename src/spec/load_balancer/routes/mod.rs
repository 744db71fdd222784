//! `load_balancer.listeners.X.routes`: which requests go elsewhere than the listener's others, and what else than forwarding becomes of requests.
pub(super) mod check;
pub(super) mod lower;
mod redirect;
mod values;

pub use lower::{conditions, rule};
pub use redirect::{Redirect, RedirectTo};
pub use values::Values;

use super::ListenerProtocol;
use crate::spec::units::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Requests that meet all of its conditions, and what becomes of them: `forward`, `redirect` or `respond`. Which of several routes takes a request follows
/// from the routes themselves: one with a host comes before one with a pattern of hosts, and that before one without; then a whole path, patterns of paths
/// by their length, and none; then the one with more conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Paths; `*` stands for any characters, and `?` for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Values>,
    /// Host names; `*` stands for any characters, and `?` for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Values>,
    /// Values of headers, by the header's name; `*` stands for any characters, and `?` for one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, Values>,
    /// HTTP methods, such as `POST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Values>,
    /// Values of the query string, by key; `*` stands for any characters, and `?` for one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Values>,
    /// Blocks of addresses that connect; behind a CDN these are the CDN's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Values>,
    /// The compute entry, function or workload that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Name>,
    /// Where clients are sent: another listener's name, or the parts of the address that change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// What the load balancer itself answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond: Option<Respond>,
}

/// An answer that needs nobody behind the load balancer (AWS: `fixed-response`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// The HTTP status: 2XX, 4XX or 5XX.
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// What the body is.
    #[serde(default)]
    pub content_type: ContentType,
    /// The body, 1024 characters at most.
    #[serde(default)]
    pub body: String,
}

/// A type of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ContentType {
    /// Plain text.
    #[default]
    #[serde(rename = "text/plain")]
    Plain,
    /// A style sheet.
    #[serde(rename = "text/css")]
    Css,
    /// A page.
    #[serde(rename = "text/html")]
    Html,
    /// A script.
    #[serde(rename = "application/javascript")]
    Javascript,
    /// JSON.
    #[serde(rename = "application/json")]
    Json,
}

impl ContentType {
    /// As a header says it.
    pub fn word(self) -> &'static str {
        match self {
            ContentType::Plain => "text/plain",
            ContentType::Css => "text/css",
            ContentType::Html => "text/html",
            ContentType::Javascript => "application/javascript",
            ContentType::Json => "application/json",
        }
    }
}

/// What becomes of requests: one of three, in a spec that was loaded.
#[derive(Clone, Copy)]
pub(super) struct Action<'a> {
    pub forward: Option<&'a Name>,
    pub redirect: Option<&'a Redirect>,
    pub respond: Option<&'a Respond>,
}

impl Route {
    pub(super) fn action(&self) -> Action<'_> {
        Action { forward: self.forward.as_ref(), redirect: self.redirect.as_ref(), respond: self.respond.as_ref() }
    }
}

/// The port that a protocol has by itself.
fn port(protocol: ListenerProtocol) -> u16 {
    match protocol {
        ListenerProtocol::Http => 80,
        ListenerProtocol::Https => 443,
    }
}
