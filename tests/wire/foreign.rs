//! What isn't the stack's stays as it is, attribute for attribute, whatever the stack does next to it.
pub mod make;
pub mod photo;

use std::collections::BTreeMap;

use infra::kinds::Object;
use infra::model::Tags;
use infra::observe::observe;
use infra::run::Outcome;

use super::cases;
use crate::support::moto::Moto;
use crate::support::only::Only;
use crate::support::{all_kills, apply, eks, plan_for, stack};

/// The stack that is applied and destroyed. Every foreign object that has a name has one that begins like the stack's own.
const OURS: &str = "wire-mine";

/// How a foreign object is marked.
pub struct Mark {
    /// The stack that it is foreign to.
    stack: String,
    tags: Tags,
    /// What stands in the description of objects whose stamp would stand there.
    line: String,
}

/// No stamp; another stack's, whose name begins like ours; and ours, damaged in one part or another.
pub fn marks(ours: &str) -> Vec<Mark> {
    let digest = "0123456789abcdef";
    vec![
        Mark { stack: ours.into(), tags: [("Name".into(), "foreign".into())].into(), line: "of somebody else".into() },
        stamp(ours, [&format!("{ours}-two"), "vpc.main", "r1/0", digest]),
        stamp(ours, [ours, "no_such_kind.main", "r1/0", digest]),
        stamp(ours, [ours, "vpc.main", "r1", digest]),
        stamp(ours, [ours, "vpc.main", "r1/0", ""]),
    ]
}

/// Whole, but copied from an object of a kind that none of the foreign ones is.
fn copied(ours: &str) -> Mark {
    stamp(ours, [ours, "cache_parameter_group.main", "r1/0", "0123456789abcdef"])
}

/// A stamp's four parts; an empty one is left out.
fn stamp(ours: &str, parts: [&str; 4]) -> Mark {
    let names = ["infra:stack", "infra:address", "infra:run", "infra:digest"];
    let present = names.into_iter().zip(parts).filter(|(_, v)| !v.is_empty());
    let tags = present.clone().map(|(k, v)| (k.into(), v.into())).chain([("Name".into(), "foreign".into())]).collect();
    Mark { stack: ours.into(), tags, line: present.map(|(_, v)| v).collect::<Vec<_>>().join(" ") }
}

#[tokio::test]
async fn what_is_foreign_stays_as_it_is() {
    let moto = Moto::start().await;
    let _api = eks::with_api(&moto.endpoint).await;
    let config = Moto::config(&moto.endpoint);
    let marks: Vec<Mark> = marks(OURS).into_iter().chain([copied(OURS)]).collect();
    for (i, mark) in marks.iter().enumerate() {
        make::everything(&config, &format!("{OURS}-{i}"), mark).await;
    }
    make::log_groups(&config, OURS).await;
    let before = photo::take(&config).await;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in before.keys() {
        *counts.entry(key.split(' ').next().unwrap()).or_default() += 1;
    }
    for kind in photo::KINDS {
        assert!(counts.get(kind).is_some_and(|n| *n >= marks.len()), "too few of {kind}: {counts:?}");
    }
    let cloud = Moto::clients(&moto.endpoint);
    let seen = observe(&cloud, OURS, &Default::default()).await.unwrap();
    assert_eq!(seen.live, BTreeMap::new(), "the stack takes something foreign for its own");
    let worlds = worlds();
    let last = worlds.len() - 1;
    for (i, world) in worlds.into_iter().enumerate() {
        let whole = stack(OURS, world.clone());
        let looked = Only::of(&cloud, &whole);
        for (what, want) in [("applied", &whole), ("destroyed", &stack(OURS, []))] {
            let plan = plan_for(&looked, want).await.unwrap();
            let (outcome, events) = apply(&cloud, &plan, &format!("run{i}{what}")).await;
            assert_eq!(outcome, Outcome::Applied, "{:?} {what}: {events:#?}", world.keys());
        }
        // What a world touches shows after the last one, too; which one it was the full run says.
        if i < last && !all_kills() {
            continue;
        }
        let after = photo::take(&config).await;
        for (key, object) in &before {
            let now = after.get(key).map_or("nothing", String::as_str);
            let changed: Vec<_> = object.lines().zip(now.lines()).filter(|(b, a)| b != a).collect();
            assert!(object == now, "{key}, after {:?} had come and gone: {changed:#?}", world.keys());
        }
    }
}

/// The cases of all kinds, as few stacks as hold them: what two of them name is the same in both.
fn worlds() -> Vec<BTreeMap<&'static str, Object>> {
    let mut worlds: Vec<BTreeMap<&str, Object>> = vec![];
    for case in cases() {
        let agrees = |w: &&mut BTreeMap<&str, Object>| case.world.iter().all(|(at, object)| w.get(at).is_none_or(|there| there == object));
        match worlds.iter_mut().find(agrees) {
            Some(world) => world.extend(case.world),
            None => worlds.push(case.world.into_iter().collect()),
        }
    }
    worlds
}
