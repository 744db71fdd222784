//! What a plan asks for and the account's region doesn't offer, and what of it is in force after a restart only.
use super::*;
use crate::diff::{Context, diff};
use crate::kinds::{Facts, Near};
use crate::observe::Snapshot;

/// What facts say of a plan. Asked again when more is known, until nothing is [open](Facts::open).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offered {
    /// What the services refuse, of what is made and of what is changed in place.
    pub refused: Vec<PlanError>,
    /// What the account may have no room for, of the same.
    pub doubted: Vec<PlanError>,
    /// Attributes that a change leaves waiting for a restart: the change's address, and their paths.
    waiting: BTreeSet<(Address, String)>,
    /// What is told of a change of an attribute beside its values.
    told: BTreeMap<(Address, String), String>,
}

/// Holds every creation and update of a plan against what is known. What stays as it stands asks for nothing.
pub fn offered(plan: &Plan, stack: &Stack, facts: &Facts) -> Offered {
    let near = Near(&stack.nodes);
    let mut out = Offered::default();
    for step in &plan.steps {
        let (before, object) = match &step.act {
            Act::Create { object } => (None, object),
            Act::Update { live, object } => (Some(&live.object), object),
            Act::Delete { .. } => continue,
        };
        let problem = |breach| PlanError::Refused { address: step.address.clone(), breach };
        out.refused.extend(object.unoffered(before, near, facts).into_iter().map(problem));
        out.doubted.extend(object.doubted(near, facts).into_iter().map(problem));
    }
    for change in plan.changes.iter().filter(|c| c.verb == Verb::Update) {
        let Some(object) = stack.nodes.get(&change.address) else { continue };
        let waiting = change.attrs.iter().filter(|a| object.waits(&a.path, near, facts));
        out.waiting.extend(waiting.map(|a| (change.address.clone(), a.path.clone())));
        let before = plan.steps.iter().find_map(|step| match &step.act {
            Act::Update { live, .. } if step.address == change.address => Some(live),
            _ => None,
        });
        let told = change.attrs.iter().filter_map(|a| Some((a, object.told(before?, &a.path, facts)?)));
        out.told.extend(told.map(|(a, told)| ((change.address.clone(), a.path.clone()), told)));
    }
    out
}

/// What is refused of a stack that can't be planned for another reason: of all that isn't there as it is wanted.
pub fn unoffered(stack: &Stack, snapshot: &Snapshot, facts: &Facts) -> Vec<PlanError> {
    let near = Near(&stack.nodes);
    let mut found = vec![];
    for (address, object) in &stack.nodes {
        let before = snapshot.live.get(address).and_then(|generations| generations.first()).map(|live| &live.object);
        if before.is_some_and(|before| diff(Some(before), Some(object), &Context::still()).is_empty()) {
            continue;
        }
        let refused = object.unoffered(before, near, facts).into_iter();
        found.extend(refused.map(|breach| PlanError::Refused { address: address.clone(), breach }));
    }
    found
}

impl Offered {
    /// Says of each attribute of the plan whether it waits for a restart, and what else is told of it.
    pub fn mark(&self, plan: &mut Plan) {
        for change in &mut plan.changes {
            let address = &change.address;
            for attr in &mut change.attrs {
                let key = (address.clone(), attr.path.clone());
                attr.waits = self.waiting.contains(&key);
                attr.told = self.told.get(&key).cloned();
            }
        }
    }
}
