//! Rules on what applications measure themselves: expressions of PromQL.
use super::alerting::Rule;
use super::{Monitoring, NoData};
use crate::diag::Code;
use crate::kinds::metrics_workspace::{AlertRule, promql};
use crate::spec::check::Check;
use crate::spec::units::{Duration, Name};

impl Monitoring {
    /// The rules that look at what applications measure.
    pub fn expressions(&self) -> impl Iterator<Item = (&Name, AlertRule)> {
        let of = |(name, rule): (_, &Rule)| {
            let read = AlertRule {
                expr: rule.expr.clone()?,
                lasting: i32::try_from(rule.lasting.as_seconds()).unwrap_or(i32::MAX),
                severity: rule.severity.text().into(),
                means: rule.means.clone().unwrap_or_default(),
            };
            Some((name, read))
        };
        self.alerting.rules.iter().filter_map(of)
    }
}

/// It is an expression, there is something to look at, and nothing else is said of it.
pub fn check(name: &str, rule: &Rule, text: &str, entry: &Monitoring, cx: &mut Check<'_>) {
    let at = |field| ["monitoring", "alerting", "rules", name, field];
    if let Err(no) = promql::check(text) {
        let message = format!("the expression of `{name}` is none that Prometheus takes, {}: {}", no.place(text), no.wrong);
        cx.error(Code::BadText, &at("expr"), "this expression", message, no.help);
    }
    if entry.metrics.is_none() && cx.knows(&["monitoring", "metrics"]) {
        let message = format!("the rule `{name}` looks at what applications measure, and nothing of that is kept");
        cx.error(Code::Missing, &at("expr"), "this expression", message, "add `monitoring.metrics`");
    }
    for (field, given) in [
        ("of", rule.of.is_some()),
        ("logs", rule.logs.is_some()),
        ("match", rule.pattern.is_some()),
        ("namespace", rule.namespace.is_some()),
        ("metric", rule.metric.is_some()),
        ("statistic", rule.statistic.is_some()),
        ("dimensions", !rule.dimensions.is_empty()),
        ("above", rule.above.is_some()),
        ("below", rule.below.is_some()),
        ("no_data", rule.no_data != NoData::default()),
    ] {
        if given {
            let message = format!("the rule `{name}` says by its expression when it fires, and has no `{field}`");
            let (field, expr) = (at(field), at("expr"));
            cx.both(Code::Refused, [(&field[..], "this field"), (&expr[..], "and this expression")], message, "leave it out");
        }
    }
    cx.within(&at("for"), rule.lasting, Duration::seconds(0), Duration::days(1));
}
