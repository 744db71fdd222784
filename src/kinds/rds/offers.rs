//! What RDS offers: versions of engines and where they lead, classes, parameters of families; and what it refuses because it doesn't.
use aws_sdk_rds::types::{DbEngineVersion, EngineDefaults, OrderableDbInstanceOption, Parameter as Seen};

use super::super::facts::{Fact, Facts, Offers, Parameter, Question, nearest, newest, within};
use super::super::*;
use super::line;
use crate::diag::Code;

/// The versions with which instances can be made (`DescribeDBEngineVersions`: those that aren't available any more are left out).
pub(in crate::kinds) async fn versions(cx: &Clients, engine: &str) -> Result<Fact, CloudError> {
    let request = cx.rds().describe_db_engine_versions().engine(engine).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let found = cx.pages(Service::Rds, "DescribeDBEngineVersions", send, |page| (page.db_engine_versions, page.marker)).await?;
    Ok(Fact::names(found.into_iter().filter_map(|v| v.engine_version)))
}

/// Where an instance that runs this version can go (`ValidUpgradeTarget`). No new one need be made with it (`IncludeAll`).
pub(in crate::kinds) async fn upgrades(cx: &Clients, engine: &str, version: &str) -> Result<Fact, CloudError> {
    let request = cx.rds().describe_db_engine_versions().engine(engine).engine_version(version).include_all(true).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let found = cx.pages(Service::Rds, "DescribeDBEngineVersions", send, |page| (page.db_engine_versions, page.marker)).await?;
    let targets = found.into_iter().flat_map(|v: DbEngineVersion| v.valid_upgrade_target.unwrap_or_default());
    Ok(Fact::names(targets.filter_map(|target| target.engine_version)))
}

/// The classes in which instances of this version can be made in a VPC, with their types of storage (`DescribeOrderableDBInstanceOptions`).
pub(in crate::kinds) async fn classes(cx: &Clients, engine: &str, version: &str) -> Result<Fact, CloudError> {
    let request = cx.rds().describe_orderable_db_instance_options().engine(engine).engine_version(version).vpc(true).max_records(1000);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let page = |page: aws_sdk_rds::operation::describe_orderable_db_instance_options::DescribeOrderableDbInstanceOptionsOutput| {
        (page.orderable_db_instance_options, page.marker)
    };
    let found = cx.pages(Service::Rds, "DescribeOrderableDBInstanceOptions", send, page).await?;
    let mut offers = Offers::new();
    for OrderableDbInstanceOption { db_instance_class, storage_type, .. } in found {
        if let Some(class) = db_instance_class {
            offers.entry(class).or_default().extend(storage_type);
        }
    }
    Ok(Fact::Offers(offers))
}

/// The parameters of a family (`DescribeEngineDefaultParameters`).
pub(in crate::kinds) async fn parameters(cx: &Clients, family: &str) -> Result<Fact, CloudError> {
    let request = cx.rds().describe_engine_default_parameters().db_parameter_group_family(family).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let page = |defaults: Option<EngineDefaults>| defaults.map_or((None, None), |d| (d.parameters, d.marker));
    let found = cx.pages(Service::Rds, "DescribeEngineDefaultParameters", send, |o| page(o.engine_defaults)).await?;
    let told = |p: Seen| {
        let parameter = Parameter {
            value: p.parameter_value,
            kind: p.data_type.unwrap_or_default(),
            allowed: p.allowed_values.unwrap_or_default(),
            modifiable: p.is_modifiable.unwrap_or(true),
            dynamic: p.apply_type.as_deref() == Some("dynamic"),
        };
        Some((p.parameter_name?, parameter))
    };
    Ok(Fact::Parameters(found.into_iter().filter_map(told).collect()))
}

/// An instance is made with a version that RDS offers (`CreateDBInstance.EngineVersion`).
pub(in crate::kinds) fn version(engine: &str, written: &str, facts: &Facts) -> Option<Breach> {
    let offers = facts.offers(Question::DatabaseVersions(engine.into()))?;
    if offers.keys().any(|v| within(v, written)) {
        return None;
    }
    let own = line(engine, written);
    let help = match newest(offers.keys().filter(|v| within(v, &own))) {
        Some(newest) => format!("write `\"{newest}\"`, or `\"{own}\"` for any version of that line"),
        None => format!("it offers {}", lines(engine, offers)),
    };
    Some(Breach::new(Code::Refused, "engine_version", format!("RDS doesn't offer {engine} {written} here"), help))
}

/// An upgrade goes where RDS leads to (`ModifyDBInstance.EngineVersion`).
pub(in crate::kinds) fn upgrade(engine: &str, running: &str, written: &str, facts: &Facts) -> Option<Breach> {
    let targets = facts.offers(Question::DatabaseUpgrades { engine: engine.into(), version: running.into() })?;
    if within(running, written) || targets.keys().any(|v| within(v, written)) {
        return None;
    }
    let own = line(engine, written);
    let before = targets.keys().filter(|v| super::older(&line(engine, v), &own));
    let help = match (newest(targets.keys().filter(|v| within(v, &own))), newest(before)) {
        (Some(there), _) => format!("write `\"{there}\"`"),
        (None, Some(first)) => format!("write `\"{}\"` and apply, then go on from there", line(engine, first)),
        (None, None) => format!("it goes to {}", lines(engine, targets)),
    };
    Some(Breach::new(Code::Refused, "engine_version", format!("RDS has no upgrade of {engine} from {running} to {written}"), help))
}

/// Class, engine, version and storage go together (`CreateDBInstance.DBInstanceClass`). `version` may name a line alone.
pub(in crate::kinds) fn class(engine: &str, version: &str, class: &str, storage: &str, facts: &Facts) -> Option<Breach> {
    let whole = match version == line(engine, version) {
        true => newest(facts.offers(Question::DatabaseVersions(engine.into()))?.keys().filter(|v| within(v, version)))?.to_owned(),
        false => version.to_owned(),
    };
    let offers = facts.offers(Question::DatabaseClasses { engine: engine.into(), version: whole })?;
    let Some(types) = offers.get(class) else {
        let near = nearest(class, offers.keys()).or_else(|| offers.keys().next().map(String::as_str))?;
        let message = format!("RDS has no {class} for {engine} {version} here");
        return Some(Breach::new(Code::Refused, "instance_class", message, format!("write another class, such as `{near}`")));
    };
    (!types.is_empty() && !types.contains(storage)).then(|| {
        let message = format!("RDS has no storage of type {storage} with {class} for {engine} {version} here");
        let help = format!("write {}", types.iter().map(|t| format!("`type: {t}`")).collect::<Vec<_>>().join(" or "));
        Breach::new(Code::Refused, "storage_type", message, help).with("instance_class")
    })
}

/// The release lines of these versions, the oldest first.
fn lines(engine: &str, versions: &Offers) -> String {
    let mut lines: Vec<String> = versions.keys().map(|v| line(engine, v)).collect();
    lines.sort_by(|a, b| {
        if super::older(a, b) {
            std::cmp::Ordering::Less
        } else if super::older(b, a) {
            std::cmp::Ordering::Greater
        } else {
            a.cmp(b)
        }
    });
    lines.dedup();
    lines.join(", ")
}
