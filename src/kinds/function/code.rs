//! What runs: an archive by its digest, and where it is made from when it is sent.
use std::path::Path;

use aws_sdk_lambda::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Function;
use crate::files::package;
use crate::wire::{Class, CloudError};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_go_round() {
        let code = zipped("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        assert_eq!(sha256(&code), "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=");
        assert_eq!(of_sha256(&sha256(&code)), code);
        assert_eq!(sha256(""), "");
    }
}
