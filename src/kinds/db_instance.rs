//! A relational database.
mod logs;
mod read;
mod rules;
mod terraform;
mod words;
mod write;

use aws_sdk_rds::types::DbInstance as Seen;

use self::read::{read, secret_arn};
use super::calls::{
    DATABASE_LOGS, DATABASE_TAGS, DATABASES, DATABASES_AND_MORE, DB_KEYS, KEPT, NEW_DATABASE_LOG_TAGS, NEW_DATABASE_LOGS, NEW_DATABASES,
    On, SECRETS, call, needs, reads,
};
use super::example::{EXAMPLE, tags};
use super::log_group::named;
use super::managed::{already, moved};
use super::*;
use crate::model::{Computed, Tags};
use crate::wire::tags::{from_tags, to_tags};

object! {
    /// `AWS::RDS::DBInstance`. Its id is its `DBInstanceIdentifier`. Never enrolled in paid support beyond its version's end
    /// (`EngineLifecycleSupport`). Deleting it takes no final snapshot, but keeps the automated backups.
    pub struct DbInstance {
        /// `Engine`: `postgres`, `mysql`, `mariadb`, …
        replace engine: String,
        /// `EngineVersion`: `16.11`, or `16` for any minor version. With `auto_minor_version_upgrade` a newer minor version is no difference.
        update(never) engine_version: String,
        /// `DBInstanceClass`: `db.r7g.large`.
        update instance_class: String,
        /// `AllocatedStorage` in GiB, from 20 for gp3; at least so much. Storage never shrinks: what was asked for less later, or added by RDS itself
        /// (`max_allocated_storage`), is no difference.
        update(grows) allocated_storage: i32,
        /// `MaxAllocatedStorage` in GiB, up to which RDS grows the storage by itself; `None` turns that off.
        update max_allocated_storage: Option<i32>,
        /// `StorageType`: `gp3`, `gp2`, `io1`, `io2`.
        update(rests 6) storage_type: String,
        /// `Iops`, when more than the storage type includes; gp3 takes it from 400 GiB on (Oracle 200, Db2 100, SQL Server any).
        update(rests 6) iops: Option<i32>,
        /// `StorageThroughput` in MiB/s, when more than the storage type includes; gp3 only, as `iops`.
        update(rests 6) throughput: Option<i32>,
        /// `StorageEncrypted`, with the account's own RDS key.
        replace storage_encrypted: bool,
        /// `MultiAZ`: a standby in another zone that takes over by itself.
        update multi_az: bool,
        /// `DBSubnetGroupName`.
        replace subnet_group: Ref<DbSubnetGroup>,
        /// `VpcSecurityGroupIds`: at least one, or RDS takes the VPC's default group.
        update security_groups: BTreeSet<Ref<SecurityGroup>>,
        /// `DBParameterGroupName`. Another group's static parameters are in force after the next restart.
        update parameter_group: Ref<DbParameterGroup>,
        /// `Port`, from 1150 to 65535. A change restarts the instance.
        update port: i32,
        /// `BackupRetentionPeriod` in days, from 0 (no automated backups) to 35. Replicas need 1.
        update(data) backup_retention: i32,
        /// `PreferredBackupWindow` in UTC, at least 30 minutes: `03:00-04:00`.
        update backup_window: String,
        /// `PreferredMaintenanceWindow` in UTC, lower case, at least 30 minutes, apart from the backup window: `sun:05:00-sun:06:00`.
        update maintenance_window: String,
        /// `DeletionProtection`.
        update deletion_protection: bool,
        /// `EnablePerformanceInsights`, kept for 7 days.
        update performance_insights: bool,
        /// `EnableCloudwatchLogsExports`: `postgresql`, `upgrade`, …, as the engine has them.
        update log_exports: BTreeSet<String>,
        /// Days for which the log groups keep what is exported, as CloudWatch Logs takes them; `None` keeps it for ever, as RDS does by itself.
        update(data) log_retention_days: Option<i32>,
        /// `AutoMinorVersionUpgrade`, in the maintenance window.
        update auto_minor_version_upgrade: bool,
        /// `DBName`: the database made at creation; `None` makes none.
        replace database_name: Option<String>,
        /// `MasterUsername`.
        replace admin_user: String,
        /// The secret whose password is the admin user's (`MasterUserPassword`); `None`: RDS makes one, keeps it in Secrets Manager and renews it by itself
        /// (`ManageMasterUserPassword`), which it refuses to sources of replicas. A tag keeps which secret it is, since RDS never tells.
        update password: Option<Ref<Secret>>,
        /// `PubliclyAccessible`: whether its name leads to a public address.
        update publicly_accessible: bool,
        /// `ApplyImmediately`: whether updates are made at once and waited for, or left to the maintenance window. How, not what: never compared.
        initial apply_immediately: bool,
        /// `Endpoint.Address`.
        computed endpoint: Computed<String>,
        /// `EngineVersion` as it runs: with the minor version where that is left to RDS.
        computed running_version: Computed<String>,
        /// `MasterUserSecret.SecretArn`: the secret that RDS keeps itself.
        computed secret_arn: Computed<String>,
        /// `DBInstanceStatus`, while it says that the last change of storage is still being carried out (`storage-optimization`).
        computed storage_state: Computed<String>,
        update tags: Tags,
    }
}

/// Keeps what was asked for where the service moves on by itself: engine version and allocated storage.
const TAG_ASKED: &str = "infra:asked";

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(63);

/// Keeps which secret the password is from.
const TAG_SECRET: &str = "infra:secret";

/// `EngineLifecycleSupport`: what has reached the end of its standard support is refused rather than charged for. MySQL and PostgreSQL only.
const NO_PAID_SUPPORT: &str = "open-source-rds-extended-support-disabled";

impl Resource for DbInstance {
    const KIND: Kind = Kind::DbInstance;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Rds;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(720, 600, 300);
    const HOURLY: Option<&'static str> = Some("database instance");
    const HINT: &'static [&'static str] = &[
        "{engine} {engine_version}",
        "{instance_class}",
        "{allocated_storage} GiB {storage_type}",
        "{multi_az?multi-AZ}",
        "backups {backup_retention} days",
    ];
    /// RDS keeps the password in Secrets Manager and encrypts the storage, both on its caller's behalf.
    const CALLS: Calls = Calls {
        read: &[reads(Service::CloudWatchLogs, "DescribeLogGroups"), reads(Service::Rds, "DescribeDBInstances")],
        write: &[
            call(Service::CloudWatchLogs, "CreateLogGroup", NEW_DATABASE_LOGS),
            needs(Service::CloudWatchLogs, "CreateLogGroup", "logs:TagResource", NEW_DATABASE_LOG_TAGS),
            call(Service::CloudWatchLogs, "DeleteLogGroup", DATABASE_LOGS),
            call(Service::CloudWatchLogs, "DeleteRetentionPolicy", DATABASE_LOGS),
            call(Service::CloudWatchLogs, "PutRetentionPolicy", DATABASE_LOGS),
            call(Service::Rds, "AddTagsToResource", DATABASE_TAGS),
            call(Service::Rds, "CreateDBInstance", NEW_DATABASES),
            needs(Service::Rds, "CreateDBInstance", "iam:CreateServiceLinkedRole", &[On::Linked("rds")]),
            needs(Service::Rds, "CreateDBInstance", "kms:CreateGrant", DB_KEYS),
            needs(Service::Rds, "CreateDBInstance", "kms:Decrypt", DB_KEYS),
            needs(Service::Rds, "CreateDBInstance", "kms:DescribeKey", &[On::Any]),
            needs(Service::Rds, "CreateDBInstance", "kms:GenerateDataKey", DB_KEYS),
            needs(Service::Rds, "CreateDBInstance", "secretsmanager:CreateSecret", DB_SECRETS),
            needs(Service::Rds, "CreateDBInstance", "secretsmanager:TagResource", DB_SECRETS),
            call(Service::Rds, "DeleteDBInstance", DATABASES),
            reads(Service::Rds, "DescribeEvents"),
            reads(Service::CloudWatch, "GetMetricData"),
            call(Service::Rds, "ModifyDBInstance", DATABASES_AND_MORE),
            needs(Service::Rds, "ModifyDBInstance", "kms:CreateGrant", DB_KEYS),
            needs(Service::Rds, "ModifyDBInstance", "kms:Decrypt", DB_KEYS),
            needs(Service::Rds, "ModifyDBInstance", "kms:DescribeKey", &[On::Any]),
            needs(Service::Rds, "ModifyDBInstance", "kms:GenerateDataKey", DB_KEYS),
            needs(Service::Rds, "ModifyDBInstance", "secretsmanager:CreateSecret", DB_SECRETS),
            needs(Service::Rds, "ModifyDBInstance", "secretsmanager:DeleteSecret", &[On::Kept]),
            needs(Service::Rds, "ModifyDBInstance", "secretsmanager:RotateSecret", &[On::Kept]),
            needs(Service::Rds, "ModifyDBInstance", "secretsmanager:TagResource", DB_SECRETS),
            call(Service::Rds, "RemoveTagsFromResource", DATABASES),
            call(Service::SecretsManager, "GetSecretValue", SECRETS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = rds::QUOTAS;

    fn example() -> Self {
        DbInstance {
            engine: "postgres".into(),
            engine_version: "16.11".into(),
            instance_class: "db.t4g.medium".into(),
            allocated_storage: 400,
            max_allocated_storage: Some(800),
            storage_type: "gp3".into(),
            iops: Some(12000),
            throughput: Some(500),
            storage_encrypted: true,
            multi_az: true,
            subnet_group: Ref::to(EXAMPLE),
            security_groups: [Ref::to(EXAMPLE)].into(),
            parameter_group: Ref::to(EXAMPLE),
            port: 5432,
            backup_retention: 7,
            backup_window: "03:00-04:00".into(),
            maintenance_window: "sun:05:00-sun:06:00".into(),
            deletion_protection: false,
            performance_insights: true,
            log_exports: ["postgresql".into()].into(),
            log_retention_days: Some(30),
            auto_minor_version_upgrade: true,
            database_name: Some("shop".into()),
            admin_user: "shop".into(),
            password: Some(Ref::to(EXAMPLE)),
            publicly_accessible: false,
            apply_immediately: true,
            endpoint: Computed::default(),
            running_version: Computed::default(),
            secret_arn: Computed::default(),
            storage_state: Computed::default(),
            tags: tags(),
        }
    }

    fn protected(&self) -> bool {
        self.deletion_protection
    }

    fn outputs(&self) -> Outputs {
        let mut out = BTreeMap::from([("port".into(), self.port.to_string())]);
        out.extend(self.endpoint.0.clone().map(|v| ("endpoint".into(), v)));
        out.extend(self.secret_arn.0.clone().map(|v| ("secret_arn".into(), v)));
        out
    }

    fn breaches(&self, _: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, near)
    }

    fn ways(&self, before: &Self, _: Near<'_>) -> Vec<Breach> {
        rules::ways(self, before)
    }

    fn unoffered(&self, before: Option<&Self>, _: Near<'_>, facts: &Facts) -> Vec<Breach> {
        rules::unoffered(self, before, facts)
    }

    fn simulate(&mut self, id: &str) {
        self.endpoint = Computed::from(format!("{id}.rds.sandbox"));
        self.running_version = Computed::from(self.engine_version.clone());
        let managed = self.password.is_none();
        self.secret_arn = Computed(managed.then(|| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!{id}")));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        rds::health(cx, &live.id, rds::Measured::Storage(self.allocated_storage)).await
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        let state = rds::fares(health::bent_state(bent, "available"));
        [Some(state), rds::Measured::Storage(self.allocated_storage).bent(bent)].into_iter().flatten().collect()
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let found = rds::instances(cx).await?.into_iter().filter(|i| i.read_replica_source_db_instance_identifier.is_none());
        let ours = found.filter_map(|mut instance| {
            let mut all = from_tags(instance.tag_list.take());
            let (asked, secret) = (all.remove(TAG_ASKED).unwrap_or_default(), all.remove(TAG_SECRET));
            let (stamp, tags) = Stamp::read(stack, all)?;
            let id = instance.db_instance_identifier.clone()?;
            Some((id, stamp, DbInstance { tags, ..read(&rds::planned(instance), &asked, secret.as_deref()) }))
        });
        let ours: Vec<_> = ours.collect();
        if ours.is_empty() {
            return Ok(vec![]);
        }
        let kept = logs::kept(cx, stack).await?;
        let live = ours.into_iter().map(|(id, stamp, seen)| {
            let log_retention_days = logs::days(&kept, &id, &seen.log_exports);
            Live::found(id, DbInstance { log_retention_days, ..seen }, stamp)
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let id = stamp.physical_name(&NAMES);
        let secret = self.secret(links)?;
        let password = write::password(cx, secret.as_deref()).await?;
        let request = cx
            .rds()
            .create_db_instance()
            .db_instance_identifier(&id)
            .engine(&self.engine)
            .engine_version(&self.engine_version)
            .db_instance_class(&self.instance_class)
            .allocated_storage(self.allocated_storage)
            .set_max_allocated_storage(self.max_allocated_storage)
            .storage_type(&self.storage_type)
            .set_iops(self.iops)
            .set_storage_throughput(self.throughput)
            .storage_encrypted(self.storage_encrypted)
            .multi_az(self.multi_az)
            .db_subnet_group_name(links.to(&self.subnet_group)?)
            .set_vpc_security_group_ids(Some(links.all(&self.security_groups)?.into_iter().collect()))
            .db_parameter_group_name(links.to(&self.parameter_group)?)
            .port(self.port)
            .backup_retention_period(self.backup_retention)
            .preferred_backup_window(&self.backup_window)
            .preferred_maintenance_window(&self.maintenance_window)
            .deletion_protection(self.deletion_protection)
            .enable_performance_insights(self.performance_insights)
            .set_enable_cloudwatch_logs_exports(Some(self.log_exports.iter().cloned().collect()))
            .auto_minor_version_upgrade(self.auto_minor_version_upgrade)
            .set_db_name(self.database_name.clone())
            .master_username(&self.admin_user)
            .set_manage_master_user_password(password.is_none().then_some(true))
            .set_master_user_password(password.as_ref().and_then(|p| p.expose()).map(String::from))
            .publicly_accessible(self.publicly_accessible)
            .set_engine_lifecycle_support(matches!(self.engine.as_str(), "mysql" | "postgres").then(|| NO_PAID_SUPPORT.into()))
            .copy_tags_to_snapshot(true)
            .set_tags(Some(to_tags(&self.all_tags(stamp, secret.as_deref()))));
        already(cx.safe(Service::Rds, "CreateDBInstance", async || request.clone().send().await).await)?;
        half(self.keep_logs(cx, &id, stamp).await)?;
        let seen = rds::settled(cx, &id, deadline(Self::TYPICAL.create), |seen| {
            rds::still(seen) && secret_arn(seen).is_some() == secret.is_none()
        })
        .await?;
        Live::made(id, self.with_computed(&seen), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let mut seen = rds::get(cx, &live.id).await?;
        let arn = seen.db_instance_arn.clone().ok_or_else(|| CloudError::incomplete("DescribeDBInstances", "DBInstanceArn"))?;
        let before = from_tags(seen.tag_list.take());
        let (want, secret) = (self.physical(links)?, self.secret(links)?);
        let known = before.get(TAG_SECRET).cloned();
        let raw = read(&seen, &self.asked(), known.as_deref());
        let now = if self.apply_immediately { raw } else { read(&rds::planned(seen.clone()), &self.asked(), known.as_deref()) };
        // While the password changes nothing says whose it is: what stops between is seen as neither.
        let between = secret.as_deref().filter(|_| want.password == now.password);
        let tags = self.all_tags(&moved(live, stamp), between);
        rds::retag(cx, &arn, &before, &tags).await?;
        let old: Self = live.of()?;
        if (&old.log_exports, old.log_retention_days) != (&self.log_exports, self.log_retention_days) {
            half(self.keep_logs(cx, &live.id, &live.stamp).await)?;
        }
        if !want.same(&now) {
            let password = if want.password == now.password { None } else { write::password(cx, secret.as_deref()).await? };
            self.modify(cx, &live.id, &now, &want, &seen, password.as_ref()).await?;
        }
        let arrived = |seen: &Seen| want.arrived(seen, self.apply_immediately, secret.as_deref());
        let seen = rds::settled(cx, &live.id, deadline(Self::TYPICAL.update), arrived).await?;
        half(rds::retag(cx, &arn, &tags, &self.all_tags(&moved(live, stamp), secret.as_deref())).await)?;
        Live::made(&live.id, self.with_computed(&seen), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        rds::delete(cx, &live.id, deadline(Self::TYPICAL.delete)).await?;
        half(logs::delete(cx, &live.id).await)
    }
}

/// Secrets in which RDS keeps the passwords that it manages.
const DB_SECRETS: &[On] = &[On::Also(KEPT)];

impl DbInstance {
    /// Equality of all that `ModifyDBInstance` governs.
    fn same(&self, seen: &Self) -> bool {
        let Self { engine, storage_encrypted, subnet_group, database_name, admin_user, .. } = self.clone();
        let Self { log_retention_days, apply_immediately, endpoint, running_version, secret_arn, storage_state, tags, .. } = self.clone();
        let fixed = Self { engine, storage_encrypted, subnet_group, database_name, admin_user, ..seen.clone() };
        *self == Self { log_retention_days, apply_immediately, endpoint, running_version, secret_arn, storage_state, tags, ..fixed }
    }

    /// The same object with physical ids for references, spelt as RDS spells it.
    fn physical(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(Self {
            subnet_group: Ref::to(links.to(&self.subnet_group)?),
            security_groups: links.all(&self.security_groups)?.into_iter().map(Ref::to).collect(),
            parameter_group: Ref::to(links.to(&self.parameter_group)?),
            password: self.secret(links)?.map(Ref::to),
            maintenance_window: self.maintenance_window.to_lowercase(),
            ..self.clone()
        })
    }

    fn with_computed(&self, seen: &Seen) -> Self {
        let running_version = Computed(seen.engine_version.clone());
        Self { endpoint: Computed(rds::host(seen)), running_version, secret_arn: Computed(secret_arn(seen)), ..self.clone() }
    }

    fn storage(&self, gib: i32) -> rds::Storage<'_> {
        rds::Storage { engine: &self.engine, kind: &self.storage_type, gib, iops: self.iops, throughput: self.throughput }
    }

    /// All that is one to `storage-optimization`.
    fn stored(&self) -> [(&'static str, String); 4] {
        let Self { allocated_storage, storage_type, iops, throughput, .. } = self;
        let speed = |n: &Option<i32>| n.map(|n| n.to_string()).unwrap_or_default();
        [
            ("allocated_storage", allocated_storage.to_string()),
            ("storage_type", storage_type.clone()),
            ("iops", speed(iops)),
            ("throughput", speed(throughput)),
        ]
    }

    /// The first attribute of its storage that is another one than before.
    pub fn restored(&self, before: &Self) -> Option<&'static str> {
        self.stored().into_iter().zip(before.stored()).find(|(now, then)| now != then).map(|(now, _)| now.0)
    }

    /// The id of the secret that the stack keeps.
    fn secret(&self, links: &Links) -> Result<Option<String>, CloudError> {
        self.password.as_ref().map(|secret| links.to(secret)).transpose()
    }

    fn all_tags(&self, stamp: &Stamp, secret: Option<&str>) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.insert(TAG_ASKED.into(), self.asked());
        all.extend(secret.map(|secret| (TAG_SECRET.to_owned(), secret.to_owned())));
        all
    }

    fn asked(&self) -> String {
        format!("{} {}", self.engine_version, self.allocated_storage)
    }
}
