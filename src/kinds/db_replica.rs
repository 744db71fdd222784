//! A copy of a database to read from.
mod rules;
mod terraform;

use aws_sdk_rds::types::DbInstance as Seen;

use super::calls::{DATABASE_TAGS, DATABASES, DATABASES_AND_MORE, DB_KEYS, NEW_DATABASES, On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::{already, changed, moved};
use super::*;
use crate::model::{Computed, Tags};
use crate::wire::tags::{from_tags, to_tags};

object! {
    /// `AWS::RDS::DBInstance` with a `SourceDBInstanceIdentifier`, in its source's region and subnets. Its id is its `DBInstanceIdentifier`.
    /// Engine, storage size and encryption are the source's.
    pub struct DbReplica {
        /// `SourceDBInstanceIdentifier`; the source must keep backups.
        replace source: Ref<DbInstance>,
        /// `EngineVersion`, never older than the source's; `None` where RDS upgrades replicas with their source (PostgreSQL).
        update(never) engine_version: Option<String>,
        /// `DBInstanceClass`: `db.r7g.large`.
        update instance_class: String,
        /// `StorageType`: `gp3`, `gp2`, `io1`, `io2`.
        update(rests 6) storage_type: String,
        /// `Iops`, when more than the storage type includes; as an instance's.
        update(rests 6) iops: Option<i32>,
        /// `StorageThroughput` in MiB/s, when more than the storage type includes; as an instance's.
        update(rests 6) throughput: Option<i32>,
        /// `VpcSecurityGroupIds`: at least one, or RDS takes the VPC's default group.
        update security_groups: BTreeSet<Ref<SecurityGroup>>,
        /// `DBParameterGroupName`. Another group's static parameters are in force after the next restart.
        update parameter_group: Ref<DbParameterGroup>,
        /// `MultiAZ`: a standby of the replica in another zone.
        update multi_az: bool,
        /// `Port`, from 1150 to 65535. A change restarts the replica.
        update port: i32,
        /// `DeletionProtection`.
        update deletion_protection: bool,
        /// `EnablePerformanceInsights`, kept for 7 days.
        update performance_insights: bool,
        /// `AutoMinorVersionUpgrade`, in the maintenance window.
        update auto_minor_version_upgrade: bool,
        /// `PreferredMaintenanceWindow` in UTC, lower case, at least 30 minutes: `sun:05:00-sun:06:00`.
        update maintenance_window: String,
        /// `PubliclyAccessible`: whether its name leads to a public address.
        update publicly_accessible: bool,
        /// `ApplyImmediately`: whether updates are made at once and waited for, or left to the maintenance window. How, not what: never compared.
        initial apply_immediately: bool,
        /// `Endpoint.Address`.
        computed endpoint: Computed<String>,
        update tags: Tags,
    }
}

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(63);

/// Keeps the version that was asked for, as an instance's does.
const TAG_ASKED: &str = "infra:asked";

impl Resource for DbReplica {
    const KIND: Kind = Kind::DbReplica;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Rds;
    const TYPICAL: Typical = Typical::secs(900, 600, 300);
    const HOURLY: Option<&'static str> = Some("database replica");
    const HINT: &'static [&'static str] = &["of {source}", "{instance_class}", "{multi_az?multi-AZ}"];
    /// Its storage is encrypted as its source's is, and its password is the source's.
    const CALLS: Calls = Calls {
        read: &[reads(Service::Rds, "DescribeDBInstances")],
        write: &[
            call(Service::Rds, "AddTagsToResource", DATABASE_TAGS),
            call(Service::Rds, "CreateDBInstanceReadReplica", NEW_DATABASES),
            needs(Service::Rds, "CreateDBInstanceReadReplica", "kms:CreateGrant", DB_KEYS),
            needs(Service::Rds, "CreateDBInstanceReadReplica", "kms:DescribeKey", &[On::Any]),
            call(Service::Rds, "DeleteDBInstance", DATABASES),
            reads(Service::Rds, "DescribeEvents"),
            reads(Service::CloudWatch, "GetMetricData"),
            call(Service::Rds, "ModifyDBInstance", DATABASES_AND_MORE),
            call(Service::Rds, "RemoveTagsFromResource", DATABASES),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = rds::QUOTAS;

    fn example() -> Self {
        DbReplica {
            source: Ref::to(EXAMPLE),
            engine_version: None,
            instance_class: "db.t4g.medium".into(),
            storage_type: "gp3".into(),
            iops: Some(12000),
            throughput: Some(500),
            security_groups: [Ref::to(EXAMPLE)].into(),
            parameter_group: Ref::to(EXAMPLE),
            multi_az: false,
            port: 5432,
            deletion_protection: false,
            performance_insights: true,
            auto_minor_version_upgrade: true,
            maintenance_window: "sun:05:00-sun:06:00".into(),
            publicly_accessible: false,
            apply_immediately: true,
            endpoint: Computed::default(),
            tags: tags(),
        }
    }

    fn protected(&self) -> bool {
        self.deletion_protection
    }

    fn outputs(&self) -> Outputs {
        let mut out = BTreeMap::from([("port".into(), self.port.to_string())]);
        out.extend(self.endpoint.0.clone().map(|v| ("endpoint".into(), v)));
        out
    }

    fn breaches(&self, _: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, near)
    }

    fn unoffered(&self, before: Option<&Self>, near: Near<'_>, facts: &Facts) -> Vec<Breach> {
        rules::unoffered(self, before, near, facts)
    }

    fn simulate(&mut self, id: &str) {
        self.endpoint = Computed::from(format!("{id}.rds.sandbox"));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        rds::health(cx, &live.id, rds::Measured::Lag).await
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        let state = rds::fares(health::bent_state(bent, "available"));
        [Some(state), rds::Measured::Lag.bent(bent)].into_iter().flatten().collect()
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let found = rds::instances(cx).await?.into_iter().filter(|i| i.read_replica_source_db_instance_identifier.is_some());
        let live = found.filter_map(|mut replica| {
            let mut all = from_tags(replica.tag_list.take());
            let asked = all.remove(TAG_ASKED).unwrap_or_default();
            let (stamp, tags) = Stamp::read(stack, all)?;
            let id = replica.db_instance_identifier.clone()?;
            Some(Live::found(id, DbReplica { tags, ..read(&rds::planned(replica), &asked) }, stamp))
        });
        Ok(live.collect())
    }

    /// What `CreateDBInstanceReadReplica` doesn't take (parameter group and maintenance window) is changed as soon as the replica stands.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let id = stamp.physical_name(&NAMES);
        let (_, source) = links.get(&self.source)?;
        let (iops, throughput) = self.storage(&source.engine, source.allocated_storage).speed();
        let request = cx
            .rds()
            .create_db_instance_read_replica()
            .db_instance_identifier(&id)
            .source_db_instance_identifier(links.to(&self.source)?)
            .db_instance_class(&self.instance_class)
            .storage_type(&self.storage_type)
            .set_iops(iops)
            .set_storage_throughput(throughput)
            .set_vpc_security_group_ids(Some(links.all(&self.security_groups)?.into_iter().collect()))
            .multi_az(self.multi_az)
            .port(self.port)
            .deletion_protection(self.deletion_protection)
            .enable_performance_insights(self.performance_insights)
            .auto_minor_version_upgrade(self.auto_minor_version_upgrade)
            .publicly_accessible(self.publicly_accessible)
            .copy_tags_to_snapshot(true)
            .set_tags(Some(to_tags(&self.all_tags(stamp))));
        already(cx.safe(Service::Rds, "CreateDBInstanceReadReplica", async || request.clone().send().await).await)?;
        let deadline = deadline(Self::TYPICAL.create);
        let seen = rds::settled(cx, &id, deadline, rds::still).await?;
        let seen = self.bring(cx, &id, seen, &self.physical(links)?, true, deadline).await?;
        Live::made(id, self.with_computed(&seen), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let mut seen = rds::get(cx, &live.id).await?;
        let arn = seen.db_instance_arn.clone().ok_or_else(|| CloudError::incomplete("DescribeDBInstances", "DBInstanceArn"))?;
        let before = from_tags(seen.tag_list.take());
        rds::retag(cx, &arn, &before, &self.all_tags(&moved(live, stamp))).await?;
        let want = self.physical(links)?;
        let seen = self.bring(cx, &live.id, seen, &want, self.apply_immediately, deadline(Self::TYPICAL.update)).await?;
        Live::made(&live.id, self.with_computed(&seen), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        rds::delete(cx, &live.id, deadline(Self::TYPICAL.delete)).await
    }
}

impl DbReplica {
    /// One `ModifyDBInstance` with what differs, if anything does, and the wait until it is so.
    async fn bring(&self, cx: &Clients, id: &str, seen: Seen, want: &Self, at_once: bool, deadline: Duration) -> Result<Seen, CloudError> {
        let asked = want.asked();
        let (allocated, engine) = (seen.allocated_storage.unwrap_or_default(), seen.engine.clone().unwrap_or_default());
        let now = if at_once { read(&seen, &asked) } else { read(&rds::planned(seen), &asked) };
        if !want.same(&now) {
            let mut request = cx
                .rds()
                .modify_db_instance()
                .db_instance_identifier(id)
                .apply_immediately(at_once)
                .set_db_instance_class(changed(&now.instance_class, &want.instance_class))
                .set_multi_az(changed(&now.multi_az, &want.multi_az))
                .set_db_port_number(changed(&now.port, &want.port))
                .set_preferred_maintenance_window(changed(&now.maintenance_window, &want.maintenance_window))
                .set_deletion_protection(changed(&now.deletion_protection, &want.deletion_protection))
                .set_enable_performance_insights(changed(&now.performance_insights, &want.performance_insights))
                .set_auto_minor_version_upgrade(changed(&now.auto_minor_version_upgrade, &want.auto_minor_version_upgrade))
                .set_publicly_accessible(changed(&now.publicly_accessible, &want.publicly_accessible))
                .set_db_parameter_group_name(changed(&now.parameter_group, &want.parameter_group).map(|g| g.0))
                .set_vpc_security_group_ids(
                    changed(&now.security_groups, &want.security_groups).map(|groups| groups.into_iter().map(|g| g.0).collect()),
                );
            if now.engine_version != want.engine_version {
                request = request.set_engine_version(want.engine_version.clone()).allow_major_version_upgrade(true);
            }
            if (&now.storage_type, now.iops, now.throughput) != (&want.storage_type, want.iops, want.throughput) {
                let (iops, throughput) = want.storage(&engine, allocated).speed();
                request = request
                    .set_allocated_storage(iops.map(|_| allocated))
                    .set_storage_type(changed(&now.storage_type, &want.storage_type))
                    .set_iops(iops)
                    .set_storage_throughput(throughput);
            }
            cx.safe(Service::Rds, "ModifyDBInstance", async || request.clone().send().await).await?;
        }
        let arrived = |seen: &Seen| want.same(&read(&rds::planned(seen.clone()), &asked)) && (!at_once || rds::still(seen));
        rds::settled(cx, id, deadline, arrived).await
    }

    /// Equality of all that `ModifyDBInstance` governs.
    fn same(&self, seen: &Self) -> bool {
        let Self { source, apply_immediately, endpoint, tags, .. } = self.clone();
        *self == Self { source, apply_immediately, endpoint, tags, ..seen.clone() }
    }

    /// The same object with physical ids for the references that can change, spelt as RDS spells it.
    fn physical(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(Self {
            security_groups: links.all(&self.security_groups)?.into_iter().map(Ref::to).collect(),
            parameter_group: Ref::to(links.to(&self.parameter_group)?),
            maintenance_window: self.maintenance_window.to_lowercase(),
            ..self.clone()
        })
    }

    fn with_computed(&self, seen: &Seen) -> Self {
        Self { endpoint: Computed(rds::host(seen)), ..self.clone() }
    }

    fn storage<'a>(&'a self, engine: &'a str, gib: i32) -> rds::Storage<'a> {
        rds::Storage { engine, kind: &self.storage_type, gib, iops: self.iops, throughput: self.throughput }
    }

    fn all_tags(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.extend(self.engine_version.clone().map(|asked| (TAG_ASKED.to_owned(), asked)));
        all
    }

    fn asked(&self) -> String {
        self.engine_version.clone().unwrap_or_default()
    }
}

/// What a replica is, with physical ids for references and without its tags; `asked` as in the tag of that name.
fn read(seen: &Seen, asked: &str) -> DbReplica {
    let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
    let (engine, storage_type) = (text(seen.engine()), text(seen.storage_type()));
    let (iops, throughput) = rds::included(&engine, &storage_type, seen.allocated_storage.unwrap_or_default());
    let auto_minor_version_upgrade = seen.auto_minor_version_upgrade.unwrap_or(false);
    let version = || rds::shown_version(asked, seen.engine_version().unwrap_or_default(), auto_minor_version_upgrade);
    DbReplica {
        source: Ref::to(text(seen.read_replica_source_db_instance_identifier())),
        engine_version: rds::replicas_first(&engine).then(version),
        instance_class: text(seen.db_instance_class()),
        iops: seen.iops.filter(|i| Some(*i) != iops),
        throughput: seen.storage_throughput.filter(|t| Some(*t) != throughput),
        security_groups: rds::security_groups(seen),
        parameter_group: rds::parameter_group(seen),
        multi_az: seen.multi_az.unwrap_or(false),
        port: rds::port(seen),
        deletion_protection: seen.deletion_protection.unwrap_or(false),
        performance_insights: seen.performance_insights_enabled.unwrap_or(false),
        auto_minor_version_upgrade,
        maintenance_window: text(seen.preferred_maintenance_window()),
        publicly_accessible: seen.publicly_accessible.unwrap_or(false),
        apply_immediately: true,
        endpoint: Computed(rds::host(seen)),
        tags: Tags::new(),
        storage_type,
    }
}
