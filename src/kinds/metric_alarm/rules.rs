//! What CloudWatch refuses of an alarm: `PutMetricAlarm` of its API reference, and "CloudWatch quotas" of its user guide.
use super::*;
use crate::diag::Code;

/// Metrics of one expression ("Metrics in a metric math alarm": 10).
const METRICS: usize = 10;

/// `AlarmActions`, and as many `OKActions`.
const ACTIONS: usize = 5;

/// `AlarmDescription` takes 1,024 characters, of which the digest and the stack's identity need some.
const DESCRIPTION: usize = 960;

/// `AlarmName`.
const NAME: usize = 255;

/// Dimensions of one metric.
const DIMENSIONS: usize = 30;

/// Periods under a minute, in seconds; all others are whole minutes.
const SHORT: &[i32] = &[10, 20, 30];

const DAY: i32 = 86_400;
const HOUR: i32 = 3_600;

const STATISTICS: &[&str] = &["Average", "Maximum", "Minimum", "SampleCount", "Sum"];

pub(super) fn breaches(alarm: &MetricAlarm, me: &Address) -> Vec<Breach> {
    let mut found = vec![];
    let mut say = |code, path: &str, message: String, help: &str| found.push(Breach::new(code, path, message, help));
    if alarm.metric.is_some() == alarm.math.is_some() {
        say(Code::Refused, "metric", "an alarm looks at one metric, or at an expression".into(), "name one of both");
    }
    if alarm.description.chars().count() > DESCRIPTION {
        say(Code::Count, "description", format!("a description has at most {DESCRIPTION} characters"), "write a shorter one");
    }
    // What the run and the step need beside the address, at most.
    if me.name.len() > NAME - 120 {
        say(Code::Count, "description", format!("the name of {me} is too long for an alarm"), "write a shorter one");
    }
    let (metrics, path): (Vec<&Metric>, _) = match (&alarm.metric, &alarm.math) {
        (_, Some(math)) => (math.metrics.values().collect(), "math"),
        (metric, None) => (metric.iter().collect(), "metric"),
    };
    if metrics.len() > METRICS {
        say(Code::Count, path, format!("{} metrics in one expression are too many", metrics.len()), "CloudWatch takes 10 at most");
    }
    let periods = alarm.evaluation_periods;
    for metric in metrics {
        if !statistic(&metric.statistic) {
            say(
                Code::Refused,
                path,
                format!("`{}` is no statistic", metric.statistic),
                "write Average, Sum, Minimum, Maximum, SampleCount or a percentile: p99",
            );
        }
        if metric.dimensions.len() > DIMENSIONS {
            say(Code::Count, path, format!("a metric has at most {DIMENSIONS} dimensions"), "name fewer");
        }
        if metric.namespace.is_empty() || metric.namespace.starts_with(':') || metric.name.is_empty() {
            say(Code::Refused, path, "a metric has a namespace and a name".into(), "name both: `AWS/RDS` and `CPUUtilization`");
        }
        let period = metric.period;
        if period < 1 || !SHORT.contains(&period) && period % 60 != 0 {
            say(Code::OutOfRange, path, format!("no data point is {period} seconds long"), "write whole minutes");
        }
        let most = if period < HOUR { DAY } else { 7 * DAY };
        if periods < 1 || period.saturating_mul(periods) > most {
            let help = "the periods of an alarm are a day long together, or seven where each is an hour or longer";
            say(Code::OutOfRange, "evaluation_periods", format!("{periods} periods of {period} seconds are too many"), help);
        }
    }
    if !(1..=periods.max(1)).contains(&alarm.datapoints) {
        say(
            Code::OutOfRange,
            "datapoints",
            format!("{} of {periods} data points can't be beyond the threshold", alarm.datapoints),
            "write fewer",
        );
    }
    if ![">", ">=", "<", "<="].contains(&alarm.comparison.as_str()) {
        say(Code::Refused, "comparison", format!("`{}` compares nothing", alarm.comparison), "write >, >=, < or <=");
    }
    if !alarm.threshold.0.is_finite() {
        say(Code::OutOfRange, "threshold", "the threshold is no number".into(), "write one");
    }
    if !["breaching", "ignore", "missing", "notBreaching"].contains(&alarm.missing_data.as_str()) {
        let message = format!("`{}` says nothing about data that is missing", alarm.missing_data);
        say(Code::Refused, "missing_data", message, "write breaching, notBreaching, ignore or missing");
    }
    for (path, actions) in [("alarm_actions", &alarm.alarm_actions), ("ok_actions", &alarm.ok_actions)] {
        if actions.len() > ACTIONS {
            say(Code::Count, path, format!("an alarm tells {ACTIONS} at most"), "name fewer");
        }
    }
    found
}

/// One of the statistics, or a percentile from `p0` to `p100`.
pub fn statistic(text: &str) -> bool {
    let percentile = |text: &str| text.parse::<f64>().is_ok_and(|p| (0.0..=100.0).contains(&p));
    STATISTICS.contains(&text) || text.strip_prefix('p').is_some_and(percentile)
}
