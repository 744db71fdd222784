//! Subnets stay where they stand: whichever zones and tiers come and go, the blocks of those that stay are not cut anew.
use ipnet::Ipv4Net;

use super::Vpc;
use super::blocks::{Blocks, cut_around, overlap};
use crate::kinds::{Address, Kind, Live, Object, Subnet};
use crate::observe::Snapshot;
use crate::spec::units::Cidr;

impl Vpc {
    /// The same VPC with blocks by hand, under which every subnet that stays is where it stands, and what is new finds room beside it. `None` where
    /// cutting anew moves nothing, where the whole VPC is replaced, and where there is no such room.
    pub fn settled(&self, read: &Snapshot) -> Option<Vpc> {
        let live = self.live(read);
        let planned = self.blocks().ok()?;
        let (mut standing, mut moved) = (Blocks::new(), false);
        for (name, tier) in self.subnets.iter().filter(|(_, tier)| tier.cidrs.is_empty()) {
            for (i, zone) in self.availability_zones.iter().enumerate() {
                let address = Address::new(Kind::Subnet, format!("{name}-{}", zone.letter()));
                let fits = |s: &Subnet| s.availability_zone == zone.to_string() && s.cidr.prefix_len() == tier.prefix;
                let own = live.iter().filter(|(a, s)| **a == address && fits(s)).map(|(_, s)| s.cidr);
                let own: Vec<Ipv4Net> = own.filter(|block| !self.by_hand(block)).collect();
                let here = planned[&(name.as_str(), i)];
                match own.iter().find(|block| **block == here).or(own.first()) {
                    Some(block) => {
                        moved |= *block != here;
                        standing.insert((name.as_str(), i), *block);
                    }
                    None => moved |= live.iter().any(|(_, s)| overlap(&s.cidr, &here)),
                }
            }
        }
        if !moved {
            return None;
        }
        let all: Vec<Ipv4Net> = live.iter().map(|(_, s)| s.cidr).collect();
        let blocks = cut_around(self.cidr.net(), self.availability_zones.len(), &self.cuts(), &standing, &all).ok()?;
        let own = |name: &str| (0..self.availability_zones.len()).map(|i| Cidr::new(blocks[&(name, i)])).collect();
        let mut settled = self.clone();
        settled.subnets = self.subnets.map(|name, tier| super::Tier { cidrs: own(name.as_str()), ..tier.clone() });
        Some(settled)
    }

    /// The stack's subnets in the VPC that stays.
    fn live<'s>(&self, read: &'s Snapshot) -> Vec<(&'s Address, Subnet)> {
        let main = Address::new(Kind::Vpc, "main");
        let same = |l: &&Live| matches!(&l.object, Object::Vpc(vpc) if vpc.cidr == self.cidr.net());
        let vpcs: Vec<&str> = read.live.get(&main).into_iter().flatten().filter(same).map(|l| l.id.as_str()).collect();
        let all = read.live.iter().flat_map(|(a, g)| g.iter().map(move |l| (a, l)));
        let inside = all.filter(|(_, l)| vpcs.iter().any(|vpc| l.points.contains(*vpc)));
        inside.filter_map(|(a, l)| Some((a, l.of::<Subnet>().ok()?))).collect()
    }

    /// Whether a block is given by hand.
    fn by_hand(&self, block: &Ipv4Net) -> bool {
        self.subnets.iter().any(|(_, tier)| tier.by_hand().iter().any(|other| overlap(block, other)))
    }
}
