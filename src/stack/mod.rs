//! What should exist: what a spec is lowered to, and what a plan compares with the world.
pub mod fields;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kinds::{Address, Object, Rollout, Text};
use crate::model::{Timeouts, digest};

pub use fields::{Field, FieldRule, Spelling};

/// What should exist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    pub name: String,
    pub nodes: BTreeMap<Address, Object>,
    /// Where in the spec each object comes from: `compute.app.health_check`.
    pub origins: BTreeMap<Address, String>,
    /// Which fields of the spec decide about attributes, by the section that an object comes from and its kind; see [`Stack::fields_of`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, BTreeMap<String, Vec<FieldRule>>>,
    /// How long calls may take, by the part of the spec that objects come from; see [`Stack::timeouts_of`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timeouts: BTreeMap<String, Timeouts>,
    /// How the requests of entries pass to new instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<Rollout>,
    /// New address to old address.
    pub renamed: BTreeMap<Address, Address>,
    pub outputs: BTreeMap<String, Text>,
    /// The name of the CDN's zone, when the stack has one.
    pub zone: Option<String>,
}

/// What takes less never needs a timeout of its own.
const LONG: Duration = Duration::from_secs(60);

impl Stack {
    /// How long calls on an object may take; nothing is said of what takes moments only.
    pub fn timeouts_of(&self, address: &Address) -> Timeouts {
        let typical = address.kind.typical();
        if typical.create.max(typical.update).max(typical.delete) < LONG {
            return Timeouts::default();
        }
        let of = |origin: &String| {
            let part = |part: &&String| origin == *part || origin.strip_prefix(part.as_str()).is_some_and(|rest| rest.starts_with('.'));
            self.timeouts.keys().find(part).and_then(|part| self.timeouts.get(part)).copied()
        };
        self.origins.get(address).and_then(of).unwrap_or_default()
    }
}

/// A layer of the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
}

impl Layer {
    /// What is recorded of a layer with this name and text.
    pub fn of(file: &Path, text: &str) -> Layer {
        Layer { file: file.display().to_string(), digest: text_digest(text) }
    }
}

/// SHA-256 of a text, in hex: what `sha256sum` prints of its file.
pub fn text_digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

/// Over the texts of all layers, in order.
pub fn layers_digest(layers: &[Layer]) -> String {
    digest(&layers.iter().map(|l| &l.digest).collect::<Vec<_>>())
}
