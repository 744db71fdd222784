//! What must leave or change before its neighbour does: beside what the neighbour becomes, the service would refuse it as it stands.
use super::decide::Decision;
use super::*;
use crate::kinds::{Kind, Near, Objects, refs};

impl<'a> Decision<'a> {
    /// Those whom the rules of the services set against a neighbour that changes in place: what goes, by the neighbours that wait for it, is returned; what
    /// changes, too, is noted to change first.
    pub(super) fn misfits(&mut self) -> Vec<(&'a Address, &'a str)> {
        let updated: BTreeSet<&'a Address> = self.changes.iter().filter(|(_, c)| c.verb == Verb::Update).map(|(a, _)| *a).collect();
        let (mut going, mut first) = (vec![], vec![]);
        if updated.is_empty() {
            return going;
        }
        let changing = updated.iter().filter_map(|a| Some((*a, *self.current.get(*a)?)));
        let leaving = self.doomed.values().filter(|(a, _)| !self.changes.contains_key(*a)).copied();
        for (address, live) in leaving.chain(changing) {
            let near: Vec<&'a Address> = refs(&live.object).filter(|r| *r != address).filter_map(|r| updated.get(r).copied()).collect();
            if near.is_empty() {
                continue;
            }
            let now = live.object.breaches(address, Near(&Standing(self)));
            if live.object.breaches(address, Near(&self.stack.nodes)).iter().all(|breach| now.contains(breach)) {
                continue;
            }
            let goes = self.doomed.get_key_value(live.id.as_str()).map(|(id, _)| *id);
            near.into_iter().for_each(|neighbour| match goes {
                Some(id) => going.push((neighbour, id)),
                None => first.push((neighbour, address)),
            });
        }
        for (neighbour, address) in first {
            self.ahead.entry(neighbour).or_default().insert(address);
        }
        going
    }
}

/// The objects as they stand.
struct Standing<'a, 'd>(&'d Decision<'a>);

impl Objects for Standing<'_, '_> {
    fn object(&self, address: &Address) -> Option<&Object> {
        self.0.current.get(address).map(|live| &live.object)
    }

    fn objects(&self, kind: Kind) -> Vec<(Address, &Object)> {
        self.0.current.iter().filter(|(a, _)| a.kind == kind).map(|(a, live)| ((*a).clone(), &live.object)).collect()
    }
}
