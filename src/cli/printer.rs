//! The only place that writes: results to stdout, talk to stderr. What is written is redacted, and shows every character ([`visible::lines`],
//! [`visible::json`]): nothing that others wrote moves a cursor or commands a CI system.
use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal, Write};

use super::failure::Failure;
use crate::diag::{self, Exit, Finding};
use crate::redact::Redactor;
use crate::render::stream;
use crate::render::style::Style;
use crate::visible;

/// Where output goes, and how.
pub struct Printer {
    /// Whether stdout shows colour.
    pub style: Style,
    /// Whether stderr shows colour.
    color: bool,
    /// Columns, as `COLUMNS` tells.
    pub width: usize,
    /// Whether a person can be asked: stdin and stderr are terminals, and it isn't CI.
    pub interactive: bool,
    /// Hides secrets in everything that is written.
    redactor: RefCell<Redactor>,
    /// Whether results are written as JSON, one object a line.
    json: Cell<bool>,
    /// Whether accepted risks are written, too.
    verbose: Cell<bool>,
}

impl Printer {
    /// Chooses colour, width and questions by `NO_COLOR`, `CLICOLOR_FORCE`, `CI`, `TERM`, `COLUMNS` and by which streams are terminals.
    pub fn detect(no_color: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let plain = no_color || set("NO_COLOR") || std::env::var("TERM").is_ok_and(|t| t == "dumb");
        let color = |terminal: bool| !plain && (terminal || set("CLICOLOR_FORCE"));
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let interactive = std::io::stdin().is_terminal() && err && !set("CI") && std::env::var("TERM").map_or(true, |t| t != "dumb");
        let width = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(100);
        let vars = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let redactor = RefCell::new(Redactor::of_environment(vars));
        Printer {
            style: Style { color: color(out) },
            color: color(err),
            width,
            interactive,
            redactor,
            json: Cell::new(false),
            verbose: Cell::new(false),
        }
    }

    /// Writes results as JSON from now on, one object a line, findings among them; the first line says which version.
    pub fn stream(&self) {
        self.json.set(true);
        self.document(&stream::version());
    }

    /// Writes accepted risks, too, from now on.
    pub fn verbose(&self, verbose: bool) {
        self.verbose.set(verbose);
    }

    /// Writes findings that only those read who want to know more, or programs.
    pub fn details(&self, findings: &[Finding]) {
        if self.json.get() || self.verbose.get() {
            self.findings(findings);
        }
    }

    /// Adds values that are hidden from now on.
    pub fn hide(&self, known: impl IntoIterator<Item = String>) {
        let more = self.redactor.borrow().clone().and(known);
        *self.redactor.borrow_mut() = more;
    }

    /// A copy of the redactor, with all values that were added so far.
    pub fn redactor(&self) -> Redactor {
        self.redactor.borrow().clone()
    }

    /// The redactor of plans, which hides the values of environment variables unless they are asked for.
    pub fn plans(&self, show_env: bool) -> Redactor {
        if show_env { self.redactor() } else { self.redactor().and_env() }
    }

    /// Writes a result for people to stdout: lines, each with its end. Without a reader the process ends quietly, with the status of SIGPIPE; where the
    /// result can't be written for another reason (a full disk), it ends with a sentence.
    pub fn result(&self, text: &str) {
        put(&self.text(text, self.style.color)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes a result for programs to stdout: JSON, as [`Printer::result`] does.
    pub fn document(&self, json: &str) {
        put(&self.exact(json)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes what an application wrote to stdout, as [`Printer::result`] does, but hides nothing of it.
    pub fn verbatim(&self, text: &str) {
        put(&visible::lines(text, self.style.color)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes the same for programs: JSON.
    pub fn verbatim_json(&self, json: &str) {
        put(&visible::json(json)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes a script of ours to stdout, as [`Printer::result`] does: nothing that others wrote is in it.
    pub fn script(&self, script: &str) {
        put(script).unwrap_or_else(|e| quit(&e));
    }

    /// Writes a result of a run to stdout. The run goes on whether somebody reads it or not.
    pub fn tell(&self, text: &str) {
        let _ = put(&self.text(text, self.style.color));
    }

    /// Writes a result of a run for programs, a JSON object a line, as [`Printer::tell`] does.
    pub fn tell_json(&self, json: &str) {
        let _ = put(&self.exact(json));
    }

    /// Writes a line for people to stderr.
    pub fn say(&self, line: &str) {
        talk(&self.text(&format!("{line}\n"), self.color));
    }

    fn text(&self, text: &str, styled: bool) -> String {
        visible::lines(&self.redactor.borrow().text(text), styled)
    }

    fn exact(&self, json: &str) -> String {
        visible::json(&self.redactor.borrow().text(json))
    }

    /// Asks a question on stderr and returns the line that was typed, trimmed; empty when nothing can be read.
    pub fn ask(&self, question: &str) -> String {
        ask(&self.text(question, false))
    }

    /// Asks as [`Printer::ask`] does, without blocking the thread: the lease is renewed meanwhile.
    pub async fn ask_meanwhile(&self, question: String) -> String {
        let question = self.text(&question, false);
        tokio::task::spawn_blocking(move || ask(&question)).await.unwrap_or_default()
    }

    /// Writes findings: underlined in their file on stderr, or as JSON lines on stdout.
    pub fn findings(&self, findings: &[Finding]) {
        if self.json.get() {
            return findings.iter().for_each(|f| self.document(&stream::finding(f)));
        }
        talk(&self.text(&diag::render(findings, self.color, self.width.max(60)), self.color));
    }

    /// Writes the findings of a failure, and how many there are.
    pub fn failure(&self, failure: &Failure) {
        self.findings(&failure.findings);
        if failure.findings.len() > 1 && !self.json.get() {
            talk(&format!("{} findings.\n", failure.findings.len()));
        }
        if let Some(id) = failure.request.as_ref().filter(|_| self.verbose.get() && !self.json.get()) {
            talk(&format!("The service numbers the request {id}.\n"));
        }
    }
}

/// Writes to stdout, and makes sure that it arrives.
fn put(text: &str) -> io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

fn ask(question: &str) -> String {
    talk(question);
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() { answer.trim().to_owned() } else { String::new() }
}

/// Writes to stderr; a closed stderr is no reason to stop.
pub fn talk(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// What a shell expects of a writer whose reader has gone: the status of SIGPIPE. Any other reason is told.
#[expect(clippy::exit, reason = "there is nowhere to write to")]
pub fn quit(e: &io::Error) -> ! {
    if e.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(141);
    }
    talk(&format!("What was to be written to stdout could not be: {e}. What is there is not whole.\n"));
    std::process::exit(Exit::Error as i32)
}
