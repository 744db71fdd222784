//! What a user writes, and what is said about it.
use infra::spec::{self, Loaded};

mod blocks;
mod cdn;
mod compute;
mod diagnostics;
mod examples;
mod explain;
mod fields;
mod flags;
mod garbage;
mod kubernetes;
mod monitoring;
mod prometheus;
mod prometheus_chain;
mod prometheus_pods;
mod refused;
mod schema;
mod siblings;
mod units;

/// Reads the named files of the repository as layers, with an empty environment.
fn load(files: &[&str]) -> Result<Loaded, infra::diag::Findings> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let layers: Vec<_> = files.iter().map(|file| (file.into(), std::fs::read_to_string(root.join(file)).expect(file))).collect();
    spec::load(&layers, &|_| None)
}

/// A file of the repository as plain values.
fn yaml(file: &str) -> serde_json::Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).expect(file);
    serde_yaml::from_str(&text).expect(file)
}

/// Snapshots stand in `snapshots/`, named after what they show.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
