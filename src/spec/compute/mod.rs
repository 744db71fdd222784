//! `compute`: groups of instances that run the application.
mod check;
mod deployment;
mod fields;
mod lower;
mod probe;

use super::check::Check;
use super::derive::tier;
use super::env::EnvSource;
use super::load_balancer::forwarding;
use super::lower::{Lower, output};
use super::node::Node;
use super::permissions::Permission;
use super::section::{Attributes, Fields, Section, SectionGroup, peers};
use super::sections::Spec;
use super::timeouts::Timeouts;
use super::units::{
    Ami, Arn, Cron, Duration, EnvName, HttpPath, Image, InstanceType, Name, Peer, Size, StatusCodes, Target, Template, TimeZone, Unit,
    fixed,
};
use crate::kinds::Kind;
pub use deployment::Deployment;
pub use probe::{Probe, asked, probed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A group of equal instances over the zones, which grows and shrinks with its load (AWS: an Auto Scaling group).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compute {
    /// A container image that is started on each instance; not together with `ami` or `user_data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// What the container runs in place of its image's own command, word by word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The machine image: an id (`ami-…`) or a public parameter (`resolve:ssm:/…`).
    #[schemars(extend("x-default" = "the newest Amazon Linux 2023 of the instance type's architecture"))]
    pub ami: Ami,
    /// A script that runs when an instance starts; `$$` is a dollar sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Template>,
    /// The EC2 instance type; the processor architecture follows from it.
    #[serde(default = "instance_type")]
    pub instance_type: InstanceType,
    /// Other instance types for when there are none of `instance_type`, the earlier ones first; of the same processor architecture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 39))]
    pub other_instance_types: Vec<InstanceType>,
    /// How much of it may be spare capacity, which is cheaper and which AWS takes back with two minutes' notice (AWS: Spot Instances); none when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
    /// The subnet tier it stands in.
    #[schemars(extend("x-default" = "the first private tier"))]
    pub subnets: Name,
    /// The port the application listens on; needed when a listener forwards to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// How many instances.
    #[schemars(extend("x-default" = "min 2, max 4, target_cpu 60"))]
    pub instances: Instances,
    /// How the load balancer finds out whether an instance answers.
    #[serde(default)]
    pub health_check: HealthCheck,
    /// Environment variables of the application, by name.
    #[serde(default)]
    pub env: BTreeMap<EnvName, EnvSource>,
    /// The root disk, always encrypted.
    #[serde(default)]
    pub disk: Disk,
    /// Who may connect to `port`, beside the load balancer when it forwards here.
    #[serde(default)]
    pub allow_from: Vec<Peer>,
    /// Managed IAM policies for the instances' role, beside the one for Session Manager. With any, the container reaches the role's credentials.
    #[serde(default)]
    pub policies: Vec<Arn>,
    /// What it may do at AWS beside that. With any, the container reaches the role's credentials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// How a new image or template rolls through the group.
    #[serde(default)]
    pub update: Rollout,
    /// How a new image or template takes over: instance by instance as `update` says, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    /// How long a client stays with the same instance; never when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stickiness: Option<Duration>,
    /// How long requests in flight may take once an instance is to go, up to 1h (AWS: `deregistration_delay.timeout_seconds`).
    #[serde(default = "deregistration_delay")]
    pub deregistration_delay: Duration,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
    /// The entry's key before it was renamed; it is re-stamped, not replaced. With `monitoring` its log group and alarms are new ones, since their names
    /// are all that tells whose they are; for the new log group its instances are replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

impl Section for BTreeMap<Name, Compute> {
    const NAMED: bool = true;
    const MINIMAL: &'static str = "compute: { app: {} }";
    const ATTRIBUTES: Attributes = &[("group_name", |_, name| output(Kind::AutoScalingGroup, name, "id"))];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let subnets = tier(spec, &["private", "isolated"]);
        node.each_entry(|entry| {
            let written = InstanceType::read(entry.text_of("instance_type"));
            let architecture = written.map_or("x86_64", |kind| kind.architecture());
            entry.fill("ami", |at| {
                let name = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default";
                Node::text(format!("{name}-{architecture}"), at)
            });
            entry.fill("subnets", |at| Node::text(subnets.as_str(), at));
            entry.fill("instances", Node::map);
            if let Some(instances) = entry.get_mut("instances") {
                let least = instances.get("min").and_then(Node::as_int).unwrap_or(i64::from(min()));
                instances.fill("max", |at| Node::int(least.max(4), at));
                instances.fill("desired", |at| Node::int(least, at));
                if instances.get("target_requests").is_none() {
                    instances.fill("target_cpu", |at| Node::int(60, at));
                }
            }
        });
    }

    fn groups(&self, spec: &Spec) -> Vec<SectionGroup> {
        let group = |(name, entry): (&Name, &Compute)| {
            let mut allowed = peers(&entry.allow_from, &["compute", name.as_str(), "allow_from"]);
            if let Some(path) = forwarding(spec, name).next()
                && !entry.allow_from.contains(&Peer::LoadBalancer)
            {
                allowed.push((Peer::LoadBalancer, path.into_iter().map(str::to_string).collect()));
            }
            SectionGroup {
                target: Target::entry("compute", name),
                name: name.to_string(),
                renamed_from: entry.renamed_from.as_ref().map(Name::to_string),
                ports: entry.port.into_iter().collect(),
                peers: allowed,
                alone: checked_at(spec, name, entry).map(|port| (Peer::LoadBalancer, port)).into_iter().collect(),
                connects: true,
                reached_by: BTreeSet::new(),
            }
        };
        self.iter().map(group).collect()
    }

    fn check(&self, cx: &mut Check<'_>) {
        self.iter().for_each(|(name, entry)| check::check(name.as_str(), entry, cx));
    }

    fn lower(&self, l: &mut Lower<'_>) {
        for (name, entry) in self {
            lower::lower(name, entry, l);
            entry.timeouts.lower(l, &format!("compute.{name}"));
        }
    }
}

/// The port of an entry's health check, where that is another than the application's.
pub fn checked_at(spec: &Spec, name: &Name, entry: &Compute) -> Option<u16> {
    let port = entry.health_check.port.filter(|port| entry.port != Some(*port));
    port.filter(|_| forwarding(spec, name).next().is_some())
}

/// How many instances a group has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instances {
    /// Never fewer.
    #[serde(default = "min")]
    #[schemars(range(min = 0, max = 1000))]
    pub min: u32,
    /// Never more.
    #[schemars(range(min = 1, max = 1000), extend("x-default" = "4, or min when that is more"))]
    pub max: u32,
    /// How many to start with; afterwards the group's scaling decides.
    #[schemars(range(min = 0, max = 1000), extend("x-default" = "min"))]
    pub desired: u32,
    /// The average CPU load, in percent, that scaling aims at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100), extend("x-default" = "60; none with target_requests"))]
    pub target_cpu: Option<u32>,
    /// How many requests a minute the load balancer sends to each instance when scaling is where it aims at (AWS: `ALBRequestCountPerTarget`). With
    /// `target_cpu` beside it, there are as many instances as the one of them asks for that asks for more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub target_requests: Option<u32>,
    /// Other numbers at certain moments, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schedules: BTreeMap<Name, Schedule>,
}

/// How many instances from certain moments on (AWS: a scheduled action); what is left out stays as it is then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When: minute, hour, day of the month, month and day of the week, as in a crontab (AWS: `Recurrence`).
    pub cron: Cron,
    /// The time zone that this is meant in.
    #[serde(default = "utc")]
    pub time_zone: TimeZone,
    /// Never fewer from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub min: Option<u32>,
    /// Never more from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub max: Option<u32>,
    /// How many then; afterwards the group's scaling decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub desired: Option<u32>,
}

/// Spare capacity of AWS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spot {
    /// So many instances are never spare capacity (AWS: `OnDemandBaseCapacity`).
    #[schemars(range(min = 0, max = 1000))]
    pub on_demand_base: u32,
    /// So many percent of the others aren't, either (AWS: `OnDemandPercentageAboveBaseCapacity`).
    #[schemars(range(min = 0, max = 100))]
    pub on_demand_percent: u32,
    /// Which of the instance types it is taken of.
    pub strategy: SpotStrategy,
}

impl Default for Spot {
    fn default() -> Self {
        Spot { on_demand_base: 0, on_demand_percent: 0, strategy: SpotStrategy::PriceCapacityOptimized }
    }
}

/// Where spare capacity is taken (AWS: `SpotAllocationStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpotStrategy {
    /// Where there is most of it.
    CapacityOptimized,
    /// Where there is most of it, the earlier types first.
    CapacityOptimizedPrioritized,
    /// Where it is cheapest, however soon it is taken back.
    LowestPrice,
    /// Where there is much of it, at a low price.
    PriceCapacityOptimized,
}

/// A health check over HTTP or HTTPS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheck {
    /// How it is asked for; with https no certificate is looked at.
    pub protocol: CheckProtocol,
    /// The port that is asked, if not the application's; nobody but the load balancer may connect to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// The path that is asked for.
    pub path: HttpPath,
    /// Time between two checks, 5s to 300s.
    pub interval: Duration,
    /// How long an answer may take, 2s to 120s and less than `interval`.
    pub timeout: Duration,
    /// So many good answers make an instance healthy.
    #[schemars(range(min = 2, max = 10))]
    pub healthy: u32,
    /// So many bad answers make it unhealthy.
    #[schemars(range(min = 2, max = 10))]
    pub unhealthy: u32,
    /// How long a new instance may take before checks count, up to 2h.
    pub grace: Duration,
    /// The HTTP status codes of a good answer.
    pub matcher: StatusCodes,
}

impl Default for HealthCheck {
    fn default() -> Self {
        HealthCheck {
            protocol: CheckProtocol::Http,
            port: None,
            path: fixed("/"),
            interval: Duration::seconds(15),
            timeout: Duration::seconds(5),
            healthy: 3,
            unhealthy: 2,
            grace: Duration::seconds(120),
            matcher: fixed("200-299"),
        }
    }
}

/// What a health check speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckProtocol {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// A disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// Its size.
    pub size: Size,
    /// The EBS volume type.
    #[serde(rename = "type")]
    pub kind: DiskType,
}

impl Default for Disk {
    fn default() -> Self {
        Disk { size: Size::gib(20), kind: DiskType::Gp3 }
    }
}

/// An EBS volume type for instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiskType {
    /// General purpose, the older one.
    Gp2,
    /// General purpose.
    Gp3,
}

/// How instances are replaced (AWS: an instance refresh).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rollout {
    /// Percent of the group that stays in service meanwhile (AWS: `MinHealthyPercentage`).
    #[schemars(range(min = 0, max = 100))]
    pub min_healthy: u32,
    /// How long a new instance warms up before it counts (AWS: `InstanceWarmup`).
    pub warmup: Duration,
}

impl Default for Rollout {
    fn default() -> Self {
        Rollout { min_healthy: 90, warmup: Duration::seconds(120) }
    }
}

fn instance_type() -> InstanceType {
    fixed("t3.small")
}

fn min() -> u32 {
    2
}

fn utc() -> TimeZone {
    fixed("Etc/UTC")
}

fn deregistration_delay() -> Duration {
    Duration::seconds(30)
}
