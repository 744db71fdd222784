//! A plan, and what became of it, as a comment on a pull request or a page of a job's summary.
use crate::plan::Saved;
use crate::render::text;
use crate::run::{Event, Outcome};

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub enum Phase<'a> {
    Planned,
    Applying {
        run: &'a str,
    },
    Ended {
        outcome: &'a Outcome,
        events: &'a [Event],
        seconds: u64,
    },
    /// Refused before any effect.
    Refused {
        why: &'a str,
    },
}

/// What a page may be.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// At most so many characters.
    pub budget: usize,
    /// Whether values of environment variables are shown.
    pub show_env: bool,
    /// The address of the job's log.
    pub log: Option<&'a str>,
}

/// The first line of a stack's comment, by which it is found again; nobody sees it.
pub fn marker(stack: &str) -> String {
    format!("<!-- infra:stack={stack} -->")
}

/// The whole page, its marker first.
pub fn page(saved: &Saved, _phase: Phase<'_>, _page: Page<'_>) -> String {
    format!("{}\n{}\n", marker(&saved.stack.name), text::summary(&saved.plan))
}
