//! Which fields decide about which attributes of topics and alarms.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{self, Days, Other, Same, Seconds};

/// Those of the log group of an entry that writes.
pub const LOG_GROUP: &[(&str, &str, Spelling)] = &[
    ("metric_filters", "monitoring.alerting.rules", Other),
    ("metric_filters.*", "monitoring.alerting.rules.*", Other),
    ("metric_filters.*.namespace", "stack", Other),
    ("metric_filters.*.pattern", "monitoring.alerting.rules.*.match", Other),
    ("retention_days", "monitoring.logging.retention_period", Days),
];

pub const FIELDS: Fields = &[
    (
        Kind::MetricAlarm,
        &[
            ("alarm_actions", "monitoring.alerting.rules.{}.severity", Other),
            ("alarm_actions", "monitoring.alerting.defaults.*.severity", Other),
            ("alarm_actions", "monitoring.alerting.rules.{}.notify", Other),
            ("alarm_actions", "monitoring.notify", Other),
            ("comparison", "monitoring.alerting.rules.{}", Other),
            ("datapoints", "monitoring.alerting.rules.{}.for", Other),
            ("datapoints", "monitoring.alerting.defaults.*.for", Other),
            ("description", "monitoring.alerting.rules.{}.means", Other),
            ("description", "monitoring.alerting.rules.{}", Other),
            ("description", "monitoring.alerting.defaults.*.severity", Other),
            ("evaluation_periods", "monitoring.alerting.rules.{}.for", Other),
            ("evaluation_periods", "monitoring.alerting.defaults.*.for", Other),
            ("math", "monitoring.alerting.rules.{}", Other),
            ("metric", "monitoring.alerting.rules.{}", Other),
            ("metric", "cache.*.node_type", Other),
            ("metric.dimensions", "monitoring.alerting.rules.{}.dimensions", Other),
            ("metric.dimensions", "monitoring.alerting.rules.{}", Other),
            ("metric.dimensions.*", "monitoring.alerting.rules.{}.dimensions.*", Same),
            ("metric.dimensions.*", "monitoring.alerting.rules.{}", Other),
            ("metric.name", "monitoring.alerting.rules.{}.metric", Other),
            ("metric.name", "cache.*.node_type", Other),
            ("metric.name", "monitoring.alerting.rules.{}", Other),
            ("metric.namespace", "monitoring.alerting.rules.{}.namespace", Other),
            ("metric.namespace", "monitoring.alerting.rules.{}", Other),
            ("metric.namespace", "stack", Other),
            ("metric.statistic", "monitoring.alerting.rules.{}.statistic", Other),
            ("metric.statistic", "monitoring.alerting.rules.{}", Other),
            ("missing_data", "monitoring.alerting.rules.{}.no_data", Other),
            ("ok_actions", "monitoring.alerting.rules.{}.severity", Other),
            ("ok_actions", "monitoring.alerting.defaults.*.severity", Other),
            ("ok_actions", "monitoring.alerting.rules.{}.notify", Other),
            ("ok_actions", "monitoring.notify", Other),
            ("threshold", "monitoring.alerting.rules.{}.above", Other),
            ("threshold", "monitoring.alerting.rules.{}.below", Other),
            ("threshold", "monitoring.alerting.defaults.*.above", Other),
            ("threshold", "monitoring.alerting.defaults.*.below", Other),
            ("threshold", "monitoring.alerting.rules.{}", Other),
            ("threshold", "cache.*.node_type", Other),
            ("threshold", "compute.*.instances.target_cpu", Other),
            ("threshold", "database.*.storage.size", Other),
            ("threshold", "functions.*.reserved_concurrency", Other),
            ("threshold", "functions.*.timeout", Other),
        ],
    ),
    (
        Kind::MetricsWorkspace,
        &[
            ("retention_days", "monitoring.metrics.retention_period", Days),
            ("rules", "monitoring.alerting.rules", Other),
            ("rules.*", "monitoring.alerting.rules.*", Other),
            ("rules.*.expr", "monitoring.alerting.rules.*.expr", Same),
            ("rules.*.for", "monitoring.alerting.rules.*.for", Seconds),
            ("rules.*.means", "monitoring.alerting.rules.*.means", Same),
            ("rules.*.severity", "monitoring.alerting.rules.*.severity", Same),
            ("topics", "monitoring.notify", Other),
            ("topics", "monitoring.alerting.rules", Other),
        ],
    ),
    (
        Kind::Topic,
        &[
            ("display_name", "stack", Other),
            ("subscribers", "monitoring.alerting.rules.{}.notify", Same),
            ("subscribers", "monitoring.notify", Same),
        ],
    ),
];
