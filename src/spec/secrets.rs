//! Secrets: those that are referred to, and those that are written where everybody who reads the spec can see them.
use super::check::Check;
use super::env::{EnvSource, SecretRef};
use super::schema_view::Fields;
use super::units::Template;
use crate::diag::Code;
use crate::redact::secret_name;

/// Environment variables that hold secrets.
pub fn from_env(fields: &Fields<'_>) -> Vec<String> {
    let name = |node: &'_ super::node::Node| node.get("from_env")?.as_text().map(str::to_string);
    fields.all::<SecretRef>().filter_map(|field| name(field.node)).collect()
}

pub fn check(cx: &mut Check<'_>) {
    for field in cx.fields.all::<Template>() {
        let Some(Ok(text)) = field.node.as_text().map(Template::parse) else { continue };
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        let key = path.last().copied().unwrap_or_default();
        if field.is::<EnvSource>() && secret_name(key) && text.literal().is_some_and(|literal| !literal.is_empty()) {
            let message = format!("`{key}` looks like a secret, and its value is written in the spec");
            let help = format!("write `{{from_secrets_manager: ID}}` or `{{from_env: {key}}}`");
            cx.error(Code::LiteralSecret, &path, "in the clear", message, help);
        }
        if looks_secret(&text) {
            let message = format!("`{}` holds what looks like a key or a password", path.join("."));
            let help = "keep it in AWS Secrets Manager and refer to it, in `env` by `{from_secrets_manager: ID}`";
            cx.error(Code::LiteralSecret, &path, "in the clear", message, help);
        }
    }
}

/// Forms that nothing but a secret has.
fn looks_secret(text: &Template) -> bool {
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
