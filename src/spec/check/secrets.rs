//! Secrets that are written where everybody who reads the spec can see them.
use super::{Check, references};
use crate::diag::Code;
use crate::redact::secret_name;
use crate::spec::env::EnvValue;
use crate::spec::units::Text;

pub(super) fn check(cx: &mut Check<'_>) {
    for (name, entry) in &cx.spec.compute {
        for (key, value) in &entry.env {
            if let EnvValue::Text(text) = value
                && secret_name(key.as_str())
                && text.literal().is_some_and(|literal| !literal.is_empty())
            {
                let path = ["compute", name.as_str(), "env", key.as_str()];
                let message = format!("`{key}` looks like a secret, and its value is written in the spec");
                let help = format!("write `{{from_secrets_manager: ID}}` or `{{from_env: {key}}}`");
                cx.error(Code::LiteralSecret, &path, "in the clear", message, help);
            }
        }
    }
    for (path, text) in references::texts(cx.spec) {
        if looks_secret(text) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let message = format!("`{}` holds what looks like a key or a password", path.join("."));
            let help = "keep it in AWS Secrets Manager and refer to it, in `env` by `{from_secrets_manager: ID}`";
            cx.error(Code::LiteralSecret, &path, "in the clear", message, help);
        }
    }
}

/// Forms that nothing but a secret has.
fn looks_secret(text: &Text) -> bool {
    let literal = text.to_string();
    let word = |word: &str| {
        let token = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        let key = token.len() == 20 && token.starts_with("AKIA") && token.bytes().all(upper);
        let login = word.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
        let password = login.and_then(|(login, _)| login.split_once(':')).map(|(_, password)| password);
        key || password.is_some_and(|password| !password.is_empty() && !password.contains('$'))
    };
    literal.contains("PRIVATE KEY-----") || literal.split_whitespace().any(word)
}
