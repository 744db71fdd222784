//! `load_balancer`: "CloudWatch metrics for your Application Load Balancer", and those of certificates.
use super::*;
use crate::kinds::{Kind, Text};
use crate::spec::cdn::more;

pub const SECTION: Section = Section {
    name: "load_balancer",
    entries: |spec| spec.load_balancer.iter().map(|_| None).collect(),
    words: &[
        Word {
            word: "certificate_days",
            says: "days until a certificate that infra requested ends",
            unit: "days",
            scale: plain,
            period: DAY,
            looks: certificates,
        },
        Word {
            word: "errors",
            says: "requests that are answered with 5xx by the balancer or by what is behind it, of all; nothing while there are fewer than 20 a minute",
            unit: "%",
            scale: plain,
            period: MINUTE,
            looks: errors,
        },
        Word {
            word: "latency",
            says: "how long what is behind it takes to answer, but for the slowest of a hundred requests",
            unit: "s",
            scale: plain,
            period: MINUTE,
            looks: |_, _| whole(At::Metric(own("TargetResponseTime", "p99"))),
        },
        Word {
            word: "requests",
            says: "requests a minute",
            unit: "a minute",
            scale: plain,
            period: MINUTE,
            looks: |_, _| whole(At::Metric(own("RequestCount", "Sum"))),
        },
    ],
    lacks: None,
    presets: &[
        Preset {
            name: "certificate_days",
            word: "certificate_days",
            severity: Severity::Warning,
            side: Side::Below,
            // Ours: AWS begins to renew 60 days before the end ("Managed certificate renewal"), so that 30 days of failing are behind.
            threshold: |_, _| Some(30.0),
            points: (1, 1),
            silence: Silence::Unknown,
            means: "A certificate ends soon, and AWS has failed to renew it.",
            advice: "See whether the records that prove the domain still stand: infra plan shows what is missing.",
        },
        Preset {
            name: "errors",
            word: "errors",
            severity: Severity::Critical,
            side: Side::Above,
            // Ours.
            threshold: |_, _| Some(5.0),
            points: (3, 5),
            silence: Silence::Fine,
            means: "Many requests fail.",
            advice: "See whether the application answers them with errors (its logs) or nobody answers (its target group).",
        },
    ],
};

/// A certificate's days are counted once in as many seconds.
const DAY: i32 = 86_400;

pub fn namespaced(name: &str, statistic: &str, dimensions: [(&str, Text); 2]) -> Metric {
    metric("AWS/ApplicationELB", name, statistic, dimensions)
}

/// The balancer, as its metrics name it.
pub fn balancer() -> Text {
    of(Kind::LoadBalancer, "main", "dimension")
}

fn own(name: &str, statistic: &str) -> Metric {
    metric("AWS/ApplicationELB", name, statistic, [("LoadBalancer", balancer())])
}

/// Counts that are zero are not sent. `RequestCount` has only what a target was chosen for.
fn errors(_: &Spec, _: &str) -> Vec<Look> {
    let metrics = [
        ("answered", own("RequestCount", "Sum")),
        ("behind", own("HTTPCode_Target_5XX_Count", "Sum")),
        ("here", own("HTTPCode_ELB_5XX_Count", "Sum")),
    ];
    let all = "(FILL(answered,0)+FILL(here,0))";
    whole(math(&format!("IF({all}>=20,100*(FILL(behind,0)+FILL(here,0))/{all},0)"), metrics))
}

/// Those that listeners ask for by the names of hosts.
fn certificates(spec: &Spec, _: &str) -> Vec<Look> {
    let listeners = spec.load_balancer.iter().flat_map(|balancer| balancer.listeners.values());
    let mut hosts: Vec<String> = listeners.flat_map(|listener| listener.host().into_iter().chain(more(spec, listener))).collect();
    hosts.sort();
    hosts.dedup();
    let look = |host: String| {
        let at = metric("AWS/CertificateManager", "DaysToExpiry", "Minimum", [("CertificateArn", of(Kind::Certificate, &host, "id"))]);
        Look { part: Some(host), at: At::Metric(Metric { period: DAY, ..at }) }
    };
    hosts.into_iter().map(look).collect()
}
