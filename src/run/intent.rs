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
use crate::wire::notes::{Key, NOTE};
use crate::wire::{CloudError, Identity, Notes};

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
    /// Over all of it and the place where it is noted, by the stack's key.
    #[serde(default)]
    pub seal: String,
}

impl Intent {
    /// The seal that the notes of a stack must bear.
    fn sealed(&self, key: &Key, stack: &str, who: (&str, &str)) -> Result<String, CloudError> {
        key.seal(&(stack, who, &Intent { seal: String::new(), ..self.clone() }))
    }

    /// Whether somebody has noted it who may change the stack.
    pub async fn proved(&self, cloud: &impl Notes, stack: &str, who: &Identity) -> Result<bool, CloudError> {
        match cloud.key(stack).await? {
            Some(key) => Ok(self.seal == self.sealed(&key, stack, (&who.account, &who.region))?),
            None => Ok(false),
        }
    }
}

/// A header of more than this is no header.
const LARGEST: u64 = 1 << 30;

/// The names of a run's notes have the run in them: a name that was deleted may not be used again at once (`DeleteParameters`: 30 seconds).
fn part(stack: &str, run: &str, n: usize) -> String {
    format!("{stack}/plan/{run}/{n}")
}

/// Writes the notes from which another machine can recover the run. The note that names the run comes last: with it the rest is whole.
pub async fn write(cloud: &impl Notes, header: &Header, life: u32) -> Result<(), CloudError> {
    let packed = pack(header).map_err(|e| CloudError::bug(e.to_string()))?;
    let parts: Vec<&[u8]> = packed.as_bytes().chunks(NOTE).collect();
    let texts: Vec<&str> = parts.iter().filter_map(|p| std::str::from_utf8(p).ok()).collect();
    let name = |n: usize| part(&header.stack, &header.run, n);
    try_join_all(texts.iter().enumerate().map(async |(n, text)| cloud.note(&name(n), text).await)).await?;
    let mut intent = Intent {
        run: header.run.clone(),
        command: header.command.clone(),
        digest: header.plan.digest.clone(),
        spec: header.spec.clone(),
        holder: header.holder.clone(),
        started: header.started,
        life,
        parts: texts.len(),
        sum: digest(&packed),
        seal: String::new(),
    };
    intent.seal = intent.sealed(&cloud.make_key(&header.stack).await?, &header.stack, (&header.account, &header.region))?;
    let text = serde_json::to_string(&intent).map_err(|e| CloudError::bug(e.to_string()))?;
    cloud.note(&format!("{}/run/{}", header.stack, header.run), &text).await
}

/// Finds the run that is not over yet in a stack's notes. What can't be read may be one, too.
pub fn read(stack: &str, notes: &BTreeMap<String, String>) -> Result<Option<Intent>, Damaged> {
    let unreadable = |why: String| Damaged { line: 0, why };
    let mut found = notes.iter().filter_map(|(name, text)| Some((noted(stack, name)?, text)));
    let Some((run, text)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(unreadable("more than one run is noted, and only one can go on at a time".into()));
    }
    let intent: Intent = serde_json::from_str(text).map_err(|e| unreadable(format!("the note of run {run} is of another version: {e}")))?;
    if intent.run != run {
        return Err(unreadable(format!("the note of run {run} tells of run {}", intent.run)));
    }
    Ok(Some(intent))
}

/// The run that a note is of, by the note's name. Earlier versions named none.
fn noted<'n>(stack: &str, name: &'n str) -> Option<&'n str> {
    let rest = name.strip_prefix(stack)?.strip_prefix("/run")?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// The header of the run's journal, put together from its notes; damaged when one is missing or altered.
pub fn header(stack: &str, notes: &BTreeMap<String, String>, intent: &Intent) -> Result<Header, Damaged> {
    let damaged = |why: String| Damaged { line: 0, why };
    let parts = (0..intent.parts)
        .map(|n| notes.get(&part(stack, &intent.run, n)).map(String::as_str).ok_or_else(|| damaged(format!("note {n} is missing"))));
    let packed: String = parts.collect::<Result<_, _>>()?;
    if digest(&packed) != intent.sum {
        return Err(damaged("its notes do not belong together".into()));
    }
    journal::header(&unpack(&packed).map_err(|e| damaged(e.to_string()))?).map_err(damaged)
}

/// Removes the notes of a run that is over. The notes of another run stay.
pub async fn clear(cloud: &impl Notes, stack: &str, run: &str) -> Result<(), CloudError> {
    let all = cloud.notes(stack).await?;
    let (name, plan) = (format!("{stack}/run/{run}"), format!("{stack}/plan/{run}/"));
    if all.contains_key(&name) {
        cloud.forget(&[name]).await?;
    }
    cloud.forget(&all.into_keys().filter(|name| name.starts_with(&plan)).collect::<Vec<_>>()).await
}

/// Removes the notes of every run, readable or not.
pub async fn clear_all(cloud: &impl Notes, stack: &str) -> Result<(), CloudError> {
    let all = cloud.notes(stack).await?;
    let plan = format!("{stack}/plan/");
    let (runs, parts): (Vec<String>, Vec<String>) =
        all.into_keys().filter(|n| noted(stack, n).is_some() || n.starts_with(&plan)).partition(|n| noted(stack, n).is_some());
    cloud.forget(&runs).await?;
    cloud.forget(&parts).await
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
