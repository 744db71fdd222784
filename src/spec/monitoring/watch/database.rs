//! `database`: "Amazon CloudWatch instance-level metrics for Amazon RDS".
use super::*;
use crate::spec::database::{Database, DatabaseEngine};

pub const SECTION: Section = Section {
    name: "database",
    entries: |spec| spec.database.keys().map(Some).collect(),
    words: &[
        Word {
            word: "connections",
            says: "connections to it",
            unit: "connections",
            scale: plain,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "DatabaseConnections", "Maximum"))),
        },
        Word {
            word: "cpu",
            says: "CPU of the instance",
            unit: "%",
            scale: plain,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "CPUUtilization", "Average"))),
        },
        Word {
            word: "credits",
            says: "what an instance of a burstable class has saved up",
            unit: "credits",
            scale: plain,
            period: MINUTE,
            looks: |spec, name| if burstable(spec, name) { whole(At::Metric(own(name, "CPUCreditBalance", "Minimum"))) } else { vec![] },
        },
        Word { word: "lag", says: "how far a replica is behind", unit: "s", scale: plain, period: MINUTE, looks: replicas },
        Word {
            word: "memory",
            says: "memory that is free",
            unit: "MiB",
            scale: |_, _| 1_048_576.0,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "FreeableMemory", "Minimum"))),
        },
        Word {
            word: "storage",
            says: "storage that is free, of what is allocated at first",
            unit: "%",
            scale: |spec, name| entry(spec, name).map_or(0.0, |db| db.storage.size.as_gib() as f64) * 1_073_741_824.0 / 100.0,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "FreeStorageSpace", "Minimum"))),
        },
        Word {
            word: "transactions",
            says: "transaction IDs of PostgreSQL that a vacuum hasn't freed",
            unit: "transactions",
            scale: plain,
            period: MINUTE,
            looks: |spec, name| {
                let postgres = entry(spec, name).is_some_and(|db| db.engine == DatabaseEngine::Postgres);
                if postgres { whole(At::Metric(own(name, "MaximumUsedTransactionIDs", "Maximum"))) } else { vec![] }
            },
        },
    ],
    lacks: None,
    presets: &[
        Preset {
            name: "cpu",
            word: "cpu",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS: "Recommended alarms", RDS, CPUUtilization: 90.
            threshold: |_, _| Some(90.0),
            points: (5, 5),
            silence: Silence::Bad,
            means: "The database is as busy as it can be, or has stopped to answer.",
            advice: "Look for slow queries in Performance Insights, or take a larger instance class.",
        },
        Preset {
            name: "credits",
            word: "credits",
            severity: Severity::Warning,
            side: Side::Below,
            // The module `cloudposse/rds-cloudwatch-sns-alarms`, and others: 20.
            threshold: |_, _| Some(20.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "The database has used up what its burstable class had saved, and becomes slow.",
            advice: "Take an instance class that isn't burstable.",
        },
        Preset {
            name: "lag",
            word: "lag",
            severity: Severity::Warning,
            side: Side::Above,
            // Ours.
            threshold: |_, _| Some(60.0),
            points: (10, 10),
            silence: Silence::Bad,
            means: "A replica shows what was true a minute ago, or doesn't follow any more.",
            advice: "Look for long queries on the replica and for large writes on the database.",
        },
        Preset {
            name: "memory",
            word: "memory",
            severity: Severity::Warning,
            side: Side::Below,
            // Ours.
            threshold: |_, _| Some(256.0),
            points: (15, 15),
            silence: Silence::Fine,
            means: "The database has hardly any memory left.",
            advice: "Look for many connections or large sorts, or take a larger instance class.",
        },
        Preset {
            name: "storage",
            word: "storage",
            severity: Severity::Critical,
            side: Side::Below,
            // AWS: "Recommended alarms", RDS, FreeStorageSpace, where the number is left open; "Amazon RDS best practices": 10 to 15 % free.
            threshold: |_, _| Some(10.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "The disk of the database is almost full; when it is full, the database stops.",
            advice: "Raise database.NAME.storage.size, or its max, so that it grows by itself.",
        },
        Preset {
            name: "transactions",
            word: "transactions",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS's database blog, "Implement an early warning system for transaction ID wraparound": one billion.
            threshold: |_, _| Some(1e9),
            points: (1, 1),
            silence: Silence::Fine,
            means: "Vacuum doesn't keep up: at two billion transactions PostgreSQL stops to write.",
            advice: "Look for transactions and replication slots that stay open, and vacuum the oldest tables.",
        },
    ],
};

fn entry<'s>(spec: &'s Spec, name: &str) -> Option<&'s Database> {
    spec.database.get(name)
}

/// `db.t4g.medium`
fn burstable(spec: &Spec, name: &str) -> bool {
    entry(spec, name).is_some_and(|db| db.instance_class.to_string().starts_with("db.t"))
}

fn own(name: &str, metric_name: &str, statistic: &str) -> Metric {
    metric("AWS/RDS", metric_name, statistic, [("DBInstanceIdentifier", of(Kind::DbInstance, name, "id"))])
}

fn replicas(spec: &Spec, name: &str) -> Vec<Look> {
    let count = entry(spec, name).map_or(0, |db| db.replicas);
    let look = |i: u32| {
        let dimensions = [("DBInstanceIdentifier", of(Kind::DbReplica, &format!("{name}-{i}"), "id"))];
        Look { part: Some(i.to_string()), at: At::Metric(metric("AWS/RDS", "ReplicaLag", "Maximum", dimensions)) }
    };
    (1..=count).map(look).collect()
}
