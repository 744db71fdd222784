//! An alarm of CloudWatch over one metric, or over an expression of several.
//!
//! `PutMetricAlarm` makes an alarm and overwrites one, so that every request says all of it. A list shows all of an alarm but its tags: the stamp is its
//! name, `infra/STACK/ADDRESS/RUN-STEP`; the digest and the stack's identity are the last words of its description.
pub(super) mod marks;
mod rules;
mod state;
mod terraform;
mod wire;

use super::calls::{On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::model::Tags;

pub use rules::statistic;
pub(crate) use state::standing;
pub use state::{Standing, State};

object! {
    /// `AWS::CloudWatch::Alarm`. Its id is its name.
    pub struct MetricAlarm {
        /// `AlarmDescription`: what is wrong when it fires, and what to do.
        update description: String,
        /// The one metric that is looked at; `None` where it is an expression.
        update metric: Option<Metric>,
        /// `Metrics`: the expression that is looked at; `None` where it is one metric.
        update math: Option<Math>,
        /// `ComparisonOperator`: `>`, `>=`, `<` or `<=`.
        update comparison: String,
        update threshold: Number,
        /// `DatapointsToAlarm`: so many of the last ones must be beyond the threshold.
        update datapoints: i32,
        /// `EvaluationPeriods`: how many are looked at.
        update evaluation_periods: i32,
        /// `TreatMissingData`: `breaching`, `notBreaching`, `ignore` or `missing`.
        update missing_data: String,
        /// `ActionsEnabled`: whether anybody is told.
        update actions_enabled: bool,
        /// `AlarmActions`: what is told when it fires.
        update alarm_actions: BTreeSet<Ref<Topic>>,
        /// `OKActions`: what is told when it is over.
        update ok_actions: BTreeSet<Ref<Topic>>,
        /// Set at creation, then left alone.
        initial tags: Tags,
    }
}

/// One metric, as an alarm looks at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// `AWS/RDS`
    pub namespace: String,
    pub name: String,
    /// Whose metric it is.
    pub dimensions: Open<Text>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile: `p99`.
    pub statistic: String,
    /// Seconds of one data point.
    pub period: i32,
}

/// An expression over metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Math {
    /// `100*errors/calls`
    pub expression: String,
    /// What the expression's words stand for.
    pub metrics: Open<Metric>,
}

/// A number that is written without a point where it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // All whole numbers below this one are exact.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT { s.serialize_i64(self.0 as i64) } else { s.serialize_f64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(Number)
    }
}

impl JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

pub(super) const ALARM: &str = "cloudwatch:{region}:{account}:alarm:infra/{stack}/*";
pub(super) const ALARMS: &[On] = &[On::Named(ALARM)];

impl Resource for MetricAlarm {
    const KIND: Kind = Kind::MetricAlarm;
    const SERVICE: Service = Service::CloudWatch;
    const TYPICAL: Typical = Typical::secs(1, 1, 1);
    const HINT: &'static [&'static str] = &["{metric.name} {comparison} {threshold}", "{math?formula} {comparison} {threshold}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::CloudWatch, "DescribeAlarms")],
        write: &[
            call(Service::CloudWatch, "DeleteAlarms", ALARMS),
            call(Service::CloudWatch, "PutMetricAlarm", ALARMS),
            needs(Service::CloudWatch, "PutMetricAlarm", "cloudwatch:TagResource", &[On::NewTags(ALARM)]),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[quota(Service::CloudWatch, "LimitExceeded", ("monitoring", ""), "Number of alarms")];

    fn example() -> Self {
        let free = Metric {
            namespace: "AWS/RDS".into(),
            name: "FreeStorageSpace".into(),
            dimensions: [("DBInstanceIdentifier".into(), Text::literal("shop"))].into(),
            statistic: "Minimum".into(),
            period: 60,
        };
        MetricAlarm {
            description: "The disk is almost full.".into(),
            metric: Some(free),
            math: None,
            comparison: "<".into(),
            threshold: Number(1024.0),
            datapoints: 5,
            evaluation_periods: 5,
            missing_data: "notBreaching".into(),
            actions_enabled: true,
            alarm_actions: [Ref::to(EXAMPLE)].into(),
            ok_actions: [Ref::to(EXAMPLE)].into(),
            tags: tags(),
        }
    }

    fn breaches(&self, me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, me)
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        Ok(wire::seen(cx, stack).await?.into_iter().filter_map(|seen| wire::read(stack, seen)).collect())
    }

    /// No other run and step makes an alarm of this name.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = marks::name(stamp);
        self.put(cx, links, &name, stamp, Some(stamp.tags(&self.tags))).await
    }

    /// A new address would need a new name, and an alarm keeps its name.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        live.keeps_name(stamp)?;
        self.put(cx, links, &live.id, stamp, None).await
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.cloudwatch().delete_alarms().alarm_names(&live.id);
        gone(cx.safe(Service::CloudWatch, "DeleteAlarms", async || request.clone().send().await).await)
    }
}
