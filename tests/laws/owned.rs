//! What isn't the stack's is changed by no run, whatever its program says.
use std::time::Duration;

use infra::cloud::Sandbox;
use infra::kinds::{Live, refs};
use infra::plan::{Act, Plan, Step, Undo};
use infra::run::Outcome;
use infra::stack::Stack;

use super::world::{FULL, apply, copy, examples, settled_plan, stack, with};

/// One step by itself, on the side of the commit point where it belongs.
fn program(act: Act) -> Plan {
    let address = match &act {
        Act::Update { live, .. } | Act::Delete { live } => live.stamp.address.clone(),
        Act::Create { .. } | Act::Gate { .. } => unreachable!("{act:?}"),
    };
    let (undo, commit) = if matches!(act, Act::Delete { .. }) { (Undo::Never, 0) } else { (Undo::Restore, 1) };
    let step = Step {
        id: 0,
        address: address.clone(),
        act,
        back: None,
        held: vec![],
        after: vec![],
        undo,
        typical: Duration::ZERO,
        tail: Duration::ZERO,
        timeouts: Default::default(),
    };
    Plan { stack: "full".into(), identity: "own".into(), steps: vec![step], commit, allowed: [address].into(), ..Plan::default() }
}

/// The objects of a world, whoever owns them.
fn all(cloud: &Sandbox) -> Vec<Live> {
    cloud.objects()
}

/// Every object of the world, given to another stack behind the run's back, or to an equally named one; and one whose stamp tells of another step: the gate refuses to change
/// either and to delete it, though the program is well formed and calls it its own.
#[tokio::test(start_paused = true)]
async fn what_is_anothers_is_never_touched() {
    let start = with(&examples(), 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut tried = 0;
    for live in all(&start) {
        let (mut theirs, mut remade, mut namesake) = (live.clone(), live.clone(), live.clone());
        theirs.stamp.stack = "other".into();
        remade.stamp.step += 1000;
        namesake.stamp.identity = "theirs".into();
        for now in [theirs, remade, namesake] {
            let cloud = copy(&start, 1);
            cloud.put(now).unwrap();
            let before = all(&cloud);
            for act in [Act::Delete { live: live.clone() }, Act::Update { live: live.clone(), object: live.object.clone() }] {
                // An update of one whose pointers are ids has nothing to resolve them by: it would fail by itself.
                if matches!(act, Act::Update { .. }) && refs(&live.object).next().is_some() {
                    continue;
                }
                let plan = program(act);
                assert_eq!(plan.check(), Ok(()), "{}", live.stamp.address);
                let (outcome, _) = apply(&cloud, &plan, "forged").await;
                match &outcome {
                    Outcome::Leftovers(e) | Outcome::RolledBack(Some(e)) => {
                        let told = e.message.contains("is left alone") || e.message.contains("the stack has no");
                        assert!(told, "{}: {}", live.stamp.address, e.message);
                    }
                    // No list of the stack shows what is another's: of the stack's own it is gone.
                    Outcome::Applied => assert!(matches!(plan.steps[0].act, Act::Delete { .. })),
                    other => panic!("{}: {other:?}", live.stamp.address),
                }
                tried += 1;
            }
            assert_eq!(all(&cloud), before, "{}", live.stamp.address);
        }
    }
    assert!(tried > 100, "{tried} programs");
}

/// A program is held to its contract: whatever is turned in one that planning has made is refused before anything is done.
#[tokio::test(start_paused = true)]
async fn a_program_keeps_its_contract() {
    let cloud = with(&stack(&[FULL]), 1).await;
    let nothing = Stack { name: "full".into(), ..Stack::default() };
    for want in [&nothing, &stack(&[FULL, "vpc: {cidr: 10.9.0.0/16}"])] {
        let plan = settled_plan(&cloud, want).await.unwrap();
        assert_eq!((plan.check(), plan.unpermitted()), (Ok(()), None));
        let mut turned = 0;
        let mut refused = |what: &str, turn: &dyn Fn(&mut Plan, usize) -> bool| {
            for i in 0..plan.steps.len() {
                let mut other = plan.clone();
                if turn(&mut other, i) {
                    assert!(other.check().is_err() || other.unpermitted().is_some(), "{what} of {}", other.steps[i].address);
                    turned += 1;
                }
            }
        };
        refused("another's object", &|p, i| match &mut p.steps[i].act {
            Act::Create { .. } | Act::Gate { .. } => false,
            Act::Update { live, .. } | Act::Delete { live } => {
                live.stamp.stack = "other".into();
                true
            }
        });
        refused("a deletion before the commit point", &|p, i| {
            let moved = i >= p.commit;
            p.commit = p.steps.len();
            moved
        });
        refused("something built behind the commit point", &|p, i| {
            let moved = i < p.commit;
            p.commit = i;
            moved
        });
        refused("another undo", &|p, i| {
            let step = &mut p.steps[i];
            step.undo = if step.undo == Undo::Never { Undo::Recreate } else { Undo::Never };
            true
        });
        refused("a permission that nobody gave", &|p, i| {
            let named = p.allowed.clone();
            p.allowed.clear();
            named.contains(&p.steps[i].address) && p.unpermitted().is_some()
        });
        refused("another's object to lead to", &|p, _| {
            let any = !p.old.is_empty();
            p.old.iter_mut().for_each(|l| l.stamp.stack = "other".into());
            any
        });
        assert!(turned > 60, "{turned} turned");
    }
}
