//! The whole of a spec: the stack's own fields, and its sections, one line each.
use super::cache::Cache;
use super::cdn::Cdn;
use super::check::Check;
use super::compute::Compute;
use super::database::Database;
use super::derive;
use super::feature_flags::FeatureFlags;
use super::functions::Function;
use super::kubernetes::Kubernetes;
use super::load_balancer::LoadBalancer;
use super::lower::Lower;
use super::monitoring::Monitoring;
use super::node::Node;
use super::section::{Attributes, Fields, Section, SectionGroup};
use super::storage::Storage;
use super::units::{Account, Arn, EnvName, Name, OutputName, Region, TagKey, TagValue, Template};
use super::vpc::Vpc;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A section as users know it; its fields and texts are those of its schema.
#[derive(Clone, Copy, Debug)]
pub struct SectionInfo {
    /// Its key in a spec; `stack` stands for the top.
    pub name: &'static str,
    /// Whether it is a map of named entries.
    pub named: bool,
    /// What the smallest spec has beside its name and region to show the section's defaults.
    pub minimal: &'static str,
    /// What texts may refer to.
    pub attributes: Attributes,
    /// What a plan names beside the attributes of its objects.
    pub fields: Fields,
}

/// The sections of a spec in the order in which it is read: a line makes the field of [`Spec`], the calls of [`Section`], the topic of `infra explain`,
/// and what texts may refer to.
macro_rules! sections {
    (
        always { $(#[$about:meta])* $first:ident: $one:ty = $default:literal }
        $($(#[$doc:meta])* $name:ident: $section:ty,)+
    ) => {
        /// One stack: a whole environment in the words of an architecture diagram.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Spec {
            /// The stack's name: the identity of everything in it.
            pub stack: Name,
            /// The AWS region it stands in.
            pub region: Region,
            /// A guard: with any other live account, nothing is read further and nothing is changed.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub account: Option<Account>,
            /// Environment variables that `${env.NAME}` may read, beside those whose names begin with `INFRA_VAR_`. Only the first layer lists them.
            #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
            pub env: BTreeSet<EnvName>,
            /// Tags on everything, beside those that infra sets itself (`Name` and `infra:…`).
            #[serde(default)]
            pub tags: BTreeMap<TagKey, TagValue>,
            /// The managed policy beyond which no role of the stack may do anything (AWS: permissions boundary); `infra iam-policy --boundary` prints one.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub permissions_boundary: Option<Arn>,
            /// Risks that are known, by name (`single_nat`) or by path (`vpc.nat`), each with its reason: only `--verbose` and JSON tell them still.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub accept: BTreeMap<String, String>,
            $(#[$about])*
            #[schemars(extend("x-default" = $default))]
            pub $first: $one,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Section::absent")]
                pub $name: $section,
            )+
        }

        impl Spec {
            /// Completes a document; its shape must hold already.
            pub(super) fn derive(root: &mut Node) {
                root.fill(stringify!($first), Node::map);
                derive::section::<$one>(root, stringify!($first));
                $(derive::section::<$section>(root, stringify!($name));)+
            }

            /// Security groups that follow from the sections.
            pub(super) fn groups(&self) -> Vec<SectionGroup> {
                [self.$first.groups(self), $(self.$name.groups(self)),+].concat()
            }

            /// Lets every section be checked.
            pub(super) fn check(&self, cx: &mut Check<'_>) {
                self.$first.check(cx);
                $(self.$name.check(cx);)+
            }

            /// Lets every section add its objects.
            pub(super) fn lower(&self, l: &mut Lower<'_>) {
                self.$first.lower(l);
                $(self.$name.lower(l);)+
            }
        }

        /// All sections, in the order in which a spec is read.
        pub const SECTIONS: &[SectionInfo] = &[
            SectionInfo { name: "stack", named: false, minimal: "", attributes: &[], fields: &[] },
            SectionInfo::of::<$one>(stringify!($first)),
            $(SectionInfo::of::<$section>(stringify!($name)),)+
        ];
    };
}

impl SectionInfo {
    const fn of<S: Section>(name: &'static str) -> Self {
        SectionInfo { name, named: S::NAMED, minimal: S::MINIMAL, attributes: S::ATTRIBUTES, fields: S::FIELDS }
    }
}

sections! {
    always {
        /// The network everything stands in.
        vpc: Vpc = "a VPC with every default of this section"
    }
    /// The load balancer that clients reach; none when left out.
    load_balancer: Option<LoadBalancer>,
    /// Groups of instances that run the application, by name.
    compute: BTreeMap<Name, Compute>,
    /// Functions that AWS runs when they are called, by name.
    functions: BTreeMap<Name, Function>,
    /// A Kubernetes cluster; none when left out.
    kubernetes: Option<Kubernetes>,
    /// Caches, by name.
    cache: BTreeMap<Name, Cache>,
    /// Databases, by name.
    database: BTreeMap<Name, Database>,
    /// Buckets for what applications keep, by name (AWS: S3).
    storage: BTreeMap<Name, Storage>,
    /// Flags that applications ask for while they run, by key (AWS: AppConfig); and beside them `deployment`, which is how a change of them comes.
    feature_flags: FeatureFlags,
    /// The Cloudflare zone that stands before it all; none when left out.
    cdn: Option<Cdn>,
    /// What is watched, and who is told when something is wrong; nothing and nobody when left out.
    monitoring: Option<Monitoring>,
    /// What `infra output` prints, by name.
    outputs: BTreeMap<OutputName, Template>,
}
