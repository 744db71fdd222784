//! `infra completions`.
use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::failure::Failure;
use super::printer::Printer;
use crate::diag::Exit;

/// Prints the script by which a shell completes words: commands and flags, and what the spec in this folder has (addresses, entries, outputs), topics, runs.
/// The script asks `infra` itself, so that it stays true.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  bash: infra completions bash > ~/.local/share/bash-completion/completions/infra\n  zsh:  infra completions zsh > ~/.zfunc/_infra    (a folder of fpath)\n  fish: infra completions fish > ~/.config/fish/completions/infra.fish\n\nExample:\n  source <(infra completions bash)"
)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let mut script = vec![];
        if let Some(shell) = Shells::builtins().completer(&self.shell.to_string()) {
            shell.write_registration("COMPLETE", "infra", "infra", "infra", &mut script)?;
        }
        printer.script(&String::from_utf8_lossy(&script));
        Ok(Exit::Done)
    }
}
