//! Any single fault at any step ends as the old world, the new world, or the new world and garbage.
use std::cell::RefCell;
use std::collections::BTreeSet;

use infra::cloud::sandbox::Fault;
use infra::kinds::{Address, Object};
use infra::plan::{Act, Plan, Step, Undo};
use infra::run::drive::Stop;
use infra::run::{Direction, Event, Operation, Outcome, Run, Settlement};
use infra::stack::Stack;
use infra::wire::{Class, CloudError};

use crate::support::{address, all_kills, sparse};

use super::crash::{Life, live};
use super::world::{Case, WAYS, Way, apply, run, settled_plan, sound, view};

mod any_single_fault_leaves_the_old_or_the_new_world {
    every_way!(super::single_fault);
}

/// Every step is failed by one or two of the seven faults, so that each fault meets every eleventh step; with `INFRA_TEST_KILLS=all` by every fault, in two orders of
/// events.
pub(super) async fn single_fault(way: Way) {
    let (mut cases, mut ends) = (0, std::collections::BTreeMap::<&str, usize>::new());
    let faults = [Fault::Refused, Fault::Lost, Fault::Doubtful, Fault::Half, Fault::Throttled(3), Fault::Slow, Fault::Stale];
    for (nth, fault) in (0..).zip(faults) {
        let first = if all_kills() { 0 } else { (nth * 3 + way.steps() as u64) % 11 };
        for n in (first..way.steps() as u64).step_by(sparse(1, 11)) {
            let orders = [n + 1, 1000 - n];
            let one = n as usize % 2;
            for seed in if all_kills() { &orders[..] } else { &orders[one..=one] }.iter().copied() {
                let case = way.case(seed);
                case.cloud.fail(n, fault);
                let (outcome, events) = apply(&*case.cloud, &case.plan, "r1").await;
                case.cloud.heal();
                let tag = format!("{}, {fault:?} at {n} (seed {seed}): {outcome:?}", way.tag);
                // What stands is known, and so the run goes on.
                let whole = matches!(fault, Fault::Lost | Fault::Doubtful | Fault::Throttled(_) | Fault::Slow);
                assert!(!whole || outcome == Outcome::Applied, "{tag} {events:#?}");
                // Half of what is built is gone on with; nothing shows of half a deletion, which has failed then.
                // A group that is only to keep its size is asked so in one request, which has no half.
                let whole_or_not = |act: &Act| match act {
                    Act::Delete { .. } => true,
                    Act::Update { object: Object::AutoScalingGroup(group), .. } => !group.scale_in,
                    _ => false,
                };
                let built = |e: &Event| matches!(e, Event::Failed(i, _) if !whole_or_not(&case.plan.steps[*i].act));
                assert!(fault != Fault::Half || !events.iter().any(built) || outcome == Outcome::Applied, "{tag} {events:#?}");
                check(&case, &way.to, &outcome, &tag, &events).await;
                cases += 1;
                *ends.entry(name(&outcome)).or_default() += 1;
            }
        }
    }
    println!("single faults: {}: {cases} cases, {ends:?}", way.tag);
}

/// Credentials that end in the middle of a run stop it: nothing is guessed and nothing is stuck. With others it goes on, either way.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_stop_a_run_and_others_go_on() {
    for way in [WAYS[0], WAYS[3], WAYS[5]] {
        let way = Way::open(way).await;
        for n in (0..way.steps() as u64).step_by(sparse(4, 37)) {
            for direction in [Direction::Forward, Direction::Unwinding] {
                let case = way.case(n);
                case.cloud.fail(n, Fault::Expired);
                let (outcome, events) = apply(&*case.cloud, &case.plan, "r1").await;
                let tag = format!("{}, expired at {n}, {direction:?}: {outcome:?}", way.tag);
                // Steps that go in one request make fewer requests than there are steps.
                if n >= case.cloud.mutations() && outcome == Outcome::Applied {
                    continue;
                }
                assert!(matches!(&outcome, Outcome::Unfinished(e) if e.unauthenticated()), "{tag}");
                assert!(!events.iter().any(|e| matches!(e, Event::Failed(..))), "{tag}: {events:#?}");
                case.cloud.heal();
                let journal = RefCell::new(events);
                let Life::Over(ended) = live(&case.cloud, &case.plan, "r1", &journal, Some(direction), None, false).await else {
                    panic!("{tag}");
                };
                assert!(direction == Direction::Unwinding || ended == Outcome::Applied, "{tag}: {ended:?}");
                check(&case, &way.to, &ended, &tag, &journal.into_inner()).await;
            }
        }
    }
}

/// An interruption at any moment takes everything back, or comes too late to.
#[tokio::test(start_paused = true)]
async fn an_interruption_takes_everything_back() {
    let way = Way::open(WAYS[3]).await;
    let (mut cases, mut left) = (0, 0);
    for ms in (0..30_000).step_by(sparse(700, 2900)) {
        let case = way.case(ms);
        let mut told = false;
        let started = tokio::time::Instant::now();
        let mut interrupt = async || {
            if std::mem::replace(&mut told, true) {
                std::future::pending::<()>().await;
            }
        };
        let at = std::time::Duration::from_millis(ms);
        let mut later = async || {
            tokio::time::sleep_until(started + at).await;
            interrupt().await;
            case.cloud.policy.leave();
            Stop::RollBack
        };
        let (outcome, events) = run(&*case.cloud, &case.plan, "r1", &mut later).await;
        let tag = format!("interrupted after {ms} ms: {outcome:?}");
        left += events.iter().filter(|e| matches!(e, Event::Failed(_, e) if e.code == "Interrupted")).count();
        check(&case, &way.to, &outcome, &tag, &events).await;
        cases += 1;
    }
    println!("interruptions: {cases}, {left} waits left");
    assert!(left > sparse(20, 5), "waits for what is built are left");
}

/// A view without what the plan said would stay as changed.
fn but_staying(view: &[String], plan: &Plan) -> Vec<String> {
    let staying = |address: &str| -> BTreeSet<&str> {
        let of = plan.changes.iter().filter(|c| c.renamed_from.as_ref().unwrap_or(&c.address).to_string() == address);
        of.flat_map(|c| c.staying()).map(|a| a.path.split(['.', '[']).next().unwrap()).collect()
    };
    let of = |line: &String| {
        let (address, attributes) = line.split_once(' ').unwrap();
        let mut attributes: Vec<(String, serde_json::Value)> = serde_json::from_str(attributes).unwrap();
        let staying = staying(address);
        attributes.retain(|(name, _)| !staying.contains(name.as_str()));
        format!("{address} {}", serde_json::to_string(&attributes).unwrap())
    };
    view.iter().map(of).collect()
}

/// How a run ended is how its world is.
pub(super) async fn check(Case { cloud, plan, before }: &Case, to: &Stack, outcome: &Outcome, tag: &str, events: &[Event]) {
    assert!(sound(cloud), "{tag}");
    match outcome {
        Outcome::Applied => {
            let rest = settled_plan(&**cloud, to).await.unwrap();
            assert!(rest.is_empty(), "{tag}: still to do {:#?}", rest.changes);
        }
        Outcome::RolledBack(_) => {
            assert_eq!(but_staying(&view(cloud), plan), but_staying(before, plan), "{tag} {events:#?}");
            let again: Vec<&Address> = plan.steps[..plan.commit].iter().filter(|s| s.undo == Undo::Recreate).map(|s| &s.address).collect();
            if again.is_empty() {
                assert!(cloud.objects().iter().all(|l| l.stamp.run != "r1"), "{tag}: something of the run is left");
            }
        }
        Outcome::Leftovers(_) => {
            let rest = settled_plan(&**cloud, to).await.unwrap();
            assert_eq!(rest.commit, 0, "{tag}: only deletions are left {:#?}", rest.changes);
        }
        Outcome::Stuck(e) | Outcome::Unfinished(e) => panic!("{tag} {e} {events:#?}"),
    }
}

pub(super) fn name(o: &Outcome) -> &'static str {
    match o {
        Outcome::Applied => "applied",
        Outcome::Leftovers(_) => "leftovers",
        Outcome::RolledBack(_) => "rolled back",
        Outcome::Stuck(_) => "stuck",
        Outcome::Unfinished(_) => "unfinished",
    }
}

/// A lost answer that turns out well does not hide a deletion that failed.
#[test]
fn a_failure_is_not_forgotten() {
    let plan = Plan { steps: vec![deletion(0, "vpc.a"), deletion(1, "vpc.b")], ..Plan::default() };
    let mut run = Run::new(&plan);
    let refused = CloudError::new(Class::Denied, "No", "no");
    let lost = CloudError::new(Class::Ambiguous, "Lost", "lost");
    let events = [
        Event::Began(0),
        Event::Began(1),
        Event::Failed(0, refused.clone()),
        Event::Failed(1, lost),
        Event::Settled(1, None, Settlement::Whole),
    ];
    events.iter().for_each(|e| run.apply(e).unwrap());
    assert_eq!(run.outcome(), Outcome::Leftovers(refused));
    assert!(run.apply(&Event::Began(0)).is_err(), "an event out of order is refused");
}

/// Half a step is gone on with once; half again, it is taken back even when it was the last one.
#[test]
fn half_of_the_last_step_is_not_the_whole_plan() {
    let plan = Plan { steps: vec![Step { undo: Undo::Recreate, ..deletion(0, "vpc.a") }], commit: 1, ..Plan::default() };
    let mut run = Run::new(&plan);
    let lost = CloudError::new(Class::Ambiguous, "Lost", "lost");
    let events = [
        Event::Began(0),
        Event::Failed(0, lost.clone()),
        Event::Settled(0, None, Settlement::Partial),
        Event::Began(0),
        Event::Failed(0, lost.clone()),
        Event::Settled(0, None, Settlement::Partial),
        Event::UndoBegan(0),
        Event::Undone(0, None),
    ];
    events.iter().for_each(|e| run.apply(e).unwrap());
    assert_eq!(run.outcome(), Outcome::RolledBack(Some(lost)));
}

/// A crash in the middle of a deletion that nothing takes back: what half of it left is deleted again.
#[test]
fn half_a_deletion_is_deleted_again() {
    let plan = Plan { steps: vec![deletion(0, "vpc.a")], ..Plan::default() };
    let mut run = Run::replay(&plan, &[Event::Began(0), Event::Resumed(Direction::Forward)]).unwrap();
    run.apply(&Event::Settled(0, None, Settlement::Partial)).unwrap();
    assert_eq!(run.next().collect::<Vec<_>>(), [Operation::Do(0)]);
}

/// A deletion behind the commit point.
fn deletion(id: usize, name: &str) -> Step {
    let stamp = infra::kinds::Stamp {
        stack: "s".into(),
        address: address(name),
        run: "r".into(),
        step: 0,
        identity: String::new(),
        digest: String::new(),
    };
    let vpc = infra::kinds::Vpc { cidr: "10.0.0.0/16".parse().unwrap(), dns_hostnames: true, tags: [].into() };
    Step {
        back: None,
        held: vec![],
        id,
        address: address(name),
        act: Act::Delete { live: infra::kinds::Live::found(name, vpc, stamp) },
        after: vec![],
        undo: Undo::Never,
        typical: Default::default(),
        tail: Default::default(),
        timeouts: Default::default(),
    }
}
