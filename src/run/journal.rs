//! The journal of a run on disk: a header, then an event a line, synced before the effect. Reading it back *is* the recovery.
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::drive::Sink;
use super::{Event, Outcome, Run};
use crate::cloud::lease::Holder;
use crate::files::at;
use crate::model::{Moment, to_json};
use crate::plan::Plan;
use crate::visible::visible;
use crate::wire::Identity;

/// The shape of a journal; grows when an older version can't read a newer one.
pub const FORMAT: u32 = 6;
/// Where journals are kept unless said otherwise.
pub const FOLDER: &str = ".infra/runs";

/// The shape of a journal without gates, which earlier versions go on with, too.
const PLAIN: u32 = 4;

/// Record a run is, who runs it, and its whole program. Holds no secret: those of a plan are fingerprints once written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub format: u32,
    /// The version of infra.
    pub infra: String,
    pub run: String,
    /// Processes that have worked on the run up to this journal's beginning, its writer included, unless it begins by going on.
    pub life: u32,
    pub stack: String,
    /// `apply`, `destroy`.
    pub command: String,
    pub account: String,
    pub region: String,
    /// A digest of the spec's layers.
    pub spec: String,
    pub holder: Holder,
    pub started: Moment,
    pub plan: Plan,
}

impl Header {
    /// The header of a run that begins now.
    pub fn begun(run: String, plan: Plan, command: &str, who: Identity, spec: &str, holder: Holder) -> Self {
        Header {
            format: if plan.gates().next().is_some() { FORMAT } else { PLAIN },
            infra: env!("CARGO_PKG_VERSION").into(),
            run,
            life: 1,
            stack: plan.stack.clone(),
            command: command.into(),
            account: who.account,
            region: who.region,
            spec: spec.into(),
            holder,
            started: Moment::now(),
            plan,
        }
    }
}

/// One line after the header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Moment,
    pub what: Record,
}

/// The content of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every one is an event")]
pub enum Record {
    Event(Event),
    Ended(Ending),
}

/// How a run ended that needs no recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Applied,
    Leftovers,
    RolledBack,
    /// It was left as it stood, on purpose.
    Abandoned,
    /// Another machine brought it to its end.
    Elsewhere,
}

impl Ending {
    /// The ending of an outcome; `None` for a run that is stuck or unfinished, and must be recovered.
    pub fn of(outcome: &Outcome) -> Option<Ending> {
        match outcome {
            Outcome::Applied => Some(Ending::Applied),
            Outcome::Leftovers(_) => Some(Ending::Leftovers),
            Outcome::RolledBack(_) => Some(Ending::RolledBack),
            Outcome::Stuck(_) | Outcome::Unfinished(_) => None,
        }
    }
}

/// A run as its journal records it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRun {
    pub header: Header,
    pub entries: Vec<Entry>,
    /// Bytes up to the end of the last whole line.
    whole: u64,
}

impl RecordedRun {
    /// Its events, the oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.entries.iter().filter_map(|e| if let Record::Event(event) = &e.what { Some(event) } else { None })
    }

    /// How it ended; `None` when it must still be recovered.
    pub fn ended(&self) -> Option<Ending> {
        self.entries.iter().rev().find_map(|e| if let Record::Ended(how) = e.what { Some(how) } else { None })
    }

    /// Processes that have worked on the run so far.
    pub fn lives(&self) -> u32 {
        self.header.life + self.events().filter(|e| matches!(e, Event::Resumed(_))).count() as u32
    }
}

/// The line of a journal that can't be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// From 1; 0 for the whole.
    pub line: usize,
    pub why: String,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        f.write_str(&visible(&self.why))
    }
}

/// Reads a journal. A last line without its end was being written when the process died, and never happened.
pub fn parse(text: &[u8]) -> Result<RecordedRun, Damaged> {
    let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let mut lines = text[..whole].split_inclusive(|b| *b == b'\n');
    let damaged = |line, why: String| Damaged { line, why };
    let first = lines.next().ok_or_else(|| damaged(0, "the header is missing".into()))?;
    let header = header(first).map_err(|why| damaged(1, why))?;
    let mut entries = vec![];
    let mut run = Run::new(&header.plan);
    for (i, line) in lines.enumerate() {
        let entry: Entry = serde_json::from_slice(line).map_err(|e| damaged(i + 2, e.to_string()))?;
        if let Record::Event(event) = &entry.what {
            if event.made().is_some_and(|(step, live)| !header.plan.fits(&header.run, step, live)) {
                return Err(damaged(i + 2, "it tells of an object that the step it names can't have made".into()));
            }
            run.apply(event).map_err(|e| damaged(i + 2, e.0))?;
        }
        entries.push(entry);
    }
    Ok(RecordedRun { header, entries, whole: whole as u64 })
}

/// Reads a header that this version can go on with. The format comes first: what another version wrote is not damaged.
pub fn header(text: &[u8]) -> Result<Header, String> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    if !(PLAIN..=FORMAT).contains(&format) {
        return Err(format!("its format is {format}, this version of infra reads {PLAIN} to {FORMAT}"));
    }
    let header: Header = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    if header.plan.stack != header.stack {
        return Err("its plan is of another stack".into());
    }
    header.plan.check()?;
    match header.plan.unpermitted() {
        Some(address) => Err(format!("its plan loses what is in {address}, which nobody has allowed")),
        None => Ok(header),
    }
}

/// An open journal; a sink of the run's events.
pub struct Journal {
    file: File,
    pub path: PathBuf,
}

impl Journal {
    /// Begins a journal in `folder`/STACK/. It is on the disk when this returns.
    pub fn create(folder: &Path, header: &Header) -> io::Result<Self> {
        let stack = folder.join(&header.stack);
        fs::create_dir_all(&stack).map_err(at(&stack))?;
        // Record lies in `.infra` is of this machine alone.
        if let Some(home) = folder.parent().filter(|f| f.ends_with(".infra")) {
            let ignore = home.join(".gitignore");
            match OpenOptions::new().write(true).create_new(true).open(&ignore) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                file => file.and_then(|mut f| f.write_all(b"*\n")).map_err(at(&ignore))?,
            }
        }
        let path = (header.life..)
            .map(|life| stack.join(if life == 1 { format!("{}.jsonl", header.run) } else { format!("{}-{life}.jsonl", header.run) }));
        let path = path.into_iter().find(|p| !p.exists()).unwrap_or_default();
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(at(&path))?;
        let mut journal = Journal { file, path };
        journal.line(header)?;
        journal.file.sync_all().map_err(at(&journal.path))?;
        File::open(&stack).and_then(|folder| folder.sync_all()).map_err(at(&stack))?;
        Ok(journal)
    }

    /// Goes on with a journal that ends in the middle.
    pub fn open(path: &Path) -> io::Result<(Self, RecordedRun)> {
        let read = || {
            let mut file = OpenOptions::new().read(true).append(true).open(path)?;
            let mut text = vec![];
            file.read_to_end(&mut text)?;
            let damaged = |e: Damaged| io::Error::new(io::ErrorKind::InvalidData, format!("the journal is damaged: {e}"));
            let recorded = parse(&text).map_err(damaged)?;
            file.set_len(recorded.whole)?;
            file.seek(io::SeekFrom::End(0))?;
            Ok((Journal { file, path: path.into() }, recorded))
        };
        read().map_err(at(path))
    }

    /// Notes that there is nothing left to recover.
    pub fn end(&mut self, how: Ending) -> io::Result<()> {
        self.line(&Entry { at: Moment::now(), what: Record::Ended(how) })?;
        self.sync()
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = to_json(line)?.into_bytes();
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(at(&self.path))
    }
}

impl Sink for Journal {
    fn event(&mut self, _: &Plan, event: &Event) -> io::Result<()> {
        self.line(&Entry { at: Moment::now(), what: Record::Event(event.clone()) })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data().map_err(at(&self.path))
    }
}

/// Every journal of a folder (of one stack, if it is named), the newest last; those that can't be read with the reason.
pub fn list(folder: &Path, stack: Option<&str>) -> io::Result<Vec<(PathBuf, Result<RecordedRun, Damaged>)>> {
    let entries = |folder: &Path| match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        found => found.and_then(|all| all.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()).map_err(at(folder)),
    };
    let stacks = match stack {
        Some(name) => vec![folder.join(name)],
        None => entries(folder)?.into_iter().filter(|p| p.is_dir()).collect(),
    };
    let mut found = vec![];
    for stack in stacks {
        for path in entries(&stack)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "jsonl")) {
            let recorded = parse(&fs::read(&path).map_err(at(&path))?);
            found.push((path, recorded));
        }
    }
    let key = |recorded: &Result<RecordedRun, Damaged>| recorded.as_ref().ok().map(|s| s.header.started);
    found.sort_by(|(a, x), (b, y)| (key(x), a).cmp(&(key(y), b)));
    Ok(found)
}
