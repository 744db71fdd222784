//! Who may talk to whom: what the names in `allow_from`, `from` and `to` stand for.
use super::check::Check;
use super::section::SectionGroup;
use super::sections::{SECTIONS, Spec};
use super::units::{GroupName, Name, Peer, Target};
use crate::diag::Code;
use ipnet::IpNet;
use std::collections::BTreeMap;

/// Who a peer is, once its name is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedPeer {
    /// The whole internet.
    Anywhere,
    /// A network.
    Block(IpNet),
    /// The CDN's published ranges.
    Cdn,
    /// A security group by hand, which extends no section's.
    Group(Name),
    /// What stands in a section's security group.
    Section {
        /// What it is.
        target: Target,
        /// The security group's name.
        group: String,
    },
    /// The blocks of a subnet tier.
    Tier(Name),
    /// The VPC's block.
    Vpc,
    /// A workload or a job. Outside of the cluster that is all that runs in it, for pods have one security group together.
    Workload(Name),
}

/// Who can be named as a peer: the security groups of a spec, looked up once.
#[derive(Debug)]
pub struct Peers<'a> {
    spec: &'a Spec,
    groups: Vec<SectionGroup>,
    /// Positions of the groups that each name of a group by hand extends.
    named: BTreeMap<String, Vec<usize>>,
}

impl<'a> Peers<'a> {
    /// Those of a spec.
    pub fn of(spec: &'a Spec) -> Self {
        let groups = spec.groups();
        let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, SectionGroup { target: Target { section, name }, .. }) in groups.iter().enumerate() {
            let name = name.as_ref().map_or(*section, Name::as_str);
            named.entry(name.into()).or_default().push(index);
        }
        Peers { spec, groups, named }
    }

    /// Security groups that follow from sections.
    pub fn groups(&self) -> &[SectionGroup] {
        &self.groups
    }

    /// The sections' groups that a security group by hand extends; none: it is a group of its own. A spec that was
    /// loaded has at most one.
    pub fn extends(&self, group: &GroupName) -> Vec<&SectionGroup> {
        self.called(group.as_str()).collect()
    }

    fn called(&self, name: &str) -> impl Iterator<Item = &SectionGroup> {
        self.named.get(name).into_iter().flatten().map(|index| &self.groups[*index])
    }

    /// Who a peer is. A name is an entry that connects to others, workloads and jobs among them, before a security group before a subnet tier; none of them, and what never connects
    /// by itself (caches and databases), gives `None`.
    pub fn resolve(&self, peer: &Peer) -> Option<ResolvedPeer> {
        let name = match peer {
            Peer::Anywhere => return Some(ResolvedPeer::Anywhere),
            Peer::Block(block) => return Some(ResolvedPeer::Block(*block)),
            Peer::Cdn => return Some(ResolvedPeer::Cdn),
            Peer::LoadBalancer => {
                let balancer = self.groups.iter().find(|group| group.target == Target::one("load_balancer"));
                return balancer.map(section);
            }
            Peer::Vpc => return Some(ResolvedPeer::Vpc),
            Peer::Named(name) => name,
        };
        if let Some(group) = self.called(name.as_str()).find(|group| group.connects) {
            return Some(section(group));
        }
        if self.spec.workload(name).is_some() || self.spec.jobs().any(|(job, _)| job == name) {
            return Some(ResolvedPeer::Workload(name.clone()));
        }
        if self.spec.vpc.security_groups.contains_key(name.as_str()) && !self.named.contains_key(name.as_str()) {
            return Some(ResolvedPeer::Group(name.clone()));
        }
        let tier = self.spec.vpc.subnets.get(name.as_str());
        tier.map(|_| ResolvedPeer::Tier(name.clone()))
    }
}

fn section(group: &SectionGroup) -> ResolvedPeer {
    ResolvedPeer::Section { target: group.target.clone(), group: group.name.clone() }
}

/// Every peer exists and can connect.
pub fn check(cx: &mut Check<'_>) {
    for (path, peer) in cx.fields.read::<Peer>() {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (cx.peers.resolve(&peer), &peer) {
            (None, Peer::Named(name)) => stranger(cx, &path, name),
            (None, _) if cx.knows_names(&["load_balancer"]) => {
                let message = "`load_balancer` is allowed, but the spec has none".into();
                cx.error(Code::UnknownName, &path, "this peer", message, "add `load_balancer:`, or name somebody else");
            }
            (_, Peer::Cdn) if cx.spec.cdn.is_none() && !cx.is_cut(&["cdn"]) => {
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
}

fn stranger(cx: &mut Check<'_>, path: &[&str], name: &Name) {
    let spec = cx.spec;
    if cx.peers.called(name.as_str()).next().is_some() {
        let message = format!("`{name}` is a cache or database, which never connects to anything by itself");
        cx.error(
            Code::UnknownName,
            path,
            "this peer",
            message,
            "name a compute entry, a function, a workload, a job, a security group or a subnet tier",
        );
        return;
    }
    if spec.functions.contains_key(name.as_str()) {
        let message = format!("the function `{name}` stands outside of the VPC, so that nothing in it can tell it from others");
        cx.error(Code::UnknownName, path, "this peer", message, format!("let `subnets` of `functions.{name}` name a tier"));
        return;
    }
    let connecting: Vec<Target> = cx.peers.groups().iter().filter(|group| group.connects).map(|group| group.target.clone()).collect();
    let entries = connecting.iter().filter_map(|target| target.name.as_ref()).map(Name::as_str);
    let pods = spec.workloads().map(|(name, _)| name).chain(spec.jobs().map(|(name, _)| name));
    let groups = spec.vpc.security_groups.keys().map(GroupName::as_str).chain(pods.map(Name::as_str));
    let tiers = spec.vpc.subnets.names().map(Name::as_str);
    let mut known: Vec<&str> = entries.chain(groups).chain(tiers).chain(["anywhere", "cdn", "vpc"]).collect();
    known.sort_unstable();
    known.dedup();
    // Whatever section has entries could have one of this name.
    if SECTIONS.iter().any(|section| section.named && !section.attributes.is_empty() && !cx.knows_names(&[section.name])) {
        return;
    }
    cx.unknown(
        path,
        &[&["vpc", "security_groups"], &["vpc", "subnets"]],
        "compute entry, function, workload, job, security group or subnet tier",
        name.as_str(),
        known.into_iter(),
    );
}
