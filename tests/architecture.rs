//! The house's floors and its size, read from the sources.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms from the ground up: a room uses those above it in this list, and no others. `main.rs` uses `cli`; nothing uses `cli`.
const FLOORS: &[&str] = &[
    "visible", "files", "canon", "diag", "model", "redact", "wire", "kinds", "cloud", "graph", "diff", "observe", "stack", "spec", "plan",
    "run", "render", "forge", "cli",
];

/// Where time may pass: the one retry policy, the lease, the driver's looks, a code host's transport, a person who watches, and the sandbox,
/// which plays a cloud that takes its time.
const WAIT: &[&str] = &[
    "cli/runner.rs",
    "cli/signals.rs",
    "cloud/lease.rs",
    "cloud/lease/others.rs",
    "cloud/owned.rs",
    "cloud/sandbox.rs",
    "cloud/sandbox/file.rs",
    "forge/transport.rs",
    "run/drive.rs",
    "run/recover.rs",
    "wire/policy.rs",
    "wire/policy/lane.rs",
    "wire/policy/leave.rs",
];

/// The one caller of a mutating verb.
const CHANGES: &[&str] = &["run/drive.rs"];

/// Who holds clients that can write: the rooms of the real clouds, and where a command connects to them.
const CLIENTS: &[&str] = &["wire/", "kinds/", "cloud/", "cli/flow.rs"];

/// Lines of a file, and of the reading path, at most.
const FILE: usize = 400;
const PATH: usize = 8_000;

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below a folder: its path from there, and its text.
fn files(folder: &Path) -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, out) } else { out.push(path) }
        }
    }
    let mut all = vec![];
    walk(folder, &mut all);
    all.sort();
    let rust = all.into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs"));
    rust.map(|p| (p.strip_prefix(folder).unwrap().display().to_string(), std::fs::read_to_string(&p).unwrap())).collect()
}

fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// Code without comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Every path that begins at a root (`crate`, `tokio`): `a::{b, c::d}` is two.
fn paths(code: &str, root: &str) -> Vec<Vec<String>> {
    let begins = format!("{root}::");
    let mut out = vec![];
    for (i, _) in code.match_indices(&begins) {
        if code[..i].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        tree(&mut code[i + begins.len()..].chars().peekable(), &mut vec![], &mut out);
    }
    out
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// One branch of a path, to its end.
fn tree(text: &mut Chars, so_far: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    let space = |text: &mut Chars| while text.next_if(|c| c.is_whitespace()).is_some() {};
    let depth = so_far.len();
    loop {
        space(text);
        if text.next_if_eq(&'{').is_some() {
            loop {
                space(text);
                match text.peek() {
                    None | Some('}') => break,
                    Some(',') => drop(text.next()),
                    Some(c) if c.is_alphanumeric() || "_*{".contains(*c) => tree(text, so_far, out),
                    Some(_) => return, // a macro's own words
                }
            }
            text.next();
            break;
        }
        let mut word = String::new();
        while let Some(c) = text.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '*') {
            word.push(c);
        }
        so_far.push(word);
        let mut ahead = text.clone();
        if (ahead.next(), ahead.next()) == (Some(':'), Some(':')) {
            text.next();
            text.next();
            continue;
        }
        // `name as other`
        space(text);
        while text.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == ' ').is_some() {}
        out.push(so_far.clone());
        break;
    }
    so_far.truncate(depth);
}

/// Paths of a file that begin at the crate's root, also by way of `super`.
fn from_root(file: &str, code: &str) -> Vec<Vec<String>> {
    let own: Vec<&str> = file.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let mut all = paths(code, "crate");
    for path in paths(code, "super") {
        let ups = 1 + path.iter().take_while(|step| *step == "super").count();
        // Within `mod tests` a `super` is the file itself: such a path never leads out by being taken for a step further.
        if ups >= own.len() {
            all.push(path[ups - 1..].to_vec());
        }
    }
    all
}

#[test]
fn rooms_use_lower_floors_only() {
    let mut wrong = vec![];
    for (file, text) in files(&src()) {
        if ["lib.rs", "main.rs"].contains(&file.as_str()) {
            continue;
        }
        let own = room(&file);
        let Some(floor) = FLOORS.iter().position(|f| *f == own) else { panic!("the room {own} is on no floor") };
        let used: BTreeSet<String> = from_root(&file, &code(&text)).into_iter().filter_map(|path| path.into_iter().next()).collect();
        let above = used.iter().filter(|u| FLOORS.iter().position(|f| f == u).is_some_and(|at| at > floor));
        wrong.extend(above.map(|u| format!("{file} uses {u}, which is above it")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Only the driver names the trait of the mutating verbs, only the clouds' rooms the clients behind it, and only a few files a clock that is waited for.
#[test]
fn one_place_changes_the_world_and_few_wait() {
    let mut wrong = vec![];
    let within = |list: &[&str], file: &str| list.iter().any(|place| file == *place || (place.ends_with('/') && file.starts_with(place)));
    for (file, text) in files(&src()) {
        let code = code(&text);
        let waits = |path: &Vec<String>| {
            path.first().is_some_and(|s| s == "time")
                && path.get(1).is_some_and(|s| ["sleep", "sleep_until", "timeout", "interval"].contains(&s.as_str()))
        };
        let sleeps = |path: &Vec<String>| path.first().is_some_and(|s| s == "thread") && path.get(1).is_some_and(|s| s == "sleep");
        if (paths(&code, "tokio").iter().any(waits) || paths(&code, "std").iter().any(sleeps)) && !within(WAIT, &file) {
            wrong.push(format!("{file} waits"));
        }
        let inside = from_root(&file, &code);
        if inside.iter().any(|path| path[..] == ["cloud", "Cloud"]) && !within(CHANGES, &file) {
            wrong.push(format!("{file} can change the world"));
        }
        if inside.iter().any(|path| path.first().is_some_and(|s| s == "wire") && path.last().is_some_and(|s| s == "Clients"))
            && !within(CLIENTS, &file)
        {
            wrong.push(format!("{file} holds clients that can write"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// An engineer reads the machine in an evening, and any one file at a sitting.
#[test]
fn the_house_stays_small() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let all = files(&src()).into_iter().chain(files(&tests).into_iter().map(|(file, text)| (format!("tests/{file}"), text)));
    let long: Vec<String> =
        all.map(|(file, text)| (file, text.lines().count())).filter(|(_, n)| *n > FILE).map(|(f, n)| format!("{f}: {n}")).collect();
    assert!(long.is_empty(), "longer than {FILE} lines: {long:#?}");

    let map = std::fs::read_to_string(src().join("lib.rs")).unwrap();
    let (_, path) = map.split_once("**The reading path**").expect("lib.rs names the reading path");
    let path = path.split("//!\n").next().unwrap();
    let named: Vec<&str> = path.split('`').skip(1).step_by(2).collect();
    assert!(named.len() > 20, "{named:?}");
    let lines: usize =
        named.iter().map(|file| std::fs::read_to_string(src().join(file)).unwrap_or_else(|e| panic!("{file}: {e}")).lines().count()).sum();
    assert!(lines <= PATH, "the reading path has {lines} lines, {PATH} at most");
}

/// Names of services are spelt where their partitions stand, and otherwise only in what a form is told by: a pattern and its examples.
const SPELLS: &[&str] = &["model/partition.rs", "spec/functions/mod.rs", "spec/monitoring/table.rs", "spec/units/functions.rs"];

#[test]
fn one_file_spells_the_names_of_services() {
    let mut wrong = vec![];
    for (file, text) in files(&src()).into_iter().filter(|(file, _)| !SPELLS.contains(&file.as_str())) {
        // What a file's own tests say needs no table.
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        wrong.extend(lines.filter(|line| line.contains("amazonaws")).map(|line| format!("{file}: {}", line.trim())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn paths_are_read_as_rust_reads_them() {
    let read = |text| paths(text, "crate").into_iter().map(|p| p.join("::")).collect::<Vec<_>>();
    assert_eq!(read("use crate::{plan::Plan, run::{self, Event as E}};"), ["plan::Plan", "run::self", "run::Event"]);
    assert_eq!(read("let x: crate::cloud::Cloud = y; my_crate::no"), ["cloud::Cloud"]);
    assert_eq!(from_root("run/drive.rs", "use super::super::cli::x;"), [["cli", "x"].map(String::from).to_vec()]);
    assert_eq!(from_root("run/drive.rs", "use super::look;"), Vec::<Vec<String>>::new());
    assert_eq!(from_root("run/mod.rs", "use super::cli;"), [["cli"].map(String::from).to_vec()]);
}

/// No file of `cli` needs one that needs it, directly or by way of others.
#[test]
fn no_files_of_cli_need_each_other_in_a_circle() {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in files(&src().join("cli")) {
        let used = from_root(&format!("cli/{file}"), &code(&text)).into_iter();
        let beside = paths(&code(&text), "super").into_iter().chain(used.filter(|p| p[0] == "cli").map(|p| p[1..].to_vec()));
        needs.insert(room(&file).to_owned(), beside.filter_map(|path| path.into_iter().next()).collect());
    }
    needs.remove("mod");
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
