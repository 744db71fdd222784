//! What bears a copy of a stamp is nobody's of the stack: it is named, never preferred, changed or deleted.
use infra::cloud::Sandbox;
use infra::kinds::Live;
use infra::observe::observe;
use infra::plan::PlanError;
use infra::run::Outcome;
use infra::stack::Stack;

use super::world::{FULL, apply, settled_plan, stack, with};

/// A copy of an object, with an id that comes before the genuine one's, as somebody makes it who may set tags.
fn copied(live: &Live) -> Live {
    Live { id: format!("a-{}", live.id), ..live.clone() }
}

/// Every object that others use, copied with its stamp: no plan touches the copy, whatever is wanted. One that nobody uses can't be told from its
/// copy: then there is no plan, and both are named.
#[tokio::test(start_paused = true)]
async fn a_copy_is_never_taken_for_the_genuine_one() {
    let want = stack(&[FULL]);
    let start = with(&want, 1).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let all: Vec<Live> = start.objects();
    let (mut used, mut doubtful) = (0, 0);
    for live in &all {
        let copy = copied(live);
        let cloud: Sandbox = super::world::copy(&start, 1);
        cloud.put(copy.clone()).unwrap();
        let in_use = all.iter().any(|l| l.stamp.address != live.stamp.address && l.points.contains(&live.id));
        match (settled_plan(&cloud, &want).await, in_use) {
            (Ok(plan), true) => {
                used += 1;
                assert!(plan.is_empty(), "{}: {:#?}", live.stamp.address, plan.changes);
                let seen = observe(&cloud, "full", &want.renamed).await.unwrap();
                assert_eq!(seen.copies.iter().map(|l| &l.id).collect::<Vec<_>>(), [&copy.id]);
            }
            (Err(problems), false) => {
                doubtful += 1;
                let named = |p: &PlanError| matches!(p, PlanError::Twins { ids, .. } if ids.contains(&copy.id) && ids.contains(&live.id));
                assert!(problems.iter().any(named), "{}: {problems:?}", live.stamp.address);
            }
            (other, _) => panic!("{} (in use: {in_use}): {other:?}", live.stamp.address),
        }
    }
    assert!(used > 20 && doubtful > 5, "{used} {doubtful}");
}

/// What goes away leaves the copy where it is.
#[tokio::test(start_paused = true)]
async fn destroying_leaves_the_copy() {
    let cloud = with(&stack(&[FULL]), 1).await;
    let vpc = cloud.objects().into_iter().find(|l| l.stamp.address.to_string() == "vpc.main").unwrap();
    let copy = Live { points: Default::default(), ..copied(&vpc) };
    cloud.put(copy.clone()).unwrap();
    let nothing = Stack { name: "full".into(), ..Stack::default() };
    let plan = settled_plan(&cloud, &nothing).await.unwrap();
    let (outcome, _) = apply(&cloud, &plan, "away").await;
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(cloud.objects(), [copy]);
}
