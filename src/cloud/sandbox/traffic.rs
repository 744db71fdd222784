//! The requests of the sandbox: so many a minute, shared out as listeners say, and answered well but where somebody has bent that.
use super::{Sandbox, broken};
use crate::kinds::gate::{Figures, Gate, Seen};
use crate::kinds::listener::Action;
use crate::kinds::{Address, AutoScalingGroup, Bent, Kind, Links, Listener, ListenerRule, Live, Member as _};
use crate::wire::CloudError;

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
        let new = links.id(&gate.new)?;
        if let Some(seen) = bent.get("look").filter(|look| *look == "fails") {
            return Err(CloudError::new(crate::wire::Class::Denied, "AccessDenied", format!("the look {seen}")));
        }
        let running = running(&state, new);
        let healthy = number("targets").map_or(running, |n| n as usize);
        if healthy < running || running == 0 {
            return Ok(Seen::Bad(format!("{healthy} of {running} targets are healthy")));
        }
        if let Some((splitter, share)) = gate.splitters.iter().find_map(|at| astray(&state, gate, links, at, new)) {
            let asked = gate.stage.share;
            return Ok(Seen::Bad(format!(
                "somebody has changed {splitter}: {share}% of the requests go to the new instances, not {asked}%"
            )));
        }
        if let (Some(status), Some(probe)) = (number("probe"), gate.probes.first()) {
            return Ok(Seen::Bad(format!("{} answered {status}, not {}", probe.name, probe.status)));
        }
        if gate.old.is_none() {
            return Ok(Seen::Well);
        }
        let all = number("requests").map_or(REQUESTS, |n| n as u64);
        let share = |percent: u64| all * percent / 100;
        let (shifted, usual) = (u64::from(gate.stage.share), Some(LATENCY));
        let requests = share(shifted);
        let errors = number("errors").map_or(0, |percent| (requests as f64 * percent / 100.0).round() as u64);
        let latency = number("latency").map_or(LATENCY, |ms| ms as u32);
        // At all of the requests the old instances' last minute with some is what they are compared with.
        let old = if shifted == 100 { all } else { share(100 - shifted) };
        Ok(Seen::Minute {
            new: Figures { requests, errors, latency: Some(latency).filter(|_| requests > 0) },
            old: Figures { requests: old, errors: 0, latency: usual.filter(|_| old > 0) },
        })
    }
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
    gate.old.as_ref()?;
    let id = links.id(at).ok()?;
    let live: &Live = state.objects.get(&(at.kind, id.to_owned()))?;
    let action = Listener::of(&live.object).map(|l| &l.action).or(ListenerRule::of(&live.object).map(|r| &r.action));
    let share = action.map_or(0, |action: &Action| action.share_of(new));
    (share != i32::from(gate.stage.share)).then(|| (at.clone(), share))
}
