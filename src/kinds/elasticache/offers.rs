//! What ElastiCache offers: versions of engines, parameters of families.
use aws_sdk_elasticache::types::{CacheEngineVersion, ChangeType, EngineDefaults, Parameter as Seen};

use super::super::facts::{Fact, Parameter, Question, newest, within};
use super::*;
use crate::diag::Code;

/// The versions of an engine (`DescribeCacheEngineVersions`).
pub(in crate::kinds) async fn versions(cx: &Clients, engine: &str) -> Result<Fact, CloudError> {
    let request = cx.elasticache().describe_cache_engine_versions().engine(engine).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let found =
        cx.pages(Service::ElastiCache, "DescribeCacheEngineVersions", send, |page| (page.cache_engine_versions, page.marker)).await?;
    Ok(Fact::names(found.into_iter().filter_map(|v: CacheEngineVersion| v.engine_version)))
}

/// The parameters of a family (`DescribeEngineDefaultParameters`).
pub(in crate::kinds) async fn parameters(cx: &Clients, family: &str) -> Result<Fact, CloudError> {
    let request = cx.elasticache().describe_engine_default_parameters().cache_parameter_group_family(family).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let page = |defaults: Option<EngineDefaults>| defaults.map_or((None, None), |d| (d.parameters, d.marker));
    let found = cx.pages(Service::ElastiCache, "DescribeEngineDefaultParameters", send, |o| page(o.engine_defaults)).await?;
    let told = |p: Seen| {
        let parameter = Parameter {
            value: p.parameter_value,
            kind: p.data_type.unwrap_or_default(),
            allowed: p.allowed_values.unwrap_or_default(),
            modifiable: p.is_modifiable.unwrap_or(true),
            dynamic: p.change_type != Some(ChangeType::RequiresReboot),
        };
        Some((p.parameter_name?, parameter))
    };
    Ok(Fact::Parameters(found.into_iter().filter_map(told).collect()))
}

/// A group is made or upgraded with a version that ElastiCache offers (`EngineVersion`). From 6 on what is written has no third number.
pub(in crate::kinds) fn version(g: &ReplicationGroup, facts: &Facts) -> Option<Breach> {
    let offers = facts.offers(Question::CacheVersions(g.engine.clone()))?;
    if offers.keys().any(|v| within(v, &g.engine_version)) {
        return None;
    }
    let line = |v: &&String| major(v) == major(&g.engine_version);
    let instead = newest(offers.keys().filter(line)).or(newest(offers.keys()))?;
    let short = instead.split('.').take(if major(instead) < 6 { 3 } else { 2 }).collect::<Vec<_>>().join(".");
    let message = format!("ElastiCache doesn't offer {} {} here", g.engine, g.engine_version);
    Some(Breach::new(Code::Refused, "engine_version", message, format!("write `\"{short}\"`")))
}
