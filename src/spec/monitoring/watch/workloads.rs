//! `kubernetes.workloads`: what the load balancer counts of those that it forwards to. CloudWatch knows nothing else of pods.
use super::target_group::{ERRORS, LATENCY, REQUESTS, healthy, none_answers, one_fails, unhealthy};
use super::*;

pub const SECTION: Section = Section {
    name: "kubernetes.workloads",
    entries: |spec| spec.workloads().map(|(name, _)| Some(name)).collect(),
    words: &[
        ERRORS,
        healthy("pods that the load balancer takes for healthy", "pods"),
        LATENCY,
        REQUESTS,
        unhealthy("pods that the load balancer takes for unhealthy", "pods"),
    ],
    lacks: Some("CloudWatch knows of pods what the load balancer sees of them"),
    presets: &[
        none_answers(
            // One that is to have no pods has none that is healthy.
            |spec, name| spec.workloads().find(|(own, w)| own.as_str() == name && w.replicas.least() > 0).map(|_| 1.0),
            "No pod is healthy: nobody answers.",
            "See what the health check's path answers, and what infra status says of the pods; the last deployment may be to blame.",
        ),
        one_fails("A pod has been unhealthy for ten minutes.", "See its logs; nobody replaces it while its process runs."),
    ],
};
