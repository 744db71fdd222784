//! What the sandbox's regions offer: some of what AWS does.
use std::collections::BTreeSet;

use crate::cloud::zones;
use crate::kinds::facts::Parameter;
use crate::kinds::launch_template::vcpus;
use crate::kinds::{Fact, Question, listener};

/// Versions with which a database can be made ("Release calendars" for PostgreSQL, MySQL and MariaDB in the RDS user guide, spring of 2026). Earlier minor
/// versions are closed.
const DATABASES: &[(&str, &str)] = &[
    ("mariadb", "10.6.25 10.11.15 10.11.16 11.4.9 11.4.10 11.8.5 11.8.6"),
    ("mysql", "5.7.44-rds.20250508 8.0.43 8.0.44 8.0.45 8.4.6 8.4.7 8.4.8"),
    ("postgres", "13.23 14.20 14.22 15.15 15.17 16.9 16.10 16.11 16.13 17.6 17.7 17.9 18.1 18.3"),
];

/// Lines of MySQL, each of which leads to the next alone ("Upgrades of the RDS for MySQL DB engine").
const MYSQL: &[&str] = &["5.7", "8.0", "8.4"];

/// Versions of caches ("Supported engines and versions" in the ElastiCache user guide).
const CACHES: &[(&str, &str)] = &[("redis", "4.0.10 5.0.6 6.0 6.2 7.0 7.1"), ("valkey", "7.2 8.0 8.1 8.2")];

/// Families of classes, and the smallest and the largest of [`SIZES`] that they have ("DB instance class types" in the RDS user guide).
const CLASSES: &[(&str, &str, &str)] = &[
    ("db.m5", "large", "24xlarge"),
    ("db.m6g", "large", "16xlarge"),
    ("db.m6i", "large", "32xlarge"),
    ("db.m7g", "large", "16xlarge"),
    ("db.m7i", "large", "24xlarge"),
    ("db.r5", "large", "24xlarge"),
    ("db.r6g", "large", "16xlarge"),
    ("db.r6i", "large", "32xlarge"),
    ("db.r7g", "large", "16xlarge"),
    ("db.r7i", "large", "24xlarge"),
    ("db.t3", "micro", "2xlarge"),
    ("db.t4g", "micro", "2xlarge"),
];

const SIZES: &[&str] =
    &["micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"];

/// The families that `us-east-1e` has: it has none on the Nitro System ("is not supported in your requested Availability Zone").
const OLD: &[&str] = &["c3", "c4", "d2", "g3", "i2", "i3", "m3", "m4", "p2", "p3", "r3", "r4", "t1", "t2", "x1"];
const OLD_ZONE: &str = "us-east-1e";

/// vCPUs of most types of the smallest sizes.
const SMALL: i64 = 2;

/// The sandbox is an account that has been at work for a while.
const QUOTA: i64 = 512;

/// A parameter a line: engine, name, `DataType`, `AllowedValues`, whether it is dynamic, static or nobody's to change, and the family's value; `-` for nothing.
/// From the user guides' lists of parameters, and from what `describe-engine-default-parameters` shows of postgres16, mysql8.4 and redis7.
const PARAMETERS: &str = include_str!("parameters.txt");

/// What a region offers; `None` where the table has nothing of that.
pub fn of(question: &Question, region: &str) -> Option<Fact> {
    match question {
        // It keeps no code.
        Question::Archive { .. } | Question::UpgradeInsights { .. } => None,
        Question::CacheParameters(family) => parameters(if family.starts_with("valkey") { "redis" } else { engine(family) }),
        Question::CacheVersions(engine) => versions(CACHES, engine).map(Fact::names),
        Question::DatabaseClasses { engine, .. } => versions(DATABASES, engine).map(|_| classes()),
        Question::DatabaseParameters(family) => parameters(if family.starts_with("mariadb") { "mysql" } else { engine(family) }),
        Question::DatabaseUpgrades { engine, version } => upgrades(engine, version),
        Question::DatabaseVersions(engine) => versions(DATABASES, engine).map(Fact::names),
        Question::InstanceType(name) => {
            let old = name.split('.').next().is_some_and(|family| OLD.contains(&family));
            Some(Fact::names(zones::of_sandbox(region).into_iter().filter(|zone| old || zone != OLD_ZONE)))
        }
        Question::InstanceVcpus(name) => Some(Fact::Number(vcpus(name).map_or(SMALL, i64::from))),
        Question::TlsPolicies => Some(Fact::names(listener::policies())),
        Question::VcpuQuota => Some(Fact::Number(QUOTA)),
    }
}

/// The engine of a family: `postgres` of `postgres16`.
fn engine(family: &str) -> &str {
    family.trim_end_matches(|c: char| !c.is_ascii_alphabetic() || c == 'x')
}

fn versions(table: &'static [(&str, &str)], engine: &str) -> Option<impl Iterator<Item = String>> {
    let (_, versions) = table.iter().find(|(name, _)| *name == engine)?;
    Some(versions.split(' ').map(String::from))
}

fn classes() -> Fact {
    let place = |size: &str| SIZES.iter().position(|s| *s == size).unwrap_or_default();
    let of = |(family, least, most): &(&str, &str, &str)| {
        let sizes = &SIZES[place(least)..=place(most)];
        sizes.iter().map(|size| format!("{family}.{size}")).collect::<Vec<_>>()
    };
    let storage: BTreeSet<String> = ["gp2", "gp3", "io1", "io2"].map(String::from).into();
    Fact::Offers(CLASSES.iter().flat_map(of).map(|class| (class, storage.clone())).collect())
}

/// Later versions of the same line and of later ones, as far as the engine goes at once. An instance that was made with a line alone runs its newest version.
fn upgrades(engine: &str, running: &str) -> Option<Fact> {
    let numbers = |v: &str| v.split(['.', '-']).filter_map(|n| n.parse::<u32>().ok()).collect::<Vec<_>>();
    let of = |v: &str| MYSQL.iter().position(|line| v.starts_with(&format!("{line}.")) || v == *line);
    let goes = |v: &String| {
        let next = engine != "mysql" || of(running).zip(of(v)).is_some_and(|(from, to)| to <= from + 1);
        next && numbers(v) > numbers(running) && !v.contains("rds")
    };
    Some(Fact::names(versions(DATABASES, engine)?.filter(goes)))
}

fn parameters(engine: &str) -> Option<Fact> {
    let said = |word: &str| Some(word.to_owned()).filter(|word| word != "-");
    let of = |line: &str| {
        let [of, name, kind, allowed, change, value] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        let parameter = Parameter {
            value: said(value),
            kind: kind.into(),
            allowed: said(allowed).unwrap_or_default(),
            modifiable: change != "fixed",
            dynamic: change == "dynamic",
        };
        (of == engine).then(|| (name.to_owned(), parameter))
    };
    let all: std::collections::BTreeMap<String, Parameter> = PARAMETERS.lines().filter_map(of).collect();
    (!all.is_empty()).then_some(Fact::Parameters(all))
}
