//! How a replication group is found, read, waited for and changed. ElastiCache keeps half of it on the group, half on each of its nodes.
use std::cell::Cell;

use aws_sdk_elasticache::operation::modify_replication_group::builders::ModifyReplicationGroupFluentBuilder;
use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, MultiAzStatus, PendingModifiedValues, ReplicationGroup as Seen,
    ReplicationGroupPendingModifiedValues, SourceType,
};
use futures_util::future::try_join_all;

use super::super::elasticache::{self, family, major};
use super::super::managed::{broken, changed};
use super::super::present;
use super::*;

/// `NotificationTopicStatus`.
const ACTIVE: &str = "active";
const INACTIVE: &str = "inactive";

/// The group with this id; `None` when there is none.
pub(super) async fn find(cx: &Clients, id: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.elasticache().describe_replication_groups().replication_group_id(id);
    let seen = present(cx.safe(Service::ElastiCache, "DescribeReplicationGroups", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.replication_groups).and_then(|g| g.into_iter().next()))
}

/// The tags that users asked for; `None` when the group has gone meanwhile. ElastiCache shows those of an available group only.
pub(super) async fn tags(cx: &Clients, group: &Seen) -> Result<Option<Tags>, CloudError> {
    let arn = group.arn().unwrap_or_default();
    let all = match group.status() {
        Some("available") => elasticache::tags(cx, arn).await?,
        _ => Some(elasticache::tags_meanwhile(cx, arn).await?),
    };
    Ok(all.map(elasticache::asked_for))
}

/// The nodes of a group, each by its id: there is no filter by group.
async fn nodes(cx: &Clients, group: &Seen) -> Result<Vec<CacheCluster>, CloudError> {
    let one = async |id: &str| {
        let request = cx.elasticache().describe_cache_clusters().cache_cluster_id(id);
        let seen = present(cx.safe(Service::ElastiCache, "DescribeCacheClusters", async || request.clone().send().await).await)?;
        Ok(seen.and_then(|s| s.cache_clusters).into_iter().flatten())
    };
    let found = try_join_all(group.member_clusters().iter().map(|id| one(id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Waits until group and nodes are available with nothing pending, and every node reads as `arrived` wants it. Ends at once when the group
/// can't come into being.
pub(super) async fn settled(
    cx: &Clients,
    id: &str,
    deadline: Duration,
    arrived: impl Fn(&ReplicationGroup) -> bool,
) -> Result<ReplicationGroup, CloudError> {
    let (was_there, failures) = (Cell::new(false), Cell::new(0));
    let look = async || {
        let Some(group) = find(cx, id).await? else {
            let lost = || Err(CloudError::new(Class::NotFound, "ReplicationGroupNotFoundFault", format!("{id} is gone")));
            return if was_there.get() { lost() } else { Ok(None) };
        };
        was_there.set(true);
        let status = group.status().unwrap_or_default();
        if status == "create-failed" {
            return Err(broken(
                Service::ElastiCache,
                "DescribeReplicationGroups",
                status,
                &reason(cx, id, SourceType::ReplicationGroup, status).await,
            ));
        }
        let turning = matches!(group.automatic_failover, Some(AutomaticFailoverStatus::Enabling | AutomaticFailoverStatus::Disabling));
        let mut pending = group.pending_modified_values.clone().unwrap_or_else(|| ReplicationGroupPendingModifiedValues::builder().build());
        pending.log_delivery_configurations.take_if(|none| none.is_empty());
        let pending = pending != ReplicationGroupPendingModifiedValues::builder().build() || logs::turning(&group);
        if status != "available" || turning || pending {
            return Ok(None);
        }
        let nodes = nodes(cx, &group).await?;
        if let Some(node) = nodes.iter().find(|n| n.cache_cluster_status() == Some("incompatible-network")) {
            let (node, status) = (node.cache_cluster_id().unwrap_or(id), "incompatible-network");
            return Err(broken(
                Service::ElastiCache,
                "DescribeCacheClusters",
                status,
                &reason(cx, node, SourceType::CacheCluster, status).await,
            ));
        }
        let quiet = |n: &CacheCluster| {
            n.cache_cluster_status() == Some("available")
                && n.pending_modified_values.as_ref().is_none_or(|p| *p == PendingModifiedValues::builder().build())
        };
        let here = nodes.iter().all(|n| quiet(n) && arrived(&read(&group, Some(n))));
        let seen = read(&group, nodes.first());
        // What was wrong before may be shown once more.
        if let Some(message) = logs::failed(&group).filter(|_| !arrived(&seen) && failures.replace(failures.get() + 1) > 0) {
            return Err(broken(Service::ElastiCache, "DescribeReplicationGroups", "error", &message));
        }
        Ok((here && arrived(&seen) && seen.primary_endpoint.0.is_some()).then_some(seen))
    };
    cx.policy.wait_saying(&format!("{id} to be available as asked"), deadline, look, async || told(cx, id).await).await
}

/// What ElastiCache says of a group that takes too long.
pub(super) async fn told(cx: &Clients, id: &str) -> Option<String> {
    let seen = find(cx, id).await.ok()??;
    Some(reason(cx, id, SourceType::ReplicationGroup, seen.status().unwrap_or("in no state")).await)
}

/// What ElastiCache itself said about a group or a node in the last hour.
async fn reason(cx: &Clients, id: &str, of: SourceType, status: &str) -> String {
    let request = cx.elasticache().describe_events().source_identifier(id).source_type(of).duration(60);
    let events = cx.safe(Service::ElastiCache, "DescribeEvents", async || request.clone().send().await).await;
    let messages: Vec<String> = events.ok().and_then(|e| e.events).into_iter().flatten().filter_map(|e| e.message).collect();
    match messages.last() {
        Some(last) => format!("{id} is {status}: {last}"),
        None => format!("{id} is {status}"),
    }
}

/// What a group is, with physical ids for references and without its tags. Its nodes agree, but while they change.
pub(super) fn read(group: &Seen, node: Option<&CacheCluster>) -> ReplicationGroup {
    let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
    let shard = group.node_groups().first();
    let address = |e: Option<&aws_sdk_elasticache::types::Endpoint>| e.and_then(|e| e.address.clone());
    let primary = shard.and_then(|s| s.primary_endpoint());
    let parameters = node.and_then(|n| n.cache_parameter_group()).and_then(|p| p.cache_parameter_group_name());
    let groups = node.map(|n| n.security_groups()).unwrap_or_default();
    // "Notifications are sent only if the status is active."
    let told = node.and_then(|n| n.notification_configuration()).filter(|told| told.topic_status() == Some(ACTIVE));
    ReplicationGroup {
        engine: text(group.engine().or(node.and_then(|n| n.engine()))),
        engine_version: shown_version(node.and_then(|n| n.engine_version()).unwrap_or_default()),
        node_type: text(group.cache_node_type()),
        replicas: i32::try_from(group.member_clusters().len()).unwrap_or(i32::MAX).max(1) - 1,
        automatic_failover: matches!(group.automatic_failover, Some(AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling)),
        multi_az: group.multi_az == Some(MultiAzStatus::Enabled),
        port: primary.and_then(|e| e.port).unwrap_or_default(),
        subnet_group: Ref::to(text(node.and_then(|n| n.cache_subnet_group_name()))),
        security_groups: groups.iter().filter_map(|g| g.security_group_id()).map(Ref::to).collect(),
        parameter_group: parameters.filter(|name| !name.starts_with("default.")).map(Ref::to),
        notification_topic: told.and_then(|told| told.topic_arn()).map(Ref::to),
        log_delivery: logs::read(group),
        snapshot_retention: group.snapshot_retention_limit.unwrap_or_default(),
        snapshot_window: text(group.snapshot_window()),
        maintenance_window: text(node.and_then(|n| n.preferred_maintenance_window())),
        at_rest_encryption: group.at_rest_encryption_enabled.unwrap_or(false),
        transit_encryption: group.transit_encryption_enabled.unwrap_or(false),
        primary_endpoint: Computed(address(primary)),
        reader_endpoint: Computed(address(shard.and_then(|s| s.reader_endpoint()))),
        tags: Tags::new(),
    }
}

/// One `ModifyReplicationGroup` with what differs, but for node type and replicas. A new version brings its parameter group along, since the
/// old one may be of another family.
pub(super) fn modify(cx: &Clients, id: &str, now: &ReplicationGroup, want: &ReplicationGroup) -> ModifyReplicationGroupFluentBuilder {
    let upgraded = now.engine_version != want.engine_version;
    let parameters = (upgraded || now.parameter_group != want.parameter_group).then(|| match &want.parameter_group {
        Some(group) => group.0.clone(),
        None => format!("default.{}", family(&want.engine, &want.engine_version)),
    });
    // No request takes a topic away: it falls silent.
    let told = changed(&now.notification_topic, &want.notification_topic);
    let status = told.as_ref().map(|topic| if topic.is_some() { ACTIVE } else { INACTIVE });
    cx.elasticache()
        .modify_replication_group()
        .replication_group_id(id)
        .apply_immediately(true)
        .set_notification_topic_arn(told.flatten().map(|topic| topic.0))
        .set_notification_topic_status(status.map(String::from))
        .set_engine_version(changed(&now.engine_version, &want.engine_version))
        .set_cache_parameter_group_name(parameters)
        .set_automatic_failover_enabled(changed(&now.automatic_failover, &want.automatic_failover))
        .set_multi_az_enabled(changed(&now.multi_az, &want.multi_az))
        .set_security_group_ids(
            changed(&now.security_groups, &want.security_groups).map(|groups| groups.into_iter().map(|g| g.0).collect()),
        )
        .set_snapshot_retention_limit(changed(&now.snapshot_retention, &want.snapshot_retention))
        .set_snapshot_window(changed(&now.snapshot_window, &want.snapshot_window))
        .set_preferred_maintenance_window(changed(&now.maintenance_window, &want.maintenance_window))
}

/// Major and minor version: from 6 on ElastiCache takes no patch version, but reports one.
fn shown_version(real: &str) -> String {
    match major(real) {
        0..6 => real.into(),
        _ => real.split('.').take(2).collect::<Vec<_>>().join("."),
    }
}
