//! A rollout: new instances come beside the old ones, and requests turn to them step by step, with a gate behind each step. A listener passes through
//! shares on its way from the old target group to the new one; each of these steps is undone by what the listener was before the first. A function needs no
//! listener: its alias shares calls out among the old version and the new one.
use super::decide::Decision;
use super::steps::push;
use super::*;
use crate::kinds::function::one_role;
use crate::kinds::gate::{Limits, Stage};
use crate::kinds::{Function, Gate, Kind, ListenerRule, Member as _, Rollout, TargetGroup, foreign, map_refs, pointers};

/// So often in a row a probe may fail of what has just been made.
const PATIENT: u32 = 3;

/// How long it usually takes to say that a group is to stay as large as it is.
const HOLDING: Duration = Duration::from_secs(3);

/// A rollout of this plan.
pub(super) struct Rolling<'a> {
    pub rollout: &'a Rollout,
    /// The listeners and rules that turn their requests, in the order in which they may.
    pub splitters: Vec<&'a Address>,
    /// The rules that lead some requests to the new instances before.
    pub previews: Vec<&'a Address>,
    /// The old target group's id, or the function's old version.
    pub old: &'a str,
}

impl<'a> Decision<'a> {
    /// The rollouts that a new template begins: where instances stand behind listeners that stay.
    pub(super) fn rolling(&self) -> Vec<Rolling<'a>> {
        self.stack.rollouts.iter().filter_map(|rollout| self.rolls(rollout)).collect()
    }

    fn rolls(&self, rollout: &'a Rollout) -> Option<Rolling<'a>> {
        if rollout.target_group.kind == Kind::Function {
            return self.publishes(rollout);
        }
        let replaced = |a: &Address| self.changes.get(a).is_some_and(|c| matches!(c.verb, Verb::Replace(_)));
        let begins = !rollout.stages.is_empty() && replaced(&rollout.template);
        let old = self.current.get(&rollout.target_group).filter(|_| begins && self.current.contains_key(&rollout.fleet))?;
        let leads = |a: &&Address| self.stack.nodes[*a].split(&rollout.target_group, &old.id, 0, 0).is_some();
        // What leads there from now on, or from elsewhere so far, has no requests to turn.
        let stays = |a: &&Address| self.current.get(*a).is_some_and(|live| live.points.contains(&old.id)) && !replaced(a);
        let before = |a: &&Address| rollout.previews.contains(a);
        let splitters: Vec<&Address> = self.graph.order().filter(|a| !before(a)).filter(leads).filter(stays).collect();
        // A rule of a listener that comes itself comes with that.
        let at = |a: &Address| ListenerRule::of(&self.stack.nodes[a]).map(|rule| rule.listener.address());
        let there = |a: &&Address| at(a).is_some_and(|on| self.current.contains_key(&on) && !replaced(&on));
        let previews = self.graph.order().filter(before).filter(there).collect();
        (!splitters.is_empty()).then_some(Rolling { rollout, splitters, previews, old: &old.id })
    }

    /// The rollout that a new version of a function begins: where an older one is called.
    fn publishes(&self, rollout: &'a Rollout) -> Option<Rolling<'a>> {
        let at = &rollout.target_group;
        let change = self.changes.get(at).filter(|c| c.verb == Verb::Update && !rollout.stages.is_empty())?;
        let live: &'a Live = self.current.get(at)?;
        let old = Function::of(&live.object)?.serving()?;
        let another = change.attrs.iter().any(|attr| Function::versioned(&attr.path));
        another.then(|| Rolling { rollout, splitters: vec![at], previews: vec![], old })
    }

    /// What Lambda refuses of shares between what stands and what comes.
    pub(super) fn unshared(&self) -> impl Iterator<Item = PlanError> {
        let functions = self.rollouts.iter().map(|rolling| &rolling.rollout.target_group).filter(|a| a.kind == Kind::Function);
        let moved = functions.filter(|a| self.changes[*a].attrs.iter().any(|attr| attr.path == "role"));
        moved.map(|a| PlanError::Refused { address: a.clone(), breach: one_role() })
    }

    /// What comes beside what stands, though it could change in place: the instances of a rollout, and where requests reach them.
    pub(super) fn renewed_by(rolling: &[Rolling<'a>]) -> BTreeSet<&'a Address> {
        // A version is no object: the function stays.
        rolling.iter().flat_map(|r| [&r.rollout.target_group, &r.rollout.fleet]).filter(|a| a.kind != Kind::Function).collect()
    }

    /// The rollout whose requests an object turns.
    pub(super) fn turning(&self, address: &Address) -> Option<&Rolling<'a>> {
        self.rollouts.iter().find(|r| r.splitters.contains(&address))
    }

    /// Whether a rule of the preview comes before what turns the requests, though it is a rule of that.
    pub(super) fn shows_before(&self, rule: &Address, splitter: &Address) -> bool {
        self.turning(splitter).is_some_and(|rolling| rolling.previews.contains(&rule))
    }

    /// What comes before an address for a rollout's sake: the preview before its requests are turned. What else uses the new instances moves to them when
    /// all requests have.
    pub(super) fn behind_requests(&self, address: &Address) -> Vec<&'a Address> {
        let previews = self.turning(address).map(|rolling| rolling.previews.clone()).unwrap_or_default();
        let uses = |r: &&Rolling<'a>| {
            let own = [&r.rollout.target_group, &r.rollout.fleet];
            let other = !own.contains(&address) && !r.splitters.contains(&address) && !r.previews.contains(&address);
            other && self.graph.uses(address).any(|used| own.contains(&used)) && !r.splitters.iter().any(|s| self.leads_to(s, address))
        };
        previews.into_iter().chain(self.rollouts.iter().filter(uses).flat_map(|r| r.splitters.iter().copied())).collect()
    }

    /// Whether an object needs another one, directly or not.
    fn leads_to(&self, from: &Address, to: &Address) -> bool {
        let (mut open, mut seen) = (vec![from], BTreeSet::new());
        while let Some(a) = open.pop() {
            for used in self.graph.uses(a) {
                if used == to {
                    return true;
                }
                if seen.insert(used) {
                    open.push(used);
                }
            }
        }
        false
    }

    /// The old instances stay as many as they are, whatever becomes of their load: the way back leads to them.
    pub(super) fn hold_sizes(&self, plan: &mut Plan) -> BTreeMap<&'a Address, usize> {
        let mut held = BTreeMap::new();
        for Rolling { rollout, .. } in &self.rollouts {
            let Some(live) = self.current.get(&rollout.fleet).filter(|live| live.object.held().is_some()) else { continue };
            // It leads where it led, whatever comes at these addresses.
            let goes =
                |a: &Address| self.doomed.values().find(|(at, l)| *at == a && live.points.contains(&l.id)).map(|(_, l)| foreign(&l.id));
            let Some(object) = map_refs(&live.object, goes).held() else { continue };
            held.insert(&rollout.fleet, plan.steps.len());
            push(plan, &rollout.fleet, Act::Update { live: (*live).clone(), object }, vec![], Undo::Restore);
            if let Some(step) = plan.steps.last_mut() {
                (step.typical, step.tail) = (HOLDING, HOLDING);
            }
        }
        held
    }

    /// The steps of a rollout, once the new instances stand: the shares of its listeners one after the other, a gate behind each, and at last the listeners
    /// as the spec has them. Each begins when the one before is through. Returns the last step of each listener.
    pub(super) fn roll(
        &self,
        plan: &mut Plan,
        rolling: &Rolling<'a>,
        first: &BTreeMap<&'a Address, Vec<usize>>,
    ) -> BTreeMap<&'a Address, usize> {
        let Rolling { rollout, splitters, previews, old } = rolling;
        let sticky = self.stack.nodes.get(&rollout.target_group).and_then(TargetGroup::of).map_or(0, |group| group.stickiness);
        let mut before: Vec<usize> = vec![];
        let shift = |plan: &mut Plan, address: &'a Address, object: Object, before: &[usize]| {
            let mut after = if before.is_empty() { first.get(address).cloned().unwrap_or_default() } else { before.to_vec() };
            after.sort();
            after.dedup();
            let step = plan.steps.len();
            push(plan, address, Act::Update { live: self.current[address].clone(), object }, after, Undo::Restore);
            step
        };
        if !previews.is_empty() && !rollout.smoke.is_empty() {
            let mut after: Vec<usize> = first.values().flatten().copied().collect();
            after.sort();
            after.dedup();
            let asked = Rollout { probes: rollout.smoke.clone(), ..Rollout::clone(rollout) };
            before = vec![self.gate(plan, &asked, Stage { share: 0, minutes: 1, approve: None }, after, (None, previews))];
        }
        for stage in &rollout.stages {
            let mut shifts = vec![];
            for address in splitters {
                let wanted = &self.stack.nodes[*address];
                let Some(split) = wanted.split(&rollout.target_group, old, stage.share, sticky) else { continue };
                shifts.push(shift(plan, address, split, &before));
            }
            before = vec![self.gate(plan, rollout, *stage, shifts, (Some(old), splitters))];
        }
        splitters.iter().map(|address| (*address, shift(plan, address, self.stack.nodes[*address].clone(), &before))).collect()
    }

    /// A gate behind some steps; the first and the last one of a rollout ask its probes, too. `over`: the old target group, and what shares requests out.
    fn gate(&self, plan: &mut Plan, rollout: &Rollout, stage: Stage, after: Vec<usize>, over: (Option<&str>, &[&'a Address])) -> usize {
        let (mut limits, mut own_alarms) = (rollout.limits.clone(), vec![]);
        limits.alarms.retain(|name| {
            let own = Address::new(Kind::MetricAlarm, name.as_str());
            let stands = self.stack.nodes.contains_key(&own);
            own_alarms.extend(stands.then_some(own));
            !stands
        });
        let target = self.stack.nodes.get(&rollout.target_group);
        let gate = Gate {
            entry: rollout.entry.clone(),
            stage,
            limits,
            own_alarms,
            probes: if [0, 100].contains(&stage.share) { rollout.probes.clone() } else { vec![] },
            new: rollout.target_group.clone(),
            next: over
                .0
                .filter(|_| target.is_some_and(|target| TargetGroup::of(target).is_some()))
                .and_then(|_| rollout.stages.iter().map(|next| next.share).find(|share| *share > stage.share)),
            old: over.0.map(str::to_owned),
            balancer: target.and_then(TargetGroup::of).map(|group| group.load_balancer.address()),
            splitters: over.1.iter().map(|a| (*a).clone()).collect(),
        };
        let (step, typical) = (plan.steps.len(), gate.typical());
        push(plan, &rollout.target_group, Act::Gate { gate }, after, Undo::Nothing);
        if let Some(last) = plan.steps.last_mut() {
            (last.typical, last.tail) = (typical, typical);
        }
        step
    }

    /// The probes and alarms of entries that change without a rollout: they come when all of the entry stands.
    pub(super) fn validate(&self, plan: &mut Plan) {
        let all = self.stack.rollouts.iter().filter(|r| r.asks() && !self.rollouts.iter().any(|own| own.rollout == *r));
        for rollout in all.filter(|r| self.stack.nodes.contains_key(&r.target_group) || r.probes.iter().all(|p| !p.any_name)) {
            let own = [&rollout.template, &rollout.fleet, &rollout.target_group];
            let leads =
                |a: &Address| own.contains(&a) || self.stack.nodes.get(a).is_some_and(|o| pointers(o).contains(&rollout.target_group));
            let named: BTreeSet<Address> =
                rollout.probes.iter().flat_map(|p| p.url.0.iter()).filter_map(crate::kinds::Part::target).collect();
            let built = |s: &&Step| own.contains(&&s.address) && matches!(s.act, Act::Create { .. } | Act::Update { .. });
            if !plan.steps.iter().any(|s| built(&s)) {
                continue;
            }
            let after = plan.steps.iter().filter(|s| leads(&s.address) || named.contains(&s.address)).map(|s| s.id).collect();
            // A name that is new takes a few minutes to be known everywhere.
            let limits = Limits { errors_failures: rollout.limits.errors_failures.max(PATIENT), ..rollout.limits.clone() };
            let rollout = Rollout { limits, ..rollout.clone() };
            self.gate(plan, &rollout, Stage { share: 100, minutes: rollout.minutes, approve: None }, after, (None, &[]));
        }
    }
}

impl Plan {
    /// Its gates, with the steps that they are.
    pub fn gates(&self) -> impl Iterator<Item = (&Step, &Gate)> {
        self.steps.iter().filter_map(|step| if let Act::Gate { gate } = &step.act { Some((step, gate)) } else { None })
    }

    /// For how long it may wait until somebody approves, all gates together.
    pub fn waits(&self) -> Duration {
        Duration::from_secs(self.gates().filter_map(|(_, gate)| gate.stage.approve).map(|minutes| u64::from(minutes) * 60).sum())
    }
}

impl Gate {
    /// Whether everything that it asks for the id of may be asked.
    pub(super) fn sound(&self, plan: &Plan) -> bool {
        let known = |a: &Address| plan.steps.iter().any(|s| s.address == *a) || plan.old.iter().any(|l| l.stamp.address == *a);
        (0..=100).contains(&self.stage.share) && self.stage.minutes > 0 && self.splitters.iter().all(known)
    }
}
