//! The engine alone: observing, planning and applying on a sandbox that takes no time. The cost of one object must not grow with their number.
//!
//! `cargo bench --bench engine [-- N …]`. Expected of each of 100,000 objects: planned in 12 µs, again in no more when nothing has changed.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail loudly")]
#[expect(dead_code, reason = "shared with other benchmarks")]
mod support;

use std::time::{Duration, Instant};

use infra::cloud::sandbox::{Pace, Sandbox};
use infra::observe::observe;
use infra::plan::{Allowed, Plan, plan};
use infra::run::drive::{Settings, drive};
use infra::run::{Outcome, Run};
use infra::stack::Stack;
use infra::wire::policy::Policy;
use support::kept::{Figures, short};
use support::network::{Size, networks};
use support::{Failures, head, ms, peak, row};

const SIZES: [usize; 4] = [1_000, 4_000, 10_000, 100_000];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = match given.is_empty() {
        true if short() => vec![10_000, 100_000],
        true => SIZES.to_vec(),
        false => given,
    };
    let mut figures = Figures::of("engine");
    let widths = head(&[
        "objects",
        "plan ms",
        "µs each",
        "apply ms",
        "µs each",
        "no-op plan ms",
        "µs each",
        "update plan ms",
        "µs each",
        "destroy ms",
        "µs each",
        "peak MB planned",
        "peak MB",
    ]);
    for n in sizes {
        let (times, planned) = measure(n).await;
        for (what, time) in ["plan", "apply", "no-op plan", "update plan", "destroy"].iter().zip(times) {
            figures.add(format!("{n}, {what}, µs each"), time.as_secs_f64() * 1e6 / n as f64);
        }
        for (what, peak) in [("planned", planned), ("in all", peak())] {
            figures.add(format!("{n}, peak {what}, MB"), peak.unwrap_or_default() as f64);
        }
        let cells = times.iter().flat_map(|t| [ms(*t), format!("{:.2}", t.as_secs_f64() * 1e6 / n as f64)]);
        let cells: Vec<String> = [n.to_string()].into_iter().chain(cells).chain([planned, peak()].map(mb)).collect();
        row(&widths, cells.iter().map(String::as_str));
    }
    figures.finish();
}

fn mb(peak: Option<u64>) -> String {
    peak.map_or("?".into(), |mb| mb.to_string())
}

/// Plans and applies a creation, plans again, plans a change of every object, applies a destruction; and the peak of memory behind the first plan.
async fn measure(n: usize) -> ([Duration; 5], Option<u64>) {
    let cloud = Sandbox::new("us-east-1", Pace::INSTANT, Policy::new(100));
    let want = networks("engine", Size::MIXED, n);
    let (creation, planned) = look(&cloud, &want).await;
    let peak = peak();
    assert_eq!(creation.steps.len(), n);
    let applied = apply(&cloud, &creation, "create").await;
    drop(creation);
    let (nothing, unchanged) = look(&cloud, &want).await;
    assert!(nothing.is_empty());
    let (update, changed) = look(&cloud, &retagged(want)).await;
    assert_eq!(update.steps.len(), n);
    drop(update);
    let (destruction, _) = look(&cloud, &Stack { name: "engine".into(), ..Stack::default() }).await;
    let destroyed = apply(&cloud, &destruction, "destroy").await;
    assert!(cloud.objects().is_empty());
    ([planned, applied, unchanged, changed, destroyed], peak)
}

/// The plan, and how long it took to observe and to plan.
async fn look(cloud: &Sandbox, want: &Stack) -> (Plan, Duration) {
    let started = Instant::now();
    let snapshot = observe(cloud, &want.name, &want.renamed).await.unwrap();
    let plan = plan(want, &snapshot, &Allowed::new()).unwrap();
    (plan, started.elapsed())
}

async fn apply(cloud: &Sandbox, plan: &Plan, run: &str) -> Duration {
    let started = Instant::now();
    let settings = Settings { run: run.into(), parallelism: 100, quiet: Duration::from_secs(2), minute: Duration::from_secs(60) };
    let mut failures = Failures::default();
    let outcome = drive(&mut Run::new(plan), &settings, cloud, &mut failures, &[], &mut std::future::pending).await.unwrap();
    assert_eq!(outcome, Outcome::Applied, "{:?}", failures.0);
    started.elapsed()
}

/// The same stack with one more tag on every object.
fn retagged(mut stack: Stack) -> Stack {
    for object in stack.nodes.values_mut() {
        let mut value = serde_json::to_value(&*object).unwrap();
        value.as_object_mut().unwrap().values_mut().for_each(|fields| fields["tags"]["team"] = "bench".into());
        *object = serde_json::from_value(value).unwrap();
    }
    stack
}
