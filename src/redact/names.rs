//! Secrets by their names.
use super::{random, values};

/// Parts of names that secrets have.
const PARTS: &[&str] = &[
    "ACCESS_KEY",
    "API_KEY",
    "APIKEY",
    "AUTHORIZATION",
    "CONNECTION_STRING",
    "COOKIE",
    "CREDENTIAL",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "SIGNING_KEY",
    "TOKEN",
    "WEBHOOK",
];
/// Whole words of names that secrets have.
const WORDS: &[&str] = &["AUTH", "CONN", "DSN", "JWT", "PASS", "PAT", "PWD"];
/// Ends of names that only say where a secret is, or something about it.
const ABOUT: &[&str] = &["_ARN", "_FILE", "_NAME", "_PATH", "_TTL", "_TYPE"];
/// Ends of names of which only the value tells whether it is a secret.
const OPEN: &[&str] = &["_ID", "_URI", "_URL"];
/// Attributes of kinds that only sound like secrets.
pub(super) const OWN: &[&str] = &["from_secrets_manager", "http_tokens", "read-secrets", "secret_arn"];
/// Variables of a shell and its programs that only sound like secrets.
const SHELL: &[&str] = &["OLDPWD", "PWD", "SSH_AUTH_SOCK"];

/// What infra and the CI around it log in with, by the beginnings of its names.
const CREDENTIALS: &[&str] = &["ACTIONS_", "AWS_", "CI_JOB_JWT", "CLOUDFLARE_", "GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN"];
const CREDENTIAL_WORDS: &[&str] = &["CI_DEPLOY_PASSWORD", "CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "SYSTEM_ACCESSTOKEN"];

/// Whether a name is one that secrets have, whatever the value is.
pub fn secret_name(name: &str) -> bool {
    let upper = upper(name);
    sounds(&upper) && !OPEN.iter().any(|end| upper.ends_with(end)) && !OWN.contains(&name)
}

/// Whether a name and its value are a secret's: by the name, by the value, or because a name that may be one has a value that nobody would think of.
pub fn secret(name: &str, value: &str) -> bool {
    let open = || sounds(&upper(name)) && !OWN.contains(&name) && (random(value, false) || values::uuid(value));
    secret_name(name) || values::secret_value(value) || open()
}

/// Whether a variable is what infra itself, or the CI job around it, logs in with.
pub fn own_credential(name: &str) -> bool {
    let upper = upper(name);
    let ours = upper.starts_with("INFRA_") && upper.ends_with("TOKEN");
    ours || CREDENTIALS.iter().any(|begin| upper.starts_with(begin)) || CREDENTIAL_WORDS.contains(&upper.as_str())
}

fn upper(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

fn sounds(upper: &str) -> bool {
    let key = upper == "KEY" || upper.ends_with("_KEY") && !upper.contains("PUBLIC");
    let part = PARTS.iter().any(|part| upper.contains(part)) || upper.split('_').any(|word| WORDS.contains(&word));
    (key || part) && !ABOUT.iter().any(|end| upper.ends_with(end)) && !SHELL.contains(&upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_tell() {
        for name in [
            "RAILS_MASTER_KEY",
            "SENTRY_DSN",
            "DB_PWD",
            "GITHUB_PAT",
            "BASIC_AUTH",
            "SESSION_JWT",
            "SLACK_WEBHOOK",
            "DB_CONN",
            "API-TOKEN",
            "pass",
        ] {
            assert!(secret_name(name), "{name}");
        }
        for name in
            ["STRIPE_PUBLIC_KEY", "PATH", "PWD", "AUTHOR", "CONNECTIONS", "TOKEN_TTL", "SECRET_ARN", "DATABASE_URL", "VAULT_SECRET_ID"]
        {
            assert!(!secret_name(name), "{name}");
        }
        for (name, value) in [
            ("DATABASE_URL", "postgres://app:hunter2pw@db/app"),
            ("VAULT_SECRET_ID", "9f86d081-884c-7d65-9a2f-eaa0c55ad015"),
            ("NOTE", "glpat-0123456789abcdefghij"),
        ] {
            assert!(secret(name, value), "{name}");
        }
        for (name, value) in
            [("DATABASE_URL", "postgres://db/app"), ("DB_SECRET_ID", "prod/db"), ("REQUEST_ID", "9f86d081-884c-7d65-9a2f-eaa0c55ad015")]
        {
            assert!(!secret(name, value), "{name}");
        }
    }

    #[test]
    fn what_infra_logs_in_with_is_known() {
        for name in
            ["AWS_SECRET_ACCESS_KEY", "CLOUDFLARE_API_TOKEN", "INFRA_FORGE_TOKEN", "ACTIONS_RUNTIME_TOKEN", "CI_JOB_TOKEN", "GH_TOKEN"]
        {
            assert!(own_credential(name), "{name}");
        }
        assert!(!own_credential("API_TOKEN") && !own_credential("INFRA_VAR_IMAGE"));
    }
}
