//! What RDS refuses of an instance, and of the way from one state of it to another.
use super::words::{reserved_database, reserved_user};
use super::*;
use crate::diag::Code;

pub(super) fn breaches(d: &DbInstance, near: Near<'_>) -> Vec<Breach> {
    let mut found = d.storage(d.allocated_storage).breaches();
    found.extend(growth(d));
    found.extend(version(d));
    found.extend(family(d, near));
    found.extend(rds::insights(&d.engine, &d.instance_class, d.performance_insights));
    found.extend(encryption(d));
    found.extend(port(d));
    found.extend(words(d));
    found.extend(d.log_retention_days.and_then(|days| log_group::retention("log_retention_days", days)));
    found.extend(rds::one_network(near, &d.subnet_group, &d.security_groups));
    found
}

/// Storage that grows by itself has a tenth of room at least ("Managing capacity automatically with Amazon RDS storage autoscaling" in the user guide).
fn growth(d: &DbInstance) -> Option<Breach> {
    let least = d.allocated_storage + (d.allocated_storage + 9) / 10;
    let max = d.max_allocated_storage.filter(|max| *max < least)?;
    let message =
        format!("storage of {} GiB can't grow up to {max} GiB by itself: RDS asks for a tenth of room at least", d.allocated_storage);
    let help = format!("write a maximum of {least}GiB or more, or leave it out");
    Some(Breach::new(Code::Storage, "max_allocated_storage", message, help).with("allocated_storage"))
}

/// A release line is one number for PostgreSQL and two for MySQL and MariaDB, and a minor version has one more: so parameter groups' families are named
/// (`CreateDBParameterGroup.DBParameterGroupFamily`).
fn version(d: &DbInstance) -> Option<Breach> {
    let parts = d.engine_version.split('.').count();
    let (least, example) = match d.engine.as_str() {
        "postgres" => (1, "16"),
        "mysql" => (2, "8.4"),
        "mariadb" => (2, "11.4"),
        _ => return None,
    };
    (parts < least || parts > least + 1).then(|| {
        let message = format!("{} has no version {}", d.engine, d.engine_version);
        let help = format!("write a release line, such as `\"{example}\"`, or a whole version of one");
        Breach::new(Code::BadVersion, "engine_version", message, help)
    })
}

/// "Encrypting Amazon RDS resources" in the user guide: the first classes can't.
fn encryption(d: &DbInstance) -> Option<Breach> {
    let class = d.instance_class.as_str();
    let old = class == "db.t2.micro" || class.starts_with("db.m1.") || class.starts_with("db.m2.");
    (old && d.storage_encrypted).then(|| {
        let message = format!("{class} can't have encrypted storage, which every database here has");
        Breach::new(Code::Refused, "instance_class", message, "write a newer class, such as `db.t4g.micro`")
    })
}

/// `CreateDBInstance.Port`.
fn port(d: &DbInstance) -> Option<Breach> {
    (d.port < 1150).then(|| {
        let message = format!("RDS gives no database the port {}", d.port);
        Breach::new(Code::OutOfRange, "port", message, "write a port from 1150 to 65535, or leave it out")
    })
}

/// `CreateDBInstance.MasterUsername` and `DBName`: no word that the engine keeps for itself.
fn words(d: &DbInstance) -> Vec<Breach> {
    let user = reserved_user(&d.engine, &d.admin_user).then(|| {
        let message = format!("{} keeps the name `{}` for itself", d.engine, d.admin_user);
        Breach::new(Code::Refused, "admin_user", message, "write another name, such as `dbadmin`")
    });
    let database = d.database_name.as_ref().filter(|name| reserved_database(&d.engine, name)).map(|name| {
        let message = format!("{} keeps the name `{name}` for itself", d.engine);
        Breach::new(Code::Refused, "database_name", message, "write another name, such as `shop`")
    });
    user.into_iter().chain(database).collect()
}

/// The ways that `ModifyDBInstance` doesn't go.
pub(super) fn ways(d: &DbInstance, before: &DbInstance) -> Vec<Breach> {
    let mut found: Vec<Breach> = upgrade(d, before).into_iter().collect();
    found.extend(faster(d, before));
    found.extend(optimizing(d, before));
    found
}

/// "After storage optimization completes on the instance, you can make additional storage modifications" ("Modifying settings for General Purpose SSD (gp3)
/// storage" in the user guide); else "You can't currently modify the storage of this DB instance because the previous storage change is being optimized"
/// (as others report). How many of four changes a day are left, RDS tells nowhere.
fn optimizing(d: &DbInstance, before: &DbInstance) -> Option<Breach> {
    before.storage_state.0.as_ref()?;
    let attribute = d.restored(before)?;
    let message = "RDS still carries out the last change of its storage, and takes no other until then";
    let help =
        "apply it later (that may take hours): the state `storage-optimization` must have ended; or leave the storage as it stands by now";
    Some(Breach::new(Code::Storage, attribute, message, help))
}

/// Versions only rise, and MySQL's go from one line to the next (`EngineVersion`; "Upgrades of the RDS for MySQL DB engine" in the user guide).
fn upgrade(d: &DbInstance, before: &DbInstance) -> Option<Breach> {
    const MYSQL: &[&str] = &["5.5", "5.6", "5.7", "8.0", "8.4"];
    let running = before.running_version.0.as_deref().unwrap_or(&before.engine_version);
    let engine = &d.engine;
    if d.engine_version != before.engine_version && rds::older(&d.engine_version, running) {
        let message = format!("{engine} runs at {running} and can't go back to {}", d.engine_version);
        let help = format!("write `\"{running}\"` or a later version; an older one takes a new database, restored from a dump");
        return Some(Breach::new(Code::Refused, "engine_version", message, help));
    }
    let place = |version: &str| MYSQL.iter().position(|line| rds::line(engine, version) == *line);
    let (from, to) = (place(running)?, place(&d.engine_version)?);
    (engine == "mysql" && to > from + 1).then(|| {
        let message = format!("MySQL goes from {} to {} in several upgrades", MYSQL[from], MYSQL[to]);
        Breach::new(Code::Refused, "engine_version", message, format!("write `\"{}\"` and apply, then go on", MYSQL[from + 1]))
    })
}

/// `ModifyDBInstance.Iops`: more are a tenth more at least. Less would be rounded up, waited for in vain, and differ in every plan.
fn faster(d: &DbInstance, before: &DbInstance) -> Option<Breach> {
    let (now, _) = before.storage(before.allocated_storage).speed();
    let (want, _) = d.storage(d.allocated_storage).speed();
    let (now, want) = (now?, want?);
    let least = now + (now + 9) / 10;
    (d.storage_type == before.storage_type && want > now && want < least).then(|| {
        let message = format!("RDS raises IOPS by a tenth at least: {now} can't become {want}");
        Breach::new(Code::Storage, "iops", message, format!("write `iops: {least}` or more, or leave them as they are"))
    })
}

/// The parameters are those of the engine's release line ("Working with parameter groups" in the user guide: the family matches engine and version).
fn family(d: &DbInstance, near: Near<'_>) -> Option<Breach> {
    let group = near.get(&d.parameter_group)?;
    let own = format!("{}{}", d.engine, rds::line(&d.engine, &d.engine_version));
    (group.family != own).then(|| {
        let message = format!("{} {} takes no parameters of the family {}", d.engine, d.engine_version, group.family);
        Breach::new(Code::BadVersion, "engine_version", message, "write a version whose release line the parameters are of")
    })
}

/// What RDS doesn't offer in the account's region: a version to begin with, an upgrade, a class.
pub(super) fn unoffered(d: &DbInstance, before: Option<&DbInstance>, facts: &Facts) -> Vec<Breach> {
    let version = match before {
        None => rds::offers::version(&d.engine, &d.engine_version, facts),
        Some(b) if b.engine_version == d.engine_version => None,
        Some(b) => {
            let running = b.running_version.0.as_deref().unwrap_or(&b.engine_version);
            rds::offers::upgrade(&d.engine, running, &d.engine_version, facts)
        }
    };
    let ordered = |d: &DbInstance| (d.engine_version.clone(), d.instance_class.clone(), d.storage_type.clone());
    let class = (version.is_none() && before.is_none_or(|b| ordered(b) != ordered(d)))
        .then(|| rds::offers::class(&d.engine, &d.engine_version, &d.instance_class, &d.storage_type, facts));
    version.into_iter().chain(class.flatten()).collect()
}
