//! What a user waits for before anything happens: `infra --version`, `infra validate`, and the size of the program.
//!
//! The program is the one named by `INFRA_BENCH_BINARY` (what is shipped: `target/dist/infra`), or the one that was built with this
//! benchmark. Expected of what is shipped: a start in 2.5 times the time of a program that does nothing, and 32 MB.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail loudly")]
#[expect(dead_code, reason = "shared with other benchmarks")]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::kept::{Figures, short};
use support::{head, median, ms, row};

const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/production.yaml");

fn main() {
    let program = std::env::var_os("INFRA_BENCH_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_infra").into(), PathBuf::from);
    let widths = head(&["command                   ", "median ms"]);
    let commands: [(&Path, &[&str]); 3] = [(Path::new("true"), &[]), (&program, &["--version"]), (&program, &["validate", "--file", SPEC])];
    // By turns, so that what else the machine does falls on all alike.
    let mut times = [const { vec![] }; 3];
    for _ in 0..if short() { 20 } else { 200 } {
        for ((program, arguments), times) in commands.iter().zip(&mut times) {
            times.push(once(program, arguments));
        }
    }
    let [nothing, version, validate] = times.map(median);
    let mut figures = Figures::of("binary");
    for (name, time) in [("true", nothing), ("--version", version), ("validate", validate)] {
        row(&widths, [name, &ms(time)]);
        figures.add(format!("{name}, ms"), time.as_secs_f64() * 1e3);
    }
    figures.add("--version, times true", version.as_secs_f64() / nothing.as_secs_f64());
    figures.add("size, MB", std::fs::metadata(&program).unwrap().len() as f64 / 1e6);
    figures.finish();
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
