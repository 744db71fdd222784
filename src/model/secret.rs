//! A value that no output may show, and the forms in which two of them can be compared without being read.
//!
//! In memory a secret stands in canonical JSON as its *mark*: HMAC-SHA256 under a key that this process drew and never writes. In a file (a saved
//! plan, a journal, the notes of a run, the sandbox) it stands as its *print*: Argon2id over it and a salt that stands beside it, so that another
//! process that knows the value can tell that it is the same, and whoever only has the file pays for every guess. Digests leave secrets out: they
//! stand where everybody reads. A key of the stack would be Argon2's own (`Argon2::new_with_secret`), in [`print`] alone.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use argon2::Argon2;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::canon::{self, marked};

/// How a print begins; the next version of the form begins with another word.
const ARGON2ID: &str = "argon2id";
/// Bytes of a salt and of a print, as RFC 9106 recommends for the first.
const BYTES: usize = 16;

/// What this process drew when it first met a secret.
struct Drawn {
    key: [u8; 32],
    salt: [u8; BYTES],
}

static DRAWN: LazyLock<Drawn> = LazyLock::new(|| {
    let mut drawn = Drawn { key: [0; 32], salt: [0; BYTES] };
    getrandom::fill(&mut drawn.key).and_then(|()| getrandom::fill(&mut drawn.salt)).expect("the system has random numbers");
    drawn
});

/// The secrets that this thread has met, by their marks; the prints it has made of them, each of which costs some 20 ms; and the marks of prints that it
/// has recognised.
#[derive(Default)]
struct Met {
    values: BTreeMap<String, String>,
    prints: BTreeMap<(String, Vec<u8>), String>,
    recognised: BTreeMap<String, String>,
}

thread_local! {
    static MET: RefCell<Met> = RefCell::default();
}

/// The mark of a value.
pub fn mark(value: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&DRAWN.key).expect("HMAC takes a key of any length");
    mac.update(value.as_bytes());
    let mark: String = mac.finalize().into_bytes()[..BYTES].iter().map(|b| format!("{b:02x}")).collect();
    MET.with_borrow_mut(|met| {
        if !met.values.contains_key(&mark) {
            met.values.insert(mark.clone(), value.into());
        }
    });
    mark
}

/// The print of a value under a salt: `argon2id.SALT.HASH`, in Base64.
fn print(value: &str, salt: &[u8]) -> String {
    let key = (value.to_owned(), salt.to_vec());
    if let Some(known) = MET.with_borrow(|met| met.prints.get(&key).cloned()) {
        return known;
    }
    let mut hash = [0; BYTES];
    let made = Argon2::default().hash_password_into(value.as_bytes(), salt, &mut hash);
    made.expect("a salt of this length, and a value of less than 4 GiB");
    let print = format!("{ARGON2ID}.{}.{}", BASE64.encode(salt), BASE64.encode(hash));
    MET.with_borrow_mut(|met| met.prints.insert(key, print.clone()));
    print
}

/// The salt of a print; `None` for what is none.
fn salt(form: &str) -> Option<Vec<u8>> {
    let (salt, hash) = form.strip_prefix(ARGON2ID)?.strip_prefix('.')?.split_once('.')?;
    let sized = |text: &str| BASE64.decode(text).ok().filter(|bytes| bytes.len() == BYTES);
    sized(hash).and(sized(salt))
}

/// Whether a text is a mark or a print.
pub fn is_form(text: &str) -> bool {
    (text.len() == 2 * BYTES && text.bytes().all(|b| b.is_ascii_hexdigit())) || salt(text).is_some()
}

/// The form that a file may hold: of a mark of this process, the print; everything else as it is.
pub fn outward(form: &str) -> String {
    let value = MET.with_borrow(|met| met.values.get(form).cloned());
    value.map_or_else(|| form.to_owned(), |value| print(&value, &DRAWN.salt))
}

/// The mark of a print whose value this process has met; everything else as it is.
pub fn inward(form: &str) -> String {
    let Some(salt) = salt(form) else { return form.to_owned() };
    if let Some(known) = MET.with_borrow(|met| met.recognised.get(form).cloned()) {
        return known;
    }
    let all: Vec<(String, String)> = MET.with_borrow(|met| met.values.iter().map(|(m, v)| (m.clone(), v.clone())).collect());
    let Some((mark, _)) = all.into_iter().find(|(_, value)| print(value, &salt) == form) else { return form.to_owned() };
    MET.with_borrow_mut(|met| met.recognised.insert(form.into(), mark.clone()));
    mark
}

/// What stands where a whole text is hidden.
pub fn hidden_text(form: &str) -> String {
    format!("(sensitive:{form})")
}

/// The form in what [`hidden_text`] makes.
pub fn hidden_form(text: &str) -> Option<&str> {
    text.strip_prefix("(sensitive:")?.strip_suffix(')').filter(|form| is_form(form))
}

/// Whether a form is one of this value.
pub fn is_of(form: &str, value: &str) -> bool {
    salt(form).map_or_else(|| mark(value) == form, |salt| print(value, &salt) == form)
}

/// A value that no output may show.
#[derive(Clone)]
pub enum Secret {
    /// The value itself; lives in memory only.
    Known(String),
    /// Read back from something written: only a mark or a print is left.
    Sealed(String),
}

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        mark(&value);
        Secret::Known(value)
    }

    /// The value, for the one request that needs it; `None` once sealed.
    pub fn expose(&self) -> Option<&str> {
        match self {
            Secret::Known(v) => Some(v),
            Secret::Sealed(_) => None,
        }
    }

    /// What stands for it in this process: two that are the same have the same.
    pub fn fingerprint(&self) -> String {
        match self {
            Secret::Known(v) => mark(v),
            Secret::Sealed(form) => inward(form),
        }
    }

    /// What stands for it elsewhere: another process that knows the value can tell that it is the same.
    pub fn print(&self) -> String {
        outward(&self.fingerprint())
    }

    /// One of which nothing is left.
    pub fn blank() -> Self {
        Secret::Sealed(String::new())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        marked(s, canon::SECRET, &self.fingerprint())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tagged {
            #[serde(rename = "$secret")]
            secret: String,
        }
        Tagged::deserialize(d).map(|t| Secret::Sealed(t.secret))
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object", "writeOnly": true, "required": [canon::SECRET],
            "properties": { canon::SECRET: { "type": "string" } }, "additionalProperties": false,
        })
    }
}

/// A secret among alternatives that are marked: the mark is the alternative's.
pub mod sealed {
    use super::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(secret: &Secret, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&secret.fingerprint())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Secret, D::Error> {
        String::deserialize(d).map(Secret::Sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A print made under another process's salt tells the same value from another one, and is told from what is none.
    #[test]
    fn prints_are_compared_across_processes() {
        let elsewhere = print("4711", &[7; BYTES]);
        let read = Secret::Sealed(elsewhere.clone());
        assert_ne!(read, Secret::new("4712"));
        assert_eq!(read, Secret::new("4711"));
        assert!(is_of(&elsewhere, "4711") && !is_of(&elsewhere, "4712") && is_form(&elsewhere));
        assert!(is_of(&mark("4711"), "4711") && outward(&mark("4711")) != elsewhere);
        assert!(!is_form("argon2id.x.y") && !is_form("4711"));
    }
}
