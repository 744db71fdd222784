//! Which fields decide about which attributes of topics and alarms.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Other, Same};

pub const FIELDS: Fields = &[
    (
        Kind::MetricAlarm,
        &[
            ("alarm_actions", "monitoring.alerting.rules.{}.severity", Other),
            ("alarm_actions", "monitoring.alerting.defaults.*.severity", Other),
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
            ("metric.dimensions.*", "monitoring.alerting.rules.{}.dimensions.*", Same),
            ("metric.name", "monitoring.alerting.rules.{}.metric", Other),
            ("metric.name", "cache.*.node_type", Other),
            ("metric.namespace", "monitoring.alerting.rules.{}.namespace", Other),
            ("metric.statistic", "monitoring.alerting.rules.{}.statistic", Other),
            ("missing_data", "monitoring.alerting.rules.{}.no_data", Other),
            ("ok_actions", "monitoring.alerting.rules.{}.severity", Other),
            ("ok_actions", "monitoring.alerting.defaults.*.severity", Other),
            ("ok_actions", "monitoring.notify", Other),
            ("threshold", "monitoring.alerting.rules.{}.above", Other),
            ("threshold", "monitoring.alerting.rules.{}.below", Other),
            ("threshold", "monitoring.alerting.defaults.*.above", Other),
            ("threshold", "monitoring.alerting.defaults.*.below", Other),
            ("threshold", "cache.*.node_type", Other),
            ("threshold", "compute.*.instances.target_cpu", Other),
            ("threshold", "database.*.storage.size", Other),
            ("threshold", "functions.*.reserved_concurrency", Other),
            ("threshold", "functions.*.timeout", Other),
        ],
    ),
    (Kind::Topic, &[("display_name", "stack", Other), ("subscribers", "monitoring.notify", Same)]),
];
