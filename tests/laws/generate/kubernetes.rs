//! A Kubernetes cluster, where there are the two zones that it needs, and what runs in it.
use serde_yaml::Value;

use super::write::{map, permission, y};
use super::{Cluster, Draw, Workload};

impl Draw {
    /// Whether there is room for a cluster.
    fn clusters(&self) -> bool {
        self.net.zones.is_none_or(|zones| zones.len() > 1)
    }

    /// The names of what runs in a cluster.
    pub(super) fn workloads(&self) -> impl Iterator<Item = &'static str> {
        self.cluster.iter().filter(|_| self.clusters()).flat_map(|cluster| cluster.workloads.keys().copied())
    }

    pub(super) fn kubernetes(&self, cluster: &Cluster) -> Value {
        if !self.clusters() {
            return Value::Null;
        }
        let api = map([("allow_from", y(cluster.open.then_some(["203.0.113.0/24"])))]);
        let workloads = cluster.workloads.iter().map(|(name, w)| (*name, self.workload(w, cluster.pool.is_some())));
        let pools = cluster.pool.map(|cpu| map([("batch", map([("capacity", y("spot")), ("max", map([("cpu", y(cpu))]))]))]));
        map([
            ("node_pools", pools.unwrap_or_default()),
            ("cluster", map([("deletion_protection", y(false)), ("api", api)])),
            ("workloads", map(workloads)),
        ])
    }

    fn workload(&self, w: &Workload, pools: bool) -> Value {
        let told = self.caches.keys().next().filter(|_| w.told).map(|name| format!("${{cache.{name}.url}}"));
        let replicas = w.replicas.map(|(min, max)| max.map_or(y(min), |max| map([("min", y(min)), ("max", y(max))])));
        let path = w.path.filter(|_| w.port.is_some());
        map([
            ("image", y(w.image)),
            ("port", y(w.port)),
            ("node_pool", y((pools && w.pooled).then_some("batch"))),
            ("replicas", replicas.unwrap_or_default()),
            ("resources", map([("memory", y(w.memory))])),
            ("env", map([("CACHE_URL", y(told)), ("API_TOKEN", map([("from_env", y(w.secret.then_some("API_TOKEN")))]))])),
            ("permissions", y(w.permission.then(|| vec![permission()]))),
            ("health_check", map([("path", y(path))])),
        ])
    }
}
