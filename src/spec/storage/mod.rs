//! `storage`: buckets for what applications keep.
mod check;
mod fields;
mod grant;
mod lower;

use super::check::Check;
use super::lower::{Lower, output};
use super::section::{Attributes, Fields, Section};
use super::sections::Spec;
use super::timeouts::Timeouts;
use super::units::{BucketEncryption, Duration, HeaderName, Kept, Name, Origin, fixed};
use crate::kinds::{Kind, Part};
use crate::model::partition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use grant::{Access, Grant};
pub use lower::{used, users};

/// A bucket: private, encrypted, with older versions, reached over TLS alone (AWS: S3). What is in it is data: no run ever empties it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Who may use it, by the names of compute entries, functions and workloads: `app`, or `{ name: app, access: read }`. Their roles are allowed to; nobody else is, but
    /// administrators of the account.
    #[serde(default)]
    pub allow_from: Vec<Grant>,
    /// What they may do unless their own entry says otherwise.
    #[serde(default = "access")]
    pub access: Access,
    /// Whether what is overwritten or deleted is kept as an older version. Turning it off only suspends it: what there is stays, but nothing more is kept.
    #[serde(default = "yes")]
    pub versioning: bool,
    /// How it is encrypted: `aes256` by S3's own keys, or the ARN of a key of KMS in the stack's region, whose policy must let IAM decide who uses it. The
    /// bucket then has a key of its own (AWS: `BucketKeyEnabled`).
    #[serde(default = "encryption")]
    pub encryption: BucketEncryption,
    /// How long objects are kept, in whole days; for ever when left out. With versioning what expires stays as an older version for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire: Option<Duration>,
    /// Where objects go that are read rarely, and when; nowhere when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    /// How long older versions are kept once they are no longer current, in whole days, or `forever` (AWS: `NoncurrentDays`).
    #[serde(default = "old_versions")]
    pub old_versions: Kept,
    /// After how many whole days an upload in parts is dropped that nobody has completed (AWS: `DaysAfterInitiation`).
    #[serde(default = "abort_uploads")]
    pub abort_uploads: Duration,
    /// Which pages of other origins may use it from a browser; the first rule that fits decides. It is the whole list: what others add is taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub cors: Vec<Cors>,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
    /// The entry's key before it was renamed; it is re-stamped, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

impl Section for BTreeMap<Name, Storage> {
    const NAMED: bool = true;
    const MINIMAL: &'static str = "storage: { uploads: {} }";
    const ATTRIBUTES: Attributes = &[
        ("arn", |spec, name| [vec![Part::Literal(before(spec))], output(Kind::Bucket, name, "id")].concat()),
        ("domain", |spec, name| [output(Kind::Bucket, name, "id"), vec![Part::Literal(host(spec))]].concat()),
        ("name", |_, name| output(Kind::Bucket, name, "id")),
    ];
    const FIELDS: Fields = fields::FIELDS;

    fn check(&self, cx: &mut Check<'_>) {
        self.iter().for_each(|(name, entry)| check::check(name.as_str(), entry, cx));
        check::unused(self, cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        for (name, entry) in self {
            lower::lower(name, entry, l);
            entry.timeouts.lower(l, &format!("storage.{name}"));
        }
    }
}

/// What the ARN of a bucket begins with.
fn before(spec: &Spec) -> String {
    format!("arn:{}:s3:::", partition(spec.region.as_str()).name)
}

/// What the name of a bucket's host in its region ends with.
fn host(spec: &Spec) -> String {
    let region = spec.region.as_str();
    format!(".s3.{region}.{}", partition(region).dns_suffix)
}

/// Where objects go that are read rarely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// After how many whole days; at least 30 for `standard_ia` and `onezone_ia`, and earlier than `expire`.
    pub after: Duration,
    /// To which storage class.
    #[serde(default = "class")]
    pub class: StorageClass,
}

/// A storage class of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageClass {
    /// Read once or twice a year; restored within hours before it can be read.
    DeepArchive,
    /// Read once a year; restored within minutes to hours before it can be read.
    Glacier,
    /// Read about once a quarter, at once.
    GlacierIr,
    /// Moves by itself to where its reads make it cheapest.
    IntelligentTiering,
    /// Read about once a month, at once; in one zone alone.
    OnezoneIa,
    /// Read about once a month, at once.
    StandardIa,
}

/// What pages of some origins may do in a browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Where the pages come from: scheme and host, with one `*` at most; `*` alone is anywhere.
    #[schemars(length(min = 1))]
    pub origins: BTreeSet<Origin>,
    /// What they may do.
    #[schemars(length(min = 1))]
    pub methods: BTreeSet<CorsMethod>,
    /// Which headers they may send, each with one `*` at most.
    #[serde(default)]
    pub headers: BTreeSet<HeaderName>,
    /// Which headers of an answer they may read, by their whole names.
    #[serde(default)]
    pub expose: BTreeSet<HeaderName>,
    /// How long a browser may keep the answer, up to 1d; as long as it likes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
}

/// A method that pages of other origins may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorsMethod {
    /// Take an object away.
    Delete,
    /// Read an object.
    Get,
    /// Ask for an object's headers.
    Head,
    /// Upload by a form.
    Post,
    /// Write an object.
    Put,
}

fn access() -> Access {
    Access::Both
}

fn yes() -> bool {
    true
}

fn encryption() -> BucketEncryption {
    fixed("aes256")
}

fn old_versions() -> Kept {
    Kept::For(Duration::days(30))
}

fn abort_uploads() -> Duration {
    Duration::days(7)
}

fn class() -> StorageClass {
    StorageClass::GlacierIr
}
