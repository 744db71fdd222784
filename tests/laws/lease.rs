//! One writer per stack, whatever the processes do, however long they sleep, and whatever their clocks say.
mod late;
mod skew;
mod through;
mod told;
mod wishes;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use infra::cloud::lease::{Asks, Headway, Holder, Keeper, Lease, Mark, Standing, Terms, standing, strays, take, unlock};
use infra::cloud::sandbox::Pace;
use infra::cloud::{Cloud, Sandbox};
use infra::run::drive::{Stop, drive};
use infra::run::recover::look_back;
use infra::run::{Event, Outcome, Run, intent};
use infra::wire::Notes;
use infra::wire::policy::Policy;
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

use through::Through;

use crate::support::sparse;

use super::crash::header;
use super::faults::{check, name};
use super::world::{Case, FULL, sandbox, settings, settled_plan, stack, view};

thread_local! { static START: Instant = Instant::now(); }

/// A clock that the paused time moves.
fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000) + START.with(|start| Instant::now().saturating_duration_since(*start))
}

const TERMS: Terms = Terms { clock, ..Terms::CLOUD };

fn holder(n: u32) -> Holder {
    Holder { user: format!("user-{n}"), host: "host".into(), pid: n, process: None, job: None, mark: None }
}

fn asks(stack: &str, n: u32) -> Asks<'_> {
    Asks { stack, command: "apply", holder: holder(n), terms: TERMS, timeout: Duration::ZERO, tell: &|_, _| {} }
}

async fn taken<'c>(cloud: &'c Sandbox, policy: &'c Policy, n: u32) -> Result<Keeper<'c, Sandbox>, String> {
    take(cloud, policy, asks("s", n)).await.unwrap().map_err(|lease| lease.holder.user)
}

/// However many try at once, and in whatever order their requests arrive, one holds it, and the others are told who.
#[tokio::test(start_paused = true)]
async fn of_many_one_holds_the_lease() {
    for seed in 0..200 {
        let pace = Pace { latency: Duration::from_millis(300), seed, ..Pace::INSTANT };
        let cloud = Sandbox::new("us-east-1", pace, Policy::new(10));
        let policies: Vec<Policy> = (0..8).map(|_| Policy::new(10)).collect();
        let starts = policies.iter().enumerate().map(async |(n, policy)| {
            sleep(Duration::from_millis(n as u64 * (seed % 70))).await;
            taken(&cloud, policy, n as u32).await
        });
        let all = futures_util::future::join_all(starts).await;
        let winners: Vec<&String> = all.iter().filter_map(|t| t.as_ref().ok().map(|k| &k.lease.holder.user)).collect();
        assert!(winners.len() <= 1, "seed {seed}: {winners:?}");
        assert_eq!(winners.len(), 1, "seed {seed}: somebody holds it");
        assert!(all.iter().filter_map(|t| t.as_ref().err()).all(|told| told == winners[0]), "seed {seed}");
    }
}

/// A holder that sleeps past its time sends nothing more, whether another has taken its place or not; before that nobody can.
#[tokio::test(start_paused = true)]
async fn a_holder_that_sleeps_too_long_sends_nothing_more() {
    let cloud = sandbox(1);
    let (other, mut seen) = (Policy::new(10), false);
    let keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let full = stack(&[FULL]);
    let plan = settled_plan(&cloud, &full).await.unwrap();
    let infra::plan::Act::Create { object } = &plan.steps.iter().find(|s| s.after.is_empty()).unwrap().act else { panic!() };
    let stamp = infra::kinds::Stamp {
        stack: "full".into(),
        address: plan.steps[0].address.clone(),
        run: "r".into(),
        step: 0,
        identity: String::new(),
        digest: "d".into(),
    };
    let write = async || cloud.create(object, &infra::kinds::Links(Default::default()), &stamp).await;
    for second in 0..200 {
        let may = write().await.is_ok();
        let taken = taken(&cloud, &other, 2).await.is_ok();
        seen |= taken;
        assert!(!(may && taken), "both after {second} s");
        if taken {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert!(seen, "a lease that nobody renews ends");
    let error = write().await.unwrap_err();
    assert_eq!((error.code.as_str(), error.class), ("LeaseExpired", infra::wire::Class::Ambiguous));
    drop(keeper);
}

/// A holder that lives keeps its lease for as long as it wants; when it lets go, the next one gets it at once.
#[tokio::test(start_paused = true)]
async fn a_living_holder_keeps_it() {
    let cloud = sandbox(1);
    let other = Policy::new(10);
    let ended = SetOnce::new();
    let mut keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let keep = keeper.keep(&ended, || Headway { done: 3, of: 9, gates: vec![] });
    let rival = async {
        for _ in 0..60 {
            sleep(Duration::from_secs(10)).await;
            assert_eq!(taken(&cloud, &other, 2).await.err().as_deref(), Some("user-1"));
        }
        let notes = cloud.notes("s").await.unwrap();
        let Standing::Alive(lease) = standing("s", &notes, &TERMS) else { panic!("{notes:?}") };
        assert_eq!((lease.done, lease.of), (3, 9), "its progress is told");
        ended.set(()).unwrap();
    };
    tokio::join!(keep, rival);
    keeper.release("applied", 9).await.unwrap();
    assert!(cloud.policy.stopped().is_none());
    assert!(taken(&cloud, &other, 2).await.is_ok());
}

/// Taking the lease away: a holder that lives stops first, and only then is the lease free.
#[tokio::test(start_paused = true)]
async fn an_unlocked_holder_stops_before_the_next_one_starts() {
    let cloud = sandbox(1);
    let ended = SetOnce::new();
    let mut keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let stopped = Cell::new(false);
    let holder_ends = async {
        keeper.keep(&ended, Headway::default).await;
        assert_eq!(cloud.policy.stopped().map(|e| e.code), Some("LeaseLost".to_owned()));
        stopped.set(true);
        keeper.release("stopped on the way", 1).await.unwrap();
    };
    let thief = async {
        sleep(Duration::from_secs(33)).await;
        unlock(&cloud, "s", &holder(9), &TERMS).await.unwrap();
        assert!(stopped.get(), "free only once its holder has stopped");
    };
    tokio::join!(holder_ends, thief);
    assert!(taken(&cloud, &Policy::new(1), 2).await.is_ok());
}

/// Taking the lease of a dead holder away needs nobody's answer, and what the dead one wrote late changes nothing.
#[tokio::test(start_paused = true)]
async fn a_dead_holder_can_be_unlocked() {
    let cloud = Rc::new(sandbox(1));
    let keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let late = serde_json::to_string(&keeper.lease).unwrap();
    drop(keeper);
    unlock(&*cloud, "s", &holder(9), &TERMS).await.unwrap();
    cloud.note("s/lease/1", &late).await.unwrap();
    let policy = Policy::new(1);
    assert!(taken(&cloud, &policy, 2).await.is_ok());
    assert_eq!(taken(&cloud, &Policy::new(1), 3).await.err().as_deref(), Some("user-2"));
}

/// A process of this machine that is gone is known to be; one of another machine is not, nor one of a clone of this machine, where it left no mark.
#[tokio::test]
async fn a_process_that_is_gone_holds_nothing() {
    let mut me = Holder::me();
    let mark = Mark::leave(&mut me);
    assert_eq!(mark.is_some(), cfg!(target_os = "linux"));
    assert!(!me.dead_here());
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let process = me.process.as_ref().map(|p| format!("{} 1", p.rsplit_once(' ').unwrap().0));
    let gone = Holder { pid, process: process.clone(), ..me.clone() };
    assert_eq!(gone.dead_here(), cfg!(target_os = "linux"));
    let elsewhere = Holder { process: Some("another machine 1".into()), ..gone.clone() };
    assert!(!elsewhere.dead_here(), "of another machine nothing is known");
    let reused = Holder { pid: me.pid, process, ..me.clone() };
    assert_eq!(reused.dead_here(), cfg!(target_os = "linux"), "the same number, another process");
    for mark in [None, Some("infra-lease-0".into()), Some("../../proc/self/stat".into())] {
        assert!(!Holder { mark, ..gone.clone() }.dead_here(), "a clone has no mark of it");
    }
    drop(mark);
    assert!(!gone.dead_here(), "the mark goes with the lease");
}

/// Two processes that write one lease (a machine was copied while it was held) both stop.
#[tokio::test(start_paused = true)]
async fn a_copied_holder_stops() {
    let cloud = sandbox(1);
    let mut keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let copy = Lease { beat: infra::model::Moment(clock() + Duration::from_millis(7)), ..keeper.lease.clone() };
    let ended = SetOnce::new();
    let keep = keeper.keep(&ended, Headway::default);
    let other = async {
        sleep(Duration::from_secs(33)).await;
        cloud.note("s/lease/1", &serde_json::to_string(&copy).unwrap()).await.unwrap();
    };
    tokio::join!(keep, other);
    let why = cloud.policy.stopped().unwrap();
    assert!(why.code == "LeaseLost" && why.message.contains("a copy"), "{why}");
}

/// A sign of life from the future, or one that nobody can read: whoever wants the lease gets it, and whoever takes it away comes to an end.
#[tokio::test(start_paused = true)]
async fn a_forged_sign_of_life_holds_nothing() {
    let ahead = |by: Duration| Lease {
        holder: holder(7),
        command: "apply".into(),
        run: None,
        taken: infra::model::Moment(clock() + by),
        beat: infra::model::Moment(clock() + by),
        done: 0,
        of: 0,
        gates: vec![],
        ended: None,
    };
    let year = Duration::from_secs(365 * 86_400);
    for text in [serde_json::to_string(&ahead(year)).unwrap(), "{\"of\": \"another version\"}".into()] {
        let cloud = sandbox(1);
        cloud.note("s/lease/4", &text).await.unwrap();
        let started = Instant::now();
        unlock(&cloud, "s", &holder(9), &TERMS).await.unwrap();
        assert!(started.elapsed() >= TERMS.expiry(), "whoever lives has the time to say so");
        assert_eq!(standing("s", &cloud.notes("s").await.unwrap(), &TERMS), Standing::Free);
        assert!(taken(&cloud, &Policy::new(1), 2).await.is_ok());
    }
    let cloud = sandbox(1);
    cloud.note("s/lease/4", &serde_json::to_string(&ahead(year)).unwrap()).await.unwrap();
    assert!(taken(&cloud, &Policy::new(1), 2).await.is_ok(), "after having been watched");
    // Who goes on in spite of it is not waited for without end.
    let cloud = sandbox(1);
    let says = async |n| cloud.note("s/lease/4", &serde_json::to_string(&ahead(Duration::from_secs(n))).unwrap()).await.unwrap();
    // It stands before anybody looks.
    says(0).await;
    let deaf = async {
        for n in 1.. {
            sleep(TERMS.beat).await;
            says(n).await;
        }
    };
    let by = holder(9);
    tokio::select! {
        () = deaf => {}
        kept = unlock(&cloud, "s", &by, &TERMS) => assert_eq!(kept.unwrap_err().code, "LeaseKept"),
    }
}

/// What is named like a lease and can't be one is not heeded, stays, and is told; the last number that there can be is refused in words.
#[tokio::test(start_paused = true)]
async fn only_numbers_of_ours_are_leases() {
    let cloud = sandbox(1);
    let names = ["18446744073709551615", "9007199254740992", "99999999999999999999999", "007", "+9", "x"].map(|n| format!("s/lease/{n}"));
    for name in &names {
        cloud.note(name, "{}").await.unwrap();
    }
    let keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let notes = cloud.notes("s").await.unwrap();
    assert!(notes.contains_key("s/lease/1") && notes.len() == 7, "{notes:?}");
    assert_eq!(strays("s", &notes).count(), 6);
    keeper.release("applied", 0).await.unwrap();
    cloud.note("s/lease/9007199254740991", "{}").await.unwrap();
    let refused = unlock(&cloud, "s", &holder(9), &TERMS).await.unwrap_err();
    assert!(refused.code == "LeaseNumber" && refused.message.contains("s/lease/9007199254740991"), "{refused}");
}

/// Numbers go on after everything was deleted, and a note is never made again under the name of one that was deleted.
#[tokio::test(start_paused = true)]
async fn numbers_go_on() {
    let cloud = sandbox(1);
    let mut names = vec![];
    for round in 0..3 {
        let keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
        cloud.note("s/other", "x").await.unwrap();
        names.extend(cloud.notes("s/lease").await.unwrap().into_keys());
        match round {
            1 => keeper.release("applied", 0).await.unwrap(),
            _ => keeper.vanish("applied", 0).await.unwrap(),
        }
    }
    assert_eq!(names, ["s/lease/1", "s/lease/2", "s/lease/3"]);
    assert_eq!(cloud.notes("s").await.unwrap().into_keys().collect::<Vec<_>>(), ["s/lease/3"]);
}

/// The lease is stolen in the middle of a run: its holder stops, whoever stole it takes the run back, and the world is the old one or the new one.
#[tokio::test(start_paused = true)]
async fn a_stolen_run_stops_and_is_taken_back() {
    let all = super::world::stacks();
    let get = |name: &str| &all.iter().find(|(n, _)| *n == name).unwrap().1;
    let (from, to) = (get("full"), get("another network"));
    let (mut stolen, mut ends) = (0, BTreeMap::<&str, usize>::new());
    for seed in (0..16).step_by(sparse(1, 3)) {
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("theft-{seed}.jsonl"));
        let _ = std::fs::remove_file(&file);
        let open = |n| {
            let mut policy = Policy::new(10);
            policy.conflicts = Duration::ZERO;
            let pace = Pace { scale: 0.03, latency: Duration::from_millis(80), lag: Duration::ZERO, seed: n };
            Sandbox::open(&file, "us-east-1", pace, policy).unwrap()
        };
        let (victim, thief) = (open(seed), open(100 + seed));
        let setup = settled_plan(&victim, from).await.unwrap();
        super::world::apply(&victim, &setup, "setup").await;
        let plan = settled_plan(&victim, to).await.unwrap();
        let before = view(&open(1));
        let mut keeper = take(&victim, &victim.policy, asks("full", 1)).await.unwrap().unwrap();
        keeper.begin("r1", plan.steps.len()).await.unwrap();
        intent::write(&victim, &header(&plan, "r1"), 1).await.unwrap();
        let run = async {
            let ended = SetOnce::new();
            let work = async {
                let mut stop = async || Stop::Halt(victim.policy.until_halted().await);
                let outcome = drive(&mut Run::new(&plan), &settings("r1"), &victim, &mut vec![], &[], &mut stop).await.unwrap();
                ended.set(()).unwrap();
                outcome
            };
            let (outcome, ()) = tokio::join!(work, keeper.keep(&ended, Headway::default));
            keeper.release("over", 0).await.unwrap();
            (outcome, victim.mutations())
        };
        let theft = async {
            sleep(Duration::from_millis(300 + 1900 * seed)).await;
            unlock(&thief, "full", &holder(2), &TERMS).await.unwrap();
            taken_by(&thief).await
        };
        let ((outcome, sent), theirs) = tokio::join!(run, theft);
        let Outcome::Unfinished(why) = outcome else { continue };
        assert_eq!(why.code, "LeaseLost");
        stolen += 1;
        sleep(Duration::from_secs(3)).await;
        let notes = thief.notes("full").await.unwrap();
        let told = intent::read("full", &notes).unwrap().unwrap();
        let header = intent::header("full", &notes, &told).unwrap();
        let mut events = look_back(&header.plan, "r1", &thief).await.unwrap();
        let mut again = Run::replay(&header.plan, &events).unwrap();
        let resumed = Event::Resumed(again.way());
        again.apply(&resumed).unwrap();
        events.push(resumed);
        let history = events.clone();
        let outcome = drive(&mut again, &settings("r1"), &thief, &mut events, &history, &mut std::future::pending).await.unwrap();
        theirs.release("recovered", 0).await.unwrap();
        assert_eq!(victim.mutations(), sent, "seed {seed}: it sent something after it had lost the lease");
        let case = Case { cloud: open(2).into(), plan: plan.into(), before: before.into() };
        check(&case, to, &outcome, &format!("stolen, seed {seed}: {outcome:?}"), &events).await;
        *ends.entry(name(&outcome)).or_default() += 1;
    }
    println!("stolen leases: {stolen}, {ends:?}");
    assert!(stolen > sparse(5, 1));
}

async fn taken_by(cloud: &Sandbox) -> Keeper<'_, Sandbox> {
    take(cloud, &cloud.policy, asks("full", 2)).await.unwrap().unwrap()
}

/// What takes long before a run begins (a large account, a person who thinks) costs nobody the lease.
#[tokio::test(start_paused = true)]
async fn the_lease_is_kept_while_a_run_is_prepared() {
    let cloud = sandbox(1);
    let mut keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let read = keeper
        .during(async {
            sleep(Duration::from_secs(600)).await;
            assert!(taken(&cloud, &Policy::new(1), 2).await.is_err());
            cloud.policy.request(infra::wire::Service::Ec2, infra::wire::policy::Repeat::Safe, async || Ok(7)).await
        })
        .await;
    assert_eq!(read.unwrap(), 7);
}
