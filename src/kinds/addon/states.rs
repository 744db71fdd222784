//! How an addon gets from state to state, and what EKS refuses meanwhile.
use aws_sdk_eks::types::AddonStatus;

use super::super::managed::broken;
use super::*;

pub(super) use aws_sdk_eks::types::Addon as Seen;

/// Another change of the cluster or of the addon is under way, or there is an addon of that name.
pub(super) const BUSY: &str = "ResourceInUseException";

/// The state of one that couldn't be installed.
pub(super) const FAILED: &str = "CREATE_FAILED";

/// All its tags.
pub(super) fn all_tags(seen: &Seen) -> Tags {
    seen.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// One addon; `None` when there is none, or no such cluster.
pub(super) async fn find(cx: &Clients, cluster: &str, name: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.eks().describe_addon().cluster_name(cluster).addon_name(name);
    let seen = present(cx.safe(Service::Eks, "DescribeAddon", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| seen.addon))
}

/// One addon that must be there.
pub(super) async fn get(cx: &Clients, cluster: &str, name: &str) -> Result<Seen, CloudError> {
    let gone = || CloudError::new(Class::NotFound, "ResourceNotFoundException", format!("{cluster}/{name} is gone"));
    find(cx, cluster, name).await?.ok_or_else(gone)
}

/// Whether it is not on its way out.
pub(super) fn stays(seen: &Seen) -> bool {
    seen.status() != Some(&AddonStatus::Deleting)
}

/// Sends a change as soon as no other of the cluster is under way.
pub(super) async fn in_turn<T>(cx: &Clients, cluster: &str, send: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
    let busy = |e: &CloudError| e.code == BUSY;
    patiently(cx, &format!("{cluster} to take the change"), deadline(Addon::TYPICAL.update), busy, send).await
}

/// Waits until an addon runs. One that is `DEGRADED` goes on by itself, when there are nodes for its pods.
pub(super) async fn made(cx: &Clients, cluster: &str, name: &str) -> Result<Seen, CloudError> {
    let look = async || {
        let Some(seen) = find(cx, cluster, name).await? else { return Ok(None) };
        match seen.status() {
            Some(AddonStatus::Active) => Ok(Some(seen)),
            Some(status @ (AddonStatus::CreateFailed | AddonStatus::UpdateFailed | AddonStatus::DeleteFailed)) => {
                Err(broken(Service::Eks, "DescribeAddon", status.as_str(), &told(&seen)))
            }
            _ => Ok(None),
        }
    };
    let why = async || find(cx, cluster, name).await.ok().flatten().map(|seen| told(&seen));
    cx.policy.wait_saying(&format!("{cluster}/{name} to be active"), deadline(Addon::TYPICAL.create), look, why).await
}

/// Deletes it with what it has installed. Returns when it is gone.
pub(super) async fn remove(cx: &Clients, cluster: &str, name: &str) -> Result<(), CloudError> {
    let request = cx.eks().delete_addon().cluster_name(cluster).addon_name(name);
    let delete = async || gone(cx.safe(Service::Eks, "DeleteAddon", async || request.clone().send().await).await);
    in_turn(cx, cluster, delete).await?;
    half(left(cx, cluster, name).await)
}

/// Waits until there is none.
async fn left(cx: &Clients, cluster: &str, name: &str) -> Result<(), CloudError> {
    let look = async || match find(cx, cluster, name).await? {
        Some(seen) if seen.status() == Some(&AddonStatus::DeleteFailed) => {
            Err(broken(Service::Eks, "DescribeAddon", AddonStatus::DeleteFailed.as_str(), &told(&seen)))
        }
        seen => Ok(seen.is_none().then_some(())),
    };
    cx.policy.wait(&format!("{cluster}/{name} to be gone"), deadline(Addon::TYPICAL.delete), look).await
}

/// Its state, and what EKS says is wrong with it (`AddonHealth`).
fn told(seen: &Seen) -> String {
    let status = seen.status().map_or("in no state", AddonStatus::as_str);
    let found = seen.health().into_iter().flat_map(|h| h.issues());
    let found = found.map(|i| format!(": {} ({})", i.message().unwrap_or_default(), i.code().map_or("Other", |c| c.as_str())));
    format!("{status}{}", found.collect::<String>())
}

pub(super) fn sign(seen: &Seen) -> Sign {
    let Sign { level, .. } = serving(seen.status().map_or("", AddonStatus::as_str));
    Sign::new(level, told(seen))
}

/// How an addon fares, by its state (`AddonStatus`): it serves while it is changed, and in part where it is degraded.
pub(super) fn serving(state: &str) -> Sign {
    Sign::state(state, &["ACTIVE", "UPDATING"], &["CREATING", "DEGRADED", "DELETING", "UPDATE_FAILED"])
}
