//! What the RDS kinds share: tags, and how an instance is found, waited for and deleted.
mod measured;
pub(super) mod offers;
mod storage;

use std::cell::Cell;

use aws_sdk_rds::types::{DbInstance as Seen, SourceType};

use super::managed::broken;
use super::quotas::quota;
use super::*;
use crate::diag::Code;
use crate::model::Tags;
use crate::wire::tags::{self, to_tags};

pub(super) use measured::Measured;
pub(super) use storage::{Storage, included};

/// Quotas that every instance counts to.
pub(super) const QUOTAS: &[Quota] = &[
    quota(Service::Rds, "InstanceQuotaExceeded", ("rds", "L-7B6409FD"), "DB instances"),
    quota(Service::Rds, "StorageQuotaExceeded", ("rds", "L-7ADDB58A"), "Total storage for all DB instances"),
];

/// The state of an instance whose last change of storage is still being carried out.
pub const OPTIMIZING: &str = "storage-optimization";

/// States that an instance doesn't leave by itself (`DBInstanceStatus`).
const BROKEN: &[&str] = &[
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "incompatible-create",
    "incompatible-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
];

/// Brings the tags of the object with this ARN from what they are to what they should be. AWS's own (`aws:…`) and others' stay.
pub(super) async fn retag(cx: &Clients, arn: &str, now: &Tags, want: &Tags) -> Result<(), CloudError> {
    let (set, unset) = tags::retag(&Stamp::own(now.clone()), want);
    if !set.is_empty() {
        let request = cx.rds().add_tags_to_resource().resource_name(arn).set_tags(Some(to_tags(&set)));
        cx.safe(Service::Rds, "AddTagsToResource", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let request = cx.rds().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(unset));
        cx.safe(Service::Rds, "RemoveTagsFromResource", async || request.clone().send().await).await?;
    }
    Ok(())
}

/// Every instance of the account and region, but those that are going; RDS has no filter by tag.
pub(super) async fn instances(cx: &Clients) -> Result<Vec<Seen>, CloudError> {
    let request = cx.rds().describe_db_instances().max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let mut all = cx.pages(Service::Rds, "DescribeDBInstances", send, |page| (page.db_instances, page.marker)).await?;
    all.retain(|i| i.db_instance_status() != Some("deleting"));
    Ok(all)
}

/// One instance; `None` when there is none.
pub(super) async fn find(cx: &Clients, id: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.rds().describe_db_instances().db_instance_identifier(id);
    let seen = present(cx.safe(Service::Rds, "DescribeDBInstances", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.db_instances).and_then(|i| i.into_iter().next()))
}

/// One instance that must be there.
pub(super) async fn get(cx: &Clients, id: &str) -> Result<Seen, CloudError> {
    find(cx, id).await?.ok_or_else(|| CloudError::new(Class::NotFound, "DBInstanceNotFound", format!("{id} is gone")))
}

/// Waits until the instance can be used and `arrived` says that it is what was asked for. A state that can't get better ends the wait.
pub(super) async fn settled(cx: &Clients, id: &str, deadline: Duration, arrived: impl Fn(&Seen) -> bool) -> Result<Seen, CloudError> {
    let was_there = Cell::new(false);
    let look = async || {
        let seen = if was_there.get() { Some(get(cx, id).await?) } else { find(cx, id).await? };
        let Some(seen) = seen else { return Ok(None) };
        was_there.set(true);
        let status = seen.db_instance_status().unwrap_or_default();
        if BROKEN.contains(&status) {
            return Err(broken(Service::Rds, "DescribeDBInstances", status, &reason(cx, id, status).await));
        }
        let usable = matches!(status, "available" | OPTIMIZING) && seen.endpoint.is_some();
        Ok((usable && arrived(&seen)).then_some(seen))
    };
    cx.policy.wait_saying(&format!("{id} to be available as asked"), deadline, look, async || told(cx, id).await).await
}

/// What RDS says of an instance that takes too long.
async fn told(cx: &Clients, id: &str) -> Option<String> {
    let seen = find(cx, id).await.ok()??;
    Some(reason(cx, id, seen.db_instance_status().unwrap_or("in no state")).await)
}

/// What RDS itself said about an instance in the last hour.
async fn reason(cx: &Clients, id: &str, status: &str) -> String {
    let request = cx.rds().describe_events().source_identifier(id).source_type(SourceType::DbInstance).duration(60);
    let events = cx.safe(Service::Rds, "DescribeEvents", async || request.clone().send().await).await;
    let messages: Vec<String> = events.ok().and_then(|e| e.events).into_iter().flatten().filter_map(|e| e.message).collect();
    match messages.last() {
        Some(last) => format!("{id} is {status}: {last}"),
        None => format!("{id} is {status}"),
    }
}

/// Deletes an instance without a final snapshot; automated backups stay for their retention. Protection is lifted first. Returns when it is gone.
pub(super) async fn delete(cx: &Clients, id: &str, deadline: Duration) -> Result<(), CloudError> {
    let Some(seen) = find(cx, id).await? else { return Ok(()) };
    if seen.db_instance_status() != Some("deleting") {
        if seen.deletion_protection == Some(true) {
            let request = cx.rds().modify_db_instance().db_instance_identifier(id).deletion_protection(false).apply_immediately(true);
            cx.safe(Service::Rds, "ModifyDBInstance", async || request.clone().send().await).await?;
        }
        let request = cx.rds().delete_db_instance().db_instance_identifier(id).skip_final_snapshot(true).delete_automated_backups(false);
        gone(cx.safe(Service::Rds, "DeleteDBInstance", async || request.clone().send().await).await)?;
    }
    let look = async || Ok(find(cx, id).await?.is_none().then_some(()));
    cx.policy.wait_saying(&format!("{id} to be gone"), deadline, look, async || told(cx, id).await).await
}

/// The instance as it will be once all that is accepted has been carried out (`PendingModifiedValues`).
pub(super) fn planned(mut seen: Seen) -> Seen {
    let Some(pending) = seen.pending_modified_values.clone() else { return seen };
    seen.db_instance_class = pending.db_instance_class.or(seen.db_instance_class);
    seen.allocated_storage = pending.allocated_storage.or(seen.allocated_storage);
    seen.backup_retention_period = pending.backup_retention_period.or(seen.backup_retention_period);
    seen.multi_az = pending.multi_az.or(seen.multi_az);
    seen.engine_version = pending.engine_version.or(seen.engine_version);
    seen.iops = pending.iops.or(seen.iops);
    seen.storage_throughput = pending.storage_throughput.or(seen.storage_throughput);
    seen.storage_type = pending.storage_type.or(seen.storage_type);
    if let (Some(port), Some(endpoint)) = (pending.port, seen.endpoint.as_mut()) {
        endpoint.port = Some(port);
    }
    if let Some(exports) = pending.pending_cloudwatch_logs_exports {
        let mut enabled: BTreeSet<String> = seen.enabled_cloudwatch_logs_exports.take().into_iter().flatten().collect();
        enabled.retain(|log| !exports.log_types_to_disable().contains(log));
        enabled.extend(exports.log_types_to_enable.into_iter().flatten());
        seen.enabled_cloudwatch_logs_exports = Some(enabled.into_iter().collect());
    }
    seen
}

/// Whether nothing that is governed here is still to be carried out.
pub(super) fn still(seen: &Seen) -> bool {
    planned(seen.clone()) == *seen
}

/// The security groups of an instance, by physical id.
pub(super) fn security_groups(seen: &Seen) -> BTreeSet<Ref<SecurityGroup>> {
    let kept = seen.vpc_security_groups().iter().filter(|g| g.status() != Some("removing"));
    kept.filter_map(|g| g.vpc_security_group_id()).map(Ref::to).collect()
}

/// The parameter group of an instance, by name.
pub(super) fn parameter_group(seen: &Seen) -> Ref<DbParameterGroup> {
    Ref::to(seen.db_parameter_groups().first().and_then(|g| g.db_parameter_group_name()).unwrap_or_default())
}

/// States in which an instance serves (RDS user guide: "Viewing DB instance status").
const SERVING: &[&str] = &[
    "available",
    "backing-up",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "modifying",
    "storage-config-upgrade",
    "storage-initialization",
    OPTIMIZING,
];

/// States that pass by themselves, in which it doesn't serve, or may not.
const PASSING: &[&str] = &[
    "converting-to-vpc",
    "creating",
    "maintenance",
    "moving-to-vpc",
    "rebooting",
    "renaming",
    "resetting-master-credentials",
    "starting",
    "upgrading",
];

/// How an instance fares.
pub(super) async fn health(cx: &Clients, id: &str, what: Measured) -> Result<Vec<Sign>, CloudError> {
    let (seen, measured) = futures_util::try_join!(find(cx, id), what.now(cx, id))?;
    Ok(seen.iter().filter_map(|i| i.db_instance_status()).map(fares).chain(measured).collect())
}

/// How an instance fares, by its state (`DBInstanceStatus`).
pub(super) fn fares(state: &str) -> Sign {
    Sign::state(state, SERVING, PASSING)
}

/// The host name of an instance, once it has one.
pub(super) fn host(seen: &Seen) -> Option<String> {
    seen.endpoint()?.address.clone()
}

/// The port of an instance; 0 while it is being made.
pub(super) fn port(seen: &Seen) -> i32 {
    seen.endpoint().and_then(|e| e.port).unwrap_or_default()
}

/// Whether a version is older than another, as far as both say: `16` is neither older nor newer than `16.11`.
pub(super) fn older(version: &str, than: &str) -> bool {
    let numbers = |v: &str| v.split('.').map(|n| n.parse::<u32>().unwrap_or_default()).collect::<Vec<_>>();
    let different = numbers(version).into_iter().zip(numbers(than)).find(|(a, b)| a != b);
    different.is_some_and(|(a, b)| a < b)
}

/// The part of a version that names its release line: `16` of `16.11`, `8.0` of `8.0.43`.
pub(crate) fn line(engine: &str, version: &str) -> String {
    let parts = if engine == "postgres" { 1 } else { 2 };
    version.split('.').take(parts).collect::<Vec<_>>().join(".")
}

/// Whether replicas are upgraded one by one, before their source. PostgreSQL's are upgraded with it.
pub(crate) fn replicas_first(engine: &str) -> bool {
    matches!(engine, "mariadb" | "mysql")
}

/// Performance Insights aren't there for MySQL and MariaDB on the smallest classes of the t families ("Amazon RDS DB engine, Region, and instance class
/// support for Performance Insights" in the user guide).
pub(crate) fn has_insights(engine: &str, class: &str) -> bool {
    let mut parts = class.split('.').skip(1);
    let small = parts.next().is_some_and(|family| family.starts_with('t')) && matches!(parts.next(), Some("micro" | "small"));
    !(small && replicas_first(engine))
}

/// What is refused of Performance Insights.
pub(super) fn insights(engine: &str, class: &str, on: bool) -> Option<Breach> {
    (on && !has_insights(engine, class)).then(|| {
        let message = format!("{class} has no Performance Insights with {engine}");
        let help = "leave `performance_insights` out, or write a class of medium size or larger, such as `db.t4g.medium`";
        Breach::new(Code::Refused, "performance_insights", message, help).with("instance_class")
    })
}

/// `InvalidVPCNetworkStateFault`: an instance and its security groups are in one VPC.
pub(super) fn one_network(near: Near<'_>, subnets: &Ref<DbSubnetGroup>, groups: &BTreeSet<Ref<SecurityGroup>>) -> Option<Breach> {
    let vpc = &near.get(subnets)?.vpc;
    let other = groups.iter().any(|g| near.get(g).is_some_and(|g| g.vpc != *vpc));
    other.then(|| {
        let message = "a database and its security groups are in one VPC";
        Breach::new(Code::Refused, "security_groups", message, "name groups of the VPC that its subnets are in").with("subnet_group")
    })
}

/// The version that was asked for while the real one is within it, or, with automatic upgrades, a later one of the same line.
pub(super) fn shown_version(asked: &str, real: &str, automatic: bool) -> String {
    let within = !asked.is_empty() && real.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let later = match (asked.rsplit_once('.'), real.rsplit_once('.')) {
        (Some((line, a)), Some((same, r))) => line == same && matches!((a.parse::<u32>(), r.parse::<u32>()), (Ok(a), Ok(r)) if r > a),
        _ => false,
    };
    if within || (automatic && later) { asked.into() } else { real.into() }
}
