//! Who uses what, and what is taken: answered without looking at every object.
use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use crate::cloud::zones::of_sandbox;
use crate::kinds::{Address, Claim, Claims, Live, Object, Outputs};
use crate::wire::{Class, CloudError};

#[derive(Default)]
pub struct Index {
    ids: BTreeSet<String>,
    users: BTreeMap<String, BTreeSet<String>>,
    claims: Claims,
}

impl Index {
    /// The ids of the objects that point at one.
    pub fn users(&self, id: &str) -> impl Iterator<Item = &String> {
        self.users.get(id).into_iter().flatten()
    }

    pub fn add(&mut self, live: &Live) {
        self.ids.insert(live.id.clone());
        for p in &live.points {
            self.users.entry(p.clone()).or_default().insert(live.id.clone());
        }
        self.claims.add(live.object.claims(), &live.id);
    }

    pub fn remove(&mut self, live: &Live) {
        self.ids.remove(&live.id);
        for p in &live.points {
            if let Some(users) = self.users.get_mut(p) {
                users.remove(&live.id);
            }
        }
        self.claims.remove(live.object.claims(), &live.id);
    }

    /// Refuses an object that points at nothing, or whose claims are taken or don't fit. `outputs` tells what a container offers.
    pub fn admit(&self, live: &Live, outputs: &dyn Fn(&Address) -> Outputs) -> Result<(), CloudError> {
        if let Some(lost) = live.points.iter().find(|p| !self.ids.contains(*p)) {
            return Err(CloudError::new(Class::Invalid, "NotFound", format!("{} points at {lost}, which does not exist", live.id)));
        }
        if let Object::Subnet(subnet) = &live.object
            && let zone = &subnet.availability_zone
            && let Some(there) = zone.get(..zone.len().saturating_sub(1)).map(of_sandbox)
            && !there.contains(zone)
        {
            let message = format!("there is no zone {zone} for this account, but {}", there.into_iter().collect::<Vec<_>>().join(", "));
            return Err(CloudError::new(Class::Invalid, "InvalidParameterValue", message));
        }
        for claim in live.object.claims() {
            if let Claim::Block { within, block } = &claim {
                let room = outputs(within).get("cidr").and_then(|c| c.parse::<Ipv4Net>().ok());
                if room.is_some_and(|room| !room.contains(block)) || !(16..=28).contains(&block.prefix_len()) {
                    return Err(CloudError::new(
                        Class::Invalid,
                        "InvalidSubnet.Range",
                        format!("{block} does not fit into {}", within.name),
                    ));
                }
            }
            if let Some(owner) = self.claims.holders(&claim).into_iter().find(|o| *o != live.id) {
                return Err(CloudError::new(Class::Invalid, "AlreadyExists", format!("{claim:?} is held by {owner}")));
            }
        }
        Ok(())
    }
}
