//! Instances of a function that are there before they are called: of its alias, whatever version that points to.
use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum as Status;

use super::*;

/// How long they usually take ("Configuring provisioned concurrency": a minute or two).
const TAKES: Duration = Duration::from_secs(120);

/// How many there are to be, and how far that is; `None` for none.
async fn shown(cx: &Clients, name: &str) -> Result<Option<(i32, Option<Status>, String)>, CloudError> {
    let request = cx.lambda().get_provisioned_concurrency_config().function_name(name).qualifier(LIVE);
    let seen = present(cx.safe(Service::Lambda, "GetProvisionedConcurrencyConfig", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| Some((seen.requested_provisioned_concurrent_executions?, seen.status, seen.status_reason.unwrap_or_default()))))
}

/// How many there are to be. Where they could not be made it is zero, which nobody can ask for: so they are asked for again, or given up.
pub(super) async fn read(cx: &Clients, name: &str) -> Result<Option<i32>, CloudError> {
    Ok(shown(cx, name).await?.map(|(calls, status, _)| if status == Some(Status::Failed) { 0 } else { calls }))
}

impl Function {
    /// Asks for as many as are wanted, and waits until they are there.
    pub(super) async fn provide(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        let now = read(cx, name).await?;
        match self.provisioned_concurrency {
            Some(calls) => {
                if now != Some(calls) {
                    let request = cx.lambda().put_provisioned_concurrency_config().function_name(name).qualifier(LIVE);
                    let request = request.provisioned_concurrent_executions(calls);
                    let send =
                        async || cx.safe(Service::Lambda, "PutProvisionedConcurrencyConfig", async || request.clone().send().await).await;
                    states::in_turn(cx, name, send).await?;
                }
                half(ready(cx, name).await)
            }
            None if now.is_some() => {
                let request = cx.lambda().delete_provisioned_concurrency_config().function_name(name).qualifier(LIVE);
                gone(cx.safe(Service::Lambda, "DeleteProvisionedConcurrencyConfig", async || request.clone().send().await).await)
            }
            None => Ok(()),
        }
    }
}

async fn ready(cx: &Clients, name: &str) -> Result<(), CloudError> {
    let look = async || match shown(cx, name).await? {
        Some((_, Some(Status::Failed), why)) => {
            Err(CloudError { service: Some(Service::Lambda), ..CloudError::new(Class::Quota, "ProvisionedConcurrencyFailed", why) })
        }
        Some((_, Some(Status::Ready), _)) => Ok(Some(())),
        _ => Ok(None),
    };
    cx.policy.wait(&format!("the provisioned concurrency of {name}"), deadline(TAKES), look).await
}
