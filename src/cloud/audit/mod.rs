//! Who did what to an object, where the cloud keeps a record of it.
mod cloudflare;
mod cloudtrail;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Moment;
use crate::wire::CloudError;

/// Something that was done to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEvent {
    /// RFC 3339.
    #[schemars(with = "String")]
    pub when: Moment,
    /// A user, or a role and its session.
    pub who: String,
    /// The API's own name for it: `AuthorizeSecurityGroupIngress`.
    pub what: String,
    /// The address it came from; empty when it isn't known.
    pub from: String,
    /// The program it came from; empty when it isn't known.
    pub with: String,
}

/// The records of several objects. Nothing that can't be read is fatal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditLog {
    /// By the object's physical id, the newest first.
    pub events: BTreeMap<String, Vec<AuditEvent>>,
    /// Records that could not be read, and why; each is said once.
    pub unread: Vec<CloudError>,
}

/// Events that are told of one object, at most.
pub const EVENTS: usize = 3;

/// What somebody else wrote, in one short line.
pub fn short(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim();
    if plain.chars().count() <= 60 { plain.to_owned() } else { plain.chars().take(59).collect::<String>() + "…" }
}
