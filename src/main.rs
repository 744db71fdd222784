//! Parses arguments, builds the runtime, and turns an `Exit` into a process exit code.
use std::process::ExitCode;

use infra::cli::{Cli, run, told};

fn main() -> ExitCode {
    match Cli::of_process() {
        Ok(cli) => ExitCode::from(run(cli) as u8),
        Err(e) => ExitCode::from(told(&e) as u8),
    }
}
