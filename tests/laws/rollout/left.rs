//! What a rollout has left behind its commit point is known as left, whatever it is like.
use std::io;

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Fault;
use infra::kinds::{AutoScalingGroup, Live, Member as _, Object};
use infra::plan::{Act, Plan};
use infra::run::drive::{Sink, drive};
use infra::run::{Event, Outcome, Run};

use super::super::world::{apply, settings, settled_plan};
use crate::support::address;

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

/// A sink that lets the old instances become more in the middle of a gate, and the new ones too or not.
struct Grows<'a> {
    cloud: &'a Sandbox,
    old: Vec<String>,
    both: bool,
    shares: Vec<i32>,
    told: Vec<String>,
}

impl Sink for Grows<'_> {
    fn event(&mut self, _: &Plan, event: &Event) -> io::Result<()> {
        let listener = address("listener.http");
        self.shares.extend(super::shares(self.cloud, &self.old).into_iter().find(|(at, _)| *at == listener).map(|(_, share)| share));
        let Event::Read(_, reading) = event else { return Ok(()) };
        self.told.push(reading.told.clone());
        for live in self.cloud.objects().into_iter().filter(|live| live.stamp.address == address("auto_scaling_group.app")) {
            let is_old = live.points.iter().any(|id| self.old.contains(id));
            if is_old || (self.both && self.told.len() > 4) {
                let group = AutoScalingGroup::of(&live.object).unwrap().clone();
                let object = Object::from(AutoScalingGroup { desired: 6, max: 6, ..group });
                self.cloud.put(Live { object, ..live.clone() }).unwrap();
            }
        }
        Ok(())
    }
}

/// The load of the old instances has grown, and so have they: a larger share waits until the new ones are as many, and goes back when they never are.
#[tokio::test(start_paused = true)]
async fn a_larger_share_waits_for_its_instances() {
    let way = super::way(0).await;
    for both in [true, false] {
        let case = way.case(3);
        let mut sink = Grows { cloud: &case.cloud, old: super::old_groups(&case.cloud), both, shares: vec![], told: vec![] };
        let mut run = Run::new(&case.plan);
        let outcome = drive(&mut run, &settings("r1"), &*case.cloud, &mut sink, &[], &mut std::future::pending).await.unwrap();
        let waits = "100% of the requests need 6 healthy new instances, and there are 2";
        assert!(sink.told.iter().any(|told| told.ends_with(waits)), "{:#?}", sink.told);
        assert_eq!(sink.shares.contains(&100), both, "{:?}", sink.shares);
        match outcome {
            Outcome::Applied => assert!(both),
            Outcome::RolledBack(Some(why)) => assert!(!both && why.message.ends_with(waits), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}
