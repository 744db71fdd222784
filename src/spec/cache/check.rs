//! Caches.
use super::Cache;
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::stores::{place, windows};

pub fn check(name: &str, entry: &Cache, cx: &mut Check<'_>) {
    let path = |field| ["cache", name, field];
    let failover = cx.knows(&path("automatic_failover"));
    let spread = entry.multi_az && failover && cx.knows(&path("multi_az"));
    place(cx, "cache", name, &entry.subnets, spread);
    if !failover {
        // Nothing is known of how many nodes it needs, or where.
    } else if entry.automatic_failover && entry.replicas == 0 {
        let message = format!("`cache.{name}` fails over by itself but has no replica to fail over to");
        cx.error(
            Code::FailoverWithoutReplica,
            &path("replicas"),
            "no replica",
            message,
            "write `replicas: 1` or more, or `automatic_failover: false`",
        );
    } else if entry.multi_az && !entry.automatic_failover {
        let message = format!("`cache.{name}` is spread over zones but does not fail over by itself");
        cx.error(
            Code::MultiAzWithoutFailover,
            &path("multi_az"),
            "this choice",
            message,
            "write `automatic_failover: true`, or leave `multi_az` out",
        );
    } else if entry.replicas == 0 {
        let message = format!("`cache.{name}` has one node: when it fails, what it holds is gone");
        cx.risk(Risk::SingleNode, &path("replicas"), message, "write `replicas: 1` or more where that matters");
    }
    entry.timeouts.check(cx, &["cache", name]);
    cx.retention(&path("snapshot_retention"), entry.snapshot_retention);
    let lengths = [("snapshot_window", entry.snapshot_window.minutes()), ("maintenance_window", entry.maintenance_window.minutes())];
    for (field, _) in lengths.into_iter().filter(|(_, minutes)| *minutes < 60) {
        let message = format!("`cache.{name}.{field}` is shorter than 60 minutes");
        cx.error(Code::BadWindow, &path(field), "this window", message, "ElastiCache asks for at least 60 minutes");
    }
    windows(cx, &path("maintenance_window"), entry.maintenance_window, &path("snapshot_window"), entry.snapshot_window);
}
