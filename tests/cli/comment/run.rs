//! A run that is told in the comment of its plan.
use std::collections::BTreeSet;

use super::{HOSTS, Host, Job, MARKER};
use crate::cli::Infra;
use crate::cli::recover::{rest, signal, started};
use crate::support::forge::{Reaction, Remark};

/// The same comment tells of the plan, of the run, and of its end.
#[tokio::test]
async fn a_run_is_told_in_the_same_comment() {
    for host in HOSTS {
        let job = Job::open(host, "applied").await;
        job.commented().await;
        let planned = job.only();
        let applied = job.apply(&[]).await;
        assert_eq!((applied.code, applied.err.contains("omment")), (0, false), "{}", applied.err);
        let now = job.only();
        assert_eq!((now.id, now.edits.len()), (planned.id, 3), "planned, applying, applied");
        different(&now);
        assert_eq!(job.summary().matches(MARKER).count(), if host == Host::GitHub { 2 } else { 0 });

        let rolled = Job::open(host, "rolled").await;
        rolled.commented().await;
        let planned = rolled.only();
        let failed = rolled.apply(&["--sandbox-fail", "5"]).await;
        assert_eq!(failed.code, 3, "{}", failed.err);
        let back = rolled.only();
        assert_eq!((back.id, back.edits.len()), (planned.id, 3));
        different(&back);
        assert_ne!(back.body, now.body, "it was taken back");

        // The plan itself is of no use any more.
        let stale = job.apply(&[]).await;
        assert_eq!(stale.code, 7, "{}", stale.err);
        let refused = job.only();
        assert_eq!((refused.id, refused.edits.len()), (now.id, 4));
        different(&refused);
    }
}

/// What a comment said before and after is not the same.
fn different(remark: &Remark) {
    let all: BTreeSet<&String> = remark.edits.iter().collect();
    assert_eq!(all.len(), remark.edits.len(), "{:#?}", remark.edits);
}

#[tokio::test]
async fn a_run_that_is_refused_is_told() {
    let job = Job::open(Host::GitHub, "leased").await;
    let run = started(&job.infra, &Infra::example("minimal"), "vpc.main created");
    signal(&run.0, "-STOP");
    let leased = job.apply(&[]).await;
    assert_eq!(leased.code, 6, "{}", leased.err);
    assert_eq!(job.only().edits.len(), 1, "there was no comment yet");
    assert!(job.summary().contains(MARKER));
    signal(&run.0, "-CONT");
    assert_eq!(rest(run).code, 0);
}

/// A code host that is away changes nothing of a run.
#[tokio::test]
async fn a_run_needs_no_code_host() {
    for host in HOSTS {
        let job = Job::open(host, "away").await;
        job.commented().await;
        job.fake.rule(|_| Reaction::Cut);
        let applied = job.apply(&[]).await;
        assert_eq!(applied.code, 0, "{}", applied.err);
        assert!(applied.err.contains("No comment could be written"), "{}", applied.err);
        assert_eq!(job.only().edits.len(), 1);

        let mut job = Job::open(host, "nobody").await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        job.set("INFRA_API", &format!("http://{nobody}"));
        let applied = job.apply(&[]).await;
        assert_eq!(applied.code, 0, "{}", applied.err);
        assert!(applied.err.contains("No comment could be written"), "{}", applied.err);
        assert!(job.fake.log().is_empty());
    }
}

/// The one comment moves from share to share of a rollout, and says whose word is waited for.
#[tokio::test]
async fn a_rollout_moves_in_the_same_comment() {
    let mut job = Job::open(Host::GitHub, "canary").await;
    let spec = Infra::example("canary");
    assert_eq!(job.run(&["apply", "-f", &spec]).await.code, 0);
    let next = "compute: { app: { image: 'ghcr.io/example/shop:1.5.0', deployment: { steps: [10%, 100%], interval: 1m, bake: 1m, approve: [10%], approve_within: 2m } } }";
    let next = job.infra.file("next.yaml", next);
    assert_eq!(job.run(&["plan", "-f", &spec, "-f", &next, "--out", "p.infraplan"]).await.code, 0);
    job.commented().await;
    let planned = job.only();
    assert!(planned.body.contains("and `infra approve` within 2 min, then 100%"), "{}", planned.body);
    job.set(crate::cli::PACE, "3");
    let back = job.apply(&[]).await;
    assert_eq!(back.code, 3, "{}", back.err);
    let now = job.only();
    assert_eq!((now.id, now.edits.len()), (planned.id, 4), "planned, applying, at 10%, taken back: {:#?}", now.edits);
    different(&now);
    let word =
        "**Rollout** `compute.app`: 10% of its requests go to the new instances; next 100%. It goes on once somebody says `infra approve`.";
    assert!(now.edits[2].contains(word), "{}", now.edits[2]);
    assert!(now.body.contains("nobody has approved it in 2 minutes"), "{}", now.body);
}
