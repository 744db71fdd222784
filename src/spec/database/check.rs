//! Databases.
use super::Database;
use crate::diag::Code;
use crate::spec::check::Check;
use crate::spec::stores::{place, windows};
use crate::spec::units::{Duration, Size};

pub fn check(name: &str, entry: &Database, cx: &mut Check<'_>) {
    database(cx, name, entry);
    storage(cx, name, entry);
}

fn database(cx: &mut Check<'_>, name: &str, entry: &Database) {
    let path = |field| ["database", name, field];
    place(cx, "database", name, &entry.subnets, true);
    let retention = ["database", name, "backups", "retention"];
    cx.retention(&retention, entry.backups.retention);
    let none = entry.backups.retention == Duration::seconds(0);
    if none && entry.replicas == 0 && cx.knows(&path("replicas")) {
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
    let size = entry.storage.size;
    if !(Size::gib(20)..=Size::gib(64 * 1024)).contains(&size) {
        let message = format!("`database.{name}` can't have storage of {size}");
        cx.error(Code::OutOfRange, &["database", name, "storage", "size"], "this size", message, "write a size from 20GiB to 64TiB");
    }
}
