//! The central directory of an archive: its files by name, each with the CRC-32 of what is in it. It stands at the end, and says nothing of the code.
use std::collections::BTreeMap;
use std::ops::Range;

/// Files by name, with the CRC-32 of each.
pub type Files = BTreeMap<String, u32>;

/// Bytes at the end of an archive in which the record stands that says where its directory is: 22 and a comment.
pub const TAIL: usize = 22 + 65_535;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";

/// Where the directory is in an archive that ends so; `None` for what is no archive, or one of zip64.
pub fn place(tail: &[u8]) -> Option<Range<u64>> {
    let last = tail.len().checked_sub(22)?;
    let at = (0..=last)
        .rev()
        .find(|at| tail[*at..].starts_with(END) && at + 22 + usize::from(word(tail, at + 20).unwrap_or(1)) == tail.len())?;
    let (size, offset) = (number(tail, at + 12)?, number(tail, at + 16)?);
    (size != u32::MAX && offset != u32::MAX).then(|| u64::from(offset)..u64::from(offset) + u64::from(size))
}

/// Reads a directory; folders are no files.
pub fn read(mut directory: &[u8]) -> Option<Files> {
    let mut files = Files::new();
    while !directory.is_empty() {
        directory.starts_with(ENTRY).then_some(())?;
        let crc = number(directory, 16)?;
        let [name, extra, comment] = [28, 30, 32].map(|at| word(directory, at).map(usize::from));
        let name = String::from_utf8_lossy(directory.get(46..46 + name?)?).into_owned();
        directory = directory.get(46 + word(directory, 28).map(usize::from)? + extra? + comment?..)?;
        if !name.ends_with('/') {
            files.insert(name, crc);
        }
    }
    Some(files)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// What has changed from one archive to another, in words: `2 files changed: app.py, + new.py`.
pub fn changed(before: &Files, after: &Files) -> String {
    /// So many are named.
    const NAMED: usize = 5;
    let of = |name: &String| match (before.get(name), after.get(name)) {
        (Some(then), Some(now)) if then == now => None,
        (Some(_), Some(_)) => Some(name.clone()),
        (None, _) => Some(format!("+ {name}")),
        (_, None) => Some(format!("- {name}")),
    };
    let all: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let all: Vec<String> = all.into_iter().filter_map(of).collect();
    let named = all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => "no file changed, but how they are packed".into(),
        1 => format!("1 file changed: {named}"),
        many if many <= NAMED => format!("{many} files changed: {named}"),
        many => format!("{many} files changed: {named} and {} more", many - NAMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named() {
        let files = |all: &[(&str, u32)]| all.iter().map(|(name, crc)| ((*name).to_owned(), *crc)).collect::<Files>();
        let before = files(&[("a.py", 1), ("b.py", 2), ("c.py", 3)]);
        let after = files(&[("a.py", 1), ("b.py", 4), ("d.py", 5)]);
        assert_eq!(changed(&before, &after), "3 files changed: b.py, - c.py, + d.py");
        assert_eq!(changed(&before, &before), "no file changed, but how they are packed");
        let many: Files = (0..9).map(|n| (format!("{n}.py"), n)).collect();
        assert_eq!(changed(&Files::new(), &many), "9 files changed: + 0.py, + 1.py, + 2.py, + 3.py, + 4.py and 4 more");
    }

    #[test]
    fn what_is_no_archive_has_no_directory() {
        assert_eq!(place(b"PK\x05\x06"), None);
        assert_eq!(place(&[0; 100]), None);
        assert_eq!(read(b"PK\x01\x02 and nothing more"), None);
        assert_eq!(read(b""), Some(Files::new()));
    }
}
