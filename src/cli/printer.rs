//! The only place that writes: results to stdout, talk to stderr. What is written is redacted, and shows every character ([`visible::lines`],
//! [`visible::json`]): nothing that others wrote moves a cursor or commands a CI system.
use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use terminal_size::{Height, Width, terminal_size_of};

use super::failure::Failure;
use crate::diag::{self, Exit, Finding};
use crate::redact::Redactor;
use crate::render::stream;
use crate::render::style::Style;
use crate::render::values::count;
use crate::render::wrap::wrap;
use crate::visible;

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

/// How the progress of a run is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressAs {
    #[default]
    Auto,
    Plain,
}

/// For whom findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// For people, on stderr.
    #[default]
    Text,
    /// Those that refuse for programs, as one document on stdout; others for people.
    Document,
    /// For programs, a line each on stdout.
    Stream,
}

/// A sign that something is being read.
pub struct Reading(Option<ProgressBar>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// Where output goes, and how.
pub struct Printer {
    /// Whether stdout shows colour.
    pub style: Style,
    /// Whether stderr shows colour.
    color: bool,
    /// Columns of findings.
    pub width: usize,
    /// Columns of results; `None` where they aren't wrapped, as nobody reads them on a terminal.
    columns: Option<usize>,
    /// Whether a person can be asked: stdin and stderr are terminals, and it isn't CI.
    pub interactive: bool,
    /// Whether nobody is asked because `CI` is set, though there is a terminal.
    pub ci: bool,
    /// Whether progress is drawn as bars, which are redrawn.
    pub bars: bool,
    /// Hides secrets in everything that is written.
    redactor: RefCell<Redactor>,
    /// For whom findings are written.
    form: Cell<Form>,
    /// Whether a document has been written: there is one on stdout, and a second would make it none.
    documented: Cell<bool>,
    /// Whether accepted risks are written, too.
    verbose: Cell<bool>,
}

impl Printer {
    /// Chooses colour, width and questions by the flags, by `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `CI`, `TERM`, `COLUMNS`, and by which streams are
    /// terminals and how wide those are.
    pub fn detect(when: ColorWhen, progress: ProgressAs) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let dumb = std::env::var("TERM").is_ok_and(|t| t == "dumb");
        let forced = set("FORCE_COLOR") || set("CLICOLOR_FORCE");
        let color = |terminal: bool| match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => !set("NO_COLOR") && !dumb && (terminal || forced),
        };
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let attended = std::io::stdin().is_terminal() && err && !dumb;
        let (interactive, ci) = (attended && !set("CI"), attended && set("CI"));
        let told = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let wide = |size: Option<(Width, Height)>| told.or(size.map(|(Width(columns), _)| usize::from(columns)));
        let columns = wide(terminal_size_of(std::io::stdout())).filter(|_| out);
        let width = wide(terminal_size_of(std::io::stderr())).unwrap_or(100);
        let vars = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let redactor = RefCell::new(Redactor::of_environment(vars));
        Printer {
            style: Style { color: color(out) },
            color: color(err),
            width,
            columns,
            interactive,
            ci,
            bars: interactive && progress == ProgressAs::Auto,
            redactor,
            form: Cell::default(),
            documented: Cell::default(),
            verbose: Cell::new(false),
        }
    }

    /// Writes results as JSON from now on, one object a line, findings among them; the first line says which version.
    pub fn stream(&self) {
        self.form.set(Form::Stream);
        self.document(&stream::version());
    }

    /// Writes a refusal as a document from now on.
    pub fn programs(&self) {
        self.form.set(Form::Document);
    }

    fn streams(&self) -> bool {
        self.form.get() == Form::Stream
    }

    /// Writes accepted risks, too, from now on.
    pub fn verbose(&self, verbose: bool) {
        self.verbose.set(verbose);
    }

    /// Writes findings that only those read who want to know more, or programs.
    pub fn details(&self, findings: &[Finding]) {
        if self.streams() || self.verbose.get() {
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
        put(&self.wrapped(text)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes a result for programs to stdout: JSON, as [`Printer::result`] does.
    pub fn document(&self, json: &str) {
        self.documented.set(true);
        put(&self.exact(json)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes what an application wrote to stdout, as [`Printer::result`] does, but hides nothing of it.
    pub fn verbatim(&self, text: &str) {
        put(&visible::lines(text, self.style.color)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes the same for programs: JSON.
    pub fn verbatim_json(&self, json: &str) {
        self.documented.set(true);
        put(&visible::json(json)).unwrap_or_else(|e| quit(&e));
    }

    /// Writes a script of ours to stdout, as [`Printer::result`] does: nothing that others wrote is in it.
    pub fn script(&self, script: &str) {
        put(script).unwrap_or_else(|e| quit(&e));
    }

    /// Writes a result of a run to stdout. The run goes on whether somebody reads it or not.
    pub fn tell(&self, text: &str) {
        let _ = put(&self.wrapped(text));
    }

    /// Writes a result of a run for programs, a JSON object a line, as [`Printer::tell`] does.
    pub fn tell_json(&self, json: &str) {
        let _ = put(&self.exact(json));
    }

    /// Writes a line for people to stderr.
    pub fn say(&self, line: &str) {
        talk(&self.text(&format!("{line}\n"), self.color));
    }

    /// A text for stdout, its lines no longer than the terminal is wide.
    fn wrapped(&self, text: &str) -> String {
        let text = self.text(text, self.style.color);
        self.columns.map_or(text.clone(), |columns| wrap(&text, columns))
    }

    /// How wide a page of text may be: as the terminal, and no wider than is read easily.
    pub fn columns(&self) -> usize {
        self.columns.unwrap_or(100).min(100)
    }

    /// Shows that something is being read, until what is returned is dropped; nothing where no bars are drawn.
    pub fn reading(&self, what: &str) -> Reading {
        let spinner = self.bars.then(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            let spinner = ProgressBar::new_spinner().with_style(style).with_message(self.text(&format!("Reading {what}"), false));
            spinner.enable_steady_tick(Duration::from_millis(200));
            spinner
        });
        Reading(spinner)
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
        if self.streams() {
            return findings.iter().for_each(|f| self.document(&stream::finding(f)));
        }
        talk(&self.text(&diag::render(findings, self.color, self.width.max(40)), self.color));
    }

    /// Writes the findings for which a command does nothing: underlined in their file, and how many there are; or as data on stdout, unless its result is
    /// there already: a plan that may not be applied says so itself.
    pub fn failure(&self, failure: &Failure) {
        if self.form.get() == Form::Document && !self.documented.get() {
            return self.document(&format!("{:#}\n", json!(diag::json(&failure.findings))));
        }
        self.findings(&failure.findings);
        if self.streams() {
            return self.document(&stream::refusal(&failure.findings));
        }
        let (errors, all) = (failure.findings.iter().filter(|f| f.gravity() == "error").count(), failure.findings.len());
        if all > 1 {
            let warnings = if all > errors { format!(", {}", count(all - errors, "warning")) } else { String::new() };
            talk(&format!("{}{warnings}.\n", count(errors, "error")));
        }
        if let Some(id) = failure.request.as_ref().filter(|_| self.verbose.get()) {
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
