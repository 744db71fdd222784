//! What somebody else changes is told from what the spec changes.
use infra::cloud::Sandbox;
use infra::kinds::{Address, Kind, Live};
use infra::model::Mode;
use infra::observe::{complete, observe};
use infra::plan::drift::Cause;
use infra::plan::{Drift, PlanError, drift};
use infra::run::Outcome;
use infra::stack::Stack;

use crate::support::sparse;

use super::kinds::mutated;
use super::world::{FULL, apply, copy, settled_plan, stack, stacks, ways, with};

async fn drift_of(cloud: &Sandbox, want: &Stack) -> Drift {
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let mut want = want.clone();
    complete(cloud, &mut want.nodes).await.unwrap();
    drift(&want, &observe(cloud, &want.name, &want.renamed).await.unwrap()).unwrap()
}

fn live(cloud: &Sandbox, address: &Address) -> Live {
    cloud.objects().into_iter().find(|l| l.stamp.address == *address).unwrap()
}

fn causes(drift: &Drift) -> Vec<(&Address, Cause)> {
    drift.found.iter().map(|d| (&d.address, d.cause)).collect()
}

/// Every attribute that is compared, of every kind, changed behind infra's back: it is named, it alone, and applying mends it. Others are no drift.
#[tokio::test(start_paused = true)]
async fn every_attribute_that_somebody_changes_is_named() {
    let full = stack(&[FULL]);
    let world = with(&full, 3).await;
    let (mut cases, mut left, mut nth) = (0, 0, 0);
    for kind in Kind::ALL {
        let (address, object) = full.nodes.iter().find(|(a, _)| a.kind == *kind).unwrap();
        for attribute in object.attributes() {
            let tag = format!("{address}.{}", attribute.name);
            let cloud = copy(&world, 3);
            let mut bent = live(&cloud, address);
            nth += 1;
            let Some(other) = mutated(&bent.object, attribute.name).filter(|_| nth % sparse(1, 3) == 0) else { continue };
            bent.object = other;
            cloud.put(bent).unwrap();
            let found = drift_of(&cloud, &full).await;
            if !attribute.mode.compared() {
                // A text that names it may have changed with it.
                assert!(causes(&found).iter().all(|(a, _)| *a != address), "{tag} is the cloud's own: {found:#?}");
                left += 1;
                continue;
            }
            // No stamp tells of a secret's value: whether the spec or somebody has changed it is not known. (In a cluster nobody changes one: it is taken
            // away, and another one with our annotations is put in its place.)
            if matches!((*kind, attribute.name), (Kind::Secret, "value") | (Kind::KubernetesSecret, "values")) {
                assert_eq!(causes(&found), [(address, Cause::Unclear)], "{tag}");
                left += 1;
                continue;
            }
            assert_eq!(causes(&found), [(address, Cause::Changed)], "{tag}");
            assert!(found.found[0].attrs.iter().all(|a| a.path.starts_with(attribute.name)), "{tag}: {:#?}", found.found[0].attrs);
            assert_eq!(found.same.len() + found.follows.len() + 1, full.nodes.len(), "{tag}");
            assert!(attribute.mode == Mode::Replace || found.follows.is_empty(), "{tag}: {:?}", found.follows);
            assert_eq!(found.suspects().len(), 1, "{tag}");
            let plan = match settled_plan(&cloud, &full).await {
                Ok(plan) => plan,
                Err(e) if e.iter().all(|p| matches!(p, PlanError::Blocked { .. } | PlanError::Refused { .. })) => continue,
                Err(e) => panic!("{tag}: {e:?}"),
            };
            let (outcome, events) = apply(&cloud, &plan, "r1").await;
            assert_eq!(outcome, Outcome::Applied, "{tag} {events:#?}");
            let rest = drift_of(&cloud, &full).await;
            assert!(rest.is_empty(), "{tag}: {rest:#?}");
            cases += 1;
        }
    }
    println!("attributes bent: {cases}, left to the cloud: {left}");
    assert!(cases > sparse(100, 30) && left > sparse(5, 1), "{cases} {left}");
}

/// What the spec changes is called nobody's doing, and there is drift exactly when there is something to do. Every apply leaves stamps that tell
/// what was asked for, also on what it changed in place.
#[tokio::test(start_paused = true)]
async fn a_change_of_the_spec_is_not_drift() {
    let mut cases = 0;
    for ((a, from), others) in ways() {
        let world = with(&from, 1).await;
        for (b, to) in others {
            let cloud = copy(&world, 1);
            let found = drift_of(&cloud, &to).await;
            assert_eq!(found.suspects(), Vec::<&Live>::new(), "{a} -> {b}: {:#?}", causes(&found));
            let plan = match settled_plan(&cloud, &to).await {
                Ok(plan) => plan,
                Err(e) if e.iter().all(|p| matches!(p, PlanError::Blocked { .. })) => continue,
                Err(e) => panic!("{a} -> {b}: {e:?}"),
            };
            assert_eq!(found.is_empty(), plan.is_empty(), "{a} -> {b}: {found:#?}");
            let (outcome, events) = apply(&cloud, &plan, "r1").await;
            assert_eq!(outcome, Outcome::Applied, "{a} -> {b} {events:#?}");
            assert!(drift_of(&cloud, &to).await.is_empty(), "{a} -> {b}");
            let named = |l: &Live| if to.renamed.is_empty() { to.nodes[&l.stamp.address].digest() == l.stamp.digest } else { true };
            let stale: Vec<Address> = cloud.objects().into_iter().filter(|l| !published(l) && !named(l)).map(|l| l.stamp.address).collect();
            assert_eq!(stale, [], "{a} -> {b}: stamps that don't tell what was asked for");
            // Whatever was renamed or updated: what somebody changes now is known as theirs.
            // From one stack only, and a part of it a way: that takes long.
            for address in to.nodes.keys().filter(|_| a == "full").skip(cases % sparse(1, 17)).step_by(sparse(1, 17)) {
                let mut bent = live(&cloud, address);
                let whole = bent.clone();
                let attribute = bent.object.attributes().into_iter().filter(|a| a.mode == Mode::Update);
                let Some(other) = attribute.filter_map(|a| mutated(&bent.object, a.name)).next() else { continue };
                bent.object = other;
                cloud.put(bent).unwrap();
                assert_eq!(causes(&drift_of(&cloud, &to).await), [(address, Cause::Changed)], "{a} -> {b}");
                cloud.put(whole).unwrap();
            }
            cases += 1;
        }
    }
    println!("ways from stack to stack: {cases}");
    assert!(cases > sparse(40, 12));
}

/// Its entries are the world's, not the spec's.
fn published(l: &Live) -> bool {
    l.object.kind() == Kind::PrefixList
}

/// What somebody deletes is missing, and it alone; what points at it merely follows.
#[tokio::test(start_paused = true)]
async fn what_somebody_deletes_is_missing() {
    let full = stack(&[FULL]);
    let cloud = with(&full, 5).await;
    for address in full.nodes.keys().step_by(sparse(1, 5)) {
        let gone = live(&cloud, address);
        cloud.remove(address.kind, &gone.id).unwrap();
        let found = drift_of(&cloud, &full).await;
        assert_eq!(causes(&found), [(address, Cause::Missing)], "{:#?}", found.found);
        assert_eq!(found.same.len() + found.follows.len() + 1, full.nodes.len(), "{address}");
        cloud.put(gone).unwrap();
    }
    assert!(drift_of(&cloud, &full).await.is_empty());
}

/// Taking a change back takes back what the stamp says, too.
#[tokio::test(start_paused = true)]
async fn an_undo_restores_what_was_asked_for() {
    let all = stacks();
    let full = &all[1].1;
    let world = with(full, 7).await;
    for (name, to) in &all[2..] {
        let cloud = copy(&world, 7);
        let Ok(plan) = settled_plan(&cloud, to).await else { continue };
        cloud.fail(plan.commit as u64 / 2, infra::cloud::sandbox::Fault::Refused);
        let (outcome, _) = apply(&cloud, &plan, "r1").await;
        assert!(matches!(outcome, Outcome::RolledBack(_)), "{name}: {outcome:?}");
        assert!(drift_of(&cloud, full).await.is_empty(), "{name}");
        let stale: Vec<Address> = cloud
            .objects()
            .into_iter()
            .filter(|l| !published(l) && full.nodes[&l.stamp.address].digest() != l.stamp.digest)
            .map(|l| l.stamp.address)
            .collect();
        assert_eq!(stale, [], "{name}");
    }
}
