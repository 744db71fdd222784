//! How requests pass to new instances, as a plan says it: the shares, and what is watched in between.
use std::collections::{BTreeMap, BTreeSet};

use super::style::Label;
use super::text::Detail;
use super::values::{count, seconds};
use crate::kinds::Gate;
use crate::kinds::gate::{Limits, millis, percent};
use crate::plan::{Plan, Step};
use crate::visible::visible;

/// The gates of a plan by the entries that they are of, in the order in which they come.
pub(super) fn rollouts(p: &Plan) -> BTreeMap<&str, Vec<(&Step, &Gate)>> {
    let mut all: BTreeMap<&str, Vec<(&Step, &Gate)>> = BTreeMap::new();
    p.gates().for_each(|(step, gate)| all.entry(&gate.entry).or_default().push((step, gate)));
    all
}

/// In a few words what a rollout is: `canary over listener.https`.
pub(super) fn title(gates: &[(&Step, &Gate)]) -> String {
    let turns = gates.iter().map(|(_, gate)| gate).filter(|gate| gate.old.is_some());
    let over = || Vec::from_iter(turns.clone().flat_map(|gate| &gate.splitters).map(ToString::to_string).collect::<BTreeSet<_>>());
    match turns.clone().count() {
        0 => "is asked whether it works".into(),
        1 => format!("blue-green over {}", over().join(", ")),
        _ => format!("canary over {}", over().join(", ")),
    }
}

/// A stage: the share of requests, the good minutes that it needs, and what else it asks.
pub(super) fn stage(gate: &Gate) -> (String, String, String) {
    let minutes = u64::from(gate.stage.minutes) * 60;
    let probes: Vec<String> = gate.probes.iter().map(|probe| visible(&probe.name).into_owned()).collect();
    let share = if gate.stage.share == 0 { "preview".into() } else { format!("{}%", gate.stage.share) };
    (share, seconds(minutes), probes.join(", "))
}

/// Who is asked behind a gate, and for how long it waits.
pub(super) fn approval(gate: &Gate) -> Option<String> {
    gate.stage.approve.map(|within| format!("`infra approve` within {}", seconds(u64::from(within) * 60)))
}

/// What makes a minute a bad one.
pub(super) fn limits(limits: &Limits, alarms: usize) -> String {
    let times = |n: u32| match n {
        1 => "the old ones'".to_owned(),
        2 => "twice the old ones'".to_owned(),
        n => format!("{n} times the old ones'"),
    };
    let mut out = format!(
        "a minute is bad with more than {} errors and more than {}, or with p99 over {} and over {}",
        percent(limits.errors.into()),
        times(limits.errors_ratio),
        millis(limits.latency),
        times(limits.latency_ratio)
    );
    if alarms > 0 {
        out += &format!(", or when one of {} fires", count(alarms, "alarm"));
    }
    out + &format!("; {} in a row go back", count(limits.errors_failures as usize, "bad minute"))
}

/// The rollouts of a plan; nothing where it has none.
pub(super) fn text(p: &Plan, detail: Detail) -> String {
    let mut out = String::new();
    for (entry, gates) in rollouts(p) {
        let heading = detail.style.paint(Label::Heading, &visible(entry));
        out += &format!("{heading} {}\n", title(&gates));
        for (_, gate) in &gates {
            let (share, minutes, probes) = stage(gate);
            let probes = if probes.is_empty() { probes } else { format!(", then {probes}") };
            let asks = approval(gate).map(|asks| format!(", then {asks}")).unwrap_or_default();
            out += &match gate.old {
                Some(_) => format!("{share:>8}  until {minutes} went well{probes}{asks}\n"),
                None if gate.stage.share == 0 => format!("{share:>8}  {}\n", probes.trim_start_matches(", then ")),
                None => format!("          {}\n", probes.trim_start_matches(", then ")),
            };
        }
        if let Some(gate) = gates.iter().map(|(_, gate)| gate).find(|gate| gate.old.is_some()) {
            let alarms = gate.own_alarms.len() + gate.limits.alarms.len();
            out += &detail.style.paint(Label::Dim, &format!("          {}\n", limits(&gate.limits, alarms)));
        }
        out.push('\n');
    }
    out
}
