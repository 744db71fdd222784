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

    /// Those that listen.
    pub(super) fn listening(&self) -> impl Iterator<Item = &'static str> {
        let listens = |name: &&'static str| self.cluster.as_ref().is_some_and(|cluster| cluster.workloads[name].port.is_some());
        self.workloads().filter(listens)
    }

    pub(super) fn kubernetes(&self, cluster: &Cluster) -> Value {
        if !self.clusters() {
            return Value::Null;
        }
        let api = map([("allow_from", y(cluster.open.then_some(["203.0.113.0/24"])))]);
        let first = cluster.workloads.keys().next().copied().unwrap_or_default();
        let workloads = cluster.workloads.iter().map(|(name, w)| (*name, self.workload(w, first, cluster.pool.is_some())));
        let networking = map([("default", y(cluster.trusting.then_some("allow")))]);
        let own = map([("deletion_protection", y(false)), ("api", api)]);
        let secret = cluster.jobs.0.and(cluster.jobs.1).map(|_| map([("API_TOKEN", map([("from_env", y("API_TOKEN"))]))]));
        let migrate = map([("image", y(cluster.jobs.0)), ("env", secret.unwrap_or_default())]);
        let report = map([("image", y(cluster.jobs.1.map(|_| "example/report:1"))), ("schedule", y(cluster.jobs.1))]);
        let jobs = map([("migrate", migrate), ("report", report)]);
        let pools = cluster.pool.map(|cpu| map([("batch", map([("capacity", y("spot")), ("max", map([("cpu", y(cpu))]))]))]));
        map([
            ("cluster", own),
            ("node_pools", pools.unwrap_or_default()),
            ("workloads", map(workloads)),
            ("networking", networking),
            ("jobs", jobs),
        ])
    }

    fn workload(&self, w: &Workload, first: &str, pools: bool) -> Value {
        let told = self.caches.keys().next().filter(|_| w.told).map(|name| format!("${{cache.{name}.url}}"));
        let replicas = w.replicas.map(|(min, max)| max.map_or(y(min), |max| map([("min", y(min)), ("max", y(max))])));
        let path = w.path.filter(|_| w.port.is_some());
        let balancer = w.met.1 && self.balances();
        let met = [w.met.0.then_some(first), balancer.then_some("load_balancer")].into_iter().flatten().filter(|_| w.port.is_some());
        map([
            ("image", y(w.image)),
            ("port", y(w.port)),
            ("node_pool", y((pools && w.pooled).then_some("batch"))),
            ("replicas", replicas.unwrap_or_default()),
            ("resources", map([("memory", y(w.memory))])),
            ("env", map([("CACHE_URL", y(told)), ("API_TOKEN", map([("from_env", y(w.secret.then_some("API_TOKEN")))]))])),
            ("permissions", y(w.permission.then(|| vec![permission()]))),
            ("allow_from", y(met.collect::<Vec<_>>())),
            ("config", map([("/etc/desk/app.toml", y(w.config))])),
            ("health_check", map([("path", y(path))])),
        ])
    }
}
