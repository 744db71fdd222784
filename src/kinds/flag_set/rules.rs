//! What AppConfig refuses of flags ("Understanding the type reference for AWS.AppConfig.FeatureFlags").
use super::*;
use crate::diag::Code;

/// `MaxHostedConfigurationSize`, 2 MiB: "AWS AppConfig endpoints and quotas".
const LARGEST: usize = 2 * 1024 * 1024;

/// Whether it is a flag's key: letters, digits, `_` and `-`, first a small letter, at most 64 characters.
pub fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

pub(super) fn breaches(set: &FlagSet) -> Vec<Breach> {
    let mut found = vec![];
    for (key, flag) in set.flags.iter() {
        if !is_key(key) {
            let message = format!("`{key}` is not the key of a flag");
            let help = "write letters, digits, `_` and `-`, first a small letter, at most 64 characters";
            found.push(Breach::new(Code::BadText, format!("flags.{key}"), message, help));
        }
        // Ours: a flag is the stack's, or people's.
        if flag.enabled.is_some() == flag.initial.is_some() {
            let message = format!("`{key}` doesn't say whether it is on");
            found.push(Breach::new(
                Code::Missing,
                format!("flags.{key}.enabled"),
                message,
                "write `enabled: true`, `false` or `{ initial: false }`",
            ));
        }
    }
    let size = content::render(&set.flags, &set.turned).len();
    if size > LARGEST {
        let message = format!("the flags have {size} bytes as a document");
        found.push(Breach::new(Code::Count, "flags", message, format!("AppConfig takes {LARGEST} at most; leave some out")));
    }
    found
}
