//! Who may talk to whom: every peer exists and can connect.
use super::Check;
use crate::diag::Code;
use crate::spec::stack::Spec;
use crate::spec::units::{Name, Peer};
use crate::spec::vpc::Protocol;

/// A peer and the path it is written at.
pub(super) type Said<'a> = (Vec<String>, &'a Peer);

fn add<'a>(path: &[&str], peers: &'a [Peer]) -> Vec<Said<'a>> {
    let at = |index: usize| path.iter().map(|step| step.to_string()).chain([index.to_string()]).collect();
    peers.iter().enumerate().map(|(index, peer)| (at(index), peer)).collect()
}

/// Every peer in the spec, by the path of what it talks to.
pub(super) fn all(spec: &Spec) -> Vec<Said<'_>> {
    let mut all = Vec::new();
    if let Some(balancer) = &spec.load_balancer {
        all.extend(add(&["load_balancer", "allow_from"], &balancer.allow_from));
    }
    for (name, entry) in &spec.compute {
        all.extend(add(&["compute", name.as_str(), "allow_from"], &entry.allow_from));
    }
    for (name, entry) in &spec.cache {
        all.extend(add(&["cache", name.as_str(), "allow_from"], &entry.allow_from));
    }
    for (name, entry) in &spec.database {
        all.extend(add(&["database", name.as_str(), "allow_from"], &entry.allow_from));
    }
    for (name, group) in &spec.vpc.security_groups {
        for (index, rule) in group.ingress.iter().enumerate() {
            let path = ["vpc", "security_groups", name.as_str(), "ingress", &index.to_string(), "from"];
            all.extend(add(&path, &rule.from));
        }
        for (index, rule) in group.egress.iter().enumerate() {
            let path = ["vpc", "security_groups", name.as_str(), "egress", &index.to_string(), "to"];
            all.extend(add(&path, &rule.to));
        }
    }
    all
}

pub(super) fn check(cx: &mut Check<'_>) {
    let spec = cx.spec;
    for (path, peer) in all(spec) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (spec.party(peer), peer) {
            (None, Peer::Named(name)) => stranger(cx, &path, name),
            (None, _) => {
                let message = "`load_balancer` is allowed, but the spec has none".into();
                cx.error(Code::UnknownName, &path, "this peer", message, "add `load_balancer:`, or name somebody else");
            }
            (_, Peer::Cdn) if spec.cdn.is_none() => {
                let message = "`cdn` is allowed, but the spec has no section `cdn`".into();
                cx.error(
                    Code::UnknownName,
                    &path,
                    "this peer",
                    message,
                    "add `cdn:` with its zone, or write `anywhere` or the blocks of your CDN",
                );
            }
            _ => {}
        }
    }
    for (name, group) in &spec.vpc.security_groups {
        for (index, rule) in group.ingress.iter().enumerate() {
            let index = index.to_string();
            let path = ["vpc", "security_groups", name.as_str(), "ingress", index.as_str()];
            ports(cx, &path, rule.port.is_some(), rule.ports.is_some(), rule.protocol);
        }
        for (index, rule) in group.egress.iter().enumerate() {
            let index = index.to_string();
            let path = ["vpc", "security_groups", name.as_str(), "egress", index.as_str()];
            ports(cx, &path, rule.port.is_some(), rule.ports.is_some(), rule.protocol);
        }
    }
}

fn stranger(cx: &mut Check<'_>, path: &[&str], name: &Name) {
    let spec = cx.spec;
    if spec.cache.contains_key(name) || spec.database.contains_key(name) {
        let message = format!("`{name}` is a cache or database, which never connects to anything by itself");
        cx.error(Code::UnknownName, path, "this peer", message, "name a compute entry, a security group or a subnet tier");
        return;
    }
    let groups = spec.vpc.security_groups.keys().map(|group| group.as_str());
    let words = ["anywhere", "cdn", "vpc"].into_iter();
    let known = spec.compute.keys().map(Name::as_str).chain(groups);
    let known = known.chain(spec.vpc.subnets.names().map(Name::as_str)).chain(words);
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    cx.unknown(path, "compute entry, security group or subnet tier", name.as_str(), known.into_iter());
}

fn ports(cx: &mut Check<'_>, path: &[&str], port: bool, ports: bool, protocol: Protocol) {
    if port && ports {
        let message = "a rule has both `port` and `ports`".into();
        cx.error(Code::Duplicate, path, "this rule", message, "keep one of them");
    }
    if (port || ports) && matches!(protocol, Protocol::All | Protocol::Icmp) {
        let message = "a rule has a port, but its protocol has none".into();
        cx.error(Code::Duplicate, path, "this rule", message, "write `protocol: tcp` or `udp`, or leave the port out");
    }
}
