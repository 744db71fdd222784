//! What a plan says of a rollout: when there is one, what it changes, and that it is kept and made again as it was.
use infra::cloud::lease::Holder;
use infra::kinds::{AutoScalingGroup, Gate, Kind, Live, Member as _, Object};
use infra::plan::{Act, Plan};
use infra::run::Outcome;
use infra::run::journal::{FORMAT, Header};
use infra::stack::Stack;
use infra::wire::Identity;
use infra::wire::policy::Policy;

use super::super::faults::check;
use super::super::saved::{again, saved};
use super::super::world::{Case, Way, apply, copy, sandbox, settled_plan, stack, with};
use super::{NEXT, ROLLOUTS, SHOP, way};
use crate::support::address;

/// A first apply, a new balancer and a change that needs no new template have no steps; probes are asked all the same.
#[tokio::test(start_paused = true)]
async fn without_old_instances_nothing_is_turned() {
    let to: Stack = stack(&[SHOP, ROLLOUTS[0].1]);
    let first = settled_plan(&sandbox(1), &to).await.unwrap();
    let gates: Vec<&Gate> = first.gates().map(|(_, gate)| gate).collect();
    assert_eq!(gates.iter().map(|g| (g.stage.share, g.old.is_some(), g.probes.len())).collect::<Vec<_>>(), [(100, false, 1)]);
    let bigger = stack(&[SHOP, ROLLOUTS[0].1, "compute: { app: { instances: { max: 3 } } }"]);
    let resized = settled_plan(&with(&to, 1).await, &bigger).await.unwrap();
    assert!(resized.gates().all(|(_, gate)| gate.old.is_none()), "nothing is turned for another size");
    assert!(resized.steps.iter().all(|s| !matches!(s.act, Act::Create { .. })));
}

/// What else leads to instances moves when all requests have: an alarm of the new ones would hear of nothing before.
#[tokio::test(start_paused = true)]
async fn what_watches_instances_moves_last() {
    let watched = "monitoring: { notify: [ops@example.com] }";
    let (from, to) = (stack(&[SHOP, ROLLOUTS[0].1, watched]), stack(&[SHOP, ROLLOUTS[0].1, watched, NEXT]));
    let plan = settled_plan(&with(&from, 1).await, &to).await.unwrap();
    let turned = plan.steps.iter().rfind(|s| s.address == address("listener.http")).unwrap().id;
    let moved: Vec<_> = plan.steps.iter().filter(|s| s.address.kind == Kind::MetricAlarm).collect();
    assert!(moved.len() > 1, "{:#?}", plan.changes);
    assert!(moved.iter().all(|s| s.after.contains(&turned)), "{moved:#?}");
}

/// Who can't read gates refuses a journal with them, and goes on with one without.
#[tokio::test(start_paused = true)]
async fn a_journal_with_gates_says_so() {
    let format = |plan: &Plan| {
        let who = Identity { account: "123456789012".into(), region: "us-east-1".into() };
        Header::begun("r1".into(), plan.clone(), "apply", who, "", Holder::me()).format
    };
    let way = way(0).await;
    let back = settled_plan(&way.cases[0].cloud.copy(1, Policy::new(10)), &stack(&[SHOP])).await.unwrap();
    assert_eq!((format(&way.cases[0].plan), format(&back)), (FORMAT, 4));
}

/// A changed strategy changes no object.
#[tokio::test(start_paused = true)]
async fn a_changed_strategy_changes_nothing() {
    let (canary, green) = (stack(&[SHOP, ROLLOUTS[0].1]), stack(&[SHOP, ROLLOUTS[1].1]));
    let plan = settled_plan(&with(&canary, 1).await, &green).await.unwrap();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
}

/// A plan that was kept has the shares and gates that it had, whatever the sizes are meanwhile; and is refused when somebody turns requests or the spec asks for
/// other steps.
#[tokio::test(start_paused = true)]
async fn a_kept_rollout_is_carried_out_as_it_was() {
    for (nth, (_, rollout)) in ROLLOUTS.iter().enumerate() {
        let way = way(nth).await;
        let cloud = copy(&way.cases[0].cloud, 1);
        let kept = saved(&cloud, &way.to).await.unwrap();
        let gates = |plan: &Plan| plan.gates().map(|(step, gate)| (step.id, gate.clone())).collect::<Vec<_>>();
        assert_eq!(gates(&kept.plan), gates(&way.cases[0].plan), "{}", way.tag);
        for live in cloud.objects() {
            if let Some(group) = AutoScalingGroup::of(&live.object) {
                let object = Object::from(AutoScalingGroup { desired: group.desired + 1, ..group.clone() });
                cloud.put(Live { object, ..live.clone() }).unwrap();
            }
        }
        let plan = again(&cloud, &kept, &way.to).await.unwrap_or_else(|moved| panic!("{}: {moved:#?}", way.tag));
        assert_eq!((&plan.digest, gates(&plan)), (&kept.plan.digest, gates(&kept.plan)), "{}", way.tag);
        let longer = match way.tag.starts_with("a function") {
            true => "functions: { thumbs: { deployment: { bake: 7m } } }",
            false => "compute: { app: { deployment: { bake: 7m } } }",
        };
        let other = stack(&[SHOP, rollout, super::next(&way.tag), longer]);
        let moved = again(&cloud, &kept, &other).await.map(|plan| plan.digest == kept.plan.digest);
        assert!(!matches!(moved, Ok(true)), "{}: a longer bake is another plan", way.tag);
        assert_eq!(apply(&cloud, &plan, "r1").await.0, Outcome::Applied, "{}", way.tag);
        assert!(again(&cloud, &kept, &way.to).await.is_err(), "{}: applied twice", way.tag);
    }
}

/// Instance by instance, too, an alarm that fires afterwards and a wrong answer go back; what nothing leads to has no targets to look at.
#[tokio::test(start_paused = true)]
async fn instances_that_are_replaced_one_by_one_are_looked_at() {
    let watched = "monitoring: { notify: [ops@example.com] }";
    let rolling = "compute: { app: { deployment: { bake: 3m, alarms: [compute.app.cpu], validate: [{ path: /healthz }] } }, job: { image: 'example/job:1', instances: { min: 1, max: 1 }, deployment: { bake: 2m, alarms: [compute.job.cpu] } } }";
    let next = "compute: { app: { image: 'example/shop:2' }, job: { image: 'example/job:2' } }";
    let (from, to) = (stack(&[SHOP, rolling, watched]), stack(&[SHOP, rolling, watched, next]));
    let case = Case::of(with(&from, 1).await, &to).await;
    let gates: Vec<_> = case.plan.gates().map(|(_, gate)| (gate.entry.as_str(), gate.stage.minutes, gate.old.is_some())).collect();
    assert_eq!(gates, [("compute.app", 3, false), ("compute.job", 2, false)]);
    assert!(case.plan.steps.iter().any(|s| matches!(s.act, Act::Update { .. }) && s.address == address("auto_scaling_group.app")));
    let way = Way { tag: "one by one".into(), from, to, cases: vec![case] };
    let bends = [
        ("metric_alarm.compute.app.cpu", "metric", "99"),
        ("metric_alarm.compute.job.cpu", "metric", "99"),
        ("target_group.app", "probe", "500"),
    ];
    for (at, word, value) in bends {
        let case = way.case(0);
        case.cloud.bend(address(at), word, value);
        let (outcome, events) = apply(&*case.cloud, &case.plan, "r1").await;
        assert!(matches!(&outcome, Outcome::RolledBack(Some(e)) if e.code == "GateFailed"), "{at}: {outcome:?}");
        check(&case, &way.to, &outcome, at, &events).await;
    }
    let case = way.case(0);
    let (outcome, events) = apply(&*case.cloud, &case.plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied);
    check(&case, &way.to, &outcome, "well", &events).await;
}
