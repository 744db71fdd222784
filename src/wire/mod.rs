//! Below the kinds: clients, transports, errors to [`Class`], the one retry policy, tags, notes. Nothing here knows a kind.
pub(crate) mod archive;
pub mod aws;
pub mod classify;
pub mod cloudflare;
pub(crate) mod joint;
pub mod kubernetes;
pub mod notes;
pub mod policy;
mod services;
pub mod tags;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::visible::visible;

pub use cloudflare::{Cloudflare, Zone};
pub use notes::Notes;
pub use services::{Clients, Service};

/// Why a call failed, in the words that policy and the run need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Slow down; the request was not looked at.
    Throttled,
    /// A passing failure of a request that may be repeated.
    Transient,
    /// It may have happened or not; only a look at the cloud can tell.
    Ambiguous,
    /// Something else must happen first (in use, still changing).
    Conflict,
    NotFound,
    Denied,
    Quota,
    /// Refused for what it asks.
    Invalid,
    /// A mistake in `infra` itself.
    Bug,
}

impl Class {
    /// Whether the effect may have happened: only a look at the cloud can tell.
    pub fn lost(self) -> bool {
        matches!(self, Class::Ambiguous | Class::Transient)
    }
}

/// A failed call: what was asked of whom, and the service's own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloudError {
    pub class: Class,
    pub service: Option<Service>,
    /// The API's own name: `CreateSubnet`.
    pub operation: String,
    /// The API's own code: `InvalidSubnet.Conflict`.
    pub code: String,
    pub message: String,
    /// What the service calls the request, for whoever asks its support; a person reads it where details are asked for.
    pub request_id: Option<String>,
    /// How long the service asks to be left alone (`Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// Whether an earlier attempt of the same request may have taken effect.
    #[serde(skip)]
    pub tainted: bool,
}

impl CloudError {
    pub fn new(class: Class, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        CloudError { class, service: None, operation: String::new(), code, message, request_id: None, retry_after: None, tainted: false }
    }

    pub fn bug(message: impl Into<String>) -> Self {
        CloudError::new(Class::Bug, "Bug", message)
    }

    /// Whether Cloudflare said so, or should have.
    pub fn of_cloudflare(&self) -> bool {
        self.service == Some(Service::Cloudflare)
    }

    /// Whether the credentials themselves are refused, whatever was asked for: as long as they are the same, so is everything else.
    pub fn unauthenticated(&self) -> bool {
        classify::UNAUTHENTICATED.contains(&self.code.as_str())
    }

    /// Whether a permission is missing. What else is denied (no, wrong or expired credentials) needs none.
    pub fn forbidden(&self) -> bool {
        matches!(self.code.as_str(), "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation")
    }

    /// The failure as the end of a verb: what an earlier attempt may have done is not known.
    pub fn ending(self) -> Self {
        if self.tainted { CloudError { class: Class::Ambiguous, ..self } } else { self }
    }

    /// The same failure, with something more to say about it.
    pub fn adding(self, more: &str) -> Self {
        CloudError { message: format!("{}; {more}", self.message.trim_end_matches(['.', ' '])), ..self }
    }

    /// The cloud answered, but without something its API promises.
    pub fn incomplete(operation: &str, what: &str) -> Self {
        let mut e = CloudError::new(Class::Ambiguous, "IncompleteAnswer", format!("the answer has no {what}"));
        e.operation = operation.into();
        e
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", visible(&self.operation))?;
        }
        write!(f, "{}: {}", visible(&self.code), visible(&self.message))
    }
}

impl Error for CloudError {}

/// A request of a client of our own that got no answer: it may have been on its way.
fn unsent(service: Service, operation: &str, e: &reqwest::Error) -> CloudError {
    let mut message = e.to_string();
    let mut next = e.source();
    while let Some(cause) = next {
        message = format!("{message}: {cause}");
        next = cause.source();
    }
    let code = if e.is_timeout() { "Timeout" } else { "Unreachable" };
    CloudError { service: Some(service), operation: operation.into(), ..CloudError::new(Class::Transient, code, message) }
}

/// Who is asking, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub account: String,
    pub region: String,
}

impl Identity {
    /// A short digest of it, for marks in what is one for all accounts and regions: 20 bits.
    pub fn place(&self) -> String {
        crate::model::digest(self)[..5].into()
    }
}
