//! What is measured, whose it is, and alarms that follow by themselves.
use super::words::word;
use super::{Malformed, Unit};
use crate::diag::Code;
use std::fmt;

/// Sections of which something is measured that have entries.
const NAMED: &[&str] = &["cache", "compute", "database", "functions"];

word! {
    /// The name of a default alarm.
    AlarmName "^(load_balancer|(cache|compute|database|functions)\\.[a-z][a-z0-9-]{0,31})\\.[a-z_]{1,32}$"
    "a default alarm's name: a section, the entry, and the alarm" "cache.main.evictions"
    |text| text.rsplit_once('.').is_some_and(|(of, alarm)| watched(of) && word(alarm))
}
word! {
    /// A metric's name.
    MetricName "^[!-~]( ?[!-~]){0,254}$"
    "a metric's name of 1 to 255 characters" "cpu"
    |text| (1..=255).contains(&text.len()) && visible(text)
}
word! {
    /// Where CloudWatch keeps a metric.
    MetricNamespace "^[!-9;-~]( ?[!-~]){0,254}$"
    "a namespace of 1 to 255 characters that doesn't begin with a colon" "AWS/SQS"
    |text| (1..=255).contains(&text.len()) && visible(text) && !text.starts_with(':')
}
word! {
    /// How several values become one.
    MetricStatistic "^(Average|Maximum|Minimum|SampleCount|Sum|p(100|[0-9]{1,2}(\\.[0-9]{1,10})?))$"
    "Average, Maximum, Minimum, SampleCount, Sum or a percentile such as `p99`" "p99"
    crate::kinds::metric_alarm::statistic
}
word! {
    /// Of what something is measured.
    Watched "^(load_balancer|(cache|compute|database|functions)\\.[a-z][a-z0-9-]{0,31})$"
    "`load_balancer`, or an entry of `cache`, `compute`, `database` or `functions`" "compute.app"
    watched
}

impl Watched {
    pub fn section(&self) -> &str {
        self.as_str().split('.').next().unwrap_or_default()
    }

    /// The entry, where the section has entries.
    pub fn name(&self) -> Option<&str> {
        self.as_str().split_once('.').map(|(_, name)| name)
    }
}

fn watched(text: &str) -> bool {
    text == "load_balancer"
        || text.split_once('.').is_some_and(|(section, name)| NAMED.contains(&section) && super::Name::read(name).is_ok())
}

fn word(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn visible(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && text.trim() == text && !text.contains("  ")
}
