//! Whether what is given an address may connect to it: references in texts against the peers that are let in.
use ipnet::IpNet;

use super::check::Check;
use super::node::Node;
use super::peers::ResolvedPeer;
use super::references;
use super::section::SectionGroup;
use super::substitute::within;
use super::units::{GroupName, Name, Peer, Reference, Target};
use super::vpc::{Ingress, Protocol};
use crate::diag::Risk;

/// Attributes by which a client connects.
const ADDRESSES: &[&str] = &["endpoint", "reader_endpoint", "url"];

/// Of an entry that connects to others, every address of one that only others connect to is of one that lets it in.
pub fn check(cx: &mut Check<'_>) {
    let groups = cx.peers.groups().to_vec();
    for (path, reference) in references::all(cx.fields) {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let of = |section: &str, name: &str| groups.iter().find(|g| g.target.to_string() == format!("{section}.{name}"));
        let from = match steps[..] {
            ["kubernetes", "workloads", name, ..] => entry("kubernetes.workloads", cx.spec.workloads().map(|(own, _)| own), name),
            ["kubernetes", "jobs", name, ..] => entry("kubernetes.jobs", cx.spec.jobs().map(|(own, _)| own), name),
            [section, name, ..] => of(section, name).filter(|g| g.connects).map(|g| g.target.clone()),
            _ => None,
        };
        let Some(from) = from else { continue };
        let to = groups.iter().find(|g| g.target == reference.target && !g.connects);
        let Some(to) = to.filter(|_| ADDRESSES.contains(&reference.attribute)) else { continue };
        if cx.knows(&["vpc"]) && known(cx, &to.target) && !lets_in(cx, to, &from) {
            say(cx, &steps, &reference, &to.target, &from);
        }
    }
}

fn entry<'a>(section: &'static str, mut all: impl Iterator<Item = &'a Name>, name: &str) -> Option<Target> {
    all.find(|own| own.as_str() == name).map(|own| Target::entry(section, own))
}

/// Whether it runs in the cluster.
fn inside(from: &Target) -> bool {
    from.section.starts_with("kubernetes.")
}

/// Whether all that an entry says of its peers is as it was written.
fn known(cx: &Check<'_>, target: &Target) -> bool {
    target.name.as_ref().is_some_and(|name| cx.knows(&[target.section, name.as_str()]))
}

fn say(cx: &mut Check<'_>, path: &[&str], reference: &Reference, to: &Target, from: &Target) {
    let (Some(name), Some(client)) = (&to.name, &from.name) else { return };
    let entry = [to.section, name.as_str()];
    let allowed = [to.section, name.as_str(), "allow_from"];
    let written = allowed.iter().try_fold(cx.root, |node, step| node.get(step)).map_or(&[][..], Node::items);
    let mut peers: Vec<&str> = written.iter().filter_map(Node::as_text).collect();
    peers.push(client.as_str());
    let message = format!("`{from}` is given the address of `{to}`, which doesn't let it in");
    let help = format!("write `allow_from: [{}]` at `{to}`", peers.join(", "));
    let here = within(cx.sources, cx.sources.value(path), &reference.to_string());
    let places = vec![cx.sources.place(here, "this address"), cx.sources.place(cx.sources.key(&entry), "lets in only whom it names")];
    cx.risk_at(Risk::Unreachable, path, message, help, places);
}

/// Whether a rule of one group, its own or one by hand, lets what stands in another in.
fn lets_in(cx: &Check<'_>, to: &SectionGroup, from: &Target) -> bool {
    let by_hand = cx.spec.vpc.security_groups.iter().filter(|(name, _)| extends(cx, name, to)).flat_map(|(_, group)| &group.ingress);
    let opens = |rule: &&Ingress| match (rule.protocol, rule.port, &rule.ports) {
        (Protocol::Icmp | Protocol::Udp, ..) => false,
        (_, Some(port), _) => to.ports.contains(&port),
        (_, None, Some(range)) => to.ports.iter().any(|port| (range.first..=range.last).contains(port)),
        (_, None, None) => true,
    };
    let peers = to.peers.iter().map(|(peer, _)| peer).chain(by_hand.filter(opens).flat_map(|rule| &rule.from));
    peers.into_iter().any(|peer| covers(cx, peer, from))
}

fn extends(cx: &Check<'_>, name: &GroupName, group: &SectionGroup) -> bool {
    cx.peers.extends(name).iter().any(|extended| extended.target == group.target)
}

/// Whether a peer is, or may be, what connects.
fn covers(cx: &Check<'_>, peer: &Peer, from: &Target) -> bool {
    let subnets = || {
        if let Some(kubernetes) = cx.spec.kubernetes.as_ref().filter(|_| inside(from)) {
            return kubernetes.cluster.subnets.to_string();
        }
        let entry = cx.root.get(from.section).zip(from.name.as_ref()).and_then(|(section, name)| section.get(name.as_str()));
        entry.map(|entry| entry.text_of("subnets").to_owned()).unwrap_or_default()
    };
    match cx.peers.resolve(peer) {
        Some(ResolvedPeer::Anywhere | ResolvedPeer::Vpc) => true,
        Some(ResolvedPeer::Section { target, .. }) => target == *from,
        Some(ResolvedPeer::Workload(_)) => inside(from),
        Some(ResolvedPeer::Tier(tier)) => tier.as_str() == subnets(),
        Some(ResolvedPeer::Block(block)) => meets(cx, &block, &subnets()),
        Some(ResolvedPeer::Cdn | ResolvedPeer::Group(_)) => false,
        // That a peer is nobody is said already.
        None => true,
    }
}

/// Whether a block has an address of a tier.
fn meets(cx: &Check<'_>, block: &IpNet, tier: &str) -> bool {
    let IpNet::V4(block) = block else { return false };
    let blocks = cx.spec.vpc.blocks().unwrap_or_default();
    blocks.iter().any(|((name, _), own)| *name == tier && (block.contains(own) || own.contains(block)))
}
