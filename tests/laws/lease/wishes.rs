//! What others ask of a holder is read where it is read whether the lease is still the holder's.
use std::cell::RefCell;

use infra::cloud::lease::{Wish, ask, until_over};

use super::*;

/// Each wish is heard once, at the next sign of life, with one read a sign of life as ever; those of an earlier number are nobody's, and they go with it.
#[tokio::test(start_paused = true)]
async fn a_wish_costs_no_request() {
    let cloud = sandbox(1);
    let counted = Through::to(&cloud);
    taken(&cloud, &cloud.policy, 1).await.unwrap().release("applied", 0).await.unwrap();
    ask(&cloud, "s", 1, &Wish::Abort("late".into())).await.unwrap();
    let mut keeper = take(&counted, &cloud.policy, asks("s", 2)).await.unwrap().unwrap();
    let (ended, wishes) = (SetOnce::new(), keeper.wishes.clone());
    counted.reads.set(0);
    let (heard, started) = (Cell::new(0), Instant::now());
    let listen = async {
        loop {
            wishes.next().await;
            heard.set(heard.get() + 1);
        }
    };
    let others = async {
        ask(&cloud, "s", 1, &Wish::Abort("to a number that is over".into())).await.unwrap();
        ask(&cloud, "s", 2, &Wish::Approve(7, "ana\u{1b}[2J".into())).await.unwrap();
        sleep(Duration::from_secs(25)).await;
        assert_eq!(heard.get(), 1, "the approval, once");
        ask(&cloud, "s", 2, &Wish::Abort("ben".into())).await.unwrap();
        sleep(Duration::from_secs(20)).await;
        assert_eq!(heard.get(), 2);
        ended.set(()).unwrap();
    };
    tokio::select! {
        _ = futures_util::future::join(keeper.keep(&ended, Headway::default), others) => {}
        () = listen => {}
    }
    let beats = (started.elapsed().as_secs() / TERMS.beat.as_secs()) as usize;
    assert!(counted.reads.get() <= beats, "{} reads in {beats} beats", counted.reads.get());
    keeper.release("applied", 0).await.unwrap();
    let mut next = taken(&cloud, &cloud.policy, 3).await.unwrap();
    let notes = cloud.notes("s").await.unwrap();
    assert!(!notes.keys().any(|name| name.contains("wish")), "{notes:?}");
    next.begin("r", 1).await.unwrap();
}

/// An approval counts only with the stack's seal over its own step: one that was written by hand, or copied from another step or an earlier lease, is none,
/// and doesn't keep the true one from being heard.
#[tokio::test(start_paused = true)]
async fn an_approval_bears_the_seal() {
    let cloud = sandbox(1);
    taken(&cloud, &cloud.policy, 1).await.unwrap().release("applied", 0).await.unwrap();
    ask(&cloud, "s", 1, &Wish::Approve(7, "earlier".into())).await.unwrap();
    let of_earlier = cloud.notes("s").await.unwrap()["s/lease/1/wish/approve/7"].clone();
    let mut keeper = taken(&cloud, &cloud.policy, 2).await.unwrap();
    let (ended, wishes, heard) = (SetOnce::new(), keeper.wishes.clone(), RefCell::new(vec![]));
    let listen = async {
        loop {
            let wish = wishes.next().await;
            heard.borrow_mut().push(wish);
        }
    };
    let others = async {
        ask(&cloud, "s", 2, &Wish::Approve(5, "ana".into())).await.unwrap();
        let of_five = cloud.notes("s").await.unwrap()["s/lease/2/wish/approve/5"].clone();
        for forged in ["ana".to_owned(), format!("{} ana", "0".repeat(64)), of_five, of_earlier] {
            cloud.note("s/lease/2/wish/approve/7", &forged).await.unwrap();
            sleep(TERMS.beat * 2).await;
        }
        assert_eq!(*heard.borrow(), [Wish::Approve(5, "ana".into())]);
        ask(&cloud, "s", 2, &Wish::Approve(7, "ben".into())).await.unwrap();
        sleep(TERMS.beat * 2).await;
        assert_eq!(*heard.borrow(), [Wish::Approve(5, "ana".into()), Wish::Approve(7, "ben".into())]);
        ended.set(()).unwrap();
    };
    tokio::select! {
        _ = futures_util::future::join(keeper.keep(&ended, Headway::default), others) => {}
        () = listen => {}
    }
}

/// Whoever waits for the end of a lease hears how it ended, also when another has followed, and doesn't wait for the dead.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_lease_is_heard() {
    let cloud = sandbox(1);
    let keeper = taken(&cloud, &cloud.policy, 1).await.unwrap();
    let over = async { until_over(&cloud, "s", 1, &TERMS).await.unwrap() };
    let ends = async {
        sleep(Duration::from_secs(7)).await;
        keeper.release("rolled back", 0).await.unwrap();
    };
    assert_eq!(tokio::join!(over, ends).0, Some("rolled back".into()));
    let next = taken(&cloud, &cloud.policy, 2).await.unwrap();
    assert_eq!(until_over(&cloud, "s", 1, &TERMS).await.unwrap(), None);
    drop(next);
    assert_eq!(until_over(&cloud, "s", 2, &TERMS).await.unwrap_err().code, "LeaseSilent");
}
