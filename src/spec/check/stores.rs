//! Caches and databases.
use super::Check;
use crate::diag::Code;
use crate::spec::cache::Cache;
use crate::spec::database::{Database, StorageType};
use crate::spec::units::{DailyWindow, Duration, Name, Size, WeeklyWindow};
use crate::spec::vpc::TierKind;

pub(super) fn check(cx: &mut Check<'_>) {
    for (name, entry) in &cx.spec.cache {
        cache(cx, name.as_str(), entry);
    }
    for (name, entry) in &cx.spec.database {
        database(cx, name.as_str(), entry);
        storage(cx, name.as_str(), entry);
    }
}

fn place(cx: &mut Check<'_>, section: &str, name: &str, tier: &Name, zones: bool) {
    let path = [section, name, "subnets"];
    if cx.tier(&path, tier) == Some(TierKind::Public) {
        let message = format!("`{section}.{name}` stands in a tier that the internet has a route to");
        cx.risk(&path, message, "name a tier with `tier: isolated`");
    }
    if zones && cx.spec.vpc.availability_zones.len() < 2 {
        let places = [(&["vpc", "availability_zones"][..], "one zone"), (&[section, name][..], "needs two")];
        let message = format!("`{section}.{name}` needs at least two zones");
        cx.both(Code::OneZone, places, message, "add a second zone of the region");
    }
}

fn cache(cx: &mut Check<'_>, name: &str, entry: &Cache) {
    let path = |field| ["cache", name, field];
    place(cx, "cache", name, &entry.subnets, entry.multi_az);
    if entry.automatic_failover && entry.replicas == 0 {
        let message = format!("`cache.{name}` fails over by itself but has no replica to fail over to");
        cx.error(
            Code::FailoverWithoutReplica,
            &path("replicas"),
            "no replica",
            message,
            "write `replicas: 1` or more, or `automatic_failover: false`",
        );
    } else if entry.multi_az && !entry.automatic_failover {
        let message = format!("`cache.{name}` is spread over zones but does not fail over by itself");
        cx.error(
            Code::MultiAzWithoutFailover,
            &path("multi_az"),
            "this choice",
            message,
            "write `automatic_failover: true`, or leave `multi_az` out",
        );
    } else if entry.replicas == 0 {
        let message = format!("`cache.{name}` has one node: when it fails, what it holds is gone");
        cx.risk(&path("replicas"), message, "write `replicas: 1` or more where that matters");
    }
    cx.retention(&path("snapshot_retention"), entry.snapshot_retention);
    let short = entry.snapshot_window.minutes() < 60;
    let short_weekly = entry.maintenance_window.minutes() < 60;
    for (short, field) in [(short, "snapshot_window"), (short_weekly, "maintenance_window")] {
        if short {
            let message = format!("`cache.{name}.{field}` is shorter than 60 minutes");
            cx.error(Code::BadWindow, &path(field), "this window", message, "ElastiCache asks for at least 60 minutes");
        }
    }
    windows(cx, &path("maintenance_window"), entry.maintenance_window, &path("snapshot_window"), entry.snapshot_window);
}

/// AWS refuses backups during maintenance.
fn windows(cx: &mut Check<'_>, weekly_path: &[&str], weekly: WeeklyWindow, daily_path: &[&str], daily: DailyWindow) {
    if weekly.meets(daily) {
        let places = [(weekly_path, "this window"), (daily_path, "meets this one")];
        let message = format!("the windows `{weekly}` and `{daily}` overlap");
        cx.both(Code::BadWindow, places, message, "AWS refuses that; move one of them");
    }
}

fn database(cx: &mut Check<'_>, name: &str, entry: &Database) {
    let path = |field| ["database", name, field];
    place(cx, "database", name, &entry.subnets, true);
    let retention = ["database", name, "backups", "retention"];
    cx.retention(&retention, entry.backups.retention);
    let none = entry.backups.retention == Duration::seconds(0);
    if none && entry.replicas > 0 {
        let replicas = path("replicas");
        let places = [(&replicas[..], "these replicas"), (&retention[..], "no backups")];
        let message = format!("`database.{name}` has replicas but no backups to make them from");
        cx.both(Code::ReplicaWithoutBackups, places, message, "write a `retention` of at least `1d`, or `replicas: 0`");
    } else if none {
        let message = format!("`database.{name}` has no backups: what is lost can't be restored");
        cx.risk(&retention, message, "write a `retention` of at least `1d`");
    }
    if !entry.multi_az {
        let message = format!("`database.{name}` has no standby: when its zone fails, it is away");
        cx.risk(&path("multi_az"), message, "write `multi_az: true` where that matters");
    }
    if !entry.deletion_protection {
        let message = format!("nothing keeps `database.{name}` from being deleted");
        cx.risk(&path("deletion_protection"), message, "write `deletion_protection: true` where that matters");
    }
    let backups = ["database", name, "backups", "window"];
    windows(cx, &path("maintenance_window"), entry.maintenance_window, &backups, entry.backups.window);
}

fn storage(cx: &mut Check<'_>, name: &str, entry: &Database) {
    let storage = &entry.storage;
    let path = |field| ["database", name, "storage", field];
    if !(Size::gib(20)..=Size::gib(64 * 1024)).contains(&storage.size) {
        let message = format!("`database.{name}` can't have storage of {}", storage.size);
        cx.error(Code::OutOfRange, &path("size"), "this size", message, "write a size from 20GiB to 64TiB");
    }
    if let Some(max) = storage.max
        && max <= storage.size
    {
        let (field, size) = (path("max"), path("size"));
        let places = [(&field[..], "this maximum"), (&size[..], "this size")];
        let message = format!("the storage of `database.{name}` starts at {} and can't grow to {max}", storage.size);
        cx.both(Code::Storage, places, message, "write a `max` above `size`, or leave it out");
    }
    let large = storage.size >= Size::gib(400);
    let provisioned = matches!(storage.kind, StorageType::Io1 | StorageType::Io2);
    if provisioned && storage.iops.is_none() {
        let message = format!("the storage of `database.{name}` has a type that needs `iops`");
        cx.error(Code::Storage, &path("type"), "this type", message, "add `iops:`, or write `type: gp3`");
    }
    let adjustable = storage.kind == StorageType::Gp3 && large;
    let help = "leave it out, or write `type: gp3` and a size from 400GiB";
    if storage.iops.is_some() && !provisioned && !adjustable {
        let message = format!("the storage of `database.{name}` has fixed operations a second");
        cx.error(Code::Storage, &path("iops"), "can't be set", message, help);
    }
    if storage.throughput.is_some() && !adjustable {
        let message = format!("the storage of `database.{name}` has a fixed throughput");
        cx.error(Code::Storage, &path("throughput"), "can't be set", message, help);
    }
}
