//! What is watched of what was drawn, and who is told.
use serde_yaml::Value;

use super::write::{map, y};
use super::{Boot, Draw, Watch};

impl Draw {
    pub(super) fn monitoring(&self, watch: &Watch) -> Value {
        let (ops, team, url) = ("ops@example.com", "team@example.com", "https://events.example.com/alerts");
        let notify = match watch.told {
            0 => y([ops]),
            1 => y([team, url]),
            2 => map([("critical", y([ops, url])), ("warning", y([team]))]),
            _ => map([("critical", y([ops]))]),
        };
        let container = self.compute.iter().find(|(_, c)| matches!(c.boot, Boot::Image(_))).map(|(name, _)| *name);
        let silent = container.filter(|_| watch.off).map(|name| [name]);
        // Alarms of the first cache, where there is one, and of something that is no entry.
        let cache = self.caches.keys().next();
        let off = cache.map(|name| y([format!("cache.{name}.evictions")])).unwrap_or_default();
        let memory = cache.map(|name| format!("cache.{name}.memory"));
        let raised = memory.as_deref().map(|name| map([(name, map([("above", y(85)), ("severity", y("critical"))]))])).unwrap_or_default();
        let rule =
            map([("namespace", y("AWS/SQS")), ("metric", y("ApproximateAgeOfOldestMessage")), ("above", y(600.5)), ("for", y("10m"))]);
        let ours = self.expression(watch);
        let forwarded = self.forwarded();
        let pods = self.listening().find(|name| forwarded.contains(name)).map(|name| format!("kubernetes.workloads.{name}"));
        let failing = pods.as_ref().map(|of| map([("of", y(of)), ("metric", y("errors")), ("above", y(5))])).unwrap_or_default();
        let front = map([("front", y(pods.map(|of| [of])))]);
        let alerting = match watch.alerting {
            0 => map([("rules", map([("jobs", ours), ("failing", failing)])), ("groups", front)]),
            1 => map([("defaults", map([("off", off)]))]),
            2 => map([("defaults", raised), ("rules", map([("jobs", ours), ("queue", rule)]))]),
            _ => map([("rules", map([("queue", rule)]))]),
        };
        let chart = map([("namespace", y("AWS/SQS")), ("metric", y("NumberOfMessagesSent")), ("statistic", y("Sum"))]);
        let all = self.compute.keys().next().map(|name| map([("of", y(format!("compute.{name}")))]));
        let dashboard = match watch.told {
            0 => y(false),
            1 => map([("widgets", y(all.into_iter().chain([chart]).collect::<Vec<_>>()))]),
            _ => Value::Null,
        };
        let logging = map([("retention_period", y(watch.kept)), ("off", y(silent))]);
        map([
            ("notify", notify),
            ("dashboard", dashboard),
            ("logging", logging),
            ("metrics", self.metrics(watch, container)),
            ("alerting", alerting),
        ])
    }

    /// A rule on what applications measure, where something of that is kept.
    fn expression(&self, watch: &Watch) -> Value {
        let rule = |more| map([("expr", y("jobs_waiting > 100")), ("for", y("10m"))].into_iter().chain(more));
        match watch.metrics {
            0 | 1 => Value::Null,
            2 | 3 => rule(vec![("severity", y("critical"))]),
            _ => rule(vec![("notify", y(["jobs@example.com"]))]),
        }
    }

    /// What is kept, and what the first container is asked for.
    fn metrics(&self, watch: &Watch, container: Option<&str>) -> Value {
        let job = |from| map([("from", y(from)), ("port", y(9100))]);
        let pods = self.workloads().next().map(job).unwrap_or_default();
        let custom = map([("jobs", container.map(job).unwrap_or_default()), ("pods", pods)]);
        match watch.metrics {
            0 => Value::Null,
            1 => map([("retention_period", y("30d"))]),
            2 => map([("retention_period", y("90d")), ("custom", custom)]),
            _ => map([("scrape_interval", y("30s")), ("retention_period", y("90d")), ("custom", custom)]),
        }
    }
}
