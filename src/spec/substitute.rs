//! `${env.NAME}` and `${env.NAME:-default}` in scalars.
use super::locate::{At, Sources};
use super::node::{Node, Val};
use super::units::{EnvName, Unit};
use crate::diag::{Code, Finding};
use crate::redact::secret_name;

/// Answers `${env.NAME}`.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Puts the environment into every scalar of `node`; such a scalar is whatever its field takes. Dollar signs that come
/// from the environment are doubled, so that they are never taken for references. Where a scalar can't be read is noted in `unread`.
pub fn substitute(node: &mut Node, sources: &Sources, env: Env<'_>, found: &mut Vec<Finding>, unread: &mut Vec<At>) {
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
    env: Env<'a>,
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
        let value = (self.env)(name).filter(|value| default.is_none() || !value.is_empty());
        match value.as_deref().or(default) {
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
        Finding::error(code, message, help).at(self.sources.place(at, "read here"))
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
