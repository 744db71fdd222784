//! The requests of the sandbox: so many a minute, shared out as listeners say, and answered well but where somebody has bent that.
use std::collections::BTreeSet;

use super::health::METRIC;
use super::{Sandbox, broken};
use crate::kinds::gate::{Figures, Gate, Seen};
use crate::kinds::listener::Action;
use crate::kinds::{
    Address, AutoScalingGroup, Bent, CompositeAlarm, FlagSet, Function, Kind, Links, Listener, ListenerRule, Live, Member as _,
    MetricAlarm, Object, Stamp,
};
use crate::wire::{Class, CloudError};

use super::state::State;

/// Requests a minute, to all instances of an entry together.
const REQUESTS: u64 = 600;
/// In how many milliseconds they are answered.
const LATENCY: u32 = 120;

impl Sandbox {
    /// What a gate sees. What is bent of an entry's target group is so for the new instances.
    pub(super) fn traffic(&self, gate: &Gate, links: &Links) -> Result<Seen, CloudError> {
        let (mut state, nothing) = (self.state.borrow_mut(), Bent::new());
        state.admitted()?;
        state.catch_up().map_err(broken)?;
        let bent = state.bent.get(&gate.new).unwrap_or(&nothing);
        let number = |word: &str| bent.get(word).and_then(|text| text.trim_end_matches(['%', 'm', 's']).parse::<f64>().ok());
        if let Some(seen) = bent.get("look").filter(|look| *look == "fails") {
            return Err(CloudError::new(Class::Denied, "AccessDenied", format!("the look {seen}")));
        }
        // Where nothing leads to the new instances, there is no target group.
        let new = if gate.old.is_some() { Some(links.id(&gate.new)?) } else { links.id(&gate.new).ok() };
        // A function has as many instances as there are calls.
        let running = new.filter(|_| gate.new.kind != Kind::Function).map(|new| running(&state, new));
        if let Some(ill) = bent.get("state").filter(|state| gate.new.kind == Kind::Function && *state != "Active") {
            return Ok(Seen::Bad(format!("the new version is {ill}")));
        }
        let healthy = number("targets").map(|n| n as usize).or(running).unwrap_or_default();
        if let Some(running) = running.filter(|running| healthy < *running || *running == 0) {
            return Ok(Seen::Bad(format!("{healthy} of {running} targets are healthy")));
        }
        let turned = |at| astray(&state, gate, links, at, new.unwrap_or_default());
        if let Some((splitter, share)) = gate.splitters.iter().find_map(turned) {
            return Ok(Seen::Bad(gate.astray(&splitter, share)));
        }
        if let Some(alarm) = gate.own_alarms.iter().find(|alarm| fires(&state, alarm)) {
            return Ok(Seen::Bad(format!("the alarm {} fires", alarm.name)));
        }
        let asked = if gate.stage.share == 0 { "smoke" } else { "probe" };
        if let (Some(status), Some(probe)) = (number(asked), gate.probes.first()) {
            return Ok(Seen::Bad(format!("{} answered {status}, not {}", probe.name, probe.status)));
        }
        let Some(before) = &gate.old else { return Ok(Seen::Well) };
        let all = number("requests").map_or(REQUESTS, |n| n as u64);
        let share = |percent: u64| all * percent / 100;
        let (shifted, usual) = (u64::from(gate.stage.share), Some(LATENCY));
        let requests = share(shifted);
        let errors = number("errors").map_or(0, |percent| (requests as f64 * percent / 100.0).round() as u64);
        let latency = number("latency").map_or(LATENCY, |ms| ms as u32);
        // At all of the requests the old instances' last minute with some is what they are compared with.
        let old = if shifted == 100 { all } else { share(100 - shifted) };
        let seen = Seen::Minute {
            new: Figures { requests, errors, latency: Some(latency).filter(|_| requests > 0) },
            old: Figures { requests: old, errors: 0, latency: usual.filter(|_| old > 0) },
        };
        Ok(gate.with_fleets(seen, healthy, self::running(&state, before)))
    }
}

/// Whether an alarm of the stack fires, by what its metric is bent to.
fn fires(state: &State, alarm: &Address) -> bool {
    let number = state.bent.get(alarm).and_then(|bent| bent.get(METRIC)?.parse().ok());
    let all = state.objects.range((Kind::MetricAlarm, String::new())..).take_while(|((kind, _), _)| *kind == Kind::MetricAlarm);
    let mut here = all.filter(|(_, live)| live.stamp.address == *alarm).filter_map(|(_, live)| MetricAlarm::of(&live.object));
    number.is_some_and(|number| here.any(|alarm| alarm.beyond(number)))
}

/// AppConfig takes a change of flags back when an alarm fires that it looks at; a way back is none that it looks at.
pub(super) fn taken_back(state: &State, old: &Live, want: &Object, stamp: &Stamp) -> Result<(), CloudError> {
    let Some((before, set)) = FlagSet::of(&old.object).zip(FlagSet::of(want)) else { return Ok(()) };
    if before.flags == set.flags || old.stamp.same_step(stamp) {
        return Ok(());
    }
    let children = |group: &Address| {
        let all = state.objects.values().filter(|live| live.stamp.address == *group).filter_map(|live| CompositeAlarm::of(&live.object));
        let ids: BTreeSet<&str> = all.flat_map(|group| &group.alarms).map(|child| child.0.as_str()).collect();
        state.objects.values().filter(|live| ids.contains(live.id.as_str())).map(|live| live.stamp.address.clone()).collect::<Vec<_>>()
    };
    let own = set.alarms.iter().map(|alarm| alarm.address());
    let alarm = own.chain(set.composites.iter().flat_map(|group| children(&group.address()))).find(|alarm| fires(state, alarm));
    let why = |alarm: Address| CloudError::new(Class::Invalid, "ROLLED_BACK", format!("the alarm {} fires", alarm.name));
    alarm.map_or(Ok(()), |alarm| Err(why(alarm)))
}

/// How many instances are registered in a target group.
fn running(state: &State, group: &str) -> usize {
    let fleets =
        state.objects.range((Kind::AutoScalingGroup, String::new())..).take_while(|((kind, _), _)| *kind == Kind::AutoScalingGroup);
    let behind = fleets.filter(|(_, live)| live.points.contains(group));
    behind.filter_map(|(_, live)| AutoScalingGroup::of(&live.object)).map(AutoScalingGroup::running).sum()
}

/// A listener or rule that shares requests out otherwise than the rollout has asked it to, and how many percent go to the new instances.
fn astray(state: &State, gate: &Gate, links: &Links, at: &Address, new: &str) -> Option<(Address, i32)> {
    let id = links.id(at).ok()?;
    let live: &Live = state.objects.get(&(at.kind, id.to_owned()))?;
    if let Some(function) = Function::of(&live.object) {
        let asked = function.routing.as_ref().map(|routing| routing.weight) == Some(gate.asked());
        return (!asked).then(|| (at.clone(), function.share()));
    }
    let action = Listener::of(&live.object).map(|l| &l.action).or(ListenerRule::of(&live.object).map(|r| &r.action));
    let share = action.map_or(0, |action: &Action| action.share_of(new));
    (share != gate.asked()).then(|| (at.clone(), share))
}
