//! Who an object is: its address in the stack, and the stamp that it bears in the cloud, in every form in which a stamp is written.
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Kind, NameRule, foreign, tagging};
use crate::model::{Tags, digest};
use crate::visible::{is_visible, visible};

/// A logical identity: `subnet.private-a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    pub kind: Kind,
    pub name: String,
}

impl Address {
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Address { kind, name: name.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.label(), visible(&self.name))
    }
}

impl FromStr for Address {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let (kind, name) = s.split_once('.').ok_or_else(|| format!("`{}` is not KIND.NAME", visible(s)))?;
        let found = Kind::ALL.iter().copied().find(|k| k.label() == kind);
        let kind = found.ok_or_else(|| format!("there is no kind `{}`", visible(kind)))?;
        if is_visible(name) { Ok(Address::new(kind, name)) } else { Err(format!("`{}` is no name", visible(name))) }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "KIND.NAME", "pattern": "^[a-z_0-9]+\\..+$" })
    }
}

/// The tag that names the stack.
pub const TAG_STACK: &str = "infra:stack";
const TAG_ADDRESS: &str = "infra:address";
const TAG_RUN: &str = "infra:run";
const TAG_DIGEST: &str = "infra:digest";

/// What parts the digest in its tag from the marks of the user's keys.
const KEYS: char = ':';

/// Characters of a key's mark: all keys of an object, of which there are 50 at most, fit into one tag (256).
const MARK: usize = 4;

/// A key's mark, in characters that every service takes in a tag: 20 bits.
fn mark(key: &str) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bits = u32::from_str_radix(&digest(&key)[..5], 16).unwrap_or_default();
    (0..MARK as u32).map(|i| char::from(LETTERS[(bits >> (5 * i)) as usize & 31])).collect()
}

/// As much of a digest as a tag holds.
pub fn short(digest: &str) -> &str {
    &digest[..16.min(digest.len())]
}

/// What every owned object carries: ownership without a state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub stack: String,
    pub address: Address,
    /// The run that created the object.
    pub run: String,
    /// The step of that run.
    pub step: usize,
    /// The identity of the stack, beside its name; empty in stamps of earlier versions, and of kinds that have no room for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// The object's digest ([`crate::kinds::Object::digest`]) as it was last asked for; as much of it as its place has room for.
    pub digest: String,
}

impl Stamp {
    /// The stamp that an object keeps when it is changed: who made it stays, where it stands and what it was asked to be are new. One that has no
    /// identity yet is given the stack's.
    pub fn renewed(&self, by: &Stamp) -> Stamp {
        let identity = if self.identity.is_empty() { &by.identity } else { &self.identity };
        Stamp { address: by.address.clone(), digest: by.digest.clone(), identity: identity.clone(), ..self.clone() }
    }

    /// Whether it is of an equally named stack that has another identity. Earlier versions wrote none.
    pub fn namesake(&self, identity: &str) -> bool {
        !self.identity.is_empty() && !identity.is_empty() && self.identity != identity
    }

    /// Whether both are of what one step made.
    pub fn same_step(&self, other: &Stamp) -> bool {
        (&self.run, self.step) == (&other.run, other.step)
    }

    /// Who made the object, as every written form says it: `IDENTITY/RUN/STEP`, or `RUN/STEP` without an identity.
    pub fn made(&self) -> String {
        let identity = if self.identity.is_empty() { String::new() } else { format!("{}/", self.identity) };
        format!("{identity}{}/{}", self.run, self.step)
    }

    /// Reads [`Stamp::made`] back: identity, run, step.
    pub fn from_made(made: &str) -> Option<(String, String, usize)> {
        let (before, step) = made.rsplit_once('/')?;
        let (identity, run) = before.rsplit_once('/').unwrap_or(("", before));
        Some((identity.into(), run.into(), step.parse().ok()?))
    }

    /// A name no other object has: readable, as the kind's service takes names, the same for the same run and step.
    /// A lost answer to a creation is therefore answered definitely by looking the name up.
    pub fn physical_name(&self, rule: &NameRule) -> String {
        let unique = &digest(&(&self.stack, &self.address, &self.run, self.step))[..8];
        rule.name(&self.stack, &self.address.name, unique)
    }

    /// All tags of an object: the stamp's and the user's. The stamp notes which keys are the user's, so that what others add stays theirs.
    pub fn tags(&self, user: &Tags) -> Tags {
        let mut all = user.clone();
        let keys: String = user.keys().map(|key| mark(key)).collect();
        all.insert(TAG_STACK.into(), self.stack.clone());
        all.insert(TAG_ADDRESS.into(), tagging::encoded(&self.address.to_string()));
        all.insert(TAG_RUN.into(), self.made());
        all.insert(TAG_DIGEST.into(), format!("{}{KEYS}{keys}", self.short()));
        all
    }

    /// As much of the digest as a tag holds.
    pub fn short(&self) -> &str {
        short(&self.digest)
    }

    /// An object's tags without what others gave it and the cloud's own (`aws:…`). A stamp that doesn't note keys takes all for the user's.
    pub fn own(mut all: Tags) -> Tags {
        let noted = all.get(TAG_DIGEST).and_then(|d| d.split_once(KEYS)).map(|(_, keys)| keys.to_owned());
        let known = |keys: &String, key: &str| keys.as_bytes().chunks(MARK).any(|m| m == mark(key).as_bytes());
        all.retain(|key, _| !key.starts_with("aws:") && (key.starts_with("infra:") || noted.as_ref().is_none_or(|keys| known(keys, key))));
        all
    }

    /// The stamp among an object's tags, and the user's tags; `None` when the object isn't of this stack, or its stamp is damaged.
    pub fn read(stack: &str, tags: impl IntoIterator<Item = (String, String)>) -> Option<(Stamp, Tags)> {
        let all = Stamp::own(tags.into_iter().collect());
        let (identity, run, step) = Stamp::from_made(all.get(TAG_RUN)?)?;
        let stamp = Stamp {
            stack: all.get(TAG_STACK).filter(|s| *s == stack)?.clone(),
            address: tagging::decoded(all.get(TAG_ADDRESS)?).parse().ok()?,
            run,
            step,
            identity,
            digest: all.get(TAG_DIGEST)?.split(KEYS).next()?.into(),
        };
        let user = all.into_iter().filter(|(k, _)| !k.starts_with("infra:")).collect();
        Some((stamp, user))
    }

    /// The stamp as one line, for objects whose list shows a description but no tags.
    pub fn line(&self) -> String {
        let tags = self.tags(&Tags::new());
        [&tags[TAG_STACK], &tags[TAG_ADDRESS], &tags[TAG_RUN], self.short()].map(str::to_owned).join(" ")
    }

    /// Reads [`Stamp::line`] back.
    pub fn from_line(stack: &str, line: &str) -> Option<Stamp> {
        let words: Vec<&str> = line.split(' ').collect();
        let [s, address, run, digest] = words[..] else { return None };
        let tags = [(TAG_STACK, s), (TAG_ADDRESS, address), (TAG_RUN, run), (TAG_DIGEST, digest)];
        Stamp::read(stack, tags.map(|(k, v)| (k.into(), v.into()))).map(|(stamp, _)| stamp)
    }

    /// The stamp of what no stack of ours owns.
    pub fn nobody(kind: Kind) -> Stamp {
        let (stack, run, identity, digest) = Default::default();
        Stamp { stack, address: Address::new(kind, foreign("")), run, step: 0, identity, digest }
    }

    /// The stamp in a comment, of at most 100 characters: `infra OWNER NAME MADE DIGEST`. The owner is the stack and the place from which it is run.
    pub fn comment(&self, owner: &str) -> String {
        let digest = &self.digest[..8.min(self.digest.len())];
        format!("infra {owner} {} {} {digest}", self.address.name, self.made())
    }

    /// Reads [`Stamp::comment`] back, where it is of this stack. Earlier versions named no place: such a mark is the stack's and has no digest, so that
    /// it is renewed.
    pub fn from_comment(comment: &str, stack: &str, owner: &str) -> Option<Stamp> {
        let words: Vec<&str> = comment.split(' ').collect();
        let ["infra", of, name, made, digest] = words[..] else { return None };
        let (identity, run, step) = Stamp::from_made(made)?;
        let address = format!("{}.{name}", Kind::DnsRecord.label()).parse().ok()?;
        let digest = if of == owner { digest.to_owned() } else { String::new() };
        (of == owner || of == stack).then(|| Stamp { stack: stack.into(), address, run, step, identity, digest })
    }
}

#[cfg(test)]
mod tests;
