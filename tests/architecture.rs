//! The house's arrows, read from the `use crate::` lines: which room may know which.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A room, and the rooms it may use. `main.rs` uses `cli`; nothing uses `cli`.
const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &["cloud", "diag", "forge", "graph", "kinds", "model", "observe", "plan", "redact", "render", "run", "spec"]),
    ("cloud", &["kinds", "model"]),
    ("diag", &[]),
    ("diff", &["kinds", "model"]),
    ("forge", &[]),
    ("graph", &["kinds"]),
    ("kinds", &["attributes", "cloud", "model"]),
    ("model", &["attributes", "kinds"]),
    ("observe", &["cloud", "kinds"]),
    ("plan", &["diff", "graph", "kinds", "model", "observe", "redact"]),
    ("redact", &["model"]),
    ("render", &["cloud", "diag", "kinds", "model", "plan", "redact", "run"]),
    ("run", &["cloud", "diff", "kinds", "model", "plan"]),
    ("spec", &["diag", "kinds", "model", "plan", "redact"]),
];

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

#[test]
fn rooms_know_only_what_they_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = vec![];
    files(&src, &mut all);
    let mut wrong = vec![];
    for file in all {
        let place = file.strip_prefix(&src).unwrap();
        let room = place.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            assert!(["lib", "main"].contains(&room.as_str()), "the room {room} is not on the map");
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        let used: BTreeSet<&str> = text
            .match_indices("crate::")
            .map(|(i, m)| &text[i + m.len()..])
            .map(|t| t.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
            .collect();
        wrong.extend(
            used.into_iter().filter(|u| *u != room && !u.is_empty() && !allowed.contains(u)).map(|u| format!("{}: {u}", place.display())),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Only the driver calls a mutating verb; only the policy waits, and for code hosts, which are no clouds, their transport.
#[test]
fn one_place_changes_the_world_and_one_waits() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = vec![];
    files(&src, &mut all);
    for file in all {
        let text = std::fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(&src).unwrap().display().to_string();
        let waits = text.contains("sleep(");
        assert!(
            !waits
                || ["cloud/lease.rs", "cloud/policy.rs", "cloud/sandbox.rs", "forge/transport.rs", "run/drive.rs", "run/recover.rs"]
                    .contains(&place.as_str()),
            "{place} waits"
        );
        let changes = ["cloud.create(", "cloud.update(", "cloud.delete("].iter().any(|verb| text.contains(verb));
        assert!(!changes || place == "run/drive.rs", "{place} changes the world");
    }
}

/// No file of `cli` needs one that needs it, directly or by way of others.
#[test]
fn no_files_of_cli_need_each_other_in_a_circle() {
    let mut all = vec![];
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli"), &mut all);
    let name = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in all.iter().filter(|file| name(file) != "mod") {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(!text.contains("super::{"), "{}: write one `use super::` for each file", file.display());
        let used = text.split("super::").skip(1).map(|t| t.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned());
        needs.insert(name(file), used.collect());
    }
    for (file, direct) in &needs {
        let (mut reached, mut open) = (BTreeSet::new(), direct.iter().collect::<Vec<_>>());
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(needs.get(next).into_iter().flatten());
            }
        }
        assert!(!reached.contains(file), "{file} needs {reached:?}, and so itself");
    }
}
