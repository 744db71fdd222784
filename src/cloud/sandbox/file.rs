//! The sandbox on disk: one JSON line a write, shared by every process that opens it.
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::at;
use crate::kinds::Live;
use crate::model::{Moment, to_json};

/// One write.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Lines of earlier versions name no region: what they tell of is in each.
    Put {
        serial: u64,
        live: Box<Live>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        region: String,
        /// When the storage of a database was changed by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<Moment>,
    },
    Delete(String),
    /// A note's name is `REGION:NAME`.
    Note {
        name: String,
        text: String,
    },
    Forget(String),
}

/// The open file. Writes go to its end; what other processes wrote is read from there.
pub struct File {
    file: fs::File,
    path: PathBuf,
    /// Bytes read or written so far; always the end of a line.
    seen: u64,
}

impl File {
    pub fn open(path: &Path) -> io::Result<File> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(at(path))?;
        Ok(File { file, path: path.into(), seen: 0 })
    }

    /// Keeps every other process from writing until [`File::unlock`].
    pub fn lock(&self) -> io::Result<()> {
        self.file.lock().map_err(at(&self.path))
    }

    pub fn unlock(&self) -> io::Result<()> {
        self.file.unlock().map_err(at(&self.path))
    }

    /// What was written since the last look. A last line without its end is still being written, or its writer has died.
    pub fn news(&mut self) -> io::Result<Vec<Line>> {
        let path = self.path.clone();
        self.unread().map_err(at(&path))
    }

    fn unread(&mut self) -> io::Result<Vec<Line>> {
        if self.file.metadata()?.len() <= self.seen {
            return Ok(vec![]);
        }
        self.file.seek(SeekFrom::Start(self.seen))?;
        let mut text = vec![];
        (&self.file).read_to_end(&mut text)?;
        text.truncate(text.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1));
        let broken = |e| io::Error::new(io::ErrorKind::InvalidData, format!("this is no sandbox file: {e}"));
        let lines = text.split_inclusive(|b| *b == b'\n').map(|line| serde_json::from_slice(line).map_err(broken));
        let lines = lines.collect::<io::Result<_>>()?;
        self.seen += text.len() as u64;
        Ok(lines)
    }

    /// Writes a line. The caller holds the lock and has seen all news, so that what else is there is the torn line of a writer that died.
    pub fn append(&mut self, line: &Line) -> io::Result<()> {
        let path = self.path.clone();
        self.add(line).map_err(at(&path))
    }

    fn add(&mut self, line: &Line) -> io::Result<()> {
        if self.file.metadata()?.len() > self.seen {
            self.file.set_len(self.seen)?;
        }
        let mut bytes = to_json(line)?.into_bytes();
        bytes.push(b'\n');
        self.file.write_all(&bytes)?;
        self.seen += bytes.len() as u64;
        Ok(())
    }
}
