//! Publishes a plan, and what became of it, as the stack's comment and in the summary of the CI job. No failure of it stops a run.
use std::cell::{Cell, RefCell};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::args::ForgeArgs;
use super::failure::Failure;
use super::printer::Printer;
use crate::cloud::lease::AtGate;
use crate::diag::Exit;
use crate::forge::detect::{detect, event};
use crate::forge::{Forge, ForgeError, ForgeErrorKind};
use crate::plan::Saved;
use crate::render::markdown::{PageOptions, Stage, marker, page};
use crate::run::{Event, Outcome};
use crate::wire::{Class, CloudError};

/// How long all waits for the code host may take together in `infra comment`.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How long they may take beside a run.
pub const MEANWHILE: Duration = Duration::from_secs(30);

/// Bytes of a step's summary; with one more, GitHub takes none of it.
const SUMMARY: usize = 1024 * 1024;

/// The connection to the code host. A task that writes takes the client along and gives it back.
enum Connection {
    /// There is no client: it could not be made, or was lost.
    Failed(ForgeError),
    Ready(Box<Forge>),
    Writing(JoinHandle<Box<Forge>>),
}

/// Publishes one plan.
pub struct CommentPublisher<'n> {
    saved: &'n Saved,
    printer: &'n Printer,
    show_env: bool,
    log: Option<String>,
    summary: Option<PathBuf>,
    connection: RefCell<Connection>,
    /// Whether a run has begun.
    begun: Cell<bool>,
    /// Whether its end was published.
    ended: Cell<bool>,
    /// The gates that were published last: their entries, shares, and whether they wait for somebody's word.
    stands: RefCell<Vec<(String, u8, bool)>>,
}

impl<'n> CommentPublisher<'n> {
    /// Finds the code host in the arguments and the CI's environment; sends nothing yet. An error is kept until something is published.
    pub fn open(saved: &'n Saved, args: &ForgeArgs, show_env: bool, patience: Duration, printer: &'n Printer) -> CommentPublisher<'n> {
        let env = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
        let ci = detect(&args.asked(), &env, event(&env).as_ref());
        let none = || ForgeError::new(ForgeErrorKind::NoHost, "nothing tells which code host this job is of");
        let forge = ci.site.ok_or_else(none).and_then(|site| Forge::open(&site, marker(saved), patience));
        let connection = forge.map_or_else(Connection::Failed, |forge| Connection::Ready(Box::new(forge))).into();
        let (begun, ended, stands) = Default::default();
        CommentPublisher { saved, printer, show_env, log: ci.log, summary: ci.summary, connection, begun, ended, stands }
    }

    /// Publishes the plan, and returns the comment's URL; `None` where only the job's summary could be written, as for a fork.
    pub async fn planned(&self) -> Result<Option<String>, Failure> {
        let comment = self.comment(Stage::Planned).await;
        let summary = self.summarise(Stage::Planned);
        match (comment, summary) {
            (Ok(url), _) => Ok(Some(url)),
            (Err(e), true) if e.elsewhere() => {
                self.printer.say(&format!("No comment could be written: {e}. The plan is in the job's summary instead."));
                Ok(None)
            }
            (Err(e), _) => Err(Failure::comment(&e)),
        }
    }

    /// Publishes that a run has begun.
    pub fn applying(&self, run: &str) {
        self.begun.set(true);
        self.meanwhile(Stage::Applying { run, gates: &[] });
    }

    /// Publishes that a run stands at other gates than before. While the comment is being written there is time until the next call.
    pub async fn moves(&self, run: &str, gates: &[AtGate]) {
        let stands = gates.iter().map(|gate| (gate.entry.clone(), gate.share, gate.asks)).collect::<Vec<_>>();
        if stands.is_empty() || stands == *self.stands.borrow() {
            return;
        }
        let lost = || Connection::Failed(ForgeError::new(ForgeErrorKind::Lost, "the comment was not written to its end"));
        let back = match self.connection.replace(lost()) {
            Connection::Writing(write) if write.is_finished() => write.await.map_or_else(|_| lost(), Connection::Ready),
            other => other,
        };
        let ready = matches!(back, Connection::Ready(_));
        self.connection.replace(back);
        if ready {
            self.stands.replace(stands);
            self.meanwhile(Stage::Applying { run, gates });
        }
    }

    /// Publishes a stage in a task of its own: the run doesn't wait for it.
    fn meanwhile(&self, stage: Stage<'_>) {
        let away = || Connection::Failed(ForgeError::new(ForgeErrorKind::Lost, "the comment is being written"));
        match self.connection.replace(away()) {
            Connection::Ready(mut forge) => {
                let body = self.body(stage, forge.limit(), |text| text.chars().count());
                let write = tokio::spawn(async move {
                    // The end of the run is written to the same place, and says what stands in the way.
                    if let Ok(body) = body {
                        let _ = forge.upsert(&body).await;
                    }
                    forge
                });
                self.connection.replace(Connection::Writing(write));
            }
            other => {
                self.connection.replace(other);
            }
        }
    }

    /// Publishes how the run ended.
    pub async fn ended(&self, outcome: &Outcome, events: &[Event], seconds: u64) {
        self.ended.set(true);
        self.publish(Stage::Ended { outcome, events, seconds }).await;
    }

    /// Publishes what came of the command when no run has ended: nothing to do, a refusal, or an error of infra itself.
    pub async fn unless_ended(&self, result: &Result<Exit, Failure>) {
        if self.ended.get() {
            return;
        }
        match result {
            Ok(Exit::Done) => self.publish(Stage::Ended { outcome: &Outcome::Applied, events: &[], seconds: 0 }).await,
            Ok(_) => {}
            Err(failure) => {
                let (why, moved) = failure.reason();
                if self.begun.get() {
                    let outcome = Outcome::Unfinished(CloudError::new(Class::Ambiguous, "Stopped", why));
                    self.publish(Stage::Ended { outcome: &outcome, events: &[], seconds: 0 }).await;
                } else {
                    self.publish(Stage::Refused { why: &why, moved }).await;
                }
            }
        }
    }

    /// Writes comment and summary; an error is a line on stderr and stops nothing.
    async fn publish(&self, stage: Stage<'_>) {
        let comment = self.comment(stage).await;
        let summary = self.summarise(stage);
        if let Err(e) = comment {
            let instead = if summary { " How it ended is in the job's summary." } else { "" };
            self.printer.say(&format!("No comment could be written: {e}.{instead}"));
        }
    }

    /// Writes the comment and returns its URL.
    async fn comment(&self, stage: Stage<'_>) -> Result<String, ForgeError> {
        let lost = || ForgeError::new(ForgeErrorKind::Lost, "the comment was not written to its end");
        let mut forge = match self.connection.replace(Connection::Failed(lost())) {
            Connection::Ready(forge) => forge,
            Connection::Writing(write) => write.await.map_err(|_| lost())?,
            Connection::Failed(e) => {
                self.connection.replace(Connection::Failed(e.clone()));
                return Err(e);
            }
        };
        let written = match self.body(stage, forge.limit(), |text| text.chars().count()) {
            Ok(body) => forge.upsert(&body).await,
            Err(e) => Err(e),
        };
        self.connection.replace(Connection::Ready(forge));
        written.map(|comment| comment.url)
    }

    /// Appends to the summary of the CI job's step, if there is one. Returns whether it did.
    fn summarise(&self, stage: Stage<'_>) -> bool {
        let Some(file) = &self.summary else { return false };
        let written = self.append(file, stage);
        if let Err(why) = &written {
            self.printer.say(&format!("The job's summary could not be written: {why}."));
        }
        written.is_ok()
    }

    fn append(&self, file: &Path, stage: Stage<'_>) -> Result<(), String> {
        let there = std::fs::metadata(file).map_or(0, |m| m.len() as usize);
        // An empty line parts it from what stands before it.
        let gap = if there > 0 { "\n\n" } else { "" };
        let room = SUMMARY.saturating_sub(there + gap.len());
        let text = self.body(stage, room, str::len).map_err(|_| format!("{there} of its {SUMMARY} bytes are taken already"))?;
        let open = std::fs::OpenOptions::new().create(true).append(true).open(file);
        open.and_then(|mut f| f.write_all(format!("{gap}{text}").as_bytes())).map_err(|e| crate::files::at(file)(e).to_string())
    }

    /// The page without anything secret, and within a limit by its measure. What hiding adds, or bytes that characters need, the page does
    /// without. One without its first line would never be found again, and is none.
    fn body(&self, stage: Stage<'_>, limit: usize, measure: impl Fn(&str) -> usize) -> Result<String, ForgeError> {
        let redactor = self.printer.redactor();
        let first = marker(self.saved);
        let mut budget = limit;
        while budget > 0 {
            let text = redactor.text(&page(self.saved, stage, PageOptions { budget, show_env: self.show_env, log: self.log.as_deref() }));
            let size = measure(&text);
            if !text.starts_with(&first) {
                break;
            }
            if size <= limit {
                return Ok(text);
            }
            budget = (budget as u128 * limit as u128 / size as u128).min(budget as u128 - 1) as usize;
        }
        Err(ForgeError::new(ForgeErrorKind::Refused, format!("nothing fits into {limit}")))
    }
}
