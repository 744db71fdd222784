//! Answers a shell that completes words, parses arguments, builds the runtime, and turns an `Exit` into a process exit code.
use std::process::ExitCode;

use infra::cli::{Cli, answer, run, told};

fn main() -> ExitCode {
    answer();
    match Cli::of_process() {
        Ok(cli) => ExitCode::from(run(cli) as u8),
        Err(e) => ExitCode::from(told(&e) as u8),
    }
}
