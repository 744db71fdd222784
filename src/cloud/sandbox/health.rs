//! How objects fare: well, but where somebody wants to see it otherwise. And alarms, which judge by their own definitions.
use super::{Sandbox, broken};
use crate::kinds::metric_alarm::{Standing, State as Judged};
use crate::kinds::{Address, Bent, Kind, Live, Member as _, MetricAlarm, Near, Sign};
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

    /// The alarms of a stack. What is bent is so since it was, and was so for as long as an alarm looks back.
    pub(super) fn standing(&self, stack: &str) -> Result<Vec<Standing>, CloudError> {
        let mut state = self.state.borrow_mut();
        state.admitted()?;
        state.catch_up().map_err(broken)?;
        let all = state
            .objects
            .range((Kind::MetricAlarm, String::new())..)
            .map_while(|((kind, _), live)| (*kind == Kind::MetricAlarm).then_some(live));
        let one = |live: &Live| {
            let alarm = MetricAlarm::of(&live.object)?;
            let bent = state.bent.get(&live.stamp.address).and_then(|bent| bent.get(METRIC)?.parse().ok());
            let (state, since, why) = match bent {
                Some(number) if alarm.beyond(number) => {
                    let why =
                        format!("Threshold Crossed: {number} is {} than the threshold ({}).", side(&alarm.comparison), alarm.threshold.0);
                    (Judged::Firing, state.bent_at, why)
                }
                _ => (Judged::Quiet, None, String::new()),
            };
            Some(Standing { live: live.clone(), state, since, why })
        };
        let mut standing: Vec<Standing> = all.filter(|live| live.stamp.stack == stack).filter_map(one).collect();
        standing.sort_by(|a, b| a.live.stamp.address.cmp(&b.live.stamp.address));
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
