//! What changes: which live object is the current one, what differs, what must be replaced, what must leave first.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rollout::Rolling;
use super::*;
use crate::canon::{self, Form};
use crate::diff::{Context, diff};
use crate::graph::Graph;
use crate::kinds::{Claim, Claims, Near, Typical, foreign, map_refs, pointers, refs, resolve_texts};
use crate::model::{Loss, Mode, Reversal};
use crate::observe::{Named, Snapshot, twins};

/// Everything decided about a stack; `steps` turns it into a program.
pub(super) struct Decision<'a> {
    pub stack: &'a Stack,
    pub snapshot: &'a Snapshot,
    pub graph: Graph<'a>,
    /// The live object that an address means, where there is one.
    pub current: BTreeMap<&'a Address, &'a Live>,
    pub changes: BTreeMap<&'a Address, Change>,
    /// Objects of others that an address means.
    pub adopted: BTreeMap<&'a Address, &'a Live>,
    /// Live objects that go, with their addresses: replaced, unwanted, or left by an earlier run.
    pub doomed: BTreeMap<&'a str, (&'a Address, &'a Live)>,
    /// Those of them that must go before their successors come.
    pub early: BTreeSet<&'a str>,
    /// What changes when all else is built: it can't be taken back.
    pub last: BTreeSet<&'a Address>,
    /// What comes even later, for it needs what changes last.
    pub behind: BTreeSet<&'a Address>,
    /// What an address must wait for before it can be created or changed.
    pub waits: BTreeMap<&'a Address, BTreeSet<&'a str>>,
    /// What is changed by way of something in between, with all that needs it, directly or not: these move when it stands.
    pub passing: BTreeMap<&'a Address, BTreeSet<&'a Address>>,
    /// Which users of an address must change before it does.
    pub ahead: BTreeMap<&'a Address, BTreeSet<&'a Address>>,
    /// What comes beside what stands for a rollout's sake.
    pub beside: BTreeSet<&'a Address>,
    /// How requests pass to what comes.
    pub rollouts: Vec<Rolling<'a>>,
}

/// The program that turns what is into what should be. All problems are gathered.
pub fn plan(stack: &Stack, snapshot: &Snapshot, allowed: &Allowed) -> Result<Plan, Vec<PlanError>> {
    let stack = &*room::settled(stack, snapshot);
    let (mut d, mut problems) = compare(stack, snapshot)?;
    problems.extend(d.clear(snapshot));
    problems.extend(d.breaches());
    if !problems.is_empty() {
        return Err(problems);
    }
    d.defer();
    d.pass();
    let refused = d.guard(allowed);
    let mut plan = d.program();
    plan.digest = plan.fingerprint();
    // Permissions, timeouts and names for its reader come last: they are no part of what is done.
    plan.identity = snapshot.named.identity().into();
    plan.refused = refused;
    plan.allowed = allowed.iter().filter(|a| plan.steps.iter().any(|s| s.address == **a)).cloned().collect();
    plan.steps.iter_mut().for_each(|s| s.timeouts = stack.timeouts_of(&s.address));
    plan.changes.iter_mut().for_each(|c| stack.name_fields(&c.address, &mut c.attrs));
    Ok(plan)
}

/// What differs, whether or not there is a way to change it; and what others have in the way.
pub(super) fn compare<'a>(stack: &'a Stack, snapshot: &'a Snapshot) -> Result<(Decision<'a>, Vec<PlanError>), Vec<PlanError>> {
    let graph = Graph::of(&stack.nodes).map_err(|problems| problems.into_iter().map(PlanError::from).collect::<Vec<_>>())?;
    let mut d = Decision::begun(stack, snapshot, graph);
    let several = snapshot.live.values().any(|generations| generations.len() > 1);
    // What is itself on its way out uses nothing: what no wish is left for at first, then what a successor stands for.
    let staying = || snapshot.live.iter().filter(|(a, _)| several && stack.nodes.contains_key(a)).map(|(_, g)| g);
    let sure = || staying().filter(|g| g.len() == 1).flatten().flat_map(|l| &l.points).collect();
    let mut problems = d.build(&Used { sure: sure(), all: staying().flatten().flat_map(|l| &l.points).collect() });
    if several {
        let all = d.current.values().flat_map(|live| &live.points).collect();
        d = Decision::begun(stack, snapshot, d.graph);
        problems = d.build(&Used { sure: sure(), all });
    }
    let rolling = d.rolling();
    if !rolling.is_empty() {
        let all = d.current.values().filter(|_| several).flat_map(|live| &live.points).collect();
        d = Decision::begun(stack, snapshot, d.graph);
        d.beside = Decision::renewed_by(&rolling);
        problems = d.build(&Used { sure: sure(), all });
        d.rollouts = d.rolling();
    }
    d.doom(snapshot);
    Ok((d, problems))
}

/// The ids of what something uses.
struct Used<'a> {
    /// By what there is one generation of: that surely stays.
    sure: BTreeSet<&'a String>,
    all: BTreeSet<&'a String>,
}

/// What stands where an object is to stand.
enum Met<'a> {
    Nobody,
    /// Somebody else's, which says just the same.
    Same(&'a Live),
    Other(&'a Live),
}

fn taken(address: &Address, live: &Live) -> PlanError {
    PlanError::Taken { address: address.clone(), id: live.id.clone(), found: Box::new(live.object.clone()) }
}

/// Whether a value has a reference in it.
fn leads(v: &Value) -> bool {
    let mut hit = false;
    canon::walk(v, &mut |form| {
        hit = hit || matches!(form, Form::Ref(_));
        true
    });
    hit
}

impl<'a> Decision<'a> {
    fn begun(stack: &'a Stack, snapshot: &'a Snapshot, graph: Graph<'a>) -> Self {
        Decision {
            stack,
            snapshot,
            graph,
            current: BTreeMap::new(),
            changes: BTreeMap::new(),
            adopted: BTreeMap::new(),
            doomed: BTreeMap::new(),
            early: BTreeSet::new(),
            last: BTreeSet::new(),
            behind: BTreeSet::new(),
            waits: BTreeMap::new(),
            passing: BTreeMap::new(),
            ahead: BTreeMap::new(),
            beside: BTreeSet::new(),
            rollouts: vec![],
        }
    }

    /// Creations, updates and replacements, in dependency order; and what others have in the way.
    fn build(&mut self, used: &Used<'_>) -> Vec<PlanError> {
        let snapshot = self.snapshot;
        let mut replaced = BTreeSet::new();
        let mut problems = vec![];
        let mut theirs = Claims::default();
        snapshot.foreign.iter().for_each(|l| theirs.add(l.object.claims(), &l.id));
        let several: Vec<&Vec<Live>> = snapshot.live.values().filter(|g| g.len() > 1).collect();
        problems.extend(several.iter().filter_map(|g| Some(PlanError::Twins { address: g[0].stamp.address.clone(), ids: twins(g)? })));
        let order: Vec<&Address> = self.graph.order().collect();
        for address in order {
            let want = &self.stack.nodes[address];
            let generations = snapshot.live.get_key_value(address).map_or(&[][..], |(_, g)| g);
            // What is in use is current; of such as nobody uses, what is nearest to the wish.
            let near = |live: &&'a Live| {
                let attrs = self.differences(address, live, &replaced);
                (
                    !used.sure.contains(&live.id),
                    !used.all.contains(&live.id),
                    attrs.iter().filter(|a| a.mode == Mode::Replace).count(),
                    attrs.len(),
                    live.id.clone(),
                )
            };
            let typical = want.kind().typical();
            let origin = self.stack.origins.get(address).cloned();
            let change = |verb, id, attrs, undo, seconds: Duration| {
                let (renamed_from, leftover, loses_data) = (None, false, false);
                Change {
                    address: address.clone(),
                    origin: origin.clone(),
                    verb,
                    id,
                    attrs,
                    undo,
                    renamed_from,
                    leftover,
                    loses_data,
                    seconds: seconds.as_secs(),
                }
            };
            let current = if generations.len() > 1 { generations.iter().min_by_key(near) } else { generations.first() };
            let Some(live) = current else {
                match self.met(address, &theirs, &snapshot.foreign, &replaced) {
                    Met::Nobody => {}
                    Met::Same(live) => {
                        self.current.insert(address, live);
                        self.adopted.insert(address, live);
                        continue;
                    }
                    Met::Other(live) => problems.push(taken(address, live)),
                }
                let attrs = diff(None, Some(want), &Context::still());
                replaced.insert(address.clone());
                self.changes.insert(address, change(Verb::Create, None, attrs, Undo::Delete, typical.create));
                continue;
            };
            let mut attrs = self.differences(address, live, &replaced);
            let successor = |a: &Address| self.changes.get(a).is_some_and(|c| matches!(c.verb, Verb::Replace(_)));
            let renewed = want.renewed(&successor);
            attrs
                .iter_mut()
                .filter(|c| renewed.iter().any(|name| c.path.split('.').next() == Some(*name)))
                .for_each(|c| c.mode = Mode::Replace);
            if !attrs.is_empty()
                && let Met::Same(other) | Met::Other(other) = self.met(address, &theirs, &snapshot.foreign, &replaced)
            {
                problems.push(taken(address, other));
            }
            self.current.insert(address, live);
            if !attrs.is_empty() && !attrs.iter().any(|c| c.mode == Mode::Replace) {
                let refused = |breach| PlanError::Refused { address: address.clone(), breach };
                let before = self.leading(live, &replaced);
                problems.extend(want.ways(&before, Near(&self.stack.nodes)).into_iter().map(refused));
            }
            let moved = (live.stamp.address != *address).then(|| live.stamp.address.clone());
            // A mark of an earlier version, which doesn't tell from where the stack is run; a stamp of one, which doesn't tell its identity.
            let nameless = live.stamp.identity.is_empty() && snapshot.named != Named::Unasked;
            let unmarked = if live.stamp.digest.is_empty() { address.kind.permission().is_some() } else { nameless };
            let made = if attrs.iter().any(|c| c.mode == Mode::Replace) || self.beside.contains(address) {
                replaced.insert(address.clone());
                let mut c = change(Verb::Replace(Order::CreateFirst), Some(live.id.clone()), attrs, Undo::Delete, typical.create);
                c.loses_data = live.object.kind().loss() == Loss::Data;
                c
            } else if !attrs.is_empty() || moved.is_some() || unmarked {
                let mut c = change(Verb::Update, Some(live.id.clone()), attrs, Undo::Restore, Typical::updating(&live.object, want));
                c.loses_data = c.attrs.iter().any(AttrChange::shrinks);
                c.renamed_from = moved;
                c
            } else {
                continue;
            };
            self.changes.insert(address, made);
        }
        problems
    }

    /// Whom a wanted object would meet in its place.
    fn met(&self, address: &Address, theirs: &Claims, foreign: &'a [Live], replaced: &BTreeSet<Address>) -> Met<'a> {
        if !address.kind.shared() || foreign.is_empty() {
            return Met::Nobody;
        }
        let want = self.resolved(&self.stack.nodes[address], replaced);
        let claims = want.claims();
        let holders: BTreeSet<&str> = claims.iter().flat_map(|c| theirs.holders(c)).collect();
        // What is of another kind may claim the same, and have an id that something else has, too.
        let meets = |l: &Live| l.object.kind() == address.kind || l.object.claims().iter().any(|c| claims.contains(c));
        let there = foreign.iter().filter(|l| holders.contains(l.id.as_str()) && meets(l));
        let (same, other): (Vec<&Live>, Vec<&Live>) = there.partition(|l| diff(Some(&l.object), Some(&want), &Context::still()).is_empty());
        match (same.first(), other.first()) {
            (Some(same), _) => Met::Same(same),
            (None, Some(other)) => Met::Other(other),
            (None, None) => Met::Nobody,
        }
    }

    /// The value that a text names, as far as it is known and stays.
    fn output(&self, replaced: &BTreeSet<Address>, a: &Address, attr: &str) -> Option<String> {
        let known = self.current.get(a).filter(|_| !replaced.contains(a));
        known.and_then(|l| l.output(attr))
    }

    /// The object with its texts spelled out, where that can be done by now.
    fn resolved(&self, want: &Object, replaced: &BTreeSet<Address>) -> Object {
        let mut value = serde_json::to_value(want).expect("objects are plain data");
        resolve_texts(&mut value, &|a, attr| self.output(replaced, a, attr));
        serde_json::from_value(value).expect("a text stays a text")
    }

    /// How a live object differs from what is wanted, given what is created or replaced before it.
    fn differences(&self, address: &Address, live: &Live, replaced: &BTreeSet<Address>) -> Vec<AttrChange> {
        // A text names a value, not an object: only a pointer can lead to the wrong generation.
        let astray = |r: &Address, current: &Live| {
            let others = self.snapshot.live.get(r).into_iter().flatten().filter(|l| l.id != current.id);
            !live.points.contains(&current.id) || others.into_iter().any(|l| live.points.contains(&l.id))
        };
        let stale = |r: &Address| self.current.get(r).is_some_and(|c| astray(r, c)) && refs(&live.object).any(|a| a == r);
        let moved = self.graph.uses(address).filter(|r| replaced.contains(*r) || stale(r)).cloned().collect();
        let outputs = |a: &Address, attr: &str| self.output(replaced, a, attr);
        diff(Some(&live.object), Some(&self.stack.nodes[address]), &Context { moved: &moved, outputs: &outputs })
    }

    /// The live object, leading to what goes where its successor has the same name: what is wanted leads elsewhere.
    fn leading(&self, live: &Live, replaced: &BTreeSet<Address>) -> Object {
        map_refs(&live.object, |a| self.current.get(a).filter(|_| replaced.contains(a)).map(|gone| foreign(&gone.id)))
    }

    /// Everything live that is not to stay.
    fn doom(&mut self, snapshot: &'a Snapshot) {
        for (address, generations) in &snapshot.live {
            let current = self.current.get(address).map(|l| l.id.as_str());
            let replaced = self.changes.get(address).is_some_and(|c| matches!(c.verb, Verb::Replace(_)));
            for live in generations {
                if current != Some(&live.id) || replaced {
                    self.doomed.insert(&live.id, (address, live));
                }
            }
        }
    }

    /// Which of the doomed must leave before their successors come, and what stands in the way of that.
    fn clear(&mut self, snapshot: &'a Snapshot) -> Vec<PlanError> {
        let mut taken = Claims::default();
        for (id, (_, live)) in &self.doomed {
            // A claim within another generation of the container is no claim within the one that stays.
            let here = |c: &Claim| c.within().is_none_or(|w| self.current.get(w).is_some_and(|c| live.points.contains(&c.id)));
            taken.add(live.object.claims().into_iter().filter(here).collect(), id);
        }
        let creates = |c: &Change| matches!(c.verb, Verb::Create | Verb::Replace(_));
        let new: BTreeSet<&Address> = self.changes.iter().filter(|(_, c)| creates(c)).map(|(a, _)| *a).collect();
        let mut open = vec![];
        for (address, change) in &self.changes {
            // What an object holds already, it need not wait for.
            let held = self.current.get(address).filter(|_| !creates(change)).map_or(vec![], |l| l.object.claims());
            // A claim within something new can't meet one within something old.
            let meets = |c: &Claim| !held.contains(c) && c.within().is_none_or(|w| !new.contains(w));
            let claims = self.stack.nodes[*address].claims().into_iter().filter(meets);
            for holder in claims.flat_map(|c| taken.holders(&c).into_iter().map(String::from).collect::<Vec<_>>()) {
                let Some((id, _)) = self.doomed.get_key_value(holder.as_str()) else { continue };
                self.waits.entry(address).or_default().insert(id);
                open.push(*id);
            }
        }
        for (neighbour, id) in self.misfits() {
            self.waits.entry(neighbour).or_default().insert(id);
            open.push(id);
        }
        if open.is_empty() {
            return vec![];
        }
        let all = snapshot.live.iter().flat_map(|(a, g)| g.iter().map(move |l| (a, l)));
        let mut users: BTreeMap<&str, Vec<(&Address, &Live)>> = BTreeMap::new();
        for (address, live) in all {
            live.points.iter().for_each(|p| users.entry(p).or_default().push((address, live)));
        }
        let mut problems = vec![];
        while let Some(id) = open.pop() {
            if !self.early.insert(id) {
                continue;
            }
            for (address, user) in users.get(id).into_iter().flatten() {
                match self.doomed.get_key_value(user.id.as_str()) {
                    Some((user, _)) => open.push(user),
                    None => problems.push(PlanError::Blocked { gone: self.doomed[id].0.clone(), user: (*address).clone() }),
                }
            }
        }
        for id in &self.early {
            let (address, live) = self.doomed[id];
            if let Some(change) = self.changes.get_mut(address).filter(|c| c.id.as_deref() == Some(*id)) {
                change.verb = Verb::Replace(Order::DeleteFirst);
                change.undo = Undo::Recreate;
                change.seconds += live.object.kind().typical().delete.as_secs();
                self.waits.entry(address).or_default().insert(id);
            }
        }
        problems
    }

    /// Which changes come last: those that can't be taken back, as long as nothing built before them sees what they change.
    fn defer(&mut self) {
        let seen = |address: &Address, live: &Live| {
            let after = self.stack.nodes[address].outputs();
            live.object.outputs().into_iter().any(|(name, before)| after.get(&name).is_some_and(|now| *now != before))
        };
        let stays = self.changes.iter().filter(|(_, c)| c.staying().next().is_some());
        self.last = stays.map(|(a, _)| *a).filter(|a| self.current.get(a).is_some_and(|live| !seen(a, live))).collect();
        self.behind = self.dependants(self.last.iter().copied().collect());
        // What goes onward alone takes along what it points at: a new engine's parameters are none of the old one's.
        let onward = |a: &&&Address| self.changes[**a].staying().any(|c| c.reversal == Reversal::Never);
        let mut onward: Vec<&Address> = self.last.iter().filter(onward).copied().collect();
        onward.extend(self.dependants(onward.clone()));
        for address in onward {
            let Some(change) = self.changes.get_mut(address).filter(|c| c.verb == Verb::Update) else { continue };
            for attr in change.attrs.iter_mut().filter(|a| a.after.as_ref().is_some_and(leads)) {
                attr.reversal = Reversal::Never;
            }
        }
    }

    /// Everything that needs one of these, directly or not.
    pub(super) fn dependants(&self, mut open: Vec<&'a Address>) -> BTreeSet<&'a Address> {
        let mut out = BTreeSet::new();
        while let Some(used) = open.pop() {
            open.extend(self.graph.users(used).filter(|u| self.needs(u, used) && out.insert(*u)));
        }
        out
    }

    /// Whether an object must wait for one that it uses: not where that waits for it. Of what changes last a text sees nothing: the values that it may
    /// name stay.
    pub(super) fn needs(&self, user: &Address, used: &Address) -> bool {
        let ahead = self.ahead.get(used).is_some_and(|first| first.contains(user)) || self.shows_before(user, used);
        !ahead && (!self.last.contains(used) || pointers(&self.stack.nodes[user]).contains(used))
    }
}
