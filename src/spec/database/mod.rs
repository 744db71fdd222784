//! `database`: PostgreSQL, MySQL or MariaDB with a standby and replicas.
mod check;
mod fields;
mod lower;

use super::check::Check;
use super::derive::tier;
use super::lower::{Lower, output};
use super::node::Node;
use super::section::{Attributes, Fields, Section, SectionGroup, peers};
use super::sections::Spec;
use super::timeouts::Timeouts;
use super::units::{AdminUser, DailyWindow, DatabaseName, Duration, InstanceClass, Name, Peer, Size, Target, Version, WeeklyWindow, fixed};
use crate::kinds::rds::has_insights;
use crate::kinds::{Kind, Part};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A database: a primary, its standby and its replicas, encrypted; nobody ever sees the password that does not ask for it (AWS: RDS DB instances).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The engine. Changing it is a replacement.
    pub engine: DatabaseEngine,
    /// The engine's version: a release line, such as `"16"` or mysql's `"8.4"`, for any minor version of it, or a whole version. It only rises.
    #[schemars(extend("x-default" = "\"16\" for postgres, \"8.4\" for mysql, \"11.4\" for mariadb"))]
    pub version: Version,
    /// The RDS instance class.
    #[serde(default = "instance_class")]
    pub instance_class: InstanceClass,
    /// Its storage, always encrypted.
    #[serde(default)]
    pub storage: Storage,
    /// The subnet tier it stands in.
    #[schemars(extend("x-default" = "the first isolated tier"))]
    pub subnets: Name,
    /// Whether a standby in another zone takes over by itself.
    #[serde(default = "yes")]
    pub multi_az: bool,
    /// How many copies for reading.
    #[serde(default)]
    #[schemars(range(min = 0, max = 15))]
    pub replicas: u32,
    /// Daily backups, from which any second can be restored.
    #[serde(default)]
    pub backups: Backups,
    /// When AWS may maintain it, in UTC.
    #[serde(default)]
    pub maintenance_window: WeeklyWindow,
    /// The engine's own parameters, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Who may connect.
    #[serde(default)]
    pub allow_from: Vec<Peer>,
    /// Whether AWS refuses to delete it.
    #[serde(default = "yes")]
    pub deletion_protection: bool,
    /// Whether Performance Insights are on; with mysql and mariadb, micro and small classes can't.
    #[schemars(extend("x-default" = "true, where the engine and the class can"))]
    pub performance_insights: bool,
    /// The port.
    #[schemars(range(min = 1150, max = 65535), extend("x-default" = "5432 for postgres, 3306 for mysql and mariadb"))]
    pub port: u16,
    /// A database to create at the start; none when left out. Changing it is a replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_name: Option<DatabaseName>,
    /// The first user; its password is in Secrets Manager. Changing it is a replacement.
    #[serde(default = "admin_user")]
    pub admin_user: AdminUser,
    /// Whether RDS makes the password, keeps it and renews it every week. It can't for a database with replicas: then the stack keeps a random one in a secret
    /// of its own, in the same form. `${database.NAME.secret_arn}` is the secret's ARN either way.
    #[schemars(extend("x-default" = "true without replicas"))]
    pub manage_master_user_password: bool,
    /// Whether changes are made at once rather than in the maintenance window.
    #[serde(default = "yes")]
    pub apply_immediately: bool,
    /// Whether the engine's logs go to CloudWatch Logs, which keeps them as long as other logs (`monitoring.logging.retention_period`, 30 days by default);
    /// where the spec has `monitoring`, with queries that take a second or longer.
    #[serde(default = "yes")]
    pub log_exports: bool,
    /// How long changes may take before they count as failed.
    #[serde(default, skip_serializing_if = "Timeouts::usual")]
    pub timeouts: Timeouts,
    /// The entry's key before it was renamed; it is re-stamped, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Name>,
}

impl Section for BTreeMap<Name, Database> {
    const NAMED: bool = true;
    const MINIMAL: &'static str = "database: { main: { engine: postgres } }";
    const ATTRIBUTES: Attributes = &[
        ("endpoint", |_, name| output(Kind::DbInstance, name, "endpoint")),
        ("port", |_, name| output(Kind::DbInstance, name, "port")),
        ("reader_endpoint", reader),
        ("secret_arn", secret),
    ];
    const FIELDS: Fields = fields::FIELDS;

    fn derive(node: &mut Node, spec: &Node) {
        let subnets = tier(spec, &["isolated", "private"]);
        node.each_entry(|entry| {
            let (version, port) = match entry.text_of("engine") {
                "postgres" => ("16", 5432),
                "mysql" => ("8.4", 3306),
                _ => ("11.4", 3306),
            };
            let replicas = entry.get("replicas").and_then(Node::as_int).unwrap_or_default();
            let class = entry.get("instance_class").and_then(Node::as_text).map_or(INSTANCE_CLASS, |class| class);
            let insights = has_insights(entry.text_of("engine"), class);
            entry.fill("manage_master_user_password", |at| Node::bool(replicas == 0, at));
            entry.fill("performance_insights", |at| Node::bool(insights, at));
            entry.fill("version", |at| Node::text(version, at));
            entry.fill("port", |at| Node::int(port, at));
            entry.fill("subnets", |at| Node::text(subnets.as_str(), at));
        });
    }

    fn groups(&self, _: &Spec) -> Vec<SectionGroup> {
        let follows = |(name, entry): (&Name, &Database)| SectionGroup {
            target: Target::entry("database", name),
            name: group(name),
            renamed_from: entry.renamed_from.as_ref().map(group),
            ports: vec![entry.port],
            peers: peers(&entry.allow_from, &["database", name.as_str(), "allow_from"]),
            alone: vec![],
            connects: false,
            reached_by: BTreeSet::new(),
        };
        self.iter().map(follows).collect()
    }

    fn check(&self, cx: &mut Check<'_>) {
        self.iter().for_each(|(name, entry)| check::check(name, entry, cx));
    }

    fn lower(&self, l: &mut Lower<'_>) {
        lower::lower(self, l);
        self.iter().for_each(|(name, entry)| entry.timeouts.lower(l, &format!("database.{name}")));
    }
}

/// The name of an entry's security group.
fn group(name: &Name) -> String {
    format!("database.{name}")
}

/// Where the password is: in RDS's secret, or in the stack's.
fn secret(spec: &Spec, name: &str) -> Vec<Part> {
    match spec.database.get(name) {
        Some(entry) if !entry.manage_master_user_password => output(Kind::Secret, name, "arn"),
        _ => output(Kind::DbInstance, name, "secret_arn"),
    }
}

/// The first replica's endpoint; that of the primary where there is no replica.
fn reader(spec: &Spec, name: &str) -> Vec<Part> {
    match spec.database.get(name) {
        Some(entry) if entry.replicas > 0 => output(Kind::DbReplica, &format!("{name}-1"), "endpoint"),
        _ => output(Kind::DbInstance, name, "endpoint"),
    }
}

/// A database's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseEngine {
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
    /// PostgreSQL.
    Postgres,
}

/// A database's storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// Its size, from 20GiB to 64TiB; it can only grow.
    pub size: Size,
    /// The size up to which RDS lets it grow by itself; it does not when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Size>,
    /// The EBS volume type.
    #[serde(rename = "type")]
    pub kind: StorageType,
    /// Operations a second; needed for io1 and io2, and for gp3 from 400GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1000, max = 256000))]
    pub iops: Option<u32>,
    /// MiB a second, for gp3 from 400GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 125, max = 4000))]
    pub throughput: Option<u32>,
}

impl Default for Storage {
    fn default() -> Self {
        Storage { size: Size::gib(20), max: None, kind: StorageType::Gp3, iops: None, throughput: None }
    }
}

/// An EBS volume type for databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageType {
    /// General purpose, the older one.
    Gp2,
    /// General purpose.
    Gp3,
    /// Provisioned operations.
    Io1,
    /// Provisioned operations, the newer one.
    Io2,
}

/// Daily backups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Backups {
    /// How long they are kept, in whole days up to 35d; `0d` for none.
    pub retention: Duration,
    /// When they are taken, in UTC.
    pub window: DailyWindow,
}

impl Default for Backups {
    fn default() -> Self {
        Backups { retention: Duration::days(7), window: DailyWindow::default() }
    }
}

const INSTANCE_CLASS: &str = "db.t4g.medium";

fn instance_class() -> InstanceClass {
    fixed(INSTANCE_CLASS)
}

fn yes() -> bool {
    true
}

fn admin_user() -> AdminUser {
    fixed("dbadmin")
}
