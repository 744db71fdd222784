//! What a rollout has left behind its commit point is known as left, whatever it is like.
use infra::cloud::sandbox::Fault;
use infra::kinds::{AutoScalingGroup, Live, Member as _, Object};
use infra::plan::Act;
use infra::run::Outcome;

use super::super::world::{apply, settled_plan};

/// Old instances that could not be deleted, and are like the new ones in all but their template: those that the listener leads to stay.
#[tokio::test(start_paused = true)]
async fn who_answers_is_current() {
    let way = super::way(1).await;
    for seed in 0..8 {
        let case = way.case(seed);
        let deletes = case.plan.steps.iter().filter(|s| !matches!(s.act, Act::Gate { .. } | Act::Delete { .. })).count() as u64;
        case.cloud.fail(deletes, Fault::Refused);
        let (outcome, _) = apply(&*case.cloud, &case.plan, "r1").await;
        assert!(matches!(outcome, Outcome::Leftovers(_)), "{outcome:?}");
        for live in case.cloud.objects() {
            if let Some(group) = AutoScalingGroup::of(&live.object).filter(|group| !group.scale_in) {
                let object = Object::from(AutoScalingGroup { scale_in: true, ..group.clone() });
                case.cloud.put(Live { object, ..live.clone() }).unwrap();
            }
        }
        let rest = settled_plan(&*case.cloud, &way.to).await.unwrap();
        assert!(rest.commit == 0 && !rest.is_empty(), "only deletions are left: {:#?}", rest.changes);
    }
}
