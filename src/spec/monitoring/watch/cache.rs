//! `cache`: "Metrics for Valkey and Redis OSS", of each member.
use super::*;
use crate::kinds::launch_template::vcpus;
use crate::spec::cache::Cache;

pub const SECTION: Section = Section {
    name: "cache",
    entries: |spec| spec.cache.keys().map(Some).collect(),
    words: &[
        Word {
            word: "connections",
            says: "connections to a member",
            unit: "connections",
            scale: plain,
            period: MINUTE,
            looks: |spec, name| members(spec, name, "CurrConnections", "Maximum"),
        },
        Word {
            word: "cpu",
            says: "CPU of the engine, which has one thread for commands",
            unit: "%",
            // "Host-level metrics": with two vCPUs or fewer CPUUtilization is to be watched, of which the engine has one part in as many as there are vCPUs.
            scale: |spec, name| if threaded(spec, name) { 1.0 } else { 1.0 / SMALL },
            period: MINUTE,
            looks: |spec, name| {
                let metric_name = if threaded(spec, name) { "EngineCPUUtilization" } else { "CPUUtilization" };
                members(spec, name, metric_name, "Average")
            },
        },
        Word {
            word: "evictions",
            says: "keys a minute that are thrown away for want of memory",
            unit: "a minute",
            scale: plain,
            period: MINUTE,
            looks: |spec, name| members(spec, name, "Evictions", "Sum"),
        },
        Word {
            word: "lag",
            says: "how far a replica is behind",
            unit: "s",
            scale: plain,
            period: MINUTE,
            looks: |spec, name| {
                let replicated = entry(spec, name).is_some_and(|c| c.replicas > 0);
                if replicated { members(spec, name, "ReplicationLag", "Maximum") } else { vec![] }
            },
        },
        Word {
            word: "memory",
            says: "memory in use of a member's memory for data",
            unit: "%",
            scale: plain,
            period: MINUTE,
            looks: |spec, name| members(spec, name, "DatabaseMemoryUsagePercentage", "Average"),
        },
    ],
    lacks: None,
    presets: &[
        Preset {
            name: "cpu",
            word: "cpu",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS: "Recommended alarms", ElastiCache, EngineCPUUtilization: 90; "Host-level metrics": 90 divided by the vCPUs for two or fewer.
            threshold: |_, _| Some(90.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "A member of the cache is as busy as it can be: commands wait.",
            advice: "Look for slow commands, let reads go to replicas, or take a larger node type.",
        },
        Preset {
            name: "evictions",
            word: "evictions",
            severity: Severity::Warning,
            side: Side::Above,
            // Ours: a few are a cache's work, hundreds are a cache that is too small.
            threshold: |_, _| Some(100.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "The cache throws keys away that were to stay.",
            advice: "Let keys end earlier, or take a larger node type.",
        },
        Preset {
            name: "lag",
            word: "lag",
            severity: Severity::Warning,
            side: Side::Above,
            // Ours: what a failover would lose.
            threshold: |_, _| Some(10.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "A replica is seconds behind: it shows old values, and a failover would lose what it lacks.",
            advice: "See how much is written, and whether the node type's network is used up.",
        },
        Preset {
            name: "memory",
            word: "memory",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS names the alarm and leaves the number open; 80 is ours.
            threshold: |_, _| Some(80.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "A member of the cache is nearly full.",
            advice: "Let keys end earlier, or take a larger node type before it is full.",
        },
        Preset {
            name: "memory_critical",
            word: "memory",
            severity: Severity::Critical,
            side: Side::Above,
            // Ours, see above: what is left is needed for a snapshot or a failover.
            threshold: |_, _| Some(90.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "A member of the cache is almost full: writes will fail, or keys be thrown away.",
            advice: "Take a larger node type now, or delete what isn't needed.",
        },
    ],
};

/// vCPUs of nodes without a thread of their own for all that isn't commands.
const SMALL: f64 = 2.0;

fn entry<'s>(spec: &'s Spec, name: &str) -> Option<&'s Cache> {
    spec.cache.get(name)
}

/// Whether a node has more than two vCPUs. Sizes that tell nothing have two at most.
fn threaded(spec: &Spec, name: &str) -> bool {
    let node = entry(spec, name).map(|c| c.node_type.to_string()).unwrap_or_default();
    vcpus(node.trim_start_matches("cache.")).is_some_and(|vcpus| f64::from(vcpus) > SMALL)
}

/// A metric of each member: `GROUP-001`, `GROUP-002`, and so on.
fn members(spec: &Spec, name: &str, metric_name: &str, statistic: &str) -> Vec<Look> {
    let count = entry(spec, name).map_or(0, |c| c.replicas + 1);
    let look = |i| {
        let number = format!("{i:03}");
        let dimensions = [
            ("CacheClusterId", member(Kind::ReplicationGroup, name, &number)),
            // Each member has one node.
            ("CacheNodeId", Text::literal("0001")),
        ];
        Look { at: At::Metric(metric("AWS/ElastiCache", metric_name, statistic, dimensions)), part: Some(number) }
    };
    (1..=count).map(look).collect()
}
