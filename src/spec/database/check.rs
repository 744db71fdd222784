//! Databases.
use super::{Database, DatabaseEngine};
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::stores::{place, windows};
use crate::spec::units::{DatabaseName, Duration, Name, Size, Target, Template, TemplatePart};

pub fn check(name: &Name, entry: &Database, cx: &mut Check<'_>) {
    let target = Target::entry("database", name);
    let name = name.as_str();
    database(cx, name, entry);
    storage(cx, name, entry);
    entry.timeouts.check(cx, &["database", name]);
    named(cx, name, entry, &target);
}

/// A URL of the database that ends with a database's name names the one that is created. What the engine has from the start is there, too.
fn named(cx: &mut Check<'_>, name: &str, entry: &Database, target: &Target) {
    let from_the_start = match entry.engine {
        DatabaseEngine::Postgres => "postgres",
        DatabaseEngine::Mariadb | DatabaseEngine::Mysql => "mysql",
    };
    let created = entry.database_name.as_ref().map(DatabaseName::as_str);
    for field in cx.fields.all::<Template>() {
        let Some(Ok(text)) = field.node.as_text().map(Template::parse) else { continue };
        let Some(database) = database_in(&text, target).filter(|d| *d != from_the_start && Some(d.as_str()) != created) else { continue };
        if !cx.knows(&["database", name, "database_name"]) {
            continue;
        }
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        let (message, help) = match created {
            None => (
                format!("a URL names the database `{database}`, and `database.{name}` creates none"),
                format!("write `database_name: {database}` at `database.{name}` before it is first made"),
            ),
            Some(created) => (
                format!("a URL names the database `{database}`, and `database.{name}` creates `{created}`"),
                format!("write `{created}` in the URL"),
            ),
        };
        cx.risk(Risk::DatabaseName, &path, message, help);
    }
}

/// The name behind the address of a database in a URL: `…@${database.main.endpoint}:5432/shop?sslmode=require` names `shop`.
fn database_in(text: &Template, target: &Target) -> Option<String> {
    let mut parts = text
        .parts()
        .iter()
        .skip_while(|part| !matches!(part, TemplatePart::Reference(r) if r.target == *target && r.attribute.ends_with("endpoint")));
    parts.next()?;
    let rest: String = parts.map(|part| if let TemplatePart::Literal(literal) = part { literal } else { "0" }).collect();
    let port = rest.strip_prefix(':').map_or(rest.as_str(), |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let word = port.strip_prefix('/')?;
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(word.len());
    (end > 0).then(|| word[..end].to_owned())
}

fn database(cx: &mut Check<'_>, name: &str, entry: &Database) {
    let path = |field| ["database", name, field];
    place(cx, "database", name, &entry.subnets, true);
    let retention = ["database", name, "backups", "retention"];
    cx.retention(&retention, entry.backups.retention);
    let none = entry.backups.retention == Duration::seconds(0);
    if none && entry.replicas == 0 && cx.knows(&path("replicas")) {
        let message = format!("`database.{name}` has no backups: what is lost can't be restored");
        cx.risk(Risk::NoBackups, &retention, message, "write a `retention` of at least `1d`");
    }
    if !entry.multi_az {
        let message = format!("`database.{name}` has no standby: when its zone fails, it is away");
        cx.risk(Risk::NoStandby, &path("multi_az"), message, "write `multi_az: true` where that matters");
    }
    if !entry.deletion_protection {
        let message = format!("nothing keeps `database.{name}` from being deleted");
        cx.risk(Risk::NoDeletionProtection, &path("deletion_protection"), message, "write `deletion_protection: true` where that matters");
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
