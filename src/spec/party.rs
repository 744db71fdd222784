//! What the names in a spec stand for.
use super::blocks::{Blocks, Cut, NoRoom, cut};
use super::stack::Spec;
use super::units::{GroupName, Name, Peer, Target};
use super::vpc::Vpc;
use ipnet::Ipv4Net;

/// Who a peer is, once its name is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// The whole internet.
    Anywhere,
    /// A network.
    Block(Ipv4Net),
    /// The CDN's published ranges.
    Cdn,
    /// A security group by hand, which extends no section's.
    Group(Name),
    /// What stands in a compute entry or is the load balancer.
    Section(Target),
    /// The blocks of a subnet tier.
    Tier(Name),
    /// The VPC's block.
    Vpc,
}

impl Spec {
    /// Who a peer is. A name is a compute entry before a security group before a subnet tier; none of
    /// them, and nothing that never connects by itself (caches and databases), gives `None`.
    pub fn party(&self, peer: &Peer) -> Option<Party> {
        let name = match peer {
            Peer::Anywhere => return Some(Party::Anywhere),
            Peer::Block(block) => return Some(Party::Block(block.net())),
            Peer::Cdn => return Some(Party::Cdn),
            Peer::LoadBalancer => {
                let there = self.load_balancer.is_some();
                return there.then_some(Party::Section(Target::LoadBalancer));
            }
            Peer::Vpc => return Some(Party::Vpc),
            Peer::Named(name) => name,
        };
        if self.compute.contains_key(name) {
            return Some(Party::Section(Target::Compute(name.clone())));
        }
        let group = self.vpc.security_groups.keys().find(|g| g.as_str() == name.as_str());
        if group.is_some_and(|group| self.extends(group).is_empty()) {
            return Some(Party::Group(name.clone()));
        }
        let tier = self.vpc.subnets.get(name.as_str());
        tier.map(|_| Party::Tier(name.clone()))
    }

    /// The sections' groups that a security group by hand extends; none: it is a group of its own. A spec that was
    /// loaded has at most one.
    pub fn extends(&self, group: &GroupName) -> Vec<Target> {
        if group.as_str() == "load_balancer" {
            return self.load_balancer.iter().map(|_| Target::LoadBalancer).collect();
        }
        let own = |name: &Name| name.as_str() == group.as_str();
        let compute = self.compute.keys().filter(|name| own(name)).cloned().map(Target::Compute);
        let cache = self.cache.keys().filter(|name| own(name)).cloned().map(Target::Cache);
        let database = self.database.keys().filter(|name| own(name)).cloned().map(Target::Database);
        compute.chain(cache).chain(database).collect()
    }
}

impl Vpc {
    /// The block of every subnet, by tier and position of the zone.
    ///
    /// # Errors
    /// `NoRoom`, never for a spec that was loaded.
    pub fn blocks(&self) -> Result<Blocks<'_>, NoRoom> {
        let tiers: Vec<Cut<'_>> = self
            .subnets
            .iter()
            .map(|(name, tier)| Cut {
                name: name.as_str(),
                prefix: tier.prefix,
                cidrs: tier.cidrs.iter().map(|block| block.net()).collect(),
            })
            .collect();
        cut(self.cidr.net(), self.availability_zones.len(), &tiers)
    }
}
