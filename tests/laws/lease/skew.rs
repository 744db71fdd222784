//! One writer at a time, with clocks that are wrong on all sides, links that lose and delay what is written, and processes that die.
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use infra::cloud::Sandbox;
use infra::cloud::lease::{Asks, Terms, take};
use infra::cloud::sandbox::Pace;
use infra::wire::notes::Key;
use infra::wire::policy::{Policy, Repeat};
use infra::wire::{Class, CloudError, Notes, Service};
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

use crate::support::sparse;

use super::{clock, holder};

/// A clock that is so many seconds wrong.
fn wrong<const BY: i64>() -> SystemTime {
    let by = Duration::from_secs(BY.unsigned_abs());
    if BY < 0 { clock() - by } else { clock() + by }
}

const CLOCKS: [fn() -> SystemTime; 7] =
    [wrong::<0>, wrong::<-59>, wrong::<60>, wrong::<-250>, wrong::<250>, wrong::<-90_000>, wrong::<315_000_000>];

/// One machine's way to the notes. At times it is bad: then what is written arrives late or never, and no answer does.
struct Link<'c> {
    cloud: &'c Sandbox,
    rng: RefCell<fastrand::Rng>,
    bad: Cell<Option<Instant>>,
}

impl Link<'_> {
    fn draw(&self, most: u64) -> Duration {
        Duration::from_millis(self.rng.borrow_mut().u64(0..=most))
    }

    fn odds(&self, one_in: u32) -> bool {
        self.rng.borrow_mut().u32(0..one_in) == 0
    }

    /// Whether the next request gets through; the time until it arrives has passed.
    async fn pass(&self) -> (bool, bool) {
        if self.bad.get().is_none_or(|until| until < Instant::now()) && self.odds(25) {
            self.bad.set(Some(Instant::now() + self.draw(150_000)));
        }
        let bad = self.bad.get().is_some_and(|until| until > Instant::now());
        sleep(self.draw(if bad { 59_000 } else { 1_500 })).await;
        (!bad || self.odds(2), !bad)
    }

    fn lost() -> CloudError {
        CloudError::new(Class::Transient, "RequestTimeout", "no answer came")
    }
}

impl Notes for Link<'_> {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        let (arrives, answered) = self.pass().await;
        let new = if arrives { self.cloud.note_new(name, text).await? } else { false };
        if answered { Ok(new) } else { Err(Link::lost()) }
    }
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        let (arrives, answered) = self.pass().await;
        if arrives {
            self.cloud.note(name, text).await?;
        }
        if answered { Ok(()) } else { Err(Link::lost()) }
    }
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        let (_, answered) = self.pass().await;
        if answered { self.cloud.notes(folder).await } else { Err(Link::lost()) }
    }
    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        let (arrives, answered) = self.pass().await;
        if arrives {
            self.cloud.forget(names).await?;
        }
        if answered { Ok(()) } else { Err(Link::lost()) }
    }
    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError> {
        self.cloud.key(stack).await
    }
    async fn make_key(&self, stack: &str) -> Result<Key, CloudError> {
        self.cloud.make_key(stack).await
    }
}

/// A request of somebody, from when to when it was under way.
type Sent = (u32, Instant, Instant);

/// One life: takes the lease, works for a while, then lets it go, or dies.
async fn life(n: u32, link: &Link<'_>, terms: Terms, sent: &RefCell<Vec<Sent>>, deaths: &Cell<usize>) {
    let policy = Policy::new(10);
    let asks = Asks { stack: "s", command: "apply", holder: holder(n), terms, timeout: Duration::ZERO, tell: &|_, _| {} };
    let Ok(Ok(mut keeper)) = take(link, &policy, asks).await else { return };
    let (ended, end) = (SetOnce::new(), Instant::now() + link.draw(200_000));
    let one = async || {
        while Instant::now() < end {
            sleep(link.draw(3_000)).await;
            let time = link.draw(59_000);
            let send = async || {
                sent.borrow_mut().push((n, Instant::now(), Instant::now() + time));
                sleep(time).await;
                Ok(())
            };
            if policy.request(Service::Ec2, Repeat::Unsafe, send).await.is_err() {
                return;
            }
        }
    };
    let work = async {
        tokio::join!(one(), one(), one());
        let _ = ended.set(());
    };
    let dies = async {
        match link.odds(2) {
            true => sleep(link.draw(200_000)).await,
            false => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = futures_util::future::join(work, keeper.keep(&ended, infra::cloud::lease::Headway::default)) => drop(keeper.release("over", 0).await),
        () = dies => deaths.set(deaths.get() + 1),
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_clocks_say_one_writes_at_a_time() {
    let (mut changes, deaths) = (0, Cell::new(0));
    for seed in 0..sparse(60, 20) as u64 {
        let pace = Pace { latency: Duration::from_millis(50), seed, ..Pace::INSTANT };
        let cloud = Sandbox::new("us-east-1", pace, Policy::new(10));
        let sent = RefCell::new(vec![]);
        let mut rng = fastrand::Rng::with_seed(seed);
        let links: Vec<Link> =
            (0..4).map(|n| Link { cloud: &cloud, rng: fastrand::Rng::with_seed(seed * 10 + n).into(), bad: Cell::new(None) }).collect();
        let machines = links.iter().enumerate().map(|(n, link)| {
            let terms = Terms { clock: CLOCKS[rng.usize(..CLOCKS.len())], ..Terms::CLOUD };
            let (sent, deaths) = (&sent, &deaths);
            async move {
                let end = Instant::now() + Duration::from_secs(3600);
                while Instant::now() < end {
                    life(n as u32, link, terms, sent, deaths).await;
                    sleep(link.draw(20_000)).await;
                }
            }
        });
        futures_util::future::join_all(machines).await;
        let mut sent = sent.into_inner();
        sent.sort_by_key(|(_, begun, _)| *begun);
        let mut last: BTreeMap<u32, Instant> = BTreeMap::new();
        for pair in sent.windows(2) {
            changes += usize::from(pair[0].0 != pair[1].0);
        }
        for (n, begun, over) in sent {
            let others = last.iter().filter(|(m, until)| **m != n && **until > begun);
            assert_eq!(others.map(|(m, until)| (*m, *until - begun)).collect::<Vec<_>>(), [], "seed {seed}: {n} writes, too");
            let until = last.entry(n).or_insert(over);
            *until = over.max(*until);
        }
    }
    println!("skewed clocks: {changes} changes of the writer, {} deaths", deaths.get());
    assert!(changes > sparse(300, 100) && deaths.get() > sparse(100, 30));
}
