//! `cache`: engines, their settings and their subnets.
use std::collections::{BTreeMap, BTreeSet};

use super::{Cache, CacheEngine, group, logs};
use crate::kinds::elasticache::family;
use crate::kinds::{CacheParameterGroup, CacheSubnetGroup, Ref, ReplicationGroup};
use crate::spec::lower::{Lower, int};
use crate::spec::stores::tier_before;
use crate::spec::units::Name;

pub fn lower(entries: &BTreeMap<Name, Cache>, l: &mut Lower<'_>) {
    for tier in entries.values().map(|c| &c.subnets).collect::<BTreeSet<_>>() {
        let group = CacheSubnetGroup { vpc: Ref::to("main"), subnets: l.subnets(tier), tags: l.tags(tier.as_str()) };
        l.renamed::<CacheSubnetGroup>(tier.as_str(), tier_before(l, tier));
        l.add(tier.as_str(), format!("vpc.subnets.{tier}"), group);
    }
    for (name, cache) in entries {
        let old = cache.renamed_from.as_ref().map(Name::to_string);
        if !cache.parameters.is_empty() {
            let group = CacheParameterGroup {
                family: family(engine(cache.engine), cache.version.as_str()),
                parameters: cache.parameters.clone().into(),
                tags: l.tags(name.as_str()),
            };
            l.renamed::<CacheParameterGroup>(name.as_str(), old.clone());
            l.add(name.as_str(), format!("cache.{name}.parameters"), group);
        }
        let made = ReplicationGroup {
            engine: engine(cache.engine).into(),
            engine_version: cache.version.to_string(),
            node_type: cache.node_type.to_string(),
            replicas: int(cache.replicas),
            automatic_failover: cache.automatic_failover,
            multi_az: cache.multi_az,
            port: int(cache.port),
            subnet_group: Ref::to(cache.subnets.to_string()),
            security_groups: BTreeSet::from([Ref::to(group(name))]),
            parameter_group: (!cache.parameters.is_empty()).then(|| Ref::to(name.to_string())),
            notification_topic: crate::spec::monitoring::notices(l.spec),
            log_delivery: logs::lower(l, name, cache),
            snapshot_retention: int(cache.snapshot_retention.as_days().unwrap_or_default()),
            snapshot_window: cache.snapshot_window.to_string(),
            maintenance_window: cache.maintenance_window.to_string(),
            at_rest_encryption: true,
            transit_encryption: true,
            tags: l.tags(name.as_str()),
            primary_endpoint: Default::default(),
            reader_endpoint: Default::default(),
        };
        l.renamed::<ReplicationGroup>(name.as_str(), old);
        l.add(name.as_str(), format!("cache.{name}"), made);
    }
}

pub fn engine(engine: CacheEngine) -> &'static str {
    match engine {
        CacheEngine::Redis => "redis",
        CacheEngine::Valkey => "valkey",
    }
}
