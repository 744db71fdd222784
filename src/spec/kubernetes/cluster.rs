//! `kubernetes.cluster`: its fields and their defaults.
use crate::spec::timeouts::Timeouts;
use crate::spec::units::{Arn, Cidr, Name, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The cluster: its version, where it stands, and who reaches its API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The version of Kubernetes, such as `"1.34"`. It rises by one minor version at a time. When left out EKS chooses it once, for a new cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The subnet tier that the cluster and its nodes stand in, over two zones at least.
    #[schemars(extend("x-default" = "the first private tier"))]
    pub subnets: Name,
    /// Who reaches its API.
    #[serde(default)]
    pub api: Api,
    /// Roles and users of IAM who may do everything in it, beside whoever made it, who always may and can't be named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub admins: BTreeSet<Arn>,
    /// Roles and users of IAM who may read all of it, as a plan does: that asks for no value of a Secret, but whoever may list them could.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub planners: BTreeSet<Arn>,
    /// Roles and users of IAM who may read most of it, logs of pods too; no secrets, so that they can't plan.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub viewers: BTreeSet<Arn>,
    /// What of the control plane is logged; the logs are kept as long as `monitoring.logging.retention_period` says.
    #[serde(default = "logs")]
    pub logs: BTreeSet<Log>,
    /// How long its version is looked after.
    #[serde(default = "support")]
    pub support: Support,
    /// Whether AWS refuses to delete it.
    #[serde(default = "yes")]
    pub deletion_protection: bool,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
}

/// From where the API is reached. From within the VPC it always is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// Blocks of public addresses from which it is reached over the internet; from nowhere there when left out.
    pub allow_from: BTreeSet<Cidr>,
}

/// A kind of log of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Requests to the API server, by its own components, too.
    Api,
    /// Who did what.
    Audit,
    /// Who was let in.
    Authenticator,
    /// What the controllers do.
    ControllerManager,
    /// Which pod stands where.
    Scheduler,
}

impl Log {
    /// The API's own word.
    pub const fn word(self) -> &'static str {
        match self {
            Log::Api => "api",
            Log::Audit => "audit",
            Log::Authenticator => "authenticator",
            Log::ControllerManager => "controllerManager",
            Log::Scheduler => "scheduler",
        }
    }
}

/// How long a version is looked after. Behind that AWS upgrades the cluster by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// 14 months.
    Standard,
    /// 12 months more, which cost several times as much.
    Extended,
}

impl Support {
    /// The API's own word.
    pub const fn word(self) -> &'static str {
        match self {
            Support::Standard => "STANDARD",
            Support::Extended => "EXTENDED",
        }
    }
}

fn logs() -> BTreeSet<Log> {
    [Log::Audit].into()
}

fn support() -> Support {
    Support::Standard
}

fn yes() -> bool {
    true
}
