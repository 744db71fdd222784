//! What became of a plan: the outcome, why, what was taken back, and the command that goes on.
use textwrap::{Options, WordSeparator, WordSplitter};

use super::escape::{code, fence, window};
use super::{Stage, hide};
use crate::cloud::lease::AtGate;
use crate::plan::{Act, Plan};
use crate::render::report::{as_before, done, flying, help, standing, undone, undone_as};
use crate::render::values::{self, seconds};
use crate::render::words;
use crate::run::{Event, Outcome};
use crate::visible::visible;
use crate::wire::CloudError;

/// Where a rollout has come to, in a line: without its minutes, for the comment is written when the share changes.
fn at_gate(gate: &AtGate) -> String {
    let next = gate.next.map(|share| format!("; next {share}%")).unwrap_or_default();
    let asks = if gate.asks { format!(". It goes on once somebody says {}", code("infra approve")) } else { String::new() };
    let share = match gate.share {
        0 => "the preview leads to the new instances".into(),
        share => format!("{share}% of its requests go to the new instances"),
    };
    format!("\n\n**Rollout** {}: {share}{next}{asks}.", code(&gate.entry))
}

/// A failure's own words may be long.
const LONG: usize = 600;
/// Characters of a line that is seen without scrolling.
const WIDE: usize = 100;
/// More lines are collapsed.
const OPEN: usize = 10;

/// The section of a page that says how the run ended, the most important first.
#[derive(Default)]
pub struct OutcomeSection {
    /// The kind of the alert; without one it is a plain sentence.
    alert: Option<&'static str>,
    says: String,
    /// And, where there is room.
    also: &'static str,
    /// With their signs.
    lines: Vec<String>,
    /// Whether the lines tell of a run.
    ended: bool,
    /// Commands, and what each does.
    next: Vec<(&'static str, &'static str)>,
    /// What else helps.
    help: &'static str,
}

impl OutcomeSection {
    pub fn of(plan: &Plan, stage: Stage<'_>, show_env: bool) -> OutcomeSection {
        match stage {
            Stage::Planned => OutcomeSection::default(),
            Stage::Applying { run, gates } => {
                let says = format!("Run {} is applying this.", code(run)) + &gates.iter().map(at_gate).collect::<String>();
                OutcomeSection { says, ..OutcomeSection::default() }
            }
            Stage::Refused { why, moved } => {
                let moved = moved.iter().map(|m| format!("\n- {}", values::moved(&hide::moved(m, show_env))));
                let text: String = [why.to_owned()].into_iter().chain(moved).collect();
                let lines = text.lines().filter(|l| !l.trim().is_empty());
                OutcomeSection {
                    alert: Some("WARNING"),
                    says: "**Refused**: nothing was changed.".into(),
                    lines: lines.map(|l| format!("! {}", window(l, 0, LONG))).collect(),
                    ..OutcomeSection::default()
                }
            }
            Stage::Ended { outcome, events, seconds } => ended(plan, outcome, events, seconds),
        }
    }

    /// The section's Markdown, with at most `most` lines of what happened.
    pub fn text(&self, most: usize) -> String {
        let mut out = match self.alert {
            _ if self.says.is_empty() => return String::new(),
            Some(kind) if most > 0 && !self.also.is_empty() => format!("> [!{kind}]\n> {} {}\n\n", self.says, self.also),
            Some(kind) => format!("> [!{kind}]\n> {}\n\n", self.says),
            None => format!("{}\n\n", self.says),
        };
        let mut lines: Vec<String> =
            self.lines.iter().take(most).flat_map(|line| if self.ended { wrapped(line) } else { vec![line.clone()] }).collect();
        let more = self.lines.len().saturating_sub(most);
        if most > 0 && more > 0 {
            lines.push(format!("  … {more} more"));
        }
        out += &match lines.len() {
            0 => String::new(),
            1..=OPEN => format!("{}\n", fence(&lines)),
            n => format!("<details>\n<summary>What happened: {n} lines</summary>\n\n{}\n</details>\n\n", fence(&lines)),
        };
        for (command, does) in &self.next {
            out += &if most > 0 { format!("- `{command}` {does}\n") } else { format!("- `{command}`\n") };
        }
        if !self.next.is_empty() {
            out.push('\n');
        }
        if most > 0 && !self.help.is_empty() {
            out += &format!("{}\n\n", self.help.trim_end());
        }
        out
    }
}

/// A line of a fence as those that a comment has room for: what a service says of a failure is seen whole.
fn wrapped(line: &str) -> Vec<String> {
    let sign = line.chars().next().filter(char::is_ascii).unwrap_or(' ');
    let line = visible(line);
    let indent = format!("{sign}     ");
    let options = Options::new(WIDE).subsequent_indent(&indent).break_words(false).word_separator(WordSeparator::AsciiSpace);
    textwrap::wrap(&line, options.word_splitter(WordSplitter::NoHyphenation)).into_iter().map(Into::into).collect()
}

fn ended(plan: &Plan, outcome: &Outcome, events: &[Event], elapsed: u64) -> OutcomeSection {
    let took = seconds(elapsed);
    let back: Vec<String> = undone(plan, events)
        .iter()
        .map(|(s, there)| format!("{} {} {}", words::undo(s.undo).diff_sign, s.address, undone_as(s, *there)))
        .collect();
    let mut section = OutcomeSection { ended: true, ..OutcomeSection::default() };
    let cause = match outcome {
        Outcome::Applied => {
            section.says = format!("Applied in {took}.");
            return section;
        }
        Outcome::RolledBack(cause) => cause.as_ref(),
        Outcome::Leftovers(e) | Outcome::Stuck(e) | Outcome::Unfinished(e) => Some(e),
    };
    section.lines = failures(plan, events, cause);
    section.help = cause.map_or("", help);
    match outcome {
        Outcome::Applied => {}
        Outcome::Leftovers(_) => {
            section.alert = Some("WARNING");
            section.says = format!("**Applied with leftovers** in {took}.");
            section.also = words::leftovers(plan);
            if !words::only_goes(plan) {
                section.next = vec![("infra apply", "deletes it the next time")];
            }
        }
        Outcome::RolledBack(cause) => {
            let why = if cause.is_some() { "it failed" } else { "it was interrupted" };
            let now = as_before(plan, &undone(plan, events));
            section.alert = Some("WARNING");
            section.says = format!("**Rolled back** after {took}: {why}. {now}");
            section.lines.extend(back);
        }
        Outcome::Stuck(_) => {
            section.alert = Some("CAUTION");
            section.says = format!("**Stuck** after {took}: an undo failed, and a person is needed.");
            section.also = "Take away what the message names.";
            section.lines.extend(standing(plan, events).iter().map(|s| format!("! {} still {}", s.address, done(s))));
            section.lines.extend(back);
            section.next = vec![("infra recover", "tries again to take the rest back, from any machine")];
        }
        Outcome::Unfinished(_) => {
            let stands = standing(plan, events);
            section.alert = Some("CAUTION");
            section.says = format!("**Stopped on the way** after {took}.");
            section.also = "The stack may stand between the old and the new.";
            section.lines.extend(stands.iter().map(|s| format!("! {} {}", s.address, done(s))));
            section.lines.extend(flying(plan, events).iter().map(|s| format!("! {} may be {}", s.address, done(s))));
            section.next = match stands.len() {
                0 => vec![("infra recover", "makes sure of what stands, from any machine")],
                _ => vec![("infra recover", "takes this back, from any machine"), ("infra recover --forward", "goes on with it")],
            };
        }
    }
    section
}

/// Everything that failed, in its own words; the cause first.
fn failures(plan: &Plan, events: &[Event], cause: Option<&CloudError>) -> Vec<String> {
    let mut all: Vec<(bool, String)> = vec![];
    for event in events {
        let (i, what, e) = match event {
            Event::Failed(i, e) => (i, "failed", e),
            Event::UndoFailed(i, e) => (i, "could not be taken back", e),
            _ => continue,
        };
        let step = &plan.steps[*i];
        let who = if let Act::Gate { gate } = &step.act { words::watched(gate) } else { step.address.to_string() };
        all.push((cause != Some(e), format!("! {who} {what}: {}", window(&e.to_string(), 0, LONG))));
    }
    if let Some(cause) = cause.filter(|_| all.iter().all(|(other, _)| *other)) {
        all.push((false, format!("! {}", window(&cause.to_string(), 0, LONG))));
    }
    all.sort_by_key(|(other, _)| *other);
    all.dedup();
    all.into_iter().map(|(_, line)| line).collect()
}
