//! What a plan may not do: never, or not before somebody has named it.
use super::decide::Decision;
use super::*;
use crate::kinds::Near;
use crate::model::Loss;

impl Decision<'_> {
    /// What services refuse of what is made or changed. What stays as it stands was taken already.
    pub(super) fn breaches(&self) -> Vec<PlanError> {
        let of = |address: &&Address| {
            let found = self.stack.nodes[*address].breaches(address, Near(&self.stack.nodes)).into_iter();
            found.map(|breach| PlanError::Refused { address: (*address).clone(), breach }).collect::<Vec<_>>()
        };
        self.changes.keys().flat_map(of).chain(self.unshared()).collect()
    }

    /// What holds data or is protected, would go or keep less of it, and has not been named.
    pub(super) fn guard(&self, allowed: &Allowed) -> Vec<Guarded> {
        let mut refused = vec![];
        for (address, live) in self.doomed.values() {
            let (data, known) = (live.object.kind().loss() == Loss::Data, live.object.kind().loss() == Loss::Address);
            let goes_on = !self.stack.nodes.is_empty();
            if (data || live.object.protected() || known && goes_on) && !allowed.contains(*address) {
                let replaced = self.changes.contains_key(*address);
                refused.push(Guarded { address: (*address).clone(), replaced, data, shrinks: None });
            }
        }
        for (address, change) in self.changes.iter().filter(|(a, c)| c.verb == Verb::Update && !allowed.contains(**a)) {
            let shrinks = change.attrs.iter().filter(|a| a.shrinks()).map(|a| Some(a.path.clone()));
            refused.extend(shrinks.map(|shrinks| Guarded { address: (*address).clone(), replaced: false, data: true, shrinks }));
        }
        refused.sort_by(|a, b| a.address.cmp(&b.address));
        refused.dedup();
        refused
    }
}
