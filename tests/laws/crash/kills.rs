//! Kills at every record of every way, of recoveries, of rollbacks; and what another process makes of them.
use std::cell::RefCell;
use std::time::Duration;

use infra::cloud::sandbox::Fault;
use infra::kinds::{Kind, Object};
use infra::run::{Direction, Event, Outcome, Run};

use super::{Ends, Kill, Left, Life, checked, inherit, live, note, noted, recover};
use crate::laws::world::{WAYS, Way, apply, settled_plan, sound, view, with};
use crate::support::{all_kills, sparse};

/// A kill before or after every eleventh record of every way, recovered with the journal or without it, from what the cloud keeps. With
/// `INFRA_TEST_KILLS=all` it is every record, a kill before and one after, recovered with the journal, and one recovered without it.
mod a_kill_at_any_record_can_be_recovered {
    every_way!(super::any_kill);
}

pub async fn any_kill(way: Way) {
    let (mut cases, mut ends) = (0, Ends::new());
    let all = async {
        for case in &way.cases {
            note(case).await;
        }
        for at in (0..).step_by(sparse(1, 11)) {
            let kills = [(true, Left::Journal, at % 2 == 0), (false, Left::Journal, at % 2 == 1), (at % 2 == 0, Left::Notes, at % 5 < 3)];
            let one = at / sparse(1, 11) % 3;
            for (before, left, haunted) in if all_kills() { &kills[..] } else { &kills[one..=one] }.iter().copied() {
                let case = way.case(at as u64);
                let journal = RefCell::new(vec![]);
                if live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before }), haunted).await != Life::Killed {
                    return;
                }
                let (second, _) = recover(&case.cloud, &case.plan, "r1", &journal, left, None).await;
                let tag = format!("{}, killed at {at} (before: {before}, haunted: {haunted}), left {left:?}", way.tag);
                checked(&case, &way.to, second, &journal, &tag, &mut ends).await;
                cases += 1;
            }
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
    println!("kills at every record: {}: {cases} cases, {ends:?}", way.tag);
    let records = (2 * way.steps() - 1).div_ceil(sparse(1, 11));
    let each = sparse(3, 1);
    assert!(cases >= each * records, "two records a step, {each} kills at each that is tried; with the last one the run is over: {cases}");
}

/// A process that is killed while it recovers another one, with and without its journal.
#[tokio::test(start_paused = true)]
async fn a_recovery_can_be_killed_too() {
    let (mut cases, mut ends) = (0, Ends::new());
    for (n, way) in WAYS.iter().enumerate() {
        let way = noted(*way).await;
        for at in (n..).step_by(sparse(13, 101)) {
            let mut some = false;
            for again in (n % 3..).step_by(sparse(5, 29)) {
                let case = way.case(at as u64);
                let journal = RefCell::new(vec![]);
                if live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: again % 2 == 0 }), false).await
                    != Life::Killed
                {
                    break;
                }
                some = true;
                let lefts = [
                    [Left::Journal, Left::Journal],
                    [Left::Notes, Left::Journal],
                    [Left::Journal, Left::Notes],
                    [Left::Notes, Left::Notes],
                ];
                let lefts = lefts[(at + again) % 4];
                let (second, _) =
                    recover(&case.cloud, &case.plan, "r1", &journal, lefts[0], Some(Kill { at: again, before: at % 2 == 0 })).await;
                if second != Life::Killed {
                    break;
                }
                let (third, _) = recover(&case.cloud, &case.plan, "r1", &journal, lefts[1], None).await;
                let tag = format!("{}, killed at {at}, then at {again} of the recovery, left {lefts:?}", way.tag);
                checked(&case, &way.to, third, &journal, &tag, &mut ends).await;
                cases += 1;
            }
            if !some {
                break;
            }
        }
    }
    println!("kills during a recovery: {cases} cases, {ends:?}");
    assert!(cases > sparse(300, 12));
}

/// A process that is killed while it takes back what failed.
#[tokio::test(start_paused = true)]
async fn a_rollback_can_be_killed_too() {
    let (mut cases, mut ends) = (0, Ends::new());
    for (n, way) in WAYS.iter().enumerate() {
        let way = noted(*way).await;
        for fault in (n as u64 % 4..).step_by(sparse(7, 61)) {
            let mut some = false;
            for at in (fault as usize..).step_by(sparse(6, 29)) {
                let case = way.case(at as u64);
                if fault >= case.plan.steps.len() as u64 {
                    break;
                }
                case.cloud.fail(fault, if at % 2 == 0 { Fault::Refused } else { Fault::Half });
                let journal = RefCell::new(vec![]);
                let first = live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: at % 2 == 0 }), false).await;
                case.cloud.heal();
                if first != Life::Killed {
                    break;
                }
                some = true;
                let left = if (at / 6) % 2 == 0 { Left::Journal } else { Left::Notes };
                let (second, _) = recover(&case.cloud, &case.plan, "r1", &journal, left, None).await;
                let tag = format!("{}, fault at {fault}, killed at {at}, left {left:?}", way.tag);
                checked(&case, &way.to, second, &journal, &tag, &mut ends).await;
                cases += 1;
            }
            if !some {
                break;
            }
        }
    }
    println!("kills during a rollback: {cases} cases, {ends:?}");
    assert!(cases > sparse(200, 8));
}

/// Forward is open as long as the run hasn't turned round: then the new stack stands.
#[tokio::test(start_paused = true)]
async fn a_killed_run_can_go_forward() {
    let mut cases = 0;
    for way in WAYS {
        let way = noted(*way).await;
        for at in (1..).step_by(sparse(9, 47)) {
            let case = way.case(at as u64);
            let journal = RefCell::new(vec![]);
            if live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: at % 2 == 0 }), false).await != Life::Killed {
                break;
            }
            let left = if at % 4 < 2 { Left::Journal } else { Left::Notes };
            let (mut plan, events) = inherit(&case.cloud, &case.plan, "r1", &journal, left).await;
            infra::run::recover::unseal(&mut plan, &way.to);
            let run = Run::replay(&plan, &events).unwrap();
            assert!(!infra::run::recover::secrets(&run, Some(&way.to)));
            if run.direction == Direction::Unwinding {
                continue;
            }
            journal.replace(events);
            let life = live(&case.cloud, &plan, "r1", &journal, Some(Direction::Forward), None, false).await;
            let tag = format!("{}, killed at {at}, forward, left {left:?}", way.tag);
            assert_eq!(life, Life::Over(Outcome::Applied), "{tag} {:#?}", journal.borrow());
            assert!(settled_plan(&*case.cloud, &way.to).await.unwrap().is_empty() && sound(&case.cloud), "{tag}");
            cases += 1;
        }
    }
    println!("killed, then forward: {cases} cases");
    assert!(cases > sparse(60, 15));
}

/// With neither journal nor notes there is no way back by itself, but planning again arrives: onward, and back.
#[tokio::test(start_paused = true)]
async fn with_nothing_left_planning_again_arrives() {
    let (mut cases, mut blocked) = (0, 0);
    for way in WAYS {
        let way = noted(*way).await;
        let goals = [(&way.to, view(&with(&way.to, 1).await)), (&way.from, view(&with(&way.from, 1).await))];
        for at in (0..).step_by(sparse(4, 71)) {
            let mut beyond = false;
            for (goal, clean) in &goals {
                let case = way.case(at as u64);
                let journal = RefCell::new(vec![]);
                beyond = live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: at % 2 == 0 }), false).await
                    != Life::Killed;
                if beyond {
                    break;
                }
                let tag = format!("{}, killed at {at}, all lost", way.tag);
                tokio::time::sleep(Duration::from_secs(3)).await;
                let plan = match settled_plan(&*case.cloud, goal).await {
                    Ok(plan) => plan,
                    Err(_) => {
                        blocked += 1;
                        continue;
                    }
                };
                let (outcome, events) = apply(&*case.cloud, &plan, "r2").await;
                assert_eq!(outcome, Outcome::Applied, "{tag} {events:#?}");
                assert!(settled_plan(&*case.cloud, goal).await.unwrap().is_empty() && sound(&case.cloud), "{tag}");
                assert_eq!(view(&case.cloud), *clean, "{tag}: an orphan, a phantom or a duplicate");
                cases += 1;
            }
            if beyond {
                break;
            }
        }
    }
    println!("everything lost: {cases} cases arrived, {blocked} refused with a reason");
    assert!(cases > sparse(150, 12) && blocked * 10 < cases);
}

/// Two faults in one run. A fault that strikes the way back may leave it stuck; once the cause is gone, a recovery arrives.
#[tokio::test(start_paused = true)]
async fn two_faults_in_one_run() {
    let (mut cases, mut ends) = (0, Ends::new());
    let seed = std::env::var("INFRA_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
    let mut rng = fastrand::Rng::with_seed(seed);
    let faults = [Fault::Refused, Fault::Lost, Fault::Half, Fault::Throttled(2), Fault::Slow, Fault::Stale];
    for way in WAYS {
        let way = noted(*way).await;
        for _ in 0..sparse(30, 4) {
            let case = way.case(rng.u64(..1000));
            let n = case.plan.steps.len() as u64;
            let (x, y) = (rng.u64(..n), rng.u64(..n + n / 2));
            let (f, g) = (faults[rng.usize(..6)], faults[rng.usize(..6)]);
            case.cloud.fail(x, f);
            case.cloud.fail(y, g);
            let journal = RefCell::new(vec![]);
            let tag = format!("{}, {f:?} at {x}, {g:?} at {y} (seed {seed})", way.tag);
            let first = live(&case.cloud, &case.plan, "r1", &journal, None, None, false).await;
            case.cloud.heal();
            let last = match first {
                Life::Over(Outcome::Stuck(_)) => {
                    *ends.entry("stuck, then recovered").or_default() += 1;
                    recover(&case.cloud, &case.plan, "r1", &journal, if x % 2 == 0 { Left::Journal } else { Left::Notes }, None).await.0
                }
                other => other,
            };
            checked(&case, &way.to, last, &journal, &tag, &mut ends).await;
            cases += 1;
        }
    }
    println!("two faults in one run: {cases} cases, {ends:?} (seed {seed})");
}

/// Once something old is gone for good there is no way back, even if somebody has bent since what the run made.
#[tokio::test(start_paused = true)]
async fn behind_the_commit_point_there_is_no_way_back() {
    let mut cases = 0;
    let way = noted(WAYS[3]).await;
    for at in (0..).step_by(sparse(3, 17)) {
        let case = way.case(at as u64);
        let journal = RefCell::new(vec![]);
        if live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: false }), false).await != Life::Killed {
            break;
        }
        let gone = |e: &Event| matches!(e, Event::Done(i, None) if *i >= case.plan.commit);
        if !journal.borrow().iter().any(gone) {
            continue;
        }
        let mut bent = case.cloud.objects().into_iter().find(|l| l.stamp.run == "r1" && l.object.kind() == Kind::Vpc).unwrap();
        let Object::Vpc(vpc) = &mut bent.object else { panic!() };
        vpc.dns_hostnames = !vpc.dns_hostnames;
        case.cloud.put(bent).unwrap();
        let (life, way) = recover(&case.cloud, &case.plan, "r1", &journal, Left::Notes, None).await;
        assert_eq!((life, way), (Life::Over(Outcome::Applied), Direction::Forward), "killed at {at} {:#?}", journal.borrow());
        cases += 1;
    }
    println!("killed behind the commit point, then bent: {cases} cases");
    assert!(cases > sparse(5, 1));
}
