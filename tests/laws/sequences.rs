//! Long lives: applies, destroys, drift, crashes, recoveries and thefts of the lease in any order keep the world sound.
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Fault;
use infra::kinds::{Kind, Live, Object, Stamp};
use infra::plan::Plan;
use infra::run::{Event, Outcome, intent};
use infra::stack::Stack;
use infra::wire::Notes;

use super::crash::{Kill, Left, Life, header, live, recover};
use super::world::{sandbox, settled_plan, sound, stacks, view, with};

/// A run that nobody has brought to its end.
struct Open {
    id: String,
    plan: Plan,
    journal: RefCell<Vec<Event>>,
    before: Vec<String>,
    to: Stack,
}

/// What a step of a sequence did, for the failure's message.
type Log = Vec<String>;

struct World {
    cloud: Rc<Sandbox>,
    rng: fastrand::Rng,
    open: Option<Open>,
    runs: usize,
    log: Log,
    foreign: Vec<Live>,
}

const FAULTS: [Fault; 6] = [Fault::Refused, Fault::Lost, Fault::Half, Fault::Throttled(2), Fault::Slow, Fault::Stale];

impl World {
    fn new(seed: u64) -> World {
        let cloud = Rc::new(sandbox(seed));
        let foreign = foreign();
        foreign.iter().for_each(|l| cloud.put(l.clone()).unwrap());
        World { cloud, rng: fastrand::Rng::with_seed(seed), open: None, runs: 0, log: vec![], foreign }
    }

    /// Begins a run towards a stack, with perhaps a fault and perhaps a death on the way. A run that is still open is left behind:
    /// as if its journal and its notes were lost.
    async fn run(&mut self, name: &str, to: &Stack) {
        self.open = None;
        intent::clear_all(&*self.cloud, "full").await.unwrap();
        let plan = match settled_plan(&*self.cloud, to).await {
            Ok(plan) => plan,
            Err(problems) => return self.log.push(format!("{name}: refused, {problems:?}")),
        };
        self.runs += 1;
        let id = format!("r{}", self.runs);
        intent::write(&*self.cloud, &header(&plan, &id), 1).await.unwrap();
        let n = plan.steps.len().max(1);
        let fault = self.rng.bool().then(|| (self.rng.usize(..n), FAULTS[self.rng.usize(..6)]));
        let kill = self.rng.bool().then(|| Kill { at: self.rng.usize(..2 * n), before: self.rng.bool() });
        if let Some((at, fault)) = fault {
            self.cloud.fail(at as u64, fault);
        }
        let (before, journal) = (view(&self.cloud), RefCell::new(vec![]));
        let life = live(&self.cloud, &plan, &id, &journal, None, kill, self.rng.bool()).await;
        self.cloud.heal();
        self.log.push(format!("{id} {name}: fault {fault:?}, kill {kill:?}: {life:?}"));
        let open = Open { id, plan, journal, before, to: to.clone() };
        match life {
            Life::Killed | Life::Over(Outcome::Stuck(_)) => self.open = Some(open),
            Life::Over(outcome) => self.ended(&open, &outcome).await,
        }
    }

    /// Brings the open run to its end, perhaps dying once more on the way.
    async fn recover(&mut self) {
        let Some(open) = self.open.take() else { return };
        let left = if self.rng.bool() { Left::Journal } else { Left::Notes };
        let kill = self.rng.bool().then(|| Kill { at: self.rng.usize(..30), before: self.rng.bool() });
        let (life, way) = recover(&self.cloud, &open.plan, &open.id, &open.journal, left, kill).await;
        self.log.push(format!("{} recovered from {left:?} {way:?}, kill {kill:?}: {life:?}", open.id));
        match life {
            Life::Killed => self.open = Some(open),
            Life::Over(outcome) => self.ended(&open, &outcome).await,
        }
    }

    async fn ended(&mut self, open: &Open, outcome: &Outcome) {
        intent::clear(&*self.cloud, &open.plan.stack, &open.id).await.unwrap();
        assert!(sound(&self.cloud), "{:#?}", self.log);
        match outcome {
            Outcome::RolledBack(_) => assert_eq!(self.own(), self.without_foreign(&open.before), "{:#?}", self.log),
            Outcome::Applied => assert!(settled_plan(&*self.cloud, &open.to).await.unwrap().is_empty(), "{:#?}", self.log),
            Outcome::Leftovers(_) => assert_eq!(settled_plan(&*self.cloud, &open.to).await.unwrap().commit, 0, "{:#?}", self.log),
            Outcome::Stuck(e) | Outcome::Unfinished(e) => panic!("{e} {:#?}", self.log),
        }
    }

    /// Somebody changes or takes away something of ours that nothing points at.
    async fn drift(&mut self) {
        let all: Vec<Live> = self.cloud.objects().into_iter().filter(|l| l.stamp.stack == "full").collect();
        let used = |l: &Live| all.iter().any(|o| o.id != l.id && o.points.contains(&l.id));
        let leaves: Vec<&Live> = all.iter().filter(|l| !used(l)).collect();
        let Some(one) = self.rng.choice(leaves) else { return };
        self.open = None;
        let mut bent = one.clone();
        // What is only set at creation is left to whoever bends it.
        let kept = one.object.attributes().iter().any(|a| a.name == "tags" && a.mode.compared());
        let tagged = serde_json::to_value(&one.object).ok().and_then(|mut v| {
            v.as_object_mut()?.values_mut().next()?.get_mut("tags")?.as_object_mut()?.insert("bent".into(), "by hand".into());
            serde_json::from_value::<Object>(v).ok()
        });
        match tagged.filter(|_| kept && self.rng.bool()) {
            Some(object) => {
                bent.object = object;
                self.cloud.put(bent).unwrap();
                self.log.push(format!("{} bent", one.id));
            }
            None => {
                self.cloud.remove(one.object.kind(), &one.id).unwrap();
                self.log.push(format!("{} taken away", one.id));
            }
        }
    }

    fn own(&self) -> Vec<String> {
        self.without_foreign(&view(&self.cloud))
    }

    fn without_foreign(&self, view: &[String]) -> Vec<String> {
        view.iter().filter(|l| !l.contains("foreign")).cloned().collect()
    }

    fn untouched(&self) {
        let all = self.cloud.objects();
        for theirs in &self.foreign {
            assert_eq!(all.iter().find(|l| l.id == theirs.id), Some(theirs), "{:#?}", self.log);
        }
    }
}

/// Objects of another stack, and one that an old stack of the same name in no way owns.
fn foreign() -> Vec<Live> {
    let stamp = |name: &str| Stamp {
        stack: "other".into(),
        address: infra::kinds::Address::new(Kind::Vpc, name),
        run: "r1".into(),
        step: 0,
        identity: String::new(),
        digest: "d".into(),
    };
    let vpc = |block: &str| infra::kinds::Vpc { cidr: block.parse().unwrap(), dns_hostnames: true, tags: [].into() };
    vec![
        Live::found("vpc-foreign-1", vpc("10.0.0.0/16"), stamp("foreign")),
        Live::found("vpc-foreign-2", vpc("10.9.0.0/16"), stamp("foreign-2")),
    ]
}

#[tokio::test(start_paused = true)]
async fn any_sequence_of_lives_keeps_the_world_sound() {
    let many = std::env::var("INFRA_TEST_CASES").ok().and_then(|s| s.parse().ok()).unwrap_or(10);
    let first = std::env::var("INFRA_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let (all, mut steps, mut recovered) = (stacks(), 0, 0);
    let local = tokio::task::LocalSet::new();
    let lives = async {
        for seed in first..first + many {
            let mut world = World::new(seed);
            world.log.push(format!("seed {seed}"));
            for _ in 0..8 {
                match world.rng.u8(..10) {
                    0..5 => {
                        let (name, to) = &all[world.rng.usize(..all.len())];
                        world.run(name, to).await;
                    }
                    5..8 => {
                        recovered += world.open.is_some() as usize;
                        world.recover().await;
                    }
                    _ => world.drift().await,
                }
                // What a dead process sent last arrives.
                tokio::time::sleep(Duration::from_secs(3)).await;
                assert!(sound(&world.cloud), "{:#?}", world.log);
                world.untouched();
                steps += 1;
            }
            while world.open.is_some() {
                recovered += 1;
                world.recover().await;
            }
            // Whatever happened, a stack that is asked for now stands, and nothing else.
            intent::clear_all(&*world.cloud, "full").await.unwrap();
            let (name, to) = &all[world.rng.usize(..all.len())];
            let plan = match settled_plan(&*world.cloud, to).await {
                Ok(plan) => plan,
                Err(_) => {
                    let (outcome, _) =
                        super::world::apply(&*world.cloud, &settled_plan(&*world.cloud, &all[0].1).await.unwrap(), "away").await;
                    assert_eq!(outcome, Outcome::Applied, "{:#?}", world.log);
                    settled_plan(&*world.cloud, to).await.unwrap()
                }
            };
            let (outcome, events) = super::world::apply(&*world.cloud, &plan, "last").await;
            assert_eq!(outcome, Outcome::Applied, "{name} {:#?} {events:#?}", world.log);
            assert_eq!(world.own(), view(&with(to, 1).await), "{name}: an orphan, a phantom or a duplicate {:#?}", world.log);
            assert!(world.cloud.notes("full/run").await.unwrap().is_empty());
            world.untouched();
        }
    };
    local.run_until(lives).await;
    println!("sequences: {many} of 8 steps ({steps}), {recovered} recoveries, seeds from {first}");
    assert!(recovered > 1);
}
