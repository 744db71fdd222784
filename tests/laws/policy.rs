//! The retry policy under scripted services: what it sends, how often, and when it gives up. The clock is a paused one.
use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::future::{join, join_all};
use infra::kinds::Kind;
use infra::render::{report, style::Style, text::Detail};
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::policy::{LEAVABLE, Policy, Repeat, deadline};
use infra::wire::{Class, CloudError, Service};
use tokio::time::{Instant, sleep};

use super::world::{FULL, settled_plan, stack, with};

const EC2: Service = Service::Ec2;

fn failure(class: Class) -> CloudError {
    CloudError::new(class, "Scripted", "so it is written")
}

/// A service that bears so many requests at once and refuses the others.
struct Weak {
    bears: Cell<usize>,
    flying: Cell<usize>,
    refused: Cell<usize>,
}

impl Weak {
    fn new(bears: usize) -> Self {
        Weak { bears: Cell::new(bears), flying: Cell::new(0), refused: Cell::new(0) }
    }

    async fn call(&self) -> Result<(), CloudError> {
        let full = self.flying.get() >= self.bears.get();
        self.flying.set(self.flying.get() + 1);
        sleep(Duration::from_millis(if full { 20 } else { 100 })).await;
        self.flying.set(self.flying.get() - 1);
        if full {
            self.refused.set(self.refused.get() + 1);
            return Err(failure(Class::Throttled));
        }
        Ok(())
    }
}

/// So many requests at once to a service, all of which must succeed; the limits there were when each was sent.
async fn crowd(policy: &Policy, service: &Weak, size: usize) -> Vec<usize> {
    let limits = RefCell::new(vec![]);
    let once = async || {
        limits.borrow_mut().push(policy.limit(EC2));
        service.call().await
    };
    let answers = join_all((0..size).map(|_| policy.request(EC2, Repeat::Unsafe, &once))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    limits.into_inner()
}

#[tokio::test(start_paused = true)]
async fn slots_follow_what_a_service_bears_and_come_back() {
    let (policy, service) = (Policy::new(16), Weak::new(3));
    let limits = crowd(&policy, &service, 200).await;
    assert_eq!(limits[0], 16);
    let low = limits.iter().position(|l| *l <= 3).expect("the limit comes down to what the service bears");
    assert!(low < 60, "after {low} requests");
    let settled = &limits[low..low + 100];
    assert!(settled.iter().all(|l| *l <= 5), "{settled:?}");
    assert!(service.refused.get() < 100, "{} of 200 were refused at least once", service.refused.get());
    service.bears.set(usize::MAX);
    crowd(&policy, &service, 200).await;
    assert_eq!(policy.limit(EC2), 16, "all slots are back");
    assert_eq!(policy.limit(Service::Rds), 16, "another service is another matter");
}

/// Every slot that went comes back, and not one more: no more requests fly than the limit says.
#[tokio::test(start_paused = true)]
async fn no_more_requests_fly_than_the_limit_says() {
    let (policy, service) = (Policy::new(8), Weak::new(2));
    let most = Cell::new(0);
    let once = async || {
        most.set(most.get().max(service.flying.get() + 1));
        service.call().await
    };
    join_all((0..100).map(|_| policy.request(EC2, Repeat::Unsafe, &once))).await;
    service.bears.set(usize::MAX);
    join_all((0..100).map(|_| policy.request(EC2, Repeat::Unsafe, &once))).await;
    most.set(0);
    join_all((0..100).map(|_| policy.request(EC2, Repeat::Unsafe, &once))).await;
    assert_eq!((policy.limit(EC2), most.get()), (8, 8));
}

#[tokio::test(start_paused = true)]
async fn one_burst_of_refusals_halves_the_limit_once() {
    let (policy, calls) = (Policy::new(16), Cell::new(0));
    let once = async || {
        calls.set(calls.get() + 1);
        let first = calls.get() <= 16;
        sleep(Duration::from_millis(50)).await;
        if first {
            assert!(policy.limit(EC2) >= 8, "{}", policy.limit(EC2));
            return Err(failure(Class::Throttled));
        }
        Ok(())
    };
    let answers = join_all((0..16).map(|_| policy.request(EC2, Repeat::Safe, &once))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!((8..16).contains(&policy.limit(EC2)), "{}", policy.limit(EC2));
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_first_goes_first() {
    let (policy, order) = (Policy::new(1), RefCell::new(vec![]));
    let ask = async |n: usize| {
        let once = async || {
            sleep(Duration::from_millis(10)).await;
            order.borrow_mut().push(n);
            Ok(())
        };
        policy.request(EC2, Repeat::Safe, once).await
    };
    join_all((0..20).map(ask)).await;
    assert_eq!(order.into_inner(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_for_patience_gets_it() {
    for (class, repeat) in [(Class::Throttled, Repeat::Unsafe), (Class::Transient, Repeat::Safe), (Class::Conflict, Repeat::Unsafe)] {
        let (policy, calls, began) = (Policy::new(4), Cell::new(0), Instant::now());
        let once = async || {
            calls.set(calls.get() + 1);
            match calls.get() {
                1 => Err(CloudError { retry_after: Some(Duration::from_secs(7)), ..failure(class) }),
                _ => Ok(began.elapsed()),
            }
        };
        let waited = policy.request(EC2, repeat, once).await.unwrap();
        assert!((7.0..7.1).contains(&waited.as_secs_f64()), "{class:?}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_for_more_than_there_is_ends_the_request() {
    let (policy, calls, began) = (Policy::new(4), Cell::new(0), Instant::now());
    let once = async || {
        calls.set(calls.get() + 1);
        Err::<(), _>(CloudError { retry_after: Some(Duration::from_secs(3600)), ..failure(Class::Throttled) })
    };
    assert_eq!(policy.request(EC2, Repeat::Safe, once).await.unwrap_err().class, Class::Throttled);
    assert_eq!((calls.get(), began.elapsed().as_secs()), (1, 0));
}

/// How often a service that never works is asked by so many requests, and for how many seconds.
async fn outage(class: Class, requests: usize) -> (usize, f64) {
    let (policy, calls, began) = (Policy::new(10), Cell::new(0), Instant::now());
    let once = async || {
        calls.set(calls.get() + 1);
        sleep(Duration::from_millis(5)).await;
        Err::<(), _>(failure(class))
    };
    let answers = join_all((0..requests).map(|_| policy.request(EC2, Repeat::Safe, &once))).await;
    assert!(answers.iter().all(|a| a.as_ref().is_err_and(|e| e.class == class)));
    (calls.get(), began.elapsed().as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_hammered() {
    let (few, _) = outage(Class::Transient, 1).await;
    assert!(few > 8, "one request has tokens enough: {few}");
    let (calls, seconds) = outage(Class::Transient, 100).await;
    assert!(calls >= 200, "{calls}: the tokens are spent");
    assert!(calls as f64 <= 100.0 + 100.0 + seconds, "{calls} calls in {seconds} s");
    assert!(seconds <= 121.0, "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_only_throttles_is_asked_once_a_second_by_all_together() {
    let (calls, seconds) = outage(Class::Throttled, 100).await;
    assert!((600.0..620.0).contains(&seconds), "{seconds}");
    // The last attempt of each request, at its deadline, is not bound.
    assert!(calls as f64 <= 100.0 + 100.0 + seconds + 100.0, "{calls} calls in {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn a_plain_write_whose_answer_is_lost_is_not_repeated() {
    let (policy, calls) = (Policy::new(4), Cell::new(0));
    let once = async || {
        calls.set(calls.get() + 1);
        Err::<(), _>(failure(Class::Transient))
    };
    assert_eq!(policy.request(EC2, Repeat::Unsafe, &once).await.unwrap_err().class, Class::Ambiguous);
    assert_eq!(calls.take(), 1);
    assert_eq!(policy.request(EC2, Repeat::Never, &once).await.unwrap_err().class, Class::Transient);
    assert_eq!(calls.take(), 1);
    policy.request(EC2, Repeat::Safe, &once).await.unwrap_err();
    assert!(calls.get() > 3, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_sent_again() {
    for class in [Class::Ambiguous, Class::Denied, Class::Quota, Class::Invalid, Class::Bug] {
        let (policy, calls) = (Policy::new(4), Cell::new(0));
        let once = async || {
            calls.set(calls.get() + 1);
            Err::<(), _>(failure(class))
        };
        assert_eq!(policy.request(EC2, Repeat::Safe, once).await.unwrap_err().class, class);
        assert_eq!(calls.get(), 1, "{class:?}");
    }
}

/// An attempt of unknown outcome taints the request: a later refusal keeps what the service said, and ends the verb as a lost answer does. A read
/// leaves nothing to doubt, and neither does an attempt that was surely not looked at.
#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_is_of_unknown_outcome() {
    let refusals = [Class::Denied, Class::Quota, Class::Invalid, Class::Conflict, Class::NotFound, Class::Bug];
    for (first, repeat) in [Class::Transient, Class::Throttled].into_iter().flat_map(|c| [(c, Repeat::Safe), (c, Repeat::Read)]) {
        for refusal in refusals {
            let (policy, calls) = (Policy::new(4), Cell::new(0));
            let once = async || {
                calls.set(calls.get() + 1);
                Err::<(), _>(failure(if calls.get() == 1 { first } else { refusal }))
            };
            let e = policy.request(EC2, repeat, once).await.unwrap_err();
            let doubt = first == Class::Transient && repeat == Repeat::Safe;
            assert_eq!((e.class, e.tainted), (refusal, doubt), "{first:?}, {repeat:?}");
            assert_eq!(e.ending().class, if doubt { Class::Ambiguous } else { refusal });
            assert!(calls.get() >= 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_retry_ends_at_its_deadline() {
    let cases = [
        (Class::Throttled, Repeat::Unsafe, 600),
        (Class::Transient, Repeat::Safe, 120),
        (Class::Conflict, Repeat::Unsafe, 600),
        (Class::NotFound, Repeat::Unsafe, 60),
    ];
    for (class, repeat, seconds) in cases {
        let (policy, began) = (Policy::new(4), Instant::now());
        let e = policy.request(EC2, repeat, async || Err::<(), _>(failure(class))).await.unwrap_err();
        assert_eq!((e.class, began.elapsed().as_secs()), (class, seconds));
    }
}

/// Where nobody has ever answered, the network is more likely wrong than passing by: whoever waits is told soon.
#[tokio::test(start_paused = true)]
async fn what_was_never_heard_of_is_given_up_soon() {
    let (policy, begun) = (Policy::new(16), Instant::now());
    let away = async || Err::<(), _>(CloudError::new(Class::Transient, "Unreachable", "connection refused"));
    policy.request(EC2, Repeat::Read, &away).await.unwrap_err();
    assert!((14..=16).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    policy.request(EC2, Repeat::Read, &async || Ok(())).await.unwrap();
    let begun = Instant::now();
    policy.request(Service::Rds, Repeat::Read, &away).await.unwrap_err();
    assert!(begun.elapsed().as_secs() > 20, "an outage is waited for: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn every_wait_ends_at_its_deadline_and_says_what_the_service_says() {
    for kind in Kind::ALL {
        let typical = kind.typical();
        for time in [typical.create, typical.update, typical.delete].map(deadline) {
            let (policy, began, looks) = (Policy::new(4), Instant::now(), Cell::new(0));
            let look = async || {
                looks.set(looks.get() + 1);
                Ok(None::<()>)
            };
            let e = policy.wait_saying("godot", time, look, async || Some("he sends word".into())).await.unwrap_err();
            assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "WaitTimeout"));
            assert!(e.message.ends_with("for godot: he sends word"), "{}", e.message);
            assert_eq!(began.elapsed().as_secs(), time.as_secs(), "{}", kind.label());
            assert!(looks.get() > 5, "{}", kind.label());
        }
    }
}

/// The last look is at the deadline itself.
#[tokio::test(start_paused = true)]
async fn what_comes_just_in_time_is_seen() {
    let (policy, began, time) = (Policy::new(4), Instant::now(), Duration::from_secs(301));
    policy.wait("godot", time, async || Ok((began.elapsed() >= time).then_some(()))).await.unwrap();
}

/// The one rule for deadlines: a verb has at least twice its usual time, and nothing has less than two minutes.
#[test]
fn no_waiter_has_a_rule_of_its_own() {
    for (typical, at_most) in [(0, 120), (30, 120), (100, 400), (900, 3600)] {
        assert_eq!(deadline(Duration::from_secs(typical)).as_secs(), at_most);
    }
    let kinds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kinds");
    let (mut folders, mut waiters) = (vec![kinds], 0);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let waits = text.matches("policy.wait").count();
            assert!(waits == 0 || text.contains("deadline"), "{}", path.display());
            assert!(!text.lines().any(|l| l.contains("policy.wait") && l.contains("from_secs")), "{}", path.display());
            waiters += waits;
        }
    }
    assert!(waiters > 15, "{waiters}");
}

/// An interruption leaves at once what only builds: waits, and the repetition of what was refused. What is taken back is waited for.
#[tokio::test(start_paused = true)]
async fn an_interruption_leaves_what_only_builds() {
    let (policy, began) = (Policy::new(4), Instant::now());
    let wait = async || policy.wait("godot", Duration::from_secs(500), async || Ok(None::<()>)).await.unwrap_err();
    let refused = async || policy.request(EC2, Repeat::Unsafe, async || Err::<(), _>(failure(Class::Conflict))).await.unwrap_err();
    let leaving = async {
        sleep(Duration::from_secs(10)).await;
        policy.leave();
    };
    let timed = async |work: std::pin::Pin<Box<dyn Future<Output = CloudError> + '_>>| (work.await, began.elapsed().as_secs());
    let (builds, goes) = (LEAVABLE.scope(true, timed(Box::pin(wait()))), LEAVABLE.scope(false, timed(Box::pin(wait()))));
    let repeats = LEAVABLE.scope(true, timed(Box::pin(refused())));
    let ((builds, left), (goes, waited), (repeats, repeated), ()) = futures_util::join!(builds, goes, repeats, leaving);
    assert_eq!((builds.class, builds.code.as_str(), left), (Class::Ambiguous, "Interrupted", 10));
    assert_eq!((goes.code.as_str(), waited), ("WaitTimeout", 500));
    assert_eq!((repeats.class, repeated), (Class::Conflict, 10), "it surely did not happen");
    let (late, at) = LEAVABLE.scope(true, timed(Box::pin(wait()))).await;
    assert_eq!((late.code.as_str(), at), ("Interrupted", 600.min(at)), "a wait that begins later is left, too");
}

/// A hint has a few seconds, whatever it does with them.
#[tokio::test(start_paused = true)]
async fn a_hint_is_worth_a_few_seconds() {
    let (policy, began) = (Policy::new(4), Instant::now());
    let until = began + Duration::from_secs(8);
    let e = policy.hint(until, std::future::pending::<Result<(), _>>()).await.unwrap_err();
    assert_eq!((e.code.as_str(), began.elapsed().as_secs()), ("TooSlow", 8));
}

#[tokio::test(start_paused = true)]
async fn a_halt_ends_waits_and_sends_nothing_more() {
    let (policy, calls, began) = (Policy::new(1), Cell::new(0), Instant::now());
    let once = async || {
        calls.set(calls.get() + 1);
        Err::<(), _>(CloudError { retry_after: Some(Duration::from_secs(50)), ..failure(Class::Throttled) })
    };
    let asking = join_all((0..5).map(|_| policy.request(EC2, Repeat::Safe, &once)));
    let looking = policy.wait("godot", Duration::from_secs(500), async || Ok(None::<()>));
    let halting = async {
        sleep(Duration::from_secs(10)).await;
        policy.halt(CloudError::new(Class::Denied, "Halted", "enough"));
        calls.replace(0)
    };
    let ((answers, looked), before) = join(join(asking, looking), halting).await;
    assert_eq!(before, 5);
    for e in answers.into_iter().chain([looked]).map(Result::unwrap_err) {
        assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "Halted"));
    }
    assert_eq!((calls.get(), began.elapsed().as_secs()), (0, 10));
    assert_eq!(policy.request(EC2, Repeat::Safe, &once).await.unwrap_err().code, "Halted");
    for note in [Repeat::Note, Repeat::NewNote] {
        assert!(policy.request(Service::Ssm, note, async || Ok(())).await.is_ok(), "notes are kept still");
    }
    assert_eq!(policy.request(Service::Ssm, Repeat::Safe, &once).await.unwrap_err().code, "Halted", "whatever the service");
}

#[tokio::test(start_paused = true)]
async fn a_halt_is_heard_by_who_waits_for_a_slot() {
    let (policy, calls) = (Policy::new(1), Cell::new(0));
    let once = async || {
        calls.set(calls.get() + 1);
        sleep(Duration::from_secs(20)).await;
        Ok(())
    };
    let halting = async {
        sleep(Duration::from_secs(10)).await;
        policy.halt(CloudError::new(Class::Denied, "Halted", "enough"));
    };
    let (answers, ()) = join(join_all((0..3).map(|_| policy.request(EC2, Repeat::Safe, &once))), halting).await;
    assert_eq!(calls.get(), 1, "what was under way ends, what waited is not sent");
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
}

/// A run that fails for want of a permission names the command that prints them all; no other failure does.
#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_told_with_the_command_that_helps() {
    let plan = settled_plan(&with(&Stack { name: "full".into(), ..Stack::default() }, 1).await, &stack(&[FULL])).await.unwrap();
    let detail = Detail { style: Style { color: false }, verbose: false };
    let helps = |outcome: &Outcome| report::outcome(&plan, &[], outcome, 1, detail).contains("`infra iam-policy --apply`");
    let denied = CloudError::new(Class::Denied, "UnauthorizedOperation", "no");
    for outcome in [Outcome::RolledBack(Some(denied.clone())), Outcome::Leftovers(denied.clone()), Outcome::Stuck(denied)] {
        assert!(helps(&outcome), "{outcome:?}");
    }
    let expired = CloudError::new(Class::Denied, "ExpiredToken", "too late");
    for outcome in [Outcome::Applied, Outcome::RolledBack(None), Outcome::RolledBack(Some(expired.clone())), Outcome::Stuck(expired)] {
        assert!(!helps(&outcome), "{outcome:?}");
    }
}
