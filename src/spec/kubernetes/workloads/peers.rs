//! `kubernetes.workloads.NAME.allow_from`: who may connect to a workload.
use std::collections::BTreeSet;

use super::super::CLUSTER;
use super::super::networking::Connections;
use super::Workload;
use super::lower::checked;
use crate::diag::Code;
use crate::kinds::network_policy::{Rule, Source};
use crate::kinds::{NetworkPolicy, Ref};
use crate::spec::check::Check;
use crate::spec::load_balancer::forwarding;
use crate::spec::lower::{Lower, int};
use crate::spec::peers::ResolvedPeer;
use crate::spec::units::{Name, Peer, Target};

pub fn check(name: &Name, entry: &Workload, cx: &mut Check<'_>) {
    let at = ["kubernetes", "workloads", name.as_str(), "allow_from"];
    if let Some(peer) = entry.allow_from.first().filter(|_| entry.port.is_none()) {
        let message = format!("`{peer}` may connect to `kubernetes.workloads.{name}`, which listens nowhere");
        cx.error(Code::Missing, &at, "these peers", message, "add `port:`, or leave them out");
    }
    for (index, peer) in entry.allow_from.iter().enumerate() {
        let message = match cx.peers.resolve(peer) {
            Some(ResolvedPeer::Workload(_)) => continue,
            Some(ResolvedPeer::Section { target, .. }) if target == Target::one("load_balancer") => continue,
            // A Service's name and address are known within the cluster alone, and a pod's address goes with the pod.
            Some(ResolvedPeer::Section { target, .. }) => {
                format!("`{target}` stands outside of the cluster, where no name and no lasting address leads to pods")
            }
            Some(_) => format!("`{peer}` is neither a workload nor a job, and pods let only those and the load balancer in"),
            // That a peer is nobody is said already.
            None => continue,
        };
        let help =
            format!("let it connect through the load balancer: `forward: {name}` at a listener, within the VPC by `scheme: internal`");
        let index = index.to_string();
        cx.error(Code::Refused, &[&at[..], &[index.as_str()]].concat(), "this peer", message, help);
    }
}

/// The policy of a workload; none where it lets in whoever the others of the namespace let in.
pub fn lower(namespace: &str, name: &Name, entry: &Workload, default: Connections, l: &Lower<'_>) -> Option<NetworkPolicy> {
    let rules = rules(name, entry, l);
    let needed = !rules.is_empty() && (default == Connections::Deny || !entry.allow_from.is_empty());
    needed.then(|| NetworkPolicy {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(namespace),
        // No workload's policy has the name of the one for all.
        name: format!("to-{name}"),
        pods: Some(name.to_string()),
        rules,
        enforced: true,
        waits_for: BTreeSet::new(),
        uid: Default::default(),
    })
}

/// The load balancer stands in its subnets, and asks the health check's port, too; workloads connect to the workload's own.
fn rules(name: &Name, entry: &Workload, l: &Lower<'_>) -> BTreeSet<Rule> {
    let Some(port) = entry.port.map(int) else { return BTreeSet::new() };
    let mut rules = BTreeSet::new();
    let balanced = forwarding(l.spec, name).next().is_some() || entry.allow_from.contains(&Peer::LoadBalancer);
    if let Some(balancer) = l.spec.load_balancer.as_ref().filter(|_| balanced) {
        let ports: BTreeSet<i32> = [Some(port), checked(entry).map(|check| check.port)].into_iter().flatten().collect();
        let blocks = l.spec.vpc.blocks().unwrap_or_default();
        for (_, block) in blocks.iter().filter(|((tier, _), _)| *tier == balancer.subnets.as_str()) {
            rules.extend(ports.iter().map(|port| Rule { port: *port, from: Source::Block(block.to_string()) }));
        }
    }
    for peer in &entry.allow_from {
        if let Some(ResolvedPeer::Workload(other)) = l.peers.resolve(peer) {
            rules.insert(Rule { port, from: Source::Pods(other.to_string()) });
        }
    }
    rules
}
