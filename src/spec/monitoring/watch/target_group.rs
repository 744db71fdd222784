//! What the load balancer counts of an entry that it forwards to, by its target group: "CloudWatch metrics for your Application Load Balancer". Instances and pods
//! are told apart by words alone.
use super::load_balancer::{balancer, namespaced};
use super::*;
use crate::spec::load_balancer::forwards;

pub const ERRORS: Word = Word {
    word: "errors",
    says: "requests that it answers with 5xx, of all",
    unit: "%",
    scale: plain,
    period: MINUTE,
    looks: |spec, name| {
        let metrics = [("all", behind(name, "RequestCount", "Sum")), ("failed", behind(name, "HTTPCode_Target_5XX_Count", "Sum"))];
        forwarded(spec, name, math("100*FILL(failed,0)/all", metrics))
    },
};

pub const LATENCY: Word = Word {
    word: "latency",
    says: "how long it takes to answer, but for the slowest of a hundred requests",
    unit: "s",
    scale: plain,
    period: MINUTE,
    looks: |spec, name| forwarded(spec, name, At::Metric(behind(name, "TargetResponseTime", "p99"))),
};

pub const REQUESTS: Word = Word {
    word: "requests",
    says: "requests a minute",
    unit: "a minute",
    scale: plain,
    period: MINUTE,
    looks: |spec, name| forwarded(spec, name, At::Metric(behind(name, "RequestCount", "Sum"))),
};

/// How many of the targets answer their health check.
pub const fn healthy(says: &'static str, unit: &'static str) -> Word {
    let looks = |spec: &Spec, name: &str| forwarded(spec, name, At::Metric(behind(name, "HealthyHostCount", "Maximum")));
    Word { word: "healthy", says, unit, scale: plain, period: MINUTE, looks }
}

/// How many don't.
pub const fn unhealthy(says: &'static str, unit: &'static str) -> Word {
    let looks = |spec: &Spec, name: &str| forwarded(spec, name, At::Metric(behind(name, "UnHealthyHostCount", "Maximum")));
    Word { word: "unhealthy", says, unit, scale: plain, period: MINUTE, looks }
}

/// Nobody answers. `threshold`: 1, where there is anybody at all.
pub const fn none_answers(threshold: fn(&Spec, &str) -> Option<f64>, means: &'static str, advice: &'static str) -> Preset {
    Preset {
        name: "none_healthy",
        word: "healthy",
        severity: Severity::Critical,
        side: Side::Below,
        // Ours.
        threshold,
        points: (2, 2),
        silence: Silence::Bad,
        means,
        advice,
    }
}

/// One doesn't answer.
pub const fn one_fails(means: &'static str, advice: &'static str) -> Preset {
    Preset {
        name: "unhealthy",
        word: "unhealthy",
        severity: Severity::Warning,
        side: Side::Above,
        // Ours: ten minutes outlast an instance refresh, and a rollout of pods.
        threshold: |_, _| Some(0.0),
        points: (10, 10),
        silence: Silence::Fine,
        means,
        advice,
    }
}

/// A metric of the target group.
fn behind(name: &str, metric_name: &str, statistic: &str) -> Metric {
    namespaced(metric_name, statistic, [("LoadBalancer", balancer()), ("TargetGroup", of(Kind::TargetGroup, name, "dimension"))])
}

/// Something of the target group, where there is one.
fn forwarded(spec: &Spec, name: &str, at: At) -> Vec<Look> {
    if forwards(spec).any(|(_, to)| to.as_str() == name) { whole(at) } else { vec![] }
}
