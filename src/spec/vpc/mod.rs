//! `vpc`: the network, its subnets and its security groups.
pub mod blocks;
mod check;
mod fields;
mod lower;
mod standing;

use super::check::Check;
use super::lower::{Lower, output};
use super::node::{Node, Val};
use super::ordered::Ordered;
use super::section::{Attributes, Fields, Section};
use super::units::{AvailabilityZone, Cidr, Duration, GroupDescription, GroupName, Name, Peer, Ports, RuleDescription, fixed};
use crate::kinds::Kind;
use blocks::{Blocks, Cut, NoRoom, cut};
use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The network everything stands in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// Its block of IPv4 addresses, from /16 to /28 (AWS: `CidrBlock`).
    #[serde(default = "cidr")]
    pub cidr: Cidr,
    /// The zones that every subnet tier spans. A block that stands stays where it is, whichever zones come and go.
    #[schemars(length(min = 1, max = 6), extend("uniqueItems" = true, "x-default" = "zones a, b and c of the region"))]
    pub availability_zones: Vec<AvailabilityZone>,
    /// Subnet tiers, by name: each is one subnet per zone. Their order decides the blocks of a new environment; a block that stands stays where it is.
    #[schemars(extend("x-default" = "public (public, /24), app (private, /22), data (isolated, /24); smaller blocks in a VPC smaller than a /17"))]
    #[schemars(extend("maxProperties" = 200))]
    pub subnets: Ordered<Tier>,
    /// NAT gateways, which let private tiers reach the internet.
    #[serde(default = "nat")]
    pub nat: Nat,
    /// Whether the network's flows are logged to CloudWatch Logs.
    #[serde(default = "yes")]
    pub flow_logs: bool,
    /// How long flow logs are kept, in days that CloudWatch Logs takes.
    #[serde(default = "flow_log_retention")]
    pub flow_log_retention: Duration,
    /// Whether instances get DNS names (AWS: `EnableDnsHostnames`).
    #[serde(default = "yes")]
    pub dns_hostnames: bool,
    /// Gateway endpoints, through which a service is reached without NAT; they cost nothing. S3's comes with every bucket of `storage` that somebody uses.
    #[serde(default = "gateway_endpoints")]
    pub gateway_endpoints: BTreeSet<GatewayEndpoint>,
    /// Security groups by hand, by name. A name that is a compute, cache or database entry or `load_balancer` extends the group that follows from it.
    #[serde(default)]
    pub security_groups: BTreeMap<GroupName, SecurityGroup>,
}

impl Section for Vpc {
    const NAMED: bool = false;
    const MINIMAL: &'static str = "";
    const ATTRIBUTES: Attributes = &[("cidr", |_, _| output(Kind::Vpc, "main", "cidr")), ("id", |_, _| output(Kind::Vpc, "main", "id"))];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let region = spec.text_of("region");
        let zone = |letter: char, at| Node::text(format!("{region}{letter}"), at);
        node.fill("availability_zones", |at| Node { value: Val::List(['a', 'b', 'c'].map(|letter| zone(letter, at)).into()), at });
        let length = node.text_of("cidr").split_once('/').and_then(|(_, length)| length.parse::<u8>().ok()).unwrap_or(16);
        let (small, large) = prefixes(length);
        node.fill("subnets", |at| {
            let tiers = [("public", "public", small), ("app", "private", large), ("data", "isolated", small)];
            let mut subnets = Node::map(at);
            for (name, kind, prefix) in tiers {
                subnets.fill(name, |at| {
                    let mut tier = Node::map(at);
                    tier.fill("tier", |at| Node::text(kind, at));
                    tier.fill("prefix", |at| Node::int(prefix, at));
                    tier
                });
            }
            subnets
        });
    }

    fn check(&self, cx: &mut Check<'_>) {
        check::check(self, cx);
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(l);
    }
}

/// Prefixes of the default tiers: /24 and /22 down to a VPC of /17, else in proportion.
fn prefixes(vpc: u8) -> (i64, i64) {
    let shift = i64::from(vpc.saturating_sub(17));
    ((24 + shift).min(28), (22 + shift).min(28))
}

impl Vpc {
    /// The block of every subnet, by tier and position of the zone.
    ///
    /// # Errors
    /// `NoRoom`, never for a spec that was loaded.
    pub fn blocks(&self) -> Result<Blocks<'_>, NoRoom> {
        cut(self.cidr.net(), self.availability_zones.len(), &self.cuts())
    }

    fn cuts(&self) -> Vec<Cut<'_>> {
        let tiers = self.subnets.iter();
        tiers.map(|(name, tier)| Cut { name: name.as_str(), prefix: tier.prefix, cidrs: tier.by_hand() }).collect()
    }
}

/// One subnet per zone, all of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// What its subnets can reach and be reached by.
    pub tier: TierKind,
    /// The prefix length of each of its blocks, cut from the VPC's block.
    #[serde(default = "prefix")]
    #[schemars(range(min = 16, max = 28))]
    pub prefix: u8,
    /// Its blocks by hand, one per zone in the zones' order; empty: they are cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cidrs: Vec<Cidr>,
    /// The tier's key before it was renamed; it is re-stamped, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

impl Tier {
    fn by_hand(&self) -> Vec<Ipv4Net> {
        self.cidrs.iter().map(|block| block.net()).collect()
    }
}

/// What the subnets of a tier can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TierKind {
    /// Routed to the internet both ways.
    Public,
    /// Reaches the internet through NAT, is not reached.
    Private,
    /// Reaches only the VPC.
    Isolated,
}

/// How private tiers reach the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nat {
    /// One gateway in each zone: a zone that fails takes only itself away.
    PerZone,
    /// One gateway for all zones: cheaper, and gone with its zone.
    Single,
    /// None.
    None,
}

/// A service reached by a gateway endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayEndpoint {
    /// Amazon DynamoDB.
    Dynamodb,
    /// Amazon S3.
    S3,
}

/// A security group by hand, or what is added to one that follows from a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// What it is for; AWS never changes it in place.
    #[serde(default = "group_description")]
    pub description: GroupDescription,
    /// Who may connect to what stands in it.
    #[serde(default)]
    pub ingress: Vec<Ingress>,
    /// What may be connected to from within.
    #[serde(default = "egress")]
    pub egress: Vec<Egress>,
    /// The group's key before it was renamed; it is re-stamped, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

/// A rule for connections that come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ingress {
    /// The port; neither it nor `ports` means all of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// A range of ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// The protocol.
    #[serde(default = "tcp")]
    pub protocol: Protocol,
    /// From whom.
    #[schemars(length(min = 1))]
    pub from: Vec<Peer>,
    /// What the rule is for.
    #[serde(default = "nothing", skip_serializing_if = "RuleDescription::is_empty")]
    pub description: RuleDescription,
}

/// A rule for connections that go out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// The port; neither it nor `ports` means all of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// A range of ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// The protocol.
    #[serde(default = "tcp")]
    pub protocol: Protocol,
    /// To whom.
    #[schemars(length(min = 1))]
    pub to: Vec<Peer>,
    /// What the rule is for.
    #[serde(default = "nothing", skip_serializing_if = "RuleDescription::is_empty")]
    pub description: RuleDescription,
}

/// A protocol of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Every protocol and port.
    All,
    /// Every ICMP message; takes no port.
    Icmp,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

fn cidr() -> Cidr {
    Cidr::new(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 16))
}

fn nat() -> Nat {
    Nat::PerZone
}

fn yes() -> bool {
    true
}

fn flow_log_retention() -> Duration {
    Duration::days(90)
}

fn gateway_endpoints() -> BTreeSet<GatewayEndpoint> {
    BTreeSet::from([GatewayEndpoint::S3])
}

fn prefix() -> u8 {
    24
}

fn group_description() -> GroupDescription {
    fixed("Managed by infra")
}

fn nothing() -> RuleDescription {
    fixed("")
}

fn egress() -> Vec<Egress> {
    vec![Egress { port: None, ports: None, protocol: Protocol::All, to: vec![Peer::Anywhere], description: nothing() }]
}

fn tcp() -> Protocol {
    Protocol::Tcp
}
