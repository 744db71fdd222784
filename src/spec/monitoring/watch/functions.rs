//! `functions`: "Types of metrics for Lambda functions".
use super::*;
use crate::spec::functions::Function;

pub const SECTION: Section = Section {
    name: "functions",
    entries: |spec| spec.functions.keys().map(Some).collect(),
    words: &[
        Word {
            word: "calls",
            says: "calls a minute",
            unit: "a minute",
            scale: plain,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "Invocations", "Sum"))),
        },
        Word {
            word: "concurrency",
            says: "calls at one time, of what is reserved for it, or else of the 1,000 that an account has",
            unit: "%",
            scale: |spec, name| entry(spec, name).and_then(|f| f.reserved_concurrency).map_or(1000.0, f64::from) / 100.0,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "ConcurrentExecutions", "Maximum"))),
        },
        Word {
            word: "duration",
            says: "how long it runs, but for the slowest of a hundred calls, of its timeout",
            unit: "%",
            scale: |spec, name| entry(spec, name).map_or(0.0, |f| f.timeout.as_seconds() as f64) * 10.0,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "Duration", "p99"))),
        },
        Word {
            word: "errors",
            says: "calls that fail, of all",
            unit: "%",
            scale: plain,
            period: MINUTE,
            looks: |_, name| {
                let metrics = [("calls", own(name, "Invocations", "Sum")), ("failed", own(name, "Errors", "Sum"))];
                whole(math("100*failed/calls", metrics))
            },
        },
        Word {
            word: "throttles",
            says: "calls a minute that are refused because too many run",
            unit: "a minute",
            scale: plain,
            period: MINUTE,
            looks: |_, name| whole(At::Metric(own(name, "Throttles", "Sum"))),
        },
    ],
    lacks: None,
    presets: &[
        Preset {
            name: "concurrency",
            word: "concurrency",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS: "Recommended alarms", Lambda, ConcurrentExecutions: 90 % of the quota.
            threshold: |spec, name| entry(spec, name).filter(|f| f.reserved_concurrency != Some(0)).map(|_| 90.0),
            points: (10, 10),
            silence: Silence::Fine,
            means: "Nearly as many calls run at a time as may.",
            advice: "Raise functions.NAME.reserved_concurrency or the account's quota, or let calls take less time.",
        },
        Preset {
            name: "duration",
            word: "duration",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS names the alarm and leaves the number open; 80 % is ours.
            threshold: |_, _| Some(80.0),
            points: (15, 15),
            silence: Silence::Fine,
            means: "Calls take nearly as long as they may, and will be cut off.",
            advice: "Find out what they wait for, or raise functions.NAME.timeout or its memory.",
        },
        Preset {
            name: "errors",
            word: "errors",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS names the alarm and leaves the number open; 5 % is ours.
            threshold: |_, _| Some(5.0),
            points: (3, 3),
            silence: Silence::Fine,
            means: "Many calls of the function fail.",
            advice: "See its logs; the last deployment may be to blame.",
        },
        Preset {
            name: "throttles",
            word: "throttles",
            severity: Severity::Warning,
            side: Side::Above,
            // AWS: "Recommended alarms", Lambda, Throttles: from 1 on.
            threshold: |_, _| Some(0.0),
            points: (5, 5),
            silence: Silence::Fine,
            means: "Calls are refused because too many run at a time.",
            advice: "Raise functions.NAME.reserved_concurrency or the account's quota.",
        },
    ],
};

fn entry<'s>(spec: &'s Spec, name: &str) -> Option<&'s Function> {
    spec.functions.get(name)
}

fn own(name: &str, metric_name: &str, statistic: &str) -> Metric {
    metric("AWS/Lambda", metric_name, statistic, [("FunctionName", of(Kind::Function, name, "id"))])
}
