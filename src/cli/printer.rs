//! The only place that writes: results to stdout, talk to stderr.
use std::io::{IsTerminal, Write};

use super::failure::Failure;
use crate::diag::{self, Finding};
use crate::render::style::Style;

/// Where output goes, and how.
pub struct Printer {
    /// Whether stdout shows colour.
    pub style: Style,
    /// Whether stderr does.
    color: bool,
    width: usize,
    /// Whether a person sits there: both ends are terminals, and it isn't CI.
    pub interactive: bool,
}

impl Printer {
    /// By `NO_COLOR`, `CLICOLOR_FORCE`, `CI`, `TERM`, `COLUMNS` and what the streams are.
    pub fn detect(no_color: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let plain = no_color || set("NO_COLOR") || std::env::var("TERM").is_ok_and(|t| t == "dumb");
        let color = |terminal: bool| !plain && (terminal || set("CLICOLOR_FORCE"));
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let interactive = std::io::stdin().is_terminal() && err && !set("CI") && std::env::var("TERM").map_or(true, |t| t != "dumb");
        let width = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(100);
        Printer { style: Style { color: color(out) }, color: color(err), width, interactive }
    }

    /// A result. A reader that has gone away ends the process quietly.
    pub fn result(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            quit();
        }
    }

    /// A result of a run that goes on whether somebody reads it or not.
    pub fn tell(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Talk.
    pub fn say(&self, line: &str) {
        talk(&format!("{line}\n"));
    }

    /// A question; its answer without the line's end.
    pub fn ask(&self, question: &str) -> String {
        talk(question);
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if read.is_ok() { answer.trim().to_owned() } else { String::new() }
    }

    /// As [`Printer::ask`], while other things go on.
    pub async fn ask_meanwhile(&self, question: String) -> String {
        let printer = Printer { style: self.style, ..*self };
        tokio::task::spawn_blocking(move || printer.ask(&question)).await.unwrap_or_default()
    }

    pub fn findings(&self, findings: &[Finding]) {
        talk(&diag::render(findings, self.color, self.width.max(60)));
    }

    pub fn failure(&self, failure: &Failure) {
        self.findings(&failure.0);
        if failure.0.len() > 1 {
            talk(&format!("{} findings.\n", failure.0.len()));
        }
    }
}

/// Talk that nobody can hear is no reason to stop.
pub fn talk(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// What a shell expects of a writer whose reader has gone: the status of SIGPIPE.
#[expect(clippy::exit, reason = "there is nobody left to tell")]
fn quit() -> ! {
    std::process::exit(141)
}
