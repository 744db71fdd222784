//! `infra completions`.
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::Failure;
use super::printer::Printer;
use crate::diag::Exit;

/// Prints the completion script of a shell.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra completions bash > /etc/bash_completion.d/infra")]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut super::Cli::command(), "infra", &mut script);
        printer.script(&String::from_utf8_lossy(&script));
        Ok(Exit::Done)
    }
}
