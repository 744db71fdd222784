//! How objects fare: well, but where somebody wants to see it otherwise. And alarms, which judge by their own definitions.
use std::collections::BTreeMap;

use super::{Sandbox, broken};
use crate::kinds::metric_alarm::{Standing, State as Judged};
use crate::kinds::metrics_workspace::by_rule;
use crate::kinds::{Address, Bent, CompositeAlarm, Kind, Live, Member as _, MetricAlarm, MetricsWorkspace, Near, Sign};
use crate::model::Moment;
use crate::wire::CloudError;

/// What the metric of an alarm is bent to.
pub const METRIC: &str = "metric";

impl Sandbox {
    /// Lets an object fare as somebody wants to see it: `targets` of a target group to `1`. It holds for this process.
    pub fn bend(&self, address: Address, word: &str, value: &str) {
        let mut state = self.state.borrow_mut();
        state.bent_at.get_or_insert_with(Moment::now);
        state.bent.entry(address).or_default().insert(word.into(), value.into());
    }

    pub(super) fn fares(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let (mut state, nothing) = (self.state.borrow_mut(), Bent::new());
        state.admitted()?;
        state.catch_up().map_err(broken)?;
        let me = Address::new(live.object.kind(), &live.id);
        let Some(now) = state.objects.get(&(me.kind, me.name.clone())) else { return Ok(vec![]) };
        Ok(now.object.fares(&me, Near(&*state), state.bent.get(&live.stamp.address).unwrap_or(&nothing)))
    }

    /// All that tells of a stack. What is bent is so since it was, and was so for as long as an alarm looks back.
    pub(super) fn standing(&self, stack: &str) -> Result<Vec<Standing>, CloudError> {
        let mut state = self.state.borrow_mut();
        state.admitted()?;
        state.catch_up().map_err(broken)?;
        let all = |kind: Kind| {
            let of_kind = state.objects.range((kind, String::new())..).take_while(move |((k, _), _)| *k == kind);
            let mut own: Vec<&Live> = of_kind.map(|(_, live)| live).filter(|live| live.stamp.stack == stack).collect();
            own.sort_by(|a, b| a.stamp.address.cmp(&b.stamp.address));
            own
        };
        let now = Moment::now();
        let stands = |live: &Live, rule: Option<&String>, why: Option<String>| {
            let (stands, since) = if why.is_some() { (Judged::Firing, state.bent_at) } else { (Judged::Quiet, None) };
            Standing { live: live.clone(), rule: rule.cloned(), state: stands, since, judged: Some(now), why: why.unwrap_or_default() }
        };
        let number = |live: &Live, word: &str| state.bent.get(&live.stamp.address)?.get(word)?.parse::<f64>().ok();
        let alarm = |live: &Live| {
            let alarm = MetricAlarm::of(&live.object)?;
            let why = number(live, METRIC).filter(|number| alarm.beyond(*number)).map(|number| {
                format!("Threshold Crossed: {number} is {} than the threshold ({}).", side(&alarm.comparison), alarm.threshold.0)
            });
            Some(stands(live, None, why))
        };
        let mut standing: Vec<Standing> = all(Kind::MetricAlarm).into_iter().filter_map(alarm).collect();
        let firing = standing.iter().filter(|alarm| alarm.state == Judged::Firing);
        let firing: BTreeMap<&str, &str> = firing.map(|one| (one.live.id.as_str(), one.live.stamp.address.name.as_str())).collect();
        let group = |live: &Live| {
            let children = &CompositeAlarm::of(&live.object)?.alarms;
            let children: Vec<&str> = children.iter().filter_map(|child| firing.get(child.0.as_str()).copied()).collect();
            let why = (!children.is_empty()).then(|| format!("{} transitioned to ALARM", children.join(", ")));
            Some(stands(live, None, why))
        };
        let groups: Vec<Standing> = all(Kind::CompositeAlarm).into_iter().filter_map(group).collect();
        standing.extend(groups);
        for live in all(Kind::MetricsWorkspace) {
            let rules = MetricsWorkspace::of(&live.object).into_iter().flat_map(|workspace| workspace.rules.keys());
            standing.extend(rules.map(|name| {
                let fires = number(live, &by_rule(name)).filter(|number| *number != 0.0);
                stands(live, Some(name), fires.map(|number| number.to_string()))
            }));
        }
        Ok(standing)
    }
}

fn side(comparison: &str) -> &'static str {
    match comparison {
        ">" => "greater",
        ">=" => "greater or not less",
        "<" => "less",
        _ => "less or not greater",
    }
}
