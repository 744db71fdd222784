//! What no output may show: by what it is, by its name, by its form, by its randomness, and because it is known to be a secret.
mod forms;
mod names;
mod values;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::canon::{Form, plain_key};
use crate::model::secret;

pub use names::{own_credential, secret, secret_name};
pub use values::secret_value;

/// What stands where something is hidden.
pub const HIDDEN: &str = "(sensitive)";

/// Attributes that hold the environment of a container, and what an instance starts with.
const ENVIRONMENT: &[&str] = &["env", "user_data"];
/// Names under which long hexadecimal numbers are no secrets.
const NUMBERS: &[&str] = &["COMMIT", "DIGEST", "HASH", "REVISION", "SHA", "VERSION"];
/// A known value of fewer characters is not looked for in texts: it would hide half of every one. What is a secret by its type or its name is hidden whatever
/// its length.
pub const SHORTEST: usize = 6;

/// Hides secrets. One is made at the start of a command and used for all that the command says or writes.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Known secrets in every form in which a text may hold them, the longest first.
    forms: Vec<String>,
    /// Whether values of environment variables and what instances start with are hidden, too.
    env: bool,
}

impl Redactor {
    /// `known` are values that are secrets for sure.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let known: BTreeSet<String> = known.into_iter().filter(|v| v.trim().len() >= SHORTEST).collect();
        let mut forms: Vec<String> = known.iter().flat_map(|v| forms::forms(v)).collect();
        forms.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
        forms.dedup();
        Redactor { forms, env: false }
    }

    /// Hides the values of environment variables and what instances start with, too: many may read a plan who may not read the environment of a
    /// container.
    #[must_use]
    pub fn and_env(self) -> Self {
        Redactor { env: true, ..self }
    }

    /// Every variable of the environment that is a secret by its name or by its value, and the passwords within them.
    pub fn of_environment(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let secrets = vars.into_iter().filter(|(name, value)| secret(name, value));
        Redactor::new(secrets.flat_map(|(_, value)| values::passwords(&value).into_iter().chain([value.clone()]).collect::<Vec<_>>()))
    }

    /// Knows these too.
    #[must_use]
    pub fn and(self, known: impl IntoIterator<Item = String>) -> Self {
        let more = Redactor::new(known);
        let mut forms: Vec<String> = self.forms.into_iter().chain(more.forms).collect();
        forms.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
        forms.dedup();
        Redactor { forms, env: self.env }
    }

    /// A text without any known secret.
    pub fn text(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| if text.contains(form) { text.replace(form, HIDDEN) } else { text })
    }

    /// Hides what an attribute's value must not show. A hidden text keeps a fingerprint, so that two can be compared but not read.
    pub fn attribute(&self, path: &str, value: &mut Value) {
        let name = path.rsplit('.').next().unwrap_or(path);
        let named = path.split('.').any(|part| self.named(part));
        self.walk(name, named, value);
    }

    /// Whether what has this name is hidden.
    fn named(&self, name: &str) -> bool {
        secret_name(name) || (self.env && ENVIRONMENT.contains(&name))
    }

    fn walk(&self, name: &str, named: bool, value: &mut Value) {
        match value {
            Value::Object(m) => match Form::of_map(m) {
                Form::Ref(_) | Form::Secret(_) => {}
                Form::Text(_) => marked(m).filter_map(|part| part.get_mut("literal")).for_each(|v| self.walk(name, named, v)),
                Form::Ranked(_) => marked(m).filter_map(|entry| entry.get_mut(1)).for_each(|v| self.walk(name, named, v)),
                Form::Computed(_) | Form::Plain(_) => m.values_mut().for_each(|v| self.walk(name, named, v)),
                _ => {
                    for (key, v) in m.iter_mut() {
                        let key = plain_key(key);
                        // How a header is changed says nothing of what it is.
                        let verb = ["set", "add"].contains(&key);
                        self.walk(if verb { name } else { key }, !names::OWN.contains(&key) && (named || self.named(key)), v);
                    }
                }
            },
            Value::Array(list) => list.iter_mut().for_each(|v| self.walk(name, named, v)),
            Value::String(s) if self.hides(name, named, s) => *s = sealed(s),
            _ => {}
        }
    }

    fn hides(&self, name: &str, named: bool, s: &str) -> bool {
        let numbers = NUMBERS.iter().any(|n| name.to_ascii_uppercase().contains(n));
        let word = s.is_empty() || s == "remove" || is_sealed(s);
        let known = || self.forms.iter().any(|f| s.contains(f));
        !word && (named || known() || secret(name, s) || random(s, numbers))
    }
}

/// The parts of a marked list.
fn marked(m: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    m.values_mut().filter_map(Value::as_array_mut).flatten()
}

/// What stands where a whole text is hidden: two that were the same stay the same.
pub fn sealed(text: &str) -> String {
    secret::hidden_text(&secret::mark(text))
}

/// Whether a text is what [`sealed`] makes.
pub fn is_sealed(text: &str) -> bool {
    secret::hidden_form(text).is_some()
}

/// Whether two values are the same, where either may be hidden.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) if a != b => match (secret::hidden_form(a), secret::hidden_form(b)) {
            (Some(a), Some(b)) => secret::inward(a) == secret::inward(b),
            (Some(form), None) => secret::is_of(form, b),
            (None, Some(form)) => secret::is_of(form, a),
            (None, None) => false,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(m), Value::Object(n)) => match (Form::of(a), Form::of(b)) {
            (Form::Secret(a), Form::Secret(b)) => secret::inward(a) == secret::inward(b),
            _ => m.len() == n.len() && m.iter().all(|(k, v)| n.get(k).is_some_and(|w| same(v, w))),
        },
        _ => a == b,
    }
}

/// Whether a text holds a word that nobody would think of: long, of mixed letters and figures, without a pattern.
fn random(text: &str, numbers: bool) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "+/=_".contains(c);
    let mut at = 0;
    while let Some(start) = text[at..].find(part).map(|i| at + i) {
        let end = text[start..].find(|c| !part(c)).map_or(text.len(), |i| start + i);
        let before = &text[..start];
        let digest = before.ends_with("sha256:") || before.ends_with("sha512:") || numbers;
        if looks_random(&text[start..end], digest) {
            return true;
        }
        at = end;
    }
    false
}

fn looks_random(word: &str, digest: bool) -> bool {
    let has = |f: fn(&char) -> bool| word.chars().any(|c| f(&c));
    if word.len() >= 32 && word.chars().all(|c| c.is_ascii_hexdigit()) {
        return !digest && entropy(word) >= 3.0;
    }
    // A path is words with slashes between them.
    let mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    word.len() >= 20 && mixed && entropy(word) >= 4.0 && word.split('/').any(|part| part.len() >= 12 && entropy(part) >= 3.2)
}

/// Shannon's, in bits a character.
fn entropy(word: &str) -> f64 {
    let mut counts = [0usize; 128];
    word.bytes().for_each(|b| counts[usize::from(b & 127)] += 1);
    let n = word.len() as f64;
    counts.iter().filter(|c| **c > 0).map(|c| *c as f64 / n).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    fn hidden(path: &str, value: &str) -> bool {
        let mut v = json!(value);
        Redactor::new(["correct horse".to_owned()]).attribute(path, &mut v);
        v != json!(value)
    }

    #[test]
    fn secrets_are_hidden_by_name_randomness_and_knowledge() {
        for (path, value) in [
            ("tags.db_password", "x"),
            ("boot.container.env.API_TOKEN", "abc"),
            ("rules.login.action.Authorization", "Bearer a"),
            ("tags.key", "v"),
            ("tags.note", "it is correct horse"),
            ("tags.note", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
            ("tags.note", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1"),
            ("tags.note", "d41d8cd98f00b204e9800998ecf8427e"),
        ] {
            assert!(hidden(path, value), "{path}: {value}");
        }
    }

    #[test]
    fn what_people_write_is_shown() {
        for (path, value) in [
            ("tags.team", "platform"),
            ("metadata.http_tokens", "required"),
            ("image", "ghcr.io/example/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            ("tags.commit", "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"),
            ("arn", "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"),
            ("content", "shop-1234567890.us-east-1.elb.amazonaws.com"),
            ("env.SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-db-1"),
            ("ssl_policy", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
            ("policies", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
            ("image", "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
        ] {
            assert!(!hidden(path, value), "{path}: {value}");
        }
    }

    #[test]
    fn a_known_secret_is_found_in_every_form() {
        let r = Redactor::new(["p\"ss w0rd/+-".to_owned()]);
        let base64 = |before: &str, after: &str| STANDARD.encode(format!("{before}p\"ss w0rd/+-{after}"));
        for text in [
            "a p\"ss w0rd/+- b".to_owned(),
            "{\"a\":\"p\\\"ss w0rd/+-\"}".to_owned(),
            "https://x/?a=p%22ss%20w0rd%2F%2B%2D".to_owned(),
            "https://x/?a=p%22ss%20w0rd%2F%2B-".to_owned(),
            "https://x/?a=p%22ss%20w0rd/%2B-".to_owned(),
            "a=p%22ss+w0rd%2f%2b-&b".to_owned(),
            base64("", ""),
            base64("u:", ""),
            base64("user:", "\n"),
            base64("abc", "de"),
        ] {
            let hidden = r.text(&text);
            assert!(hidden.contains(HIDDEN), "{text}");
            // At most the letters that the neighbours have a part in are left.
            assert!(
                !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)) || hidden.len() < HIDDEN.len() + 12,
                "{hidden}"
            );
        }
    }

    #[test]
    fn hidden_values_can_be_compared() {
        assert!(same(&json!({ "a": [sealed("x")] }), &json!({ "a": ["x"] })));
        assert!(!same(&json!(sealed("x")), &json!("y")));
    }
}
