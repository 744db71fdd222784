//! Code as one zip archive that is the same on every machine: a folder's files in the order of their paths, stored as they are, of the year 1980, with the
//! modes 0644 and 0755. No deflate, whose bytes change with its library. A file that is an archive already is taken as it is.
//!
//! The format is that of PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end).
pub mod directory;
mod walk;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{fs, mem};

use flate2::Crc;
use sha2::{Digest, Sha256};

/// Bytes of an archive that a request holds (`ZipFile`; "Deployment package (.zip file archive) size" of Lambda's quotas).
pub const ZIPPED: u64 = 50 * MIB;
/// Bytes of all that it unpacks to, layers among them (the same quota).
pub const UNPACKED: u64 = 250 * MIB;
const MIB: u64 = 1024 * 1024;

/// Files of an archive that needs no zip64.
const FILES: usize = 65_535;

/// What is known of packed code without keeping it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// SHA-256 over the archive, in hex.
    pub sha256: String,
    /// The paths in it, sorted; none of a file that is an archive already.
    pub files: Vec<String>,
    /// Bytes of the archive.
    pub bytes: u64,
}

/// Why code can't be packed, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One sentence.
    pub message: String,
    /// What to do instead.
    pub help: String,
}

impl Problem {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Problem { message: message.into(), help: help.into() }
    }

    fn of(path: &Path, e: &io::Error) -> Self {
        Problem::new(format!("`{}` can't be read: {e}", path.display()), super::help(e))
    }
}

/// One file of an archive.
#[derive(Clone, Debug)]
struct Entry {
    /// Its path in the archive, with `/`.
    name: String,
    /// Where it lies.
    from: PathBuf,
    executable: bool,
    bytes: u64,
}

/// Takes what is written into a digest, and keeps nothing of it.
struct Hashed(Sha256);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Looks at a folder, or a file that is an archive. Keeps one file in memory at a time.
///
/// # Errors
/// Everything that is wrong with it.
pub fn survey(path: &Path) -> Result<Package, Vec<Problem>> {
    let entries = entries(path)?;
    let mut digest = Hashed(Sha256::new());
    let bytes = match &entries {
        Some(entries) => write(entries, &mut digest),
        None => fs::File::open(path).and_then(|mut file| io::copy(&mut file, &mut digest)),
    };
    let bytes = bytes.map_err(|e| vec![Problem::of(path, &e)])?;
    too_large(path, bytes)?;
    let files = entries.into_iter().flatten().map(|e| e.name).collect();
    Ok(Package { sha256: hex(&digest.0.finalize()), files, bytes })
}

/// The archive itself, for the one request that holds it, and its digest in hex.
///
/// # Errors
/// Everything that is wrong with it.
pub fn pack(path: &Path) -> Result<(Vec<u8>, String), Vec<Problem>> {
    let mut archive = vec![];
    let written = match entries(path)? {
        Some(entries) => write(&entries, &mut archive).map(drop),
        None => fs::read(path).map(|bytes| archive = bytes),
    };
    written.map_err(|e| vec![Problem::of(path, &e)])?;
    let digest = hex(&Sha256::digest(&archive));
    Ok((archive, digest))
}

/// The files of the archive, of a folder or of a file that is one; `None` for what can't be read.
pub fn contents(path: &Path) -> Option<directory::Files> {
    let Some(entries) = entries(path).ok()? else {
        let archive = fs::read(path).ok()?;
        let place = directory::place(&archive)?;
        return directory::read(archive.get(usize::try_from(place.start).ok()?..usize::try_from(place.end).ok()?)?);
    };
    let file = |entry: Entry| {
        let mut crc = Crc::new();
        crc.update(&fs::read(&entry.from).ok()?);
        Some((entry.name, crc.sum()))
    };
    entries.into_iter().map(file).collect()
}

/// The files of a folder; `None` for a file that is an archive.
fn entries(path: &Path) -> Result<Option<Vec<Entry>>, Vec<Problem>> {
    let about = fs::metadata(path).map_err(|e| vec![Problem::of(path, &e)])?;
    if about.is_file() {
        if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("zip")) {
            let message = format!("`{}` is a file, and no zip archive", path.display());
            return Err(vec![Problem::new(message, "name the folder that the code lies in, or a file that ends with `.zip`")]);
        }
        too_large(path, about.len())?;
        return Ok(None);
    }
    let entries = walk::walk(path)?;
    if entries.is_empty() {
        return Err(vec![Problem::new(format!("`{}` has no files", path.display()), "name the folder that the code lies in")]);
    }
    if entries.len() > FILES {
        let message = format!("`{}` has {} files, and an archive holds {FILES}", path.display(), entries.len());
        return Err(vec![Problem::new(message, "leave out what the function doesn't need, or use a container image (`image`)")]);
    }
    too_large(path, entries.iter().map(|e| e.bytes).sum())?;
    Ok(Some(entries))
}

fn too_large(path: &Path, bytes: u64) -> Result<(), Vec<Problem>> {
    if bytes <= ZIPPED {
        return Ok(());
    }
    let mib = bytes.div_ceil(MIB);
    let (has, takes) = if bytes > UNPACKED { (UNPACKED, "a function unpacks to") } else { (ZIPPED, "a request takes") };
    let message = format!("`{}` has {mib} MiB, and {takes} {} MiB at most", path.display(), has / MIB);
    Err(vec![Problem::new(message, "leave out what the function doesn't need, or put it into a container image and name that (`image`)")])
}

/// Writes the archive, one file after the other. Returns its bytes.
fn write(entries: &[Entry], to: &mut impl Write) -> io::Result<u64> {
    let (mut at, mut directory) = (0u64, vec![]);
    for entry in entries {
        let content = fs::read(&entry.from).map_err(super::at(&entry.from))?;
        let mut crc = Crc::new();
        crc.update(&content);
        let size = small(content.len())?;
        let mut header = vec![];
        header.extend(0x0403_4b50u32.to_le_bytes());
        common(&mut header, crc.sum(), size, &entry.name)?;
        header.extend(entry.name.as_bytes());
        to.write_all(&header)?;
        to.write_all(&content)?;
        directory.extend(0x0201_4b50u32.to_le_bytes());
        // Made on Unix (3), whose modes are in the upper half of the external attributes.
        directory.extend((3u16 << 8 | VERSION).to_le_bytes());
        common(&mut directory, crc.sum(), size, &entry.name)?;
        directory.extend([0; 2 + 2 + 2]);
        let mode: u32 = if entry.executable { 0o100_755 } else { 0o100_644 };
        directory.extend((mode << 16).to_le_bytes());
        directory.extend(small(at)?.to_le_bytes());
        directory.extend(entry.name.as_bytes());
        at += header.len() as u64 + content.len() as u64;
    }
    let count = u16::try_from(entries.len()).map_err(io::Error::other)?;
    let mut end = mem::take(&mut directory);
    let size = small(end.len())?;
    end.extend(0x0605_4b50u32.to_le_bytes());
    end.extend([0; 2 + 2]);
    end.extend(count.to_le_bytes());
    end.extend(count.to_le_bytes());
    end.extend(size.to_le_bytes());
    end.extend(small(at)?.to_le_bytes());
    end.extend([0; 2]);
    to.write_all(&end)?;
    Ok(at + end.len() as u64)
}

/// The version that is needed to unpack it: 1.0.
const VERSION: u16 = 10;

/// What both headers of a file say, from the version to the length of the extra field.
fn common(header: &mut Vec<u8>, crc: u32, size: u32, name: &str) -> io::Result<()> {
    // Names in UTF-8, stored, 00:00 of 1980-01-01.
    for word in [VERSION, 1 << 11, 0, 0, 1 << 5 | 1] {
        header.extend(word.to_le_bytes());
    }
    for number in [crc, size, size] {
        header.extend(number.to_le_bytes());
    }
    header.extend(u16::try_from(name.len()).map_err(io::Error::other)?.to_le_bytes());
    header.extend([0; 2]);
    Ok(())
}

fn small(n: impl TryInto<u32, Error: Into<Box<dyn std::error::Error + Send + Sync>>>) -> io::Result<u32> {
    n.try_into().map_err(io::Error::other)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two folders with the same files are one archive, whatever their times; another byte, name or mode is another one. What tools leave behind is out.
    #[test]
    fn an_archive_is_the_same_everywhere() {
        let at = tempfile::tempdir().expect("a folder");
        let folder = |name: &str, files: &[(&str, &str)]| {
            for (file, text) in files {
                let path = at.path().join(name).join(file);
                fs::create_dir_all(path.parent().expect("a parent")).and_then(|()| fs::write(&path, text)).expect("a file");
            }
            at.path().join(name)
        };
        let of = |path: &Path| survey(path).expect("code").sha256;
        let one = folder("one", &[("b/app.py", "x"), ("a.py", "y"), ("é.txt", "")]);
        let other = folder("other", &[("é.txt", ""), ("a.py", "y"), ("b/app.py", "x"), ("b/__pycache__/app.pyc", "z"), (".git/HEAD", "")]);
        assert_eq!(survey(&one), survey(&other));
        assert_eq!(survey(&one).expect("code").files, ["a.py", "b/app.py", "é.txt"]);
        assert_eq!(of(&one), "e392bee61e96d4018f9a069b13ccfac6a2d8f9a1198ed2537f6934c50a55607d", "the format itself is the same as ever");
        let (archive, digest) = pack(&one).expect("code");
        assert_eq!((digest, archive.len() as u64), (of(&one), survey(&one).expect("code").bytes));
        assert_ne!(of(&one), of(&folder("more", &[("b/app.py", "x"), ("a.py", "y"), ("é.txt", ".")])));
        fs::write(at.path().join("one.zip"), &archive).expect("a file");
        let files = contents(&one).expect("code");
        assert_eq!((files.len(), files["a.py"]), (3, 0xfbdb_2615));
        assert_eq!(contents(&at.path().join("one.zip")), Some(files));
        assert_eq!(of(&at.path().join("one.zip")), of(&one), "an archive is taken as it is");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_code_is_refused_and_all_of_it_is_told() {
        use std::os::unix::fs::symlink;
        let at = tempfile::tempdir().expect("a folder");
        let code = at.path().join("code");
        fs::create_dir_all(code.join("inner")).expect("a folder");
        for file in ["README", "readme", "app.py"] {
            fs::write(code.join(file), file).expect("a file");
        }
        fs::write(at.path().join("secret"), "x").expect("a file");
        symlink("app.py", code.join("inside.py")).expect("a link");
        assert!(survey(&code).expect_err("a clash").len() == 1);
        symlink("../secret", code.join("outside")).expect("a link");
        symlink("..", code.join("inner/loop")).expect("a link");
        symlink("nowhere", code.join("broken")).expect("a link");
        let told: Vec<String> = survey(&code).expect_err("all of it").into_iter().map(|p| p.message).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        for file in ["README", "outside", "inner/loop", "broken"] {
            fs::remove_file(code.join(file)).expect("it was there");
        }
        assert_eq!(survey(&code).expect("code").files, ["app.py", "inside.py", "readme"]);
        let large = fs::File::create(code.join("model.bin")).expect("a file");
        for (size, limit) in [(60, "50 MiB"), (300, "250 MiB")] {
            large.set_len(size * MIB).expect("room");
            assert!(survey(&code).expect_err("too much")[0].message.contains(limit));
        }
        assert!(survey(&at.path().join("none")).is_err() && survey(&at.path().join("secret")).is_err());
    }
}
