//! How close a run comes to the shortest it can be, in the kinds' typical durations, on a clock that only the waits move.
//!
//! No schedule is shorter than the critical path, or than all work divided by the slots. Expected: 1.02 times the critical path on the
//! reference environment; 1.1 times the larger of both on a wide stack.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail loudly")]
#[expect(dead_code, reason = "shared with other benchmarks")]
mod support;

use std::time::Duration;

use infra::cloud::sandbox::{Pace, Sandbox};
use infra::kinds::{Address, Object, map_refs};
use infra::observe::observe;
use infra::plan::{Allowed, Plan, plan};
use infra::run::drive::{Settings, drive};
use infra::run::{Outcome, Run};
use infra::stack::Stack;
use infra::wire::policy::Policy;
use serde_json::Value;
use support::kept::{Figures, short};
use support::network::{Size, networks};
use support::{Failures, head, reference, row};
use tokio::time::Instant;

/// Nothing takes time but the states themselves, and they take what is typical.
const TYPICAL: Pace = Pace { scale: 1.0, latency: Duration::ZERO, lag: Duration::ZERO, seed: 0 };

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let widths = head(&["stack                            ", "steps", "slots", "critical s", "work/slots s", "makespan s", "ratio"]);
        let reference = reference();
        let mixed = copies(&reference, 500);
        let network = networks("network", Size::WIDE, 500);
        let mut figures = Figures::of("makespan");
        for (name, stack) in [("reference", &reference), ("references, side by side", &mixed), ("network", &network)] {
            for slots in if short() { &[10][..] } else { &[10, 20] } {
                measure(&mut figures, &widths, name, stack, *slots).await;
            }
        }
        figures.finish();
    });
}

/// Creates a stack and destroys it, and prints both.
async fn measure(figures: &mut Figures, widths: &[usize], name: &str, want: &Stack, slots: usize) {
    let cloud = Sandbox::new("us-east-1", TYPICAL, Policy::new(slots));
    let nothing = Stack { name: want.name.clone(), ..Stack::default() };
    for (verb, want) in [("create", want), ("destroy", &nothing)] {
        let snapshot = observe(&cloud, &want.name, &want.renamed).await.unwrap();
        let allowed: Allowed = snapshot.live.keys().cloned().collect();
        let plan = plan(want, &snapshot, &allowed).unwrap();
        let makespan = run(&cloud, &plan, verb, slots).await;
        let work: Duration = plan.steps.iter().map(|s| s.typical).sum();
        let share = work / slots as u32;
        let ratio = makespan.as_secs_f64() / plan.expected.max(share).as_secs_f64();
        let seconds = |d: Duration| format!("{:.0}", d.as_secs_f64());
        let title = format!("{name}, {verb}");
        figures.add(format!("{title}, {slots} slots, ratio"), ratio);
        let cells =
            [&title, &plan.steps.len().to_string(), &slots.to_string(), &seconds(plan.expected), &seconds(share), &seconds(makespan)];
        row(widths, cells.into_iter().map(String::as_str).chain([format!("{ratio:.3}").as_str()]));
    }
}

async fn run(cloud: &Sandbox, plan: &Plan, id: &str, slots: usize) -> Duration {
    let started = Instant::now();
    let settings = Settings { run: id.into(), parallelism: slots, quiet: Duration::from_secs(2), minute: Duration::from_secs(60) };
    let mut failures = Failures::default();
    let outcome = drive(&mut Run::new(plan), &settings, cloud, &mut failures, &[], &mut std::future::pending).await.unwrap();
    assert_eq!(outcome, Outcome::Applied, "{:?}", failures.0);
    started.elapsed()
}

/// A stack beside itself, with new names and in a zone of its own each time, until there are `n` objects or a few more.
fn copies(stack: &Stack, n: usize) -> Stack {
    let copies = n.div_ceil(stack.nodes.len());
    let mut all = Stack { name: "copies".into(), ..Stack::default() };
    for copy in 0..copies {
        let zone = format!("c{copy}.example.com");
        let name = |a: &Address| format!("{}-{copy}", a.name.replace("example.com", &zone));
        for (address, object) in &stack.nodes {
            let mut value = serde_json::to_value(object).unwrap();
            move_to(&mut value, &zone);
            let moved: Object = serde_json::from_value(value).unwrap();
            let here = |a: &Address| Some(format!("{}-{copy}", a.name));
            all.nodes.insert(Address::new(address.kind, name(address)), map_refs(&moved, here));
        }
    }
    all
}

/// Puts every host name of the reference into the zone.
fn move_to(value: &mut Value, zone: &str) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(_, v)| move_to(v, zone)),
        Value::Array(items) => items.iter_mut().for_each(|v| move_to(v, zone)),
        Value::String(text) => *text = text.replace("example.com", zone),
        _ => {}
    }
}
