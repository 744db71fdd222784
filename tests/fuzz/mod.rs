//! The bodies of the fuzz targets over their corpus, over what the project has at hand, and over a bounded number of mutations of both.
mod bodies;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use infra::model::Moment;
use infra::plan::Plan;
use infra::run::journal::{Entry, Record};
use infra::run::{Direction, Event};
use infra::wire::{Class, CloudError};

use crate::laws::crash::header;
use crate::laws::world::{settled_plan, stack, stacks, with};

/// Mutations of the whole of the seeds.
const ROUNDS: usize = 1000;

/// The files of a folder of the repository, in order.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_file()).collect();
    paths.sort();
    paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

/// Runs a body over seeds and mutations of them. Whatever breaks it is printed whole.
fn run(body: fn(&[u8]) -> bool, seeds: &[Vec<u8>]) {
    // As long as is asked for, with other mutations each time; else a bounded number, always the same.
    let long = std::env::var("INFRA_TEST_FUZZ").ok().map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let mut random = long.map_or_else(|| fastrand::Rng::with_seed(1), |_| fastrand::Rng::new());
    let begun = Instant::now();
    let mut rounds = 0;
    let mutated = std::iter::from_fn(|| {
        rounds += 1;
        (rounds <= ROUNDS || long.is_some_and(|long| begun.elapsed() < long)).then(|| mutate::one(seeds, &mut random))
    });
    let (mut taken, mut refused) = (0, 0);
    for bytes in seeds.iter().cloned().chain(mutated) {
        match catch_unwind(AssertUnwindSafe(|| body(&bytes))) {
            Ok(true) => taken += 1,
            Ok(false) => refused += 1,
            Err(_) => panic!("broken by\n{}\n{:?}", String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&bytes)),
        }
    }
    println!("{} seeds: {taken} taken, {refused} refused", seeds.len());
    assert!(
        taken > seeds.len() / 4 && refused > ROUNDS / 10,
        "the seeds no longer reach what they should: {taken} taken, {refused} refused"
    );
}

#[test]
fn any_text_is_a_spec_or_refused() {
    let mut seeds = files("tests/fuzz/corpus/spec");
    seeds.extend(files("examples"));
    seeds.extend(files("tests/bad"));
    seeds.push(crate::laws::world::FULL.into());
    run(bodies::spec, &seeds);
}

#[test]
fn any_text_is_a_plan_or_refused() {
    let world = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut seeds = files("tests/fuzz/corpus/plan");
    let fresh = world.block_on(plans());
    assert!(fresh.iter().all(|plan| bodies::plan(plan)), "a plan that was written can't be read");
    seeds.extend(fresh);
    run(bodies::plan, &seeds);
}

#[test]
fn any_text_is_a_journal_or_refused() {
    let world = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut seeds = files("tests/fuzz/corpus/journal");
    for plan in world.block_on(plans()) {
        let plan: Plan = serde_json::from_slice(&plan).unwrap();
        let mut text = serde_json::to_vec(&header(&plan, "r1")).unwrap();
        let events =
            (0..plan.steps.len()).flat_map(|i| [Event::Began(i), Event::Failed(i, CloudError::new(Class::Ambiguous, "Lost", "lost"))]);
        for event in events.chain([Event::Interrupted, Event::Resumed(Direction::Unwinding)]) {
            text.push(b'\n');
            text.extend(serde_json::to_vec(&Entry { at: Moment(std::time::UNIX_EPOCH), what: Record::Event(event) }).unwrap());
        }
        text.push(b'\n');
        assert!(bodies::journal(&text), "a journal that was written can't be read");
        seeds.push(text);
    }
    run(bodies::journal, &seeds);
}

/// Plans of every verb, as they are written today.
async fn plans() -> Vec<Vec<u8>> {
    let small = |more: &str| {
        stack(&[
            "stack: full\nregion: us-east-1\nvpc: { flow_logs: false, nat: none, gateway_endpoints: [], availability_zones: [us-east-1a, us-east-1b], subnets: { app: { tier: public } } }",
            more,
        ])
    };
    let group = |more: &str| small(&format!("compute: {{ app: null, web: {{ image: 'example/shop:1', port: 8080 {more} }} }}"));
    let nothing = stacks().swap_remove(0).1;
    let shop = |image: &str| {
        stack(&[&format!(
            "stack: full\nregion: us-east-1\nload_balancer: {{ listeners: {{ http: {{ port: 80, forward: app }} }} }}\ncompute: {{ app: {{ image: '{image}', port: 80, deployment: {{ strategy: canary, validate: [{{ path: / }}] }} }} }}"
        )])
    };
    let ways = [
        (&nothing, &small("")),
        (&small(""), &group("")),
        (&group(""), &group(", instance_type: t3.large")),
        (&group(""), &small("compute: { app: { image: 'example/shop:2', port: 8080, renamed_from: web } }")),
        (&group(""), &small("vpc: { cidr: 10.9.0.0/16 }")),
        (&small(""), &small("vpc: { subnets: { app: null, web: { tier: public } } }")),
        (&group(""), &nothing),
        (&shop("example/shop:1"), &shop("example/shop:2")),
    ];
    let mut out = vec![];
    for (from, to) in ways {
        let plan = settled_plan(&with(from, 1).await, to).await.unwrap();
        out.push(serde_json::to_vec_pretty(&plan).unwrap());
    }
    out
}
