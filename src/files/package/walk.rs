//! The files of a folder, as an archive names them.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Entry, Problem};

/// What tools leave behind and no function needs: it differs from machine to machine.
const LEFT_OUT: &[&str] = &[".DS_Store", ".git", "__pycache__"];

/// All files below a folder, sorted by their paths. A link is followed as long as it stays in the folder.
pub(super) fn walk(folder: &Path) -> Result<Vec<Entry>, Vec<Problem>> {
    let root = fs::canonicalize(folder).map_err(|e| vec![Problem::of(folder, &e)])?;
    let mut found = Found { root: root.clone(), entries: vec![], problems: vec![] };
    found.folder(folder, "", &mut vec![root]);
    let Found { mut entries, mut problems, .. } = found;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    problems.extend(clashes(&entries));
    problems.sort_by(|a, b| a.message.cmp(&b.message));
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

struct Found {
    root: PathBuf,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
}

impl Found {
    /// `within`: the folders that this one lies in, as they really are, itself last.
    fn folder(&mut self, path: &Path, prefix: &str, within: &mut Vec<PathBuf>) {
        let listed = fs::read_dir(path).and_then(|all| all.collect::<Result<Vec<_>, _>>());
        let listed = match listed {
            Ok(listed) => listed,
            Err(e) => return self.problems.push(Problem::of(path, &e)),
        };
        for entry in listed {
            let Ok(name) = entry.file_name().into_string() else {
                let message = format!("the name of `{}` is no UTF-8", entry.path().display());
                self.problems.push(Problem::new(message, "give it a name of ordinary characters"));
                continue;
            };
            if !LEFT_OUT.contains(&name.as_str()) {
                self.one(&entry.path(), format!("{prefix}{name}"), within);
            }
        }
    }

    fn one(&mut self, path: &Path, name: String, within: &mut Vec<PathBuf>) {
        let seen = fs::canonicalize(path).and_then(|real| Ok((fs::metadata(&real)?, real)));
        let (about, real) = match seen {
            Ok(seen) => seen,
            Err(e) => return self.problems.push(Problem::of(path, &e)),
        };
        if !real.starts_with(&self.root) {
            let message = format!("`{}` leads out of the folder", path.display());
            return self.problems.push(Problem::new(message, "put a copy in its place, so that the archive holds the code alone"));
        }
        if about.is_file() {
            self.entries.push(Entry { name, from: path.into(), executable: executable(&about), bytes: about.len() });
        } else if !about.is_dir() {
            let message = format!("`{}` is neither a file nor a folder", path.display());
            self.problems.push(Problem::new(message, "take it out of the folder"));
        } else if within.contains(&real) {
            let message = format!("`{}` leads back to a folder that it lies in", path.display());
            self.problems.push(Problem::new(message, "take the link out of the folder"));
        } else {
            within.push(real);
            self.folder(path, &format!("{name}/"), within);
            within.pop();
        }
    }
}

/// Names that are one where case doesn't count: on such a machine one of the two files would be missing.
fn clashes(entries: &[Entry]) -> Vec<Problem> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut problems = vec![];
    for entry in entries {
        if let Some(other) = seen.insert(entry.name.to_lowercase(), &entry.name) {
            let message = format!("`{other}` and `{}` have one name where case doesn't count", entry.name);
            problems.push(Problem::new(message, "give one of them another name: the archive must be the same on every machine"));
        }
    }
    problems
}

#[cfg(unix)]
fn executable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    false
}
