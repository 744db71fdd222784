//! What a user writes: layers of YAML to one typed, complete `Spec`, or everything that is wrong with them.
mod accept;
pub mod cache;
pub mod cdn;
mod check;
pub mod compute;
mod cycles;
pub mod database;
mod decode;
pub mod deployment;
mod derive;
pub mod env;
pub mod explain;
pub mod expression;
pub mod feature_flags;
pub mod functions;
mod groups;
pub mod kubernetes;
pub mod load_balancer;
pub mod locate;
pub mod lower;
mod merge;
pub mod monitoring;
mod named;
pub mod node;
pub mod ordered;
mod outputs;
mod parse;
pub mod peers;
mod permissions;
mod reach;
mod references;
mod renamed;
mod scalar;
pub mod schema;
mod schema_view;
mod secrets;
mod section;
pub mod sections;
mod shape;
pub mod starter;
pub mod storage;
mod stores;
mod substitute;
pub mod suggest;
pub mod timeouts;
pub mod units;
pub mod vpc;
mod write;

pub use locate::Sources;
pub use named::named;
pub use sections::Spec;

use crate::diag::{Code, Finding, Findings};
use crate::stack::{Layer, layers_digest};
use schema_view::Fields;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The spec unless said otherwise.
pub const FILE: &str = "infra.yaml";

/// A spec that was read, and where everything in it was written.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The spec, with every default filled in.
    pub spec: Spec,
    /// The layers, to find places in.
    pub sources: Sources,
    /// What is allowed but risky.
    pub warnings: Vec<Finding>,
    /// Risks that it accepts.
    pub accepted: Vec<Finding>,
    /// Over the text of all layers, in order.
    pub digest: String,
    /// The layers, by the digests of their texts.
    pub layers: Vec<Layer>,
    /// Environment variables that hold secrets: those of `{from_env: NAME}`.
    pub secrets: Vec<String>,
}

impl Loaded {
    /// The merged spec as it was written, as one layer.
    pub fn written(&self) -> String {
        write::write(self.sources.root())
    }
}

/// Reads layers, the first one below the others. `env` answers `${env.NAME}`. Code lies beside the first layer.
///
/// # Errors
/// Everything that is wrong, sorted by file and position.
pub fn load(layers: &[(PathBuf, String)], env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Findings> {
    load_in(folder(layers.first().map(|(name, _)| name.as_path())), layers, env)
}

/// The folder that a layer lies in; the current one for what is no file.
pub fn folder(layer: Option<&Path>) -> &Path {
    layer.and_then(Path::parent).unwrap_or(Path::new(""))
}

/// As [`load`], with the folder that paths of code begin in.
///
/// # Errors
/// Everything that is wrong, sorted by file and position.
pub fn load_in(folder: &Path, layers: &[(PathBuf, String)], env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Findings> {
    let names = layers.iter().map(|(name, text)| (name.display().to_string(), text.as_str()));
    let mut sources = Sources::new(names);
    let (mut found, mut unread) = (Vec::new(), BTreeSet::new());
    let mut nodes = Vec::new();
    for (file, (_, text)) in layers.iter().enumerate() {
        nodes.extend(parse::parse(&sources, file, text, &mut found, &mut unread));
    }
    if found.iter().any(|finding| finding.code == Code::Syntax) {
        return Err(Findings::new(found));
    }
    let readable = substitute::Readable::of(&mut nodes, &sources, env, &mut found);
    let base = node::Node::map(locate::At::default());
    let mut root = nodes.into_iter().fold(base, merge::merge);
    root.retain(|key| !key.starts_with(schema::EXTENSION));
    sources.set(root.clone());
    substitute::substitute(&mut root, &sources, &readable, &mut found, &mut unread);
    let schema = schema::typed();
    let shape = shape::check(schema, &mut root, &sources, &unread);
    found.extend(shape.found);
    if shape.hopeless {
        return Err(Findings::new(found));
    }
    Spec::derive(&mut root);
    let mut spec = match decode(root.clone(), &sources) {
        Ok(spec) => spec,
        Err(finding) => {
            found.extend(found.is_empty().then_some(finding));
            return Err(Findings::new(found));
        }
    };
    spec.functions.values_mut().for_each(|function| function.pack(folder));
    let fields = Fields::of(schema, &root);
    found.extend(check::check(&spec, &sources, &root, &fields, shape.cut));
    let secrets = secrets::from_env(&fields);
    let findings = Findings::new(found);
    if findings.refuse() {
        return Err(findings);
    }
    let layers: Vec<Layer> = layers.iter().map(|(name, text)| Layer::of(name, text)).collect();
    let (accepted, warnings) = findings.0.into_iter().partition(|f| f.risk.as_ref().is_some_and(|named| named.accepted.is_some()));
    Ok(Loaded { spec, sources, warnings, accepted, digest: layers_digest(&layers), layers, secrets })
}

/// The typed spec. The shape was checked before, so an error here means that schema and types disagree.
fn decode(root: node::Node, sources: &Sources) -> Result<Spec, Finding> {
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(root, &mut track);
    Spec::deserialize(tracked).map_err(|error| {
        let path = track.path();
        let steps: Vec<String> = path.iter().map(|step| step.to_string()).collect();
        let steps: Vec<&str> = steps.iter().map(|s| s.trim_matches(['[', ']'])).collect();
        let place = sources.place(sources.value(&steps), "this value");
        Finding::error(Code::WrongType, error.to_string(), "see `infra explain`").at(place)
    })
}
