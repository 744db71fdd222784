//! What somebody else asks of a run that stands in a gate: to take everything back, or to go on.
use std::cell::RefCell;
use std::io;
use std::time::Duration;

use infra::cloud::Sandbox;
use infra::cloud::lease::{Asks, Headway, Holder, Terms, Wish, ask, newest, take};
use infra::kinds::Seen;
use infra::plan::Plan;
use infra::run::drive::{Sink, Stop, drive};
use infra::run::stage::at_gates;
use infra::run::{Event, Outcome, Run};
use infra::wire::Notes as _;
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

use super::super::faults::check;
use super::super::world::{Case, Way, settings, settled_plan, stack, with};
use super::{NEXT, ROLLOUTS, SHOP};

/// Events, and when each was told.
struct Clocked<'a>(&'a RefCell<Vec<(Instant, Event)>>);

impl Sink for Clocked<'_> {
    fn event(&mut self, _: &Plan, event: &Event) -> io::Result<()> {
        self.0.borrow_mut().push((Instant::now(), event.clone()));
        Ok(())
    }
}

/// Runs a plan under its lease, while somebody else does something.
async fn beside(case: &Case, other: impl AsyncFnOnce(&Sandbox)) -> (Outcome, Vec<(Instant, Event)>) {
    let asks =
        Asks { stack: "full", command: "apply", holder: Holder::me(), terms: Terms::CLOUD, timeout: Duration::ZERO, tell: &|_, _| {} };
    let mut keeper = take(&*case.cloud, &case.cloud.policy, asks).await.unwrap().unwrap();
    keeper.begin("r1", case.plan.steps.len()).await.unwrap();
    let (ended, events, wishes) = (SetOnce::new(), RefCell::new(vec![]), keeper.wishes.clone());
    let work = async {
        let mut stop = async || Stop::Wished(wishes.next().await);
        let outcome = drive(&mut Run::new(&case.plan), &settings("r1"), &*case.cloud, &mut Clocked(&events), &[], &mut stop).await.unwrap();
        ended.set(()).unwrap();
        outcome
    };
    let headway = || {
        let told: Vec<Event> = events.borrow().iter().map(|(_, event)| event.clone()).collect();
        Headway { done: 0, of: 0, gates: at_gates(&case.plan, &told) }
    };
    let other = async {
        tokio::select! {
            () = other(&case.cloud) => {}
            _ = ended.wait() => {}
        }
    };
    let (outcome, ..) = tokio::join!(work, keeper.keep(&ended, headway), other);
    keeper.release("over", 0).await.unwrap();
    (outcome, events.into_inner())
}

/// Whoever aborts it, whenever: all is as it was, no look comes after it, and what is in a gate hears of it at the next sign of life.
#[tokio::test(start_paused = true)]
async fn an_aborted_run_goes_back_at_once() {
    let way = super::way(0).await;
    let mut left = 0;
    for seconds in (5..600).step_by(29) {
        let (case, asked) = (way.case(seconds), RefCell::new(None));
        let abort = async |cloud: &Sandbox| {
            sleep(Duration::from_secs(seconds)).await;
            ask(cloud, "full", 1, &Wish::Abort("ana@laptop".into())).await.unwrap();
            asked.replace(Some(Instant::now()));
        };
        let (outcome, events) = beside(&case, abort).await;
        let tag = format!("aborted after {seconds}s: {outcome:?}");
        let all: Vec<Event> = events.iter().map(|(_, event)| event.clone()).collect();
        check(&case, &way.to, &outcome, &tag, &all).await;
        if let Some(i) = all.iter().position(|e| matches!(e, Event::Failed(_, e) if e.code == "Aborted")) {
            let heard = events[i].0 - asked.borrow().unwrap();
            assert!(heard <= Terms::CLOUD.beat + Duration::from_secs(1), "{tag}: heard after {heard:?}");
            assert!(matches!(&outcome, Outcome::RolledBack(Some(e)) if e.message == "ana@laptop has aborted the run"), "{tag}");
            assert!(!all[i..].iter().any(|e| matches!(e, Event::Read(..))), "{tag}: it still looks");
            left += 1;
        } else if all.contains(&Event::Interrupted) {
            assert!(!matches!(outcome, Outcome::RolledBack(Some(_))), "{tag}");
        }
    }
    assert!(left > 10, "{left}");
}

/// A run whose 20 % wait for somebody's word.
async fn waiting() -> Way {
    let asks = "compute: { app: { deployment: { approve: [20%], approve_within: 5m } } }";
    let (from, to) = (stack(&[SHOP, ROLLOUTS[0].1, asks]), stack(&[SHOP, ROLLOUTS[0].1, asks, NEXT]));
    let case = Case::of(with(&from, 1).await, &to).await;
    Way { tag: "approval".into(), from, to, cases: vec![case] }
}

/// Somebody's word at the step that asks for it lets the run go on, and not before its minutes are good; the lease tells who is waited for.
#[tokio::test(start_paused = true)]
async fn a_word_lets_the_run_go_on() {
    let way = waiting().await;
    let case = way.case(0);
    let told = RefCell::new(vec![]);
    let approve = async |cloud: &Sandbox| {
        loop {
            sleep(Duration::from_secs(5)).await;
            let gates = newest("full", &cloud.notes("full").await.unwrap()).unwrap().1.unwrap().gates;
            told.borrow_mut().extend(gates.clone());
            if let Some(gate) = gates.iter().find(|gate| gate.asks && gate.told.contains("waits for approval")) {
                return ask(cloud, "full", 1, &Wish::Approve(gate.step, "ana@laptop".into())).await.unwrap();
            }
        }
    };
    let (outcome, events) = beside(&case, approve).await;
    assert_eq!(outcome, Outcome::Applied);
    let of = |i: usize| case.plan.gates().nth(i).unwrap().0.id;
    let word = events.iter().position(|(_, e)| matches!(e, Event::Read(i, r) if *i == of(0) && matches!(r.seen, Seen::Approved(_))));
    let word = word.expect("it is journaled");
    assert_eq!(events[word + 1].1, Event::Done(of(0), None), "it goes on at once");
    let looks = |events: &[(Instant, Event)]| events.iter().filter(|(_, e)| matches!(e, Event::Read(i, _) if *i == of(0))).count();
    assert!(looks(&events[..word]) >= 2, "its minutes were good");
    let told = told.into_inner();
    let first = told.iter().find(|gate| !gate.told.is_empty()).unwrap();
    assert_eq!((first.entry.as_str(), first.share, first.next, first.asks), ("compute.app", 20, Some(100), true));
    check(&case, &way.to, &outcome, "approved", &events.into_iter().map(|(_, event)| event).collect::<Vec<_>>()).await;
    let plan = settled_plan(&*case.cloud, &way.to).await.unwrap();
    assert!(plan.is_empty());
}

/// A word before the minutes are good counts, and makes none of them good; one for another step is none; without any it goes back in time.
#[tokio::test(start_paused = true)]
async fn a_word_counts_where_it_is_asked_for() {
    let way = waiting().await;
    for (early, right) in [(true, true), (true, false), (false, true)] {
        let case = way.case(0);
        let gates: Vec<usize> = case.plan.gates().map(|(step, _)| step.id).collect();
        let word = async |cloud: &Sandbox| {
            let pause = sleep(Duration::from_secs(if early { 2 } else { 3000 }));
            pause.await;
            let step = if right { gates[0] } else { gates[1] };
            loop {
                ask(cloud, "full", 1, &Wish::Approve(step, "ana".into())).await.unwrap();
                sleep(Duration::from_secs(30)).await;
            }
        };
        let (outcome, events) = beside(&case, word).await;
        let all: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
        let approved = all.iter().any(|e| matches!(e, Event::Read(_, r) if matches!(r.seen, Seen::Approved(_))));
        let looks = all.iter().filter(|e| matches!(e, Event::Read(i, r) if *i == gates[0] && !matches!(r.seen, Seen::Approved(_)))).count();
        if approved {
            assert_eq!((outcome.clone(), right), (Outcome::Applied, true));
            assert!(looks >= 2, "{looks}");
        } else {
            assert!(matches!(&outcome, Outcome::RolledBack(Some(e)) if e.code == "NotApproved"), "{early} {right} {outcome:?}");
            assert_eq!(looks, 2 + 5, "two good minutes, and five of waiting");
        }
        check(&case, &way.to, &outcome, &format!("early {early}, right {right}"), &all).await;
    }
}
