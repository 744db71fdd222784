//! Who did what: a line a run that outlives it in the cloud, so that any machine can tell of it. The newest lines are kept, in [`PAGES`] notes that are
//! written over and never deleted; only who holds the stack's lease writes them.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::plan::Counts;
use crate::wire::notes::NOTE;
use crate::wire::{CloudError, Notes};

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub run: String,
    pub stack: String,
    /// `apply`, `destroy`.
    pub command: String,
    /// Who brought the run to this end: `ana@laptop (process 4711)`.
    pub holder: String,
    /// The CI job's address.
    pub job: Option<String>,
    /// The commit of the repository, where CI says so or the folder has a `.git`.
    pub commit: Option<String>,
    /// The plan's digest.
    pub digest: String,
    pub started: Moment,
    /// How long this process has worked on it.
    pub seconds: u64,
    pub counts: Counts,
    /// How it ended, in words.
    pub ended: String,
}

/// Notes that the history has at most: with lines of the usual length about a hundred runs.
pub const PAGES: u64 = 12;

/// One note. The page with the highest number is the one that is written.
#[derive(Serialize, Deserialize)]
struct Page {
    number: u64,
    lines: Vec<Line>,
}

/// The pages among a stack's notes, the oldest first. What can't be read is none.
fn pages(stack: &str, notes: &BTreeMap<String, String>) -> Vec<Page> {
    let mut all: Vec<Page> = (0..PAGES).filter_map(|n| serde_json::from_str(notes.get(&name(stack, n))?).ok()).collect();
    all.sort_by_key(|page| page.number);
    all
}

fn name(stack: &str, number: u64) -> String {
    format!("{stack}/history/{}", number % PAGES)
}

/// The folder of a stack's notes that they are in.
pub fn folder(stack: &str) -> String {
    format!("{stack}/history")
}

/// The lines among a stack's notes, the oldest first.
pub fn read(stack: &str, notes: &BTreeMap<String, String>) -> Vec<Line> {
    pages(stack, notes).into_iter().flat_map(|page| page.lines).collect()
}

/// Adds a line; the oldest page gives way when there is no room. The caller holds the stack's lease.
pub async fn add(cloud: &impl Notes, mut line: Line) -> Result<(), CloudError> {
    let text = |page: &Page| serde_json::to_string(page).map_err(|e| CloudError::bug(e.to_string()));
    let cut = |text: &str| text.chars().take(200).collect::<String>();
    (line.holder, line.job) = (cut(&line.holder), line.job.filter(|job| job.len() <= 400));
    let stack = line.stack.clone();
    let notes = cloud.notes(&folder(&stack)).await?;
    let newest = pages(&stack, &notes).pop().unwrap_or(Page { number: 0, lines: vec![] });
    let next = Page { number: newest.number.wrapping_add(1), lines: vec![line.clone()] };
    let mut page = newest;
    page.lines.push(line);
    let mut written = text(&page)?;
    if written.len() > NOTE {
        page = next;
        written = text(&page)?;
    }
    cloud.note(&name(&stack, page.number), &written).await
}

/// The commit that is worked on: by CI's own word, or by the `.git` of the working directory.
pub fn commit() -> Option<String> {
    let hex = |text: &str| (text.len() >= 40 && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_owned());
    let said = ["GITHUB_SHA", "CI_COMMIT_SHA"].into_iter().find_map(|name| std::env::var(name).ok().and_then(|sha| hex(&sha)));
    said.or_else(|| {
        let head = std::fs::read_to_string(".git/HEAD").ok()?;
        match head.trim().strip_prefix("ref: ") {
            Some(branch) if branch.starts_with("refs/") && !branch.contains("..") => {
                hex(std::fs::read_to_string(format!(".git/{branch}")).ok()?.trim())
            }
            Some(_) => None,
            None => hex(head.trim()),
        }
    })
}
