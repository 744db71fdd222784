//! Rules on logs: a metric filter counts the events that match, and an alarm looks at the count.
use super::alerting::Rule;
use super::logging::{Written, written};
use super::{Monitoring, watch::At};
use crate::canon::Open;
use crate::diag::Code;
use crate::kinds::log_group::{MetricFilter, pattern};
use crate::kinds::metric_alarm::Metric;
use crate::spec::Spec;
use crate::spec::check::Check;
use crate::spec::units::Name;

/// Seconds of one data point.
const PERIOD: i32 = 60;

/// Where what is counted in a stack's logs is kept.
fn namespace(spec: &Spec) -> String {
    format!("infra/{}", spec.stack)
}

/// The filters of an entry's log group: of each rule on its logs one, which has the rule's name.
pub fn filters(spec: &Spec, monitoring: Option<&Monitoring>, entry: &Name) -> Open<MetricFilter> {
    let rules = monitoring.into_iter().flat_map(|monitoring| &monitoring.alerting.rules);
    let of = rules.filter(|(_, rule)| rule.logs.as_ref() == Some(entry));
    let one = |(name, rule): (&Name, &Rule)| {
        let filter = MetricFilter {
            pattern: rule.pattern.clone().unwrap_or_default(),
            metric: name.to_string(),
            namespace: namespace(spec),
            value: "1".into(),
            default: Some(0.0),
        };
        (name.to_string(), filter)
    };
    of.map(one).collect()
}

/// What the alarm of a rule looks at: how many events matched in a minute.
pub fn look(spec: &Spec, name: &Name) -> At {
    At::Metric(Metric {
        namespace: namespace(spec),
        name: name.to_string(),
        dimensions: Open::new(),
        statistic: "Sum".into(),
        period: PERIOD,
    })
}

/// The entry is there and writes logs, and what it is to match is a pattern.
pub fn check(name: &str, rule: &Rule, cx: &mut Check<'_>) {
    let at = |field| ["monitoring", "alerting", "rules", name, field];
    match (&rule.logs, &rule.pattern) {
        (Some(_), None) => {
            let message = format!("the rule `{name}` doesn't say which events it counts");
            cx.error(Code::Missing, &at("logs"), "of these logs", message, "add `match: ERROR`, or `match: '{ $.level = \"error\" }'`");
        }
        (None, Some(_)) => {
            let message = format!("the rule `{name}` doesn't say whose logs it looks through");
            cx.error(Code::Missing, &at("match"), "this pattern", message, "add `logs: NAME`, an entry of `compute` or `functions`");
        }
        (Some(_), Some(text)) => {
            if let Err(no) = pattern::check(text) {
                let message = format!("this is no pattern that CloudWatch Logs takes: {}", no.wrong);
                cx.error(Code::BadText, &at("match"), "this pattern", message, no.help);
            }
        }
        (None, None) => {}
    }
    let Some(entry) = &rule.logs else { return };
    let spec = cx.spec;
    let section = if spec.functions.contains_key(entry) { "functions" } else { "compute" };
    if !spec.compute.contains_key(entry) && !spec.functions.contains_key(entry) {
        let known = spec.compute.keys().chain(spec.functions.keys()).map(Name::as_str);
        cx.unknown(&at("logs"), &[&["compute"], &["functions"]], "entry that writes logs", entry.as_str(), known);
    } else if let Written::Nowhere(message, help) = written(spec, &format!("{section}.{entry}")) {
        cx.error(Code::Refused, &at("logs"), "these logs", message, help);
    }
    for (field, given) in [
        ("of", rule.of.is_some()),
        ("namespace", rule.namespace.is_some()),
        ("metric", rule.metric.is_some()),
        ("statistic", rule.statistic.is_some()),
        ("dimensions", !rule.dimensions.is_empty()),
    ] {
        if given {
            let message = format!("the rule `{name}` counts events of logs, and has no `{field}`");
            let (field, logs) = (at(field), at("logs"));
            cx.both(Code::Refused, [(&field[..], "this field"), (&logs[..], "a rule on logs")], message, "leave it out");
        }
    }
}
