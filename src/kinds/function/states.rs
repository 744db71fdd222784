//! How a function gets from state to state, and what Lambda refuses meanwhile.
use std::cell::RefCell;

use aws_sdk_lambda::types::{FunctionConfiguration, LastUpdateStatus, State};

use super::*;

/// What Lambda says of another change that isn't over: `Pending` or `InProgress` (409).
const BUSY: &str = "ResourceConflictException";

/// Sends a write as soon as no other change of the function is under way, and its role is known everywhere: a new one takes a while for that.
pub(super) async fn in_turn<T>(cx: &Clients, name: &str, send: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
    patiently(cx, &format!("{name} to take the change"), deadline(Function::TYPICAL.update), |e| e.code == BUSY || unspread(e), send).await
}

/// Sends a creation as soon as its role is known everywhere.
pub(super) async fn assumable<T>(cx: &Clients, send: impl AsyncFn() -> Result<T, CloudError>) -> Result<T, CloudError> {
    patiently(cx, "the role to be assumable", deadline(Function::TYPICAL.update), unspread, send).await
}

/// A role, or what it may do, hasn't spread yet. No code of its own tells that from any other wrong parameter.
fn unspread(e: &CloudError) -> bool {
    e.code == "InvalidParameterValueException"
        && ["cannot be assumed by Lambda", "execution role does not have permissions"].iter().any(|said| e.message.contains(said))
}

/// Waits until a version, or `$LATEST`, can be called and changed. Its configuration then.
pub(super) async fn settled(cx: &Clients, name: &str, version: Option<&str>) -> Result<FunctionConfiguration, CloudError> {
    let request = cx.lambda().get_function().function_name(name).set_qualifier(version.map(String::from));
    let look = async || {
        let seen = cx.safe(Service::Lambda, "GetFunction", async || request.clone().send().await).await?;
        let seen = seen.configuration.ok_or_else(|| CloudError::incomplete("GetFunction", "Configuration"))?;
        let failed = |code: Option<&str>, why: Option<&str>| {
            let (code, why) = (code.unwrap_or("Failed"), why.unwrap_or("Lambda doesn't say why"));
            let class = if code.ends_with("LimitExceeded") || code == "SubnetOutOfIPAddresses" { Class::Quota } else { Class::Invalid };
            CloudError { service: Some(Service::Lambda), operation: "GetFunction".into(), ..CloudError::new(class, code, why) }
        };
        if seen.state == Some(State::Failed) {
            return Err(failed(seen.state_reason_code().map(|c| c.as_str()), seen.state_reason()));
        }
        if seen.last_update_status == Some(LastUpdateStatus::Failed) {
            return Err(failed(seen.last_update_status_reason_code().map(|c| c.as_str()), seen.last_update_status_reason()));
        }
        let moves = seen.state == Some(State::Pending) || seen.last_update_status == Some(LastUpdateStatus::InProgress);
        Ok((!moves).then_some(seen))
    };
    cx.policy.wait(&format!("{name} to settle"), deadline(Function::TYPICAL.create), look).await
}

/// What Lambda calls its network interfaces.
const INTERFACES: &str = "AWS Lambda VPC ENI*";

/// Waits until none of the network interfaces that Lambda made in the function's own security groups is left. Its successor has them, too, and so do all
/// functions in one group and subnet: as long as there is another, they stay, and so does what they hold.
pub(super) async fn released(cx: &Clients, live: &Live) -> Result<(), CloudError> {
    let groups: Vec<String> = live.points.iter().filter(|id| id.starts_with("sg-")).cloned().collect();
    let holds = |other: &Live| other.id != live.id && groups.iter().any(|group| other.points.contains(group));
    if groups.is_empty() || read::list(cx, &live.stamp.stack).await?.iter().any(holds) {
        return Ok(());
    }
    let filter = |name: &str, values: Vec<String>| aws_sdk_ec2::types::Filter::builder().name(name).set_values(Some(values)).build();
    let filters = vec![filter("group-id", groups), filter("description", vec![INTERFACES.into()])];
    let request = cx.ec2().describe_network_interfaces().set_filters(Some(filters));
    let left = RefCell::new(vec![]);
    let look = async || {
        let seen = cx.safe(Service::Ec2, "DescribeNetworkInterfaces", async || request.clone().send().await).await?;
        left.replace(seen.network_interfaces.into_iter().flatten().filter_map(|i| i.network_interface_id).collect());
        Ok(left.borrow().is_empty().then_some(()))
    };
    let why = async || Some(left.borrow().join(", ")).filter(|ids| !ids.is_empty());
    let what = format!("Lambda to let go the network interfaces of {}", live.id);
    half(cx.policy.wait_saying(&what, deadline(Function::TYPICAL.delete), look, why).await)
}
