//! What `--target` and `--exclude` leave out stays as it is, whatever stands: objects left by earlier runs, users of either generation, renames.
use std::collections::BTreeSet;

use infra::kinds::{Address, Live, refs};
use infra::observe::{Snapshot, complete, observe};
use infra::plan::{Act, PlanError, Selection, select};
use infra::stack::Stack;

use super::world::{settled_plan, stacks, with};
use crate::support::{decide, sparse};

/// Every address that a selected plan changes or touches is selected; and what was excluded by name never is.
#[tokio::test(start_paused = true)]
async fn a_plan_changes_nothing_but_what_is_selected() {
    let all = stacks();
    let mut worlds = vec![];
    for (name, from) in &all[1..] {
        let cloud = with(from, 1).await;
        settled_plan(&cloud, from).await.unwrap();
        worlds.push((name, cloud));
    }
    let mut random = fastrand::Rng::with_seed(1);
    let (mut cases, mut narrowed, mut grown, mut chosen) = (0, 0, 0, 0);
    for _ in 0..sparse(160, 60) {
        let (from, cloud) = &worlds[random.usize(..worlds.len())];
        let (name, to) = &all[random.usize(..all.len())];
        let mut want = to.clone();
        complete(cloud, &mut want.nodes).await.unwrap();
        let mut seen = observe(cloud, &want.name, &want.renamed).await.unwrap();
        leave_behind(&mut seen, &mut random);
        let mut word = |n: usize| -> Vec<String> { (0..random.usize(..=n)).map(|_| a_word(&want, &seen, &mut random)).collect() };
        let selection = Selection { targets: word(2), excludes: word(1) };
        let tag = format!("{from} -> {name}, {selection:?}");
        let (mut stack, mut read) = (want.clone(), seen.clone());
        let selected = select(&mut stack, &mut read, &selection).unwrap();
        let plan = match decide(&stack, &read) {
            Ok(plan) => plan,
            Err(problems) if problems.iter().all(|p| matches!(p, PlanError::Blocked { .. } | PlanError::Refused { .. })) => continue,
            Err(problems) => panic!("{tag}: {problems:?}"),
        };
        let mut touched: BTreeSet<&Address> = plan.changes.iter().map(|c| &c.address).collect();
        touched.extend(plan.steps.iter().map(|s| &s.address));
        let strays: Vec<_> = touched.iter().filter(|a| !selected.contains(a)).collect();
        assert!(strays.is_empty(), "{tag}: {strays:?} would change, and isn't selected: {:#?}", plan.changes);
        let named = |a: &&Address| selection.excludes.iter().any(|w| a.to_string() == *w || a.kind.label() == w);
        assert!(!touched.iter().any(named), "{tag}: an excluded object would change");
        // What serves is not taken away from under what is left out.
        let gone: BTreeSet<&str> =
            plan.steps.iter().filter_map(|s| if let Act::Delete { live } = &s.act { Some(&*live.id) } else { None }).collect();
        let left_out = seen.live.iter().filter(|(a, g)| !selected.contains(a) && g.len() == 1).flat_map(|(_, g)| g);
        let robbed = left_out.filter(|l| l.points.iter().any(|p| gone.contains(p.as_str()))).map(|l| &l.id).collect::<Vec<_>>();
        assert!(robbed.is_empty(), "{tag}: {robbed:?} would point at nothing");
        // Of several generations the one stays that is used; and what an undo writes back is what was pointed at.
        for (address, generations) in seen.live.iter().filter(|(a, g)| !selected.contains(a) && g.len() > 1) {
            let users = |id: &str| seen.live.iter().filter(|(_, g)| g.iter().any(|l| l.points.contains(id))).collect::<Vec<_>>();
            let used: Vec<&Live> = generations.iter().filter(|l| !users(&l.id).is_empty()).collect();
            let sure = used.iter().flat_map(|l| users(&l.id)).all(|(_, g)| g.len() == 1);
            if let ([one], true) = (&used[..], sure) {
                assert_eq!(read.live[address][0].id, one.id, "{tag}: {address} is not the one that is used");
                chosen += 1;
            }
        }
        for step in &plan.steps {
            let Act::Update { live, .. } = &step.act else { continue };
            for used in refs(&live.object).filter(|a| !selected.contains(*a)) {
                let meant = plan.old.iter().find(|l| l.stamp.address == *used).map(|l| &l.id);
                assert!(
                    meant.is_none_or(|id| live.points.contains(id)),
                    "{tag}: the undo of {} would point at another {used}",
                    step.address
                );
            }
        }
        cases += 1;
        narrowed += usize::from(selected.len() < want.nodes.len() && !plan.is_empty());
        grown += usize::from(plan.changes.iter().any(|c| c.attrs.iter().any(|a| a.cascade)));
    }
    println!(
        "selections: {cases}, with something left out and something to do: {narrowed}, with followers: {grown}, chosen by use: {chosen}"
    );
    assert!(cases > sparse(120, 40) && narrowed > sparse(40, 15) && grown > sparse(10, 3) && chosen > sparse(20, 6));
}

/// Second generations of some objects, as runs leave them that were not over; some of their users, and not others, point at those.
fn leave_behind(seen: &mut Snapshot, random: &mut fastrand::Rng) {
    for n in 0..random.usize(..4) {
        let addresses: Vec<Address> = seen.live.keys().cloned().collect();
        let address = random.choice(&addresses).unwrap().clone();
        let Some(one) = seen.live[&address].first().cloned() else { continue };
        let mut other = Live { id: format!("{}{n}", if random.bool() { "0-left-" } else { "z-left-" }), ..one.clone() };
        other.stamp.run = format!("left-{n}");
        for user in seen.live.values_mut().flatten().filter(|l| l.points.contains(&one.id)) {
            if random.bool() {
                user.points.remove(&one.id);
                user.points.insert(other.id.clone());
            }
        }
        let generations = seen.live.get_mut(&address).unwrap();
        generations.push(other);
        generations.sort_by(|a, b| a.id.cmp(&b.id));
    }
}

/// An address, a kind or a part of the spec.
fn a_word(want: &Stack, seen: &Snapshot, random: &mut fastrand::Rng) -> String {
    let addresses: Vec<&Address> = want.nodes.keys().chain(seen.live.keys()).collect();
    let address = *random.choice(&addresses).unwrap();
    match (random.u8(..3), want.origins.get(address)) {
        (0, _) => address.kind.label().into(),
        (1, Some(origin)) => origin.split('.').next().unwrap().into(),
        _ => address.to_string(),
    }
}
