//! Which stack a stack is, beside its name: a short random identity, made by its first run, kept in the stack's notes and borne by every stamp. An object
//! of the same name and another identity is another's.
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::journal::Damaged;
use crate::visible::visible;
use crate::wire::notes::Key;
use crate::wire::{Class, CloudError, Identity, Notes};

/// Characters of an identity: small letters and digits, 31 bits. It tells stacks apart, and is no secret.
const LENGTH: usize = 6;

/// What a stack's notes say of its identity. No later run changes the identity itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub identity: String,
    /// The repository from which the stack is run, as `OWNER/NAME`; `None` when nothing tells.
    pub origin: Option<String>,
    /// Over all of it and the place where it is noted, by the stack's key.
    pub seal: String,
}

impl Known {
    fn sealed(&self, key: &Key, stack: &str, who: &Identity) -> Result<String, CloudError> {
        key.seal(&("identity", stack, &who.account, &who.region, &self.identity, &self.origin))
    }

    /// The repository that it was made from, where that is another one than `here`.
    pub fn elsewhere(&self, here: Option<&str>) -> Option<&str> {
        self.origin.as_deref().filter(|origin| here.is_some_and(|here| here != *origin))
    }
}

fn name(stack: &str) -> String {
    format!("{stack}/identity")
}

/// The stack's identity among its notes. What can't be read is none of this version's, and not absent.
pub fn read(stack: &str, notes: &BTreeMap<String, String>) -> Result<Option<Known>, Damaged> {
    let Some(text) = notes.get(&name(stack)) else { return Ok(None) };
    let known: Known = serde_json::from_str(text).map_err(|e| Damaged { line: 0, why: e.to_string() })?;
    let sound = known.identity.len() == LENGTH && known.identity.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if sound { Ok(Some(known)) } else { Err(Damaged { line: 0, why: format!("`{}` is no identity", visible(&known.identity)) }) }
}

/// The identity of the stack that is about to be changed, made when it has none. `seen` is the one by which its objects were told from others' (empty:
/// none), `taken` one that a person has named as the stack's. The caller holds the stack's lease.
pub async fn settle(cloud: &impl Notes, stack: &str, who: &Identity, seen: &str, taken: Option<&str>) -> Result<String, CloudError> {
    let refused = |why: String| CloudError::new(Class::Invalid, "IdentityUnproved", why);
    let damaged =
        |e: Damaged| refused(format!("the identity of {stack} can't be read ({e}): take the parameter `/infra/{}` away", name(stack)));
    let known = read(stack, &cloud.notes(stack).await?).map_err(damaged)?;
    let key = cloud.make_key(stack).await?;
    let here = origin();
    let mut new = match &known {
        Some(known) if known.identity != seen => return Err(refused(format!("the identity of {stack} was noted meanwhile: plan again"))),
        Some(known) if known.seal != known.sealed(&key, stack, who)? && taken != Some(known.identity.as_str()) => {
            let why = format!(
                "the identity {seen} of {stack} is noted without the stack's seal, so that anybody may have written it: `--take-over {seen}` confirms it"
            );
            return Err(refused(why));
        }
        Some(known) => known.clone(),
        None if seen.is_empty() => Known { identity: fresh(), origin: None, seal: String::new() },
        None => Known { identity: seen.into(), origin: None, seal: String::new() },
    };
    if new.origin.is_none() || taken == Some(new.identity.as_str()) {
        new.origin = here.or(new.origin);
    }
    new.seal = new.sealed(&key, stack, who)?;
    if known.as_ref() != Some(&new) {
        let text = serde_json::to_string(&new).map_err(|e| CloudError::bug(e.to_string()))?;
        cloud.note(&name(stack), &text).await?;
    }
    Ok(new.identity)
}

fn fresh() -> String {
    (0..LENGTH).map(|_| fastrand::alphanumeric().to_ascii_lowercase()).collect()
}

/// The repository that is worked in: by CI's own word, or by the `origin` of the folder's `.git`.
pub fn origin() -> Option<String> {
    let said = ["GITHUB_REPOSITORY", "CI_PROJECT_PATH"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    said.or_else(|| {
        let folder = std::env::current_dir().ok()?;
        folder.ancestors().find_map(|at| std::fs::read_to_string(at.join(Path::new(".git/config"))).ok()).and_then(|text| remote(&text))
    })
}

/// `OWNER/NAME` of the remote `origin` in the text of a `.git/config`.
fn remote(config: &str) -> Option<String> {
    let mut lines = config.lines().map(str::trim).skip_while(|line| *line != "[remote \"origin\"]").skip(1);
    let url = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("url")?.trim_start().strip_prefix('='))?;
    let url = url.trim().trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    // `https://host/OWNER/NAME`, `ssh://git@host:22/OWNER/NAME`, `git@host:OWNER/NAME`.
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.split_once(':')?.1,
    };
    Some(path.trim_start_matches('/').to_owned()).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However a repository is cloned, it is the one that CI names.
    #[test]
    fn a_repository_has_one_name() {
        for url in [
            "https://github.com/acme/shop.git",
            "https://user:token@github.com/acme/shop",
            "git@github.com:acme/shop.git",
            "ssh://git@gitlab.example.com:2222/acme/shop.git/",
        ] {
            let config =
                format!("[core]\n\tbare = false\n[remote \"fork\"]\n\turl = x:y/z\n[remote \"origin\"]\n\turl = {url}\n\tfetch = a\n");
            assert_eq!(remote(&config).as_deref(), Some("acme/shop"), "{url}");
        }
        assert_eq!(remote("[remote \"origin\"]\n\tfetch = a\n[branch \"main\"]\n\turl = a:b/c\n"), None);
    }
}
