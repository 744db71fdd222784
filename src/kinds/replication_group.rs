//! A Redis or Valkey primary with its replicas.
mod logs;
mod rules;
mod terraform;
mod wire;

pub use logs::{ENGINE_LOG, LogDelivery, SLOW_LOG, writes};

use super::calls::{CACHES, CACHES_AND_MORE, NEW_CACHE_TAGS, NEW_CACHES, On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::{already, moved};
use super::quotas::quota;
use super::*;
use crate::canon::Open;
use crate::model::{Computed, Tags};
use crate::wire::tags::to_tags;
use futures_util::future::try_join_all;

object! {
    /// `AWS::ElastiCache::ReplicationGroup` of one shard (cluster mode disabled). Its id is its `ReplicationGroupId`. The stamp is its description,
    /// since lists show no tags. Updates are made at once (`ApplyImmediately`). Deleting it takes no final snapshot.
    pub struct ReplicationGroup {
        /// `Engine`: `redis` or `valkey`.
        replace engine: String,
        /// `EngineVersion`: major and minor (`7.1`), the whole one before 6 (`5.0.6`). Can't go down.
        update(never) engine_version: String,
        /// `CacheNodeType`: `cache.r7g.large`. One with disks of its own (`cache.r6gd`) keeps on them what is used seldom (`DataTieringEnabled`).
        update node_type: String,
        /// Nodes beside the primary (`NumCacheClusters` less one), from 0 to 5.
        update replicas: i32,
        /// `AutomaticFailoverEnabled`: a replica takes over by itself; needs one.
        update automatic_failover: bool,
        /// `MultiAZEnabled`: the nodes are in different zones; needs `automatic_failover`.
        update multi_az: bool,
        /// `Port`.
        replace port: i32,
        /// `CacheSubnetGroupName`.
        replace subnet_group: Ref<CacheSubnetGroup>,
        /// `SecurityGroupIds`: at least one, or ElastiCache takes the VPC's default group.
        update security_groups: BTreeSet<Ref<SecurityGroup>>,
        /// `CacheParameterGroupName`; `None` is the default group of the engine's family.
        update parameter_group: Option<Ref<CacheParameterGroup>>,
        /// `NotificationTopicArn`, of the same account: it is told of what happens to the group, such as a failover. `None` is none, or one that is `inactive`.
        update notification_topic: Option<Ref<Topic>>,
        /// `LogDeliveryConfigurations` by type of log, `slow-log` or `engine-log`: to which log group it is written. What is `error` there reads as not written.
        update log_delivery: Open<LogDelivery>,
        /// `SnapshotRetentionLimit` in days, from 0 (no snapshots) to 35.
        update(data) snapshot_retention: i32,
        /// `SnapshotWindow` in UTC, at least 60 minutes: `03:00-04:00`.
        update snapshot_window: String,
        /// `PreferredMaintenanceWindow` in UTC, lower case, at least 60 minutes: `sun:05:00-sun:06:00`.
        update maintenance_window: String,
        /// `AtRestEncryptionEnabled`.
        replace at_rest_encryption: bool,
        /// `TransitEncryptionEnabled`: clients must speak TLS.
        replace transit_encryption: bool,
        /// `PrimaryEndpoint.Address`.
        computed primary_endpoint: Computed<String>,
        /// `ReaderEndpoint.Address`.
        computed reader_endpoint: Computed<String>,
        /// Beside the stamp's own, which only a change of tags writes again.
        update tags: Tags,
    }
}

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(40);

impl Resource for ReplicationGroup {
    const KIND: Kind = Kind::ReplicationGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::ElastiCache;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(600, 600, 300);
    const HOURLY: Option<&'static str> = Some("cache group");
    const HINT: &'static [&'static str] =
        &["{engine} {engine_version}", "{node_type}", "replicas {replicas}", "{automatic_failover?automatic failover}"];
    /// The role that ElastiCache makes for itself puts the nodes into the network, so that its caller needn't be able to. Whoever has logs delivered needs what
    /// CloudWatch Logs asks for that ("Permissions to publish logs to CloudWatch Logs", ElastiCache's user guide); AWS knows no narrower right there.
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::ElastiCache, "DescribeCacheClusters"),
            reads(Service::ElastiCache, "DescribeReplicationGroups"),
            reads(Service::ElastiCache, "ListTagsForResource"),
            reads(Service::Tagging, "GetResources"),
        ],
        write: &[
            call(Service::ElastiCache, "AddTagsToResource", CACHES),
            call(Service::ElastiCache, "CreateReplicationGroup", NEW_CACHES),
            needs(Service::ElastiCache, "CreateReplicationGroup", "elasticache:AddTagsToResource", NEW_CACHE_TAGS),
            needs(Service::ElastiCache, "CreateReplicationGroup", "iam:CreateServiceLinkedRole", &[On::Linked("elasticache")]),
            needs(Service::ElastiCache, "CreateReplicationGroup", "logs:CreateLogDelivery", &[On::Here]),
            needs(Service::ElastiCache, "CreateReplicationGroup", "logs:DescribeLogGroups", &[On::Any]),
            needs(Service::ElastiCache, "CreateReplicationGroup", "logs:DescribeResourcePolicies", &[On::Any]),
            needs(Service::ElastiCache, "CreateReplicationGroup", "logs:GetLogDelivery", &[On::Any]),
            needs(Service::ElastiCache, "CreateReplicationGroup", "logs:ListLogDeliveries", &[On::Any]),
            needs(Service::ElastiCache, "CreateReplicationGroup", "logs:PutResourcePolicy", &[On::Here]),
            call(Service::ElastiCache, "DecreaseReplicaCount", CACHES),
            call(Service::ElastiCache, "DeleteReplicationGroup", CACHES),
            needs(Service::ElastiCache, "DeleteReplicationGroup", "logs:DeleteLogDelivery", &[On::Here]),
            reads(Service::ElastiCache, "DescribeEvents"),
            call(Service::ElastiCache, "IncreaseReplicaCount", CACHES),
            call(Service::ElastiCache, "ModifyReplicationGroup", CACHES_AND_MORE),
            needs(Service::ElastiCache, "ModifyReplicationGroup", "logs:UpdateLogDelivery", &[On::Here]),
            call(Service::ElastiCache, "RemoveTagsFromResource", CACHES),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] =
        &[quota(Service::ElastiCache, "NodeQuotaForCustomerExceeded", ("elasticache", "L-DFE45DF3"), "Nodes per Region")];

    fn example() -> Self {
        ReplicationGroup {
            engine: "redis".into(),
            engine_version: "7.1".into(),
            node_type: "cache.t4g.small".into(),
            replicas: 1,
            automatic_failover: true,
            multi_az: true,
            port: 6379,
            subnet_group: Ref::to(EXAMPLE),
            security_groups: [Ref::to(EXAMPLE)].into(),
            parameter_group: Some(Ref::to(EXAMPLE)),
            notification_topic: Some(Ref::to(EXAMPLE)),
            log_delivery: [(SLOW_LOG.into(), LogDelivery { log_group: Ref::to(EXAMPLE), format: "json".into() })].into(),
            snapshot_retention: 1,
            snapshot_window: "03:00-04:00".into(),
            maintenance_window: "sun:05:00-sun:06:00".into(),
            at_rest_encryption: true,
            transit_encryption: true,
            primary_endpoint: Computed::default(),
            reader_endpoint: Computed::default(),
            tags: tags(),
        }
    }

    fn outputs(&self) -> Outputs {
        let mut out = BTreeMap::from([("port".into(), self.port.to_string())]);
        out.extend(self.reader_endpoint.0.clone().map(|v| ("reader_endpoint".into(), v)));
        if let Some(host) = &self.primary_endpoint.0 {
            let scheme = if self.transit_encryption { "rediss" } else { "redis" };
            out.insert("endpoint".into(), host.clone());
            out.insert("url".into(), format!("{scheme}://{host}:{}", self.port));
        }
        out
    }

    fn breaches(&self, _: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, near)
    }

    fn ways(&self, before: &Self, _: Near<'_>) -> Vec<Breach> {
        rules::ways(self, before)
    }

    fn unoffered(&self, before: Option<&Self>, _: Near<'_>, facts: &Facts) -> Vec<Breach> {
        let moves = before.is_none_or(|b| b.engine_version != self.engine_version);
        moves.then(|| elasticache::offers::version(self, facts)).flatten().into_iter().collect()
    }

    fn waits(&self, path: &str, near: Near<'_>, facts: &Facts) -> bool {
        let group = self.parameter_group.as_ref().filter(|_| path == "parameter_group").and_then(|g| near.get(g));
        group.is_some_and(|g| g.parameters.keys().any(|name| g.waits(&format!("parameters.{name}"), near, facts)))
    }

    fn simulate(&mut self, id: &str) {
        self.primary_endpoint = Computed::from(format!("{id}.cache.sandbox"));
        self.reader_endpoint = Computed::from(format!("{id}-ro.cache.sandbox"));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let seen = wire::find(cx, &live.id).await?;
        Ok(seen.iter().filter_map(|g| g.status()).map(serving).collect())
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        vec![serving(health::bent_state(bent, "available"))]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.elasticache().describe_replication_groups().max_records(100);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let found =
            cx.pages(Service::ElastiCache, "DescribeReplicationGroups", send, |page| (page.replication_groups, page.marker)).await?;
        let own: Vec<_> = found
            .into_iter()
            .filter(|group| group.status() != Some("deleting"))
            .filter_map(|group| Some((Stamp::from_line(stack, group.description()?)?, group.replication_group_id.clone()?, group)))
            .collect();
        if own.is_empty() {
            return Ok(vec![]);
        }
        let request = cx.elasticache().describe_cache_clusters().max_records(100);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let nodes = cx.pages(Service::ElastiCache, "DescribeCacheClusters", send, |page| (page.cache_clusters, page.marker)).await?;
        let live = own.into_iter().map(async |(stamp, id, group)| {
            let Some(tags) = wire::tags(cx, &group).await? else { return Ok(None) };
            let node = nodes.iter().find(|n| n.replication_group_id() == Some(&id));
            let object = ReplicationGroup { tags, ..wire::read(&group, node) };
            Ok(Some(Live::found(id, object, stamp)))
        });
        Ok(try_join_all(live).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let id = stamp.physical_name(&NAMES);
        let want = self.physical(links)?;
        let request = cx
            .elasticache()
            .create_replication_group()
            .replication_group_id(&id)
            .replication_group_description(stamp.line())
            .engine(&self.engine)
            .engine_version(&self.engine_version)
            .cache_node_type(&self.node_type)
            .num_cache_clusters(1 + self.replicas)
            .automatic_failover_enabled(self.automatic_failover)
            .multi_az_enabled(self.multi_az)
            .port(self.port)
            .cache_subnet_group_name(want.subnet_group.0)
            .set_security_group_ids(Some(want.security_groups.into_iter().map(|g| g.0).collect()))
            .set_cache_parameter_group_name(want.parameter_group.map(|g| g.0))
            .set_notification_topic_arn(want.notification_topic.map(|topic| topic.0))
            .set_log_delivery_configurations(Some(logs::changes(&Open::new(), &want.log_delivery)).filter(|all| !all.is_empty()))
            .snapshot_retention_limit(self.snapshot_retention)
            .snapshot_window(&self.snapshot_window)
            .preferred_maintenance_window(&self.maintenance_window)
            .at_rest_encryption_enabled(self.at_rest_encryption)
            .transit_encryption_enabled(self.transit_encryption)
            .set_data_tiering_enabled(rules::tiered(&self.node_type).then_some(true))
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        already(cx.safe(Service::ElastiCache, "CreateReplicationGroup", async || request.clone().send().await).await)?;
        let made = wire::settled(cx, &id, deadline(Self::TYPICAL.create), |seen| seen.log_delivery == want.log_delivery).await?;
        Live::made(id, self.with_endpoints(made), stamp, links)
    }

    /// In the order that ElastiCache demands: replicas come before the failover that needs them, and go after it; a new version comes before the logs that it has. Tags
    /// come last: only what is available takes them.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (id, deadline) = (&live.id, deadline(Self::TYPICAL.update));
        let want = self.physical(links)?;
        let mut now = wire::settled(cx, id, deadline, |_| true).await?;
        if want.replicas > now.replicas {
            let request =
                cx.elasticache().increase_replica_count().replication_group_id(id).new_replica_count(want.replicas).apply_immediately(true);
            cx.safe(Service::ElastiCache, "IncreaseReplicaCount", async || request.clone().send().await).await?;
            now = wire::settled(cx, id, deadline, |seen| seen.replicas == want.replicas).await?;
        }
        let (node_type, log_delivery) = (now.node_type.clone(), now.log_delivery.clone());
        let settings = Self { node_type, log_delivery, replicas: now.replicas, ..want.clone() };
        let line = Some(moved(live, stamp).line()).filter(|line| *line != live.stamp.line());
        if !settings.same(&now) || line.is_some() {
            let request = wire::modify(cx, id, &now, &settings).set_replication_group_description(line);
            cx.safe(Service::ElastiCache, "ModifyReplicationGroup", async || request.clone().send().await).await?;
            now = wire::settled(cx, id, deadline, |seen| settings.same(seen)).await?;
        }
        if want.log_delivery != now.log_delivery {
            let request = logs::modify(cx, id, &now.log_delivery, &want.log_delivery);
            cx.safe(Service::ElastiCache, "ModifyReplicationGroup", async || request.clone().send().await).await?;
            now = wire::settled(cx, id, deadline, |seen| seen.log_delivery == want.log_delivery).await?;
        }
        if want.node_type != now.node_type {
            let request = cx
                .elasticache()
                .modify_replication_group()
                .replication_group_id(id)
                .cache_node_type(&want.node_type)
                .apply_immediately(true);
            cx.safe(Service::ElastiCache, "ModifyReplicationGroup", async || request.clone().send().await).await?;
            now = wire::settled(cx, id, deadline, |seen| seen.node_type == want.node_type).await?;
        }
        if want.replicas < now.replicas {
            let request =
                cx.elasticache().decrease_replica_count().replication_group_id(id).new_replica_count(want.replicas).apply_immediately(true);
            cx.safe(Service::ElastiCache, "DecreaseReplicaCount", async || request.clone().send().await).await?;
            now = wire::settled(cx, id, deadline, |seen| seen.replicas == want.replicas).await?;
        }
        let old: ReplicationGroup = live.of()?;
        if self.tags != old.tags {
            let arn = wire::find(cx, id).await?.and_then(|group| group.arn);
            let arn = arn.ok_or_else(|| CloudError::incomplete("DescribeReplicationGroups", "ARN"))?;
            let (before, after) = (live.stamp.tags(&old.tags), moved(live, stamp).tags(&self.tags));
            half(elasticache::retag(cx, &arn, &before, &after).await)?;
        }
        Live::made(id, self.with_endpoints(now), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let Some(seen) = wire::find(cx, &live.id).await? else { return Ok(()) };
        if seen.status() != Some("deleting") {
            let request = cx.elasticache().delete_replication_group().replication_group_id(&live.id).retain_primary_cluster(false);
            gone(cx.safe(Service::ElastiCache, "DeleteReplicationGroup", async || request.clone().send().await).await)?;
        }
        let look = async || Ok(wire::find(cx, &live.id).await?.is_none().then_some(()));
        let why = async || wire::told(cx, &live.id).await;
        cx.policy.wait_saying(&format!("{} to be gone", live.id), deadline(Self::TYPICAL.delete), look, why).await
    }
}

impl ReplicationGroup {
    /// Equality of all that can change in place.
    fn same(&self, seen: &Self) -> bool {
        let Self { engine, port, subnet_group, at_rest_encryption, transit_encryption, .. } = self.clone();
        let Self { primary_endpoint, reader_endpoint, tags, .. } = self.clone();
        let fixed = Self { engine, port, subnet_group, at_rest_encryption, transit_encryption, ..seen.clone() };
        *self == Self { primary_endpoint, reader_endpoint, tags, ..fixed }
    }

    /// The same object with physical ids for references, spelt as ElastiCache spells it.
    fn physical(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(Self {
            subnet_group: Ref::to(links.to(&self.subnet_group)?),
            security_groups: links.all(&self.security_groups)?.into_iter().map(Ref::to).collect(),
            parameter_group: self.parameter_group.as_ref().map(|g| links.to(g)).transpose()?.map(Ref::to),
            notification_topic: self.notification_topic.as_ref().map(|topic| links.to(topic)).transpose()?.map(Ref::to),
            log_delivery: logs::physical(&self.log_delivery, links)?,
            maintenance_window: self.maintenance_window.to_lowercase(),
            ..self.clone()
        })
    }

    fn with_endpoints(&self, seen: Self) -> Self {
        Self { primary_endpoint: seen.primary_endpoint, reader_endpoint: seen.reader_endpoint, ..self.clone() }
    }
}

/// How a group fares, by its state (`ReplicationGroup.Status`).
fn serving(state: &str) -> Sign {
    Sign::state(state, &["available", "modifying", "snapshotting"], &["creating"])
}
