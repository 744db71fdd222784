//! Where logs are kept, and what is counted in them.
mod filter;
pub(super) mod named;
pub mod pattern;

use super::calls::{On, call, needs, reads};
use super::example::tags;
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, Word, block, is, known, made, made_each, of, one, own, via};
use super::*;
use crate::canon::Open;
use crate::diag::Code;
use crate::model::Tags;
use futures_util::future::try_join_all;

pub use filter::MetricFilter;

object! {
    /// `AWS::Logs::LogGroup`. Its name is its stamp, `/infra/STACK/NAME/RUN-STEP`: so one request lists them all, without one for tags each.
    pub struct LogGroup {
        /// `RetentionInDays`, one of the API's steps (1, 3, 5, 7, 14, 30, 60, 90, …, 3653); `None` keeps events for ever.
        update(data) retention_days: Option<i32>,
        /// Metric filters by name, 100 at most; on AWS a name begins with `infra/`. Filters of other names, which others have made, stay as they are.
        update metric_filters: Open<MetricFilter>,
        /// Set at creation, then left alone.
        initial tags: Tags,
    }
}

impl Resource for LogGroup {
    const KIND: Kind = Kind::LogGroup;
    const SERVICE: Service = Service::CloudWatchLogs;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(2, 1, 2);
    const HINT: &'static [&'static str] = &["kept {retention_days} days", "metric filters {metric_filters#}"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::CloudWatchLogs, "DescribeLogGroups"), reads(Service::CloudWatchLogs, "DescribeMetricFilters")],
        write: &[
            call(Service::CloudWatchLogs, "CreateLogGroup", &[On::New(LOG_GROUP)]),
            needs(Service::CloudWatchLogs, "CreateLogGroup", "logs:TagResource", &[On::NewTags(LOG_GROUP)]),
            call(Service::CloudWatchLogs, "DeleteLogGroup", LOG_GROUPS),
            call(Service::CloudWatchLogs, "DeleteMetricFilter", LOG_GROUPS),
            call(Service::CloudWatchLogs, "DeleteRetentionPolicy", LOG_GROUPS),
            call(Service::CloudWatchLogs, "PutMetricFilter", LOG_GROUPS),
            call(Service::CloudWatchLogs, "PutRetentionPolicy", LOG_GROUPS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[
        made(
            "aws_cloudwatch_log_group",
            &[
                known("arn", "arn:${partition}:logs:${region}:${account}:log-group:${id}"),
                ID,
                is("log_group_class", Word::Text("STANDARD")),
                NAME,
                REGION,
                of("retention_in_days", "retention_days"),
                is("skip_destroy", Word::No),
                TAGS,
                TAGS_ALL,
            ],
        ),
        made_each(
            "aws_cloudwatch_log_metric_filter",
            "metric_filters",
            &[
                own("log_group_name", "name"),
                block(
                    "metric_transformation",
                    &[
                        via("default_value", "@.default", |v| v.as_f64().map(|number| number.to_string()).into()),
                        of("name", "@.metric"),
                        of("namespace", "@.namespace"),
                        is("unit", Word::Text("None")),
                        of("value", "@.value"),
                    ],
                ),
                known("name", "infra/${key}"),
                of("pattern", "@.pattern"),
                REGION,
            ],
        ),
    ]);
    const QUOTAS: &'static [Quota] =
        &[quota(Service::CloudWatchLogs, "LimitExceededException", ("logs", ""), "Log groups").of("CreateLogGroup")];

    fn example() -> Self {
        let errors = MetricFilter {
            pattern: "{ $.level = \"error\" }".into(),
            metric: "log_group.x.errors".into(),
            namespace: "infra/example".into(),
            value: "1".into(),
            default: Some(0.0),
        };
        LogGroup { retention_days: Some(30), metric_filters: [("errors".into(), errors)].into(), tags: tags() }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let days = self.retention_days.and_then(|days| retention("retention_days", days));
        days.into_iter().chain(filter::breaches(&self.metric_filters)).collect()
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.logs().describe_log_groups().log_group_name_prefix(prefix(stack)).limit(50);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::CloudWatchLogs, "DescribeLogGroups", send, |page| (page.log_groups, page.next_token)).await?;
        let ours = found.into_iter().filter_map(|group| {
            let name = group.log_group_name.clone()?;
            Some((stamp(stack, &name)?, name, group))
        });
        let live = ours.map(async |(stamp, name, group)| {
            let metric_filters = if group.metric_filter_count == Some(0) { Open::new() } else { filter::list(cx, &name).await? };
            Ok(Live::found(name, LogGroup { retention_days: group.retention_in_days, metric_filters, tags: Tags::new() }, stamp))
        });
        try_join_all(live).await
    }

    /// The name answers definitely whether a lost request has arrived: no other run and step makes it.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = format!("{}{}/{}-{}", prefix(&stamp.stack), stamp.address.name, stamp.run, stamp.step);
        let request = cx.logs().create_log_group().log_group_name(&name).set_tags(Some(stamp.tags(&self.tags).into_iter().collect()));
        match cx.safe(Service::CloudWatchLogs, "CreateLogGroup", async || request.clone().send().await).await {
            Err(e) if e.code != "ResourceAlreadyExistsException" => return Err(e),
            _ => {}
        }
        half(named::retain(cx, &name, self.retention_days).await)?;
        half(filter::write(cx, &name, &Open::new(), &self.metric_filters).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    /// A new address would need a new name, and a log group keeps its name.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        live.keeps_name(stamp)?;
        let old: Self = live.of()?;
        if self.retention_days != old.retention_days {
            named::retain(cx, &live.id, self.retention_days).await?;
        }
        half(filter::write(cx, &live.id, &old.metric_filters, &self.metric_filters).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        named::delete(cx, &live.id).await
    }
}

const LOG_GROUP: &str = "logs:{region}:{account}:log-group:/infra/{stack}/*";
const LOG_GROUPS: &[On] = &[On::Named(LOG_GROUP)];

/// Days that CloudWatch Logs keeps events (AWS: `retentionInDays`).
pub const KEPT: &[u64] = &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// A number of days that the service takes.
pub(super) fn retention(attribute: &str, days: i32) -> Option<Breach> {
    let taken = u64::try_from(days).is_ok_and(|days| KEPT.contains(&days));
    let breach = || {
        let message = format!("CloudWatch Logs doesn't keep events for {days} days");
        let near = KEPT.iter().find(|kept| i64::try_from(**kept).is_ok_and(|kept| kept >= days.into())).unwrap_or(&3653);
        Breach::new(Code::OutOfRange, attribute, message, format!("the nearest that it takes is {near}"))
    };
    (!taken).then(breach)
}

fn prefix(stack: &str) -> String {
    format!("/infra/{stack}/")
}

/// The stamp in a name; its digest is not kept.
fn stamp(stack: &str, name: &str) -> Option<Stamp> {
    let (address, made) = name.strip_prefix(&prefix(stack))?.rsplit_once('/')?;
    let (run, step) = made.rsplit_once('-')?;
    Some(Stamp {
        stack: stack.into(),
        address: Address::new(Kind::LogGroup, address),
        run: run.into(),
        step: step.parse().ok()?,
        identity: String::new(),
        digest: String::new(),
    })
}
