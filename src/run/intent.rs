//! What the cloud keeps of a run while it goes on, so that a stranger without the journal can take it back: who does what, and the whole
//! program with what every object was before. Written before the first effect, removed after the last.
use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::journal::{self, Damaged, Header};
use crate::cloud::lease::Holder;
use crate::model::{Moment, digest, to_json};
use crate::wire::notes::NOTE;
use crate::wire::{CloudError, Notes};

/// A run that is not over yet, as the stack's notes in the cloud record it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub run: String,
    pub command: String,
    /// The plan's digest.
    pub digest: String,
    pub spec: String,
    pub holder: Holder,
    pub started: Moment,
    /// Processes that have worked on the run so far.
    pub life: u32,
    /// Notes that hold the header of the journal, and a digest over them.
    pub parts: usize,
    pub sum: String,
}

/// A header of more than this is no header.
const LARGEST: u64 = 1 << 30;

fn part(stack: &str, n: usize) -> String {
    format!("{stack}/plan/{n}")
}

/// Writes the notes from which another machine can recover the run. The note that names the run comes last: with it the rest is whole.
pub async fn write(cloud: &impl Notes, header: &Header, life: u32) -> Result<(), CloudError> {
    let packed = pack(header).map_err(|e| CloudError::bug(e.to_string()))?;
    let parts: Vec<&[u8]> = packed.as_bytes().chunks(NOTE).collect();
    let texts: Vec<&str> = parts.iter().filter_map(|p| std::str::from_utf8(p).ok()).collect();
    let name = |n: usize| part(&header.stack, n);
    try_join_all(texts.iter().enumerate().map(async |(n, text)| cloud.note(&name(n), text).await)).await?;
    let intent = Intent {
        run: header.run.clone(),
        command: header.command.clone(),
        digest: header.plan.digest.clone(),
        spec: header.spec.clone(),
        holder: header.holder.clone(),
        started: header.started,
        life,
        parts: texts.len(),
        sum: digest(&packed),
    };
    let text = serde_json::to_string(&intent).map_err(|e| CloudError::bug(e.to_string()))?;
    cloud.note(&format!("{}/run", header.stack), &text).await
}

/// Finds the run that is not over yet in a stack's notes.
pub fn read(stack: &str, notes: &BTreeMap<String, String>) -> Option<Intent> {
    serde_json::from_str(notes.get(&format!("{stack}/run"))?).ok()
}

/// The header of the run's journal, put together from its notes; damaged when one is missing or altered.
pub fn header(stack: &str, notes: &BTreeMap<String, String>, intent: &Intent) -> Result<Header, Damaged> {
    let damaged = |why: String| Damaged { line: 0, why };
    let parts =
        (0..intent.parts).map(|n| notes.get(&part(stack, n)).map(String::as_str).ok_or_else(|| damaged(format!("note {n} is missing"))));
    let packed: String = parts.collect::<Result<_, _>>()?;
    if digest(&packed) != intent.sum {
        return Err(damaged("its notes do not belong together".into()));
    }
    journal::header(&unpack(&packed).map_err(|e| damaged(e.to_string()))?).map_err(damaged)
}

/// Removes the notes of a run that is over. The notes of another run stay.
pub async fn clear(cloud: &impl Notes, stack: &str, run: &str) -> Result<(), CloudError> {
    let all = cloud.notes(stack).await?;
    let (name, plan) = (format!("{stack}/run"), format!("{stack}/plan/"));
    match read(stack, &all) {
        Some(intent) if intent.run != run => return Ok(()),
        _ if all.contains_key(&name) => cloud.forget(&[name]).await?,
        _ => {}
    }
    cloud.forget(&all.into_keys().filter(|name| name.starts_with(&plan)).collect::<Vec<_>>()).await
}

fn pack(header: &Header) -> std::io::Result<String> {
    let mut packed = DeflateEncoder::new(vec![], Compression::best());
    packed.write_all(to_json(header)?.as_bytes())?;
    Ok(STANDARD.encode(packed.finish()?))
}

fn unpack(packed: &str) -> std::io::Result<Vec<u8>> {
    let packed = STANDARD.decode(packed).map_err(std::io::Error::other)?;
    let mut text = vec![];
    DeflateDecoder::new(&packed[..]).take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}
