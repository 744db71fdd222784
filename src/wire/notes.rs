//! What a stack keeps in the cloud beside its objects, while a run goes on: its lease, and what a stranger needs to take the run back.
//!
//! On AWS these are parameters of Systems Manager under `/infra/`; the sandbox keeps them in its file.
use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::policy::Repeat;
use super::{Class, Clients, CloudError};
use crate::wire::Service;

/// Short texts by name (`STACK/lease/3`). A text has at most [`NOTE`] characters.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Notes {
    /// Writes a note that must not be there yet; `false` when it is. Of several writers at once exactly one hears `true`.
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError>;
    /// Writes a note, there or not.
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError>;
    /// Every note in a folder and below it, by full name.
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError>;
    /// Absent already is success.
    async fn forget(&self, names: &[String]) -> Result<(), CloudError>;
    /// The stack's key, where there is one. It is kept apart from the notes: only those may read it who may change the stack.
    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError>;
    /// The stack's key, made when there is none yet.
    async fn make_key(&self, stack: &str) -> Result<Key, CloudError>;
}

/// A stack's secret key: what it seals was written by somebody who may change the stack.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Bytes of a key.
    const BYTES: usize = 32;

    /// A new key, from the system's source of randomness, as text.
    pub fn fresh() -> Result<String, CloudError> {
        let mut bytes = [0; Key::BYTES];
        getrandom::fill(&mut bytes).map_err(|e| CloudError::bug(e.to_string()))?;
        Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The key of a text that [`Key::fresh`] made; refused when it is another.
    pub fn of(text: &str) -> Result<Key, CloudError> {
        let byte = |i: usize| u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..Key::BYTES).map(byte).collect();
        let refused = || CloudError::new(Class::Invalid, "KeyUnreadable", "the stack's key is none that infra has made");
        bytes.filter(|_| text.len() == 2 * Key::BYTES).map(Key).ok_or_else(refused)
    }

    fn mac(&self, what: &impl Serialize) -> Result<Hmac<Sha256>, CloudError> {
        let text = serde_json::to_vec(what).map_err(|e| CloudError::bug(e.to_string()))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|e| CloudError::bug(e.to_string()))?;
        mac.update(&text);
        Ok(mac)
    }

    /// A seal over something, as hex digits (HMAC-SHA256, RFC 2104).
    pub fn seal(&self, what: &impl Serialize) -> Result<String, CloudError> {
        Ok(self.mac(what)?.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect())
    }
}

/// A standard parameter's value may have 4,096 characters (`PutParameter`).
pub const NOTE: usize = 4096;

const PREFIX: &str = "/infra/";

/// Keys stand beside the notes: whoever may read a path reads encrypted parameters in it, too.
const KEYS: &str = "/infra-keys/";

impl Notes for Clients {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        match self.put_parameter(name, text, false).await {
            Ok(()) => Ok(true),
            Err(e) if e.code == "ParameterAlreadyExists" => Ok(false),
            // The answer was lost: it is ours when it says what we wrote.
            Err(e) if e.class == Class::Ambiguous => {
                let request = self.ssm().get_parameter().name(format!("{PREFIX}{name}"));
                match self.send(Service::Ssm, "GetParameter", Repeat::Note, async || request.clone().send().await).await {
                    Ok(found) => Ok(found.parameter.and_then(|p| p.value).as_deref() == Some(text)),
                    Err(absent) if absent.class == Class::NotFound => Err(e),
                    Err(other) => Err(other),
                }
            }
            Err(e) => Err(e),
        }
    }

    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        self.put_parameter(name, text, true).await
    }

    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        let request = self.ssm().get_parameters_by_path().path(format!("{PREFIX}{folder}")).recursive(true).max_results(10);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found =
            self.pages_as(Service::Ssm, "GetParametersByPath", Repeat::Note, send, |page| (page.parameters, page.next_token)).await?;
        Ok(found.into_iter().filter_map(|p| Some((p.name?.strip_prefix(PREFIX)?.to_owned(), p.value?))).collect())
    }

    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        for some in names.chunks(10) {
            let some: Vec<String> = some.iter().map(|n| format!("{PREFIX}{n}")).collect();
            let request = self.ssm().delete_parameters().set_names(Some(some));
            self.send(Service::Ssm, "DeleteParameters", Repeat::Note, async || request.clone().send().await).await?;
        }
        Ok(())
    }

    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError> {
        self.secret_parameter(&format!("{KEYS}{stack}")).await?.map(|text| Key::of(&text)).transpose()
    }

    async fn make_key(&self, stack: &str) -> Result<Key, CloudError> {
        if let Some(key) = self.key(stack).await? {
            return Ok(key);
        }
        let secret = aws_sdk_ssm::types::ParameterType::SecureString;
        let request = self.ssm().put_parameter().name(format!("{KEYS}{stack}")).value(Key::fresh()?).r#type(secret).overwrite(false);
        match self.send(Service::Ssm, "PutParameter", Repeat::NewNote, async || request.clone().send().await).await {
            Ok(_) => {}
            // Another was first, or the answer was lost: what stands is the key.
            Err(e) if e.code == "ParameterAlreadyExists" || e.class == Class::Ambiguous => {}
            Err(e) => return Err(e),
        }
        let unmade = || CloudError::new(Class::Ambiguous, "KeyMissing", format!("the key of {stack} can't be read back"));
        self.key(stack).await?.ok_or_else(unmade)
    }
}

impl Clients {
    /// A parameter's decrypted value; `None` when there is no such parameter.
    async fn secret_parameter(&self, name: &str) -> Result<Option<String>, CloudError> {
        let request = self.ssm().get_parameter().name(name).with_decryption(true);
        match self.send(Service::Ssm, "GetParameter", Repeat::Note, async || request.clone().send().await).await {
            Ok(found) => Ok(found.parameter.and_then(|p| p.value)),
            Err(absent) if absent.class == Class::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writing over what is there may be repeated; writing what must be new may not.
    async fn put_parameter(&self, name: &str, text: &str, overwrite: bool) -> Result<(), CloudError> {
        let kind = aws_sdk_ssm::types::ParameterType::String;
        let request = self.ssm().put_parameter().name(format!("{PREFIX}{name}")).value(text).r#type(kind).overwrite(overwrite);
        let repeat = if overwrite { Repeat::Note } else { Repeat::NewNote };
        self.send(Service::Ssm, "PutParameter", repeat, async || request.clone().send().await).await.map(drop)
    }
}
