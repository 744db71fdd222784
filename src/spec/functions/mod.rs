//! `functions`: code that AWS runs when it is called.
mod check;
mod deployment;
mod fields;
mod lower;
mod on;
mod url;

use super::check::Check;
use super::derive::tier;
use super::env::EnvSource;
use super::lower::{Lower, output};
use super::node::Node;
use super::permissions::Permission;
use super::section::{Attributes, Fields, Section, SectionGroup};
use super::sections::Spec;
use super::timeouts::Timeouts;
use super::units::{CodePath, Duration, EnvName, FunctionImage, Handler, LayerArn, Memory, Name, Runtime, Sha256, Target};
use crate::files::package::{Package, Problem, survey};
use crate::kinds::Kind;
use crate::kinds::function::stored;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use deployment::{FunctionDeployment, FunctionStrategy};
pub use lower::own;
pub use on::{On, StorageEvents};
pub use url::FunctionUrl;

/// What `subnets` says of a function outside of the VPC.
pub const NONE: &str = "none";

/// Code that AWS runs when it is called, with as many instances as there are calls (AWS: a Lambda function with an alias `live`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The folder that the code lies in, or a zip archive, from the folder of the (first) spec. Packed, it is the same on every machine; `.git`,
    /// `__pycache__` and `.DS_Store` are left out. Or an archive in a bucket of the same region, `s3://BUCKET/KEY` or
    /// `s3://BUCKET/KEY?versionId=VERSION`, which may be larger (250MiB unpacked); then with `sha256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodePath>,
    /// The SHA-256 of an archive in S3 in hex, as `sha256sum` prints it. Lambda tells of code nothing but that: another one is a change, and an archive
    /// that has another one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// An image of Amazon ECR, in place of `code`; with its digest, for a tag may mean another image tomorrow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<FunctionImage>,
    /// What runs the code; needed with `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// What of the code is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "app.handler with python and ruby, index.handler with nodejs, bootstrap with provided"))]
    pub handler: Option<Handler>,
    /// Memory, 128MiB to 10GiB; the share of a processor follows from it.
    #[serde(default = "memory")]
    pub memory: Memory,
    /// How long one call may take, up to 15m.
    #[serde(default = "timeout")]
    pub timeout: Duration,
    /// The processors that the code is for.
    #[serde(default = "architecture")]
    pub architecture: Architecture,
    /// Environment variables, by name; whoever may read the function may read them. Of `{from_secrets_manager: ID}` the variable is the ID: the code
    /// asks for the secret, and its role may.
    #[serde(default)]
    pub env: BTreeMap<EnvName, EnvSource>,
    /// The subnet tier it stands in, or `none` for a function that reaches nothing of the VPC.
    #[schemars(extend("x-default" = "the first private tier"))]
    pub subnets: Name,
    /// So many calls at a time are kept free for it, and no more are taken; when left out, it shares what the account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub reserved_concurrency: Option<u32>,
    /// So many instances are there before they are called, and paid for meanwhile; no more than `reserved_concurrency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub provisioned_concurrency: Option<u32>,
    /// Layers of code below its own, by ARN and version; the later ones lie over the earlier ones.
    #[serde(default)]
    pub layers: Vec<LayerArn>,
    /// What it may do at AWS, beside writing its logs.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// What calls it by itself.
    #[serde(default, skip_serializing_if = "On::is_empty")]
    pub on: On,
    /// An address of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<FunctionUrl>,
    /// How a new version takes over: all calls go to it at once, when left out. `{ strategy: canary, steps: [10%, 100%], interval: 5m }` sends it 10% of the
    /// calls for five good minutes, and then all; see `infra explain deployments`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<FunctionDeployment>,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
    /// The entry's key before it was renamed; all but its log group, which has the key in its name, is re-stamped, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
    /// What `code` packs to.
    #[serde(skip)]
    pub packed: Packed,
}

/// Code as it was found when the spec was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packed {
    /// Where it lies, from where the command was started.
    pub path: PathBuf,
    /// What it packs to.
    pub package: Package,
    /// Why it can't be packed.
    pub problems: Vec<Problem>,
}

/// The processors that code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Architecture {
    /// AWS's own (Graviton).
    #[serde(rename = "arm64")]
    Arm64,
    /// Intel's and AMD's.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl Function {
    /// Whether it stands in the VPC.
    pub fn inside(&self) -> bool {
        self.subnets.as_str() != NONE
    }

    /// Whether the code lies in S3.
    fn stored(&self) -> bool {
        self.code.as_ref().is_some_and(|code| stored(code.as_str()).is_some())
    }

    /// Looks at the code that lies here; `folder` is where its path begins.
    pub(super) fn pack(&mut self, folder: &Path) {
        let Some(code) = self.code.as_ref().filter(|_| !self.stored()) else { return };
        let path = folder.join(code.as_str().trim_start_matches("./"));
        self.packed = match survey(&path) {
            Ok(package) => Packed { path, package, problems: vec![] },
            Err(problems) => Packed { path, package: Package::default(), problems },
        };
    }
}

impl Section for BTreeMap<Name, Function> {
    const NAMED: bool = true;
    const MINIMAL: &'static str = "functions: { thumbnails: { image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/thumbnails@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' } }";
    const ATTRIBUTES: Attributes = &[
        ("arn", |_, name| output(Kind::Function, name, "arn")),
        ("name", |_, name| output(Kind::Function, name, "id")),
        ("url", |_, name| output(Kind::Function, name, "url")),
    ];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let subnets = tier(spec, &["private", "isolated"]);
        node.each_entry(|entry| {
            entry.fill("subnets", |at| Node::text(subnets.as_str(), at));
            let usual = match entry.text_of("runtime").trim_end_matches(|c: char| !c.is_ascii_alphabetic()) {
                runtime if runtime.starts_with("python") || runtime.starts_with("ruby") => Some("app.handler"),
                runtime if runtime.starts_with("nodejs") => Some("index.handler"),
                runtime if runtime.starts_with("provided") => Some("bootstrap"),
                _ => None,
            };
            if let Some(usual) = usual.filter(|_| entry.get("code").is_some()) {
                entry.fill("handler", |at| Node::text(usual, at));
            }
        });
    }

    fn groups(&self, _spec: &Spec) -> Vec<SectionGroup> {
        let group = |(name, entry): (&Name, &Function)| SectionGroup {
            target: Target::entry("functions", name),
            name: lower::own(name),
            renamed_from: entry.renamed_from.as_ref().map(lower::own),
            ports: vec![],
            peers: vec![],
            alone: vec![],
            connects: true,
            reached_by: BTreeSet::new(),
        };
        self.iter().filter(|(_, entry)| entry.inside()).map(group).collect()
    }

    fn check(&self, cx: &mut Check<'_>) {
        self.iter().for_each(|(name, entry)| check::check(name.as_str(), entry, cx));
        url::named(cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        for (name, entry) in self {
            lower::lower(name, entry, l);
            deployment::lower(name, entry, l);
            on::scheduled(name, entry, l);
            entry.timeouts.lower(l, &format!("functions.{name}"));
        }
        on::told(l);
    }
}

fn memory() -> Memory {
    Memory::mib(256)
}

fn timeout() -> Duration {
    Duration::seconds(10)
}

fn architecture() -> Architecture {
    Architecture::Arm64
}
