//! From what changes to what is done: steps, their order, the commit point, and how long it takes.
use super::decide::Decision;
use super::*;
use crate::kinds::{Typical, pointers, refs};
use crate::model::{Loss, Reversal, Timeouts};

impl<'a> Decision<'a> {
    /// First what must leave early, then what is built, then, behind the commit point, what nothing uses any more.
    pub(super) fn program(mut self) -> Plan {
        let mut plan = Plan { stack: self.stack.name.clone(), ..Plan::default() };
        let cleared = self.tear_down(&mut plan, true, Undo::Recreate);
        let between = self.build_up(&mut plan, &cleared);
        plan.commit = plan.steps.len();
        self.hold(&mut plan);
        self.close(&mut plan, &between);
        self.validate(&mut plan);
        plan.commit = plan.steps.len();
        self.tear_down(&mut plan, false, Undo::Never);
        plan.old = self.meanings(&plan);
        plan.adopted = self.adopted.iter().map(|(a, l)| Adopted { address: (*a).clone(), id: l.id.clone() }).collect();
        plan.changes = self.lines();
        estimate(&mut plan);
        plan
    }

    /// Deletions: users before what they use.
    fn tear_down(&self, plan: &mut Plan, early: bool, undo: Undo) -> BTreeMap<&'a str, usize> {
        let group: BTreeMap<&str, (&Address, &Live)> =
            self.doomed.iter().filter(|(id, _)| self.early.contains(*id) == early).map(|(id, d)| (*id, *d)).collect();
        let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, (_, live)) in &group {
            for p in live.points.iter().filter(|p| group.contains_key(p.as_str()) && p.as_str() != *id) {
                users.entry(p).or_default().push(id);
            }
        }
        let mut done = BTreeMap::new();
        let mut open: Vec<&str> = group.keys().rev().copied().collect();
        while let Some(id) = open.pop() {
            if done.contains_key(id) {
                continue;
            }
            let before: Vec<&str> = users.get(id).into_iter().flatten().copied().filter(|u| !done.contains_key(u)).collect();
            if !before.is_empty() {
                open.push(id);
                open.extend(before);
                continue;
            }
            let (address, live) = group[id];
            let after = users.get(id).into_iter().flatten().map(|u| done[u]).collect();
            done.insert(id, plan.steps.len());
            push(plan, address, Act::Delete { live: live.clone() }, after, undo);
            if let Some(step) = plan.steps.last_mut() {
                step.typical = self.deletion(live);
                step.tail = step.typical;
            }
        }
        done
    }

    /// Creations and updates: what is used before its users; of two that are changed in place, the one that [follows](Object::follows) comes second. The
    /// steps that lead to what stands [between](Object::meanwhile) only.
    fn build_up(&self, plan: &mut Plan, cleared: &BTreeMap<&str, usize>) -> Vec<usize> {
        let mut between = vec![];
        let mut built: BTreeMap<&Address, usize> = BTreeMap::new();
        let mut turning: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        let held = self.hold_sizes(plan);
        for address in self.order() {
            let change = &self.changes[address];
            let mut object = self.stack.nodes[address].clone();
            if change.verb == Verb::Update
                && self.passing.contains_key(address)
                && let Some(middle) = self.between(address)
            {
                object = middle;
                between.push(plan.steps.len());
            }
            if let (Verb::Replace(_), Some(live)) = (change.verb, self.current.get(address)) {
                object = object.succeeds(&live.object);
            }
            let mut after: Vec<usize> = self.before(address).iter().filter_map(|u| built.get(u).copied()).collect();
            after.extend(self.follows(address).iter().filter_map(|f| built.get(f)));
            after.extend(held.get(address));
            after.extend(self.waits.get(address).into_iter().flatten().filter_map(|id| cleared.get(id)));
            after.sort();
            after.dedup();
            if let Some(rolling) = self.turning(address) {
                turning.insert(address, after);
                if rolling.splitters.iter().all(|splitter| turning.contains_key(*splitter)) {
                    built.extend(self.roll(plan, rolling, &turning));
                }
                continue;
            }
            let (act, undo) = match change.verb {
                Verb::Update => (Act::Update { live: self.current[address].clone(), object }, Undo::Restore),
                _ => (Act::Create { object }, Undo::Delete),
            };
            built.insert(address, plan.steps.len());
            push(plan, address, act, after, undo);
            if let Some(step) = plan.steps.last_mut() {
                step.back = back(change, &step.act);
            }
        }
        between
    }

    /// What stays with an update that never goes back: what it points at, and what that needs.
    fn hold(&self, plan: &mut Plan) {
        if plan.steps.iter().all(|s| s.back.is_none()) {
            return;
        }
        let creates = plan.steps.iter().filter(|s| matches!(s.act, Act::Create { .. }));
        let made: BTreeMap<Address, usize> = creates.map(|s| (s.address.clone(), s.id)).collect();
        for i in 0..plan.commit {
            let Some(back) = &plan.steps[i].back else { continue };
            let mut open: Vec<usize> = pointers(back).iter().filter_map(|a| made.get(a).copied()).collect();
            while let Some(j) = open.pop() {
                if !plan.steps[j].held.contains(&i) {
                    plan.steps[j].held.push(i);
                    open.extend(self.graph.uses(&plan.steps[j].address.clone()).filter_map(|a| made.get(a).copied()));
                }
            }
        }
    }

    /// The changes, what is used before its users, with as many wishes granted as lead in no circle; ties in address order. What doesn't change has no part
    /// in it: a plan that is made again has the same order, whatever stands beside it.
    fn order(&self) -> Vec<&'a Address> {
        let order: Vec<&'a Address> = self.changes.keys().copied().collect();
        let place: BTreeMap<&Address, usize> = order.iter().enumerate().map(|(i, a)| (*a, i)).collect();
        // Of each: who waits for it, and whether that is a wish; for how many it waits, and for how many whatever it wishes.
        let (mut behind, mut open, mut must) = (vec![vec![]; order.len()], vec![0; order.len()], vec![0; order.len()]);
        for (i, address) in order.iter().enumerate() {
            let (used, wishes) = (self.before(address), self.follows(address));
            let waits = used.into_iter().map(|u| (u, false)).chain(wishes.iter().map(|u| (u, true)));
            for (j, wish) in waits.filter_map(|(u, wish)| Some((*place.get(u)?, wish))) {
                behind[j].push((i, wish));
                open[i] += 1;
                must[i] += usize::from(!wish);
            }
        }
        let mut ready: BTreeSet<usize> = (0..order.len()).filter(|i| open[*i] == 0).collect();
        let mut left: BTreeSet<usize> = (0..order.len()).collect();
        let mut out = Vec::with_capacity(order.len());
        // Where nothing is ready, the first goes that waits for wishes only.
        while let Some(i) = ready.pop_first().or_else(|| left.iter().copied().find(|i| must[*i] == 0)) {
            left.remove(&i);
            out.push(order[i]);
            for (j, wish) in &behind[i] {
                open[*j] -= 1;
                must[*j] -= usize::from(!wish);
                if open[*j] == 0 && left.contains(j) {
                    ready.insert(*j);
                }
            }
        }
        out
    }

    /// What must be built before an address is: what it uses. A change that never goes back comes when all is built that doesn't need it: what fails
    /// before can still be taken back.
    fn before(&self, address: &Address) -> Vec<&'a Address> {
        let used = self.graph.uses(address).filter(|used| self.needs(address, used));
        let used = used.chain(self.passing.iter().filter(|(_, users)| users.contains(address)).map(|(a, _)| *a));
        let all = self.last.contains(address).then(|| self.changes.keys().copied());
        let used = used.chain(self.behind_requests(address));
        used.chain(all.into_iter().flatten().filter(|a| !self.last.contains(a) && !self.behind.contains(a))).collect()
    }

    /// Those that should change in place before an address does.
    fn follows(&self, address: &Address) -> Vec<Address> {
        let updated = |a: &Address| self.changes.get(a).is_some_and(|c| c.verb == Verb::Update);
        let first = self.ahead.get(address).into_iter().flatten().map(|a| (*a).clone());
        match self.current.get(address).filter(|_| updated(address)) {
            // What stands in between takes nothing away.
            Some(_) if self.passing.contains_key(address) => first.collect(),
            Some(live) => self.stack.nodes[address].follows(&live.object).into_iter().filter(|a| updated(a)).chain(first).collect(),
            None => vec![],
        }
    }

    /// The live objects that the steps' references may mean, so that the program stands on its own.
    fn meanings(&self, plan: &Plan) -> Vec<Live> {
        let gone = self.doomed.values().filter(|(a, _)| !self.current.contains_key(*a)).map(|(a, l)| (*a, *l));
        let mut meant: BTreeMap<&Address, &Live> = gone.collect();
        meant.extend(self.current.iter().map(|(a, l)| (*a, *l)));
        if meant.is_empty() {
            return vec![];
        }
        let (mut named, mut pointed, mut looked) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for step in &plan.steps {
            named.insert(&step.address);
            match &step.act {
                Act::Create { .. } => named.extend(self.graph.uses(&step.address)),
                Act::Gate { gate } => looked.extend(gate.named()),
                Act::Update { live, .. } => {
                    named.extend(self.graph.uses(&step.address));
                    pointed.extend(refs(&live.object));
                }
                Act::Delete { live } => pointed.extend(refs(&live.object)),
            }
        }
        let kept = meant.into_iter().filter(|(a, _)| named.contains(*a) || pointed.contains(*a) || looked.contains(*a));
        kept.map(|(a, l)| {
            let mut l = l.clone();
            l.stamp.address = a.clone();
            l
        })
        .collect()
    }

    /// How long a deletion usually takes: what stays and leads there still may hold it for a while after it was changed.
    fn deletion(&self, live: &Live) -> Duration {
        let stays = |user: &&&Live| !self.doomed.contains_key(user.id.as_str()) && user.points.contains(&live.id);
        let held = self.current.values().filter(stays).map(|user| user.object.kind().typical().holds).max();
        live.object.kind().typical().delete + held.unwrap_or_default()
    }

    /// The changes for people, by address or in the turn that a kind gives its objects; what only goes away is added here.
    fn lines(&mut self) -> Vec<Change> {
        let mut lines: Vec<Change> = std::mem::take(&mut self.changes).into_values().collect();
        let told: BTreeSet<String> = lines.iter().filter_map(|c| c.id.clone()).collect();
        for (address, live) in self.doomed.values().filter(|(_, l)| !told.contains(&l.id)) {
            let undo = if self.early.contains(live.id.as_str()) { Undo::Recreate } else { Undo::Never };
            lines.push(Change {
                address: (*address).clone(),
                origin: self.stack.origins.get(*address).cloned(),
                verb: Verb::Delete,
                id: Some(live.id.clone()),
                attrs: vec![],
                undo,
                renamed_from: None,
                leftover: self.stack.nodes.contains_key(*address),
                loses_data: live.object.kind().loss() == Loss::Data,
                seconds: self.deletion(live).as_secs(),
            });
        }
        let object = |c: &Change| match c.verb {
            Verb::Delete => self.doomed.values().find(|(_, live)| c.id.as_ref() == Some(&live.id)).map(|(_, live)| &live.object),
            _ => self.stack.nodes.get(&c.address),
        };
        let turn = |c: &Change| object(c).and_then(Object::turn).map(|(of, n)| (of.to_owned(), n));
        lines.sort_by_cached_key(|c| (c.address.kind, turn(c), c.address.clone(), c.id.clone()));
        lines
    }
}

/// The object before an update, with what stays as the update makes it.
fn back(change: &Change, act: &Act) -> Option<Object> {
    let Act::Update { live, object } = act else { return None };
    let staying: BTreeSet<&str> =
        change.staying().filter(|a| a.reversal != Reversal::Grows).map(|a| a.path.split('.').next().unwrap_or_default()).collect();
    (!staying.is_empty()).then(|| live.object.with(object, &|name| staying.contains(name)))
}

pub(super) fn push(plan: &mut Plan, address: &Address, act: Act, after: Vec<usize>, undo: Undo) {
    let times = address.kind.typical();
    let typical = match &act {
        Act::Create { .. } => times.create,
        Act::Update { live, object } => Typical::updating(&live.object, object),
        Act::Delete { .. } => times.delete,
        Act::Gate { .. } => Duration::ZERO,
    };
    plan.steps.push(Step {
        id: plan.steps.len(),
        address: address.clone(),
        act,
        back: None,
        held: vec![],
        after,
        undo,
        typical,
        tail: typical,
        timeouts: Timeouts::default(),
    });
}

/// Tails, and the longest way from the first step to the last, on both sides of the commit point.
fn estimate(plan: &mut Plan) {
    for i in (0..plan.steps.len()).rev() {
        let tail = plan.steps[i].tail;
        for j in plan.steps[i].after.clone() {
            let through = plan.steps[j].typical + tail;
            plan.steps[j].tail = plan.steps[j].tail.max(through);
        }
    }
    for range in [0..plan.commit, plan.commit..plan.steps.len()] {
        let longest = |steps: &mut dyn Iterator<Item = &Step>| steps.max_by_key(|s| (s.tail, std::cmp::Reverse(s.id))).map(|s| s.id);
        let mut next = longest(&mut plan.steps[range.clone()].iter());
        if let Some(first) = next {
            plan.expected += plan.steps[first].tail;
        }
        while let Some(here) = next {
            plan.critical.push(here);
            next = longest(&mut plan.steps[range.clone()].iter().filter(|s| s.after.contains(&here)));
        }
    }
}
