//! Runs that are recorded: a list, one in full, and what a recovery will do. For programs the shape of the list is `schemas/history.schema.json`.
use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::report;
use super::style::{Label, Style};
use super::text::{self, Detail};
use super::values::{count, seconds};
use super::words;
use crate::model::Moment;
use crate::plan::{Counts, Undo};
use crate::run::history::Line;
use crate::run::journal::{Damaged, Header, Record, RecordedRun};
use crate::run::left::Left;
use crate::run::{Direction, Event, Run, State};
use crate::visible::visible;

/// Journals that were found, and what the cloud tells of runs.
pub struct Found {
    pub journals: Vec<(PathBuf, Result<RecordedRun, Damaged>)>,
    pub lines: Vec<Line>,
}

impl Found {
    /// Journals of runs of which the cloud tells nothing.
    fn only_here(&self) -> impl Iterator<Item = &(PathBuf, Result<RecordedRun, Damaged>)> {
        let told = |run: &str| self.lines.iter().any(|line| line.run == run);
        self.journals.iter().filter(move |(_, recorded)| recorded.as_ref().map_or(true, |s| !told(&s.header.run)))
    }

    fn journal(&self, run: &str) -> Option<&PathBuf> {
        self.journals.iter().find(|(_, recorded)| recorded.as_ref().is_ok_and(|s| s.header.run == run)).map(|(path, _)| path)
    }
}

/// A line a run, the newest last.
pub fn runs(found: &Found, style: Style) -> String {
    let damaged = |(path, recorded): &(PathBuf, Result<RecordedRun, Damaged>)| match recorded {
        Ok(_) => None,
        Err(e) => Some((None, format!("{} can't be read: {e}\n", visible(&path.to_string_lossy())))),
    };
    let here = |recorded: &RecordedRun| {
        let h = &recorded.header;
        let ended = recorded.ended().map_or_else(|| style.paint(Label::Forced, "not over"), |how| words::ending(how).to_owned());
        let (at, counts) = (moment(h.started), words::to_do(h.plan.counts()));
        let [run, command, stack] = [&h.run, &h.command, &h.stack].map(|word| visible(word));
        (Some(h.started), format!("{run}  {at}  {command:<7}  {stack}  {counts}: {ended}, by {}\n", h.holder))
    };
    let mut all: Vec<(Option<Moment>, String)> = found.lines.iter().map(|l| (Some(l.started), line(l))).collect();
    all.extend(found.only_here().filter_map(|one| damaged(one).or(one.1.as_ref().ok().map(here))));
    all.sort_by_key(|(at, _)| *at);
    if all.is_empty() { "No runs.\n".into() } else { all.into_iter().map(|(_, line)| line).collect() }
}

/// What the cloud tells of a run. Whoever may write the stack's notes has written it.
pub fn line(l: &Line) -> String {
    let (at, counts, time) = (moment(l.started), words::to_do(l.counts), seconds(l.seconds));
    let [run, command, stack, ended, holder] = [&l.run, &l.command, &l.stack, &l.ended, &l.holder].map(|text| visible(text));
    let mut out = format!("{run}  {at}  {command:<7}  {stack}  {counts}: {ended} after {time}, by {holder}");
    if let Some(commit) = &l.commit {
        out += &format!(", commit {}", visible(&commit.chars().take(12).collect::<String>()));
    }
    if let Some(job) = &l.job {
        out += &format!(", {}", visible(job));
    }
    out + "\n"
}

/// What `infra history --json` prints of runs.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "History")]
pub struct HistoryDocument {
    /// Grows when a field changes its meaning.
    pub format_version: u32,
    /// What the cloud tells first, then what only journals here do; each the newest last.
    pub runs: Vec<ToldRun>,
}

/// A run, as far as it is known. Of a journal that can't be read only its file is.
#[derive(Default, Serialize, JsonSchema)]
pub struct ToldRun {
    pub run: Option<String>,
    pub stack: Option<String>,
    /// `apply`, `destroy`.
    pub command: Option<String>,
    /// When it began, by RFC 3339.
    pub started: Option<String>,
    /// Who brought it to its end: `ana@laptop (process 4711)`.
    pub holder: Option<String>,
    /// The CI job's address.
    pub job: Option<String>,
    /// The commit that was worked on.
    pub commit: Option<String>,
    /// The plan's digest.
    pub digest: Option<String>,
    pub counts: Option<Counts>,
    /// How long the process that ended it has worked on it.
    pub seconds: Option<u64>,
    /// How it ended, in words; `null` for one that is not over.
    pub ended: Option<String>,
    /// The file of its journal, where that is here.
    pub journal: Option<String>,
    /// Why the journal can't be read.
    pub damaged: Option<String>,
}

/// The list for programs.
pub fn runs_json(found: &Found) -> Value {
    let file = |path: &PathBuf| path.to_string_lossy().into_owned();
    let told = |l: &Line| ToldRun {
        run: Some(l.run.clone()),
        stack: Some(l.stack.clone()),
        command: Some(l.command.clone()),
        started: Some(l.started.to_string()),
        holder: Some(l.holder.clone()),
        job: l.job.clone(),
        commit: l.commit.clone(),
        digest: Some(l.digest.clone()),
        counts: Some(l.counts),
        seconds: Some(l.seconds),
        ended: Some(l.ended.clone()),
        journal: found.journal(&l.run).map(file),
        damaged: None,
    };
    let here = |(path, recorded): &(PathBuf, Result<RecordedRun, Damaged>)| match recorded {
        Ok(s) => ToldRun {
            run: Some(s.header.run.clone()),
            stack: Some(s.header.stack.clone()),
            command: Some(s.header.command.clone()),
            started: Some(s.header.started.to_string()),
            holder: Some(s.header.holder.to_string()),
            job: s.header.holder.job.clone(),
            digest: Some(s.header.plan.digest.clone()),
            counts: Some(s.header.plan.counts()),
            ended: s.ended().map(|how| words::ending(how).to_owned()),
            journal: Some(file(path)),
            ..ToldRun::default()
        },
        Err(e) => ToldRun { journal: Some(file(path)), damaged: Some(e.to_string()), ..ToldRun::default() },
    };
    let runs = found.lines.iter().map(told).chain(found.only_here().map(here)).collect();
    serde_json::to_value(HistoryDocument { format_version: 1, runs }).expect("plain data")
}

/// The JSON schema of [`runs_json`]'s answer.
pub fn schema() -> Value {
    schemars::schema_for!(HistoryDocument).to_value()
}

/// One run from beginning to end.
pub fn run(recorded: &RecordedRun, style: Style) -> String {
    let h = &recorded.header;
    let [run, command, stack, account, region] = [&h.run, &h.command, &h.stack, &h.account, &h.region].map(|word| visible(word));
    let heading = style.paint(Label::Heading, &format!("Run {run}"));
    let mut out = format!("{heading} {} ({command} {stack}) by {}\n", moment(h.started), h.holder);
    if let Some(job) = &h.holder.job {
        out += &format!("  {}\n", visible(job));
    }
    let (infra, digest) = (visible(&h.infra), visible(&h.plan.digest));
    out += &format!("  account {account}, {region}; infra {infra}; plan {digest} ({})\n\n", words::to_do(h.plan.counts()));
    for entry in &recorded.entries {
        let at = h.started.age(entry.at.0).as_secs();
        let line = match &entry.what {
            Record::Event(event @ (Event::Began(_) | Event::UndoBegan(_))) => format!("  {}", report::sentence(&h.plan, event)),
            Record::Event(event @ Event::Unsettled(..)) => format!("? {}", report::sentence(&h.plan, event)),
            Record::Event(event) => format!("{}{}", report::sentence(&h.plan, event), request(event)),
            Record::Ended(how) => words::ending(*how).into(),
        };
        out += &format!("{:>7}  {line}\n", seconds(at));
    }
    if recorded.ended().is_none() {
        out += "\nIt is not over, as far as this machine knows: see `infra status`.\n";
    }
    out
}

/// What the service calls a request that failed.
fn request(event: &Event) -> String {
    match event {
        Event::Failed(_, e) | Event::UndoFailed(_, e) => {
            e.request_id.as_ref().map(|id| format!(" (request {})", visible(id))).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// How a run stands, and what going on with it does.
pub fn recovery(h: &Header, run: &Run<'_>, way: Direction, left: &[Left], detail: Detail) -> String {
    let style = detail.style;
    let plan = &h.plan;
    let n = |wanted: &[State]| run.state.iter().filter(|s| wanted.contains(s)).count();
    let [id, command, stack] = [&h.run, &h.command, &h.stack].map(|word| visible(word));
    let mut out = format!("Run {id} ({command} {stack}) by {}, begun {}\n", h.holder, h.started);
    let unknown = n(&[State::Running, State::Unknown, State::Undoing]);
    out += &format!("  {} of {} stand", n(&[State::Done, State::Stuck]), count(plan.steps.len(), "step"));
    if unknown > 0 {
        out += &format!(", {unknown} must be looked up");
    }
    out += match way {
        Direction::Unwinding => ". Going back:\n",
        Direction::Forward => ". Going on:\n",
    };
    let left: BTreeMap<usize, &Left> = left.iter().map(|l| (l.step, l)).collect();
    let mut lines = vec![];
    for step in &plan.steps {
        let (state, address) = (run.state[step.id], &step.address);
        lines.extend(match (way, state) {
            (_, State::Running | State::Unknown) => Some(format!("  ? {address}: look what became of it")),
            (Direction::Unwinding, State::Done | State::Stuck | State::Undoing) if step.id < plan.commit => {
                if matches!(step.undo, Undo::Never | Undo::Nothing) {
                    continue;
                }
                let words = words::undo(step.undo);
                Some(format!("  {} {address}: {}", style.paint(words.label, words.sign), words.verb))
            }
            (Direction::Forward, State::Pending | State::Failed) => Some(format!("  {}", words::begun(step, false))),
            _ => None,
        });
        if let Some(left) = left.get(&step.id) {
            lines.extend(left.attrs.iter().map(|a| format!("        {}", text::attr(a, left.verb, detail))));
        }
    }
    if lines.is_empty() {
        lines.push("  nothing is left to be done".into());
    }
    lines.iter().for_each(|line| out += &format!("{line}\n"));
    out
}

fn moment(at: Moment) -> String {
    humantime::format_rfc3339_seconds(at.0).to_string()
}
