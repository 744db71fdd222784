//! Secrets by their form: what nothing else looks like.

/// How a token begins, and how many letters, figures, `_`, `-`, `.` follow at least. The forms are those that the services publish for secret scanners.
const TOKENS: &[(&str, usize)] = &[
    ("AIza", 35),
    ("SG.", 40),
    ("dop_v1_", 40),
    ("ghb_", 30),
    ("gho_", 30),
    ("ghp_", 30),
    ("ghr_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("github_pat_", 30),
    ("glagent-", 20),
    ("glcbt-", 20),
    ("gldt-", 20),
    ("glpat-", 20),
    ("glptt-", 20),
    ("glrt-", 20),
    ("glsoat-", 20),
    ("hvb.", 20),
    ("hvs.", 20),
    ("npm_", 30),
    ("pypi-", 50),
    ("rk_live_", 16),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk_live_", 16),
    ("whsec_", 16),
    ("xapp-", 10),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxe-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
];
/// Addresses that are secrets as a whole.
const ADDRESSES: &[&str] = &["hooks.slack.com/services/", "discord.com/api/webhooks/", "webhook.office.com/webhookb2/"];
/// What a query of an address holds a secret under.
const PARAMETERS: &[&str] =
    &["access_token", "api_key", "apikey", "password", "pwd", "secret", "sig", "signature", "token", "x-amz-signature"];

/// Whether a text holds a secret, by its form: a private key, a token of a known kind, an address with a login. References (`${…}`) are none.
pub fn secret_value(text: &str) -> bool {
    let private = text.split("-----BEGIN ").skip(1).any(|rest| rest.split("-----").next().is_some_and(|what| what.contains("PRIVATE KEY")));
    private
        || ADDRESSES.iter().any(|part| text.contains(part))
        || words(text).any(|word| login(word).is_some() || query(word))
        || tokens(text)
}

/// The passwords of the addresses in a text.
pub(super) fn passwords(text: &str) -> Vec<String> {
    words(text).filter_map(login).map(str::to_owned).collect()
}

/// Whether a text is a UUID.
pub(super) fn uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.trim().split('-').collect();
    parts.len() == lengths.len() && parts.iter().zip(lengths).all(|(p, n)| p.len() == n && p.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// What may be an address: whatever stands between white space and quotes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`<>".contains(c))
}

/// The password in an address: `scheme://user:password@host`.
fn login(word: &str) -> Option<&str> {
    let (_, rest) = word.split_once("://")?;
    let (login, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    literal(password).then_some(password)
}

/// Whether an address hands over a secret: `https://host/?token=…`.
fn query(word: &str) -> bool {
    let Some((_, query)) = word.split_once("://").and_then(|(_, rest)| rest.split_once('?')) else { return false };
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) && literal(value))
}

/// Whether anything of a text is written in it: not nothing, and not references alone.
fn literal(text: &str) -> bool {
    let mut rest = text;
    while let Some(inner) = rest.strip_prefix("${") {
        rest = inner.split_once('}').map_or("", |(_, rest)| rest);
    }
    !rest.is_empty()
}

fn tokens(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split(|c| !part(c)).any(|word| {
        let long = |(begin, least): &(&str, usize)| word.strip_prefix(begin).is_some_and(|rest| rest.len() >= *least);
        access_key(word) || jwt(word) || TOKENS.iter().any(long)
    })
}

/// The id of an AWS access key, which doesn't stand alone for long.
fn access_key(word: &str) -> bool {
    let word = word.trim_matches(['_', '-', '.']);
    let known = word.starts_with("AKIA") || word.starts_with("ASIA");
    known && word.len() == 20 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A signed token: header and content are JSON objects in Base64, which begin with `{"`.
fn jwt(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    matches!(parts[..], [header, content, _] if [header, content].iter().all(|part| part.starts_with("eyJ") && part.len() >= 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_secrets_are_known() {
        for text in [
            "postgres://app:hunter2pw@db.example.com/app",
            "redis://:pw@cache:6379",
            "see https://app:prefix${cache.main.url}@x/",
            "https://example.com/?a=1&Token=abc",
            "https://hooks.slack.com/services/T0/B0/x",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----",
            "key=AKIAIOSFODNN7EXAMPLE",
            "\"ASIAIOSFODNN7EXAMPLE\"",
            "export T=ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "github_pat_11ABCDEFG0123456789abcdefghijklmnop",
            "glpat-0123456789abcdefghij",
            "xoxb-123456789012-abc",
            "sk_live_0123456789abcdef",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
        ] {
            assert!(secret_value(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for text in [
            "postgres://app@db.example.com/app",
            "redis://:${cache.main.auth}@${cache.main.endpoint}:6379",
            "https://example.com:8080/a@b:c",
            "https://example.com/?token=${database.main.secret_arn}",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----",
            "skeleton xoxo ghp_short AKIA eyJ.a.b",
            "arn:aws:iam::123456789012:role/deploy",
            "ghcr.io/example/shop:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ] {
            assert!(!secret_value(text), "{text}");
        }
    }
}
