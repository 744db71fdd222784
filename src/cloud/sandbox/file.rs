//! The sandbox on disk: one JSON line a write, compacted when it is opened.
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::kinds::Live;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Put { serial: u64, live: Box<Live> },
    Delete(String),
}

/// The open file; writes go to its end.
pub struct File(fs::File);

impl File {
    /// The file, the last serial number, and every object in it.
    pub fn open(path: &Path) -> io::Result<(File, u64, Vec<Live>)> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(e),
        };
        let (mut last, mut objects) = (0, BTreeMap::new());
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(Line::Put { serial, live }) => {
                    last = serial.max(last);
                    objects.insert(live.id.clone(), *live);
                }
                Ok(Line::Delete(id)) => drop(objects.remove(&id)),
                Err(e) => return Err(io::Error::other(format!("{} is not a sandbox file: {e}", path.display()))),
            }
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok((File(fs::OpenOptions::new().append(true).create(true).open(path)?), last, objects.into_values().collect()))
    }

    pub fn put(&mut self, serial: u64, live: &Live) -> io::Result<()> {
        self.append(&Line::Put { serial, live: Box::new(live.clone()) })
    }

    pub fn delete(&mut self, id: &str) -> io::Result<()> {
        self.append(&Line::Delete(id.into()))
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.0.write_all(&bytes)
    }
}
