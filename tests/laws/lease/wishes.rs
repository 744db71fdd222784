//! What others ask of a holder is read where it is read whether the lease is still the holder's.
use infra::cloud::lease::{Wish, ask, until_over};
use infra::wire::CloudError;
use infra::wire::notes::Key;

use super::*;

/// A way to the notes that counts how often they are read.
struct Counted<'c>(&'c Sandbox, Cell<usize>);

impl Notes for Counted<'_> {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        self.0.note_new(name, text).await
    }
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        self.0.note(name, text).await
    }
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        self.1.set(self.1.get() + 1);
        self.0.notes(folder).await
    }
    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        self.0.forget(names).await
    }
    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError> {
        self.0.key(stack).await
    }
    async fn make_key(&self, stack: &str) -> Result<Key, CloudError> {
        self.0.make_key(stack).await
    }
}

/// Each wish is heard once, at the next sign of life, with one read a sign of life as ever; those of an earlier number are nobody's, and they go with it.
#[tokio::test(start_paused = true)]
async fn a_wish_costs_no_request() {
    let cloud = sandbox(1);
    let counted = Counted(&cloud, Cell::new(0));
    taken(&cloud, &cloud.policy, 1).await.unwrap().release("applied", 0).await.unwrap();
    ask(&cloud, "s", 1, &Wish::Abort("late".into())).await.unwrap();
    let mut keeper = take(&counted, &cloud.policy, asks("s", 2)).await.unwrap().unwrap();
    let (ended, wishes) = (SetOnce::new(), keeper.wishes.clone());
    counted.1.set(0);
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
    assert!(counted.1.get() <= beats, "{} reads in {beats} beats", counted.1.get());
    keeper.release("applied", 0).await.unwrap();
    let mut next = taken(&cloud, &cloud.policy, 3).await.unwrap();
    let notes = cloud.notes("s").await.unwrap();
    assert!(!notes.keys().any(|name| name.contains("wish")), "{notes:?}");
    next.begin("r", 1).await.unwrap();
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
