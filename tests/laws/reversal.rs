//! What a plan says of the way back is true: what it doesn't name is as it was before when a run is taken back, what it names stays and is told.
use std::time::Duration;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Fault;
use infra::kinds::{Kind, Near, Object};
use infra::model::{Mode, Reversal};
use infra::plan::{Allowed, Plan, PlanError, Verb, plan};
use infra::render::style::Style;
use infra::render::text::Detail;
use infra::render::{report, text};
use infra::run::drive::Stop;
use infra::run::{Event, Outcome};
use serde_json::Value;

use super::kinds::mutated;
use super::world::{FULL, copy, examples, run, settled_plan, stack, view, with};

const PLAIN: Detail = Detail { style: Style { color: false }, verbose: false };

/// Carries a plan out and has it taken back while its last step is still on its way.
async fn taken_back(cloud: &Sandbox, plan: &Plan) -> (Outcome, Vec<Event>) {
    let last = cloud.mutations() + plan.steps.len() as u64;
    let mut asked = false;
    let mut stop = async || {
        while asked || cloud.mutations() < last {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        asked = true;
        Stop::RollBack
    };
    run(cloud, plan, "r1", &mut stop).await
}

/// Each attribute of each kind, changed in place and taken back.
#[tokio::test(start_paused = true)]
async fn what_goes_back_is_as_it_was_and_what_stays_is_told() {
    let want = examples();
    let world = with(&want, 1).await;
    let (mut back, mut stayed) = (0, vec![]);
    for (address, object) in &want.nodes {
        for a in object.attributes().into_iter().filter(|a| a.mode == Mode::Update) {
            let Some(other) = mutated(object, a.name) else { continue };
            let mut next = want.clone();
            next.nodes.insert(address.clone(), other);
            let cloud = copy(&world, 1);
            let before = view(&cloud);
            let plan = match settled_plan(&cloud, &next).await {
                Ok(plan) => plan,
                // A rule of the service's own stands against this value.
                Err(problems) if problems.iter().all(|p| matches!(p, PlanError::Refused { .. })) => continue,
                Err(e) => panic!("{address} {}: {e:#?}", a.name),
            };
            if plan.changes.iter().any(|c| c.verb != Verb::Update) {
                continue;
            }
            let (outcome, events) = taken_back(&cloud, &plan).await;
            assert_eq!(outcome, Outcome::RolledBack(None), "{address} {}: {events:#?}", a.name);
            let after: Vec<String> = view(&cloud);
            let said = text::plan(&plan, PLAIN);
            let told = report::outcome(&plan, &events, &outcome, 1, PLAIN);
            let stays = matches!(a.reversal, Reversal::Never | Reversal::Rests(_));
            assert_eq!(before != after, stays, "{address} {}\n{told}", a.name);
            assert_eq!(said.contains("can't be taken back"), stays, "{said}");
            let names = format!("{address}.{}", a.name);
            assert_eq!(told.contains(&format!("{names}: that stays as it was changed")), stays || a.reversal == Reversal::Grows, "{told}");
            if stays {
                stayed.push(names);
            }
            back += 1;
        }
    }
    println!("changes taken back: {back}; of them stay: {}", stayed.join(", "));
    assert!(back > 80 && stayed.len() >= 4);
}

/// What stays comes when all else is built: a machine that doesn't come up is found before the engine is another.
#[tokio::test(start_paused = true)]
async fn what_stays_comes_last() {
    let full = stack(&[FULL]);
    let next = stack(&[FULL, "compute: {app: {image: 'example/shop:2'}}\ndatabase: {main: {version: '17.6', parameters: {}}}"]);
    let world = with(&full, 1).await;
    let whole = settled_plan(&world, &next).await.unwrap();
    let step = |name: &str| whole.steps.iter().find(|s| s.address.to_string() == name).unwrap();
    let (machines, engine, replica) = (step("auto_scaling_group.app"), step("db_instance.main"), step("db_replica.main-1"));
    assert!(engine.after.contains(&machines.id), "the machines name the database's endpoint, which stays as it is");
    assert!(replica.after.contains(&engine.id), "the replica's engine is its source's");
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("reversal_plan", text::plan(&whole, PLAIN));
    });
    for (n, step) in whole.steps[..engine.id].iter().enumerate() {
        let cloud = copy(&world, 1);
        let before = view(&cloud);
        let plan = settled_plan(&cloud, &next).await.unwrap();
        cloud.fail(n as u64, Fault::Refused);
        let (outcome, events) = super::world::apply(&cloud, &plan, "r1").await;
        assert!(matches!(outcome, Outcome::RolledBack(Some(_))), "{}: {outcome:?}", step.address);
        assert_eq!(before, view(&cloud), "{}", report::outcome(&plan, &events, &outcome, 1, PLAIN));
    }
    // The replica comes last of all.
    world.fail(whole.steps.iter().position(|s| s.id == replica.id).unwrap() as u64, Fault::Refused);
    let (outcome, events) = super::world::apply(&world, &whole, "r2").await;
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("reversal_outcome", report::outcome(&whole, &events, &outcome, 60, PLAIN));
    });
}

/// What keeps less than before deletes the rest: that must be named.
#[tokio::test(start_paused = true)]
async fn keeping_less_is_losing() {
    let want = examples();
    let world = with(&want, 1).await;
    let mut tried = vec![];
    for (address, object) in &want.nodes {
        for a in object.attributes().into_iter().filter(|a| a.reversal == Reversal::Data) {
            // What is on is turned off; a number of days becomes the nearest that the service takes.
            let taken = |n: &i64| with_value(object, a.name, &(*n).into()).breaches(address, Near(&want.nodes)).is_empty();
            let near = |n: i64, way: i64| (1..=n + 31).map(|by| n + way * by).find(taken).expect("another is taken");
            let ways = a.value.as_i64().map_or(vec![(0, Value::from(false))], |n| vec![(1, near(n, 1).into()), (0, near(n, -1).into())]);
            for (more, value) in ways {
                let mut next = want.clone();
                next.nodes.insert(address.clone(), with_value(object, a.name, &value));
                let mut read = next.clone();
                infra::observe::complete(&world, &mut read.nodes).await.unwrap();
                let snapshot = infra::observe::observe(&world, &next.name, &next.renamed).await.unwrap();
                let made = plan(&read, &snapshot, &Allowed::new()).unwrap();
                let guarded: Vec<_> = made.refused.iter().map(|g| (&g.address, g.shrinks.as_deref())).collect();
                assert_eq!(guarded, [(address, Some(a.name))].into_iter().skip(more).collect::<Vec<_>>(), "{address}.{} {value}", a.name);
                assert_eq!(made.changes[0].loses_data, more == 0);
                assert!(plan(&read, &snapshot, &[address.clone()].into()).unwrap().refused.is_empty());
            }
            tried.push(format!("{address}.{}", a.name));
        }
    }
    assert!(tried.len() >= 6, "{tried:?}");
    assert_eq!(Kind::ALL.len(), want.nodes.keys().map(|a| a.kind).collect::<std::collections::BTreeSet<_>>().len());
}

fn with_value(object: &Object, name: &str, value: &Value) -> Object {
    let mut whole = serde_json::to_value(object).unwrap();
    whole.as_object_mut().unwrap().values_mut().next().unwrap()[name] = value.clone();
    serde_json::from_value(whole).unwrap()
}
