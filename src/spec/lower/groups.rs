//! Security groups: those that follow from who talks to whom, and those by hand.
use std::collections::BTreeSet;

use super::{Lower, int, records};
use crate::kinds::prefix_list::CLOUDFLARE;
use crate::kinds::security_group::{Peer as Source, Rule};
use crate::kinds::{Ref, SecurityGroup};
use crate::spec::party::Party;
use crate::spec::units::{Name, Peer, Ports, Target};
use crate::spec::vpc::{self, Protocol};

/// What a connection is made to: `tcp` on some ports, or more.
type Doors = (Protocol, Option<(u16, u16)>);

pub(super) fn lower(l: &mut Lower) {
    let spec = l.spec;
    if let Some(balancer) = &spec.load_balancer {
        let doors = balancer.listeners.values().map(|x| tcp(x.port)).collect();
        section(l, Target::LoadBalancer, "load_balancer.allow_from".into(), doors, &balancer.allow_from, None);
    }
    for (name, compute) in &spec.compute {
        let mut peers = compute.allow_from.clone();
        let forwarded = spec.load_balancer.iter().flat_map(|b| b.listeners.values()).any(|x| x.forward.as_ref() == Some(name));
        if forwarded && !peers.contains(&Peer::LoadBalancer) {
            peers.push(Peer::LoadBalancer);
        }
        let doors = vec![compute.port.map_or((Protocol::Tcp, None), tcp)];
        section(l, Target::Compute(name.clone()), format!("compute.{name}.allow_from"), doors, &peers, compute.renamed_from.as_ref());
    }
    for (name, cache) in &spec.cache {
        let origin = format!("cache.{name}.allow_from");
        section(l, Target::Cache(name.clone()), origin, vec![tcp(cache.port)], &cache.allow_from, cache.renamed_from.as_ref());
    }
    for (name, db) in &spec.database {
        let origin = format!("database.{name}.allow_from");
        section(l, Target::Database(name.clone()), origin, vec![tcp(db.port)], &db.allow_from, db.renamed_from.as_ref());
    }
    for (name, by_hand) in &spec.vpc.security_groups {
        if spec.extends(name).is_empty() {
            let group = SecurityGroup {
                vpc: Ref::to("main"),
                description: by_hand.description.clone(),
                ingress: self_or(ingress(l, by_hand), name.as_str()),
                egress: self_or(egress(l, by_hand), name.as_str()),
                reached_by: BTreeSet::new(),
                tags: l.tags(name.as_str()),
            };
            l.renamed::<SecurityGroup>(name.as_str(), by_hand.renamed_from.as_ref().map(Name::to_string));
            l.add(name.as_str(), format!("vpc.security_groups.{name}"), group);
        }
    }
}

/// The name of a section's own group. No name that a user can write has a point or an underscore, so none collides.
pub(super) fn name_of(target: &Target) -> String {
    match target {
        Target::Cache(name) => format!("cache.{name}"),
        Target::Cdn => "cdn".into(),
        Target::Compute(name) => name.to_string(),
        Target::Database(name) => format!("database.{name}"),
        Target::LoadBalancer => "load_balancer".into(),
        Target::Vpc => "vpc".into(),
    }
}

fn section(l: &mut Lower, target: Target, origin: String, doors: Vec<Doors>, peers: &[Peer], renamed_from: Option<&Name>) {
    let name = name_of(&target);
    let mut rules = BTreeSet::new();
    for peer in peers {
        for door in &doors {
            rules.extend(self_or(rule(l, *door, peer, &format!("from {peer}")), &name));
        }
    }
    let extension = l.spec.vpc.security_groups.iter().find(|(g, _)| l.spec.extends(g).contains(&target)).map(|(_, g)| g);
    let mut out = BTreeSet::from([everything()]);
    if let Some(more) = extension {
        rules.extend(self_or(ingress(l, more), &name));
        out = self_or(egress(l, more), &name);
    }
    let old = renamed_from.map(|old| {
        name_of(&match &target {
            Target::Cache(_) => Target::Cache(old.clone()),
            Target::Database(_) => Target::Database(old.clone()),
            _ => Target::Compute(old.clone()),
        })
    });
    l.renamed::<SecurityGroup>(&name, old);
    let group = SecurityGroup {
        vpc: Ref::to("main"),
        description: format!("{} of {}", target_label(&target), l.spec.stack),
        ingress: rules,
        egress: out,
        reached_by: if target == Target::LoadBalancer { records::leading(l) } else { BTreeSet::new() },
        tags: l.tags(&name.replace(['.', '_'], "-")),
    };
    l.add(name, origin, group);
}

/// Fixed for the life of the group, for AWS can't change it: it names the section, not the entry, so that a rename stays one.
fn target_label(target: &Target) -> &'static str {
    match target {
        Target::LoadBalancer => "load balancer",
        other => other.section(),
    }
}

fn ingress(l: &Lower, group: &vpc::SecurityGroup) -> BTreeSet<Rule> {
    let rules = group.ingress.iter().flat_map(|r| r.from.iter().map(move |peer| (r, peer)));
    rules.flat_map(|(r, peer)| rule(l, (r.protocol, range(r.port, r.ports)), peer, &r.description)).collect()
}

fn egress(l: &Lower, group: &vpc::SecurityGroup) -> BTreeSet<Rule> {
    let rules = group.egress.iter().flat_map(|r| r.to.iter().map(move |peer| (r, peer)));
    rules.flat_map(|(r, peer)| rule(l, (r.protocol, range(r.port, r.ports)), peer, &r.description)).collect()
}

/// One rule for each thing a peer stands for.
fn rule(l: &Lower, (protocol, ports): Doors, peer: &Peer, description: &str) -> BTreeSet<Rule> {
    let (protocol, from_port, to_port) = match (protocol, ports) {
        (Protocol::All, _) => ("all", -1, -1),
        (Protocol::Icmp, _) => ("icmp", -1, -1),
        (Protocol::Tcp, p) => ("tcp", p.map_or(0, |p| int(p.0)), p.map_or(65535, |p| int(p.1))),
        (Protocol::Udp, p) => ("udp", p.map_or(0, |p| int(p.0)), p.map_or(65535, |p| int(p.1))),
    };
    let make = |peer| Rule { protocol: protocol.into(), from_port, to_port, peer, description: description.into() };
    sources(l, peer).into_iter().map(make).collect()
}

fn sources(l: &Lower, peer: &Peer) -> Vec<Source> {
    match l.spec.party(peer) {
        Some(Party::Anywhere) => vec![Source::Cidr("0.0.0.0/0".into())],
        Some(Party::Block(block)) => vec![Source::Cidr(block.to_string())],
        Some(Party::Group(name)) => vec![Source::Group(Ref::to(name.to_string()))],
        Some(Party::Section(target)) => vec![Source::Group(Ref::to(name_of(&target)))],
        Some(Party::Tier(name)) => {
            let blocks = l.spec.vpc.blocks().unwrap_or_default();
            blocks.into_iter().filter(|((tier, _), _)| *tier == name.as_str()).map(|(_, b)| Source::Cidr(b.to_string())).collect()
        }
        Some(Party::Vpc) => vec![Source::Cidr(l.spec.vpc.cidr.to_string())],
        Some(Party::Cdn) => vec![Source::PrefixList(Ref::to(CLOUDFLARE))],
        // A loaded spec has no such peer.
        None => vec![],
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

fn tcp(port: u16) -> Doors {
    (Protocol::Tcp, Some((port, port)))
}

fn range(port: Option<u16>, ports: Option<Ports>) -> Option<(u16, u16)> {
    port.map(|p| (p, p)).or(ports.map(|p| (p.first, p.last)))
}
