//! A plan, and what became of it, as a comment on a pull request or a page of a job's summary.
mod detail;
pub(super) mod escape;
mod hide;
mod outcome;
mod page;
mod table;
mod warnings;

use crate::cloud::lease::AtGate;
use crate::plan::Saved;
use crate::plan::saved::{Moved, Scene};
use crate::render::values::count;
use crate::run::{Event, Outcome};
use crate::wire::Identity;
use escape::length;
use page::{Limits, PageParts};

/// The budget of a page that no code host limits, in characters.
pub const GENEROUS: usize = 1_000_000;

/// The stage of a plan that a page shows.
#[derive(Clone, Copy, Debug)]
pub enum Stage<'a> {
    Planned,
    Applying {
        run: &'a str,
        /// The gates that it stands at.
        gates: &'a [AtGate],
    },
    Ended {
        outcome: &'a Outcome,
        events: &'a [Event],
        seconds: u64,
    },
    /// Refused before any effect; of a stale plan, what has moved since it was made.
    Refused {
        why: &'a str,
        moved: &'a [Moved],
    },
}

/// The size of a page and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct PageOptions<'a> {
    /// The most characters that it may have.
    pub budget: usize,
    /// Whether values of environment variables are shown.
    pub show_env: bool,
    /// The address of the job's log.
    pub log: Option<&'a str>,
}

/// The first line of a stack's comment, by which it is found again; nobody sees it. No name that a spec may give can end it. An equally named stack of another
/// account or region has a comment of its own, from its first plan on: before its first run a stack has no other identity than its place.
pub fn marker(saved: &Saved) -> String {
    let Scene { account, region, .. } = &saved.scene;
    let place = Identity { account: account.clone(), region: region.clone() }.place();
    let name = saved.stack.name.replace(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c), "?");
    format!("<!-- infra:stack={name} place={place} -->")
}

/// The whole page, its marker first. What doesn't fit is left out whole, from the least important on, and told: details of creations, of updates,
/// of what goes; then rows, the same way; then all but the heading, what is dangerous, how it ended and the digest.
pub fn page(saved: &Saved, stage: Stage<'_>, options: PageOptions<'_>) -> String {
    let parts = PageParts::of(saved, stage, options);
    let n = saved.plan.changes.len();
    let fits = |limits: Limits| Some(parts.text(limits)).filter(|text| length(text) <= options.budget);
    let full = Limits { names: 20, story: 200, rows: n, details: n, facts: true, log: true };
    let table = Limits { names: 10, story: 20, details: 0, ..full };
    let bare = Limits { rows: 0, facts: false, ..table };
    fits(full)
        .or_else(|| most(n, |details| fits(Limits { details, ..full })))
        .or_else(|| most(n, |rows| fits(Limits { rows, ..table })))
        .or_else(|| fits(Limits { names: 3, story: 5, ..bare }))
        .or_else(|| fits(Limits { names: 1, story: 1, ..bare }))
        .or_else(|| fits(Limits { names: 1, story: 1, log: false, ..bare }))
        .or_else(|| fits(Limits { names: 0, story: 0, log: false, ..bare }))
        .unwrap_or_else(|| parts.line(options.budget))
}

/// What is made with the largest number that can be made. A larger number makes more.
fn most(n: usize, make: impl Fn(usize) -> Option<String>) -> Option<String> {
    let mut best = make(0)?;
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = (low + high).div_ceil(2);
        match make(middle) {
            Some(text) => (low, best) = (middle, text),
            None => high = middle - 1,
        }
    }
    Some(best)
}
