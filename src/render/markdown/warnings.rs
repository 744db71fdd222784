//! Warnings of what is deleted, replaced or lost; they stand first on the page.
use super::Stage;
use super::detail::loses;
use super::escape::code;
use crate::model::Order;
use crate::plan::{Change, Guarded, Verb};
use crate::render::words;
use crate::run::Outcome;

/// How dangerous a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    None,
    /// Something is deleted or replaced.
    Goes,
    /// What users stored is lost.
    Data,
}

/// The greatest danger among changes.
pub fn danger(changes: &[Change]) -> Danger {
    changes
        .iter()
        .map(|c| {
            if loses(c) {
                Danger::Data
            } else if rank(c) < 2 {
                Danger::Goes
            } else {
                Danger::None
            }
        })
        .max()
        .unwrap_or(Danger::None)
}

/// The rank of a change by importance, 0 first: lost data, then deletions and replacements, updates, creations. The last are cut first.
pub fn rank(c: &Change) -> usize {
    match c.verb {
        _ if loses(c) => 0,
        Verb::Delete | Verb::Replace(_) => 1,
        Verb::Update => 2,
        Verb::Create => 3,
    }
}

/// The alert, with at most so many names a line; empty when nothing goes.
pub fn alert(changes: &[Change], stage: Stage<'_>, names: usize) -> String {
    let data: Vec<&Change> = changes.iter().filter(|c| loses(c)).collect();
    let rest = |verb: Verb| -> Vec<&Change> { changes.iter().filter(|c| !loses(c) && c.verb == verb).collect() };
    let (lose, delete, replace) = tense(stage);
    let lines = [
        (format!("{lose} the data of"), data),
        (delete.to_owned(), rest(Verb::Delete)),
        (format!("{replace}, with a gap,"), rest(Verb::Replace(Order::DeleteFirst))),
        (replace.to_owned(), rest(Verb::Replace(Order::CreateFirst))),
    ];
    let kind = match danger(changes) {
        Danger::None => return String::new(),
        Danger::Goes => "WARNING",
        Danger::Data => "CAUTION",
    };
    let lines = lines.into_iter().filter(|(_, c)| !c.is_empty()).map(|(what, c)| format!("> - **{what}** {}\n", listed(&c, names)));
    format!("> [!{kind}]\n{}\n", lines.collect::<String>())
}

/// What is refused as the plan stands, and how it is allowed, with at most so many names; empty when nothing is, or when a run is past that.
pub fn refusal(refused: &[Guarded], stage: Stage<'_>, names: usize) -> String {
    if refused.is_empty() || !matches!(stage, Stage::Planned | Stage::Refused { .. }) {
        return String::new();
    }
    let why: String = refused.iter().take(names).map(|g| format!("> - {}\n", sentence(g))).collect();
    let more = refused.len().saturating_sub(names);
    let more = if more > 0 && names > 0 { format!("> - and {more} more\n") } else { String::new() };
    let how = match refused.len() <= names {
        true => code(&words::permission(refused)),
        false => "`--allow-data-loss` and their addresses".into(),
    };
    format!("> [!CAUTION]\n> **Refused** as it stands: nothing is applied before that is allowed with {how}.\n{why}{more}\n")
}

/// [`words::guarded`], its address as code.
fn sentence(g: &Guarded) -> String {
    let (address, whole) = (g.address.to_string(), words::guarded(g));
    whole.strip_prefix(&address).map_or_else(|| code(&whole), |rest| code(&address) + rest)
}

fn listed(changes: &[&Change], names: usize) -> String {
    if names == 0 {
        return super::count(changes.len(), "object");
    }
    let said = |c: &&Change| match c.verb {
        Verb::Replace(_) if loses(c) => format!("{} (replaced)", code(&c.address.to_string())),
        Verb::Delete if loses(c) => format!("{} (deleted)", code(&c.address.to_string())),
        Verb::Update if loses(c) => format!("{} (keeps less)", code(&c.address.to_string())),
        _ => code(&c.address.to_string()),
    };
    let mut all: Vec<String> = changes.iter().take(names).map(said).collect();
    let more = changes.len().saturating_sub(names);
    all.extend((more > 0).then(|| format!("and {more} more")));
    all.join(", ")
}

/// Whether it will be, would be or was.
fn tense(stage: Stage<'_>) -> (&'static str, &'static str, &'static str) {
    match stage {
        Stage::Ended { outcome: Outcome::Applied, .. } => ("Lost", "Deleted", "Replaced"),
        Stage::Ended { outcome: Outcome::RolledBack(_), .. } | Stage::Refused { .. } => ("Would lose", "Would delete", "Would replace"),
        _ => ("Loses", "Deletes", "Replaces"),
    }
}
