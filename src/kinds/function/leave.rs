//! What a function leaves behind where it stood: an older version, by which a change is taken back until nothing can fail any more, and the network
//! interfaces that Lambda made for that version. They hold the security group and the subnets.
use std::cell::RefCell;

use aws_sdk_ec2::types::Filter;
use futures_util::future::try_join_all;

use super::*;

/// What Lambda calls its network interfaces; the function's name follows.
const INTERFACES: &str = "AWS Lambda VPC ENI-";

/// Sends the deletion of a security group or a subnet, which `filter` is the name of among filters of network interfaces. Where interfaces of the stack's
/// functions stand in its way, the versions that need them go, and it is sent again when Lambda has let go the interfaces.
pub(crate) async fn left(
    cx: &Clients,
    live: &Live,
    filter: &str,
    send: impl AsyncFn() -> Result<(), CloudError>,
) -> Result<(), CloudError> {
    let refusal = match send().await {
        Err(e) if e.class == Class::Conflict => e,
        other => return other,
    };
    let own = interfaces(cx, live, filter).await.unwrap_or_default();
    if own.is_empty() || !versions_gone(cx, live).await? {
        return Err(refusal);
    }
    let still = RefCell::new(vec![]);
    let look = async || {
        still.replace(interfaces(cx, live, filter).await?);
        Ok(still.borrow().is_empty().then_some(()))
    };
    let why = async || Some(still.borrow().join(", ")).filter(|ids| !ids.is_empty());
    let what = format!("Lambda to let go the network interfaces in {}", live.id);
    cx.policy.wait_saying(&what, deadline(Function::TYPICAL.delete), look, why).await?;
    send().await
}

/// The interfaces of the stack's functions in it.
async fn interfaces(cx: &Clients, live: &Live, filter: &str) -> Result<Vec<String>, CloudError> {
    let own = format!("{INTERFACES}{}*", NAMES.start(&live.stamp.stack));
    let filters = [(filter, live.id.as_str()), ("description", &own)];
    let filters = filters.map(|(name, value)| Filter::builder().name(name).values(value).build());
    let request = cx.ec2().describe_network_interfaces().set_filters(Some(filters.into()));
    let seen = cx.safe(Service::Ec2, "DescribeNetworkInterfaces", async || request.clone().send().await).await?;
    Ok(seen.network_interfaces.into_iter().flatten().filter_map(|i| i.network_interface_id).collect())
}

/// Deletes versions that stand in it. `false` when one is still called there.
async fn versions_gone(cx: &Clients, live: &Live) -> Result<bool, CloudError> {
    let each = read::tagged(cx, &live.stamp.stack).await?.into_keys().map(async |name| {
        let served = read::alias(cx, &name).await?.map(|alias| alias.version);
        let stands = async |version: &String| {
            let seen = read::version(cx, &name, Some(version)).await?;
            let vpc = seen.and_then(|seen| seen.configuration?.vpc_config);
            Ok::<_, CloudError>(vpc.is_some_and(|vpc| vpc.subnet_ids().iter().chain(vpc.security_group_ids()).any(|id| *id == live.id)))
        };
        for version in write::versions(cx, &name).await? {
            if stands(&version).await? {
                if served.as_ref() == Some(&version) {
                    return Ok(false);
                }
                write::forget(cx, &name, &version).await?;
            }
        }
        Ok(true)
    });
    Ok(try_join_all(each).await?.into_iter().all(|gone| gone))
}
