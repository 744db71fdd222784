//! The kinds of caches. They have no case: the emulator has none of its own, the reference environment has.
use infra::kinds::Kind;

use super::{Sends, Why};

/// A stack with a cache.
pub const SPEC: &str =
    "stack: calls\nregion: us-east-1\nvpc: { nat: none, flow_logs: false, gateway_endpoints: [] }\ncache: { main: {} }\n";

/// What changes in caches: parameters come, change and go, as do the number and the type of the nodes, who is told, and logs.
pub const LAYERS: &[&str] = &[
    "monitoring: { dashboard: false, notify: [ops@example.com] }",
    "cache: { main: { parameters: { maxmemory-policy: allkeys-lru } } }",
    "tags: { team: shop }\ncache: { main: { replicas: 2, node_type: cache.r7g.xlarge, parameters: { timeout: '300' } } }",
    "cache: { main: { parameters: { timeout: '300' } } }\nmonitoring: { dashboard: false, notify: [ops@example.com] }",
    // The family's own value, which the service no longer shows as the user's.
    "cache: { main: { parameters: { timeout: '0' } } }",
    "",
];

pub const SENDS: [Sends; 3] = [
    Sends { kind: Kind::CacheParameterGroup, lists: &["GetResources"], creates: &[], unseen: &[] },
    Sends { kind: Kind::CacheSubnetGroup, lists: &["DescribeCacheSubnetGroups"], creates: &[("CreateCacheSubnetGroup", 1)], unseen: &[] },
    Sends {
        kind: Kind::ReplicationGroup,
        lists: &["DescribeReplicationGroups"],
        creates: &[("CreateReplicationGroup", 1)],
        unseen: &[("DescribeEvents", Why::Rare("no group fails here")), ("GetResources", Why::Replay("replay_replication_group"))],
    },
];
