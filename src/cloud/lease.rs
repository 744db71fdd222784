//! One writer per stack: a lease with holder, heartbeat and expiry, kept in the cloud's notes.
//!
//! A lease is a numbered note, `STACK/lease/N`; the highest number rules. It is taken by creating the next number, which only one of several
//! writers can do, and every later write of a holder is to its own number, so nobody can ever overwrite another's lease.
//! A holder beats; one that could not renew its lease for [`Terms::valid`] sends nothing more, and only after [`Terms::expiry`],
//! which is longer, may another take its place.
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

use crate::model::Moment;
use crate::visible::visible;
use crate::wire::notes::Notes;
use crate::wire::policy::Policy;
use crate::wire::{Class, CloudError};

/// Who runs: shown to whoever has to wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub user: String,
    pub host: String,
    pub pid: u32,
    /// What tells this process from every other one of this machine, past and present; `None` where the system can't say.
    pub process: Option<String>,
    /// The CI job's address.
    pub job: Option<String>,
}

impl Holder {
    /// This process.
    pub fn me() -> Self {
        let env = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let github = || Some(format!("{}/{}/actions/runs/{}", env("GITHUB_SERVER_URL")?, env("GITHUB_REPOSITORY")?, env("GITHUB_RUN_ID")?));
        Holder {
            user: whoami::username(),
            host: whoami::fallible::hostname().unwrap_or_else(|_| "unknown".into()),
            pid: std::process::id(),
            process: process(std::process::id()),
            job: env("CI_JOB_URL").or_else(github),
        }
    }

    /// Whether the holder ran on this very machine and is no more.
    pub fn dead_here(&self) -> bool {
        let (Some(theirs), Some(ours)) = (&self.process, process(std::process::id())) else { return false };
        let machine = |p: &str| p.rsplit_once(' ').map(|(machine, _)| machine.to_owned());
        machine(theirs) == machine(&ours) && process(self.pid).as_ref() != Some(theirs)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{} (process {})", visible(&self.user), visible(&self.host), self.pid)
    }
}

/// The machine's boot, the namespace of its processes, and when the process started (`proc(5)`, field 22 of `stat`).
fn process(pid: u32) -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // A zombie has ended, though nobody has taken note of it yet.
    let started = fields.get(19).filter(|_| !matches!(fields.first(), Some(&"Z" | &"X")))?;
    Some(format!("{} {} {started}", boot.trim(), space.display()))
}

/// What a lease says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub holder: Holder,
    /// `apply`, `destroy`, `recover`.
    pub command: String,
    /// The run, once there is one.
    pub run: Option<String>,
    pub taken: Moment,
    /// The last sign of life.
    pub beat: Moment,
    /// Steps whose effect stands, and steps in all.
    pub done: usize,
    pub of: usize,
    /// How it ended; `None` while it is held.
    pub ended: Option<String>,
}

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Between two signs of life.
    pub beat: Duration,
    /// So long after its last sign of life a holder may still send requests.
    pub valid: Duration,
    /// So long after its last sign of life a holder is taken for dead.
    pub expiry: Duration,
    /// So long must a holder that seems dead give no new sign, whatever the clocks of two machines say.
    pub watch: Duration,
    pub clock: fn() -> SystemTime,
}

impl Terms {
    pub const CLOUD: Terms = Terms {
        beat: Duration::from_secs(10),
        valid: Duration::from_secs(45),
        expiry: Duration::from_secs(60),
        watch: Duration::from_secs(15),
        clock: SystemTime::now,
    };
    /// The sandbox is near, and its runs are short.
    pub const SANDBOX: Terms = Terms {
        beat: Duration::from_secs(1),
        valid: Duration::from_secs(8),
        expiry: Duration::from_secs(12),
        watch: Duration::from_secs(2),
        clock: SystemTime::now,
    };
}

/// How things stand with a stack's lease.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    Free,
    Alive(Lease),
    /// It gave no sign of life for too long, or its process is gone.
    Dead(Lease),
    /// Something stands there that this version can't read.
    Unreadable,
}

/// The newest lease among a stack's notes, and what it says; `None` inside when that can't be read.
pub fn newest(stack: &str, notes: &BTreeMap<String, String>) -> Option<(u64, Option<Lease>)> {
    let prefix = format!("{stack}/lease/");
    let numbered = notes.iter().filter_map(|(name, text)| Some((name.strip_prefix(&prefix)?.parse::<u64>().ok()?, text)));
    numbered.max_by_key(|(n, _)| *n).map(|(n, text)| (n, serde_json::from_str(text).ok()))
}

/// How things stand, judged from the notes alone.
pub fn standing(stack: &str, notes: &BTreeMap<String, String>, terms: &Terms) -> Standing {
    match newest(stack, notes) {
        Some((_, Some(lease))) if lease.ended.is_some() => Standing::Free,
        Some((_, Some(lease))) if lease.holder.dead_here() || lease.beat.age((terms.clock)()) > terms.expiry => Standing::Dead(lease),
        Some((_, Some(lease))) => Standing::Alive(lease),
        Some((_, None)) => Standing::Unreadable,
        None => Standing::Free,
    }
}

/// A lease that is held.
pub struct Keeper<'c, C> {
    cloud: &'c C,
    policy: &'c Policy,
    stack: String,
    number: u64,
    pub lease: Lease,
    /// The one before, however it ended.
    pub before: Option<Lease>,
    terms: Terms,
}

/// Takes a stack's lease; waits for it for so long, and tells once who holds it.
pub async fn take_within<'c, C: Notes + 'c>(
    timeout: Duration,
    tell: impl Fn(&Lease),
    take: impl AsyncFn() -> Result<Result<Keeper<'c, C>, Lease>, CloudError>,
) -> Result<Result<Keeper<'c, C>, Lease>, CloudError> {
    let started = Instant::now();
    loop {
        let left = timeout.saturating_sub(started.elapsed());
        match take().await? {
            Err(lease) if !left.is_zero() => {
                if started.elapsed() < Duration::from_secs(1) {
                    tell(&lease);
                }
                sleep(left.min(Duration::from_secs(1))).await;
            }
            other => return Ok(other),
        }
    }
}

/// Takes a stack's lease, or says who holds it.
pub async fn take<'c, C: Notes>(
    cloud: &'c C,
    policy: &'c Policy,
    stack: &str,
    command: &str,
    holder: Holder,
    terms: Terms,
) -> Result<Result<Keeper<'c, C>, Lease>, CloudError> {
    let folder = format!("{stack}/lease");
    let mut seen = cloud.notes(&folder).await?;
    match standing(stack, &seen, &terms) {
        Standing::Alive(lease) => return Ok(Err(lease)),
        Standing::Dead(lease) if !lease.holder.dead_here() => {
            sleep(terms.watch).await;
            seen = cloud.notes(&folder).await?;
            match newest(stack, &seen) {
                Some((_, Some(now))) if now != lease && now.ended.is_none() => return Ok(Err(now)),
                _ => {}
            }
        }
        Standing::Dead(_) | Standing::Free => {}
        Standing::Unreadable => {
            let why = format!("the lease of {stack} can't be read by this version of infra");
            return Err(CloudError::new(Class::Invalid, "LeaseUnreadable", why));
        }
    }
    let started = Instant::now();
    let now = Moment((terms.clock)());
    let number = newest(stack, &seen).map_or(0, |(n, _)| n) + 1;
    let lease = Lease { holder, command: command.into(), run: None, taken: now, beat: now, done: 0, of: 0, ended: None };
    let before = newest(stack, &seen).and_then(|(_, lease)| lease);
    let keeper = Keeper { cloud, policy, stack: stack.into(), number, lease, before, terms };
    let won = cloud.note_new(&keeper.name(number), &keeper.text()?).await?;
    let after = cloud.notes(&folder).await?;
    // Whoever looked long ago may have created a number that is no longer the next one.
    let rules = newest(stack, &after);
    if !won || rules.as_ref().is_none_or(|(n, _)| *n != number) {
        if won {
            cloud.forget(&[keeper.name(number)]).await?;
        }
        let unread =
            || CloudError::new(Class::Invalid, "LeaseUnreadable", format!("somebody took the lease of {stack} at the same moment"));
        return rules.and_then(|(_, other)| other).map(Err).ok_or_else(unread);
    }
    let old: Vec<String> = after.into_keys().filter(|name| *name != keeper.name(number)).collect();
    cloud.forget(&old).await?;
    keeper.renewed(started);
    Ok(Ok(keeper))
}

/// Takes a stack's lease from its holder. One that lives hears of it at its next sign of life, sends nothing more and lets the lease go;
/// one that is dead is declared so. Returns once nobody holds it.
pub async fn unlock(cloud: &impl Notes, stack: &str, by: &Holder, terms: &Terms) -> Result<(), CloudError> {
    let folder = format!("{stack}/lease");
    loop {
        let seen = cloud.notes(&folder).await?;
        let Some((n, lease)) = newest(stack, &seen) else { return Ok(()) };
        let dead = match standing(stack, &seen, terms) {
            Standing::Free => return Ok(()),
            Standing::Alive(_) => None,
            Standing::Dead(lease) => Some(lease),
            Standing::Unreadable => return cloud.forget(&[format!("{folder}/{n}")]).await,
        };
        if let Some(lease) = dead {
            let ended = Lease { ended: Some(format!("unlocked by {by}")), ..lease };
            let text = serde_json::to_string(&ended).map_err(|e| CloudError::bug(e.to_string()))?;
            cloud.note_new(&format!("{folder}/{}", n + 1), &text).await?;
            return cloud.forget(&[format!("{folder}/{n}"), format!("{folder}/{n}/revoked")]).await;
        }
        if lease.is_some() && !seen.contains_key(&format!("{folder}/{n}/revoked")) {
            cloud.note(&format!("{folder}/{n}/revoked"), &by.to_string()).await?;
        }
        sleep(terms.beat / 2).await;
    }
}

impl<C: Notes> Keeper<'_, C> {
    fn name(&self, number: u64) -> String {
        format!("{}/lease/{number}", self.stack)
    }

    fn text(&self) -> Result<String, CloudError> {
        serde_json::to_string(&self.lease).map_err(|e| CloudError::bug(e.to_string()))
    }

    fn renewed(&self, started: Instant) {
        self.policy.permit(self.terms.valid.saturating_sub(started.elapsed()));
    }

    /// Keeps the lease until `ended`. A lease that was lost halts every request. `progress` tells steps done and steps in all.
    pub async fn keep(&mut self, ended: &SetOnce<()>, progress: impl Fn() -> (usize, usize)) {
        loop {
            tokio::select! {
                _ = ended.wait() => return,
                () = sleep(self.terms.beat) => {}
            }
            (self.lease.done, self.lease.of) = progress();
            if let Err(lost) = self.beat().await {
                self.policy.halt(lost);
                return;
            }
        }
    }

    /// Keeps the lease while something else is done.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let ended = SetOnce::new();
        let work = async {
            let out = work.await;
            let _ = ended.set(());
            out
        };
        tokio::join!(work, self.keep(&ended, || (0, 0))).0
    }

    /// One sign of life; an error when the lease is another's, or is to be. What can't be asked now is asked again at the next beat.
    async fn beat(&mut self) -> Result<(), CloudError> {
        let started = Instant::now();
        let Ok(seen) = self.cloud.notes(&format!("{}/lease", self.stack)).await else { return Ok(()) };
        let lost = |why: String| Err(CloudError::new(Class::Ambiguous, "LeaseLost", why));
        match newest(&self.stack, &seen) {
            Some((n, other)) if n > self.number => {
                return lost(format!("the lease is held by {}", other.map_or("another run".into(), |l| l.holder.to_string())));
            }
            Some((n, _)) if n == self.number => {}
            _ => return lost("the lease was taken away".into()),
        }
        if let Some(by) = seen.get(&format!("{}/revoked", self.name(self.number))) {
            return lost(format!("{by} took the lease away"));
        }
        self.lease.beat = Moment((self.terms.clock)());
        if self.cloud.note(&self.name(self.number), &self.text()?).await.is_ok() {
            self.renewed(started);
        }
        Ok(())
    }

    /// Notes what run the lease is for.
    pub async fn begin(&mut self, run: &str, of: usize) -> Result<(), CloudError> {
        (self.lease.run, self.lease.of) = (Some(run.into()), of);
        self.cloud.note(&self.name(self.number), &self.text()?).await
    }

    /// Lets the lease go. How it ended stays to be read, until the next one is taken.
    pub async fn release(mut self, ended: &str, done: usize) -> Result<(), CloudError> {
        self.policy.release();
        self.lease.beat = Moment((self.terms.clock)());
        (self.lease.ended, self.lease.done) = (Some(ended.into()), done);
        let seen = self.cloud.notes(&format!("{}/lease", self.stack)).await?;
        if newest(&self.stack, &seen).is_some_and(|(n, _)| n != self.number) {
            return Ok(());
        }
        self.cloud.note(&self.name(self.number), &self.text()?).await?;
        self.cloud.forget(&[format!("{}/revoked", self.name(self.number))]).await
    }

    /// Lets the lease go and leaves no note of the stack at all.
    pub async fn vanish(self) -> Result<(), CloudError> {
        self.policy.release();
        let all = self.cloud.notes(&self.stack).await?;
        self.cloud.forget(&all.into_keys().collect::<Vec<_>>()).await
    }
}
