//! How an object fares, as its service tells it: what `infra status` shows.
use super::*;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// It serves, and somebody should look.
    Warning,
    /// It doesn't serve, or soon won't.
    Critical,
}

/// One thing that a service tells of how an object fares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sign {
    pub level: Level,
    /// In a few words: `3 of 3 targets healthy`.
    pub text: String,
}

/// What somebody wants the sandbox to tell of one object, by word: `targets`, `instances`, `state`, `days`.
pub type Bent = BTreeMap<String, String>;

/// The words that [`Bent`] may hold.
pub const WORDS: &[&str] = &["days", "instances", "state", "targets"];

/// Words that only objects of a kind have, which measure themselves.
pub const MEASURED: &[(Kind, &str)] = &[(Kind::DbInstance, "storage"), (Kind::DbReplica, "lag"), (Kind::MetricsWorkspace, "sample")];

impl Sign {
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Sign { level, text: text.into() }
    }

    /// So many of so many: critical below `least`, a warning below all.
    pub fn share(count: usize, of: usize, what: &str, least: usize) -> Self {
        let level = match count {
            n if n < least => Level::Critical,
            n if n < of => Level::Warning,
            _ => Level::Ok,
        };
        Sign::new(level, format!("{count} of {of} {what}"))
    }

    /// A state in the service's own word, by the states in which the object serves, and those that pass by themselves; in all others it doesn't serve.
    pub fn state(state: &str, serving: &[&str], passing: &[&str]) -> Self {
        let level = match state {
            s if serving.contains(&s) => Level::Ok,
            s if passing.contains(&s) => Level::Warning,
            _ => Level::Critical,
        };
        Sign::new(level, state)
    }
}

/// A number that somebody wants the sandbox to tell; else the one that is so.
pub fn bent_count(bent: &Bent, word: &str, usual: usize) -> usize {
    bent.get(word).and_then(|v| v.parse().ok()).unwrap_or(usual)
}

/// A state that somebody wants the sandbox to tell; else the usual one.
pub fn bent_state<'b>(bent: &'b Bent, usual: &'b str) -> &'b str {
    bent.get("state").map_or(usual, String::as_str)
}
