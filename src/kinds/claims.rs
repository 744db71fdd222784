//! What is taken: exclusive names and address blocks, each within another object or the whole account.
use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::Address;

/// Something exclusive, within another object when it names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// An address block; claims of one VPC may not overlap.
    Block { within: Address, block: ipnet::Ipv4Net },
    /// A name that several may hold, as long as nobody has it alone.
    Share { name: String },
    /// A name or a slot.
    Name { within: Option<Address>, name: String },
}

impl Claim {
    pub fn within(&self) -> Option<&Address> {
        match self {
            Claim::Block { within, .. } => Some(within),
            Claim::Name { within, .. } => within.as_ref(),
            Claim::Share { .. } => None,
        }
    }
}

/// Claims by owner. The owner is whatever the caller counts in: physical ids in the sandbox and in the plan.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    names: BTreeMap<(Option<Address>, String), String>,
    /// Names that several hold.
    shares: BTreeMap<String, BTreeSet<String>>,
    /// Per container: the blocks taken, by first address. Blocks of one container never overlap each other.
    blocks: BTreeMap<Address, BTreeMap<u32, (Ipv4Net, String)>>,
}

impl Claims {
    pub fn add(&mut self, claims: Vec<Claim>, owner: &str) {
        for claim in claims {
            match claim {
                Claim::Block { within, block } => drop(self.blocks.entry(within).or_default().insert(first(block), (block, owner.into()))),
                Claim::Name { within, name } => drop(self.names.insert((within, name), owner.into())),
                Claim::Share { name } => drop(self.shares.entry(name).or_default().insert(owner.into())),
            }
        }
    }

    pub fn remove(&mut self, claims: Vec<Claim>, owner: &str) {
        for claim in claims {
            match claim {
                Claim::Block { within, block } => {
                    if let Some(taken) = self.blocks.get_mut(&within) {
                        taken.remove(&first(block));
                    }
                }
                Claim::Name { within, name } => drop(self.names.remove(&(within, name))),
                Claim::Share { name } => drop(self.shares.get_mut(&name).map(|owners| owners.remove(owner))),
            }
        }
    }

    /// Who holds what a claim asks for, or a part of it.
    pub fn holders(&self, claim: &Claim) -> Vec<&str> {
        match claim {
            Claim::Block { within, block } => {
                let Some(taken) = self.blocks.get(within) else { return vec![] };
                let (low, high) = (first(*block), u32::from(block.broadcast()));
                let before = taken.range(..low).next_back().filter(|(_, (b, _))| u32::from(b.broadcast()) >= low);
                before.into_iter().chain(taken.range(low..=high)).map(|(_, (_, owner))| owner.as_str()).collect()
            }
            Claim::Name { within, name } => {
                let alone = self.names.get(&(within.clone(), name.clone()));
                let together = self.shares.get(name).filter(|_| within.is_none());
                alone.into_iter().chain(together.into_iter().flatten()).map(String::as_str).collect()
            }
            Claim::Share { name } => self.names.get(&(None, name.clone())).map(String::as_str).into_iter().collect(),
        }
    }
}

fn first(block: Ipv4Net) -> u32 {
    u32::from(block.network())
}
