//! Requests pass to new instances step by step, each step watched, and go back at once when these fare badly.
mod functions;
mod left;
mod plans;
pub mod tally;
mod wishes;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Fault;
use infra::kinds::listener::Action;
use infra::kinds::{Address, AutoScalingGroup, Kind, Listener, ListenerRule, Live, Member as _, Object, TargetGroup};
use infra::plan::{Act, Plan};
use infra::run::drive::{Sink, Stop, drive};
use infra::run::{Direction, Event, Outcome, Run};

use super::crash::{Kill, Life, kills, live};
use super::faults::{check, single_fault};
use super::world::{Case, Way, apply, settings, stack, view, with};
use crate::support::address;

const SHOP: &str = "stack: full\nregion: us-east-1\nvpc: { availability_zones: [us-east-1a, us-east-1b] }\nload_balancer:\n  deletion_protection: false\n  listeners:\n    http: { port: 80, forward: app, routes: { api: { path: /api/*, forward: api } } }\ncompute:\n  app: { image: 'example/shop:1', port: 8080, instances: { min: 2, max: 2 } }\n  api: { image: 'example/api:1', port: 9000, instances: { min: 2, max: 2 } }\n";

/// Ways to a new image, by name.
const ROLLOUTS: &[(&str, &str)] = &[
    (
        "canary",
        "compute: { app: { deployment: { strategy: canary, steps: [20%, 100%], interval: 2m, bake: 3m, validate: [{ path: /healthz }] } } }",
    ),
    ("blue-green", "compute: { app: { deployment: { strategy: blue_green, bake: 2m } } }"),
    ("sticky", "compute: { app: { stickiness: 1h, deployment: { strategy: canary, steps: [50%, 100%], interval: 1m, bake: 1m } } }"),
    (
        "two listeners and a route",
        "load_balancer: { listeners: { other: { port: 81, forward: app, routes: { more: { path: /more/*, forward: app } } } } }\ncompute: { app: { deployment: { strategy: canary, steps: [30%, 100%], interval: 1m, bake: 1m } } }",
    ),
    (
        "preview",
        "compute: { app: { deployment: { strategy: canary, steps: [50%, 100%], interval: 1m, bake: 1m, preview: { header: X-Preview, value: next }, smoke: [{ path: /healthz }, { path: /load, for: 5s }] } } }",
    ),
    (
        "two entries",
        "compute: { app: { deployment: { strategy: blue_green, bake: 1m } }, api: { deployment: { strategy: canary, steps: [50%, 100%], interval: 1m, bake: 2m } } }",
    ),
    ("a function", functions::CANARY),
    ("a function at once", functions::BLUE_GREEN),
];

const NEXT: &str = "compute: { app: { image: 'example/shop:2' } }";
const BOTH: &str = "compute: { app: { image: 'example/shop:2' }, api: { image: 'example/api:2' } }";

/// The layer of the next version, on the way of this name.
fn next(name: &str) -> &'static str {
    match name {
        "two entries" => BOTH,
        "a function" | "a function at once" => functions::NEXT,
        _ => NEXT,
    }
}

async fn way(nth: usize) -> Way {
    let (name, layer) = ROLLOUTS[nth];
    let next = next(name);
    let (from, to) = (stack(&[SHOP, layer]), stack(&[SHOP, layer, next]));
    let mut cases = vec![];
    for seed in 0..4 {
        cases.push(Case::of(with(&from, seed).await, &to).await);
    }
    Way { tag: name.into(), from, to, cases }
}

/// How many percent go to new instances, by listener and rule: 100 of one that leads to them alone, 0 of one that leads to others. Of a function, how many
/// go to its new version.
fn shares(cloud: &Sandbox, old: &[String]) -> Vec<(Address, i32)> {
    let action = |object: &Object| match object {
        Object::Listener(l) => Some(l.action.clone()),
        Object::ListenerRule(r) => Some(r.action.clone()),
        _ => None,
    };
    let share = |action: &Action| 100 - old.iter().map(|id| action.share_of(id)).sum::<i32>();
    let of = |object: &Object| match object {
        Object::Function(f) => Some(if old.contains(&f.code) { 0 } else { f.share() }),
        object => Some(share(&action(object)?)),
    };
    cloud.objects().into_iter().filter_map(|l| Some((l.stamp.address.clone(), of(&l.object)?))).collect()
}

/// Whether it is a rule of a preview, which no client asks for.
fn previews(at: &Address) -> bool {
    at.name.ends_with(".preview")
}

/// What answers by now: the target groups' ids, and what functions run.
fn old_groups(cloud: &Sandbox) -> Vec<String> {
    let of = |l: &Live| match &l.object {
        Object::TargetGroup(_) => Some(l.id.clone()),
        Object::Function(f) => Some(f.code.clone()),
        _ => None,
    };
    cloud.objects().iter().filter_map(of).collect()
}

/// A sink that notes shares at every event, and bends the world at some look.
struct Watch<'a> {
    cloud: &'a Sandbox,
    old: Vec<String>,
    events: Vec<Event>,
    shares: Vec<Vec<(Address, i32)>>,
    /// At which look the new instances begin to fare badly, and how.
    bad: Option<(usize, &'a str, &'a str)>,
    /// Mutations at the moment at which a gate failed, and at the one at which no request goes to new instances any more.
    failed: Option<u64>,
    back: Option<u64>,
}

impl<'a> Watch<'a> {
    fn new(cloud: &'a Sandbox, bad: Option<(usize, &'a str, &'a str)>) -> Self {
        Watch { cloud, old: old_groups(cloud), events: vec![], shares: vec![], bad, failed: None, back: None }
    }

    /// While a gate looks, the old instances stay as many as they are, and clients of a fleet with a cookie stay with the fleet that they know.
    fn stands_by(&self, plan: &Plan, step: usize) {
        let Act::Gate { gate } = &plan.steps[step].act else { return };
        let all = self.cloud.objects();
        if gate.new.kind == Kind::Function {
            return functions::stands_by(gate, &all);
        }
        let fleet = |l: &&Live| l.stamp.address.name == gate.new.name && gate.old.as_ref().is_some_and(|old| l.points.contains(old));
        let old = all.iter().filter(fleet).find_map(|l| AutoScalingGroup::of(&l.object));
        if gate.stage.share == 0 {
            return;
        }
        assert!(gate.old.is_none() || old.is_some_and(|old| !old.scale_in), "the old instances of {} may go", gate.entry);
        let group = all.iter().filter(|l| l.stamp.address == gate.new).find_map(|l| TargetGroup::of(&l.object));
        for at in &gate.splitters {
            let seen = all.iter().find(|l| l.stamp.address == *at).unwrap();
            let action = Listener::of(&seen.object).map(|l| &l.action).or(ListenerRule::of(&seen.object).map(|r| &r.action));
            let Some(Action::Split(split)) = action else { panic!("{at} shares nothing out: {action:?}") };
            assert_eq!(Some(split.sticky), group.map(|group| group.stickiness), "{at}");
        }
    }
}

impl Sink for Watch<'_> {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()> {
        self.events.push(event.clone());
        let now = shares(self.cloud, &self.old);
        if self.failed.is_some() && now.iter().filter(|(at, _)| !previews(at)).all(|(_, share)| *share == 0) {
            self.back.get_or_insert(self.cloud.mutations());
        }
        self.shares.push(now);
        let looks = self.events.iter().filter(|e| matches!(e, Event::Read(..))).count();
        if let Event::Read(i, _) = event {
            self.stands_by(plan, *i);
        }
        if let (Event::Read(..), Some((at, word, value))) = (event, self.bad)
            && looks == at + 1
        {
            self.cloud.bend(address("target_group.app"), word, value);
            self.cloud.bend(address("target_group.api"), word, value);
            self.cloud.bend(address("function.thumbs"), word, value);
        }
        if let Event::Failed(_, e) = event
            && e.code.starts_with("Gate")
        {
            self.failed = Some(self.cloud.mutations());
        }
        Ok(())
    }
}

async fn goes(case: &Case, bad: Option<(usize, &str, &str)>) -> (Outcome, Vec<Event>, Vec<Vec<(Address, i32)>>, Option<(u64, u64)>) {
    let mut watch = Watch::new(&case.cloud, bad);
    let outcome =
        drive(&mut Run::new(&case.plan), &settings("r1"), &*case.cloud, &mut watch, &[], &mut std::future::pending).await.unwrap();
    let back = watch.failed.zip(watch.back);
    (outcome, watch.events, watch.shares, back)
}

/// Looks at what a run has done to the shares of one listener or rule.
fn of<'s>(shares: &'s [Vec<(Address, i32)>], at: &'s Address) -> impl Iterator<Item = i32> + 's {
    shares.iter().filter_map(move |now| now.iter().find(|(a, _)| a == at).map(|(_, share)| *share))
}

/// Shares rise step by step, none begins before the gate in front of it is passed, and each gate has had its minutes.
#[tokio::test(start_paused = true)]
async fn shares_rise_and_every_gate_has_its_minutes() {
    for nth in 0..ROLLOUTS.len() {
        let way = way(nth).await;
        for seed in 0..3 {
            let case = way.case(seed);
            let (outcome, events, shares, _) = goes(&case, None).await;
            assert_eq!(outcome, Outcome::Applied, "{} {events:#?}", way.tag);
            check(&case, &way.to, &outcome, &way.tag, &events).await;
            let turning: Vec<&Address> = case.plan.gates().flat_map(|(_, gate)| &gate.splitters).collect();
            assert!(!turning.is_empty(), "{}", way.tag);
            for at in turning {
                let seen: Vec<i32> = of(&shares, at).collect();
                assert!(seen.is_sorted(), "{} {at}: {seen:?}", way.tag);
                for (step, gate) in case.plan.gates().filter(|(_, gate)| gate.splitters.contains(at)) {
                    assert!(seen.contains(&i32::from(gate.stage.share)), "{} {at}: {seen:?}", way.tag);
                    let looks = events.iter().filter(|e| matches!(e, Event::Read(i, _) if *i == step.id)).count();
                    assert_eq!(looks, gate.stage.minutes as usize, "{} {at}", way.tag);
                }
            }
            for (i, event) in events.iter().enumerate().filter_map(|(i, e)| Some((i, e.step().filter(|_| matches!(e, Event::Began(_)))?))) {
                let done = |j: &usize| events[..i].iter().any(|e| matches!(e, Event::Done(done, _) if done == j));
                assert!(case.plan.steps[event].after.iter().all(done), "{}: step {event} began too early", way.tag);
            }
        }
    }
}

/// Whatever goes wrong at whichever minute: all is as before, and one request a listener turns its clients back.
#[tokio::test(start_paused = true)]
async fn a_bad_version_goes_back_at_once() {
    let mut cases = 0;
    for nth in 0..ROLLOUTS.len() {
        let way = way(nth).await;
        let minutes: u32 = way.cases[0].plan.gates().map(|(_, gate)| gate.stage.minutes).sum();
        for (word, value) in [("errors", "8%"), ("latency", "4000"), ("targets", "1"), ("look", "fails")] {
            for at in 0..minutes as usize - 1 {
                let case = way.case(at as u64);
                let (outcome, events, shares, back) = goes(&case, Some((at, word, value))).await;
                let tag = format!("{}, {word}={value} from look {at} on: {outcome:?}", way.tag);
                // The last minutes may pass before so many in a row were bad.
                if outcome == Outcome::Applied {
                    continue;
                }
                check(&case, &way.to, &outcome, &tag, &events).await;
                assert_eq!(view(&case.cloud), *case.before, "{tag}");
                let Outcome::RolledBack(Some(cause)) = &outcome else { panic!("{tag}") };
                // Where few minutes are asked for, their time is over before ten looks have failed.
                assert!(cause.code == "GateFailed" || (word, cause.code.as_str()) == ("look", "GateBlind"), "{tag}");
                let turning = shares.iter().flatten().filter(|(at, share)| *share > 0 && !previews(at)).map(|(at, _)| at);
                let turning = turning.collect::<std::collections::BTreeSet<_>>().len() as u64;
                let (failed, back) = back.unwrap_or_else(|| panic!("{tag}: {events:#?}"));
                // What another entry's rollout had under way ends first.
                let under_way = if way.tag == "two entries" { 2 } else { 0 };
                assert!(
                    back - failed <= turning + under_way,
                    "{tag}: {} mutations until nobody is led to the new instances",
                    back - failed
                );
                cases += 1;
            }
        }
    }
    println!("bad versions: {cases}");
    assert!(cases > 30, "{cases}");
}

/// A probe that is answered wrongly once all requests are turned.
#[tokio::test(start_paused = true)]
async fn a_wrong_answer_at_the_end_goes_back() {
    let way = way(0).await;
    let case = way.case(1);
    case.cloud.bend(address("target_group.app"), "probe", "500");
    let (outcome, events, shares, _) = goes(&case, None).await;
    assert!(matches!(&outcome, Outcome::RolledBack(Some(e)) if e.message.contains("GET /healthz answered 500, not 200")), "{outcome:?}");
    assert!(of(&shares, &address("listener.http")).any(|share| share == 100));
    check(&case, &way.to, &outcome, "probe", &events).await;
}

/// Requests of the preview reach the new instances before any others do; an answer that is wrong there goes back before any client has seen it.
#[tokio::test(start_paused = true)]
async fn a_wrong_answer_to_the_preview_reaches_nobody() {
    let way = way(4).await;
    let case = way.case(1);
    case.cloud.bend(address("target_group.app"), "smoke", "500");
    let (outcome, events, shares, _) = goes(&case, None).await;
    let said = "GET /healthz with X-Preview: next answered 500, not 200";
    assert!(matches!(&outcome, Outcome::RolledBack(Some(e)) if e.message.contains(said)), "{outcome:?}");
    let turned: Vec<i32> = of(&shares, &address("listener.http")).collect();
    assert!(turned.iter().all(|share| *share == 0), "{turned:?}");
    assert!(of(&shares, &address("listener_rule.http.app.preview")).any(|share| share == 100));
    check(&case, &way.to, &outcome, "smoke", &events).await;
}

/// A stop at any moment of a gate is heeded at once: nothing waits for the minute.
#[tokio::test(start_paused = true)]
async fn a_gate_is_left_at_once() {
    let way = way(0).await;
    let mut left = 0;
    for seconds in (5..600).step_by(17) {
        let case = way.case(seconds);
        let at = tokio::time::Instant::now() + std::time::Duration::from_secs(seconds);
        let asked = RefCell::new(false);
        let mut stop = async || {
            tokio::time::sleep_until(at).await;
            if asked.replace(true) {
                std::future::pending::<()>().await;
            }
            Stop::RollBack
        };
        let mut events = vec![];
        let outcome = drive(&mut Run::new(&case.plan), &settings("r1"), &*case.cloud, &mut events, &[], &mut stop).await.unwrap();
        let tag = format!("stopped after {seconds}s: {outcome:?}");
        if let Some(i) = events.iter().position(|e| matches!(e, Event::Unwatched(_))) {
            assert_eq!(outcome, Outcome::RolledBack(None), "{tag}");
            assert!(!events[i..].iter().any(|e| matches!(e, Event::Read(..))), "{tag}: it still looks");
            left += 1;
        }
        check(&case, &way.to, &outcome, &tag, &events).await;
    }
    assert!(left > 10, "{left}");
}

/// Minutes that were judged count for whoever goes on, over any number of lives; and a gate whose journal is lost begins anew.
#[tokio::test(start_paused = true)]
async fn judged_minutes_count_for_whoever_goes_on() {
    let way = way(0).await;
    let wanted: u32 = way.cases[0].plan.gates().map(|(_, gate)| gate.stage.minutes).sum();
    let mut lives = 0;
    let all = async {
        for at in 0..60 {
            let case = way.case(at as u64);
            let journal = RefCell::new(vec![]);
            let first = live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: false }), false).await;
            if first != Life::Killed {
                break;
            }
            let second = live(&case.cloud, &case.plan, "r1", &journal, Some(Direction::Forward), None, false).await;
            assert_eq!(second, Life::Over(Outcome::Applied), "killed at {at}");
            let looks = journal.borrow().iter().filter(|e| matches!(e, Event::Read(..))).count();
            assert_eq!(looks, wanted as usize, "killed at {at}");
            check(&case, &way.to, &Outcome::Applied, "forward", &journal.into_inner()).await;
            lives += 1;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
    assert!(lives > 20, "{lives}");
}

mod every_fault_and_every_kill_of_a_rollout {
    macro_rules! ways {
        ($($name:ident $nth:literal),+) => {
            $(mod $name {
                #[tokio::test(start_paused = true)]
                async fn any_fault() {
                    super::super::single_fault(super::super::way($nth).await).await;
                }
                #[tokio::test(start_paused = true)]
                async fn any_kill() {
                    super::super::kills::any_kill(super::super::way($nth).await).await;
                }
            })+

            #[test]
            fn none_is_left_out() {
                assert_eq!([$($nth),+].len(), super::ROLLOUTS.len());
            }
        };
    }
    ways!(canary 0, blue_green 1, sticky 2, several_listeners 3, preview 4, several_entries 5, function 6, function_at_once 7);
}

/// A rollout whose journal is lost in the middle ends its split with the next plan.
#[tokio::test(start_paused = true)]
async fn an_abandoned_rollout_is_ended_by_the_next_plan() {
    let ways = [way(0).await, way(6).await];
    let mut ended = 0;
    for (way, at) in ways.iter().flat_map(|way| (0..80).step_by(3).map(move |at| (way, at))) {
        let case = way.case(at as u64);
        let journal = RefCell::new(vec![]);
        let cloud: &Rc<Sandbox> = &case.cloud;
        if live(cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: false }), false).await != Life::Killed {
            continue;
        }
        for to in [&way.to, &way.from] {
            let cloud = super::world::copy(cloud, at as u64);
            let plan = super::world::settled_plan(&cloud, to).await.unwrap();
            let (outcome, events) = apply(&cloud, &plan, "r2").await;
            assert_eq!(outcome, Outcome::Applied, "killed at {at} {events:#?}");
            let rest = super::world::settled_plan(&cloud, to).await.unwrap();
            assert!(rest.is_empty(), "killed at {at}: {:#?}", rest.changes);
        }
        ended += 1;
    }
    assert!(ended > 14, "{ended}");
}

/// Of several faults at once the run still ends as it was or as it should be.
#[tokio::test(start_paused = true)]
async fn a_fault_on_the_way_back_is_retried() {
    let way = way(3).await;
    for n in 0..12 {
        let case = way.case(n);
        case.cloud.bend(address("target_group.app"), "errors", "50");
        let steps = case.plan.steps.iter().filter(|s| !matches!(s.act, Act::Gate { .. })).count() as u64;
        case.cloud.fail(n % steps + 4, Fault::Lost);
        let (outcome, events, ..) = goes(&case, None).await;
        check(&case, &way.to, &outcome, &format!("lost at {n}: {outcome:?}"), &events).await;
        assert!(matches!(outcome, Outcome::RolledBack(_)), "{outcome:?}");
    }
}
