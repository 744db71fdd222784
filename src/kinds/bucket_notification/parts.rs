//! The parts of a bucket's configuration: read and written as a whole, others' as they are.
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, LambdaFunctionConfiguration, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
};

use super::*;

/// `Events` of every object that comes, and of every one that goes.
pub const CREATED: &str = "s3:ObjectCreated:*";
pub const REMOVED: &str = "s3:ObjectRemoved:*";

/// All that a bucket tells.
#[derive(Default)]
pub(super) struct All {
    pub functions: Vec<LambdaFunctionConfiguration>,
    topics: Vec<TopicConfiguration>,
    queues: Vec<QueueConfiguration>,
    bus: Option<EventBridgeConfiguration>,
}

pub(super) async fn all(cx: &Clients, bucket: &str) -> Result<All, CloudError> {
    let request = cx.s3().get_bucket_notification_configuration().bucket(bucket);
    let seen = cx.safe(Service::S3, "GetBucketNotificationConfiguration", async || request.clone().send().await).await?;
    Ok(All {
        functions: seen.lambda_function_configurations.unwrap_or_default(),
        topics: seen.topic_configurations.unwrap_or_default(),
        queues: seen.queue_configurations.unwrap_or_default(),
        bus: seen.event_bridge_configuration,
    })
}

/// Writes the stack's own parts beside others'.
pub(super) async fn write(cx: &Clients, bucket: &str, stack: &str, wanted: Vec<LambdaFunctionConfiguration>) -> Result<(), CloudError> {
    let All { functions, topics, queues, bus } = all(cx, bucket).await?;
    let theirs = functions.into_iter().filter(|part| own(part, stack).is_none());
    let configuration = NotificationConfiguration::builder()
        .set_lambda_function_configurations(Some(theirs.chain(wanted).collect()))
        .set_topic_configurations(Some(topics))
        .set_queue_configurations(Some(queues))
        .set_event_bridge_configuration(bus)
        .build();
    let request = cx.s3().put_bucket_notification_configuration().bucket(bucket).notification_configuration(configuration);
    cx.safe(Service::S3, "PutBucketNotificationConfiguration", async || request.clone().send().await).await.map(drop)
}

/// One part as S3 takes it. Its `Id` is the stamp as one line, and its name.
pub(super) fn part(key: &str, told: &Told, arn: &str, stamp: &Stamp) -> Result<LambdaFunctionConfiguration, CloudError> {
    let rule = |name: FilterRuleName, value: &str| FilterRule::builder().name(name).value(value).build();
    let filters = [(FilterRuleName::Prefix, &told.prefix), (FilterRuleName::Suffix, &told.suffix)];
    let filters: Vec<FilterRule> =
        filters.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| rule(name, value)).collect();
    let filter = (!filters.is_empty())
        .then(|| NotificationConfigurationFilter::builder().key(S3KeyFilter::builder().set_filter_rules(Some(filters)).build()).build());
    LambdaFunctionConfiguration::builder()
        .id(format!("{} {key}", stamp.line()))
        .lambda_function_arn(arn)
        .set_events(Some(told.events.iter().map(|e| Event::from(e.as_str())).collect()))
        .set_filter(filter)
        .build()
        .map_err(|e| CloudError::bug(e.to_string()))
}

/// A part of the stack's, read back: the stamp, its name, the function's ARN, and what it says.
pub(super) fn own(part: &LambdaFunctionConfiguration, stack: &str) -> Option<(Stamp, String, String, Told)> {
    let (line, key) = part.id()?.rsplit_once(' ')?;
    let stamp = Stamp::from_line(stack, line).filter(|s| s.address.kind == Kind::BucketNotification)?;
    let rules = part.filter().and_then(|f| f.key()).map(|k| k.filter_rules()).unwrap_or_default();
    // S3 shows the names of filters in another case than it takes them.
    let filter = |name: &str| {
        let rule = rules.iter().find(|r| r.name().is_some_and(|n| n.as_str().eq_ignore_ascii_case(name)));
        rule.and_then(|r| r.value()).unwrap_or_default().to_owned()
    };
    let arn = part.lambda_function_arn().to_owned();
    let function = permission::called(&arn).unwrap_or(&arn).to_owned();
    let events = part.events().iter().map(|e| e.as_str().to_owned()).collect();
    Some((stamp, key.to_owned(), arn, Told { function: Ref::to(function), events, prefix: filter("prefix"), suffix: filter("suffix") }))
}
