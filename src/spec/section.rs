//! A section of a spec: its fields, the defaults that follow, what can be wrong with it, and what it becomes stand together behind one trait.
use super::check::Check;
use super::lower::Lower;
use super::node::Node;
use super::sections::Spec;
use super::units::{Peer, Target};
use crate::kinds::{Address, Kind, Part};
use crate::stack::Spelling;
use std::collections::BTreeSet;

/// What `${section.attribute}` or `${section.name.attribute}` may name, in alphabetical order, and the pieces that each stands for; these follow from
/// the spec and the entry's name, which is empty where the section has no entries.
pub type Attributes = &'static [(&'static str, fn(&Spec, &str) -> Vec<Part>)];

/// Which fields decide about which attributes of the objects of a kind that come from a section: rows of attribute, field and spelling, see [`FieldRule`].
/// Of the rows of one attribute the most telling comes first.
///
/// [`FieldRule`]: crate::stack::FieldRule
pub type Fields = &'static [(Kind, &'static [(&'static str, &'static str, Spelling)])];

/// A section, implemented by the type of its field in [`Spec`]: by the entries of a section that has named ones.
pub trait Section {
    /// Whether it is a map of named entries, each of which makes objects of its own.
    const NAMED: bool;
    /// What the smallest spec has beside its name and region to show the section's defaults.
    const MINIMAL: &'static str;
    /// What texts may refer to.
    const ATTRIBUTES: Attributes = &[];
    /// What a plan names beside the attributes of its objects.
    const FIELDS: Fields = &[];

    /// Completes the section's part of the document: afterwards every field with `x-default` is there. `spec` is the whole document without this part;
    /// sections that stand earlier in `sections!` are complete in it.
    fn derive(_node: &mut Node, _spec: &Node) {}

    /// Whether the spec does without it, and shows nothing in its place.
    fn absent(&self) -> bool {
        false
    }

    /// Security groups that follow from it.
    fn groups(&self, _spec: &Spec) -> Vec<SectionGroup> {
        Vec::new()
    }

    /// Says what is wrong or risky, all of it.
    fn check(&self, _cx: &mut Check<'_>) {}

    /// Adds its objects.
    fn lower(&self, l: &mut Lower<'_>);
}

impl<T: Section> Section for Option<T> {
    const NAMED: bool = T::NAMED;
    const MINIMAL: &'static str = T::MINIMAL;
    const ATTRIBUTES: Attributes = T::ATTRIBUTES;
    const FIELDS: Fields = T::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        T::derive(node, spec);
    }

    fn absent(&self) -> bool {
        self.is_none()
    }

    fn groups(&self, spec: &Spec) -> Vec<SectionGroup> {
        self.iter().flat_map(|section| section.groups(spec)).collect()
    }

    fn check(&self, cx: &mut Check<'_>) {
        self.iter().for_each(|section| section.check(cx));
    }

    fn lower(&self, l: &mut Lower<'_>) {
        self.iter().for_each(|section| section.lower(l));
    }
}

/// A security group that follows from a section: what stands in it, and who may connect to that.
#[derive(Clone, Debug)]
pub struct SectionGroup {
    /// What stands in it.
    pub target: Target,
    /// The security group's name. No name that a user can write has a point or an underscore, so one with either collides with none.
    pub name: String,
    /// The security group's name before the entry was renamed.
    pub renamed_from: Option<String>,
    /// The TCP ports that are opened; every port when there is none.
    pub ports: Vec<u16>,
    /// Who may connect to them, and where the spec says so.
    pub peers: Vec<(Peer, Vec<String>)>,
    /// Ports beside these that one peer alone may connect to.
    pub alone: Vec<(Peer, u16)>,
    /// Whether what stands in it connects to others, so that `allow_from` may name it.
    pub connects: bool,
    /// What leads clients to it.
    pub reached_by: BTreeSet<Address>,
}

/// Peers with the path of the list they stand in.
pub fn peers(list: &[Peer], path: &[&str]) -> Vec<(Peer, Vec<String>)> {
    let at = |index: usize| path.iter().map(|step| step.to_string()).chain([index.to_string()]).collect();
    list.iter().enumerate().map(|(index, peer)| (peer.clone(), at(index))).collect()
}
