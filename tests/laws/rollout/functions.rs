//! Functions: the alias shares calls out among the old version and the new one.
use infra::cloud::{Cloud as _, Observe as _};
use infra::kinds::function::Routing;
use infra::kinds::{Function, Gate, Kind, Links, Live, Member as _, Near, Object, Stamp};
use infra::plan::{Act, PlanError};
use infra::run::Outcome;

use super::super::world::{apply, sandbox, settled_plan, stack, with};
use super::{SHOP, way};
use crate::support::address;

pub const CANARY: &str = "functions: { thumbs: { code: tests/support/code/hello, runtime: python3.13, subnets: none, deployment: { strategy: canary, steps: [20%, 100%], interval: 2m, bake: 3m, validate: [{ url: 'https://example.com/thumbs' }] } } }";
pub const BLUE_GREEN: &str = "functions: { thumbs: { code: tests/support/code/hello, runtime: python3.13, subnets: none, deployment: { strategy: blue_green, bake: 2m } } }";
pub const NEXT: &str = "functions: { thumbs: { code: tests/support/code/other } }";

/// While a gate looks, the old version takes all calls that the new one doesn't.
pub fn stands_by(gate: &Gate, all: &[Live]) {
    let Some(old) = &gate.old else { return };
    let seen = all.iter().find(|l| l.stamp.address == gate.new).and_then(|l| Function::of(&l.object)).unwrap();
    assert_eq!(seen.routing, Some(Routing { old: old.clone(), weight: gate.asked() }), "{}", gate.entry);
}

/// The alias is turned by updates of one object, each taken back to what it was before the first; nothing comes or goes.
#[tokio::test(start_paused = true)]
async fn the_alias_is_turned_step_by_step() {
    let way = way(6).await;
    let plan = &way.cases[0].plan;
    let weights: Vec<Option<i32>> = plan
        .steps
        .iter()
        .filter_map(|s| match &s.act {
            Act::Update { object, .. } => Some(Function::of(object)?.routing.as_ref().map(|routing| routing.weight)),
            Act::Gate { .. } => None,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(weights, [Some(20), Some(100), None]);
    let gates: Vec<_> = plan.gates().map(|(_, g)| (g.stage.share, g.stage.minutes, g.old.as_deref(), g.probes.len())).collect();
    assert_eq!(gates, [(20, 2, Some("1"), 0), (100, 3, Some("1"), 1)]);
    assert_eq!(plan.commit, plan.steps.len());
}

/// Only another version is turned to: a first one has none beside it, and what is common to all versions makes no other.
#[tokio::test(start_paused = true)]
async fn without_another_version_nothing_is_turned() {
    let from = stack(&[SHOP, CANARY]);
    let first = settled_plan(&sandbox(1), &from).await.unwrap();
    assert!(first.gates().all(|(_, gate)| gate.old.is_none()));
    for (more, turned) in
        [("reserved_concurrency: 7", false), ("url: {}", false), ("memory: 1GiB", true), ("env: { A1: b }", true), ("timeout: 20s", true)]
    {
        let to = stack(&[SHOP, CANARY, &format!("functions: {{ thumbs: {{ {more} }} }}")]);
        let plan = settled_plan(&with(&from, 1).await, &to).await.unwrap();
        assert_eq!(plan.gates().any(|(_, gate)| gate.old.is_some()), turned, "{more}");
    }
}

/// Both versions have one role: a plan that gives the new one another is refused, and so is the request.
#[tokio::test(start_paused = true)]
async fn another_role_shares_no_calls() {
    let from = stack(&[SHOP, CANARY]);
    let cloud = with(&from, 1).await;
    let mut to = stack(&[SHOP, CANARY, NEXT]);
    let role = to.nodes[&address("iam_role.function.thumbs")].clone();
    to.nodes.insert(address("iam_role.other"), role);
    let Some(Object::Function(function)) = to.nodes.get(&address("function.thumbs")).cloned() else { panic!() };
    let moved = Function { role: infra::kinds::Ref::to("other"), ..function.into_inner() };
    to.nodes.insert(address("function.thumbs"), moved.into());
    let refused = settled_plan(&cloud, &to).await.unwrap_err();
    assert!(
        matches!(&refused[..], [PlanError::Refused { address: at, breach }] if at.kind == Kind::Function && breach.message.contains("one role only")),
        "{refused:?}"
    );
    to.rollouts.clear();
    assert_eq!(apply(&cloud, &settled_plan(&cloud, &to).await.unwrap(), "r1").await.0, Outcome::Applied, "all at once it may have another");
}

/// Lambda's own rules of weights, as the sandbox holds them.
#[tokio::test(start_paused = true)]
async fn the_sandbox_refuses_what_lambda_does() {
    let cloud = with(&stack(&[SHOP, CANARY]), 1).await;
    let live = cloud.list(Kind::Function, "full").await.unwrap().remove(0);
    let now = live.of::<Function>().unwrap();
    let stamp = Stamp { run: "r1".into(), ..live.stamp.clone() };
    let linked = |f: &Function| {
        let all = cloud.objects();
        let named = |a: &infra::kinds::Address| all.iter().find(|l| l.id == a.name && l.object.kind() == a.kind).cloned();
        Links(infra::kinds::refs(&f.clone().into()).filter_map(|a| Some((a.clone(), named(a)?))).collect())
    };
    let shared = |old: &str, weight| Function { routing: Some(Routing { old: old.into(), weight }), ..now.clone() };
    for (want, why) in [
        (shared("1", 0), "0% of the calls"),
        (shared("1", 101), "101% of the calls"),
        (shared("$LATEST", 10), "version $LATEST isn't the one that is called"),
        (shared("7", 10), "version 7 isn't the one that is called"),
        (Function { provisioned_concurrency: Some(1), ..shared("1", 10) }, "provisioned concurrency"),
    ] {
        let refused = cloud.update(&live, &want.clone().into(), &linked(&want), &stamp).await.unwrap_err();
        assert!(refused.message.contains(why), "{why}: {refused:?}");
    }
    let latest = Object::from(shared("$LATEST", 10)).breaches(&live.stamp.address, Near(&std::collections::BTreeMap::new()));
    assert!(latest.iter().any(|breach| breach.message.contains("`$LATEST` never does")), "{latest:?}");
    let fine = shared("1", 10);
    let made = cloud.update(&live, &fine.clone().into(), &linked(&fine), &stamp).await.unwrap();
    assert_eq!(made.of::<Function>().unwrap().version.0.as_deref(), Some("2"));
}
