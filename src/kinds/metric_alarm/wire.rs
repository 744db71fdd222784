//! An alarm as CloudWatch says it, and as it is asked for.
use aws_sdk_cloudwatch::types::{
    ComparisonOperator, Dimension, Metric as Named, MetricAlarm as Seen, MetricDataQuery, MetricStat, Statistic, Tag,
};

use super::*;

/// The expression's own name among its metrics.
const RESULT: &str = "result";

const OPERATORS: &[(&str, ComparisonOperator)] = &[
    (">", ComparisonOperator::GreaterThanThreshold),
    (">=", ComparisonOperator::GreaterThanOrEqualToThreshold),
    ("<", ComparisonOperator::LessThanThreshold),
    ("<=", ComparisonOperator::LessThanOrEqualToThreshold),
];

/// A comparison as the API names it; what is none of ours stands as itself.
pub(super) fn operator(sign: &str) -> ComparisonOperator {
    let known = OPERATORS.iter().find(|(known, _)| *known == sign);
    known.map_or_else(|| ComparisonOperator::from(sign), |(_, operator)| operator.clone())
}

fn sign(operator: &ComparisonOperator) -> String {
    let known = OPERATORS.iter().find(|(_, known)| known == operator);
    known.map_or_else(|| operator.as_str(), |(sign, _)| sign).to_owned()
}

impl MetricAlarm {
    /// `PutMetricAlarm` with every field; tags are taken at the creation alone.
    pub(super) async fn put(&self, cx: &Clients, links: &Links, name: &str, stamp: &Stamp, tags: Option<Tags>) -> Result<Live, CloudError> {
        let tags = tags.map(|tags| tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect());
        let request = cx
            .cloudwatch()
            .put_metric_alarm()
            .alarm_name(name)
            .alarm_description(marks::described(&self.description, stamp))
            .actions_enabled(self.actions_enabled)
            .set_alarm_actions(Some(links.all(&self.alarm_actions)?.into_iter().collect()))
            .set_ok_actions(Some(links.all(&self.ok_actions)?.into_iter().collect()))
            .comparison_operator(operator(&self.comparison))
            .threshold(self.threshold.0)
            .datapoints_to_alarm(self.datapoints)
            .evaluation_periods(self.evaluation_periods)
            .treat_missing_data(&self.missing_data)
            .set_tags(tags);
        let request = match (&self.metric, &self.math) {
            (Some(metric), _) => {
                let plain = Some(Statistic::from(metric.statistic.as_str())).filter(|s| Statistic::values().contains(&s.as_str()));
                let extended = plain.is_none().then(|| metric.statistic.clone());
                request
                    .namespace(&metric.namespace)
                    .metric_name(&metric.name)
                    .set_dimensions(Some(dimensions(metric, links)?))
                    .set_statistic(plain)
                    .set_extended_statistic(extended)
                    .period(metric.period)
            }
            (None, Some(math)) => request.set_metrics(Some(queries(math, links)?)),
            (None, None) => return Err(CloudError::bug("an alarm looks at something")),
        };
        cx.safe(Service::CloudWatch, "PutMetricAlarm", async || request.clone().send().await).await?;
        Live::made(name, self.clone(), stamp, links)
    }
}

/// The expression, and then its metrics.
fn queries(math: &Math, links: &Links) -> Result<Vec<MetricDataQuery>, CloudError> {
    let result = MetricDataQuery::builder().id(RESULT).expression(&math.expression).return_data(true).build();
    let one = |(id, metric): (&String, &Metric)| {
        let named = Named::builder().namespace(&metric.namespace).metric_name(&metric.name);
        let named = named.set_dimensions(Some(dimensions(metric, links)?)).build();
        let stat = MetricStat::builder().metric(named).period(metric.period).stat(&metric.statistic).build();
        Ok::<_, CloudError>(MetricDataQuery::builder().id(id).metric_stat(stat).return_data(false).build())
    };
    [Ok(result)].into_iter().chain(math.metrics.iter().map(one)).collect()
}

fn dimensions(metric: &Metric, links: &Links) -> Result<Vec<Dimension>, CloudError> {
    let one = |(name, value): (&String, &Text)| Ok::<_, CloudError>(Dimension::builder().name(name).value(value.resolve(links)?).build());
    metric.dimensions.iter().map(one).collect()
}

fn read_dimensions(seen: Option<Vec<Dimension>>) -> Open<Text> {
    let pair = |d: Dimension| Some((d.name?, Text::literal(d.value?)));
    seen.into_iter().flatten().filter_map(pair).collect()
}

/// All alarms whose names begin as the stack's do.
pub(super) async fn seen(cx: &Clients, stack: &str) -> Result<Vec<Seen>, CloudError> {
    let request = cx.cloudwatch().describe_alarms().alarm_name_prefix(marks::prefix(stack)).max_records(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::CloudWatch, "DescribeAlarms", send, |page| (page.metric_alarms, page.next_token)).await
}

/// An alarm that was read; `None` when it isn't the stack's.
pub(super) fn read(stack: &str, seen: Seen) -> Option<Live> {
    let name = seen.alarm_name?;
    let (description, stamp) = marks::read(Kind::MetricAlarm, stack, &name, &seen.alarm_description.unwrap_or_default())?;
    let queries = seen.metrics.unwrap_or_default();
    let metric = seen.metric_name.map(|metric| Metric {
        namespace: seen.namespace.unwrap_or_default(),
        name: metric,
        dimensions: read_dimensions(seen.dimensions),
        statistic: seen.statistic.map(|s| s.as_str().to_owned()).or(seen.extended_statistic).unwrap_or_default(),
        period: seen.period.unwrap_or_default(),
    });
    let topics = |actions: Option<Vec<String>>| actions.into_iter().flatten().map(Ref::to).collect();
    let alarm = MetricAlarm {
        description,
        metric,
        math: math(queries),
        comparison: seen.comparison_operator.as_ref().map(sign).unwrap_or_default(),
        threshold: Number(seen.threshold.unwrap_or_default()),
        datapoints: seen.datapoints_to_alarm.or(seen.evaluation_periods).unwrap_or_default(),
        evaluation_periods: seen.evaluation_periods.unwrap_or_default(),
        missing_data: seen.treat_missing_data.unwrap_or_else(|| "missing".into()),
        actions_enabled: seen.actions_enabled.unwrap_or_default(),
        alarm_actions: topics(seen.alarm_actions),
        ok_actions: topics(seen.ok_actions),
        tags: Tags::new(),
    };
    Some(Live::found(name, alarm, stamp))
}

/// The expression that is looked at, where there is one.
fn math(queries: Vec<MetricDataQuery>) -> Option<Math> {
    let expression = queries.iter().find(|q| q.return_data() != Some(false)).and_then(|q| q.expression())?.to_owned();
    let one = |query: MetricDataQuery| {
        let stat = query.metric_stat?;
        let metric = stat.metric?;
        let read = Metric {
            namespace: metric.namespace.unwrap_or_default(),
            name: metric.metric_name.unwrap_or_default(),
            dimensions: read_dimensions(metric.dimensions),
            statistic: stat.stat.unwrap_or_default(),
            period: stat.period.unwrap_or_default(),
        };
        Some((query.id?, read))
    };
    Some(Math { expression, metrics: queries.into_iter().filter_map(one).collect() })
}
