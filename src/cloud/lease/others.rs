//! What others do with a lease that they don't hold: they take it away, ask something of its holder, or wait until it is over.
use tokio::time::{Instant, sleep};

use super::names::{folder, latest, name, newest, next, revoked};
use super::{Holder, Lease, Standing, Terms, Watch, Wish, forget_before, standing, text};
use crate::model::Moment;
use crate::wire::notes::Notes;
use crate::wire::{Class, CloudError};

/// Takes a stack's lease from its holder. One that lives hears of it at its next sign of life, sends nothing more and lets the lease go; one that
/// says nothing new for [`Terms::expiry`] is declared dead, and so is what this version can't read. Returns once nobody holds it; an error when the
/// holder goes on in spite of it.
pub async fn unlock(cloud: &impl Notes, stack: &str, by: &Holder, terms: &Terms) -> Result<(), CloudError> {
    let (mut watch, started) = (Watch::default(), Instant::now());
    loop {
        let asked = Instant::now();
        let seen = cloud.notes(&folder(stack)).await?;
        let Some((n, said)) = latest(stack, &seen) else { return Ok(()) };
        let stands = standing(stack, &seen, terms);
        let dead = match &stands {
            Standing::Free => return Ok(()),
            Standing::Dead(_) => true,
            _ => watch.still((n, said), asked) >= terms.expiry(),
        };
        if dead {
            let ended = Some(format!("unlocked by {by}"));
            let lease = match stands {
                Standing::Alive(lease) | Standing::Silent(lease) | Standing::Dead(lease) => Lease { ended, ..lease },
                Standing::Free | Standing::Unreadable => {
                    let now = Moment((terms.clock)());
                    let (holder, command, gates) = (by.clone(), "unlock".into(), vec![]);
                    Lease { holder, command, run: None, taken: now, beat: now, done: 0, of: 0, gates, ended }
                }
            };
            let number = next(stack, n)?;
            if cloud.note_new(&name(stack, number), &text(&lease)?).await? {
                forget_before(cloud, stack, number, &seen).await?;
                lease.holder.clear();
            }
            continue;
        }
        if started.elapsed() > terms.expiry() * 3 {
            let why = format!("the holder of {stack}'s lease goes on though it was told to let go: end its process");
            return Err(CloudError::new(Class::Conflict, "LeaseKept", why));
        }
        if !seen.contains_key(&revoked(stack, n)) {
            cloud.note(&revoked(stack, n), &by.to_string()).await?;
        }
        sleep(terms.beat / 2).await;
    }
}

/// Asks something of the run that holds a lease, by its number. It hears of it at its next sign of life.
pub async fn ask(cloud: &impl Notes, stack: &str, number: u64, wish: &Wish) -> Result<(), CloudError> {
    wish.leave(cloud, stack, number).await
}

/// Waits until a lease is over, and says how it ended where that still stands; an error when its holder says nothing new for [`Terms::expiry`].
pub async fn until_over(cloud: &impl Notes, stack: &str, number: u64, terms: &Terms) -> Result<Option<String>, CloudError> {
    let mut watch = Watch::default();
    loop {
        let asked = Instant::now();
        let seen = cloud.notes(&folder(stack)).await?;
        let Some((n, said)) = latest(stack, &seen).filter(|(n, _)| *n == number) else { return Ok(None) };
        match newest(stack, &seen) {
            Some((_, Some(Lease { ended: Some(ended), .. }))) => return Ok(Some(ended)),
            Some((_, Some(lease))) if lease.holder.dead_here() => return Err(silent(&lease.holder)),
            Some((_, Some(lease))) if watch.still((n, said), asked) >= terms.expiry() => return Err(silent(&lease.holder)),
            _ => sleep(terms.beat / 2).await,
        }
    }
}

fn silent(holder: &Holder) -> CloudError {
    let why = format!("{holder} says nothing any more: `infra recover` takes its run back, from any machine");
    CloudError::new(Class::Conflict, "LeaseSilent", why)
}
