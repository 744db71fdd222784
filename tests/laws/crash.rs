//! A process that dies at any moment, and the one that goes on: with the journal, with what the cloud noted, or with neither.
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use infra::cloud::lease::Holder;
use infra::cloud::sandbox::Fault;
use infra::cloud::{Cloud, Observe, Sandbox};
use infra::kinds::{Call, Kind, Links, Live, Object, Stamp};
use infra::model::Moment;
use infra::plan::Plan;
use infra::run::drive::{Sink, Stop, drive};
use infra::run::journal::{Ending, FORMAT, Header, Journal, parse};
use infra::run::recover::look_back;
use infra::run::{Direction, Event, Outcome, Run, intent};
use infra::stack::Stack;
use infra::wire::{CloudError, Identity, Notes, Zone};
use tokio::sync::Notify;

use super::faults::{WAYS, check, name};
use super::world::{settings, settled_plan, sound, stacks, view, with};

/// Where a process dies: at its `at`th record, before it is written or after.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub at: usize,
    pub before: bool,
}

/// How a life ended.
#[derive(Debug, PartialEq)]
pub enum Life {
    Over(Outcome),
    Killed,
}

/// Record a process that dies leaves to the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Left {
    Journal,
    /// Record the cloud noted before the first effect, and the stamps.
    Notes,
}

/// A cloud whose requests go on when the process that sent them has died.
struct Haunted(Rc<Sandbox>);

impl Haunted {
    async fn send<T: 'static>(&self, request: impl Future<Output = Result<T, CloudError>> + 'static) -> Result<T, CloudError> {
        tokio::task::spawn_local(request).await.unwrap()
    }
}

impl Observe for Haunted {
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.0.edge_ranges().await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.0.about_zone(zone).await
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.0.identity().await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        self.0.list(kind, stack).await
    }
}

/// A call that outlives whoever sends it.
enum Owned {
    Create(Object, Links, Stamp),
    Update(Box<Live>, Object, Links, Stamp),
    Delete(Live),
}

impl Owned {
    fn of(call: Call<'_>) -> Owned {
        match call {
            Call::Create { want, links, stamp } => Owned::Create(want.clone(), links.clone(), stamp),
            Call::Update { live, want, links, stamp } => Owned::Update(Box::new(live.clone()), want.clone(), links.clone(), stamp),
            Call::Delete { live } => Owned::Delete(live.clone()),
        }
    }

    fn call(&self) -> Call<'_> {
        match self {
            Owned::Create(want, links, stamp) => Call::Create { want, links, stamp: stamp.clone() },
            Owned::Update(live, want, links, stamp) => Call::Update { live, want, links, stamp: stamp.clone() },
            Owned::Delete(live) => Call::Delete { live },
        }
    }
}

impl Cloud for Haunted {
    async fn batch(&self, calls: Vec<Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        let (cloud, calls) = (self.0.clone(), calls.into_iter().map(Owned::of).collect::<Vec<_>>());
        tokio::task::spawn_local(async move { cloud.batch(calls.iter().map(Owned::call).collect()).await }).await.unwrap()
    }
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cloud, want, links, stamp) = (self.0.clone(), want.clone(), links.clone(), stamp.clone());
        self.send(async move { cloud.create(&want, &links, &stamp).await }).await
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cloud, live, want, links, stamp) = (self.0.clone(), live.clone(), want.clone(), links.clone(), stamp.clone());
        self.send(async move { cloud.update(&live, &want, &links, &stamp).await }).await
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        let (cloud, live) = (self.0.clone(), live.clone());
        self.send(async move { cloud.delete(&live).await }).await
    }
}

/// A journal that its process doesn't survive.
struct Mortal<'a> {
    journal: &'a RefCell<Vec<Event>>,
    records: usize,
    kill: Option<Kill>,
    killed: &'a Notify,
}

impl Sink for Mortal<'_> {
    fn event(&mut self, _: &Plan, event: &Event) -> std::io::Result<()> {
        let dies = self.kill.is_some_and(|k| k.at == self.records);
        self.records += 1;
        if !(dies && self.kill.is_some_and(|k| k.before)) {
            self.journal.borrow_mut().push(event.clone());
        }
        if dies {
            self.killed.notify_one();
            return Err(std::io::Error::other("killed"));
        }
        Ok(())
    }
}

/// One process works on a run, from what the journal says so far, until the run is over or it is killed. With `haunted` its last requests
/// arrive all the same.
pub async fn live(
    cloud: &Rc<Sandbox>,
    plan: &Plan,
    id: &str,
    journal: &RefCell<Vec<Event>>,
    resume: Option<Direction>,
    kill: Option<Kill>,
    haunted: bool,
) -> Life {
    let killed = Notify::new();
    let history = journal.borrow().clone();
    let mut run = Run::replay(plan, &history).unwrap_or_else(|e| panic!("{e:?} {history:#?}"));
    if let Some(way) = resume {
        journal.borrow_mut().push(Event::Resumed(way));
        run.apply(&Event::Resumed(way)).unwrap();
    }
    let (settings, never) = (settings(id), &mut std::future::pending::<Stop>);
    let mut sink = Mortal { journal, records: 0, kill, killed: &killed };
    let work = async {
        match haunted {
            true => drive(&mut run, &settings, &Haunted(cloud.clone()), &mut sink, &history, never).await,
            false => drive(&mut run, &settings, &**cloud, &mut sink, &history, never).await,
        }
    };
    tokio::select! {
        biased;
        () = killed.notified() => Life::Killed,
        outcome = work => match outcome.unwrap() {
            Outcome::Unfinished(_) if kill.is_some() => Life::Killed,
            outcome => Life::Over(outcome),
        },
    }
}

pub fn header(plan: &Plan, id: &str) -> Header {
    Header {
        format: FORMAT,
        infra: "0".into(),
        run: id.into(),
        life: 1,
        stack: plan.stack.clone(),
        command: "apply".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        spec: String::new(),
        holder: Holder { user: "ana".into(), host: "laptop".into(), pid: 1, process: None, job: None },
        started: Moment(std::time::UNIX_EPOCH),
        plan: plan.clone(),
    }
}

/// The run as the next process knows it: its plan, and what happened.
pub async fn inherit(cloud: &Rc<Sandbox>, plan: &Plan, id: &str, journal: &RefCell<Vec<Event>>, left: Left) -> (Plan, Vec<Event>) {
    match left {
        // Nothing of a program's secrets is left in a journal.
        Left::Journal => {
            let text = serde_json::to_string(&(plan, &*journal.borrow())).unwrap();
            serde_json::from_str(&text).unwrap()
        }
        Left::Notes => {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let notes = cloud.notes(&plan.stack).await.unwrap();
            let told = intent::read(&plan.stack, &notes).unwrap();
            let header = intent::header(&plan.stack, &notes, &told).unwrap();
            let events = look_back(&header.plan, id, &**cloud).await.unwrap();
            (header.plan, events)
        }
    }
}

/// Recovers a run whose process has died, whatever way is open.
pub async fn recover(
    cloud: &Rc<Sandbox>,
    plan: &Plan,
    id: &str,
    journal: &RefCell<Vec<Event>>,
    left: Left,
    kill: Option<Kill>,
) -> (Life, Direction) {
    let (plan, events) = inherit(cloud, plan, id, journal, left).await;
    let way = Run::replay(&plan, &events).unwrap_or_else(|e| panic!("{e:?} {events:#?}")).way();
    journal.replace(events);
    (live(cloud, &plan, id, journal, Some(way), kill, false).await, way)
}

pub struct Case {
    pub cloud: Rc<Sandbox>,
    pub plan: Plan,
    pub before: Vec<String>,
    /// Mutations before the run.
    mutations: usize,
}

/// A world in which a run is about to begin.
pub async fn case(from: &Stack, to: &Stack, seed: u64) -> Case {
    let cloud = Rc::new(with(from, seed).await);
    let plan = settled_plan(&*cloud, to).await.unwrap();
    intent::write(&*cloud, &header(&plan, "r1"), 1).await.unwrap();
    let before = view(&cloud);
    let mutations = cloud.mutations() as usize;
    Case { cloud, plan, before, mutations }
}

type Ends = std::collections::BTreeMap<&'static str, usize>;

async fn checked(case: &Case, to: &Stack, life: Life, journal: &RefCell<Vec<Event>>, tag: &str, ends: &mut Ends) {
    let Life::Over(outcome) = life else { panic!("{tag}: it died again") };
    let events = journal.borrow().clone();
    check(&case.cloud, &case.plan, to, &outcome, &case.before, &format!("{tag}: {outcome:?}"), &events).await;
    *ends.entry(name(&outcome)).or_default() += 1;
}

fn way(a: &str, b: &str) -> (Stack, Stack) {
    let all = stacks();
    let get = |name: &str| all.iter().find(|(n, _)| *n == name).unwrap().1.clone();
    (get(a), get(b))
}

/// A kill before and after every record of every way, recovered with the journal; and without it, from what the cloud keeps.
#[tokio::test(start_paused = true)]
async fn a_kill_at_any_record_can_be_recovered() {
    let (mut cases, mut ends) = (0, Ends::new());
    let local = tokio::task::LocalSet::new();
    let all = async {
        for (a, b) in WAYS {
            let (from, to) = way(a, b);
            for at in 0.. {
                let mut beyond = false;
                for (before, left, haunted) in
                    [(true, Left::Journal, at % 2 == 0), (false, Left::Journal, at % 2 == 1), (at % 3 == 0, Left::Notes, at % 5 < 3)]
                {
                    let case = case(&from, &to, at as u64).await;
                    let journal = RefCell::new(vec![]);
                    let first = live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before }), haunted).await;
                    beyond = first != Life::Killed;
                    if beyond {
                        break;
                    }
                    let (second, _) = recover(&case.cloud, &case.plan, "r1", &journal, left, None).await;
                    let tag = format!("{a} -> {b}, killed at {at} (before: {before}, haunted: {haunted}), left {left:?}");
                    checked(&case, &to, second, &journal, &tag, &mut ends).await;
                    cases += 1;
                }
                if beyond {
                    break;
                }
            }
        }
    };
    local.run_until(all).await;
    println!("kills at every record: {cases} cases, {ends:?}");
    assert!(cases > 1500);
}

/// A process that is killed while it recovers another one, with and without its journal.
#[tokio::test(start_paused = true)]
async fn a_recovery_can_be_killed_too() {
    let (mut cases, mut ends) = (0, Ends::new());
    for (n, (a, b)) in WAYS.iter().enumerate() {
        let (from, to) = way(a, b);
        for at in (n..).step_by(13) {
            let mut some = false;
            for again in (n % 3..).step_by(5) {
                let case = case(&from, &to, at as u64).await;
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
                let tag = format!("{a} -> {b}, killed at {at}, then at {again} of the recovery, left {lefts:?}");
                checked(&case, &to, third, &journal, &tag, &mut ends).await;
                cases += 1;
            }
            if !some {
                break;
            }
        }
    }
    println!("kills during a recovery: {cases} cases, {ends:?}");
    assert!(cases > 300);
}

/// A process that is killed while it takes back what failed.
#[tokio::test(start_paused = true)]
async fn a_rollback_can_be_killed_too() {
    let (mut cases, mut ends) = (0, Ends::new());
    for (n, (a, b)) in WAYS.iter().enumerate() {
        let (from, to) = way(a, b);
        for fault in (n as u64 % 4..).step_by(7) {
            let mut some = false;
            for at in (fault as usize..).step_by(6) {
                let case = case(&from, &to, at as u64).await;
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
                let tag = format!("{a} -> {b}, fault at {fault}, killed at {at}, left {left:?}");
                checked(&case, &to, second, &journal, &tag, &mut ends).await;
                cases += 1;
            }
            if !some {
                break;
            }
        }
    }
    println!("kills during a rollback: {cases} cases, {ends:?}");
    assert!(cases > 200);
}

/// Forward is open as long as the run hasn't turned round: then the new stack stands.
#[tokio::test(start_paused = true)]
async fn a_killed_run_can_go_forward() {
    let mut cases = 0;
    for (a, b) in WAYS {
        let (from, to) = way(a, b);
        for at in (1..).step_by(9) {
            let case = case(&from, &to, at as u64).await;
            let journal = RefCell::new(vec![]);
            if live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: at % 2 == 0 }), false).await != Life::Killed {
                break;
            }
            let left = if at % 4 < 2 { Left::Journal } else { Left::Notes };
            let (mut plan, events) = inherit(&case.cloud, &case.plan, "r1", &journal, left).await;
            infra::run::recover::unseal(&mut plan, &to);
            let run = Run::replay(&plan, &events).unwrap();
            assert!(!infra::run::recover::secrets(&run, Some(&to)));
            if run.direction == Direction::Unwinding {
                continue;
            }
            journal.replace(events);
            let life = live(&case.cloud, &plan, "r1", &journal, Some(Direction::Forward), None, false).await;
            let tag = format!("{a} -> {b}, killed at {at}, forward, left {left:?}");
            assert_eq!(life, Life::Over(Outcome::Applied), "{tag} {:#?}", journal.borrow());
            assert!(settled_plan(&*case.cloud, &to).await.unwrap().is_empty() && sound(&case.cloud), "{tag}");
            cases += 1;
        }
    }
    println!("killed, then forward: {cases} cases");
    assert!(cases > 60);
}

/// With neither journal nor notes there is no way back by itself, but planning again arrives: onward, and back.
#[tokio::test(start_paused = true)]
async fn with_nothing_left_planning_again_arrives() {
    let (mut cases, mut blocked) = (0, 0);
    for (a, b) in WAYS {
        let (from, to) = way(a, b);
        for at in (0..).step_by(4) {
            let mut beyond = false;
            for goal in [&to, &from] {
                let case = case(&from, &to, at as u64).await;
                let journal = RefCell::new(vec![]);
                beyond = live(&case.cloud, &case.plan, "r1", &journal, None, Some(Kill { at, before: at % 8 == 0 }), false).await
                    != Life::Killed;
                if beyond {
                    break;
                }
                let tag = format!("{a} -> {b}, killed at {at}, all lost");
                tokio::time::sleep(Duration::from_secs(3)).await;
                let plan = match settled_plan(&*case.cloud, goal).await {
                    Ok(plan) => plan,
                    Err(_) => {
                        blocked += 1;
                        continue;
                    }
                };
                let (outcome, events) = super::world::apply(&*case.cloud, &plan, "r2").await;
                assert_eq!(outcome, Outcome::Applied, "{tag} {events:#?}");
                assert!(settled_plan(&*case.cloud, goal).await.unwrap().is_empty() && sound(&case.cloud), "{tag}");
                let clean = with(goal, 1).await;
                assert_eq!(view(&case.cloud), view(&clean), "{tag}: an orphan, a phantom or a duplicate");
                cases += 1;
            }
            if beyond {
                break;
            }
        }
    }
    println!("everything lost: {cases} cases arrived, {blocked} refused with a reason");
    assert!(cases > 150 && blocked * 10 < cases);
}

/// Two faults in one run. A fault that strikes the way back may leave it stuck; once the cause is gone, a recovery arrives.
#[tokio::test(start_paused = true)]
async fn two_faults_in_one_run() {
    let (mut cases, mut ends) = (0, Ends::new());
    let seed = std::env::var("INFRA_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
    let mut rng = fastrand::Rng::with_seed(seed);
    let faults = [Fault::Refused, Fault::Lost, Fault::Half, Fault::Throttled(2), Fault::Slow, Fault::Stale];
    for (a, b) in WAYS {
        let (from, to) = way(a, b);
        for _ in 0..30 {
            let case = case(&from, &to, rng.u64(..1000)).await;
            let n = case.plan.steps.len() as u64;
            let (x, y) = (rng.u64(..n), rng.u64(..n + n / 2));
            let (f, g) = (faults[rng.usize(..6)], faults[rng.usize(..6)]);
            case.cloud.fail(x, f);
            case.cloud.fail(y, g);
            let journal = RefCell::new(vec![]);
            let tag = format!("{a} -> {b}, {f:?} at {x}, {g:?} at {y} (seed {seed})");
            let first = live(&case.cloud, &case.plan, "r1", &journal, None, None, false).await;
            case.cloud.heal();
            let last = match first {
                Life::Over(Outcome::Stuck(_)) => {
                    *ends.entry("stuck, then recovered").or_default() += 1;
                    recover(&case.cloud, &case.plan, "r1", &journal, if x % 2 == 0 { Left::Journal } else { Left::Notes }, None).await.0
                }
                other => other,
            };
            checked(&case, &to, last, &journal, &tag, &mut ends).await;
            cases += 1;
        }
    }
    println!("two faults in one run: {cases} cases, {ends:?} (seed {seed})");
}

/// A journal that can no longer be written: nothing more begins, calls in flight end and are known, and the rest is another process's.
#[tokio::test(start_paused = true)]
async fn an_unwritable_journal_stops_the_run() {
    struct Full<'a>(&'a RefCell<Vec<Event>>, usize, bool);
    impl Sink for Full<'_> {
        fn event(&mut self, _: &Plan, event: &Event) -> std::io::Result<()> {
            let room = self.0.borrow().len() < self.1;
            match room {
                true => self.0.borrow_mut().push(event.clone()),
                false if self.2 => {}
                false => return Err(std::io::Error::other("the disk is full")),
            }
            Ok(())
        }
        fn sync(&mut self) -> std::io::Result<()> {
            if self.2 && self.0.borrow().len() >= self.1 { Err(std::io::Error::other("the disk is gone")) } else { Ok(()) }
        }
    }
    let (mut cases, mut ends) = (0, Ends::new());
    let (from, to) = way("full", "another network");
    for room in (0..200).step_by(3) {
        let case = case(&from, &to, room as u64).await;
        let journal = RefCell::new(vec![]);
        let mut run = Run::new(&case.plan);
        let mut sink = Full(&journal, room, room % 2 == 1);
        let never = &mut std::future::pending::<Stop>;
        let outcome = drive(&mut run, &settings("r1"), &*case.cloud, &mut sink, &[], never).await.unwrap();
        let Outcome::Unfinished(why) = outcome else { break };
        assert_eq!(why.code, "JournalUnwritable");
        let written = |w: fn(&Event) -> bool| journal.borrow().iter().filter(|e| w(e)).count();
        let begun = written(|e| matches!(e, Event::Began(_)));
        assert!(case.cloud.mutations() as usize - case.mutations <= begun, "no effect without its record");
        let tag = format!("a journal of {room} records");
        let (last, _) =
            recover(&case.cloud, &case.plan, "r1", &journal, if room % 2 == 0 { Left::Journal } else { Left::Notes }, None).await;
        checked(&case, &to, last, &journal, &tag, &mut ends).await;
        cases += 1;
    }
    println!("journals that can't be written: {cases} cases, {ends:?}");
    assert!(cases > 20);
}

/// Nothing that outlives a process holds a secret: not its journal, not what the cloud notes, packed or not.
#[tokio::test(start_paused = true)]
async fn nothing_that_is_kept_holds_a_secret() {
    let (from, to) = way("nothing", "full");
    let case = case(&from, &to, 1).await;
    let journal = RefCell::new(vec![]);
    assert_eq!(live(&case.cloud, &case.plan, "r1", &journal, None, None, false).await, Life::Over(Outcome::Applied));
    let notes = case.cloud.notes("full").await.unwrap();
    let told = intent::read("full", &notes).unwrap();
    assert!(told.parts > 0);
    let unpacked = intent::header("full", &notes, &told).unwrap();
    let everything = format!(
        "{notes:?} {} {unpacked:?} {}",
        serde_json::to_string(&unpacked).unwrap(),
        serde_json::to_string(&*journal.borrow()).unwrap()
    );
    assert!(everything.contains("API_TOKEN") && !everything.contains("value-of-"), "a secret is kept");
}

/// Record the cloud noted is used whole or not at all.
#[tokio::test(start_paused = true)]
async fn damaged_notes_are_refused() {
    let (from, to) = way("nothing", "full");
    let case = case(&from, &to, 1).await;
    let notes = case.cloud.notes("full").await.unwrap();
    let told = intent::read("full", &notes).unwrap();
    for name in notes.keys().filter(|n| n.contains("/plan/")) {
        let mut lost = notes.clone();
        lost.remove(name);
        assert!(intent::header("full", &lost, &told).is_err());
        let mut bent = notes.clone();
        bent.get_mut(name).unwrap().insert(10, 'A');
        assert!(intent::header("full", &bent, &told).is_err());
    }
    assert_eq!(intent::header("full", &notes, &told).unwrap().plan.digest, case.plan.digest);
}

/// Once something old is gone for good there is no way back, even if somebody has bent since what the run made.
#[tokio::test(start_paused = true)]
async fn behind_the_commit_point_there_is_no_way_back() {
    let mut cases = 0;
    let (from, to) = way("full", "another network");
    for at in (0..).step_by(3) {
        let case = case(&from, &to, at as u64).await;
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
    assert!(cases > 5);
}

/// A last line that was being written when the process died never happened; what is written next stands on a line of its own.
#[test]
fn a_torn_last_line_never_happened() {
    let text = include_bytes!("../fuzz/corpus/journal/applied");
    let whole = parse(text).unwrap();
    let head = text.iter().position(|b| *b == b'\n').unwrap() + 1;
    for cut in (head..=text.len()).filter(|n| n % 7 == 0 || text[n - 1] == b'\n' || text.get(*n) == Some(&b'\n')) {
        let story = parse(&text[..cut]).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        let lines = text[head..cut].iter().filter(|b| **b == b'\n').count();
        assert_eq!(story.entries, whole.entries[..lines], "cut at {cut}");
    }
    assert!(parse(&text[..head - 1]).is_err(), "without a header there is no journal");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("torn.jsonl");
    std::fs::write(&path, &text[..text.len() - 5]).unwrap();
    let (mut journal, story) = Journal::open(&path).unwrap();
    assert_eq!(story.entries.len(), whole.entries.len() - 1);
    journal.end(Ending::Elsewhere).unwrap();
    let again = parse(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!((again.entries.len(), again.ended()), (whole.entries.len(), Some(Ending::Elsewhere)));
}
