//! Files as `infra` writes them: whole or not at all, and no error without its path.
pub mod package;

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// So many links may lead to a file, as the kernel has it (`MAXSYMLINKS`).
const LINKS: usize = 40;

/// Writes a file whole or not at all: beside it under a random name, readable by its owner alone, then renamed. A link is followed, and what
/// stands there keeps its permissions. What is no ordinary file (a device, a FIFO, `/dev/stdout`) is written into.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    whole(path, bytes).map_err(at(path))
}

/// Writes a file as [`write`] does; one that is new may be read by whom the process lets read what it makes.
pub fn write_shared(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut new) => new.write_all(bytes).map_err(at(path)),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => write(path, bytes),
        Err(e) => Err(at(path)(e)),
    }
}

/// Writes a file as [`write`] does, in place of what has its name: readable by its owner alone, whoever read what stood there, and where a link
/// stood, which somebody else may have laid, the link goes.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let other = fs::symlink_metadata(path).is_ok_and(|m| !m.is_file() && !m.is_symlink());
    if open(path) || other {
        return write(path, bytes);
    }
    beside(path, bytes, None).map_err(at(path))
}

fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = target(path)?;
    let there = match fs::metadata(&target) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        found => Some(found?),
    };
    if open(&target) || there.as_ref().is_some_and(|m| !m.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    beside(&target, bytes, there.map(|m| m.permissions()))
}

/// Writes a file under a random name, then renames it.
fn beside(target: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let folder = target.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".infra-").tempfile_in(folder)?;
    beside.write_all(bytes)?;
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions)?;
    }
    beside.as_file().sync_all()?;
    beside.persist(target).map(drop).map_err(|e| e.error)
}

/// Where links lead, even if nothing is there yet. Those to what a process has open lead nowhere else.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&at) {
            Ok(next) if !open(&at) => at = at.parent().unwrap_or(Path::new("")).join(next),
            _ => return Ok(at),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Whether a path names what a process has open, or a device.
fn open(path: &Path) -> bool {
    path.starts_with("/proc") || path.starts_with("/dev")
}

/// Says in an error which file it is about. Its kind stays what it is.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |e| io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}

/// What helps against an error of a file.
pub fn help(e: &io::Error) -> &'static str {
    use io::ErrorKind::*;
    match e.kind() {
        NotFound | NotADirectory => "check the path: a folder of it is missing, or is none",
        IsADirectory => "name a file: this is a folder",
        PermissionDenied => "let this user read and write there (`ls -ld` shows who may), or name another place",
        ReadOnlyFilesystem => "name a place that can be written: this file system is read-only",
        StorageFull | QuotaExceeded | FileTooLarge => "make room there, or name another place",
        AlreadyExists => "take away what is there, or name another place",
        InvalidData => "this isn't such a file, or it is damaged: name another, or make it anew",
        _ => "the message is the system's own: see what it says of this path, then try again",
    }
}
