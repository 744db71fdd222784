//! What is measured, whose it is, and alarms that follow by themselves.
use super::words::word;
use super::{Malformed, Unit};
use crate::diag::Code;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// Sections of which something is measured that have entries.
const NAMED: &[&str] = &["cache", "compute", "database", "functions", "kubernetes.workloads"];

word! {
    /// The name of a default alarm.
    AlarmName "^(load_balancer|(cache|compute|database|functions|kubernetes\\.workloads)\\.[a-z][a-z0-9-]{0,31})\\.[a-z_]{1,32}$"
    "a default alarm's name: a section, the entry, and the alarm" "cache.main.evictions"
    |text| text.rsplit_once('.').is_some_and(|(of, alarm)| watched(of) && word(alarm))
}
word! {
    /// A minute.
    Minute "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]Z$"
    "a minute in UTC: a date, `T`, and a time of hours and minutes with `Z` behind it" "2026-12-01T06:00Z"
    |text| text.len() == 17 && moment(text).is_some()
}
word! {
    /// What is silenced.
    Silenced "^[a-z][a-z0-9_.-]{0,99}$"
    "the name of alarms: a default alarm or all of an entry, a rule of one's own, or `group.NAME`" "compute.app.cpu"
    |text| text.len() <= 100 && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
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
    Watched "^(load_balancer|(cache|compute|database|functions|kubernetes\\.workloads)\\.[a-z][a-z0-9-]{0,31})$"
    "`load_balancer`, or an entry of `cache`, `compute`, `database`, `functions` or `kubernetes.workloads`" "compute.app"
    watched
}

impl Minute {
    /// Minutes since 1970.
    pub fn number(&self) -> i64 {
        moment(self.as_str()).and_then(|minutes| i64::try_from(minutes).ok()).unwrap_or_default()
    }

    /// The minute as CloudWatch writes it, so many minutes earlier.
    pub fn before(&self, minutes: i32) -> String {
        let seconds = u64::try_from((self.number() - i64::from(minutes)).max(0) * 60).unwrap_or_default();
        let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        text[..16].to_owned()
    }
}

/// The minutes since 1970 of a minute.
fn moment(text: &str) -> Option<u64> {
    let at = humantime::parse_rfc3339(&format!("{}:00Z", text.strip_suffix('Z')?)).ok()?;
    Some(at.duration_since(UNIX_EPOCH).ok()?.as_secs() / 60)
}

impl Watched {
    /// `load_balancer`, `compute`, `kubernetes.workloads`.
    pub fn section(&self) -> &str {
        self.as_str().rsplit_once('.').map_or(self.as_str(), |(section, _)| section)
    }

    /// The entry, where the section has entries.
    pub fn name(&self) -> Option<&str> {
        self.as_str().rsplit_once('.').map(|(_, name)| name)
    }
}

fn watched(text: &str) -> bool {
    text == "load_balancer"
        || text.rsplit_once('.').is_some_and(|(section, name)| NAMED.contains(&section) && super::Name::read(name).is_ok())
}

fn word(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn visible(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && text.trim() == text && !text.contains("  ")
}
