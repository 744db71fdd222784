//! What should exist: what a spec is lowered to, and what a plan compares with the world.
pub mod fields;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::{Address, Object, Text};
use crate::model::digest;

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
    /// New address to old address.
    pub renamed: BTreeMap<Address, Address>,
    pub outputs: BTreeMap<String, Text>,
    /// The name of the CDN's zone, when the stack has one.
    pub zone: Option<String>,
}

/// A layer of the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
}

/// SHA-256 of a text, in hex.
pub fn text_digest(text: &str) -> String {
    digest(&text)
}

/// Over the texts of all layers, in order.
pub fn layers_digest(layers: &[Layer]) -> String {
    digest(&layers.iter().map(|l| &l.digest).collect::<Vec<_>>())
}
