//! The laws of faults over pairs of specs drawn by chance, beyond the examples.
//!
//! `INFRA_TEST_PAIRS` asks for so many pairs, `INFRA_TEST_SEED` for others than those of every day.
use std::cell::RefCell;
use std::collections::BTreeMap;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Fault;
use infra::kinds::{Live, SecurityGroup, Stamp, Subnet, Vpc};
use infra::plan::{Plan, PlanError};
use infra::run::{Event, Outcome};
use infra::stack::Stack;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::crash::{Kill, Left, Life, live, note, recover};
use super::faults::{check, name};
use super::generate::{Pair, pair};
use super::world::{Case, apply, settled_plan, sound, stack, view, with};
use crate::support::{address, sparse};

/// Pairs of every day.
const PAIRS: u64 = 48;
const FAULTS: [Fault; 4] = [Fault::Refused, Fault::Lost, Fault::Half, Fault::Throttled(3)];

/// What was seen, over all pairs.
#[derive(Debug, Default)]
struct Tally {
    pairs: u32,
    refused: u32,
    steps: usize,
    /// Plans with gates that turn requests.
    rollouts: u32,
    /// What was done to how many objects.
    verbs: BTreeMap<String, usize>,
    ends: BTreeMap<String, usize>,
}

#[test]
fn generated_pairs_keep_the_laws() {
    let (cases, seed) = (number("INFRA_TEST_PAIRS", PAIRS), number("INFRA_TEST_SEED", 1));
    println!("{cases} pairs with seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: cases.try_into().unwrap(), failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let tally = RefCell::new(Tally::default());
    let held = runner.run(&pair(), |pair| {
        let world = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        world.block_on(laws(&pair, &mut tally.borrow_mut()));
        Ok(())
    });
    let tally = tally.into_inner();
    println!("{tally:?}");
    if let Err(broken) = held {
        panic!("{broken}");
    }
    // A few pairs on demand need not have seen everything.
    if cases < PAIRS {
        return;
    }
    assert!(tally.refused * 3 <= tally.pairs, "too many of the pairs are refused: {} of {}", tally.refused, tally.pairs);
    let ends = |how: &str| tally.ends.keys().any(|end| end.ends_with(how));
    assert!(ends("applied") && ends("leftovers") && ends("rolled back"), "some way to end was never gone: {:?}", tally.ends);
    assert!(tally.rollouts > 0, "no new version took over step by step");
    assert_eq!(tally.verbs.len(), 6, "some verb was never drawn: {:?}", tally.verbs);
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

async fn laws(pair: &Pair, tally: &mut Tally) {
    let read = |draw: &Option<super::generate::Draw>| match draw {
        Some(draw) => stack(&[&draw.yaml()]),
        None => Stack { name: "full".into(), ..Stack::default() },
    };
    let (from, to) = (read(&pair.from), read(&pair.to));
    let mut random = fastrand::Rng::with_seed(pair.seed);
    tally.pairs += 1;
    let Some(plan) = arrives(&from, &to, random.u64(..)).await else {
        tally.refused += 1;
        return;
    };
    for change in &plan.changes {
        let what = if change.renamed_from.is_some() { "Rename".into() } else { format!("{:?}", change.verb) };
        *tally.verbs.entry(what).or_default() += 1;
    }
    let steps = plan.steps.len();
    tally.steps += steps;
    tally.rollouts += u32::from(plan.gates().any(|(_, gate)| gate.old.is_some()));
    if steps == 0 {
        return;
    }
    let mut draw = |beyond: usize| (random.u64(0..(steps + beyond) as u64), FAULTS[random.usize(0..4)]);
    let mut tell = |what: &str, outcome: &Outcome| *tally.ends.entry(format!("{what} {}", name(outcome))).or_default() += 1;
    let case = begun(&from, &to, pair.seed).await;
    for _ in 0..sparse(5, 2) {
        tell("one fault:", &struck(case.copy(pair.seed), &to, &[draw(0)]).await);
    }
    for _ in 0..sparse(3, 2) {
        tell("two faults:", &struck(case.copy(pair.seed), &to, &[draw(0), draw(steps)]).await);
    }
    tell("in use by others:", &intruded(case.copy(pair.seed), &to).await);
    note(&case).await;
    for left in [Left::Journal, Left::Notes] {
        let kill = Kill { at: random.usize(0..2 * steps), before: random.bool() };
        if let Some(outcome) = died(case.copy(pair.seed), &to, kill, left).await {
            tell("killed:", &outcome);
        }
    }
}

/// A process that dies on the way, and the one that goes on. `None` when it ended before.
async fn died(case: Case, to: &Stack, kill: Kill, left: Left) -> Option<Outcome> {
    let journal = RefCell::new(vec![]);
    if live(&case.cloud, &case.plan, "r1", &journal, None, Some(kill), false).await != Life::Killed {
        return None;
    }
    let (life, _) = recover(&case.cloud, &case.plan, "r1", &journal, left, None).await;
    let Life::Over(outcome) = life else { panic!("{kill:?}, left {left:?}: it died again") };
    let events = journal.borrow().clone();
    check(&case, to, &outcome, &format!("{kill:?}, left {left:?}: {outcome:?}"), &events).await;
    Some(outcome)
}

/// A run that is about to begin beside what another stack owns.
async fn begun(from: &Stack, to: &Stack, seed: u64) -> Case {
    let cloud = with(from, seed).await;
    strangers(&cloud);
    Case::of(cloud, to).await
}

/// Undisturbed, a plan arrives, or is refused: what must leave first is in use, or a service goes no such way. The plan.
async fn arrives(from: &Stack, to: &Stack, seed: u64) -> Option<Plan> {
    let cloud = with(from, seed).await;
    let strangers = strangers(&cloud);
    let plan = match settled_plan(&cloud, to).await {
        Ok(plan) => plan,
        Err(problems) if problems.iter().all(|p| matches!(p, PlanError::Blocked { .. } | PlanError::Refused { .. })) => return None,
        Err(e) => panic!("no plan: {e:?}"),
    };
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "undisturbed {events:#?}");
    assert_eq!(foreign(&cloud), strangers, "what is not ours was touched");
    let rest = settled_plan(&cloud, to).await.unwrap();
    assert!(rest.is_empty(), "undisturbed, but still to do: {:#?}", rest.changes);
    assert!(sound(&cloud));
    Some(plan)
}

/// A run with faults ends as the old world, the new world, or the new world and garbage. It may be stuck only when a fault struck an undo; then
/// the next run arrives.
async fn struck(case: Case, to: &Stack, faults: &[(u64, Fault)]) -> Outcome {
    let cloud = &*case.cloud;
    let strangers = foreign(cloud);
    faults.iter().for_each(|(n, fault)| cloud.fail(*n, *fault));
    let (outcome, events) = apply(cloud, &case.plan, "r1").await;
    cloud.heal();
    let tag = format!("{faults:?}: {outcome:?}");
    assert_eq!(foreign(cloud), strangers, "{tag}: what is not ours was touched");
    match &outcome {
        Outcome::Stuck(_) => {
            let undo = events.iter().find_map(|e| if let Event::UndoFailed(_, e) = e { Some(e.code.as_str()) } else { None });
            // Half of an update may turn what can't be turned in place; then the sandbox refuses all of it.
            let injected = matches!(undo, Some("Refused" | "RequestTimeout" | "NotModifiable"));
            assert!(faults.len() > 1 && injected, "{tag}: no fault struck an undo {events:#?}");
            assert!(sound(cloud), "{tag}");
            let next = settled_plan(cloud, to).await.unwrap_or_else(|e| panic!("{tag}: no way on: {e:?} {events:#?}"));
            let (again, events) = apply(cloud, &next, "r2").await;
            assert_eq!(again, Outcome::Applied, "{tag}: the next run {events:#?}");
            let rest = settled_plan(cloud, to).await.unwrap();
            assert!(rest.is_empty(), "{tag}: still to do after the next run: {:#?}", rest.changes);
        }
        _ => check(&case, to, &outcome, &tag, &events).await,
    }
    outcome
}

/// Something foreign that uses our network keeps only that from being deleted; it is never touched.
async fn intruded(case: Case, to: &Stack) -> Outcome {
    let cloud = &*case.cloud;
    let ours = cloud.objects().into_iter().find(|l| l.stamp.stack == to.name && l.stamp.address == address("vpc.main"));
    if let Some(vpc) = ours {
        let group = SecurityGroup {
            reached_by: [].into(),
            vpc: infra::kinds::Ref::to(vpc.id),
            description: "theirs".into(),
            ingress: [].into(),
            egress: [].into(),
            tags: [].into(),
        };
        let group = Live::found("security-group-theirs", group, stamp("other", "security_group.theirs"));
        cloud.put(group).unwrap();
    }
    let theirs = foreign(cloud);
    let case = Case { before: view(cloud).into(), ..case.clone() };
    let plan = settled_plan(cloud, to).await.unwrap();
    assert_eq!(plan.digest, case.plan.digest, "what is not ours changes no plan");
    let (outcome, events) = apply(cloud, &plan, "r1").await;
    assert_eq!(foreign(cloud), theirs, "what is not ours was touched");
    match &outcome {
        // Their group still stands in the network that was to go.
        Outcome::Leftovers(_) | Outcome::RolledBack(_) => {
            let goes = plan.steps.iter().any(|s| s.address == address("vpc.main") && matches!(s.act, infra::plan::Act::Delete { .. }));
            assert!(goes, "{outcome:?} without a reason {events:#?}");
        }
        _ => {}
    }
    check(&case, to, &outcome, &format!("in use by others: {outcome:?}"), &events).await;
    outcome
}

fn stamp(stack: &str, place: &str) -> Stamp {
    Stamp { stack: stack.into(), address: address(place), run: "theirs".into(), step: 0, identity: String::new(), digest: "theirs".into() }
}

/// Puts what another stack owns beside ours: the same addresses, the same block, other objects.
fn strangers(cloud: &Sandbox) -> Vec<String> {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().unwrap(), dns_hostnames: true, tags: [].into() };
    let subnet = Subnet {
        vpc: infra::kinds::Ref::to("vpc-theirs"),
        availability_zone: "us-east-1a".into(),
        cidr: "10.0.0.0/24".parse().unwrap(),
        map_public_ip_on_launch: false,
        tags: [].into(),
    };
    cloud.put(Live::found("vpc-theirs", vpc, stamp("other", "vpc.main"))).unwrap();
    cloud.put(Live::found("subnet-theirs", subnet, stamp("other", "subnet.app-a"))).unwrap();
    foreign(cloud)
}

/// What is not ours, byte for byte.
fn foreign(cloud: &Sandbox) -> Vec<String> {
    cloud.objects().iter().filter(|l| l.stamp.stack != "full").map(|l| serde_json::to_string(l).unwrap()).collect()
}

/// What chance has found once is tried for good: from one small spec to another, with every fault at every step.
#[tokio::test(start_paused = true)]
async fn what_was_found_stays_mended() {
    const HEAD: &str = "stack: full\nregion: us-east-1\n";
    const FOUND: &[(&str, &str, &str)] = &[
        ("a group that allows itself", "vpc: {}", "vpc: { security_groups: { app: { ingress: [{ port: 22, from: [app] }] } } }"),
        (
            "what is renamed leaves early",
            "vpc: { subnets: { app: { tier: private }, edge: { tier: public } } }",
            "vpc: { cidr: 10.9.0.0/16, subnets: { public: { tier: private, renamed_from: app }, edge: { tier: public } } }",
        ),
        (
            "listeners change places",
            "load_balancer: { listeners: { http: { port: 80, forward: app }, extra: { port: 8443, forward: app } } }\ncompute: { app: { port: 8080 } }",
            "load_balancer: { listeners: { http: { port: 8443, forward: app }, extra: { port: 80, forward: app } } }\ncompute: { app: { port: 8080 } }",
        ),
        ("only one step", "vpc: {}", "vpc: { gateway_endpoints: [s3, dynamodb] }"),
    ];
    for (what, from, to) in FOUND {
        println!("{what}");
        let (from, to) = (stack(&[HEAD, from]), stack(&[HEAD, to]));
        let steps = arrives(&from, &to, 1).await.unwrap().steps.len();
        let case = begun(&from, &to, 1).await;
        for n in 0..steps as u64 {
            for fault in FAULTS {
                struck(case.copy(n), &to, &[(n, fault)]).await;
            }
        }
    }
}
