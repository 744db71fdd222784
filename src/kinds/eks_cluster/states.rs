//! How a cluster gets from state to state, and what EKS refuses meanwhile.
use aws_sdk_eks::types::{Cluster, ClusterStatus, Update, UpdateStatus};

use super::super::managed::broken;
use super::*;

/// One cluster; `None` when there is none.
pub(super) async fn find(cx: &Clients, name: &str) -> Result<Option<Cluster>, CloudError> {
    let request = cx.eks().describe_cluster().name(name);
    let seen = present(cx.safe(Service::Eks, "DescribeCluster", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.cluster))
}

/// One cluster that must be there.
pub(super) async fn get(cx: &Clients, name: &str) -> Result<Cluster, CloudError> {
    find(cx, name).await?.ok_or_else(|| CloudError::new(Class::NotFound, "ResourceNotFoundException", format!("{name} is gone")))
}

/// Whether it is not on its way out.
pub(super) fn stays(seen: &Cluster) -> bool {
    seen.status() != Some(&ClusterStatus::Deleting)
}

/// Waits until a new cluster can be used.
pub(super) async fn made(cx: &Clients, name: &str) -> Result<Cluster, CloudError> {
    let look = async || {
        let Some(seen) = find(cx, name).await? else { return Ok(None) };
        match seen.status() {
            Some(ClusterStatus::Failed) => Err(broken(Service::Eks, "DescribeCluster", "FAILED", &issues(name, &seen))),
            Some(ClusterStatus::Active | ClusterStatus::Updating) => Ok(Some(seen)),
            _ => Ok(None),
        }
    };
    let told = async || find(cx, name).await.ok().flatten().map(|seen| issues(name, &seen));
    cx.policy.wait_saying(&format!("{name} to be active"), deadline(EksCluster::TYPICAL.create), look, told).await
}

/// What EKS says is wrong with a cluster (`ClusterHealth`).
fn issues(name: &str, seen: &Cluster) -> String {
    let status = seen.status().map_or("in no state", ClusterStatus::as_str);
    let found = seen.health().into_iter().flat_map(|h| h.issues());
    let found = found.map(|i| format!(": {} ({})", i.message().unwrap_or_default(), i.code().map_or("Other", |c| c.as_str())));
    format!("{name} is {status}{}", found.collect::<String>())
}

/// Sends a creation as soon as its roles are known everywhere: a new one takes a while for that. No code of its own tells that from any other wrong
/// parameter.
pub(in crate::kinds) async fn assumable<T>(cx: &Clients, send: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
    let unspread = |e: &CloudError| e.code == "InvalidParameterException" && e.message.to_lowercase().contains("role");
    patiently(cx, "the roles to be known to EKS", deadline(IamRole::TYPICAL.create), unspread, send).await
}

/// Sends a change as soon as no other is under way. What is refused for what is attached to the cluster doesn't pass by itself.
pub(super) async fn in_turn<T>(cx: &Clients, name: &str, send: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
    let busy = |e: &CloudError| e.code == "ResourceInUseException" && !e.message.contains("attached");
    patiently(cx, &format!("{name} to take the change"), deadline(EksCluster::TYPICAL.update), busy, send).await
}

/// Waits until an update of a cluster, or of an addon of it, is carried out (`DescribeUpdate`): their own states lag behind.
pub async fn carried_out(
    cx: &Clients,
    name: &str,
    addon: Option<&str>,
    update: Option<Update>,
    typical: Duration,
) -> Result<(), CloudError> {
    let id = update.and_then(|u| u.id).ok_or_else(|| CloudError::incomplete("UpdateClusterConfig", "update.id"))?;
    let request = cx.eks().describe_update().name(name).set_addon_name(addon.map(String::from)).update_id(&id);
    let look = async || {
        let seen = cx.safe(Service::Eks, "DescribeUpdate", async || request.clone().send().await).await?;
        let seen = seen.update.ok_or_else(|| CloudError::incomplete("DescribeUpdate", "update"))?;
        match seen.status() {
            Some(UpdateStatus::Successful) => Ok(Some(())),
            Some(status @ (UpdateStatus::Failed | UpdateStatus::Cancelled)) => Err(ended(&seen, status)),
            _ => Ok(None),
        }
    };
    cx.policy.wait(&format!("{name} to be changed"), deadline(typical), look).await
}

/// An update that came to nothing, in EKS's own words.
fn ended(seen: &Update, status: &UpdateStatus) -> CloudError {
    let errors = seen.errors().iter().map(|e| {
        let code = e.error_code().map_or("Unknown", |c| c.as_str());
        format!("{code}: {}", e.error_message().unwrap_or_default())
    });
    let said = errors.collect::<Vec<_>>().join("; ");
    broken(Service::Eks, "DescribeUpdate", status.as_str(), if said.is_empty() { "EKS says no reason" } else { &said })
}
