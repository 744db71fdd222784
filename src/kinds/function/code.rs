//! What runs: an archive by its digest, and where it is made from when it is sent.
use std::path::Path;

use aws_sdk_lambda::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Function, read};
use crate::files::package;
use crate::files::package::directory::{self, Files};
use crate::kinds::{Facts, Live, Question};
use crate::wire::{Class, Clients, CloudError, archive};

/// What a source that is an object of S3 begins with.
const S3: &str = "s3://";
/// What stands before an object's version, as in S3's own requests.
const VERSION: &str = "?versionId=";

/// An archive that lies in a bucket of the function's region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// `S3Bucket`.
    pub bucket: &'a str,
    /// `S3Key`.
    pub key: &'a str,
    /// `S3ObjectVersion`.
    pub version: Option<&'a str>,
}

/// Where an archive lies, `s3://BUCKET/KEY` or `s3://BUCKET/KEY?versionId=VERSION`; `None` for one that doesn't lie in S3.
pub fn stored(source: &str) -> Option<Stored<'_>> {
    let (bucket, key) = source.strip_prefix(S3)?.split_once('/')?;
    let (key, version) = key.split_once(VERSION).map_or((key, None), |(key, version)| (key, Some(version)));
    Some(Stored { bucket, key, version })
}

/// What stands before the digest of an archive.
const SHA256: &str = "sha256:";

/// The code of an archive with this digest, in hex.
pub fn zipped(sha256: &str) -> String {
    format!("{SHA256}{sha256}")
}

/// The code as `CodeSha256` says it: of an archive, and of an image by its digest; empty for none.
pub fn sha256(code: &str) -> String {
    let (_, hex) = code.rsplit_once(SHA256).unwrap_or_default();
    let byte = |i: usize| hex.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
    bytes.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
}

/// The code whose archive has this `CodeSha256`.
pub(super) fn of_sha256(base64: &str) -> String {
    let bytes = STANDARD.decode(base64).unwrap_or_default();
    zipped(&bytes.iter().map(|b| format!("{b:02x}")).collect::<String>())
}

impl Function {
    /// The archive, read now. It is held in memory for the one request that takes it.
    ///
    /// # Errors
    /// `CodeMoved` when what lies at its source is no longer what was planned for.
    pub(super) fn archive(&self) -> Result<Blob, CloudError> {
        let refused = |code: &str, message: String| CloudError::new(Class::Invalid, code, message);
        if self.source.is_empty() {
            let message = format!("where the code {} was made from is not known any more", self.code);
            return Err(refused("CodeUnknown", message));
        }
        let (archive, digest) = package::pack(Path::new(&self.source)).map_err(|problems| {
            let all: Vec<String> = problems.into_iter().map(|p| p.message).collect();
            refused("CodeUnreadable", all.join("; "))
        })?;
        if zipped(&digest) != self.code {
            let message =
                format!("`{}` is not what it was when the plan was made: {} then, {} now", self.source, self.code, zipped(&digest));
            return Err(refused("CodeMoved", message));
        }
        Ok(Blob::new(archive))
    }
}

/// The files of a version's archive, of which only the directory is read; `None` when it can't be.
pub(crate) async fn files(cx: &Clients, function: &str, version: &str) -> Option<Files> {
    let seen = read::version(cx, function, Some(version)).await.ok().flatten()?;
    archive::files(&seen.code?.location?).await
}

/// Which files of code that lies here are others than those that run.
pub(super) fn told(wanted: &Function, before: &Live, facts: &Facts) -> Option<String> {
    if wanted.package != "Zip" || wanted.source.is_empty() || stored(&wanted.source).is_some() {
        return None;
    }
    let version = before.of::<Function>().ok()?.version.0?;
    let there = facts.files(Question::Archive { function: before.id.clone(), version })?;
    package::contents(Path::new(&wanted.source)).map(|here| directory::changed(there, &here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_a_bucket_a_key_and_maybe_a_version() {
        let at = |key, version| Some(Stored { bucket: "builds", key, version });
        assert_eq!(stored("s3://builds/app/1.zip"), at("app/1.zip", None));
        assert_eq!(stored("s3://builds/1.zip?versionId=aB.c_1"), at("1.zip", Some("aB.c_1")));
        assert_eq!(stored("./s3/1.zip"), None);
    }

    #[test]
    fn digests_go_round() {
        let code = zipped("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        assert_eq!(sha256(&code), "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=");
        assert_eq!(of_sha256(&sha256(&code)), code);
        assert_eq!(sha256(""), "");
    }
}
