//! Who holds a lease, and whether it is known to be no more.
use crate::visible::visible;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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
    /// The file that the process keeps in this machine's folder for temporary files as long as it lives: see [`Mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
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
            mark: None,
        }
    }

    /// Whether the holder ran on this very machine and is no more: it was of this boot, no process is the one that it was, and its mark is
    /// here. Clones of a virtual machine share their boot, but one that was made before the holder began has no mark of it; in one that was
    /// made later a copy of the holder runs, and a lease that two processes renew is [lost](super::Keeper) to both.
    pub fn dead_here(&self) -> bool {
        let (Some(theirs), Some(ours)) = (&self.process, process(std::process::id())) else { return false };
        let machine = |p: &str| p.rsplit_once(' ').map(|(machine, _)| machine.to_owned());
        machine(theirs) == machine(&ours) && process(self.pid).as_ref() != Some(theirs) && self.mark().is_some_and(|file| file.exists())
    }

    /// Where its mark is, or was.
    fn mark(&self) -> Option<PathBuf> {
        let plain = |name: &&String| name.strip_prefix(MARK).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
        Some(std::env::temp_dir().join(self.mark.as_ref().filter(plain)?))
    }

    /// Takes away what a dead holder has left on this machine.
    pub fn clear(&self) {
        if let Some(file) = self.mark() {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// What the names of marks begin with.
const MARK: &str = "infra-lease-";

/// An empty file with a random name by which this machine knows that a holder ran on it. It goes when the process lets its lease go; that of a
/// process that was killed stays until somebody takes its place.
pub struct Mark(PathBuf);

impl Mark {
    /// Leaves a mark, and names it in the holder. `None` where processes can't be told apart, or no file can be made.
    pub fn leave(holder: &mut Holder) -> Option<Mark> {
        holder.process.as_ref()?;
        let name = format!("{MARK}{:032x}", fastrand::u128(..));
        let file = std::env::temp_dir().join(&name);
        new(&file).ok()?;
        holder.mark = Some(name);
        Some(Mark(file))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn new(file: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(file).map(drop)
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
