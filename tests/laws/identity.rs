//! A stack is more than its name: what bears another identity is another's, what bears none is of an earlier version and renewed once.
use infra::cloud::Sandbox;
use infra::observe::{Named, Snapshot, observe};
use infra::plan::{Plan, PlanError, Verb};
use infra::run::Outcome;
use infra::stack::Stack;

use super::world::{FULL, apply, copy, examples, sandbox, stack};
use crate::support::decide;

async fn seen(cloud: &Sandbox, want: &Stack, noted: Option<&str>) -> Snapshot {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    observe(cloud, &want.name, &want.renamed).await.unwrap().identified(noted)
}

/// A run of a stack whose notes say that it is `noted` and, where they say nothing, makes an identity.
async fn run(cloud: &Sandbox, want: &Stack, noted: Option<&str>, id: &str) -> Plan {
    let mut plan = decide(want, &seen(cloud, want, noted).await).unwrap();
    let made = if plan.identity.is_empty() { "aaaaaa" } else { &plan.identity };
    plan.identity = made.into();
    assert_eq!(apply(cloud, &plan, id).await.0, Outcome::Applied);
    plan
}

/// The stack, as its own objects want to be asked for.
async fn complete(cloud: &Sandbox, want: Stack) -> Stack {
    let mut want = want;
    infra::observe::complete(cloud, &mut want.nodes).await.unwrap();
    want
}

/// What another stack of the name owns is changed and deleted by no plan of this one: its own plan is as if it were not there, or says who stands in the
/// way. With the notes lost, the objects themselves tell the identity.
#[tokio::test(start_paused = true)]
async fn a_namesake_is_left_alone() {
    for want in [stack(&[FULL]), examples()] {
        let cloud = sandbox(1);
        let want = complete(&cloud, want).await;
        run(&cloud, &want, None, "first").await;
        let before = cloud.objects();
        assert!(before.iter().all(|l| l.stamp.identity == "aaaaaa"));
        let theirs = seen(&cloud, &want, Some("bbbbbb")).await;
        assert_eq!((theirs.live.len(), theirs.namesakes.len()), (0, before.len()));
        match decide(&want, &theirs) {
            Ok(plan) => assert!(plan.changes.iter().all(|c| c.verb == Verb::Create), "{:?}", plan.changes),
            Err(problems) => assert!(problems.iter().all(|p| matches!(p, PlanError::Taken { .. })), "{problems:?}"),
        }
        let nothing = Stack { name: want.name.clone(), ..Stack::default() };
        assert!(decide(&nothing, &theirs).unwrap().is_empty());
        let own = seen(&cloud, &want, Some("aaaaaa")).await;
        assert!(own.namesakes.is_empty() && decide(&want, &own).unwrap().is_empty());
        let lost = seen(&cloud, &want, None).await;
        assert_eq!((lost.named.clone(), lost.live.len()), (Named::Lost("aaaaaa".into()), own.live.len()));
    }
}

/// Stamps of an earlier version are the stack's. The next apply renews each of them, in place; then there is nothing to do, with or without the notes.
#[tokio::test(start_paused = true)]
async fn old_stamps_are_renewed_once() {
    for want in [stack(&[FULL]), examples()] {
        let cloud = sandbox(1);
        let want = complete(&cloud, want).await;
        let old = decide(&want, &observe(&cloud, &want.name, &want.renamed).await.unwrap()).unwrap();
        assert_eq!(apply(&cloud, &old, "old").await.0, Outcome::Applied);
        assert!(cloud.objects().iter().all(|l| l.stamp.identity.is_empty()));
        for noted in [None, Some("aaaaaa")] {
            let cloud = copy(&cloud, 2);
            let renewal = run(&cloud, &want, noted, "new").await;
            let kept = renewal.changes.iter().all(|c| c.verb == Verb::Update && c.attrs.is_empty());
            assert!(kept && renewal.changes.len() == want.nodes.len(), "{:?}", renewal.changes);
            assert!(cloud.objects().iter().all(|l| l.stamp.identity == "aaaaaa" && l.stamp.run == "old"));
            assert!(decide(&want, &seen(&cloud, &want, Some("aaaaaa")).await).unwrap().is_empty());
        }
    }
}
