//! Limits of a zone that depend on its plan at Cloudflare.
use std::fmt;

/// A plan of Cloudflare's, the smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZonePlan {
    Free,
    Pro,
    Business,
    Enterprise,
}

impl ZonePlan {
    pub const ALL: [ZonePlan; 4] = [ZonePlan::Free, ZonePlan::Pro, ZonePlan::Business, ZonePlan::Enterprise];

    /// The plan of this name (`plan.legacy_id`); `None` for those that are sold otherwise.
    pub fn named(name: &str) -> Option<ZonePlan> {
        ZonePlan::ALL.into_iter().find(|plan| plan.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            ZonePlan::Free => "free",
            ZonePlan::Pro => "pro",
            ZonePlan::Business => "business",
            ZonePlan::Enterprise => "enterprise",
        }
    }
}

impl fmt::Display for ZonePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an object asks for and a zone's plan doesn't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub message: String,
    pub help: String,
}
