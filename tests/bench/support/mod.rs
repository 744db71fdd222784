//! What benchmarks share: stacks of any size, tables in Markdown, times and memory.
pub mod kept;
pub mod network;

use std::fs;
use std::io;
use std::time::Duration;

use infra::plan::Plan;
use infra::run::Event;
use infra::run::drive::Sink;
use infra::spec::load;
use infra::spec::lower::lower;
use infra::stack::Stack;

/// A row of a Markdown table, its cells aligned to the right.
pub fn row<'a>(widths: &[usize], cells: impl IntoIterator<Item = &'a str>) {
    let cells: Vec<String> = widths.iter().zip(cells).map(|(w, c)| format!("{c:>w$}")).collect();
    println!("| {} |", cells.join(" | "));
}

/// The head of a Markdown table; its words give the columns their widths.
pub fn head(words: &[&str]) -> Vec<usize> {
    let widths: Vec<usize> = words.iter().map(|w| w.len().max(8)).collect();
    row(&widths, words.iter().copied());
    let rules: Vec<String> = widths.iter().map(|w| format!("{}:", "-".repeat(w - 1))).collect();
    row(&widths, rules.iter().map(String::as_str));
    widths
}

/// Milliseconds, to three digits.
pub fn ms(d: Duration) -> String {
    format!("{:.3}", d.as_secs_f64() * 1e3)
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The most memory this process has held so far, in MB (10^6 bytes): `VmHWM` of `/proc/self/status`; `None` where there is no such file.
pub fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024 / 1_000_000)
}

/// Takes note of failures only.
#[derive(Default)]
pub struct Failures(pub Vec<Event>);

impl Sink for Failures {
    fn event(&mut self, _: &Plan, event: &Event) -> io::Result<()> {
        if let Event::Failed(..) | Event::Unsettled(..) | Event::UndoFailed(..) = event {
            self.0.push(event.clone());
        }
        Ok(())
    }
}

/// The reference environment.
pub fn reference() -> Stack {
    let env = |_: &str| None;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/production.yaml");
    let text = fs::read_to_string(path).unwrap();
    let loaded = load(&[(path.into(), text)], &env).unwrap_or_else(|e| panic!("{e}"));
    lower(&loaded.spec, &env).unwrap()
}
