//! The log groups that RDS writes to.
use super::*;

/// The name of the group of one log ("Publishing database logs to Amazon CloudWatch Logs" in the RDS user guide).
fn group(instance: &str, log: &str) -> String {
    format!("/aws/rds/instance/{instance}/{log}")
}

/// How long the logs of a stack's databases are kept, by their groups' names.
pub(super) async fn kept(cx: &Clients, stack: &str) -> Result<BTreeMap<String, Option<i32>>, CloudError> {
    named::kept(cx, &format!("/aws/rds/instance/{}", NAMES.start(stack))).await
}

/// For how many days the logs of an instance are kept: for ever as soon as one is, or is to be made by RDS, else as long as the one that is kept shortest.
pub(super) fn days(kept: &BTreeMap<String, Option<i32>>, instance: &str, logs: &BTreeSet<String>) -> Option<i32> {
    let each = logs.iter().map(|log| kept.get(&group(instance, log)).copied().flatten());
    each.collect::<Option<Vec<i32>>>()?.into_iter().min()
}

impl DbInstance {
    /// Makes a group for each log before RDS does, and lets it keep events for so long.
    pub(super) async fn keep_logs(&self, cx: &Clients, id: &str, stamp: &Stamp) -> Result<(), CloudError> {
        for log in &self.log_exports {
            named::keep(cx, &group(id, log), self.log_retention_days, stamp, &self.tags).await?;
        }
        Ok(())
    }
}

/// Deletes all logs of an instance, also those that it has ceased to export.
pub(super) async fn delete(cx: &Clients, instance: &str) -> Result<(), CloudError> {
    for group in named::kept(cx, &group(instance, "")).await?.into_keys() {
        named::delete(cx, &group).await?;
    }
    Ok(())
}
