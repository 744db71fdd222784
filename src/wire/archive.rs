//! An archive behind an address that is good for a while, of which only the end is read.
use std::ops::Range;
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, RANGE};

use super::aws::ATTEMPT;
use crate::files::package::directory::{Files, TAIL, place, read};

/// Bytes of a directory that is still read.
const LARGE: u64 = 16 * 1024 * 1024;

/// The files of an archive; `None` for what can't be read, whatever the reason: nothing depends on it.
pub async fn files(url: &str) -> Option<Files> {
    let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(ATTEMPT).build().ok()?;
    let (start, tail) = part(&client, url, &format!("bytes=-{TAIL}")).await?;
    let Range { start: from, end: to } = place(&tail)?;
    if from >= start {
        return read(tail.get(usize::try_from(from - start).ok()?..usize::try_from(to - start).ok()?)?);
    }
    if to - from > LARGE {
        return None;
    }
    let (start, directory) = part(&client, url, &format!("bytes={from}-{}", to - 1)).await?;
    if start == from { read(&directory) } else { None }
}

/// Some of it, and where that begins; a server that knows no parts sends all of it.
async fn part(client: &reqwest::Client, url: &str, range: &str) -> Option<(u64, Vec<u8>)> {
    let answer = client.get(url).header(RANGE, range).send().await.ok()?.error_for_status().ok()?;
    let start = match answer.headers().get(CONTENT_RANGE) {
        Some(said) => said.to_str().ok()?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()?,
        None => 0,
    };
    Some((start, answer.bytes().await.ok()?.to_vec()))
}
