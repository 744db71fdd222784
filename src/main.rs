//! Parses arguments, builds the runtime, and turns an `Exit` into a process exit code.
use std::process::ExitCode;

use clap::Parser;
use infra::cli::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(run(cli) as u8)
}
