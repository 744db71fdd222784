//! The signature of a saved plan, as `ssh-keygen -Y sign` makes one: over what the file holds, the plan's digest, and the commit it is for.
use std::fmt;

use serde::{Deserialize, Serialize};
use ssh_key::{Algorithm, AuthorizedKeys, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

/// What keeps the signature from being one of anything else (`-n` of `ssh-keygen -Y`).
const NAMESPACE: &str = "infra-plan";

/// A signature, and the commit that it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// In OpenSSH's armour: `-----BEGIN SSH SIGNATURE-----`.
    pub ssh: String,
}

/// What a signature is over.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'s> {
    /// SHA-256 over what the file holds, in hex.
    pub file: &'s str,
    /// The plan's digest.
    pub plan: &'s str,
    pub commit: Option<&'s str>,
}

/// Why a key can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadKey {
    NoKey(String),
    /// It is locked with a passphrase.
    Locked,
    /// Another algorithm than Ed25519.
    Other(String),
}

/// Why a signature doesn't hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forged {
    Missing,
    /// None of these keys made it; the fingerprint of the one that did.
    Stranger(String),
    /// It is over something else, or damaged.
    Wrong,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadKey::NoKey(why) => write!(f, "it is no key in OpenSSH's format: {why}"),
            BadKey::Locked => f.write_str("it is locked with a passphrase, which nobody can be asked for"),
            BadKey::Other(algorithm) => write!(f, "it is of {algorithm}, and only Ed25519 is taken"),
        }
    }
}

impl fmt::Display for Forged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Forged::Missing => f.write_str("it is not signed"),
            Forged::Stranger(print) => write!(f, "another key signed it: {print}"),
            Forged::Wrong => f.write_str("its signature does not fit: it is over another plan or another commit, or damaged"),
        }
    }
}

impl Signed<'_> {
    fn text(&self) -> String {
        format!("infra plan\nfile sha256:{}\nplan {}\ncommit {}\n", self.file, self.plan, self.commit.unwrap_or("-"))
    }

    /// Signs with a private key in OpenSSH's format.
    pub fn sign(&self, key: &str) -> Result<Signature, BadKey> {
        let no_key = |e: ssh_key::Error| BadKey::NoKey(e.to_string());
        let key = PrivateKey::from_openssh(key).map_err(no_key)?;
        if key.is_encrypted() {
            return Err(BadKey::Locked);
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(BadKey::Other(key.algorithm().to_string()));
        }
        let signature = key.sign(NAMESPACE, HashAlg::Sha512, self.text().as_bytes()).map_err(no_key)?;
        let ssh = signature.to_pem(LineEnding::LF).map_err(no_key)?;
        Ok(Signature { commit: self.commit.map(str::to_owned), ssh })
    }

    /// Whether one of these keys signed it.
    pub fn verify(&self, signature: Option<&Signature>, keys: &[PublicKey]) -> Result<(), Forged> {
        let signature: SshSig = signature.ok_or(Forged::Missing)?.ssh.parse().map_err(|_| Forged::Wrong)?;
        let key = keys.iter().find(|key| key.key_data() == signature.public_key());
        let key = key.ok_or_else(|| Forged::Stranger(signature.public_key().fingerprint(HashAlg::Sha256).to_string()))?;
        key.verify(NAMESPACE, self.text().as_bytes(), &signature).map_err(|_| Forged::Wrong)
    }
}

impl Signature {
    /// The fingerprint of the key that claims to have made it, as `ssh-keygen -l` prints it.
    pub fn claimed(&self) -> Option<String> {
        let signature: SshSig = self.ssh.parse().ok()?;
        Some(signature.public_key().fingerprint(HashAlg::Sha256).to_string())
    }
}

/// The public keys of a file: one a line, as in `id_ed25519.pub` and `authorized_keys`.
pub fn keys(text: &str) -> Result<Vec<PublicKey>, BadKey> {
    let entries: Result<Vec<_>, _> = AuthorizedKeys::new(text).collect();
    let keys: Vec<PublicKey> = entries.map_err(|e| BadKey::NoKey(e.to_string()))?.into_iter().map(|e| e.public_key().clone()).collect();
    match keys.iter().find(|key| key.algorithm() != Algorithm::Ed25519) {
        _ if keys.is_empty() => Err(BadKey::NoKey("it is empty".into())),
        Some(other) => Err(BadKey::Other(other.algorithm().to_string())),
        None => Ok(keys),
    }
}
