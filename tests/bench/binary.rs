//! What a user waits for before anything happens: `infra --version`, `infra validate`, and the size of the program.
//!
//! The program is the one named by `INFRA_BENCH_BINARY`, or the one that was built with this benchmark. Expected of a release: 2 ms, 15 ms,
//! and 45 MB.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail loudly")]
#[expect(dead_code, reason = "shared with other benchmarks")]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{head, median, ms, row};

const RUNS: usize = 50;
const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/production.yaml");

fn main() {
    let program = std::env::var_os("INFRA_BENCH_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_infra").into(), PathBuf::from);
    let widths = head(&["command                   ", "median ms"]);
    for arguments in [&["--version"][..], &["validate", "--file", SPEC]] {
        let times = (0..RUNS).map(|_| once(&program, arguments)).collect();
        row(&widths, [arguments[0], &ms(median(times))]);
    }
    let size = std::fs::metadata(&program).unwrap().len();
    println!("\n{}: {:.1} MB", program.display(), size as f64 / 1e6);
}

/// From the start of a process to its end.
fn once(program: &Path, arguments: &[&str]) -> Duration {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().unwrap();
    let took = started.elapsed();
    assert!(status.success(), "{arguments:?} ended with {status}");
    took
}
