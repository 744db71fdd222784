//! Secrets: those that are referred to, and those that are written where everybody who reads the spec can see them.
use super::check::Check;
use super::env::{EnvSource, SecretRef};
use super::schema_view::Fields;
use super::units::Template;
use crate::diag::{Code, Finding};
use crate::redact::{own_credential, secret_name, secret_value};

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
    }
    for field in cx.fields.all::<SecretRef>() {
        let Some(node) = field.node.get("from_env") else { continue };
        let Some(name) = node.as_text().filter(|name| own_credential(name)) else { continue };
        let message = format!("`{name}` is what infra or its CI job logs in with, and no application's secret");
        let help = "give the application a secret of its own; what it may do at AWS, the role of its instances may (`policies`)";
        let place = cx.sources.place(node.at, "not this one");
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        cx.say(&[&path], Finding::error(Code::OwnCredential, message, help).at(place));
    }
}

/// Refuses a text that holds a secret by its form, wherever it stands.
pub fn in_clear(text: &str, path: &[String]) -> Result<(), Finding> {
    if !secret_value(text) {
        return Ok(());
    }
    let message = format!("`{}` holds what looks like a key or a password", path.join("."));
    let help = "keep it in AWS Secrets Manager and refer to it, in `env` by `{from_secrets_manager: ID}`";
    Err(Finding::error(Code::LiteralSecret, message, help))
}
