//! A cluster and what runs in it, over the wire: 1, 50 and 500 workloads, each with a service and a disruption budget.
//!
//! Expected of a plan that changes nothing: as many requests for 500 workloads as for one, but for a page for every 500 objects of a kind, and
//! 60 MB. The emulator and the API server run in a process and in tasks beside, whose time is part of all times.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail loudly")]
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../support/mod.rs"]
mod emulator;
#[expect(dead_code, reason = "shared with other benchmarks")]
mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use emulator::eks;
use emulator::moto::Moto;
use emulator::plan_for;
use emulator::proxy::Proxy;
use infra::plan::Plan;
use infra::run::drive::{Settings, drive};
use infra::run::{Outcome, Run};
use infra::spec::load;
use infra::spec::lower::lower;
use infra::stack::Stack;
use infra::wire::Clients;
use support::kept::{Figures, short};
use support::{Failures, head, median, ms, peak, row};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given: Vec<String> = std::env::args().collect();
    if let [_, mode, n, endpoint] = &given[..]
        && mode == "plan"
    {
        assert!(plan_for(&Moto::clients(endpoint), &wanted(n.parse().unwrap())).await.unwrap().is_empty());
        return println!("{}", peak().unwrap());
    }
    let mut figures = Figures::of("workloads");
    let widths = head(&["workloads", "objects", "apply ms", "no-op plan ms", "requests to AWS", "to Kubernetes", "peak MB"]);
    for n in if short() { vec![1, 50] } else { vec![1, 50, 500] } {
        let cells = measure(n, &mut figures).await;
        row(&widths, cells.iter().map(String::as_str));
    }
    figures.finish();
}

/// Applies, plans again, and plans once more in a process of its own, which holds nothing else.
async fn measure(n: usize, figures: &mut Figures) -> [String; 7] {
    let want = wanted(n);
    let moto = Moto::start().await;
    let api = eks::with_api(&moto.endpoint).await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let plan = plan_for(&cloud, &want).await.unwrap();
    let objects = plan.steps.len();
    let started = Instant::now();
    run(&cloud, &plan).await;
    let applied = started.elapsed();
    drop(plan);
    let (mut planned, mut asked) = (vec![], (0, 0));
    for _ in 0..if short() { 1 } else { 5 } {
        proxy.reset();
        let before = api.log().len();
        let started = Instant::now();
        assert!(plan_for(&cloud, &want).await.unwrap().is_empty());
        planned.push(started.elapsed());
        asked = (proxy.log().len(), api.log().len() - before);
    }
    let planned = median(planned);
    // The API server answers meanwhile, in this very thread.
    let mut alone = tokio::process::Command::new(std::env::current_exe().unwrap());
    let alone = alone.args(["plan", &n.to_string(), &moto.endpoint]).output().await.unwrap();
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stderr));
    let peak = String::from_utf8_lossy(&alone.stdout).trim().to_owned();
    figures.add(format!("{n}, no-op plan, ms"), planned.as_secs_f64() * 1e3);
    figures.add(format!("{n}, requests to AWS"), asked.0 as f64);
    figures.add(format!("{n}, requests to Kubernetes"), asked.1 as f64);
    figures.add(format!("{n}, peak of a process that only plans, MB"), peak.parse().unwrap());
    [n.to_string(), objects.to_string(), ms(applied), ms(planned), asked.0.to_string(), asked.1.to_string(), peak]
}

fn wanted(n: usize) -> Stack {
    let mut text =
        String::from("stack: bench\nregion: us-east-1\nvpc: { availability_zones: [us-east-1a, us-east-1b] }\nkubernetes:\n  workloads:\n");
    for i in 0..n {
        writeln!(text, "    shop{i}: {{ image: 'ghcr.io/example/shop:1', port: 8080 }}").unwrap();
    }
    let env = |_: &str| None;
    let loaded = load(&[("bench.yaml".into(), text)], &env).unwrap_or_else(|e| panic!("{e}"));
    lower(&loaded.spec, &env).unwrap()
}

async fn run(cloud: &Clients, plan: &Plan) {
    let settings = Settings { run: "bench".into(), parallelism: 10, quiet: Duration::from_secs(2), minute: Duration::from_secs(60) };
    let mut failures = Failures::default();
    let outcome = drive(&mut Run::new(plan), &settings, cloud, &mut failures, &[], &mut std::future::pending).await.unwrap();
    assert_eq!(outcome, Outcome::Applied, "{:?}", failures.0);
}
