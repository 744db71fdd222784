//! Plan and apply over the wire, against the least that does the same: one VPC, 500 subnets, 50 route tables, 50 security groups of 3 rules.
//!
//! Both sides talk to the same emulator, whose own time is most of it. Expected: a plan that changes nothing in 1.2 times the time of a
//! reader of the same objects and in 60 MB, an apply in 1.3 times the time of the plain calls.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may fail loudly")]
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../support/mod.rs"]
mod emulator;
mod plain;
#[expect(dead_code, reason = "shared with other benchmarks")]
mod support;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_ec2::Client;
use emulator::moto::Moto;
use emulator::plan_for;
use emulator::proxy::Proxy;
use infra::run::drive::{Settings, drive};
use infra::run::{Outcome, Run};
use infra::stack::Stack;
use infra::wire::Clients;
use support::kept::{Figures, short};
use support::network::{Size, networks};
use support::{Failures, head, median, ms, peak, row};

/// How often both sides are measured.
fn runs() -> usize {
    if short() { 1 } else { 5 }
}

/// Requests in flight, on both sides.
const SLOTS: usize = 10;
const OBJECTS: usize = 601;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let want = networks("reader", Size::WIDE, OBJECTS);
    let given: Vec<String> = std::env::args().collect();
    if let [_, mode, endpoint] = &given[..]
        && mode == "plan"
    {
        return plan_alone(endpoint, &want).await;
    }
    let mut figures = Figures::of("reader");
    let moto = applying(&mut figures, &want).await;
    reading(&mut figures, &moto, &want).await;
    figures.finish();
}

/// Ours and the plain calls by turns, each on a new emulator, since one with more in it is slower. Returns the last of ours.
async fn applying(figures: &mut Figures, want: &Stack) -> Moto {
    let (mut ours, mut plain, mut last) = (vec![], vec![], None);
    for _ in 0..runs() {
        let moto = Moto::start().await;
        let client = Client::new(&Moto::config(&moto.endpoint));
        plain::read(&client, &want.name).await; // the first request of an emulator is slow; ours is made while planning
        let started = Instant::now();
        plain::create(&client, Size::WIDE, SLOTS).await;
        plain.push(started.elapsed());
        drop(moto);
        let moto = Moto::start().await;
        ours.push(apply(&Moto::clients(&moto.endpoint), want).await);
        last = Some(moto);
    }
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    plain::create(&Client::new(&Moto::config(&proxy.endpoint)), Size::WIDE, SLOTS).await;
    let least = proxy.log().len();
    drop((proxy, moto));
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let cloud = Moto::clients(&proxy.endpoint);
    let plan = plan_for(&cloud, want).await.unwrap();
    proxy.reset();
    run(&cloud, &plan).await;
    compare(figures, "apply", (ours, proxy.log().len()), (plain, least));
    requests(&proxy.counts());
    last.unwrap()
}

/// The plan of an unchanged stack and the plain reader by turns; then each once more, counted.
async fn reading(figures: &mut Figures, moto: &Moto, want: &Stack) {
    let (mut ours, mut plain) = (vec![], vec![]);
    let (cloud, client) = (Moto::clients(&moto.endpoint), Client::new(&Moto::config(&moto.endpoint)));
    for _ in 0..runs() {
        let started = Instant::now();
        assert_eq!(plain::read(&client, &want.name).await, OBJECTS);
        plain.push(started.elapsed());
        let started = Instant::now();
        assert!(plan_for(&cloud, want).await.unwrap().is_empty());
        ours.push(started.elapsed());
    }
    let proxy = Proxy::start(&moto.endpoint);
    plain::read(&Client::new(&Moto::config(&proxy.endpoint)), &want.name).await;
    let least = proxy.log().len();
    proxy.reset();
    plan_for(&Moto::clients(&proxy.endpoint), want).await.unwrap();
    compare(figures, "no-op plan", (ours, proxy.log().len()), (plain, least));
    requests(&proxy.counts());
    let alone = Command::new(std::env::current_exe().unwrap()).args(["plan", &moto.endpoint]).output().unwrap();
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stderr));
    figures.add("peak of a process that only plans, MB", String::from_utf8_lossy(&alone.stdout).trim().parse().unwrap());
}

async fn plan_alone(endpoint: &str, want: &Stack) {
    assert!(plan_for(&Moto::clients(endpoint), want).await.unwrap().is_empty());
    println!("{}", peak().unwrap());
}

async fn apply(cloud: &Clients, want: &Stack) -> Duration {
    let plan = plan_for(cloud, want).await.unwrap();
    let started = Instant::now();
    run(cloud, &plan).await;
    started.elapsed()
}

async fn run(cloud: &Clients, plan: &infra::plan::Plan) {
    let settings = Settings { run: "bench".into(), parallelism: SLOTS, quiet: Duration::from_secs(2), minute: Duration::from_secs(60) };
    let mut failures = Failures::default();
    let outcome = drive(&mut Run::new(plan), &settings, cloud, &mut failures, &[], &mut std::future::pending).await.unwrap();
    assert_eq!(outcome, Outcome::Applied, "{:?}", failures.0);
}

/// A table of both sides: medians, requests, and the ratio of the medians.
fn compare(figures: &mut Figures, what: &str, ours: (Vec<Duration>, usize), plain: (Vec<Duration>, usize)) {
    println!("\n{what}, medians of {}:\n", runs());
    let widths = head(&["      side", "median ms", "requests", "ratio"]);
    let least = median(plain.0);
    figures.add(format!("{what}, requests"), ours.1 as f64);
    figures.add(format!("{what}, times the plain calls"), median(ours.0.clone()).as_secs_f64() / least.as_secs_f64());
    for (side, median, requests) in [("plain", least, plain.1), ("infra", median(ours.0), ours.1)] {
        let ratio = format!("{:.2}", median.as_secs_f64() / least.as_secs_f64());
        row(&widths, [side, &ms(median), &requests.to_string(), &ratio]);
    }
}

fn requests(counts: &BTreeMap<String, usize>) {
    let list: Vec<String> = counts.iter().map(|(operation, n)| format!("{n} {operation}")).collect();
    println!("\nof ours: {}", list.join(", "));
}
