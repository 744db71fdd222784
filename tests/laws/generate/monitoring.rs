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
        let alerting = match watch.alerting {
            0 => Value::Null,
            1 => map([("defaults", map([("off", off)]))]),
            2 => map([("defaults", raised), ("rules", map([("queue", rule)]))]),
            _ => map([("rules", map([("queue", rule)]))]),
        };
        map([("notify", notify), ("logging", map([("retention_period", y(watch.kept)), ("off", y(silent))])), ("alerting", alerting)])
    }
}
