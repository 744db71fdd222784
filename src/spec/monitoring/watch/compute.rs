//! `compute`: "Amazon EC2 Auto Scaling metrics", the instances' own, and those of the target group where the load balancer forwards to it.
use super::target_group::{ERRORS, LATENCY, REQUESTS, healthy, none_answers, one_fails, unhealthy};
use super::*;
use crate::spec::compute::Compute;

pub const SECTION: Section = Section {
    name: "compute",
    entries: |spec| spec.compute.keys().map(Some).collect(),
    words: &[
        Word {
            word: "cpu",
            says: "CPU of all instances, on average",
            unit: "%",
            scale: plain,
            // EC2 sends its metrics every five minutes ("Basic monitoring").
            period: 300,
            looks: |_, name| {
                let metric = metric("AWS/EC2", "CPUUtilization", "Average", [("AutoScalingGroupName", id(name))]);
                whole(At::Metric(Metric { period: 300, ..metric }))
            },
        },
        ERRORS,
        healthy("instances that the load balancer takes for healthy", "instances"),
        Word {
            word: "instances",
            says: "instances in service",
            unit: "instances",
            scale: plain,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(group(name, "GroupInServiceInstances"))),
        },
        Word {
            word: "lacking",
            says: "instances that are missing for the least of the group",
            unit: "instances",
            scale: plain,
            period: MINUTE,
            looks: |_, name| {
                let metrics = [("least", group(name, "GroupMinSize")), ("there", group(name, "GroupInServiceInstances"))];
                whole(math("least-there", metrics))
            },
        },
        LATENCY,
        REQUESTS,
        Word {
            word: "room",
            says: "instances by which the group may still grow",
            unit: "instances",
            scale: plain,
            period: MINUTE,
            looks: |_, name| {
                let metrics = [("most", group(name, "GroupMaxSize")), ("there", group(name, "GroupInServiceInstances"))];
                whole(math("most-there", metrics))
            },
        },
        unhealthy("instances that the load balancer takes for unhealthy", "instances"),
    ],
    lacks: None,
    presets: &[
        Preset {
            name: "at_max",
            word: "room",
            severity: Severity::Warning,
            side: Side::Below,
            // Ours. A group of a fixed size is always at its most.
            threshold: |spec, name| entry(spec, name).filter(|c| c.instances.max > c.instances.min).map(|_| 1.0),
            points: (15, 15),
            silence: Silence::Fine,
            means: "The group has grown as far as it may, and can't follow its load any further.",
            advice: "Raise compute.NAME.instances.max, or find out what causes the load.",
        },
        Preset {
            name: "below_min",
            word: "lacking",
            severity: Severity::Critical,
            side: Side::Above,
            // Ours.
            threshold: |_, _| Some(0.0),
            points: (5, 5),
            silence: Silence::Bad,
            means: "Fewer instances run than the least of the group.",
            advice: "See why none start: the activities of the scaling group name the reason, such as a quota or an image that is gone.",
        },
        Preset {
            name: "cpu",
            word: "cpu",
            severity: Severity::Warning,
            side: Side::Above,
            // Ours: well above what the group aims at, and below what leaves no room at all. An instance that is gone sends nothing.
            threshold: |spec, name| {
                let target = entry(spec, name)?.instances.target_cpu.map_or(0.0, f64::from);
                Some((target + 25.0).clamp(85.0, 95.0))
            },
            points: (2, 2),
            silence: Silence::Bad,
            means: "The instances have been busy for ten minutes, and the group hasn't made up for it.",
            advice: "See whether it may grow further (at_max), or take a larger instance type.",
        },
        none_answers(
            |_, _| Some(1.0),
            "No instance is healthy: nobody answers.",
            "See what the health check's path answers, and the application's logs; the last deployment may be to blame.",
        ),
        one_fails("An instance has been unhealthy for ten minutes.", "See its logs; the group replaces it when it doesn't come back."),
    ],
};

fn entry<'s>(spec: &'s Spec, name: &str) -> Option<&'s Compute> {
    spec.compute.get(name)
}

/// The group, as its metrics and its instances' name it.
fn id(name: &str) -> Text {
    of(Kind::AutoScalingGroup, name, "id")
}

/// A metric that the group sends when it is told to (`EnableMetricsCollection`).
fn group(name: &str, metric_name: &str) -> Metric {
    metric("AWS/AutoScaling", metric_name, "Minimum", [("AutoScalingGroupName", id(name))])
}
