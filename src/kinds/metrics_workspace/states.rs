//! How a workspace gets from state to state.
use aws_sdk_amp::types::{WorkspaceConfigurationDescription, WorkspaceStatusCode, WorkspaceSummary};

use super::super::managed::broken;
use super::*;
use crate::model::digest;

/// Whether a workspace is not on its way out.
pub(super) fn stays(seen: &WorkspaceSummary) -> bool {
    seen.status().is_none_or(|status| status.status_code() != &WorkspaceStatusCode::Deleting)
}

/// Whether what was asked for is in force. Errors: it came to nothing, for a reason.
pub(super) fn in_force(operation: &str, status: &str, reason: Option<&str>) -> Result<bool, CloudError> {
    match status {
        "ACTIVE" => Ok(true),
        failed if failed.ends_with("_FAILED") => Err(broken(Service::Amp, operation, failed, reason.unwrap_or("AWS says no reason"))),
        _ => Ok(false),
    }
}

/// Sends a change as soon as none is under way: until then the service refuses it as a conflict.
pub(super) async fn in_turn<T>(cx: &Clients, id: &str, send: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
    let busy = |e: &CloudError| e.code == "ConflictException";
    patiently(cx, &format!("{id} to take the change"), deadline(MetricsWorkspace::TYPICAL.update), busy, send).await
}

/// A client token of one step's request that says this. The way back says something else, and so has another.
pub(super) fn token(stamp: &Stamp, what: &str) -> String {
    digest(&(&stamp.run, stamp.step, what))[..32].to_owned()
}

async fn status(cx: &Clients, id: &str) -> Result<Option<String>, CloudError> {
    let request = cx.amp().describe_workspace().workspace_id(id);
    let seen = present(cx.safe(Service::Amp, "DescribeWorkspace", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| Some(seen.workspace?.status?.status_code.as_str().to_owned())))
}

/// Waits until a new workspace can be used.
pub(super) async fn made(cx: &Clients, id: &str) -> Result<(), CloudError> {
    let look = async || {
        let Some(status) = status(cx, id).await? else { return Ok(None) };
        Ok(in_force("DescribeWorkspace", &status, None)?.then_some(()))
    };
    cx.policy.wait(&format!("{id} to be active"), deadline(MetricsWorkspace::TYPICAL.create), look).await
}

async fn configuration(cx: &Clients, id: &str) -> Result<Option<WorkspaceConfigurationDescription>, CloudError> {
    let request = cx.amp().describe_workspace_configuration().workspace_id(id);
    let seen = present(cx.safe(Service::Amp, "DescribeWorkspaceConfiguration", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| seen.workspace_configuration))
}

/// For how many days a workspace keeps what is measured.
pub(super) async fn retention(cx: &Clients, id: &str) -> Result<i32, CloudError> {
    Ok(configuration(cx, id).await?.and_then(|seen| seen.retention_period_in_days).unwrap_or_default())
}

/// Keeps what is measured for so many days from now on.
pub(super) async fn retain(cx: &Clients, id: &str, days: i32, stamp: &Stamp) -> Result<(), CloudError> {
    if retention(cx, id).await? == days {
        return Ok(());
    }
    let request = cx.amp().update_workspace_configuration().workspace_id(id).retention_period_in_days(days);
    let request = request.client_token(token(stamp, &format!("{days} days")));
    let send = async || cx.safe(Service::Amp, "UpdateWorkspaceConfiguration", async || request.clone().send().await).await;
    in_turn(cx, id, send).await?;
    let look = async || {
        let Some(seen) = configuration(cx, id).await? else { return Ok(None) };
        let Some(status) = seen.status() else { return Ok(None) };
        let done = in_force("DescribeWorkspaceConfiguration", status.status_code().as_str(), status.status_reason())?;
        Ok((done && seen.retention_period_in_days == Some(days)).then_some(()))
    };
    cx.policy.wait(&format!("{id} to be configured"), deadline(MetricsWorkspace::TYPICAL.update), look).await
}

/// Deletes a workspace, and waits until it is gone.
pub(super) async fn delete(cx: &Clients, id: &str) -> Result<(), CloudError> {
    let Some(seen) = status(cx, id).await? else { return Ok(()) };
    if seen != WorkspaceStatusCode::Deleting.as_str() {
        let request = cx.amp().delete_workspace().workspace_id(id);
        let send = async || gone(cx.safe(Service::Amp, "DeleteWorkspace", async || request.clone().send().await).await);
        in_turn(cx, id, send).await?;
    }
    let look = async || Ok(status(cx, id).await?.is_none().then_some(()));
    half(cx.policy.wait(&format!("{id} to be gone"), deadline(MetricsWorkspace::TYPICAL.delete), look).await)
}
