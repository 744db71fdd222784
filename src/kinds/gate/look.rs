//! One look of a gate at AWS: targets, shares, alarms, probes, and the figures of a minute.
use std::time::SystemTime;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StateValue};
use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
use aws_smithy_types::DateTime;

use super::*;
use crate::kinds::{elb, listener, listener_rule};

/// Seconds of a minute: CloudWatch counts by these.
const MINUTE: u64 = 60;

/// Whole minutes after which CloudWatch knows a minute.
const SETTLED: u64 = 2;

/// For how long the old instances' last minute with requests is looked for.
const BACK: u64 = 60 * MINUTE;

/// What counts, as an Application Load Balancer sends it ("CloudWatch metrics for your Application Load Balancer"): requests, answers with a status from
/// 500 on, connections that failed, and seconds to the answer. Nothing is sent where there is nothing to count.
const METRICS: Metrics = Metrics {
    namespace: "AWS/ApplicationELB",
    all: &[
        ("requests", "RequestCount", "Sum"),
        ("errors", "HTTPCode_Target_5XX_Count", "Sum"),
        ("refused", "TargetConnectionErrorCount", "Sum"),
        ("latency", "TargetResponseTime", "p99"),
    ],
    millis: 1000.0,
};

/// What counts of a service: a name of ours, its own one, and the statistic.
pub(super) struct Metrics {
    pub namespace: &'static str,
    pub all: &'static [(&'static str, &'static str, &'static str)],
    /// How many milliseconds are one of what `latency` counts.
    pub millis: f64,
}

/// The dimensions of a metric: names and values.
pub(super) type Dimensions<'a> = Vec<(&'static str, &'a str)>;

/// Looks once. `since`: when the requests were shifted; minutes before that don't count.
pub(crate) async fn look(cx: &Clients, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError> {
    if gate.new.kind == Kind::Function {
        return published::look(cx, gate, links, since).await;
    }
    // Where nothing leads to the new instances, there is no target group.
    let new = if gate.old.is_some() { Some(links.id(&gate.new)?) } else { links.id(&gate.new).ok() };
    let here = match new {
        Some(new) => targets(cx, new).await?,
        None => Ok(0),
    };
    let here = match here {
        Ok(here) => here,
        Err(why) => return Ok(Seen::Bad(why)),
    };
    for splitter in &gate.splitters {
        if let Some(why) = shared(cx, gate, links, splitter).await? {
            return Ok(Seen::Bad(why));
        }
    }
    if let Some(seen) = asked(cx, gate, links).await? {
        return Ok(seen);
    }
    let seen = match (new, &gate.old, &gate.balancer) {
        (Some(new), Some(old), Some(balancer)) => match minute(since) {
            Some(end) => {
                let balancer = links.output(balancer, DIMENSION)?;
                let of = |group| vec![("LoadBalancer", balancer.as_str()), ("TargetGroup", dimension::dimension(group))];
                figures(cx, &METRICS, [("new", of(new)), ("old", of(old))], end).await?
            }
            None => Seen::Nothing,
        },
        _ => Seen::Well,
    };
    Ok(match &gate.old {
        Some(old) if gate.next.is_some() => gate.with_fleets(seen, here, healthy(cx, old).await?),
        _ => seen,
    })
}

/// What probes and alarms tell; nothing where all is well.
pub(super) async fn asked(cx: &Clients, gate: &Gate, links: &Links) -> Result<Option<Seen>, CloudError> {
    for probe in &gate.probes {
        // Many requests may take minutes, for which nobody waits whose run goes back.
        match cx.policy.unless_left(probe.ask(links)).await.transpose()? {
            Some(Ok(())) => {}
            Some(Err(why)) => return Ok(Some(Seen::Bad(why))),
            None => return Ok(Some(Seen::Mute("the run goes back".into()))),
        }
    }
    let own = gate.own_alarms.iter().map(|alarm| links.id(alarm).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    alarms(cx, &[own, gate.limits.alarms.clone()].concat()).await
}

/// How many targets of a group take requests.
async fn healthy(cx: &Clients, group: &str) -> Result<usize, CloudError> {
    Ok(elb::health(cx, group).await?.values().filter(|health| elb::takes_requests(health)).count())
}

/// How many targets take requests, when all do. One that drains is on its way out.
async fn targets(cx: &Clients, group: &str) -> Result<Result<usize, String>, CloudError> {
    let told = elb::health(cx, group).await?;
    let staying: Vec<_> = told.iter().filter(|(_, h)| h.state != Some(TargetHealthStateEnum::Draining)).collect();
    if staying.is_empty() {
        return Ok(Err("no target is registered".into()));
    }
    Ok(match staying.iter().find(|(_, h)| !elb::takes_requests(h)) {
        Some((id, h)) => {
            let state = h.state.as_ref().map_or("unknown", |s| s.as_str());
            Err(format!("the target {id} is {state}: {}", h.description.as_deref().unwrap_or("no reason given")))
        }
        None => Ok(staying.len()),
    })
}

/// Whether a listener or rule shares requests out as the rollout has asked it to.
async fn shared(cx: &Clients, gate: &Gate, links: &Links, splitter: &Address) -> Result<Option<String>, CloudError> {
    let id = links.id(splitter)?;
    let seen = match splitter.kind {
        Kind::Listener => listener::action_of(cx, id).await?,
        _ => listener_rule::action_of(cx, id).await?,
    };
    let share = seen.as_ref().map_or(0, |action| action.share_of(links.id(&gate.new).unwrap_or_default()));
    Ok((share != gate.asked()).then(|| gate.astray(splitter, share)))
}

/// An alarm that fires, or one that knows nothing.
async fn alarms(cx: &Clients, names: &[String]) -> Result<Option<Seen>, CloudError> {
    if names.is_empty() {
        return Ok(None);
    }
    let request = cx.cloudwatch().describe_alarms().set_alarm_names(Some(names.to_vec())).max_records(100);
    let seen = cx.safe(Service::CloudWatch, "DescribeAlarms", async || request.clone().send().await).await?;
    let states = seen.metric_alarms.into_iter().flatten().filter_map(|a| Some((a.alarm_name?, a.state_value?, a.state_reason)));
    let states: BTreeMap<String, (StateValue, Option<String>)> = states.map(|(name, state, why)| (name, (state, why))).collect();
    let fires = |name: &&String| matches!(states.get(*name), Some((StateValue::Alarm, _)));
    if let Some(name) = names.iter().find(fires) {
        let why = states.get(name).and_then(|(_, why)| why.clone()).unwrap_or_default();
        return Ok(Some(Seen::Bad(format!("the alarm {name} fires: {why}"))));
    }
    let unknown = names.iter().find(|name| !matches!(states.get(*name), Some((StateValue::Ok, _))));
    Ok(unknown.map(|name| Seen::Mute(format!("the alarm {name} has no data"))))
}

/// The end of the last minute that CloudWatch knows, in seconds; nothing while that began before the shift.
pub(super) fn minute(since: Moment) -> Option<u64> {
    let seconds = |t: SystemTime| t.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let end = (seconds(SystemTime::now()) / MINUTE - SETTLED) * MINUTE;
    (end - MINUTE >= seconds(since.0)).then_some(end)
}

/// The last minute that CloudWatch knows of both, the new and the old: `GetMetricData`.
pub(super) async fn figures(cx: &Clients, metrics: &Metrics, both: [(&str, Dimensions<'_>); 2], end: u64) -> Result<Seen, CloudError> {
    let start = end - MINUTE;
    let queries = both.into_iter().flat_map(|(whose, dimensions)| {
        let dimensions: Vec<Dimension> =
            dimensions.into_iter().map(|(name, value)| Dimension::builder().name(name).value(value).build()).collect();
        metrics.all.iter().map(move |(id, name, stat)| {
            let metric = Metric::builder().namespace(metrics.namespace).metric_name(*name).set_dimensions(Some(dimensions.clone())).build();
            let stat = MetricStat::builder().metric(metric).period(MINUTE as i32).stat(*stat).build();
            MetricDataQuery::builder().id(format!("{whose}_{id}")).metric_stat(stat).build()
        })
    });
    let moment = |s: u64| DateTime::from_secs(s as i64);
    let request = cx.cloudwatch().get_metric_data().set_metric_data_queries(Some(queries.collect()));
    let request = request.start_time(moment(end - BACK)).end_time(moment(end)).scan_by(ScanBy::TimestampDescending);
    let seen = cx.safe(Service::CloudWatch, "GetMetricData", async || request.clone().send().await).await?;
    let series = Series(seen.metric_data_results.unwrap_or_default(), metrics.millis);
    let last = series.moments("old_requests").into_iter().filter(|at| series.at("old_requests", *at) > Some(0.0)).max();
    Ok(Seen::Minute { new: series.figures("new", start as i64), old: last.map(|at| series.figures("old", at)).unwrap_or_default() })
}

/// Series of numbers by moment, and what a number of time is in milliseconds.
struct Series(Vec<MetricDataResult>, f64);

impl Series {
    fn of(&self, id: &str) -> impl Iterator<Item = (i64, f64)> {
        let all = self.0.iter().filter(|series| series.id.as_deref() == Some(id));
        let pairs = all.flat_map(|series| series.timestamps().iter().map(DateTime::secs).zip(series.values().iter().copied()));
        pairs.collect::<Vec<_>>().into_iter()
    }

    fn moments(&self, id: &str) -> Vec<i64> {
        self.of(id).map(|(at, _)| at).collect()
    }

    fn at(&self, id: &str, moment: i64) -> Option<f64> {
        self.of(id).find(|(at, _)| *at == moment).map(|(_, n)| n)
    }

    fn figures(&self, whose: &str, moment: i64) -> Figures {
        let at = |metric: &str| self.at(&format!("{whose}_{metric}"), moment);
        let count = |metric| at(metric).unwrap_or(0.0) as u64;
        let latency = at("latency").map(|time| (time * self.1).round() as u32);
        Figures { requests: count("requests"), errors: count("errors") + count("refused"), latency }
    }
}
