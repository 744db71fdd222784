//! What rules on logs become: a filter of the entry's own log group, and an alarm that looks at what it counts.
use infra::kinds::{LogGroup, MetricAlarm};

use super::compute::of;
use crate::laws::world::stack;

const SPEC: &str = "stack: shop\nregion: us-east-1\ncompute: { app: { image: nginx:1 }, worker: { image: nginx:1 } }
monitoring: { notify: [ops@example.com], alerting: { rules: { mistakes: { logs: app, match: ERROR, above: 10, for: 3m } } } }\n";

#[test]
fn a_rule_on_logs_counts_in_the_entrys_own_group() {
    let stack = stack(&[SPEC]);
    let (app, worker): (LogGroup, LogGroup) = (of(&stack, "compute.app"), of(&stack, "compute.worker"));
    assert!(worker.metric_filters.is_empty());
    let (name, filter) = app.metric_filters.iter().next().unwrap();
    assert_eq!((app.metric_filters.len(), name.as_str(), filter.pattern.as_str(), filter.default), (1, "mistakes", "ERROR", Some(0.0)));
    let alarm: MetricAlarm = of(&stack, "rule.mistakes");
    let metric = alarm.metric.unwrap();
    assert_eq!((&metric.namespace, &metric.name, metric.statistic.as_str()), (&filter.namespace, &filter.metric, "Sum"));
    assert_eq!((alarm.comparison.as_str(), alarm.threshold.0, alarm.datapoints, alarm.evaluation_periods), (">", 10.0, 3, 3));
}
