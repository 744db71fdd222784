//! What comes too late: a sign of life after the lease has lapsed, a claim of a number that is no longer the next.
use super::*;

/// A lease that has lapsed is not renewed, though nobody has taken it by now: whoever watches it may be about to.
#[tokio::test(start_paused = true)]
async fn a_lapsed_lease_is_not_renewed() {
    let cloud = sandbox(1);
    let mut keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let before = cloud.notes("s").await.unwrap();
    sleep(TERMS.valid + Duration::from_secs(1)).await;
    let ended = SetOnce::new();
    let patience = async {
        sleep(TERMS.valid * 2).await;
        ended.set(()).unwrap();
    };
    tokio::join!(keeper.keep(&ended, Headway::default), patience);
    assert_eq!(cloud.notes("s").await.unwrap(), before);
    assert!(cloud.policy.stopped().is_some_and(|e| e.code == "LeaseLost"));
}

/// Whoever looked long ago and makes a number now that others have passed meanwhile, and cleared away, holds nothing.
#[tokio::test(start_paused = true)]
async fn a_late_claim_holds_nothing() {
    let cloud = sandbox(1);
    let policies: Vec<Policy> = (0..3).map(|_| Policy::new(10)).collect();
    let late = Through { late: Duration::from_secs(60), ..Through::to(&cloud) };
    let claim = async { take(&late, &policies[0], asks("s", 3)).await.unwrap().map(drop).map_err(|lease| lease.holder.user) };
    let others = async {
        sleep(Duration::from_secs(1)).await;
        taken(&cloud, &policies[1], 1).await.unwrap().release("applied", 0).await.unwrap();
        let mut keeper = taken(&cloud, &policies[2], 2).await.unwrap();
        let ended = SetOnce::new();
        let patience = async {
            sleep(Duration::from_secs(180)).await;
            ended.set(()).unwrap();
        };
        tokio::join!(keeper.keep(&ended, Headway::default), patience);
        keeper.holds().await
    };
    let (claimed, holds) = tokio::join!(claim, others);
    assert_eq!((claimed, holds), (Err("user-2".to_owned()), true));
}
