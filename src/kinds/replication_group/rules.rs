//! What ElastiCache refuses of a replication group, and of the way from one state of it to another.
use super::super::elasticache::major;
use super::*;
use crate::diag::Code;

pub(super) fn breaches(g: &ReplicationGroup, near: Near<'_>) -> Vec<Breach> {
    let found = [version(g), tiering(g), shards(g, near), one_network(g, near)];
    found.into_iter().flatten().chain(logs::breaches(g)).collect()
}

/// `EngineVersion`: from 6 on major and minor, the whole version before; Redis OSS ends with 7.1, Valkey begins with 7.2 ("Supported engines and
/// versions" in the user guide).
fn version(g: &ReplicationGroup) -> Option<Breach> {
    let (engine, version) = (g.engine.as_str(), g.engine_version.as_str());
    let numbers: Vec<u32> = version.split('.').filter_map(|n| n.parse().ok()).collect();
    let (parts, line) = (version.split('.').count(), (numbers.first().copied()?, numbers.get(1).copied().unwrap_or_default()));
    let (message, help) = match engine {
        "redis" if line > (7, 1) && parts > 1 || line.0 > 7 => {
            (format!("ElastiCache has Redis up to 7.1, not {version}"), "write `\"7.1\"`, or `engine: valkey`")
        }
        "valkey" if parts > 1 && line < (7, 2) || line.0 < 7 => {
            (format!("ElastiCache has Valkey from 7.2 on, not {version}"), "write `\"8.0\"`, or `engine: redis`")
        }
        "redis" | "valkey" if line.0 >= 6 && parts != 2 => {
            let help = if engine == "redis" { "write `\"7.1\"`" } else { "write `\"8.0\"`" };
            (format!("from 6 on a version of {engine} is its major and minor number, and {version} is not"), help)
        }
        "redis" if line.0 < 6 && parts != 3 => {
            (format!("before 6 a version of redis has three numbers, and {version} has not"), "write `\"5.0.6\"`, or better `\"7.1\"`")
        }
        _ => return None,
    };
    Some(Breach::new(Code::BadVersion, "engine_version", message, help))
}

/// Whether nodes of this type have disks, which take data tiering and can't be without it ("Data tiering" in the user guide).
pub(super) fn tiered(node_type: &str) -> bool {
    node_type.starts_with("cache.r6gd.")
}

/// Data tiering is there from 6.2 on ("Data tiering" in the user guide).
fn tiering(g: &ReplicationGroup) -> Option<Breach> {
    let old = major(&g.engine_version) < 6 || g.engine_version.starts_with("6.0");
    (tiered(&g.node_type) && old).then(|| {
        let message = format!("{} keeps a part of its data on disks, which takes version 6.2 or later", g.node_type);
        Breach::new(Code::Refused, "node_type", message, "write a newer version, or a node type without disks, such as `cache.r7g.large`")
            .with("engine_version")
    })
}

/// A parameter group with `cluster-enabled` makes shards, of which none is the primary: what has one shard isn't asked for then.
fn shards(g: &ReplicationGroup, near: Near<'_>) -> Option<Breach> {
    let parameters = &near.get(g.parameter_group.as_ref()?)?.parameters;
    (parameters.get("cluster-enabled").map(String::as_str) == Some("yes")).then(|| {
        let message = "a cache here has one shard with a primary, and `cluster-enabled` makes several without one";
        Breach::new(Code::Refused, "parameter_group.parameters.cluster-enabled", message, "leave `cluster-enabled` out")
    })
}

/// A group and its security groups are in one VPC.
fn one_network(g: &ReplicationGroup, near: Near<'_>) -> Option<Breach> {
    let vpc = &near.get(&g.subnet_group)?.vpc;
    let other = g.security_groups.iter().any(|s| near.get(s).is_some_and(|s| s.vpc != *vpc));
    other.then(|| {
        let message = "a cache and its security groups are in one VPC";
        Breach::new(Code::Refused, "security_groups", message, "name groups of the VPC that its subnets are in").with("subnet_group")
    })
}

/// `ModifyReplicationGroup.EngineVersion`: only upwards. Nodes with disks and without can't become each other ("Data tiering" in the user guide).
pub(super) fn ways(g: &ReplicationGroup, before: &ReplicationGroup) -> Vec<Breach> {
    let (now, want) = (&before.engine_version, &g.engine_version);
    let down = rds::older(want, now).then(|| {
        let message = format!("{} runs at {now} and can't go back to {want}", g.engine);
        let help = format!("write `\"{now}\"` or a later version; an older one takes a new cache, under another name");
        Breach::new(Code::Refused, "engine_version", message, help)
    });
    let disks = (tiered(&g.node_type) != tiered(&before.node_type)).then(|| {
        let message = format!("{} can't become {}: one has disks, the other has not", before.node_type, g.node_type);
        Breach::new(Code::Refused, "node_type", message, "make another cache, under another name")
    });
    down.into_iter().chain(disks).collect()
}
