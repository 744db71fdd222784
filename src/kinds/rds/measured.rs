//! What an instance measures of itself and its state doesn't tell: how much of its disk is free, how far a replica is behind.
use std::time::SystemTime;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy};
use aws_smithy_types::DateTime;

use super::*;

/// How many seconds back something must have been measured, or nothing is told: RDS sends its metrics every minute.
const BACK: i64 = 900;

/// What is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Measured {
    /// `FreeStorageSpace` in bytes, of so many GiB.
    Storage(i32),
    /// `ReplicaLag` in seconds.
    Lag,
}

impl Measured {
    /// The word by which the sandbox bends it.
    const fn word(self) -> &'static str {
        match self {
            Measured::Storage(_) => "storage",
            Measured::Lag => "lag",
        }
    }

    /// What a number means: percent of the disk, or seconds. As grave as the default alarm on it.
    fn sign(self, number: f64) -> Sign {
        match self {
            Measured::Storage(gib) => {
                let level = if number < 10.0 { Level::Critical } else { Level::Ok };
                Sign::new(level, format!("{number:.0}% of {gib} GiB free"))
            }
            Measured::Lag => {
                let level = if number > 60.0 { Level::Warning } else { Level::Ok };
                Sign::new(level, format!("{number:.0} s behind"))
            }
        }
    }

    /// What somebody has bent.
    pub fn bent(self, bent: &Bent) -> Option<Sign> {
        let number = bent.get(self.word())?.trim_end_matches(['%', 's']).trim_end().parse().ok()?;
        Some(self.sign(number))
    }

    /// The newest of what CloudWatch knows; nothing where it knows nothing, or doesn't tell whoever asks.
    pub async fn now(self, cx: &Clients, id: &str) -> Result<Option<Sign>, CloudError> {
        let (name, stat) = match self {
            Measured::Storage(_) => ("FreeStorageSpace", "Minimum"),
            Measured::Lag => ("ReplicaLag", "Maximum"),
        };
        let of = Dimension::builder().name("DBInstanceIdentifier").value(id).build();
        let metric = Metric::builder().namespace("AWS/RDS").metric_name(name).dimensions(of).build();
        let stat = MetricStat::builder().metric(metric).period(60).stat(stat).build();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
        let request = cx
            .cloudwatch()
            .get_metric_data()
            .metric_data_queries(MetricDataQuery::builder().id("now").metric_stat(stat).build())
            .start_time(DateTime::from_secs(now - BACK))
            .end_time(DateTime::from_secs(now))
            .scan_by(ScanBy::TimestampDescending);
        let seen = match cx.safe(Service::CloudWatch, "GetMetricData", async || request.clone().send().await).await {
            Err(e) if e.class == Class::Denied => return Ok(None),
            seen => seen?,
        };
        let newest = seen.metric_data_results().iter().flat_map(|result| result.values()).next().copied();
        Ok(newest.map(|number| match self {
            Measured::Storage(gib) => self.sign(100.0 * number / (f64::from(gib.max(1)) * 1_073_741_824.0)),
            Measured::Lag => self.sign(number),
        }))
    }
}
