//! The laws of the house, over every kind and every way from one stack to another.

/// A long law as a test for each of [`world::WAYS`], so that they share the machine: `$law` is given the way.
macro_rules! every_way {
    ($law:path) => {
        every_way!($law; all_is_made 0, all_is_deleted 1, machines_change 2, the_network_changes 3, the_balancer_turns_inward 4,
            the_balancer_turns_outward 5, entries_are_renamed 6, zones_leave 7, zones_and_the_network_change 8);
    };
    ($law:path; $($name:ident $nth:literal),+) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                $law($crate::laws::world::Way::open($crate::laws::world::WAYS[$nth]).await).await;
            }
        )+

        #[test]
        fn no_way_is_left_out() {
            assert_eq!([$($nth),+].len(), $crate::laws::world::WAYS.len());
        }
    };
}

mod copies;
pub mod crash;
mod drift;
mod faults;
mod generate;
mod identity;
mod kinds;
mod lease;
pub mod markdown;
mod order;
mod owned;
mod pairs;
mod policy;
mod refused;
mod reversal;
pub mod rollout;
mod routes;
mod saved;
mod selection;
mod sequences;
mod serving;
mod stores;
mod text;
mod timeouts;
pub mod world;

use infra::kinds::example::EXAMPLE;
use infra::kinds::{Kind, Object};
use infra::plan::PlanError;
use infra::run::Outcome;

use crate::support::plan_for;
use world::{FULL, ONCE, RENAMED, apply, copy, examples, settled_plan, sound, stack, stacks, with};

/// The examples are a stack: each refers to others that are there, under the one name that all have.
#[test]
fn every_kind_has_an_example() {
    let examples = examples();
    for kind in Kind::ALL {
        let found: Vec<_> = examples.nodes.iter().filter(|(a, _)| a.kind == *kind).collect();
        assert_eq!(found.len(), 1, "{}", kind.label());
        assert_eq!((found[0].0.name.as_str(), found[0].1.kind()), (EXAMPLE, *kind));
    }
}

/// An object is moved about in every plan and run: none may be so large that this costs.
#[test]
fn objects_are_small() {
    assert!(std::mem::size_of::<Object>() <= 1024, "box the largest variants: {} bytes", std::mem::size_of::<Object>());
}

/// Apply, then plan is empty; one list per kind, whatever the size; planning writes nothing.
#[tokio::test(start_paused = true)]
async fn success_converges_and_reads_in_batches() {
    let mut cases = 0;
    for (a, from) in stacks() {
        let world = with(&from, 1).await;
        for (b, to) in stacks() {
            let cloud = copy(&world, 1);
            let (lists, mutations) = (cloud.lists(), cloud.mutations());
            let plan = match settled_plan(&cloud, &to).await {
                Ok(plan) => plan,
                Err(problems) if problems.iter().all(|p| matches!(p, PlanError::Blocked { .. })) => continue,
                Err(e) => panic!("{a} -> {b}: {e:?}"),
            };
            assert_eq!(cloud.lists() - lists, Kind::ALL.len() as u64, "one list per kind");
            assert_eq!(cloud.mutations(), mutations, "planning changes nothing");
            assert_eq!(plan.is_empty(), a == b, "{a} -> {b}: {:#?}", plan.changes);
            let (outcome, events) = apply(&cloud, &plan, "r1").await;
            assert_eq!(outcome, Outcome::Applied, "{a} -> {b} {events:#?}");
            let again = settled_plan(&cloud, &to).await.unwrap();
            assert!(again.is_empty(), "{a} -> {b}: still to do {:#?}", again.changes);
            assert!(sound(&cloud), "{a} -> {b}");
            cases += 1;
        }
    }
    println!("ways from stack to stack: {cases}");
    assert!(cases > 40);
}

/// The same spec and the same world give the same plan, byte for byte.
#[tokio::test(start_paused = true)]
async fn plans_are_deterministic() {
    let (from, to) = (stack(&[FULL]), stack(&[FULL, "vpc: {cidr: 10.9.0.0/16}"]));
    let one = settled_plan(&with(&from, 1).await, &to).await.unwrap();
    let two = settled_plan(&with(&from, 1).await, &to).await.unwrap();
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&two).unwrap());
    assert_eq!(plan_for(&with(&to, 1).await, &to).await.unwrap().digest.len(), 16);
}

/// A rename re-stamps: nothing is created, replaced or deleted for it, whoever points at what was renamed. Logs and alarms are the exception: their
/// names are all that tells whose they are, and a renamed entry gets new ones.
#[tokio::test(start_paused = true)]
async fn a_rename_replaces_nothing() {
    let unwatched = "monitoring: null\nfeature_flags: { deployment: null }";
    let cloud = with(&stack(&[FULL, ONCE, unwatched]), 1).await;
    let plan = settled_plan(&cloud, &stack(&[FULL, ONCE, RENAMED, unwatched])).await.unwrap();
    let renamed = plan.changes.iter().filter(|c| c.renamed_from.is_some()).count();
    assert_eq!(renamed, 7, "role, profile, security group, target group, template, scaling group and secret");
    let others: Vec<_> = plan.changes.iter().filter(|c| c.verb != infra::plan::Verb::Update).collect();
    assert!(others.is_empty(), "{others:#?}");
}
