//! `${env.NAME}` and `${env.NAME:-default}` in scalars, of names that may be read.
use super::locate::{At, Sources};
use super::node::{Node, Val};
use super::units::{EnvName, Unit};
use crate::diag::{Code, Finding};
use crate::redact::{secret_name, secret_value};
use crate::visible::visible;
use std::collections::BTreeSet;

/// The key at the top of the first layer that lists names.
const LIST: &str = "env";

/// How names begin that every spec may read.
const PREFIX: &str = "INFRA_VAR_";

/// Answers `${env.NAME}`.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment, and the names that a spec may read of it.
pub struct Readable<'a> {
    env: Env<'a>,
    listed: BTreeSet<String>,
}

impl<'a> Readable<'a> {
    /// What the first of the layers lists may be read. No other layer may list anything: that is said, and taken away.
    pub fn of(layers: &mut [Node], sources: &Sources, env: Env<'a>, found: &mut Vec<Finding>) -> Self {
        let listed = layers.first().and_then(|base| base.get(LIST)).map(Node::items).unwrap_or_default();
        let listed = listed.iter().filter_map(Node::as_text).map(str::to_owned).collect();
        for layer in layers.iter_mut().skip(1) {
            if let Some(entry) = layer.entry(LIST) {
                let message = "`env` stands in a layer over the first one, and would let it read more of the environment";
                let finding = Finding::error(Code::UnlistedEnv, message, "write it in the first layer");
                found.push(finding.at(sources.place(entry.at, "not here")));
            }
            layer.retain(|key| key != LIST);
        }
        Readable { env, listed }
    }

    fn may(&self, name: &str) -> bool {
        name.starts_with(PREFIX) || self.listed.contains(name)
    }
}

/// Puts the environment into every scalar of `node`; such a scalar is whatever its field takes. Dollar signs that come
/// from the environment are doubled, so that they are never taken for references. Where a scalar can't be read is noted in `unread`.
pub fn substitute(node: &mut Node, sources: &Sources, env: &Readable<'_>, found: &mut Vec<Finding>, unread: &mut BTreeSet<At>) {
    match &mut node.value {
        Val::List(items) => items.iter_mut().for_each(|item| substitute(item, sources, env, found, unread)),
        Val::Map(entries) => entries.iter_mut().for_each(|entry| substitute(&mut entry.node, sources, env, found, unread)),
        Val::Text { text, env: typed } if text.contains("${env.") => {
            let scalar = Scalar { sources, at: node.at, env };
            let before = found.len();
            *text = scalar.read(text, found);
            *typed = true;
            unread.extend((found.len() > before).then_some(node.at));
        }
        _ => {}
    }
}

struct Scalar<'a> {
    sources: &'a Sources,
    at: At,
    env: &'a Readable<'a>,
}

impl Scalar<'_> {
    fn read(&self, text: &str, found: &mut Vec<Finding>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            out.push_str(&rest[..dollar]);
            rest = &rest[dollar..];
            if rest.starts_with("$$") {
                out.push_str("$$");
                rest = &rest[2..];
            } else if let Some(inner) = rest.strip_prefix("${env.") {
                let Some(end) = inner.find('}') else {
                    found.push(self.finding(Code::EnvSyntax, rest, "this reference is not closed", "close it with `}`"));
                    return out;
                };
                let written = &rest[.."${env.".len() + end + 1];
                out.push_str(&self.one(written, &inner[..end], found));
                rest = &rest[written.len()..];
            } else {
                out.push('$');
                rest = &rest[1..];
            }
        }
        out + rest
    }

    fn one(&self, written: &str, inner: &str, found: &mut Vec<Finding>) -> String {
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        if let Err(error) = EnvName::read(name) {
            found.push(self.finding(Code::EnvSyntax, written, &error.message, &error.help));
            return String::new();
        }
        if secret_name(name) {
            let message = format!("`{name}` looks like a secret, and its value would stand in the spec");
            let help = format!("write `{{from_env: {name}}}` in the `env` of a compute entry; nothing else takes a secret");
            found.push(self.finding(Code::LiteralSecret, written, &message, &help));
            return String::new();
        }
        if !self.env.may(name) {
            let message = format!("`{name}` is none of the environment variables that this spec may read");
            let help = format!("call it `{PREFIX}{name}`, or write `env: [{name}]` at the top of the first layer");
            found.push(self.finding(Code::UnlistedEnv, written, &message, &help));
            return String::new();
        }
        let value = (self.env.env)(name).filter(|value| default.is_none() || !value.is_empty());
        match value.as_deref().or(default) {
            Some(value) if secret_value(value) => {
                let message = format!("the value of `{name}` looks like a key or a password, and would stand in the spec");
                let help = format!("write `{{from_env: {name}}}` in the `env` of a compute entry; nothing else takes a secret");
                found.push(self.finding(Code::LiteralSecret, written, &message, &help));
                String::new()
            }
            Some(value) => value.replace('$', "$$"),
            None => {
                let message = format!("the environment variable `{name}` is not set");
                let help = format!("set it, or give a default: `${{env.{name}:-default}}`");
                found.push(self.finding(Code::UnsetEnv, written, &message, &help));
                String::new()
            }
        }
    }

    fn finding(&self, code: Code, written: &str, message: &str, help: &str) -> Finding {
        let at = within(self.sources, self.at, written);
        Finding::error(code, visible(message), help).at(self.sources.place(at, "read here"))
    }
}

/// Where `part` stands in a scalar; the whole of it when escapes or folds hide the part.
pub fn within(sources: &Sources, at: At, part: &str) -> At {
    let written = sources.written(at);
    match written.find(part) {
        Some(start) => At { start: at.start + start, end: at.start + start + part.len(), ..at },
        None => at,
    }
}
