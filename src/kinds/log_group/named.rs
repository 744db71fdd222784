//! Log groups that a service names itself. It makes them without a retention where they are missing, so that they are made while it is busy with what writes there.
use super::*;

/// How long the groups whose names begin so keep events, by their names.
pub(in crate::kinds) async fn kept(cx: &Clients, prefix: &str) -> Result<BTreeMap<String, Option<i32>>, CloudError> {
    let request = cx.logs().describe_log_groups().log_group_name_prefix(prefix).limit(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::CloudWatchLogs, "DescribeLogGroups", send, |page| (page.log_groups, page.next_token)).await?;
    Ok(found.into_iter().filter_map(|group| Some((group.log_group_name?, group.retention_in_days))).collect())
}

/// Makes the group where there is none, and lets it keep events for so long.
pub(in crate::kinds) async fn keep(cx: &Clients, name: &str, days: Option<i32>, stamp: &Stamp, tags: &Tags) -> Result<(), CloudError> {
    let request = cx.logs().create_log_group().log_group_name(name).set_tags(Some(stamp.tags(tags).into_iter().collect()));
    match cx.safe(Service::CloudWatchLogs, "CreateLogGroup", async || request.clone().send().await).await {
        Err(e) if e.code != "ResourceAlreadyExistsException" => Err(e),
        _ => retain(cx, name, days).await,
    }
}

/// Deletes the group with all that was logged.
pub(in crate::kinds) async fn delete(cx: &Clients, name: &str) -> Result<(), CloudError> {
    let request = cx.logs().delete_log_group().log_group_name(name);
    gone(cx.safe(Service::CloudWatchLogs, "DeleteLogGroup", async || request.clone().send().await).await)
}

/// Lets a group keep events for so long; `None` for ever.
pub(super) async fn retain(cx: &Clients, name: &str, days: Option<i32>) -> Result<(), CloudError> {
    let Some(days) = days else {
        let request = cx.logs().delete_retention_policy().log_group_name(name);
        return cx.safe(Service::CloudWatchLogs, "DeleteRetentionPolicy", async || request.clone().send().await).await.map(drop);
    };
    let request = cx.logs().put_retention_policy().log_group_name(name).retention_in_days(days);
    cx.safe(Service::CloudWatchLogs, "PutRetentionPolicy", async || request.clone().send().await).await.map(drop)
}
