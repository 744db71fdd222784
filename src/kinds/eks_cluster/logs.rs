//! The log group that EKS writes to.
use super::*;

/// Its name, by the cluster's ("Send control plane logs to CloudWatch Logs" in the EKS user guide).
pub(super) fn group(cluster: &str) -> String {
    format!("/aws/eks/{cluster}/cluster")
}

/// How long the groups of the stack's clusters keep events, by their names.
pub(super) async fn kept(cx: &Clients, stack: &str) -> Result<BTreeMap<String, Option<i32>>, CloudError> {
    let request = cx.logs().describe_log_groups().log_group_name_prefix(format!("/aws/eks/{}", NAMES.start(stack))).limit(50);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::CloudWatchLogs, "DescribeLogGroups", send, |page| (page.log_groups, page.next_token)).await?;
    Ok(found.into_iter().filter_map(|group| Some((group.log_group_name?, group.retention_in_days))).collect())
}

/// Makes the group where there is none, and lets it keep events for so long.
pub(super) async fn keep(cx: &Clients, cluster: &str, days: Option<i32>, stamp: &Stamp, tags: &Tags) -> Result<(), CloudError> {
    let name = group(cluster);
    let request = cx.logs().create_log_group().log_group_name(&name).set_tags(Some(stamp.tags(tags).into_iter().collect()));
    match cx.safe(Service::CloudWatchLogs, "CreateLogGroup", async || request.clone().send().await).await {
        Err(e) if e.code != "ResourceAlreadyExistsException" => return Err(e),
        _ => {}
    }
    let Some(days) = days else {
        let request = cx.logs().delete_retention_policy().log_group_name(&name);
        return cx.safe(Service::CloudWatchLogs, "DeleteRetentionPolicy", async || request.clone().send().await).await.map(drop);
    };
    let request = cx.logs().put_retention_policy().log_group_name(&name).retention_in_days(days);
    cx.safe(Service::CloudWatchLogs, "PutRetentionPolicy", async || request.clone().send().await).await.map(drop)
}

/// Deletes the group with all that was logged.
pub(super) async fn delete(cx: &Clients, cluster: &str) -> Result<(), CloudError> {
    let request = cx.logs().delete_log_group().log_group_name(group(cluster));
    gone(cx.safe(Service::CloudWatchLogs, "DeleteLogGroup", async || request.clone().send().await).await)
}
