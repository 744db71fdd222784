//! Security groups: those that follow from who talks to whom, and those by hand.
use std::collections::{BTreeMap, BTreeSet};

use super::kubernetes::CLUSTER;
use super::lower::{Lower, int};
use super::peers::ResolvedPeer;
use super::section::SectionGroup;
use super::units::{Name, Peer, Ports};
use super::vpc::{self, Protocol};
use crate::kinds::prefix_list::CLOUDFLARE;
use crate::kinds::security_group::{Peer as Source, Rule};
use crate::kinds::{Address, Kind, Object, Ref, SecurityGroup, SecurityGroupRule};

/// What a connection is made to: `tcp` on some ports, or more.
type Doors = (Protocol, Option<(u16, u16)>);

/// Adds all security groups.
pub fn lower(l: &mut Lower<'_>) {
    let groups = l.peers.groups().to_vec();
    groups.iter().for_each(|group| section(l, group));
    for (name, by_hand) in &l.spec.vpc.security_groups {
        if l.peers.extends(name).is_empty() {
            let group = SecurityGroup {
                vpc: Ref::to("main"),
                description: by_hand.description.to_string(),
                ingress: self_or(ingress(l, by_hand), name.as_str()),
                egress: self_or(egress(l, by_hand), name.as_str()),
                reached_by: BTreeSet::new(),
                tags: l.tags(name.as_str()),
            };
            pods(l, name.as_str(), &format!("vpc.security_groups.{name}"), by_hand_pods(l, by_hand));
            l.renamed::<SecurityGroup>(name.as_str(), by_hand.renamed_from.as_ref().map(Name::to_string));
            l.add(name.as_str(), format!("vpc.security_groups.{name}"), group);
        }
    }
    rings(l);
}

/// Of groups that allow each other, directly or in a ring, the rules that would close the ring become objects of their own: they come when both groups are there.
fn rings(l: &mut Lower<'_>) {
    let mut kept: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let groups: Vec<Address> = l.stack.nodes.keys().filter(|a| a.kind == Kind::SecurityGroup).cloned().collect();
    let before: BTreeMap<String, String> = l.stack.renamed.iter().map(|(new, old)| (new.name.clone(), old.name.clone())).collect();
    for address in groups {
        let Some(Object::SecurityGroup(group)) = l.stack.nodes.get(&address) else { continue };
        let mut group = SecurityGroup::clone(group);
        let own = address.name.as_str();
        let mut alone: Vec<(bool, Rule)> = vec![];
        for (egress, rules) in [(false, &mut group.ingress), (true, &mut group.egress)] {
            let (closing, open): (BTreeSet<Rule>, BTreeSet<Rule>) = std::mem::take(rules).into_iter().partition(|rule| match &rule.peer {
                Source::Group(peer) => leads(&kept, &peer.0, own),
                _ => false,
            });
            *rules = open;
            alone.extend(closing.into_iter().map(|rule| (egress, rule)));
            let peers = rules.iter().filter_map(|rule| if let Source::Group(peer) = &rule.peer { Some(peer.0.clone()) } else { None });
            kept.entry(own.into()).or_default().extend(peers);
        }
        l.stack.nodes.insert(address.clone(), group.into());
        let origin = l.stack.origins.get(&address).cloned().unwrap_or_default();
        for (egress, rule) in alone {
            let Source::Group(peer) = &rule.peer else { continue };
            let named = |own: &str, peer: &str| {
                let way = if egress { "to" } else { "from" };
                format!("{own}-{way}-{peer}-{}-{}-{}", rule.protocol, rule.from_port, rule.to_port)
            };
            let name = named(own, &peer.0);
            let old = |name: &str| before.get(name).cloned().unwrap_or_else(|| name.to_owned());
            let old = named(&old(own), &old(&peer.0));
            let object = SecurityGroupRule {
                security_group: Some(Ref::to(own)),
                egress,
                peer: Some(peer.clone()),
                cluster: None,
                protocol: rule.protocol.clone(),
                from_port: rule.from_port,
                to_port: rule.to_port,
                description: rule.description.chars().take(DESCRIPTION).collect(),
                tags: l.tags(&name),
            };
            l.renamed::<SecurityGroupRule>(&name, Some(old).filter(|old| *old != name));
            l.add(name, origin.clone(), object);
        }
    }
}

/// Characters of a rule's description that the rule's own mark leaves room for.
const DESCRIPTION: usize = 240;

/// Whether rules lead from one group to another.
fn leads(rules: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(group) = open.pop() {
        if group == to {
            return true;
        }
        if seen.insert(group) {
            open.extend(rules.get(group).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

fn section(l: &mut Lower<'_>, group: &SectionGroup) {
    let name = &group.name;
    let doors: Vec<Doors> = match group.ports.as_slice() {
        [] => vec![(Protocol::Tcp, None)],
        ports => ports.iter().map(|port| (Protocol::Tcp, Some((*port, *port)))).collect(),
    };
    let extends = |by_hand: &&_| l.peers.extends(by_hand).iter().any(|owner| owner.target == group.target);
    let extension = l.spec.vpc.security_groups.keys().find(extends).map(|by_hand| &l.spec.vpc.security_groups[by_hand]);
    let mut out = BTreeSet::from([everything()]);
    let mut rules = BTreeSet::new();
    let from = |(peer, _): &&(Peer, Vec<String>)| runs(l, peer);
    let within = group.peers.iter().filter(from).flat_map(|(peer, _)| doors.iter().map(move |door| (false, *door, format!("from {peer}"))));
    let within = within.chain(extension.into_iter().flat_map(|more| by_hand_pods(l, more))).collect();
    pods(l, name, &format!("{}.allow_from", group.target), within);
    if let Some(more) = extension {
        rules = self_or(ingress(l, more), name);
        out = self_or(egress(l, more), name);
    }
    // A description tells no rule from another, so what is asked for twice is one rule: as it is described by hand, else as the first peer says.
    let mut known: BTreeSet<Rule> = rules.iter().map(Rule::bare).collect();
    let all = group.peers.iter().flat_map(|(peer, _)| doors.iter().map(move |door| (peer, *door)));
    let alone = group.alone.iter().map(|(peer, port)| (peer, (Protocol::Tcp, Some((*port, *port)))));
    for (peer, door) in all.chain(alone) {
        let follows = self_or(rule(l, door, peer, &format!("from {peer}")), name);
        rules.extend(follows.into_iter().filter(|rule| known.insert(rule.bare())));
    }
    l.renamed::<SecurityGroup>(name, group.renamed_from.as_ref());
    let made = SecurityGroup {
        vpc: Ref::to("main"),
        // AWS can't change it: it names the section, not the entry, so that a rename stays one.
        description: format!("{} of {}", group.target.section.replace('_', " "), l.spec.stack),
        ingress: rules,
        egress: out,
        reached_by: group.reached_by.clone(),
        tags: l.tags(&name.replace(['.', '_'], "-")),
    };
    l.add(name, format!("{}.allow_from", group.target), made);
}

fn ingress(l: &Lower<'_>, group: &vpc::SecurityGroup) -> BTreeSet<Rule> {
    let rules = group.ingress.iter().flat_map(|r| r.from.iter().map(move |peer| (r, peer)));
    rules.flat_map(|(r, peer)| rule(l, (r.protocol, range(r.port, r.ports)), peer, r.description.as_str())).collect()
}

fn egress(l: &Lower<'_>, group: &vpc::SecurityGroup) -> BTreeSet<Rule> {
    let rules = group.egress.iter().flat_map(|r| r.to.iter().map(move |peer| (r, peer)));
    rules.flat_map(|(r, peer)| rule(l, (r.protocol, range(r.port, r.ports)), peer, r.description.as_str())).collect()
}

/// Rules between a group and the cluster's pods: whether they go out, on what, and why.
type Pods = Vec<(bool, Doors, String)>;

/// Whether a peer is what runs in the cluster.
fn runs(l: &Lower<'_>, peer: &Peer) -> bool {
    matches!(l.peers.resolve(peer), Some(ResolvedPeer::Workload(_)))
}

fn by_hand_pods(l: &Lower<'_>, group: &vpc::SecurityGroup) -> Pods {
    let one = |egress, protocol, ports, peers: &[Peer], why: String| {
        peers.iter().any(|peer| runs(l, peer)).then_some((egress, (protocol, ports), why))
    };
    let ingress = group.ingress.iter().filter_map(|r| one(false, r.protocol, range(r.port, r.ports), &r.from, r.description.to_string()));
    let egress = group.egress.iter().filter_map(|r| one(true, r.protocol, range(r.port, r.ports), &r.to, r.description.to_string()));
    ingress.chain(egress).collect()
}

/// Adds what lets the cluster's pods in, or leads to them: rules of their own, so that nothing waits for the cluster.
fn pods(l: &mut Lower<'_>, group: &str, origin: &str, all: Pods) {
    for (egress, (protocol, ports), why) in all {
        let (protocol, from_port, to_port) = spelled(protocol, ports);
        let way = if egress { "to" } else { "from" };
        let name = format!("{group}-{way}-cluster.{CLUSTER}-{protocol}-{from_port}-{to_port}");
        if l.stack.nodes.contains_key(&Address::new(Kind::SecurityGroupRule, name.as_str())) {
            continue;
        }
        let rule = SecurityGroupRule {
            security_group: Some(Ref::to(group)),
            egress,
            peer: None,
            cluster: Some(Ref::to(CLUSTER)),
            protocol: protocol.into(),
            from_port,
            to_port,
            description: why.chars().take(DESCRIPTION).collect(),
            tags: l.tags(&name),
        };
        l.add(name, origin, rule);
    }
}

/// Lets what stands in a section's group reach the cluster's pods on a port.
pub fn to_pods(l: &mut Lower<'_>, group: &str, port: u16, origin: &str) {
    let name = format!("cluster.{CLUSTER}-from-{group}-tcp-{port}-{port}");
    if l.stack.nodes.contains_key(&Address::new(Kind::SecurityGroupRule, name.as_str())) {
        return;
    }
    let rule = SecurityGroupRule {
        security_group: None,
        egress: false,
        peer: Some(Ref::to(group)),
        cluster: Some(Ref::to(CLUSTER)),
        protocol: "tcp".into(),
        from_port: int(port),
        to_port: int(port),
        description: format!("from {group}"),
        tags: l.tags(&name),
    };
    l.add(name, origin, rule);
}

/// A protocol and its ports, as a rule writes them.
fn spelled(protocol: Protocol, ports: Option<(u16, u16)>) -> (&'static str, i32, i32) {
    match (protocol, ports) {
        (Protocol::All, _) => ("all", -1, -1),
        (Protocol::Icmp, _) => ("icmp", -1, -1),
        (Protocol::Tcp, p) => ("tcp", p.map_or(0, |p| int(p.0)), p.map_or(65535, |p| int(p.1))),
        (Protocol::Udp, p) => ("udp", p.map_or(0, |p| int(p.0)), p.map_or(65535, |p| int(p.1))),
    }
}

/// One rule for each thing a peer stands for.
fn rule(l: &Lower<'_>, (protocol, ports): Doors, peer: &Peer, description: &str) -> BTreeSet<Rule> {
    let (protocol, from_port, to_port) = spelled(protocol, ports);
    let make = |peer| Rule { protocol: protocol.into(), from_port, to_port, peer, description: description.into() };
    sources(l, peer).into_iter().map(make).collect()
}

fn sources(l: &Lower<'_>, peer: &Peer) -> Vec<Source> {
    match l.peers.resolve(peer) {
        Some(ResolvedPeer::Anywhere) => vec![Source::Cidr("0.0.0.0/0".into())],
        Some(ResolvedPeer::Block(block)) => vec![Source::Cidr(block.to_string())],
        Some(ResolvedPeer::Group(name)) => vec![Source::Group(Ref::to(name.to_string()))],
        Some(ResolvedPeer::Section { group, .. }) => vec![Source::Group(Ref::to(group))],
        Some(ResolvedPeer::Tier(name)) => {
            let blocks = l.spec.vpc.blocks().unwrap_or_default();
            blocks.into_iter().filter(|((tier, _), _)| *tier == name.as_str()).map(|(_, b)| Source::Cidr(b.to_string())).collect()
        }
        Some(ResolvedPeer::Vpc) => vec![Source::Cidr(l.spec.vpc.cidr.to_string())],
        Some(ResolvedPeer::Cdn) => vec![Source::PrefixList(Ref::to(CLOUDFLARE))],
        // Of what runs in the cluster the rules stand alone, and a loaded spec has no peer that is nobody.
        Some(ResolvedPeer::Workload(_)) | None => vec![],
    }
}

/// A group that names itself is [`Source::Itself`]: no edge, so no cycle.
fn self_or(rules: BTreeSet<Rule>, name: &str) -> BTreeSet<Rule> {
    let own = |r: &Rule| matches!(&r.peer, Source::Group(g) if g.0 == name);
    rules.into_iter().map(|r| if own(&r) { Rule { peer: Source::Itself, ..r } } else { r }).collect()
}

fn everything() -> Rule {
    Rule { protocol: "all".into(), from_port: -1, to_port: -1, peer: Source::Cidr("0.0.0.0/0".into()), description: String::new() }
}

fn range(port: Option<u16>, ports: Option<Ports>) -> Option<(u16, u16)> {
    port.map(|p| (p, p)).or(ports.map(|p| (p.first, p.last)))
}
