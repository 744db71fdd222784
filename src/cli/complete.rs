//! What a shell proposes beside commands and flags: addresses, entries, topics, outputs, runs, clouds. All of it follows from the spec and the journals of this
//! folder, without a network.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::diag::Code;
use crate::model::Loss;
use crate::plan::names;
use crate::render::topics::PAGES;
use crate::run::journal;
use crate::spec::lower::lower;
use crate::spec::sections::SECTIONS;
use crate::spec::{FILE, folder, load_in};
use crate::stack::Stack;

fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The stack of the spec that the line names, or of `infra.yaml`; none of a spec that has mistakes.
fn stack() -> Option<Stack> {
    let given = std::env::var("INFRA_FILE").map(|files| files.split(',').map(PathBuf::from).collect()).unwrap_or_default();
    let named = named(&std::env::args().collect::<Vec<_>>());
    let files = [named, given, vec![FILE.into()]].into_iter().find(|files| !files.is_empty())?;
    let layers: Vec<_> =
        files.into_iter().map(|file| std::fs::read_to_string(&file).ok().map(|text| (file, text))).collect::<Option<_>>()?;
    // What a variable says changes no name.
    let env = |name: &str| Some(std::env::var(name).unwrap_or_else(|_| "unset".into()));
    let loaded = load_in(folder(layers.first().map(|(file, _)| file.as_path())), &layers, &env).ok()?;
    lower(&loaded.spec, &env).ok()
}

/// The files that a line names by `-f` or `--file`.
fn named(words: &[String]) -> Vec<PathBuf> {
    let behind = |(i, word): (usize, &String)| match word.as_str() {
        "-f" | "--file" => words.get(i + 1).cloned(),
        word => word.strip_prefix("--file=").map(String::from),
    };
    words.iter().enumerate().filter_map(behind).map(PathBuf::from).collect()
}

/// Whatever names a part of the stack.
pub fn parts() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(stack().map(|stack| names(&stack)).unwrap_or_default()))
}

/// Addresses of what holds data or is protected.
pub fn guarded() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let nodes = stack().map(|stack| stack.nodes).unwrap_or_default();
        let guarded = nodes.into_iter().filter(|(address, object)| address.kind.loss() != Loss::None || object.protected());
        candidates(guarded.map(|(address, _)| address.to_string()))
    })
}

/// Entries that write logs.
pub fn entries() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let Some(stack) = stack() else { return vec![] };
        let inside = |name: &&String| ["kubernetes.jobs.", "kubernetes.workloads."].iter().any(|section| name.starts_with(section));
        let writes = |name: &String| ["cache.", "compute.", "functions."].iter().any(|section| name.starts_with(section));
        let pods = stack.origins.values().filter(inside).cloned();
        let all: BTreeSet<String> = names(&stack).into_iter().filter(writes).chain(pods).collect();
        candidates(all)
    })
}

/// Names of outputs.
pub fn outputs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(stack().map(|stack| stack.outputs.into_keys().collect::<Vec<_>>()).unwrap_or_default()))
}

/// What can be explained.
pub fn topics() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let sections = SECTIONS.iter().map(|section| section.name);
        let names = sections.chain(PAGES.iter().map(|page| page.name)).chain(["topics"]).chain(Code::ALL.iter().map(|code| code.text()));
        candidates(names.map(String::from).collect::<BTreeSet<_>>())
    })
}

/// Runs that this folder's journals tell of.
pub fn runs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let folder = std::env::var("INFRA_JOURNAL").unwrap_or_else(|_| journal::FOLDER.into());
        let all = journal::list(Path::new(&folder), None).unwrap_or_default();
        candidates(all.into_iter().filter_map(|(_, recorded)| recorded.ok().map(|recorded| recorded.header.run)))
    })
}

/// Clouds.
pub fn clouds() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(["aws", "sandbox"].map(String::from)))
}
