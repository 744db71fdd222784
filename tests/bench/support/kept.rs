//! The figures of a benchmark, beside those that were kept last in `tests/bench/kept.json`.
//!
//! `cargo bench -- --short` measures less often and prints the same figures. `INFRA_BENCH_KEEP=1 cargo bench` keeps what it measures; that
//! is done on a machine that has nothing else to do, and the file is committed.
use std::collections::BTreeMap;
use std::fs;

use super::{head, row};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/kept.json");

/// By benchmark, by figure: less is better in all of them.
type Kept = BTreeMap<String, BTreeMap<String, f64>>;

/// What one benchmark has measured.
pub struct Figures {
    bench: &'static str,
    now: BTreeMap<String, f64>,
}

impl Figures {
    pub fn of(bench: &'static str) -> Self {
        Figures { bench, now: BTreeMap::new() }
    }

    /// Takes note of a figure; its name ends with the unit.
    pub fn add(&mut self, name: impl Into<String>, value: f64) {
        self.now.insert(name.into(), (value * 1e3).round() / 1e3);
    }

    /// Prints every figure with the kept one beside it, and keeps it where that is asked for.
    pub fn finish(self) {
        let mut all: Kept = fs::read_to_string(KEPT).map_or_else(|_| Kept::new(), |text| serde_json::from_str(&text).unwrap());
        let kept = all.entry(self.bench.into()).or_default();
        let width = self.now.keys().map(|name| name.chars().count()).max().unwrap_or_default();
        println!();
        let widths = head(&[&format!("{:width$}", self.bench), "now", "kept", "ratio"]);
        for (name, now) in &self.now {
            let before = kept.get(name);
            let (before, ratio) = before.map_or(("-".into(), "-".into()), |b| (b.to_string(), format!("{:.2}", now / b)));
            row(&widths, [name.as_str(), &now.to_string(), &before, &ratio]);
        }
        if std::env::var_os("INFRA_BENCH_KEEP").is_some() {
            kept.extend(self.now);
            fs::write(KEPT, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
        }
    }
}

/// Whether the benchmark is only to show that it runs, and about what it measures.
pub fn short() -> bool {
    std::env::args().any(|a| a == "--short")
}
