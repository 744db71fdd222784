//! `infra version`.
use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::printer::Printer;
use crate::diag::Exit;

/// Prints the version.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra version --json")]
pub struct Version {
    /// Print as a JSON object
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

impl Version {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let version = env!("CARGO_PKG_VERSION");
        match self.json {
            true => printer.document(&format!("{}\n", json!({ "version": version }))),
            false => printer.result(&format!("infra {version}\n")),
        }
        Ok(Exit::Done)
    }
}
