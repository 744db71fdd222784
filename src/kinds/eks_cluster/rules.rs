//! What EKS refuses of a cluster.
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::*;
use crate::diag::Code;

/// `LogType`.
pub const LOGS: &[&str] = &["api", "audit", "authenticator", "controllerManager", "scheduler"];

/// The pools of nodes that EKS makes itself ("Enable or Disable Built-in NodePools").
pub const POOLS: &[&str] = &["general-purpose", "system"];

/// `PublicAccessCidrs` of a cluster ("View and manage Amazon EKS and Fargate service quotas"; it can't be raised).
const BLOCKS: usize = 40;

pub(super) fn breaches(c: &EksCluster, near: Near<'_>) -> Vec<Breach> {
    let mut found = placed(c, near);
    found.extend(reached(c));
    let word = |attribute: &str, word: &str, known: &[&str]| {
        let message = format!("EKS knows no `{word}`");
        Breach::new(Code::UnknownValue, attribute, message, format!("write one of {}", known.join(", "))).item(word)
    };
    found.extend(c.logs.iter().filter(|log| !LOGS.contains(&log.as_str())).map(|log| word("logs", log, LOGS)));
    found.extend(c.node_pools.iter().filter(|pool| !POOLS.contains(&pool.as_str())).map(|pool| word("node_pools", pool, POOLS)));
    if !["STANDARD", "EXTENDED"].contains(&c.support.as_str()) {
        found.push(Breach::new(Code::UnknownValue, "support", format!("EKS has no support `{}`", c.support), "write STANDARD or EXTENDED"));
    }
    // Not from a source: EKS's API says neither that pools need the role nor that they don't.
    if c.node_role.is_none() && !c.node_pools.is_empty() {
        found.push(Breach::new(Code::Refused, "node_pools", "without Auto Mode EKS makes no pools of nodes", "name the role of the nodes"));
    }
    if let Some(version) = c.version.as_ref().filter(|v| !versions::is_version(v)) {
        let message = format!("`{version}` is no version of Kubernetes that EKS counts");
        found.push(Breach::new(Code::BadVersion, "version", message, "write major and minor version, such as \"1.34\""));
    }
    found.extend(c.log_retention_days.and_then(|days| log_group::retention("log_retention_days", days)));
    found
}

/// "You must specify at least two subnets that are in different Availability Zones" (`UpdateClusterConfig`), all of one VPC.
fn placed(c: &EksCluster, near: Near<'_>) -> Vec<Breach> {
    let known: Vec<&Subnet> = c.subnets.iter().filter_map(|subnet| near.get(subnet)).collect();
    let zones: BTreeSet<&str> = known.iter().map(|s| s.availability_zone.as_str()).collect();
    let one = || {
        let message = "a cluster stands in two zones at least";
        Breach::new(Code::OneZone, "subnets", message, "name subnets of two zones")
    };
    let other = || {
        let message = "a cluster's subnets are all in its VPC";
        Breach::new(Code::Refused, "subnets", message, "name subnets of this VPC").with("vpc")
    };
    let one = (known.len() > 1 && zones.len() < 2).then(one);
    let other = known.iter().any(|s| s.vpc != c.vpc).then(other);
    one.into_iter().chain(other).collect()
}

/// A cluster is reached from somewhere, over the internet from public addresses alone ("Cluster API server endpoint": no reserved addresses).
fn reached(c: &EksCluster) -> Vec<Breach> {
    let nowhere = || Breach::new(Code::Refused, "private_access", "a cluster that is reached from nowhere", "let the VPC reach it");
    let mut found: Vec<Breach> = (!c.private_access && c.public_access.is_empty()).then(nowhere).into_iter().collect();
    for block in c.public_access.iter().filter(|block| !public(block)) {
        let message = format!("no client comes from `{block}` over the internet");
        let help = "write blocks of public IPv4 addresses; who is inside the VPC reaches the private endpoint";
        found.push(Breach::new(Code::BadBlock, "public_access", message, help).item(block));
    }
    if c.public_access.len() > BLOCKS {
        let message = format!("a cluster's API is opened to {} blocks", c.public_access.len());
        found.push(Breach::new(Code::Count, "public_access", message, format!("name {BLOCKS} at most; a larger block may hold several")));
    }
    found
}

/// Whether a block is one of the internet's: its own address is no private, local or reserved one.
fn public(block: &str) -> bool {
    let kept = |a: Ipv4Addr| {
        let [first, second, ..] = a.octets();
        a.is_private() || a.is_loopback() || a.is_link_local() || a.is_multicast() || (first == 100 && second & 0xc0 == 64) || first >= 240
    };
    block.parse::<Ipv4Net>().is_ok_and(|net| net.prefix_len() == 0 || !kept(net.network()))
}

/// The ways that EKS doesn't go.
pub(super) fn ways(c: &EksCluster, before: &EksCluster) -> Vec<Breach> {
    let running = before.running_version.0.as_deref().or(before.version.as_deref()).unwrap_or_default();
    let wanted = c.version.as_deref().unwrap_or(running);
    let mut found = vec![];
    if let Some(next) = versions::jumped(running, wanted) {
        let message = format!("EKS goes from {running} to {wanted} in several upgrades");
        found.push(Breach::new(Code::Refused, "version", message, format!("write \"{next}\" and apply, then go on")));
    }
    if versions::fell(running, wanted) {
        let message = format!("EKS runs {running} and doesn't go back to {wanted}");
        let help = format!("write \"{running}\"; it goes back by one version alone, for seven days after an upgrade");
        found.push(Breach::new(Code::Refused, "version", message, help));
    }
    // `ComputeConfigRequest.nodeRoleArn`: it can't be changed while Auto Mode is on.
    if c.node_role.is_some() && before.node_role.is_some() && c.node_role != before.node_role {
        let message = "the role of the nodes can't be changed while Auto Mode is on";
        found.push(Breach::new(Code::Refused, "node_role", message, "keep the role, or make another cluster"));
    }
    found
}
